"""Two maps in a window of our own: their room, their names, the words around their pictures, and what is small."""

import io
import itertools
from tkinter import ttk

import numpy as np
import pytest
from PIL import Image

from explorer.analysis import colouring
from explorer.decoding.engines import GridEngine
from explorer.decoding.keras_runtime import LiveEncoder
from explorer.drawing import map_file
from explorer.drawing.map_file import DrawnMap
from explorer.session.open_map import open_space
from explorer.session.state import MapState, SharedState
from explorer.spaces.card import write_card
from explorer.trace import Trace
from explorer.window.app.dialogs import SavePicture
from explorer.window.app.window import ExplorerWindow
from explorer.window.base.widgets import FigureCanvas
from explorer.window.base.workers import Workers
from explorer.window.inspector.inspector import ROUND_TRIP
from tests.screen import settle
from tests.spaces import make_space

METRICS = {"mse": 0.03331, "knn_10": 0.8, "psnr_db": 15.0}
OTHERS = {"mse": 0.03329, "knn_10": 0.9, "psnr_db": 14.0}  # the MSE looks the same with four decimals


@pytest.fixture(scope="module")
def spaces(tmp_path_factory):
    """Two runs of one kind, with the same title."""
    home = tmp_path_factory.mktemp("spaces")
    made = {}
    for name, metrics in (("my-autoencoder", METRICS), ("another-one", OTHERS)):
        made[name] = make_space(home / name, n=600, images=600, scale=1 + len(made))
        write_card(home / name, made[name].card | {"metrics": metrics})
    return made


@pytest.fixture(scope="module")
def shared_window(screen, spaces):
    """A window in which nothing may go wrong."""
    opened = open_space(spaces["my-autoencoder"].folder, GridEngine)
    state, services = MapState(opened.probe.space), {"engine_for": GridEngine, "trace": Trace(None)}
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DISPLAY", screen.name)
        window = ExplorerWindow(opened, state, SharedState(), size=(1280, 800), **services)
    window.errors = []
    window.root.report_callback_exception = lambda *error: window.errors.append(error)
    window.open()
    yield window
    window.close()


@pytest.fixture
def window(shared_window, spaces):
    """The window with both maps, as it was when the second one was opened."""
    for title in ("Compare", "Space"):
        if title in shared_window.inspector.tabs:
            shared_window.inspector.show_tab(title)
            break
    if shared_window.comparison is None:
        shared_window.beside.choose(spaces["another-one"].folder)
    settle(shared_window.root)
    yield shared_window
    shared_window.root.geometry("1280x800")
    for pane in shared_window.panes:
        pane.probe.encoder = None
    if shared_window.comparison is not None:
        shared_window.comparison.end_morph()
    assert not shared_window.errors


def below(widget):
    """All widgets inside of one that are seen."""
    for child in widget.winfo_children():
        if child.winfo_viewable():
            yield child
            yield from below(child)


def labels_of(widget):
    return [each for each in below(widget) if isinstance(each, ttk.Label) and each.cget("text")]


def is_within(inner, outer):
    x, y, width, height = inner
    left, top, wide, high = outer
    return left <= x and top <= y and x + width <= left + wide and y + height <= top + high


def box_of(widget):
    return widget.winfo_rootx(), widget.winfo_rooty(), widget.winfo_width(), widget.winfo_height()


@pytest.mark.slow
def test_each_map_is_drawn_once_before_anything_is_computed(window, spaces, monkeypatch):
    window.beside.leave()
    settle(window.root)
    happened = []
    draw, start = FigureCanvas.draw, Workers.start

    def drawn(canvas):
        happened.append(canvas)
        draw(canvas)

    def started(workers, slot, *arguments, **options):
        happened.append(slot)
        start(workers, slot, *arguments, **options)

    monkeypatch.setattr(FigureCanvas, "draw", drawn)
    monkeypatch.setattr(Workers, "start", started)
    window.beside.choose(spaces["another-one"].folder)
    settle(window.root)
    maps = [pane.panel.canvas for pane in window.panes]
    work = happened.index("second map")
    assert sorted(map(happened[:work].count, maps)) == [1, 1]
    assert "analyses" not in happened[:work] and "second analyses" not in happened[:work]


