"""The real window of both programs under real X events, against an independent Keras decoder."""

import signal

import numpy as np
import pytest
from scipy.spatial import KDTree

from explorer.analysis import metrics
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing.themes import class_colour
from explorer.session.state import MapState
from explorer.spaces import view
from tests.conftest import slow
from tests.screen import PATIENCE

PROGRAMS = ("ae.py", "ae_precomp.py")


def place_under(box, pixel, limits) -> np.ndarray:
    """The place at a screen pixel, from nothing but the axes' box and the view's limits."""
    x, y, width, height = box
    a0, a1, b0, b1 = view.fitted(limits, width / height)
    return np.array([a0 + (pixel[0] - x) / width * (a1 - a0), b1 - (pixel[1] - y) / height * (b1 - b0)])


def spread(box, n: int, seed: int = 0) -> list[tuple[int, int]]:
    """n pixels all over a box, its corners among them."""
    x, y, w, h = box
    corners = [(x + 1, y + 1), (x + w - 2, y + 1), (x + 1, y + h - 2), (x + w - 2, y + h - 2)]
    points = np.random.default_rng(seed).uniform((x + 2, y + 2), (x + w - 2, y + h - 2), (n - 4, 2))
    return corners + [(int(px), int(py)) for px, py in points]


def ready(program, name):
    """Waits until the program's own decoder answers; ae_precomp.py runs without TensorFlow."""
    program.wait_for("window")
    if name == "ae.py":
        program.wait_for("live")
    program.settle()


@pytest.fixture
def open_program(start):
    def open_program(name, *arguments, **options):
        program = start(name, *arguments, **({"tensorflow": name == "ae.py"} | options))
        ready(program, name)
        return program

    return open_program


