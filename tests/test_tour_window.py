"""The tour in the real window, by mouse and by keys, and past spaces that cannot be shown."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from explorer.session.state import MapState
from explorer.session.uses_tour import EVERY
from explorer.spaces import view
from explorer.spaces.card import CODES
from explorer.spaces.folder import WEIGHTS, open_space
from tests.handling import around, drag, through_the_dialog
from tests.screen import HEIGHT, ROOT, WIDTH
from tests.spaces import make_space

NAMES = [stop.space for stop in EVERY]


def stops(program) -> list[int | None]:
    return [event["stop"] for event in program.events("tour")]


def at_stop(program, number):
    """Waits until the tour is there; returns the last event of it."""
    return program.wait(lambda: stops(program)[-1:] == [number] and program.events("tour")[-1], f"stop {number}")


def look(program, number, space):
    """Waits until the cursor is on the stop's place, which must be its code, and within the view."""
    program.wait(
        lambda: [event["name"] for event in program.events("space")][-1:] == [space.name], f"the space of stop {number}"
    )
    place = np.array(EVERY[number - 1].place(space))

    def there():
        return [
            hover
            for hover in program.events("hover")[-1:]
            if np.allclose(space.place_of(np.array(hover["z"])), place, atol=1e-3)
        ]

    program.wait(there, f"the place of stop {number}")
    assert view.inside(place[None], MapState(space).home)[0]


def press(program, button):
    """Clicks back, next or leave, as they are laid out now."""
    program.settle()
    x, y, width, height = program.layout()["tour"][("back", "next", "leave").index(button)]
    program.screen.click(x + width // 2, y + height // 2)


@pytest.mark.slow
def test_the_tour_leads_through_all_spaces_and_back(start):
    program = start("ae_precomp.py", tensorflow=False)
    program.wait_for("window")
    program.settle()
    program.screen.key("3")  # a class that is hidden may be the one that is to be looked at
    before = program.layout()["map"]
    program.screen.key("u")
    for number, name in enumerate(NAMES, 1):
        assert at_stop(program, number)["space"] == name and not at_stop(program, number)["wrong"]
        look(program, number, open_space(WEIGHTS / name))
        if number == 2:
            press(program, "back")
            at_stop(program, 1)
            press(program, "next")
            at_stop(program, 2)
        elif number == 4:
            program.screen.key("Prior")
            at_stop(program, 3)
            program.screen.key("Next")
            at_stop(program, 4)
        program.screen.key("Next")
    at_stop(program, None)
    program.settle()
    assert program.layout()["map"] == before and "tour" not in program.layout()
    program.wait(lambda: program.events("space")[-1]["name"] == "autoencoder", "the space before the tour")
    program.screen.key("Prior")  # leads through the menu again
    program.wait(lambda: program.events("space")[-1]["name"] != "autoencoder", "another space")
    program.screen.key("u")
    at_stop(program, 1)
    press(program, "leave")
    at_stop(program, None)
    program.settle()  # the button under the mouse is gone
    program.screen.key("u")
    at_stop(program, 1)
    program.settle()
    program.screen.key("v")  # a second map beside it, which was not there before
    program.wait_for("compare")
    for _ in range(2):  # the first one may go to the neighbours that are being compared
        program.screen.key("Escape")
    at_stop(program, None)
    program.settle()
    assert "second" not in program.layout() and not program.events("said")


@pytest.mark.slow
def test_after_the_tour_one_is_where_one_was(start, tmp_path):
    """Two workspaces, saved before and after it, are equal; and so are the tab and what can be undone."""
    program = start("ae_precomp.py", "--space", "vae", "--compare", "pca", tensorflow=False)
    screen = program.screen
    program.wait_for("window")
    program.wait_for("compare")
    program.settle()
    x, y, width, height = program.layout()["map"]
    screen.key("s")
    drag(program, around((x, y, width, height), 0.5, 0.5, 0.2))
    screen.key("e")
    screen.click(x + width // 2, y + height // 2)
    screen.move(WIDTH - 1, HEIGHT - 1)
    for key in ("3", "plus", "c", "b", "l"):
        screen.key(key, *(("Shift_L",) if key == "plus" else ()))
        program.settle()
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    through_the_dialog(program, before, "s", "Control_L")
    program.wait(before.exists, "the workspace")
    program.settle()
    tabs = screen.grab(program.layout()["tabs"])
    screen.key("u")
    at_stop(program, 1)
    look(program, 1, open_space(WEIGHTS / "pca"))
    screen.key("Next")
    at_stop(program, 2)
    look(program, 2, open_space(WEIGHTS / "lda"))
    screen.click(x + width // 3, y + height // 3)  # pins another image
    screen.move(WIDTH - 1, HEIGHT - 1)
    screen.key("h")
    program.settle()
    comparisons = len(program.events("compare"))
    press(program, "leave")
    at_stop(program, None)
    screen.move(WIDTH - 1, HEIGHT - 1)
    program.wait(lambda: program.events("compare")[comparisons:], "the second map")
    program.settle()
    through_the_dialog(program, after, "s", "Control_L")
    program.wait(after.exists, "the workspace")
    program.settle()
    told = json.loads(before.read_text())
    assert told["pins"] and told["selection"] and told["hidden"] == [3] and told["beside"] == "pca"
    assert told["colouring"] != "class" and told["background"] != "none" and told["layers"] == ["points"]
    assert json.loads(after.read_text()) == told
    assert (screen.grab(program.layout()["tabs"]) == tabs).all(), "another tab"
    screen.key("z", "Control_L")
    program.settle()
    assert program.events("said")[-1]["text"] == "undone: 1 class hidden"


@pytest.fixture
def elsewhere(tmp_path) -> Path:
    """The program with other spaces in its `weights/`: of the tour, three, of which one is damaged."""
    root = tmp_path / "program"
    root.mkdir()
    for name in ("ae_precomp.py", "data.py"):
        shutil.copy(ROOT / name, root)
    shutil.copytree(ROOT / "explorer", root / "explorer", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pca", "lda", "autoencoder"):
        make_space(root / "weights" / name, n=300, images=300, title=name)
    codes = root / "weights" / "lda" / CODES
    codes.write_bytes(codes.read_bytes()[:-50])
    return root


@pytest.mark.slow
def test_the_tour_goes_on_past_what_cannot_be_shown(start, elsewhere):
    program = start(str(elsewhere / "ae_precomp.py"), tensorflow=False)
    program.wait_for("window")
    program.settle()
    program.screen.key("u")
    at_stop(program, 1)
    look(program, 1, open_space(elsewhere / "weights" / "pca"))
    program.screen.key("Next")
    program.wait(lambda: "damaged" in at_stop(program, 2)["wrong"], "what is wrong")
    program.screen.key("Next")
    at_stop(program, 3)
    look(program, 3, open_space(elsewhere / "weights" / "autoencoder"))
    program.screen.key("Next")
    program.wait(lambda: "missing" in at_stop(program, 4)["wrong"], "what is missing")
    program.settle()
    x, y, width, height = program.layout()["map"]
    hover = program.hover(x + width // 2, y + height // 2)
    assert hover["source"] == "grid", "the map that was shown goes on"