@pytest.mark.parametrize("size", [(1280, 800), (1024, 600), (1366, 768), (1920, 1080)])
def test_both_plots_are_nearly_square_and_nothing_around_them_is_cut(window, size):
    window.root.geometry("{}x{}".format(*size))
    settle(window.root)
    first, second = (pane.panel.box_on_screen() for pane in window.panes)
    for x, y, width, height in (first, second):
        assert 0.75 <= width / height <= 1.4
        assert width >= (340 if size[0] >= 1280 else 200)
        assert is_within((x, y, width, height), box_of(window.maps))
    assert abs(first[2] - second[2]) <= 2 and first[1] == second[1] and first[3] == second[3]

    pictures = window.inspector.pair.boxes_on_screen()
    assert all(is_within(box, box_of(window.inspector.pair)) for box in pictures)
    assert len({(y, width, height) for _, y, width, height in pictures}) == 1, "six of one size in one row"
    assert pictures[0][1] > first[1] + first[3], "below the maps"
    if size[0] >= 1280:
        assert (pictures[0][0], pictures[3][0]) == (first[0], pytest.approx(second[0], abs=3)), "below their axes"
    seen = [label for part in (window.maps, window.inspector) for label in labels_of(part)]
    for label in seen:
        assert label.winfo_width() >= label.winfo_reqwidth(), label.cget("text")
        assert label.winfo_height() >= label.winfo_reqheight(), label.cget("text")
    for label in labels_of(window.inspector.pair):
        assert "…" not in label.cget("text")
        assert is_within(box_of(label), box_of(window.inspector.pair)), label.cget("text")
    for one, other in itertools.combinations([box_of(label) for label in labels_of(window.inspector.pair)], 2):
        apart = one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
        assert apart or one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1], "one text over another"


def test_in_a_low_window_the_pictures_leave_their_place_to_the_card_of_the_tour(window):
    window.root.geometry("1024x600")
    settle(window.root)
    before = window.pane.panel.box_on_screen(), box_of(window.inspector.pair)
    window.maps.put_below(ttk.Frame(window.maps, height=185))
    settle(window.root)
    with_card, side = [pane.panel.box_on_screen() for pane in window.panes], box_of(window.inspector)
    pictures, words = window.inspector.pair.boxes_on_screen(), labels_of(window.inspector.pair)
    window.maps.put_below(None)
    settle(window.root)
    assert all(height >= 150 for *_, height in with_card)
    assert len(pictures) == 6 and all(is_within(box, side) for box in pictures) and words
    assert (window.pane.panel.box_on_screen(), box_of(window.inspector.pair)) == before


def test_each_map_goes_by_the_name_of_its_run_which_is_written_once(window, spaces):
    texts = [label.cget("text") for part in (window.maps, window.inspector) for label in labels_of(part)]
    assert [texts.count(name) for name in spaces] == [1, 1]
    assert not any("Autoencoder" in text for text in texts), "the kind that they have in common"


def test_the_words_below_the_pictures_say_what_the_numbers_are(window):
    window.pane.state.move_cursor(tuple(window.pane.state.space.places[5].tolist()))
    settle(window.root)
    texts = [label.cget("text") for label in labels_of(window.inspector.pair)]
    assert sum(text.startswith("difference between the two 0.") for text in texts) == 1
    assert sum(text.startswith("error 0.") for text in texts) == 2
    assert {"difference 0", "1, black against white"} <= set(texts)


@pytest.mark.slow
def test_opening_and_closing_draws_each_map_once(window, spaces, monkeypatch):
    drawn = []
    canvas = type(window.pane.panel.canvas)
    draw = canvas.draw
    monkeypatch.setattr(canvas, "draw", lambda self: (drawn.append(self), draw(self)))
    window.beside.leave()
    settle(window.root)
    assert drawn == [window.pane.panel.canvas]
    drawn.clear()
    window.beside.choose(spaces["another-one"].folder)
    settle(window.root)
    assert sorted(map(id, drawn)) == sorted(id(pane.panel.canvas) for pane in window.panes)


