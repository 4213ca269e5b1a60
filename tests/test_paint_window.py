"""Colourings, backgrounds, layers and pictures in the real window, under real X events."""

import numpy as np
import pytest
from PIL import Image

from tests.conftest import WITHOUT_TENSORFLOW
from tests.screen import Program
from tests.spaces import make_space


@pytest.fixture(scope="module")
def shared_program(screen, tmp_path_factory):
    folder, n = tmp_path_factory.mktemp("paint"), 1500
    columns = {"size": np.linspace(0, 1, n), "kind": np.array(["a", "b", "c"])[np.arange(n) % 3]}
    space = make_space(folder / "space", n=n, columns=columns)
    arguments = ["--weights", str(space.folder), "--size", "1280x800"]
    program = Program(screen, "ae_precomp.py", arguments, folder / "trace.jsonl", path=WITHOUT_TENSORFLOW)
    program.wait_for("window")
    yield program
    program.finish()


def changed(program, event: str, act) -> str:
    """The name in the next event of a kind after something was done."""
    before = len(program.events(event))
    act()
    return program.wait(lambda: program.events(event)[before:], event)[0]["name"]


def map_now(program) -> np.ndarray:
    program.catch_up()
    return program.screen.grab(program.layout()["map"]).astype(int)


def test_keys_go_through_all_colourings(program):
    """Each looks different, the last key leads back to the first picture, and a hidden class stays hidden."""
    first = map_now(program)
    pictures = []
    for name in ("error", "spread", "split", "column size", "column kind"):
        assert changed(program, "colouring", lambda: program.screen.key("c")) == name
        pictures.append(map_now(program))
        assert all((pictures[-1] != other).any() for other in [first, *pictures[:-1]])
    assert changed(program, "colouring", lambda: program.screen.key("c")) == "class"
    assert (map_now(program) == first).all()

    for key in "123456789":
        program.screen.key(key)
    alone = map_now(program)
    assert changed(program, "colouring", lambda: program.screen.key("c")) == "error"
    coloured = map_now(program)
    ground = np.array([255, 255, 255])
    dots_before, dots_now = ((picture != ground).any(axis=2) for picture in (alone, coloured))
    dots_now[:190, -270:] = dots_before[:190, -270:] = False  # the histogram
    assert dots_before.sum() and (dots_now == dots_before).mean() > 0.999
    program.screen.key("a")
    assert ((map_now(program) != ground).any(axis=2)).sum() > 1.5 * dots_now.sum()


def test_keys_go_through_the_backgrounds_that_can_be_had(program):
    """A grid cannot encode, so that there is no drift; chosen by the mouse, it says why."""
    first = map_now(program)
    pictures = []
    for name in ("density", "error", "sensitivity"):
        assert changed(program, "background", lambda: program.screen.key("b")) == name
        pictures.append(map_now(program))
        assert all((pictures[-1] != other).any() for other in [first, *pictures[:-1]])
    assert changed(program, "background", lambda: program.screen.key("b")) == "none"
    assert (map_now(program) == first).all()

    x, y, width, height = program.layout()["menus"][1]
    program.screen.click(x + width // 2, y + height // 2)
    program.settle()
    for _ in range(5):
        program.screen.key("Down")
    program.screen.key("Return")
    program.settle()
    said = program.screen.grab(program.layout()["map"])
    assert (said != first).any(), "nothing was said"
    assert program.events("background")[-1]["name"] == "none"
    assert changed(program, "background", lambda: program.screen.key("b")) == "density"


def test_the_menu_of_colourings_leaves_the_keys_to_the_map(program):
    x, y, width, height = program.layout()["menus"][0]

    def choose():
        program.screen.click(x + width // 2, y + height // 2)
        program.settle()
        program.screen.click(x + 30, y + height + 2 + 30)  # the second entry

    assert changed(program, "colouring", choose) == "error"
    assert changed(program, "colouring", lambda: program.screen.key("c")) == "spread"


def test_points_and_names_come_and_go(program):
    first = map_now(program)
    program.screen.key("l")
    without_names = map_now(program)
    program.screen.key("h")
    empty = map_now(program)
    above_hint = empty[:-60].reshape(-1, 3)
    assert (without_names != first).any() and len(np.unique(above_hint, axis=0)) < 30
    program.screen.key("h")
    assert (map_now(program) == without_names).all()
    program.screen.key("l")
    assert (map_now(program) == first).all()


@pytest.mark.parametrize("name", ["map.png", "map.svg"])
def test_a_picture_is_saved(program, tmp_path, name):
    changed(program, "colouring", lambda: program.screen.key("c"))
    path = tmp_path / name
    save(program, path)
    program.wait(path.exists, "the picture")
    if name.endswith("png"):
        image = Image.open(path)
        assert image.size[0] > 2 * program.layout()["map"][2] and image.convert("RGBA").getextrema()[3] == (255, 255)
    assert changed(program, "colouring", lambda: program.screen.key("c")) == "spread"  # the keys are the map's again


def test_a_picture_that_cannot_be_written_is_said(program, tmp_path):
    before = map_now(program)
    save(program, tmp_path / "nowhere.jpg")
    assert not (tmp_path / "nowhere.jpg").exists()
    assert "nowhere.jpg" in program.wait_for("said")["text"]
    x, y, width, height = program.layout()["map"]
    assert (program.screen.grab([x, y, width, height]) != before).any(), "nothing was said"
    program.hover(x + 50, y + 50)


def test_saving_a_picture_can_be_cancelled(program, tmp_path):
    begin_to_save(program, tmp_path / "map.png")

    def told():
        program.screen.key("Escape")  # which does nothing before the message is there
        return [event["text"] for event in program.events("said") if event["text"].startswith("sav")]

    assert program.wait(told, "the outcome") == ["saving map.png was cancelled"]
    program.settle()
    assert not list(tmp_path.glob("*.png"))


def save(program, path) -> None:
    begin_to_save(program, path)
    program.settle()


def begin_to_save(program, path) -> None:
    """Through both dialogs, with the keyboard."""
    screen = program.screen
    screen.key("p")
    program.wait(lambda: screen.window("Latent Space Explorer: save a picture"), "the dialog")
    program.settle()
    screen.key("Return")
    program.wait(lambda: screen.window("Save a picture of the map"), "the file dialog")
    program.settle()
    for letter in str(path):
        name = {"/": "slash", ".": "period", "-": "minus", "_": "underscore"}.get(letter, letter)
        screen.key(name, *(["Shift_L"] if letter == "_" or letter.isupper() else []))
    screen.key("Return")
