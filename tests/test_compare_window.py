"""Two maps side by side in the real window: cursors, pictures, pins, selections, views of both, and what goes wrong."""

import json
import os
import shutil

import numpy as np
import pytest

from explorer.drawing.themes import THEMES
from explorer.files.writing import write_arrays
from explorer.session.comparison import LinkedViews
from explorer.session.state import MapState, SharedState
from explorer.spaces import view
from explorer.spaces.card import CODES, DECODER, read_card, write_card
from explorer.spaces.folder import open_space, sums
from explorer.window.map.map_panel import ZOOM_STEP
from tests.conftest import SHIPPED
from tests.handling import around, drag, selected, through_the_dialog
from tests.spaces import make_space
from tests.test_selection import Told
from tests.test_spaces_menu import LINE, Menu, shown
from tests.two_maps import Two, check_alone, compared, decoder_of, rgb

N = 900  # images
CLASSES = tuple("01234")


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


@pytest.mark.slow
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


@pytest.mark.slow
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
    program.screen.move(two.boxes[0][0] - 30, y + 30)  # off the axes: no frame of the mouse comes after the list's
    program.settle()
    program.screen.key("n")
    program.screen.key("n")
    program.wait(lambda: program.events("pins"), "a pin")
    program.settle()
    hover = program.events("hover")[-1]
    assert hover["map"] == "first" and hover["row"] == program.events("pins")[-1]["rows"][0]
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
