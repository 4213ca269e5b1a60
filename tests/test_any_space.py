"""The real window over spaces of all sorts: other shapes and sizes of images, other numbers and names of classes."""

from __future__ import annotations

import numpy as np
import pytest
from Xlib import X
from Xlib.ext import xtest

from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing import picture
from explorer.drawing.themes import THEMES, class_colour
from explorer.spaces.folder import sums
from tests.conftest import run, slow
from tests.spaces import make_space

SIZES = ("900x620", "1280x800", "2560x1440")
CLASSES = {
    "none": [],
    "one": ["one"],
    "three": ["red", "green", "blue"],
    "ten": [f"a class of things, the {index}. of them all" for index in range(10)],
    "scripts": ["Größenänderung", "日本語", "Русский", "a\u0301", "$x^2$ {y}", "[z] %s \\n", " ", ""],
    "47": [3 * letter for letter in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"],
    "200": [f"n{index:08d}" for index in range(200)],
}


def rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def found(pixels: np.ndarray, colour: str) -> np.ndarray:
    """Rows and columns of the pixels, (height, width, 3), of exactly this colour, (n, 2)."""
    return np.argwhere((pixels == rgb(colour)).all(axis=2))


@pytest.fixture
def open_space(start, tmp_path):
    """Makes a space and opens it; gives the program and the space."""

    def open_space(*arguments, **of_space):
        space = make_space(tmp_path / "space", **of_space)
        program = start("ae_precomp.py", "--weights", str(space.folder), *arguments, tensorflow=False)
        program.wait_for("window")
        program.settle()
        return program, space

    return open_space


def some_pixels(box, n: int = 6) -> list[tuple[int, int]]:
    x, y, w, h = box
    return [(int(px), int(py)) for px, py in np.random.default_rng(0).uniform((x, y), (x + w, y + h), (n, 2))]


@pytest.mark.parametrize(
    "shape", [(28, 28), slow((8, 8)), slow((20, 60)), (60, 20), (1, 40), (32, 32, 3), slow((128, 128, 3))]
)
def test_images_of_any_shape_are_shown_as_they_are_decoded(open_space, shape):
    program, space = open_space("--size", "1280x800", image_shape=shape, n=60)
    decode = GridDecoder(grid.load(space))
    for pixel in some_pixels(program.layout()["map"]):
        hover = program.hover(*pixel)
        shown = program.picture(shape).astype(float)
        assert np.abs(shown - 255 * decode(np.array([hover["z"]]))[0]).max() <= 1
    program.resize(900, 620)
    assert program.picture(shape).shape == shape


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(300, 200, 3), (128, 640)])
def test_images_larger_than_their_room_are_shrunk(open_space, shape):
    program, space = open_space("--size", "900x620", image_shape=shape, n=60)
    decode = GridDecoder(grid.load(space))

    def check(window):
        layout = program.layout()
        x, y, width, height = layout["picture"]
        assert (width, height) == picture.shown_size(shape, max(width, height))
        assert x + width <= window[0] - 16 and y + height <= window[1] - 200
        for pixel in some_pixels(layout["map"], 3):
            levels = picture.to_bytes(decode(np.array([program.hover(*pixel)["z"]]))[0])
            wanted = np.asarray(picture.scaled(levels, max(width, height)).convert("RGB"), float)
            assert np.abs(program.screen.grab([x, y, width, height]) - wanted).max() <= 1

    check((900, 620))
    program.resize(1280, 800)
    check((1280, 800))
    program.resize(2560, 1440)  # where some of them fit
    check((2560, 1440))
    program.resize(900, 620)
    check((900, 620))


@pytest.mark.parametrize("classes", [CLASSES["200"], *(slow(CLASSES[name]) for name in ("none", "ten", "scripts"))])
def test_nothing_leaves_the_window_and_no_text_is_cut(open_space, classes):
    """At every size map and picture lie inside it, and the margins around all bars are empty."""
    theme = "dark" if len(classes) % 2 else "light"
    title = "A space with a name that is too long for a small window, by far"
    program, _ = open_space("--size", SIZES[0], "--theme", theme, classes=classes, n=600, title=title)
    paper = rgb(THEMES[theme].paper)
    for size in SIZES:
        width, height = map(int, size.split("x"))
        program.resize(width, height)
        program.catch_up()
        layout = program.layout()
        (x, y, w, h), (px, py, pw, ph) = layout["map"], layout["picture"]
        assert w >= 350 and h >= 350
        assert layout["strip"][1] < py + ph + 100, "no gap stays below the picture after another size"
        assert x + w < px and px + pw <= width - 16 and py + ph <= height - 200 and y + h <= height - 60
        pixels = program.screen.grab([0, 0, width, height])
        below = pixels[layout["bar"][0][3] :]
        above_scrollbar = below[: layout["search"][1] + layout["search"][3] - layout["bar"][0][3], width - 8 :]
        for margin in (below[:, :7], above_scrollbar, below[-30:, width - 8 :], below[-8:], below[:2]):
            assert (margin == paper).all()
        status = pixels[height - 28 : height - 8, width - 200 : width - 16]
        assert len(found(status, THEMES[theme].faint)) > 20
        assert len(found(below[10:40, :110], THEMES[theme].ink)) > 5  # the space
        menus = sorted(layout["menus"])
        assert (
            all(x + w < menus[n + 1][0] for n, (x, _, w, _) in enumerate(menus[:-1])) and min(m[2] for m in menus) > 60
        )


