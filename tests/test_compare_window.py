"""Two maps side by side in the real window: cursors, pictures, pins, selections, views of both, and what goes wrong."""

import json
import os
import shutil

import numpy as np
import pytest

from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing import picture
from explorer.drawing.pin_card import coloured, difference
from explorer.drawing.themes import THEMES, class_colour
from explorer.files.writing import write_arrays
from explorer.images import datasets
from explorer.session.comparison import LinkedViews
from explorer.session.state import MapState, SharedState
from explorer.space import view
from explorer.space.card import CODES, DECODER, read_card, write_card
from explorer.space.folder import open_space, sums
from explorer.window.map.map_panel import ZOOM_STEP
from tests.conftest import SHIPPED
from tests.spaces import make_space
from tests.test_selection import Plane, Told, around, drag, selected, through_the_dialog
from tests.test_spaces_menu import LINE, Menu, shown

N = 900  # images
CLASSES = tuple("01234")
NEAR = 15  # pixels: a pin's number stands so far from its image, up and right


def rgb(colour):
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def rearranged(space, rows):
    """Leaves a space these data rows, in this order, with the codes of each class given to others of it."""
    codes, rng = space.codes.copy(), np.random.default_rng(len(rows))
    for label in range(len(CLASSES)):
        members = np.flatnonzero(space.labels == label)
        codes[members] = codes[rng.permutation(members)]
    codes = (codes[rows] * (-1, 0.7)).astype(np.float32)
    write_arrays(space.folder / CODES, codes=codes, labels=space.labels[rows], rows=space.rows[rows])
    write_card(space.folder, read_card(space.folder) | {"files": sums(space.folder)})
    return open_space(space.folder)


