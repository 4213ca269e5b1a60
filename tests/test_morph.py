"""The morph: its ends are the two maps, every frame is what a full redraw gives, and a play ends and tells."""

import math
import time
import tkinter as tk

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from explorer.analysis import colouring
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.morph import NEAR, MorphMap
from explorer.drawing.themes import THEMES, class_colour
from explorer.files.writing import write_arrays
from explorer.session.state import MapState, SharedState
from explorer.spaces.card import CODES, write_card
from explorer.spaces.folder import WEIGHTS, open_space, sums
from explorer.window.map.morph import MorphPanel
from tests.spaces import make_space

N = 900
SIZE = (7.2, 5.4)  # inches


@pytest.fixture
def pair(whole):
    """Two spaces of the same images, the second of which has fewer of them, in another order, and a prior."""
    first, second = whole
    few = np.random.default_rng(3).permutation(N)[: 2 * N // 3]
    write_arrays(second.folder / CODES, codes=second.codes[few], labels=second.labels[few], rows=second.rows[few])
    write_card(second.folder, second.card | {"files": sums(second.folder)})
    return first, open_space(second.folder)


@pytest.fixture
def whole(tmp_path):
    """Two spaces of the same images in the same order."""
    columns = {"size": np.linspace(0, 1, N), "kind": np.array(["a", "", "c"])[np.arange(N) % 3]}
    columns["size"][:30] = np.nan
    first = make_space(tmp_path / "first", n=N, columns=columns, images=N)
    return first, make_space(tmp_path / "second", n=N, prior="normal", title="VAE", images=N)


def figure_of(size=SIZE) -> Figure:
    figure = Figure(size, dpi=100)
    FigureCanvasAgg(figure)
    return figure


def made(spaces, shared=None, groups=None, **options):
    """A morph, its states and what it shares."""
    states, shared = [MapState(space) for space in spaces], shared or SharedState()
    return MorphMap(figure_of(), *states, shared, groups or colouring.by_class(spaces[0]), **options), states, shared


def pixels(figure: Figure) -> np.ndarray:
    return np.array(figure.canvas.buffer_rgba())


# ---- where the points are ------------------------------------------------------------------------


def oracle(state: MapState, shared: SharedState, rows: np.ndarray) -> np.ndarray:
    """The pixels of rows on a map of their own, (m, 2)."""
    latent_map, space = LatentMap(figure_of(), state, shared), state.space
    return np.array([latent_map.pixel_at(space.places[space.index_of(row)].tolist()) for row in rows])


@pytest.mark.parametrize("chart", ["plain", "quantiles"])
@pytest.mark.parametrize("zooms", [(1, 1), (4, 1), (1, 30), (0.5, 2)])
def test_the_ends_are_the_two_maps_and_the_ways_are_straight(pair, chart, zooms):
    moving, states, shared = made((pair[0], pair[1].in_coordinates(chart)))
    for state, zoom in zip(states, zooms, strict=True):
        state.zoom(state.cursor, zoom)
    moving.show_views()
    np.testing.assert_array_equal(moving.rows, np.intersect1d(pair[0].rows, pair[1].rows))
    assert moving.total == len(moving.rows) == 2 * N // 3
    start, end = (oracle(state, shared, moving.rows) for state in states)
    for share, expected in ((0.0, start), (0.5, (start + end) / 2), (0.2, start + 0.2 * (end - start)), (1.0, end)):
        np.testing.assert_allclose(moving.pixels(share), expected, rtol=1e-9, atol=1e-6)
        moving.share = share
        assert moving.pixels()[5] == pytest.approx(expected[5])
        assert moving.pixel_at(moving.place_of(int(moving.rows[5]))) == pytest.approx(expected[5])
    assert moving.place_of(int(np.setdiff1d(pair[0].rows, pair[1].rows)[0])) is None


def test_another_chart_and_another_size_are_taken_on(pair):
    moving, states, shared = made(pair)
    states[1].use_coordinates("quantiles")
    moving.show_coordinates()
    moving.figure.set_size_inches(5, 5.5)
    moving.fit()
    latent_map = LatentMap(figure_of((5, 5.5)), states[1], shared)
    expected = [latent_map.pixel_at(states[1].space.places[pair[1].index_of(row)].tolist()) for row in moving.rows]
    np.testing.assert_allclose(moving.pixels(1.0), expected, atol=1e-6)
    assert moving.box == latent_map.box


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_the_nearest_dot_is_found_as_by_looking_at_all(pair, share):
    moving, states, _ = made(pair)
    states[0].zoom(states[0].cursor, 2)  # dots beyond the axes are not seen
    moving.show_views()
    moving.share = share
    left, top, width, height = moving.box
    found = 0
    for x, y in np.random.default_rng(1).uniform((left, top), (left + width, top + height), (150, 2)).tolist():
        best, distance = None, NEAR
        for index, row in enumerate(moving.rows.tolist()):
            a, b = moving.pixels()[index]
            seen = left <= a <= left + width and top <= b <= top + height
            if seen and math.hypot(a - x, b - y) < distance:
                best, distance = row, math.hypot(a - x, b - y)
        assert moving.nearest(x, y) == best
        found += best is not None
    assert 0 < found < 150
    moving.shared.isolate_class(99, 10)
    moving.show_rows()
    assert moving.nearest(left + width / 2, top + height / 2) is None and len(moving.rows) == 0
    moving.draw()


# ---- which points --------------------------------------------------------------------------------


def test_hidden_classes_are_absent(pair):
    moving, _, shared = made(pair)
    shared.toggle_class(3)
    moving.show_rows()
    both = np.intersect1d(pair[0].rows, pair[1].rows)
    np.testing.assert_array_equal(moving.rows, both[pair[0].labels[both] != 3])
    assert moving.total == len(moving.rows)
    threes = int(both[pair[0].labels[both] == 3][0])
    assert moving.place_of(threes) is not None, "a pin stays"
    moving.draw()
    colour = [int(class_colour(3)[i : i + 2], 16) for i in (1, 3, 5)]
    assert not (pixels(moving.figure)[..., :3] == colour).all(axis=2).any()


def test_the_sample_is_always_the_same_and_holds_what_is_pinned_or_selected(pair):
    both = np.intersect1d(pair[0].rows, pair[1].rows)
    moving, _, shared = made(pair, most=100)
    before = moving.rows
    np.testing.assert_array_equal(made(pair, most=100)[0].rows, before)
    assert len(before) == 100 and moving.total == len(both) and (np.diff(before) > 0).all()
    assert set(before) <= set(both)
    means = pair[0].labels[before].mean(), pair[0].labels[both].mean()
    assert means[0] == pytest.approx(means[1], abs=1.2), "a random one"

    others = np.setdiff1d(both, before)
    unavailable = int(np.setdiff1d(pair[0].rows, both)[0])
    for row in (*others[:3].tolist(), unavailable):
        shared.pin(row)
    moving.show_rows()
    assert set(others[:3]) <= set(moving.rows) and unavailable not in moving.rows
    assert len(moving.rows) == 100 and len(np.intersect1d(moving.rows, before)) == 97

    shared.select(others[10:50])
    moving.show_rows()
    assert set(others[10:50]) | set(others[:3]) <= set(moving.rows) and len(moving.rows) == 100
    shared.select(both)
    moving.show_rows()
    shared.select(others)
    moving.show_rows()
    assert len(np.intersect1d(moving.rows, others)) == 50 + 3, "the others have room"
    for row in others[10:13]:
        shared.pin(int(row))
    shared.toggle_class(int(pair[0].labels[others[10]]))
    moving.show_rows()
    assert others[10] not in moving.rows


def test_a_sample_has_as_many_of_each_class(space):
    moving, states, shared = made((space, open_space(WEIGHTS / "pca")), most=20_000)
    assert len(moving.rows) == 20_000 and moving.total == len(space.rows)
    counts = np.bincount(space.labels[moving.rows]) / np.bincount(space.labels)
    assert counts == pytest.approx(np.full(10, 20_000 / len(space.rows)), rel=0.1)
    some = moving.rows[::1000]
    np.testing.assert_allclose(moving.pixels(1.0)[::1000], oracle(states[1], shared, some), atol=1e-6)


# ---- what it looks like --------------------------------------------------------------------------


def differences(spaces, end: int, zoom: float, groups) -> np.ndarray:
    """By how many levels of 255 an end of a morph differs from the map there, in each pixel of the axes without grid,
    names and captions."""
    shared = SharedState()
    shared.toggle_layer("labels")
    moving, states, _ = made(spaces, shared, groups)
    assert len(moving.rows) == moving.total == len(spaces[0].rows), "all of them"
    states[end].zoom(states[end].cursor, zoom)
    moving.show_views()
    moving.share = float(end)
    moving.draw()
    latent_map = LatentMap(figure_of(), states[end], shared)
    latent_map.show_colouring(groups)
    latent_map._square.set_visible(False)
    latent_map.axes.grid(False)
    for scale in latent_map._scales:
        scale.set_visible(False)
    latent_map.figure.canvas.draw()
    left, top, width, height = (round(value) for value in moving.box)
    inside = slice(top + 40, top + height - 40), slice(left + 2, left + width - 2)  # the captions are not there
    ours, theirs = pixels(moving.figure)[inside].astype(int), pixels(latent_map.figure)[inside].astype(int)
    assert (theirs != 255).any(axis=2).sum() > 1000
    return abs(ours - theirs).max(axis=2)


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("name", ["class", "column size", "column kind"])
def test_the_ends_look_like_the_maps(whole, name, end):
    """The same dots in the same colours, one above the other as there."""
    found = differences(whole, end, 1.7, colouring.groups(whole[0], name, {}))
    assert (found > 2).sum() <= 20, "but for a dot that lies between two pixels"


@pytest.mark.parametrize("end", [0, 1])
def test_all_70_000_dots_look_as_on_the_maps(space, end):
    """As large and as opaque; thousands lie above each other, and each may be a fraction of a level away."""
    found = differences((space, open_space(WEIGHTS / "pca")), end, 1.0, colouring.by_class(space))
    assert found.max() <= 6 and found.mean() < 0.2


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("change", ["nothing", "selection", "view", "column size"])
def test_a_frame_equals_a_full_redraw(pair, theme, change):
    shared = SharedState(theme)
    moving, states, _ = made(pair, shared)
    for share in (0.0, 0.35, 1.0):
        moving.share = share
        moving.draw()
    if change == "selection":
        shared.select(np.arange(0, N, 7))
        moving.show_rows()
    elif change == "view":
        states[0].zoom(states[0].cursor, 3)
        moving.show_views()
    elif change != "nothing":
        moving.show_colouring(colouring.groups(pair[0], change, {}))
    moving.share = 0.7
    moving.draw()
    framed = pixels(moving.figure)
    moving.figure.canvas.draw()
    assert (pixels(moving.figure) == framed).all()
    fresh = MorphMap(figure_of(), *states, shared, moving.groups)
    fresh.share = 0.7
    fresh.draw()
    assert (pixels(fresh.figure) == framed).all()
    moving.share = 0.71
    moving.draw()
    assert (pixels(moving.figure) != framed).any()


def test_only_selected_dots_keep_their_colours_and_lie_above(pair):
    shared = SharedState()
    shared.toggle_layer("labels")
    moving, _, _ = made(pair, shared)
    moving.share = 0.5
    rows = moving.rows[pair[0].labels[moving.rows] == 4][:12]
    shared.select(rows)
    moving.show_rows()
    moving.draw()
    found = pixels(moving.figure)[..., :3]
    rgb = lambda colour: [int(colour[i : i + 2], 16) for i in (1, 3, 5)]  # noqa: E731
    assert not any((found == rgb(class_colour(label))).all(axis=2).any() for label in range(10) if label != 4)
    assert (found == rgb(THEMES["light"].lines)).all(axis=2).sum() > 500
    for row in rows:
        x, y = moving.pixels()[np.searchsorted(moving.rows, row)]
        assert tuple(found[int(y), int(x)]) == tuple(rgb(class_colour(4)))


@pytest.mark.parametrize("classes", [0, 1, 30])
def test_any_number_of_classes(tmp_path, classes):
    names = [f"$class {index} with a name that is too long" for index in range(classes)]
    options = {"n": 300, "images": 300, "title": "A $title with a name that is too long 漢字"}
    spaces = [make_space(tmp_path / name, classes=names, **options) for name in "ab"]
    moving, *_ = made(spaces)
    moving.draw()
    assert len(moving.rows) == 300


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_caption_is_whole_on_a_narrow_map(pair, theme):
    """The same pixels as on a wide one."""
    found = []
    for size in ((3.0, 3.0), SIZE):
        shared = SharedState(theme)
        shared.isolate_class(99, 10)  # no dots
        moving = MorphMap(figure_of(size), *map(MapState, pair), shared, colouring.by_class(pair[0]))
        moving.share = 0.47
        moving.draw()
        left, top, *_ = (round(value) for value in moving.box)
        found.append(pixels(moving.figure)[top + 4 : top + 40, left + 4 : left + 200])
    assert (found[0] == found[1]).all() and (found[0] != found[0][0, 0]).any()


# ---- in the window -------------------------------------------------------------------------------


@pytest.fixture
def root(root, monkeypatch):
    """A window in which nothing may go wrong, not even later."""
    monkeypatch.setattr(MorphPanel, "seconds", 0.25)
    root.geometry("620x480+0+0")
    errors = []
    root.report_callback_exception = lambda *error: errors.append(error)
    root.tk.createcommand("bgerror", errors.append)
    yield root
    root.update()
    assert not errors


class Heard(list):
    """What a panel has told, by turns."""

    def of(self, what):
        return [each[1:] for each in self if each[0] == what]


def shown(root, spaces, shared=None):
    heard, states, shared = Heard(), [MapState(space) for space in spaces], shared or SharedState()
    panel = MorphPanel(
        root,
        *states,
        shared,
        groups=colouring.by_class(spaces[0]),
        hovered=lambda row: heard.append(("hovered", row)),
        moved=lambda share: heard.append(("moved", share)),
        played=lambda *told: heard.append(("played", *told)),
    )
    panel.place(relwidth=1, relheight=1)
    settle(root)
    return panel, states, shared, heard


def settle(root):
    for _ in range(3):
        root.update()


def play(root, panel):
    panel.play()
    deadline = time.monotonic() + 30
    while panel.playing:
        root.update()
        assert time.monotonic() < deadline


def fresh(panel, states) -> np.ndarray:
    """The pixels of a morph that was made as things are now."""
    figure = figure_of(panel.morph.figure.get_size_inches())
    figure.set_dpi(panel.morph.figure.dpi)  # the screen's
    moving = MorphMap(figure, *states, panel.shared, panel.morph.groups)
    moving.share = panel.share
    moving.draw()
    return pixels(figure)


def test_what_is_drawn_is_on_the_screen(root, screen, pair):
    panel, states, *_ = shown(root, pair)
    for share in (0.0, 0.6):
        panel.show(share)
        settle(root)
        seen = screen.grab([panel.winfo_rootx(), panel.winfo_rooty(), panel.winfo_width(), panel.winfo_height()])
        assert (seen == fresh(panel, states)[..., :3]).all()


def test_a_play_goes_from_one_end_to_the_other_and_back(root, pair):
    panel, _, _, heard = shown(root, pair)
    for end in (1.0, 0.0):
        heard.clear()
        play(root, panel)
        assert panel.share == end
        shares = [share for (share,) in heard.of("moved")]
        assert shares == sorted(shares, reverse=end == 0) and shares[-1] == end and len(set(shares)) > 2
        [(frames, seconds, points)] = heard.of("played")
        assert frames == len(shares) == len(panel.frame_ms) and points == len(panel.morph.rows)
        assert seconds >= 0.25 and sum(panel.frame_ms) / 1000 <= seconds
        settle(root)
        assert panel.share == end and len(heard.of("played")) == 1
    panel.show(0.8)
    play(root, panel)
    assert panel.share == 0.0, "from the nearer end"


def test_a_slider_follows_and_takes_over(root, pair):
    panel, states, _, heard = shown(root, pair)
    scale = tk.ttk.Scale(root, command=panel.show)
    panel._moved = lambda share: (heard.append(("moved", share)), scale.set(share))
    play(root, panel)
    assert panel.share == scale.get() == 1.0 and len(heard.of("played")) == 1
    panel.play()
    root.update()
    scale.set(0.25)
    assert not panel.playing and panel.share == 0.25
    settle(root)
    assert panel.share == 0.25 and len(heard.of("played")) == 1
    assert (pixels(panel.morph.figure) == fresh(panel, states)).all()
    panel.show(7)
    assert panel.share == scale.get() == 1.0


def test_everything_that_changes_is_followed(root, pair):
    panel, states, shared, _ = shown(root, pair)
    panel.show(0.3)
    groups = colouring.groups(pair[0], "column size", {})
    before = None
    for change in (
        lambda: shared.toggle_theme(),
        lambda: shared.toggle_class(2),
        lambda: shared.select(np.arange(40)),
        lambda: shared.select(np.empty(0, int)),
        lambda: states[0].zoom(states[0].cursor, 2),
        lambda: states[1].zoom(states[1].cursor, 3),
        lambda: states[1].use_coordinates("quantiles"),
        lambda: panel.show_colouring(groups),
        lambda: shared.toggle_layer("labels"),
        lambda: root.geometry("540x500+0+0"),
    ):
        change()
        settle(root)
        after = pixels(panel.morph.figure)
        assert before is None or after.shape != before.shape or (after != before).any()
        assert (after == fresh(panel, states)).all()
        before = after


def test_pins_move_along(root, pair):
    panel, states, shared, _ = shown(root, pair)
    both, unavailable = panel.morph.rows, np.setdiff1d(pair[0].rows, pair[1].rows)
    for row in (both[7], unavailable[0], both[300]):
        shared.pin(int(row))

    def seen():
        items = [item for item in panel.widget.find_all() if panel.widget.type(item) == "text"]
        return {panel.widget.itemcget(item, "text"): tuple(panel.widget.coords(item)) for item in items}

    def expected():
        at = {
            number: panel.morph.pixels()[np.searchsorted(both, both[index])] for number, index in (("1", 7), ("3", 300))
        }
        return {number: pytest.approx(tuple(place), abs=0.01) for number, place in at.items()}

    assert seen() == expected()
    for change in (
        lambda: panel.show(0.4),
        lambda: play(root, panel),
        lambda: states[1].use_coordinates("quantiles"),
        lambda: root.geometry("540x500+0+0"),
    ):
        change()
        settle(root)
        assert seen() == expected()
    top = panel.widget.find_all()[-1]
    assert panel.widget.type(top) != "image", "marks lie above the picture"


def test_the_dot_under_the_mouse_is_told_and_only_the_latest_move_counts(root, pair):
    panel, _, _, heard = shown(root, pair)
    panel.show(0.5)
    settle(root)
    at = np.rint(panel.morph.pixels()).astype(int)
    for index in (3, 4, 5):
        panel.widget.event_generate("<Motion>", x=at[index, 0], y=at[index, 1])
    root.update()
    assert heard.of("hovered") == [(panel.morph.nearest(*at[5].tolist()),)]
    left, top, *_ = panel.morph.box
    panel.widget.event_generate("<Motion>", x=1, y=1)
    panel.widget.event_generate("<ButtonPress-1>", x=int(left) + 9, y=int(top) + 9)
    root.update()
    assert len(heard.of("hovered")) == 1


@pytest.mark.parametrize("when", ["at once", "while it plays", "at the end", "while something is to be drawn"])
def test_a_panel_that_goes_away_leaves_nothing_behind(root, pair, when):
    panel, states, shared, heard = shown(root, pair)
    entry = tk.ttk.Entry(root)
    entry.pack()
    entry.focus_force()
    root.update()
    if when == "while it plays":
        panel.play()
        settle(root)
        assert panel.playing
    elif when == "at the end":
        panel._moved = lambda share: share == 1 and panel.destroy()
        play(root, panel)
        assert not heard.of("played")
    elif when == "while something is to be drawn":
        panel.play()
        panel.widget.event_generate("<Motion>", x=200, y=200)
        shared.toggle_theme()
        states[0].zoom(states[0].cursor, 2)
    if when != "at the end":
        panel.destroy()
    heard.clear()
    shared.toggle_theme()
    shared.toggle_class(1)
    shared.pin(4)
    states[0].reset_view()
    states[1].zoom(states[1].cursor, 2)
    settle(root)
    assert not panel.playing and not heard
    assert not root.tk.call("after", "info"), "nothing is due"
    assert root.focus_get() is entry


def test_the_keyboard_stays_where_it_was(root, pair):
    entry = tk.ttk.Entry(root)
    entry.pack()
    entry.focus_force()
    root.update()
    shown(root, pair)
    assert root.focus_get() is entry