def legend_entries(program, classes: int) -> dict[int, tuple[int, int]]:
    """Where on the screen the dots of the legend are: class to x, y."""
    _, y, _, h = program.layout()["map"]
    top = y + h + 45  # below the axis's label
    bar = program.screen.grab([0, top, 1280, 800 - top])
    entries = {}
    for index in range(classes):
        if len(spots := found(bar, class_colour(index))) > 50:
            row, column = np.median(spots, axis=0)
            entries[index] = int(column), top + int(row)
    return entries


@pytest.mark.slow
def test_a_legend_too_long_for_its_row_is_turned_like_a_page(open_space):
    program, _ = open_space("--size", "1280x800", classes=CLASSES["47"], n=4700)
    screen = program.screen

    def arrow(side: int) -> tuple[int, int]:
        """The middle of the left (0) or right (1) arrow; they stand at the right end of the legend's row."""
        y = next(iter(legend_entries(program, 47).values()))[1]
        row = screen.grab([1100, y - 12, 180, 24]).astype(int)
        ink = np.flatnonzero((np.abs(row - rgb(THEMES["light"].paper)).max(axis=2) > 12).any(axis=0))
        return (1100 + int(ink[0] + 2 if side == 0 else ink[-1] - 2), y)

    first = legend_entries(program, 47)
    assert set(first) == set(range(len(first))) and 15 <= len(first) < 47
    screen.click(*arrow(1))
    program.catch_up()
    second = legend_entries(program, 47)
    assert set(second) == set(range(len(first), len(first) + len(second)))
    for _ in range(3):
        screen.click(*arrow(1))
        program.catch_up()
    last = legend_entries(program, 47)
    assert max(last) == 46 and set(last) == set(range(min(last), 47))
    assert len(last) >= len(first) - 3  # the last page is a full one

    screen.click(*last[45], button=4)  # the wheel, backwards
    program.catch_up()
    assert max(legend_entries(program, 47)) < 46
    for _ in range(30):
        screen.click(*last[45], button=4)
    program.catch_up()
    assert set(legend_entries(program, 47)) == set(first)


def classes_on_map(program, classes: int) -> set[int]:
    program.catch_up()
    pixels = program.screen.grab(program.layout()["map"])
    return {index for index in range(classes) if len(found(pixels, class_colour(index))) > 5}


@pytest.mark.slow
def test_the_legend_hides_and_isolates_on_every_page(open_space):
    program, _ = open_space("--size", "1280x800", classes=CLASSES["47"], n=4700)
    screen = program.screen
    everything = set(range(47))
    assert classes_on_map(program, 47) == everything
    x, y = legend_entries(program, 47)[3]
    for _ in range(4):
        screen.click(x, y, button=5)  # the wheel, forwards
    program.catch_up()
    entries = legend_entries(program, 47)
    chosen = min(entries) + 2
    assert chosen > 10
    screen.click(*entries[chosen])
    assert classes_on_map(program, 47) == everything - {chosen}
    screen.click(*entries[chosen])
    shift = screen.display.keysym_to_keycode(0xFFE1)  # Shift_L
    xtest.fake_input(screen.display, X.KeyPress, shift)
    screen.click(*entries[chosen])
    xtest.fake_input(screen.display, X.KeyRelease, shift)
    screen.display.sync()
    assert classes_on_map(program, 47) == {chosen}
    screen.key("4")  # digits stand for the first ten classes, whatever their names
    assert classes_on_map(program, 47) == {chosen, 4}


def test_digit_keys_beyond_the_classes_do_nothing(open_space):
    program, _ = open_space(classes=["red", "green", "blue"], n=600)
    screen = program.screen
    assert classes_on_map(program, 3) == {0, 1, 2}
    for key in "3579":
        screen.key(key)
    assert classes_on_map(program, 3) == {0, 1, 2}
    screen.key("1")
    assert classes_on_map(program, 3) == {0, 2}


@pytest.mark.parametrize("theme", ["light", slow("dark")])
def test_images_without_labels(open_space, theme):
    """All points in one colour of the theme, which nothing hides; no legend."""
    program, space = open_space("--theme", theme, "--size", "1280x800", classes=[], n=300)
    screen, box = program.screen, program.layout()["map"]
    program.catch_up()
    before = screen.grab(box)
    assert len(found(before, THEMES[theme].dots)) > 300
    for key in ("0", "5", "a"):
        screen.key(key)
    program.catch_up()
    assert (screen.grab(box) == before).all()
    below = box[1] + box[3] + 45
    bar = screen.grab([0, below, 600, 800 - below])
    assert (bar == rgb(THEMES[theme].paper)).all()
    screen.key("t")
    program.catch_up()
    other = next(name for name in THEMES if name != theme)
    assert len(found(screen.grab(box), THEMES[other].dots)) > 300
    hover = program.hover(box[0] + 200, box[1] + 200)
    shown = GridDecoder(grid.load(space))(np.array([hover["z"]]))[0]
    assert np.abs(program.picture() - 255 * shown).max() <= 1


@pytest.mark.slow
def test_a_grid_that_would_not_fit_into_memory_is_refused(tmp_path):
    space = make_space(tmp_path / "space", image_shape=(256, 256, 3), n=100)
    result = run("ae_precomp.py", "--weights", space.folder, "--resolution", "512")
    assert result.returncode == 2 and result.stderr.count("\n") == 1
    assert "--resolution 512" in result.stderr and "256×256×3" in result.stderr and "at most 71" in result.stderr
    assert sums(space.folder) == space.card["files"]
