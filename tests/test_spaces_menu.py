"""From one space to another in the real window of both programs: by menu, by keys, whatever is damaged or under way."""

import json
import os
import tkinter as tk

import numpy as np
import pytest
from Xlib import X

from explorer.analysis.analyses import ERRORS, ORIGINALS
from explorer.analysis.metrics import in_words
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing.themes import THEMES, class_colour
from explorer.session.state import MapState
from explorer.spaces import view
from explorer.spaces.card import CODES, DECODER, ENCODER, GRID, read_card, write_card
from explorer.spaces.folder import open_space, sums
from explorer.window.inspector.tabs.space import SpaceTab
from tests.handling import selected, through_the_dialog
from tests.screen import settle
from tests.spaces import complete_run, context_of, make_epoch, make_space

PROGRAMS = ("ae.py", "ae_precomp.py")
NAMES = ("a", "b", "c")
LINE = 20  # pixels of an entry of the menu


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """For each space a decoder and an encoder that nobody has trained, as files' contents, and what decodes with Keras
    itself, codes (n, 2) to images (n, 28, 28)."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras

    folder, made = tmp_path_factory.mktemp("networks"), {}
    for seed, name in enumerate(NAMES):
        keras.utils.set_random_seed(seed)
        spread = keras.initializers.RandomNormal(stddev=0.5, seed=seed)
        decoder = keras.Sequential(
            [
                keras.Input((2,)),
                keras.layers.Dense(24, "tanh", kernel_initializer=spread),
                keras.layers.Dense(784, "sigmoid"),
                keras.layers.Reshape((28, 28)),
            ]
        )
        encoder = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(2)])
        contents = []
        for network in (decoder, encoder):
            network.save(folder / "network.keras")
            contents.append((folder / "network.keras").read_bytes())
        made[name] = *contents, lambda codes, decoder=decoder: decoder(codes, training=False).numpy()
    return made


@pytest.fixture
def spaces(tmp_path, request):
    """Three spaces of the same images side by side, at other places each; their networks are real for `ae.py`."""

    def spaces(name="ae_precomp.py", **more):
        made = request.getfixturevalue("networks") if name == "ae.py" else {}
        found = {}
        for number, space in enumerate(NAMES, 1):
            decoder, encoder, _ = made.get(space, (b"no network", b"no network", None))
            folder = tmp_path / "spaces" / space
            of_space = {"network": decoder, "scale": number, "images": 2000, "title": f"Space {space}"} | more
            make_space(folder, **of_space)
            (folder / ENCODER).write_bytes(encoder)
            write_card(folder, read_card(folder) | {"files": sums(folder)})
            found[space] = open_space(folder)
        return found

    return spaces


def decoder_of(space, networks=None):
    """What must decode a space: Keras itself, or the grid."""
    return GridDecoder(grid.load(space)) if networks is None else networks[space.name][2]


def check_hovering(program, space, decode, count: int = 3) -> None:
    """At some places: the place under the mouse is that of the space's own view, the picture is its decoding."""
    x, y, w, h = program.layout()["map"]
    home = MapState(space).home
    a0, a1, b0, b1 = view.fitted(home, w / h)
    for px, py in np.random.default_rng(3).uniform((x + 2, y + 2), (x + w - 2, y + h - 2), (count, 2)).astype(int):
        program.screen.move(x + 1, y + 1)
        hover = program.hover(int(px), int(py))
        expected = [a0 + (px - x) / w * (a1 - a0), b1 - (py - y) / h * (b1 - b0)]
        np.testing.assert_allclose(hover["z"], expected, atol=2e-3 * (home[1] - home[0]))
        assert np.abs(program.picture() - 255 * decode(np.array([hover["z"]], np.float32))[0]).max() <= 1


def shown(program, act) -> str:
    """The name of the space that is shown after something was done."""
    before = len(program.events("space"))
    act()
    name = program.wait(lambda: program.events("space")[before:], "another space")[0]["name"]
    program.handled()
    return name