class Oracle:
    """Says whether the picture on the screen is what the program must show."""

    def __init__(self, name, space, keras_decoder):
        self.live = name == "ae.py"
        self.keras_decoder = keras_decoder
        self.grid_decoder = GridDecoder(grid.load(space))
        self.psnr = []

    def check(self, program, hover):
        assert hover["source"] == ("live" if self.live else "grid")
        z = np.array([hover["z"]], np.float32)
        decode = self.keras_decoder if self.live else self.grid_decoder
        shown = program.picture().astype(float)
        assert np.abs(shown - 255 * decode(z)[0]).max() <= 1, "another picture than that of the place under the mouse"
        if not hover["outside"]:
            self.psnr.append(metrics.psnr_db(self.keras_decoder(z), shown[None] / 255)[0])


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_digit_shown_is_the_decoding_of_the_place_under_the_mouse(open_program, space, keras_decoder, name):
    """30 places at rest; then after leaving, re-entering, zooming, panning, resizing, hiding everything."""
    program, oracle = open_program(name), Oracle(name, space, keras_decoder)
    home = MapState(space).home

    def check(pixels, limits):
        box = program.layout()["map"]
        for pixel in pixels:
            hover = program.hover(*pixel)
            np.testing.assert_allclose(hover["z"], place_under(box, pixel, limits), atol=2e-3 * (home[1] - home[0]))
            oracle.check(program, hover)

    box = program.layout()["map"]
    check(spread(box, 30), home)
    assert np.mean(oracle.psnr) >= 30  # at arbitrary places, also off the map

    # leaving the axes and the window: the last picture stays
    program.hover(box[0] + 50, box[1] + 60)
    before, hovers = program.picture(), len(program.events("hover"))
    for x, y in ((box[0] - 20, box[1] + 60), (5, 5), (2500, 1400), (box[0] + box[2] + 100, box[1] + 200)):
        program.screen.move(x, y)
        program.settle()
    assert len(program.events("hover")) == hovers and (program.picture() == before).all()
    check(spread(box, 6, seed=1), home)

    # zooming at the mouse keeps the place under it, and what is hovered afterwards is right
    state = MapState(space)
    pixel = (box[0] + box[2] // 3, box[1] + box[3] // 3)
    place = tuple(place_under(box, pixel, home))
    program.hover(*pixel)
    for _ in range(6):
        program.screen.press(4)
        program.screen.release(4)
        state.zoom(place, 1.25)
    program.settle()
    check(spread(box, 8, seed=2), state.limits)

    # dragging, also far outside of the window
    program.hover(box[0] + 300, box[1] + 300)
    program.screen.press()
    for x, y in ((box[0] + 340, box[1] + 280), (2590, 1490), (box[0] + 340, box[1] + 280)):
        program.screen.move(x, y)
        program.handled()
    program.screen.release()
    program.settle()
    hover = program.hover(box[0] + 100, box[1] + 100)
    oracle.check(program, hover)
    program.screen.key("r")
    program.settle()
    check(spread(box, 5, seed=3), home)

    # another size
    program.resize(1600, 1000)
    box = program.layout()["map"]
    check(spread(box, 8, seed=4), home)
    program.resize(900, 620)
    check(spread(program.layout()["map"], 6, seed=5), home)

    # every class hidden
    for digit in range(10):
        program.screen.key(str(digit))
    program.settle()
    check(spread(program.layout()["map"], 5, seed=6), home)


def test_points_are_where_their_codes_are(open_program, space):
    """One class alone: every pixel of its colour lies on a digit of that class, and both ends of the map do."""
    program = open_program("ae_precomp.py")
    program.screen.key("l")  # the names of the classes cover points
    for digit in set(range(10)) - {1}:
        program.screen.key(str(digit))
    program.catch_up()
    box = program.layout()["map"]
    pixels = program.screen.grab(box).astype(int)
    colour = [int(class_colour(1)[i : i + 2], 16) for i in (1, 3, 5)]
    rows, columns = np.nonzero(np.abs(pixels - colour).max(axis=2) <= 2)
    assert len(rows) > 1000
    home = MapState(space).home
    places = np.array([place_under((0, 0, *box[2:]), (x + 0.5, y + 0.5), home) for y, x in zip(rows, columns)])  # noqa: B905
    unit = (view.fitted(home, box[2] / box[3])[1] - view.fitted(home, box[2] / box[3])[0]) / box[2]
    ones = space.places[space.labels == 1]
    distances, _ = KDTree(ones).query(places)
    assert distances.max() <= 3.5 * unit  # a marker's radius and a rounding
    shown = ones[view.inside(ones, home)]
    distances, _ = KDTree(places).query(shown)
    assert np.quantile(distances, 0.999) <= 3.5 * unit  # a lonely dot may have no pixel of the pure colour


@pytest.mark.parametrize("name", [slow("ae.py"), "ae_precomp.py"])
def test_only_the_latest_of_500_moves_counts(open_program, space, keras_decoder, name):
    program = open_program(name)
    x, y, w, h = program.layout()["map"]
    program.hover(x + 20, y + 20)
    before = len(program.events("hover"))
    path = [(x + 30 + i % 400, y + 30 + (i * 7) % 300) for i in range(500)]
    last = (x + w // 2, y + h // 2)
    program.screen.move(*[coordinate for point in [*path, last] for coordinate in point])
    program.settle()
    hover = program.events("hover")[-1]
    assert hover["px"] == list(last)
    assert len(program.events("hover")) - before < 100
    Oracle(name, space, keras_decoder).check(program, hover)


def test_ctrl_c_in_the_terminal_ends_the_program(start):
    program = start("ae_precomp.py")
    program.wait_for("window")
    program.process.send_signal(signal.SIGINT)
    program.expected_status = 130
    program.process.wait(PATIENCE)


def test_keys_and_mouse_do_what_the_table_says(open_program, space):
    program = open_program("ae_precomp.py")
    screen, box = program.screen, program.layout()["map"]
    middle = (box[0] + box[2] // 2, box[1] + box[3] // 2)
    start = program.hover(*middle)["z"]
    state = MapState(space)
    a0, a1, *_ = view.fitted(state.home, box[2] / box[3])
    step = 0.01 * (a1 - a0)

    def after(key, *modifiers):
        screen.key(key, *modifiers)
        program.handled()
        return program.events("hover")[-1]["z"]

    np.testing.assert_allclose(after("Right"), [start[0] + step, start[1]], atol=0.02 * step)
    np.testing.assert_allclose(after("Up"), [start[0] + step, start[1] + step], atol=0.02 * step)
    np.testing.assert_allclose(after("Left", "Shift_L"), [start[0] - 9 * step, start[1] + step], atol=0.05 * step)
    for _ in range(30):
        after("Left", "Shift_L")
    assert after("Left")[0] == pytest.approx(a0, abs=step)  # the cursor stays on the map

    def picture_of_map():
        program.catch_up()
        return screen.grab(box)

    whole = picture_of_map()
    screen.key("plus", "Shift_L")
    nearer = picture_of_map()
    assert (nearer != whole).any()
    screen.key("r")
    assert (picture_of_map() == whole).all()
    screen.key("3")
    without_threes = picture_of_map()
    assert (without_threes != whole).any()
    screen.key("a")
    assert (picture_of_map() == whole).all()
    screen.key("t")
    assert picture_of_map().mean() < 100 < whole.mean()
    screen.key("t")
    assert (picture_of_map() == whole).all()

    screen.key("question", "Shift_L")
    program.wait(lambda: screen.window("Latent Space Explorer: keys"), "the help window")
    program.settle()
    screen.key("Escape")
    program.wait(lambda: screen.window("Latent Space Explorer: keys") is None, "its end")


@pytest.mark.slow
def test_a_changed_theme_looks_as_if_the_window_had_started_in_it(open_program):
    def picture(program):
        program.catch_up()
        pixels = program.screen.grab([0, 0, 1280, 800]).copy()
        pixels[750:, 760:] = 0  # the latency is never the same
        program.finish()
        return pixels

    started = {theme: picture(open_program("ae_precomp.py", "--theme", theme)) for theme in ("light", "dark")}
    for first, times in (("light", 1), ("light", 2)):
        program = open_program("ae_precomp.py", "--theme", first)
        for _ in range(times):
            program.screen.key("t")
        last = first if times == 2 else {"light": "dark", "dark": "light"}[first]
        assert (picture(program) == started[last]).all(), f"{first}, changed {times} times"


def test_legend_hides_and_isolates(open_program, space):
    program = open_program("ae_precomp.py", "--size", "1280x800")
    screen, box = program.screen, program.layout()["map"]
    colours = [[int(class_colour(label)[i : i + 2], 16) for i in (1, 3, 5)] for label in range(10)]

    def shown():
        program.catch_up()
        pixels = screen.grab(box).astype(int)
        return {label for label, colour in enumerate(colours) if (np.abs(pixels - colour).max(axis=2) == 0).sum() > 20}

    def entry(label):
        bar = screen.grab([0, box[1] + box[3] + 30, 600, 800 - box[1] - box[3] - 30]).astype(int)
        rows, columns = np.nonzero(np.abs(bar - colours[label]).max(axis=2) <= 2)
        return int(np.median(columns)), box[1] + box[3] + 30 + int(np.median(rows))

    entries = [entry(label) for label in range(10)]
    assert shown() == set(range(10))
    screen.click(*entries[4])
    assert shown() == set(range(10)) - {4}
    screen.click(*entries[4])
    assert shown() == set(range(10))
    keycode = screen.display.keysym_to_keycode(0xFFE1)  # Shift_L
    from Xlib import X
    from Xlib.ext import xtest

    xtest.fake_input(screen.display, X.KeyPress, keycode)
    screen.click(*entries[7])
    xtest.fake_input(screen.display, X.KeyRelease, keycode)
    screen.display.sync()
    assert shown() == {7}


def test_the_precomputed_window_stays_within_the_grid_and_says_so(open_program, space):
    program = open_program("ae_precomp.py", "--size", "2000x700")
    box = program.layout()["map"]
    inside = program.hover(box[0] + box[2] // 2, box[1] + box[3] // 2)
    outside = program.hover(box[0] + 5, box[1] + 5)
    assert not inside["outside"] and outside["outside"]
    a0, _, _, b1 = grid.load(space).extent
    clamped = GridDecoder(grid.load(space))(np.array([[max(a0, outside["z"][0]), min(b1, outside["z"][1])]]))
    assert np.abs(program.picture() - 255.0 * clamped[0]).max() <= 1