def test_a_click_beside_the_knob_moves_the_slider_there(window, screen):
    (slider,) = (each for each in below(window.inspector.tabs["Compare"]) if isinstance(each, ttk.Scale))
    x, y, width, height = box_of(slider)
    for share in (0.6, 0.3):
        screen.click(round(x + share * width), y + height // 2)
        settle(window.root)
        assert slider.get() == pytest.approx(share, abs=0.05)
        assert window.comparison._morph.share == pytest.approx(slider.get())
    screen.move(round(x + 0.3 * width), y + height // 2)
    screen.press()
    screen.move(round(x + 0.5 * width), y + height // 2)
    screen.release()
    settle(window.root)
    assert slider.get() == pytest.approx(0.5, abs=0.05), "and it can be dragged on"


def test_of_two_figures_that_look_the_same_none_is_bold(window):
    rows = window.inspector.tabs["Compare"]._rows
    shown = {
        name: [(str(label.cget("text")), str(label.cget("style"))) for label in rows[name][1:]] for name in METRICS
    }
    assert shown["mse"] == [("0.0333", "TLabel")] * 2
    assert [style for _, style in shown["knn_10"]] == ["TLabel", "Key.TLabel"]
    assert [style for _, style in shown["psnr_db"]] == ["Key.TLabel", "TLabel"]


# ---- round trips ---------------------------------------------------------------------------------


class Elsewhere(LiveEncoder):
    """An encoder that puts every image to the same place."""

    def __init__(self, code):
        self._code = np.float32([code])

    def __call__(self, images):
        return self._code


def arrows(window):
    return [len(pane.panel.marks.of(ROUND_TRIP)) for pane in window.panes]


def test_only_the_map_whose_cursor_leads_has_a_round_trip(window):
    for pane in window.panes:
        pane.probe.encoder = Elsewhere(pane.state.space.codes[7])
    for leads, pane in enumerate(window.panes):
        pane.panel._mouse = None
        pane.state.move_cursor(tuple(pane.state.space.places[8].tolist()))
        settle(window.root)
        assert arrows(window) == [leads == 0, leads == 1]
    window.beside.leave()
    settle(window.root)
    assert arrows(window) == [1]


def test_a_resting_cursor_has_a_round_trip_once_the_encoder_is_there(window):
    pane = window.pane
    pane.state.move_cursor(tuple(pane.state.space.places[8].tolist()))
    settle(window.root)
    assert arrows(window) == [0, 0]
    pane._hear(Elsewhere(pane.state.space.codes[7]))
    settle(window.root)
    assert arrows(window) == [1, 0]


# ---- pictures ------------------------------------------------------------------------------------


def drawn(space, size, **more):
    return DrawnMap(MapState(space), colouring.by_class(space), None, size, **more)


def picture_of(*maps):
    """What `save_map` draws, without the process of its own."""
    content = map_file._picture("png", {}, (), maps, SharedState(), 1.0)
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_a_picture_has_both_maps_below_their_names_and_the_drawings(spaces):
    first, second = spaces.values()
    two = picture_of(drawn(first, (420, 400), name="one"), drawn(second, (410, 400), name="two"))
    head = len(two) - 400
    assert two.shape[1] == 830 and 20 < head < 50
    for space, part in ((first, two[:, :420]), (second, two[:, 420:])):
        one = picture_of(drawn(space, (part.shape[1], 400)))
        assert (one != part[head:]).any(axis=2).mean() < 0.01, "the same map, but for rounding"
        assert (part[:head] != part[0, 0]).any(), "its name"

    place = tuple(first.places[5].tolist())
    without, kept = picture_of(drawn(first, (420, 400))), picture_of(drawn(first, (420, 400), marks=(("a", place),)))
    rows, columns = np.nonzero((without != kept).any(axis=2))
    assert len(rows) > 50 and np.ptp(rows) < 30 and np.ptp(columns) < 30


def test_the_dialog_offers_both_maps_and_draws_what_is_kept(window):
    window.save_picture()
    settle(window.root)
    (dialog,) = (each for each in window.root.winfo_children() if isinstance(each, SavePicture))
    first, second = dialog._maps()
    assert (first.name, second.name) == ("my-autoencoder", "another-one")
    both = next(each for each in below(dialog) if isinstance(each, ttk.Checkbutton))
    widest = [choice.cget("text") for choice in dialog._choices.values()]
    both.invoke()
    assert [choice.cget("text") for choice in dialog._choices.values()] != widest
    (alone,) = dialog._maps()
    assert alone.name == "" and alone.state.space is window.active.state.space
    dialog.close()

    kept = window.inspector.tab("Draw")._kept
    kept.add(np.pad(np.full((20, 20), 255, np.uint8), 20), np.zeros(2, np.float32))
    window.save_picture()
    settle(window.root)
    (dialog,) = (each for each in window.root.winfo_children() if isinstance(each, SavePicture))
    assert [each.marks for each in dialog._maps()] == [(("a", (0.0, 0.0)),), ()]
    dialog.close()


def test_a_link_or_a_morph_without_a_second_map_says_what_to_do(window):
    window.beside.leave()
    for act in (window.toggle_link, window.beside.play_morph):
        window.pane.message.dismiss()
        act()
        assert window.pane.message._text.cget("text") == "open a second map first (v)"