class Menu:
    """The `Space` menu, dropped down; what belongs to the spaces of these tests are its last entries."""

    def __init__(self, program) -> None:
        self.screen = program.screen
        x, y, width, height = program.layout()["menus"][2]
        before = self._windows()
        self.screen.click(x + width // 2, y + height // 2)
        self.box = program.wait(lambda: [box for box in self._windows() if box not in before], "the menu")[0]
        program.settle()  # until the release of the button is handled too: else the next click is the end of a drag

    def _windows(self) -> list[tuple[int, int, int, int]]:
        found = []
        for window in self.screen.display.screen().root.query_tree().children:
            if window.get_attributes().map_state == X.IsViewable:
                place = window.get_geometry()
                found.append((place.x, place.y, place.width, place.height))
        return found

    def entry(self, from_below: int) -> list[int]:
        """An entry in screen pixels: x, y, width, height; the last one is number 0."""
        x, y, width, height = self.box
        return [x + 2, y + height - 2 - LINE * (from_below + 1), width - 4, LINE]

    def choose(self, from_below: int) -> None:
        x, y, width, height = self.entry(from_below)
        self.screen.click(x + 30, y + height // 2)

    def is_grey(self, from_below: int) -> bool:
        """Whether an entry is greyed out, and says why beside its name."""
        pixels = self.screen.grab(self.entry(from_below))
        ink, faint = (
            (pixels == [int(colour[i : i + 2], 16) for i in (1, 3, 5)]).all(axis=2)
            for colour in (THEMES["light"].ink, THEMES["light"].faint)
        )
        return bool(faint.any()) and not ink[:, 22:].any()

    def close(self) -> None:
        self.screen.key("Escape")


def open_program(start, name, folder, *arguments):
    program = start(name, "--weights", str(folder), *arguments, tensorflow=name == "ae.py")
    program.wait_for("window")
    if name == "ae.py":
        program.wait_for("live")
    program.settle()
    return program


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ae.py", "ae_precomp.py"])
def test_every_space_is_shown_with_its_own_decoder_and_the_same_images(start, spaces, request, name):
    made = spaces(name)
    live = name == "ae.py"
    oracle = {each: decoder_of(made[each], request.getfixturevalue("networks") if live else None) for each in NAMES}
    background = "drift" if live else "density"
    program = open_program(start, name, made["a"].folder, "--background", background)
    program.wait(lambda: program.events("background"), "the background")
    screen, (x, y, w, h) = program.screen, program.layout()["map"]
    for share in (0.4, 0.6):
        screen.click(int(x + share * w), y + h // 2)
    pins = program.wait(lambda: program.events("pins")[1:], "two pins")[0]["rows"]
    screen.key("3")
    program.settle()

    def check(act, expected):
        lives, backgrounds = len(program.events("live")), len(program.events("background"))
        assert shown(program, act) == expected
        if live:
            program.wait(lambda: program.events("live")[lives:], "the live decoder")
        found = program.wait(lambda: program.events("background")[backgrounds:], "the background")
        assert {event["name"] for event in found} == {background}
        check_hovering(program, made[expected], oracle[expected])
        program.catch_up()
        pixels = screen.grab(program.layout()["map"])
        dots = [(pixels == [int(class_colour(k)[i : i + 2], 16) for i in (1, 3, 5)]).all(axis=2) for k in (2, 3)]
        assert dots[0].sum() > 50 and dots[1].sum() == 0, "what was hidden stays hidden"

    check(lambda: Menu(program).choose(0), "c")
    check(lambda: screen.key("Prior"), "b")
    screen.press(4)  # a zoomed view is not taken to another space
    screen.release(4)
    check(lambda: screen.key("Prior"), "a")
    check(lambda: Menu(program).choose(1), "b")  # which was kept
    screen.click(x + w // 2, y + h // 2)
    assert program.wait(lambda: program.events("pins")[2:], "a third pin")[0]["rows"][:2] == pins
    assert not program.events("said")


def test_what_is_damaged_is_greyed_out_and_the_rest_goes_on(start, spaces):
    made = spaces()
    (made["b"].folder / CODES).write_bytes(b"damaged")
    program = open_program(start, "ae_precomp.py", made["a"].folder)
    menu = Menu(program)
    program.wait(lambda: menu.is_grey(1), "what was read in the background")
    assert not menu.is_grey(0) and not menu.is_grey(2)
    menu.choose(1)
    menu.close()
    assert shown(program, lambda: program.screen.key("Next")) == "c"
    check_hovering(program, made["c"], decoder_of(made["c"]))

    assert shown(program, lambda: program.screen.key("Prior")) == "a"
    (made["c"].folder / DECODER).write_bytes(b"damaged")
    program.screen.key("Next")
    said = program.wait(lambda: program.events("said"), "what is wrong")[-1]["text"]
    assert "c cannot be shown: c/decoder.keras is damaged" in said and "\n" not in said
    check_hovering(program, made["a"], decoder_of(made["a"]))
    menu = Menu(program)
    assert menu.is_grey(0) and menu.is_grey(1) and not menu.is_grey(2)
    menu.choose(0)
    menu.close()
    program.settle()
    assert [event["name"] for event in program.events("space")] == ["c", "a"]


def test_of_several_choices_the_last_one_counts(start, spaces):
    made = spaces()
    program = open_program(start, "ae_precomp.py", made["a"].folder)
    for key in ("Next", "Next", "Prior", "Next"):  # a key goes on from what is being opened
        program.screen.key(key)
    program.wait(lambda: [event["name"] for event in program.events("space")][-1:] == ["c"], "the last one")
    program.settle()
    assert program.events("space")[-1]["name"] == "c"
    check_hovering(program, made["c"], decoder_of(made["c"]))


@pytest.mark.slow
def test_another_space_while_keras_loads_and_one_without_a_grid(start, spaces, networks):
    made = spaces("ae.py")
    lattice = grid.load(made["c"])
    (made["c"].folder / GRID).unlink()
    program = start("ae.py", "--weights", str(made["a"].folder))
    program.wait_for("window")
    assert shown(program, lambda: program.screen.key("Next")) == "b"
    check_hovering(program, made["b"], decoder_of(made["b"]), 1)
    assert not program.events("live"), "Keras was faster than this test"
    program.wait_for("live")
    check_hovering(program, made["b"], decoder_of(made["b"], networks))
    assert shown(program, lambda: program.screen.key("Next")) == "c"
    check_hovering(program, made["c"], decoder_of(made["c"], networks))
    program.wait(lambda: (made["c"].folder / GRID).exists(), "the new grid")
    program.wait(lambda: sums(made["c"].folder) == read_card(made["c"].folder)["files"], "its sum")
    rebuilt = GridDecoder(grid.load(open_space(made["c"].folder)))
    nodes = grid.nodes(lattice.extent, (5, 5))
    assert np.abs(rebuilt(nodes) - networks["c"][2](nodes)).max() < 0.1


@pytest.mark.parametrize("name", PROGRAMS)
def test_closing_while_another_space_is_opened(start, spaces, name):
    made = spaces(name)
    program = start(name, "--weights", str(made["a"].folder), tensorflow=name == "ae.py")
    program.wait_for("window")
    program.screen.key("Next")
    program.close()
    program.finish()


@pytest.mark.slow
def test_a_run_is_followed_again_after_it_was_left(start, tmp_path):
    home = tmp_path / "spaces"
    make_space(home / "a", n=300, images=900)
    make_epoch(home / "r.partial", 1)
    program = open_program(start, "ae_precomp.py", home / "r.partial")
    program.wait_for("epoch")
    assert shown(program, lambda: program.screen.key("Prior")) == "a"
    epochs = len(program.events("epoch"))
    make_epoch(home / "r.partial", 2)
    check_hovering(program, open_space(home / "a"), decoder_of(open_space(home / "a")))
    program.settle()
    assert len(program.events("epoch")) == epochs, "it is not followed now"
    assert shown(program, lambda: program.screen.key("Next")) == "r.partial"
    space = open_space(home / "r.partial")
    check_hovering(program, space, decoder_of(space))
    make_epoch(home / "r.partial", 3)
    program.wait(lambda: program.events("epoch")[-1]["epoch"] == 3, "the next epoch")
    assert shown(program, lambda: program.screen.key("Prior")) == "a"
    complete_run(home / "r.partial", home / "r")
    assert shown(program, lambda: program.screen.key("Next")) == "r"
    check_hovering(program, open_space(home / "r"), decoder_of(open_space(home / "r")))


@pytest.mark.slow
def test_a_workspace_leads_to_its_space(start, spaces, tmp_path):
    made = spaces()
    program = open_program(start, "ae_precomp.py", made["b"].folder)
    x, y, w, h = program.layout()["map"]
    program.hover(x + w // 3, y + h // 3)
    program.screen.press(4)
    program.screen.release(4)
    path = tmp_path / "work.json"
    selected(program, path)
    kept = json.loads(path.read_text())
    assert kept["space"] == "b"
    assert shown(program, lambda: program.screen.key("Prior")) == "a"
    assert shown(program, lambda: through_the_dialog(program, path, "o", "Control_L")) == "b"
    program.wait(lambda: program.events("workspace")[-1].get("opened"), "the workspace")
    selected(program, tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text())["view"] == kept["view"]
    assert not [event for event in program.events("said") if "left out" in event["text"]]


# ---- below the window ------------------------------------------------------------------------------------------------


class Held:
    """In place of a window's workers: what is started is finished when the test says so."""

    def __init__(self):
        self.works = {}

    def start(self, slot, work, done, failed, heard=None, poll_ms=0):
        self.works[slot] = work, done

    def cancel(self, slot):
        return self.works.pop(slot, None) is not None

    def finish(self, slot):
        work, done = self.works.pop(slot)
        done(work(lambda message: None, lambda: False))


@pytest.mark.parametrize("same", [True, False])
def test_images_that_are_being_read_are_not_read_again_for_the_same_images(tmp_path, same):
    """Neither those that somebody waits for nor those that only come before what was wanted."""
    first = make_space(tmp_path / "first", n=60)
    second = make_space(tmp_path / "second", n=60 if same else 80, scale=2)
    workers = Held()
    context = context_of(SpaceProbe(first, GridDecoder(grid.load(first))), workers)
    context.need(ERRORS)
    before, after = context.probe, SpaceProbe(second, GridDecoder(grid.load(second)))
    context.use_probe(after)
    assert bool(workers.works) == same
    if same:
        workers.finish("analyses")
        assert ORIGINALS in after.results and ORIGINALS not in before.results
        assert not workers.works, "errors are asked for anew"
    context.need(ERRORS)
    while workers.works:
        workers.finish("analyses")
    assert len(after.results[ERRORS]) == len(second.codes) and ERRORS not in before.results
    context.use_probe(SpaceProbe(second, None))
    assert context.probe.results.keys() == {ORIGINALS}


@pytest.fixture
def root(root):
    root.geometry("400x300")
    return root


def texts(widget) -> list[str]:
    """All that is to be read in a widget, from above."""
    found = [str(widget.cget("text"))] if isinstance(widget, tk.ttk.Label) and widget.winfo_ismapped() else []
    return found + [text for child in widget.winfo_children() for text in texts(child)]


def test_the_tab_says_what_a_space_is_and_how_good(root, tmp_path):
    metrics = {"mse": 0.03021, "knn_10": 0.96875, "training_seconds": 1073.4, "kl_nats": -0.04, "silhouette": 0.4}
    more = {"about": "What it is. What to look at.", "paper": "Somebody, 1999", "metrics": metrics | {"psnr_db": "?"}}
    space = make_space(tmp_path / "a", (4, 4), n=40, more=more)
    context = context_of(SpaceProbe(space, None), Held())
    tab = SpaceTab(root, context)
    tab.pack(fill="both", expand=True)
    root.update()
    said = texts(tab)
    assert {"Autoencoder", "What it is. What to look at.", "Somebody, 1999"} <= set(said)
    for name, value in {"MSE": "0.0302", "10-NN": "96.9 %", "training time": "18 min", "KL, nats": "−0.0"}.items():
        assert said[said.index(name) + 1] == value
    assert "PSNR" not in said and tab.controls.winfo_manager()
    context.use_probe(SpaceProbe(make_space(tmp_path / "b", (4, 4), n=40, title="Other"), None))
    root.update()
    assert texts(tab)[0] == "Other" and not {"MSE", "Autoencoder", "Somebody, 1999"} & set(texts(tab))


def test_what_does_not_fit_into_the_tab_is_scrolled_to(root, tmp_path):
    space = make_space(tmp_path / "a", (4, 4), n=40, more={"about": "What it is. " * 20})
    tab = SpaceTab(root, context_of(SpaceProbe(space, None), Held()))
    tab.pack(fill="both", expand=True)
    for height, scrolls in ((300, False), (100, True), (90, True), (300, False)):
        root.geometry(f"400x{height}")
        settle(root)
        assert tab._scrolled._bar.winfo_ismapped() == scrolls


@pytest.mark.parametrize("metrics", [None, [], "x", {}, {"mse": None}, {"mse": float("nan")}, {"mse": True}])
def test_figures_that_are_none_are_left_out(metrics):
    assert in_words(metrics) == {}
