"""Name ten in the real window: the labels taken away, images named with the mouse, and the colours of the map."""

import dataclasses

import numpy as np
import pytest
from PIL import ImageColor
from scipy.spatial.distance import cdist

from explorer.drawing.themes import CLASS_COLOURS
from explorer.session.undo import History
from explorer.window.inspector.panels.naming import NamingPanel
from tests.screen import settle
from tests.spaces import make_space
from tests.test_panels import show_space, shown

BEGIN, ASK, BY_LABEL, UNDO, END, FIRST_CLASS = range(6)  # buttons in the trace


def coloured(screen, box: list[int]) -> set[int]:
    """The classes whose colours are seen on a map."""
    x, y, width, height = box
    return in_pixels(screen.grab([x + 20, y + 20, width - 40, height - 110]))  # without the line of help


def in_pixels(grabbed: np.ndarray) -> set[int]:
    """The classes whose colours are there."""
    pixels = grabbed.reshape(-1, 3)
    counts = [(pixels == ImageColor.getrgb(colour)).all(axis=1).sum() for colour in CLASS_COLOURS]
    return {label for label, count in enumerate(counts) if count > 30}


def classes_on(program) -> set[int]:
    program.settle()
    return coloured(program.screen, program.layout()["map"])


def press(program, button: int) -> dict:
    """Clicks a button, and returns what is shown then."""
    x, y, width, height = program.events("naming")[-1]["buttons"][button]
    program.screen.click(x + width // 2, y + height // 2)
    program.settle()
    return program.events("naming")[-1]


def begin(program) -> None:
    left, top, *_ = program.layout()["tabs"]
    program.screen.click(left + 235, top + 88)  # Name ten
    program.settle()
    press(program, BEGIN)


def click_on(program, space, index: int) -> None:
    """Clicks a point's place on the whole map, as the hover frames say where places are."""
    x, y, width, height = program.layout()["map"]
    one, other = (program.hover(x + round(a * width), y + round(b * height)) for a, b in ((0.2, 0.2), (0.8, 0.8)))
    pixels, places = (np.array([each[name] for each in (one, other)]) for name in ("px", "z"))
    at = pixels[0] + (space.places[index] - places[0]) / (places[1] - places[0]) * (pixels[1] - pixels[0])
    program.screen.click(*map(round, at))
    program.settle()


def accuracy(space, names: list[tuple[int, int]]) -> float:
    rows, labels = np.array(names).T
    points = [space.index_of(row) for row in rows]
    test = space.rows >= 60_000
    return float(np.mean(labels[cdist(space.codes[test], space.codes[points]).argmin(axis=1)] == space.labels[test]))


def test_a_person_names_images(program, space):
    """By a click on the map and a class, by its label, by what is asked for; each is undone, and all ends."""
    everything = classes_on(program)
    assert everything == set(range(10))
    beside = program.layout()["strip"]
    assert in_pixels(program.screen.grab(beside))
    begin(program)
    assert classes_on(program) == set()
    assert not in_pixels(program.screen.grab(beside)), "the labels of the nearest images are away, too"

    train = np.flatnonzero(space.rows < 60_000)
    middle = space.codes[space.labels == 3].mean(axis=0)
    index = train[np.square(space.codes[train] - middle).sum(axis=1).argmin()]
    click_on(program, space, index)
    picked = program.events("naming")[-1]["row"]
    assert picked < 60_000 and space.labels[space.index_of(picked)] == 3 and not program.events("pins")
    press(program, FIRST_CLASS + 3)
    assert classes_on(program) == {3}
    told = program.events("named")[-1]
    assert (told["row"], told["label"], told["labels"]) == (picked, 3, 1)

    asked = press(program, ASK)["row"]
    press(program, BY_LABEL)
    names = [(picked, 3), (asked, int(space.labels[space.index_of(asked)]))]
    told = program.events("named")[-1]
    assert told["accuracy"] == pytest.approx(accuracy(space, names), abs=1e-9)
    assert set(told["all"]) == {"this map", "pixels", "PCA", "plain autoencoder", "VAE"}
    again = program.events("naming")[-1]["row"]  # the next question comes by itself
    assert again not in (picked, asked, None) and again < 60_000
    press(program, FIRST_CLASS + 9)
    names.append((again, 9))
    assert program.events("named")[-1]["accuracy"] == pytest.approx(accuracy(space, names), abs=1e-9)
    assert classes_on(program) == {label for _, label in names}

    assert press(program, UNDO)["row"] == again  # to be named otherwise
    assert classes_on(program) == {label for _, label in names[:2]}
    program.screen.key("z", "Control_L")  # which undoes the undoing
    assert classes_on(program) == {label for _, label in names}
    program.screen.key("t")
    assert classes_on(program) == {label for _, label in names}
    program.screen.key("t")
    press(program, END)
    assert classes_on(program) == everything


@pytest.mark.slow
def test_the_same_names_colour_both_maps_and_the_next_space(start, screen, space):
    """None is left when the tour begins; when it ends, they are back."""
    program = start("ae_precomp.py", "--size", "1400x900", tensorflow=False)
    program.wait_for("window")
    program.settle()
    begin(program)
    press(program, ASK)
    for _ in range(3):
        press(program, BY_LABEL)
    named = {event["label"] for event in program.events("named")}
    program.screen.key("v")
    program.settle()
    assert coloured(screen, program.layout()["second"]) == named
    program.screen.key("v")
    program.settle()
    program.screen.key("Next")
    program.wait_for("space")
    assert classes_on(program) == named
    program.screen.key("u")
    program.settle()
    assert len(classes_on(program)) > len(named)
    program.screen.key("Escape")
    program.wait(lambda: classes_on(program) == named, "the names")


# ---- the panel alone -----------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path):
    return make_space(tmp_path / "small", n=300, images=300)


def test_questions_know_no_labels(root, small):
    """With permuted labels the same images are asked for; never a test image."""
    asked = []
    for labels in (small.labels, np.random.default_rng(0).permutation(small.labels)):
        panel = shown(root, NamingPanel, dataclasses.replace(small, labels=labels))
        panel.begin()
        panel.ask()
        settle(root)
        for _ in range(12):
            panel._give()
            settle(root)
        asked.append([row for row, _ in panel.context.shared.names])
        assert all(label == labels[row] for row, label in panel.context.shared.names)
        panel.destroy()
    assert asked[0] == asked[1] and max(asked[0]) < 270


def test_names_are_undone_and_end_with_other_images(root, small, tmp_path):
    panel = shown(root, NamingPanel, small)
    shared = panel.context.shared
    history = History(shared)
    panel.begin()
    assert panel.pick(small, tuple(small.places[17]))
    panel._give(4)
    assert shared.names == ((17, 4),) and panel.context.marks.groups["named"][0].text == "4"
    assert history.undo() == "image named" and shared.names == ()
    assert history.undo() == "labels taken away" and shared.names is None
    assert not panel.context.marks.groups["named"]
    history.redo()
    assert history.redo() == "image named" and shared.names == ((17, 4),)

    show_space(panel, make_space(tmp_path / "same", n=300, images=300, scale=2.0))
    assert shared.names == ((17, 4),) and len(panel.context.marks.groups["named"]) == 1
    shared.forget_images()
    assert shared.names is None and not panel.context.marks.groups["named"]
    panel.attend(False)
    assert not panel.pick(small, (0.0, 0.0))


@pytest.mark.parametrize(
    ("classes", "suits"),
    [((), False), (("one",), False), (("a", "b"), True), (tuple(map(str, range(36))), True), (("x",) * 37, False)],
)
def test_it_suits_a_few_classes(tmp_path, classes, suits):
    space = make_space(tmp_path / "space", classes=classes, n=90)
    assert NamingPanel.suits(space) == suits


def test_long_names_of_classes(root, tmp_path):
    """They are shortened, and marked without text."""
    names = ("T-shirt/top", "Trouser", "a pullover that is warm and long")
    space = make_space(tmp_path / "space", classes=names, n=300, images=300)
    panel = shown(root, NamingPanel, space)
    panel.begin()
    panel.pick(space, tuple(space.places[2]))
    panel._give()
    settle(root)
    assert [each.cget("text") for each in panel._class_buttons.winfo_children()][2] == "a pullover tha"
    assert [mark.text for mark in panel.context.marks.groups["named"]] == [""]
    assert panel._class_buttons.winfo_reqwidth() < 320
