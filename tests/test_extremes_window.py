"""The real window over codes of any size and any lie: everything that can be done with mouse and keys."""

import json

import numpy as np
import pytest

from explorer.spaces import view
from tests.handling import drag, through_the_dialog
from tests.test_extremes import DRAWN, make

WALKED = ("spread 1e-30", "spread 2e+29", "far", "outlier", "outlier of ten", "identical, huge", "one", "line, tiny")
OTHER = {"spread 1e-30": "spread 2e+29", "outlier": "identical, huge", "one": "two"}  # what they are compared with


@pytest.fixture
def opened(start, tmp_path):
    """Opens a space in the grid program, with another one of the same images beside it on the disk."""

    def opened(name: str, second: str, *arguments: str, **of_space):
        home = tmp_path / "spaces"
        space = make(home / "first", DRAWN[name], **of_space)
        make(home / "second", DRAWN[second])
        program = start("ae_precomp.py", "--weights", str(space.folder), *arguments, tensorflow=False)
        program.wait_for("window")
        program.settle()
        return program, space

    return opened


def told(program, name: str, act) -> dict:
    """The first event of this name that comes of something."""
    before = len(program.events(name))
    act()
    event = program.wait(lambda: program.events(name)[before:], name)[0]
    program.settle()
    return event


def check_hovers(program, space) -> None:
    """The place under the mouse is decoded, in the middle of the axes and at the corners that no message covers."""
    x, y, width, height = program.layout()["map"]
    for px, py in ((x + 1, y + height - 2), (x + width - 2, y + height - 2), (x + width // 2, y + height // 2)):
        hover = program.hover(px, py)
        assert np.isfinite(hover["z"]).all() and hover["source"] == "grid"


def walk(program, space, tmp_path) -> None:
    """Everything that a person can do, one after the other."""
    screen = program.screen
    key = screen.key
    check_hovers(program, space)
    x, y, width, height = box = program.layout()["map"]
    home = program.hover(x + 50, y + 50)["z"]

    # zoom in and out to the limits, with keys and wheel
    for name, button in (("plus", 4), ("minus", 5)):
        for _ in range(40):
            key(name, *(["Shift_L"] if name == "plus" else []))
        program.settle()
        check_hovers(program, space)
        screen.move(x + width // 3, y + height // 3)
        for _ in range(40):
            screen.press(button)
            screen.release(button)
        program.settle()
        check_hovers(program, space)
        key("r")
        program.settle()
    np.testing.assert_allclose(program.hover(x + 50, y + 50)["z"], home, rtol=1e-6)

    # colours, backgrounds, arrow keys, pins
    for colouring in ("error", "spread", "split", "class"):
        assert told(program, "colouring", lambda: key("c"))["name"] == colouring
    for background in ("density", "error", "sensitivity", "none"):
        assert told(program, "background", lambda: key("b"))["name"] == background
    for arrow in ("Left", "Up", "Right", "Down"):
        key(arrow)
    assert told(program, "pins", lambda: key("Return"))["rows"]
    told(program, "hover", lambda: screen.click(x + width // 2, y + height // 2))  # which pins, perhaps the same one
    assert program.events("pins")[-1]["rows"]

    # a lasso around everything, then a rectangle
    corners = [(x + 2, y + 2), (x + width - 3, y + 2), (x + width - 3, y + height - 3), (x + 2, y + height - 3)]
    key("s")
    program.settle()
    seen = view.inside(space.places, view.fitted(view.home(space), width / height)).sum()
    assert drag(program, corners) <= seen + 3  # Tk drops corners that come too fast
    key("s")
    program.settle()
    assert drag(program, corners[::2]) == pytest.approx(seen, abs=3)
    key("e")

    # the workspace that is saved now can be opened again, whatever is looked at meanwhile
    path = tmp_path / "kept.json"
    told(program, "workspace", lambda: through_the_dialog(program, path, "s", "Control_L"))
    kept = json.loads(path.read_text())
    key("Escape")
    key("Escape")
    key("plus", "Shift_L")
    program.settle()
    event = told(program, "workspace", lambda: through_the_dialog(program, path, "o", "Control_L"))
    assert event["opened"] == str(path)
    again = tmp_path / "again.json"
    told(program, "workspace", lambda: through_the_dialog(program, again, "s", "Control_L"))
    assert json.loads(again.read_text()) == kept

    # another size; the images of the list, if there are any
    program.resize(900, 620)
    check_hovers(program, space)
    program.resize(1280, 800)
    for _ in range(3):
        key("n")
        program.settle()
    key("r")
    program.settle()
    assert program.layout()["map"] == box


def compare(program) -> None:
    """Two maps, linked; a morph there and back."""
    screen = program.screen
    assert told(program, "compare", lambda: screen.key("v"))["name"] == "second"
    screen.key("k")
    program.settle()
    for side in ("map", "second"):
        x, y, width, height = program.layout()[side]
        program.hover(x + width // 2, y + height // 2)
        for name in (["plus", "Shift_L"], ["minus"]):
            for _ in range(12):
                screen.key(*name)
            program.settle()
    for share in (1.0, 0.0):
        event = told(program, "morph", lambda: screen.key("m"))
        assert event["share"] == share and event["points"] >= 1
    screen.key("r")
    program.settle()
    assert told(program, "compare", lambda: screen.key("v"))["name"] is None


@pytest.mark.slow
def test_two_points_far_from_each_other(opened, tmp_path):
    program, space = opened("two", "one, huge", "--size", "1280x800")
    check_hovers(program, space)
    compare(program)


@pytest.mark.slow
@pytest.mark.parametrize("name", WALKED)
def test_everything_can_be_done(opened, tmp_path, name):
    program, space = opened(name, OTHER.get(name, "far"), "--size", "1280x800")
    walk(program, space, tmp_path)
    compare(program)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["spread 2e+29", "spread 1e-30", "outlier", "one"])
def test_quantiles_of_codes_that_are_not_normal_at_all(opened, name):
    program, space = opened(name, "far", "--size", "1280x800", prior="normal")
    for chart in ("quantiles", "plain"):
        assert told(program, "chart", lambda: program.screen.key("q"))["name"] == chart
        check_hovers(program, space)
        for _ in range(3):
            assert told(program, "background", lambda: program.screen.key("b"))["name"] != "none"
        told(program, "background", lambda: program.screen.key("b"))
        program.screen.key("g")
        for name in (["plus", "Shift_L"], ["minus"]):
            for _ in range(40):
                program.screen.key(*name)
            program.settle()
        check_hovers(program, space)