@pytest.fixture
def spaces(tmp_path):
    """Of the same images: all of them; four fifths in another order; with a prior. And one of other images."""
    home, rng = tmp_path / "spaces", np.random.default_rng(3)
    made = {name: make_space(home / name, classes=CLASSES, n=N, images=N, title=f"Space {name}") for name in "ab"}
    made["b"] = rearranged(made["b"], rng.permutation(N)[: 4 * N // 5])
    made["c"] = make_space(home / "c", classes=CLASSES, n=N, images=N, title="Space c", prior="normal")
    made["other"] = make_space(home / "other", classes=CLASSES, n=60, title="Other", data_title="other images")
    return made


def decoder_of(space):
    return GridDecoder(grid.load(space))


def compared(program, act):
    """The name of the space that is shown beside the first one after something was done, or None."""
    before = len(program.events("compare"))
    act()
    event = program.wait(lambda: program.events("compare")[before:], "the comparison, or its end")[0]
    program.settle()
    assert ("second" in program.layout()) == ("pictures" in program.layout()) == (event["name"] is not None)
    return event["name"]


def six_pictures(program):
    """What is seen of them, row by row, (28, 28, 3) uint8 each; every block of screen pixels is of one colour."""
    found = []
    for box in program.layout()["pictures"]:
        pixels = program.screen.grab(box)
        size = len(pixels) // 28
        assert pixels.shape == (28 * size, 28 * size, 3) and size > 0
        blocks = pixels.reshape(28, size, 28, size, 3)
        assert (blocks == blocks[:, :1, :, :1]).all()
        found.append(blocks[:, 0, :, 0])
    return found


def expected_pictures(first, original, second):
    """The six pictures of decodings, float32 in [0, 1] or None, and an image, uint8."""
    real = datasets.as_float(original)
    pairs = (first, real), (first, second), (real, second)
    made = [None if image is None else picture.to_bytes(image) for image in (first, original, second)]
    made[1] = original
    empty = np.broadcast_to(np.uint8(rgb(THEMES["light"].lines)), (28, 28, 3))
    made = [empty if image is None else np.repeat(image[..., None], 3, axis=2) for image in made]
    return made + [empty if a is None or b is None else coloured(difference(a, b)) for a, b in pairs]


class Two:
    """Two maps in the window of a program, and what must be seen of them.

    Args:
        program: that has been told to compare.
        first, second: the spaces.
        decoders: of both, codes (n, 2) to images (n, 28, 28).
        tolerance: of levels of decoded pictures; of their differences it is six times as much.
    """

    def __init__(self, program, first, second, decoders=None, tolerance=0):
        self.program, self.spaces, self.tolerance = program, (first, second), tolerance
        self.decoders = decoders or (decoder_of(first), decoder_of(second))
        self.images = datasets.load(first.card["data"]["source"])
        self.look_again()
        empty = rgb(THEMES["light"].lines)
        program.wait(lambda: (six_pictures(program)[1] != empty).any(), "the images")

    @property
    def boxes(self):
        layout = self.program.layout()
        return layout["map"], layout["second"]

    def limits(self):
        return [plane.limits(box) for plane, box in zip(self.planes, self.boxes, strict=True)]

    def look_again(self):
        """After a view has changed. What is said over a map lies at its top."""
        self.planes = [Plane(self.program, [x, y + 150, width, height - 150]) for x, y, width, height in self.boxes]

    def pixel_of(self, index, place):
        """The screen pixel of a place on one of the maps."""
        plane = self.planes[index]
        scale = np.diff(plane.pixels, axis=0) / np.diff(plane.codes, axis=0)
        return (plane.pixels[0] + (np.asarray(place) - plane.codes[0]) * scale[0]).round().astype(int).tolist()

    def at_random(self, index, count, seed=0):
        """Screen pixels well inside one of the maps."""
        x, y, width, height = self.boxes[index]
        rng = np.random.default_rng(seed)
        return rng.uniform((x + 50, y + 50), (x + width - 50, y + height - 50), (count, 2)).astype(int).tolist()

    def nearest(self, index, code, hidden=()):
        """The data row of the shown image that is nearest on one of the maps."""
        space = self.spaces[index]
        distances = np.linalg.norm(space.codes.astype(np.float64) - code, axis=1)
        distances[np.isin(space.labels, hidden)] = np.inf
        return int(space.rows[distances.argmin()])

    def code(self, index, row):
        """Of an image in one of the spaces, (2,); None where that has not got it."""
        at = np.flatnonzero(self.spaces[index].rows == row)
        return self.spaces[index].codes[at[0]] if len(at) else None

    def check(self, index, pixel, hidden=()):
        """Hovers over a map: what is told, what is decoded, and where the other cursor is. Returns the row."""
        hover = self.program.hover(*pixel)
        assert hover["map"] == ("first", "second")[index]
        here = np.float32(hover["z"])
        assert hover["row"] == self.nearest(index, hover["z"], hidden)
        there = self.code(1 - index, hover["row"])
        assert hover["there"] == (None if there is None else there.tolist())
        codes = (here, there) if index == 0 else (there, here)
        images = [
            None if code is None else decoder(code[None])[0] for decoder, code in zip(self.decoders, codes, strict=True)
        ]
        original = self.images.images(np.array([hover["row"]]))[0]
        wanted = expected_pictures(images[0], original, images[1])
        for number, (image, seen) in enumerate(zip(wanted, six_pictures(self.program), strict=True)):
            most = self.tolerance * (1 if number < 3 else 6)
            assert np.abs(image.astype(int) - seen).max() <= most, f"picture {number}"
        self.check_crosshair(1 - index, there)
        return hover["row"]

    def check_crosshair(self, index, place):
        """It lies around this place of a map, or is not to be seen."""
        x, y, width, height = box = self.boxes[index]
        found = (self.program.screen.grab(box) == rgb(THEMES["light"].crosshair)).all(axis=2)
        rows, columns = np.flatnonzero(found.sum(axis=1) > 40), np.flatnonzero(found.sum(axis=0) > 40)  # two arms each
        at = None if place is None else np.subtract(self.pixel_of(index, place), (x, y))
        if at is None or not ((at > 40) & (at < (width - 40, height - 40))).all():
            assert at is not None or not (len(rows) or len(columns)), "a cursor that leads nowhere"
            return
        left, top = np.maximum(np.rint(at).astype(int) - 40, 0)  # what is said over the map has the same colour
        found = found[top : top + 80, left : left + 80]
        rows, columns = np.flatnonzero(found.sum(axis=1) > 30), np.flatnonzero(found.sum(axis=0) > 30)
        assert len(rows) and len(columns), "no crosshair"
        assert np.abs((left + columns.mean(), top + rows.mean()) - at).max() <= 2

    def has_pin(self, index, row, without):
        """Whether an image's number has appeared on a map, beside pixels of the whole screen as they were."""
        x, y = self.pixel_of(index, self.code(index, row))
        part = slice(y - 2 * NEAR, y + NEAR), slice(x - NEAR, x + 2 * NEAR)
        return bool((self.program.screen.grab()[part] != without[part]).any())

    def dots(self, label):
        """How many pixels each map has of a class's colour."""
        return [
            int((self.program.screen.grab(box) == rgb(class_colour(label))).all(axis=2).sum()) for box in self.boxes
        ]


class CompareMenu(Menu):
    """The menu of spaces to compare with, dropped down."""

    def __init__(self, program):
        self.screen = program.screen
        x, y, width, height = program.layout()["menus"][3]
        before = self._windows()
        self.screen.click(x + width // 2, y + height // 2)
        self.box = program.wait(lambda: [box for box in self._windows() if box not in before], "the menu")[0]
        program.settle()  # see Menu

    def choose_none(self):
        """The first entry, above all spaces."""
        x, y, *_ = self.box
        self.screen.click(x + 30, y + 2 + LINE // 2)


def opened(start, space, *arguments, **options):
    program = start("ae_precomp.py", "--weights", str(space.folder), *arguments, tensorflow=False, **options)
    program.wait_for("window")
    program.settle()
    return program


def wheel(program, pixel, notches=4, button=4):
    """What is hovered over afterwards is seen in the new view."""
    program.hover(*pixel)
    for _ in range(notches):
        program.screen.press(button)
        program.screen.release(button)


def check_alone(program, space):
    """One map, which shows what is under the mouse as if there had never been another one."""
    assert "second" not in program.layout() and "pictures" not in program.layout()
    x, y, width, height = program.layout()["map"]
    for share in (0.3, 0.6):
        hover = program.hover(int(x + share * width), int(y + share * height))
        assert not {"map", "row", "there"} & set(hover)
        image = decoder_of(space)(np.float32([hover["z"]]))[0]
        assert (program.picture() == picture.to_bytes(image)).all()


def test_cursors_pictures_pins_selections_and_classes_of_two_maps(start, spaces):
    program = opened(start, spaces["a"])
    check_alone(program, spaces["a"])
    alone = program.layout()["map"]
    assert compared(program, lambda: program.screen.key("v")) == "b"
    two = Two(program, spaces["a"], spaces["b"])
    for index in (0, 1):
        for pixel in two.at_random(index, 3):
            two.check(index, pixel)
    unavailable = next(
        row
        for row in sorted(set(range(N)) - set(spaces["b"].rows.tolist()))
        if two.nearest(0, two.code(0, row)) == row and 0 < two.code(0, row)[0] < 2
    )
    assert two.check(0, two.pixel_of(0, two.code(0, unavailable))) == unavailable, "which the second space has not got"

    # a click on the second map pins what is nearest there, on both
    (rest,), (pixel,) = two.at_random(0, 1, 5), two.at_random(1, 1, 7)
    program.hover(*rest)
    program.settle()
    without = program.screen.grab()
    program.screen.click(*pixel)
    (row,) = program.wait(lambda: program.events("pins"), "the pin")[-1]["rows"]
    assert row == two.nearest(1, program.hover(*pixel)["z"])
    program.hover(*rest)
    program.settle()
    pinned = [two.has_pin(index, row, without) for index in (0, 1)]
    program.screen.key("Escape")
    assert program.wait(lambda: program.events("pins")[1:], "no pins")[-1]["rows"] == []
    assert "second" in program.layout(), "Esc leaves both maps"

    # a lasso on the second map
    program.screen.key("s")
    star, told = around(two.boxes[1], 0.45, 0.5, 0.3), Told(spaces["b"])
    told.drag(two.planes[1].places(star), two.limits()[1], (), "replace")
    assert drag(program, star) == len(told.rows) > 50
    program.screen.key("e")
    program.screen.key("Escape")

    # hidden classes
    program.screen.key("3")
    two.look_again()
    program.settle()
    assert all(count > 30 for count in two.dots(2)) and two.dots(3) == [0, 0]
    for index in (0, 1):
        for pixel in two.at_random(index, 2, 1):
            two.check(index, pixel, hidden=(3,))
    program.screen.key("a")

    assert compared(program, lambda: program.screen.key("v")) is None
    check_alone(program, spaces["a"])
    assert program.layout()["map"] == alone
    assert not program.events("said")
    assert pinned == [True, True], "its number is on both maps"


@pytest.mark.slow
def test_views_alone_and_linked_and_other_spaces_on_either_map(start, spaces):
    program = opened(start, spaces["a"])
    CompareMenu(program).choose(2)
    program.wait(lambda: program.events("compare"), "the comparison")
    program.settle()
    assert program.events("compare")[-1]["name"] == "b"
    two = Two(program, spaces["a"], spaces["b"])
    whole = two.limits()
    wheel(program, two.at_random(1, 1, 2)[0])
    two.look_again()
    before = two.limits()
    np.testing.assert_allclose(before[0], whole[0], rtol=1e-3, atol=1e-3)
    assert np.diff(before[1][:2]) < 0.5 * np.diff(whole[1][:2])
    wheel(program, two.at_random(0, 1, 2)[0])
    two.look_again()
    np.testing.assert_allclose(two.limits()[1], before[1], rtol=1e-3, atol=1e-3)
    assert np.diff(two.limits()[0][:2]) < 0.5 * np.diff(whole[0][:2])
    for index in (0, 1):  # a key is for the map that the mouse was on last
        program.hover(*two.at_random(index, 1)[0])
        program.screen.key("r")
    two.look_again()
    np.testing.assert_allclose(two.limits(), whole, rtol=1e-3, atol=1e-3)

    # linked: as two states without a window
    states = [MapState(space) for space in two.spaces]
    aspects = [box[2] / box[3] for box in two.boxes]
    links = LinkedViews(*states, SharedState(), lambda state: view.fitted(state.limits, aspects[states.index(state)]))
    links.link(states[0])
    program.screen.key("k")
    for index in (0, 1):
        pixel = two.at_random(index, 1, 2)[0]
        place = program.hover(*pixel)["z"]
        wheel(program, pixel, 5)
        for _ in range(5):
            states[index].zoom(place, ZOOM_STEP)
        two.look_again()
        for state, box, limits in zip(states, two.boxes, two.limits(), strict=True):
            wanted = view.fitted(state.limits, box[2] / box[3])
            np.testing.assert_allclose(limits, wanted, atol=0.01 * (wanted[1] - wanted[0]))
        assert np.diff(two.limits()[1 - index][:2]) < np.diff(whole[1 - index][:2])
        two.check(index, two.at_random(index, 1, 4)[0])
    program.screen.key("k")
    before = two.limits()
    wheel(program, two.at_random(0, 1, 2)[0], 3, 5)
    two.look_again()
    np.testing.assert_allclose(two.limits()[1], before[1], rtol=1e-3, atol=1e-3)

    assert shown(program, lambda: program.screen.key("Next", "Shift_L")) == "c"
    assert program.events("space")[-1]["map"] == "second"
    program.settle()
    two = Two(program, spaces["a"], spaces["c"])
    two.check(0, two.at_random(0, 1)[0])
    assert shown(program, lambda: program.screen.key("Next")) == "b"
    assert "map" not in program.events("space")[-1]
    program.settle()
    two = Two(program, spaces["b"], spaces["c"])
    for index in (0, 1):
        two.check(index, two.at_random(index, 1)[0])

    x, y, width, _ = program.layout()["second"]
    assert compared(program, lambda: program.screen.click(x + width - 5, y - 27)) is None, "the cross"
    check_alone(program, spaces["b"])
    assert compared(program, lambda: program.screen.key("v")) == "c", "what was compared last"
    program.screen.key("Escape")
    program.settle()
    assert "second" in program.layout()
    menu = CompareMenu(program)
    assert menu.is_grey(0) and not menu.is_grey(1)
    assert compared(program, menu.choose_none) is None
    check_alone(program, spaces["b"])


def test_what_cannot_stand_beside_the_first_map_is_told_of_and_that_goes_on(start, spaces, tmp_path):
    others = make_space(tmp_path / "spaces" / "others", classes=CLASSES, n=60, title="Others")
    write_card(others.folder, others.card | {"data": spaces["other"].card["data"]})
    program = opened(start, spaces["c"])
    program.expected_stderr = "a cannot be compared: a/codes.npz is damaged"
    screen, content = program.screen, (spaces["a"].folder / CODES).read_bytes()
    (spaces["a"].folder / CODES).write_bytes(b"damaged")
    screen.key("v")
    said = program.wait(lambda: program.events("said"), "what is wrong")[-1]["text"]
    assert "a cannot be compared: a/codes.npz is damaged" in said and "\n" not in said
    check_alone(program, spaces["c"])

    menu = CompareMenu(program)
    assert menu.is_grey(0) and menu.is_grey(1) and menu.is_grey(4), "other images, and damaged"
    moved = spaces["b"].folder.with_name(".away")
    spaces["b"].folder.rename(moved)
    menu.choose(3)
    said = program.wait(lambda: program.events("said")[1:], "what is missing")[-1]["text"]
    assert "b cannot be compared" in said and "does not exist" in said and "\n" not in said
    check_alone(program, spaces["c"])
    moved.rename(spaces["b"].folder)

    # what is shown beside is damaged, and then gone: it is in memory
    (spaces["a"].folder / CODES).write_bytes(content)
    assert compared(program, lambda: screen.key("Next", "Shift_L")) == "a"
    (spaces["b"].folder / DECODER).write_bytes(b"damaged")
    decoders = decoder_of(spaces["c"]), decoder_of(spaces["a"])
    shutil.rmtree(spaces["a"].folder)
    screen.key("Next", "Shift_L")
    said = program.wait(lambda: program.events("said")[2:], "what is damaged")[-1]["text"]
    assert "b cannot be shown: b/decoder.keras is damaged" in said
    screen.key("Escape")  # closes the messages, which lie over the map
    program.settle()
    two = Two(program, spaces["c"], spaces["a"], decoders)
    for index in (0, 1):
        two.check(index, two.at_random(index, 1, 3)[0])

    before = len(program.events("said"))
    assert compared(program, lambda: screen.key("Next")) is None
    said = program.wait(lambda: program.events("said")[before:], "why it is over")[-1]["text"]
    assert "other images" in said and "'a'" in said and "'other'" in said
    program.wait(lambda: [event["name"] for event in program.events("space")][-1:] == ["other"], "the other space")
    program.settle()
    check_alone(program, spaces["other"])
    count = len(program.events())
    screen.key("v")  # what was compared last is of no use any more, but another space is
    told = ("compare", "said")
    event = program.wait(lambda: [e for e in program.events()[count:] if e["event"] in told], "what comes of it")[0]
    assert event.get("name") == "others", event


def follows(program, pixel):
    """Whether the cursor follows the mouse to a pixel."""
    program.screen.move(*pixel)
    program.settle()
    return program.events("hover")[-1]["px"] == pixel


@pytest.mark.slow
def test_it_begins_by_the_command_line_and_is_closed_and_opened_again_and_again(start, spaces):
    program = opened(start, spaces["a"], "--compare", "c")
    program.wait(lambda: program.events("compare"), "the comparison")
    program.settle()
    x, y, width, height = program.layout()["second"]
    program.screen.click(x + width // 2, y + height // 2)  # pins
    for name in (None, "c"):
        assert compared(program, lambda: program.screen.key("v")) == name
    assert not program.stderr()
    two = Two(program, spaces["a"], spaces["c"])
    for index in (0, 1):
        two.check(index, two.at_random(index, 1)[0])
    compared(program, lambda: program.screen.key("v"))
    assert shown(program, lambda: program.screen.key("Next")) == "b"
    assert shown(program, lambda: program.screen.key("Next")) == "c"
    assert compared(program, lambda: program.screen.key("v")) not in (None, "c"), "not beside itself"

    # a cursor that is held when the second map comes
    compared(program, lambda: program.screen.key("v"))
    program.catch_up()
    program.screen.key("space")
    compared(program, lambda: program.screen.key("v"))
    pixels = [[x + 60, y + 60] for x, y, *_ in (program.layout()["map"], program.layout()["second"])]
    followed = [follows(program, pixel) for pixel in pixels]
    program.screen.key("space")
    assert followed in ([False, False], [True, True]) and followed != [follows(program, pixel) for pixel in pixels]


@pytest.mark.slow
def test_a_workspace_keeps_what_is_compared_and_a_list_shows_an_image_on_both_maps(start, spaces, tmp_path):
    program = opened(start, spaces["a"], "--compare", "c")
    program.wait(lambda: program.events("compare"), "the comparison")
    path = tmp_path / "work.json"
    selected(program, path)
    assert json.loads(path.read_text())["beside"] == "c"
    assert compared(program, lambda: program.screen.key("v")) is None
    assert compared(program, lambda: through_the_dialog(program, path, "o", "Control_L")) == "c"
    program.settle()

    # a list on the first map, with the second one zoomed into a corner: that follows
    two = Two(program, spaces["a"], spaces["c"])
    x, y, *_ = two.boxes[1]
    program.hover(x + 5, y + 5)
    wheel(program, (x + 5, y + 5), 9)
    program.screen.key("n")
    program.screen.key("n")
    program.wait(lambda: program.events("pins"), "a pin")
    program.settle()
    hover = program.events("hover")[-1]
    assert hover["map"] == "first" and hover["row"] == program.events("pins")[-1]["rows"][0]
    x, y, *_ = two.boxes[0]
    program.screen.move(x - 30, y + 30)  # off the axes
    program.settle()
    two.check_crosshair(0, hover["z"])
    seen = program.screen.grab(two.boxes[1])
    middle = seen[seen.shape[0] // 2 - 12 :, seen.shape[1] // 2 - 12 :][:24, :24]
    assert (middle == rgb(THEMES["light"].crosshair)).all(axis=2).any(), "its pin in the middle of the second map"

    other = opened(start, spaces["a"], "--workspace", str(path))
    assert other.wait(lambda: other.events("compare"), "the comparison")[-1]["name"] == "c"


@pytest.mark.slow
def test_a_morph_is_played_dragged_and_given_up(start, spaces):
    program = opened(start, spaces["a"])
    assert compared(program, lambda: program.screen.key("v")) == "b"
    screen, (x, y, width, height) = program.screen, program.layout()["map"]
    program.hover(x + 60, y + 60)
    screen.move(x - 30, y + height + 20)  # off both maps
    program.settle()
    before = screen.grab([x, y, width, height])
    screen.key("m")
    event = program.wait_for("morph")
    assert event["points"] == len(spaces["b"].rows) and event["frames"] > 1 and event["share"] == 1
    assert event["seconds"] >= 2, "as long as it takes by the clock"
    program.settle()
    there = screen.grab([x, y, width, height])
    assert (there != before).any(axis=2).mean() > 0.02
    screen.key("Escape")
    program.settle()
    assert (screen.grab([x, y, width, height]) == before).all(), "Esc shows the map itself"
    assert "second" in program.layout()

    left, top, wide, _ = program.layout()["tabs"]
    screen.move(left + 116, top + 65)  # the knob of the slider
    screen.press()
    for share in (0.2, 0.4, 0.5):
        screen.move(int(left + 116 + share * (wide - 150)), top + 65)
        program.handled()
    screen.release()
    program.settle()
    dragged = screen.grab([x, y, width, height])
    assert all((dragged != other).any(axis=2).mean() > 0.01 for other in (before, there))
    screen.key("m")  # from the nearer end, with a class hidden
    screen.key("3")
    program.wait(lambda: program.events("morph")[1:], "the second play")
    assert program.events("morph")[-1]["points"] == int((spaces["b"].labels != 3).sum())
    screen.key("3")
    assert compared(program, lambda: screen.key("v")) is None
    check_alone(program, spaces["a"])


@pytest.mark.slow
def test_both_maps_are_decoded_live(start, keras_decoder):
    """With the networks as they were shipped, by Keras itself."""
    import keras

    program = start("ae.py", "--space", "autoencoder")
    program.wait_for("live")
    second = compared(program, lambda: program.screen.key("v"))
    program.wait(lambda: program.events("live")[1:], "the other live decoder")
    program.settle()
    assert program.events("live")[1]["map"] == "second"
    folder = SHIPPED.with_name(second)
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    other = keras.saving.load_model(folder / DECODER)
    decoders = [
        lambda codes, decoder=decoder: np.asarray(decoder(codes)).reshape(-1, 28, 28)
        for decoder in (keras_decoder, lambda codes: other.predict_on_batch(codes))
    ]
    two = Two(program, open_space(SHIPPED), open_space(folder), decoders, tolerance=1)
    for index in (0, 1):
        for pixel in two.at_random(index, 2):
            two.check(index, pixel)
