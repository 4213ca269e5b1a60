"""The trace tells when the window is at rest; one move of the mouse shows one frame."""

import threading
import tkinter as tk

import numpy as np
import pytest

from explorer.window.base.rest import awaited
from explorer.window.base.widgets import explain
from explorer.window.base.workers import Workers
from tests.screen import settle


@pytest.mark.parametrize("when", ["idle", 1, 40])
def test_it_rests_when_nothing_is_to_be_called_later(root, when):
    called = []
    root.after(when, lambda: root.after(when, called.append, None))  # the one begets the other
    assert awaited(root)
    settle(root)
    assert called and not awaited(root)


def test_it_rests_when_the_last_work_has_ended_but_for_what_lasts(root):
    workers, ended, done = Workers(root), threading.Event(), []
    workers.start("follow", lambda tell, cancelled: ended.wait(60), done.append, pytest.fail, lasting=True)
    assert awaited(root) and not awaited(root, workers.lasting_poll())
    workers.start("work", lambda tell, cancelled: ended.wait(0.2), done.append, pytest.fail)
    while awaited(root, workers.lasting_poll()):
        root.update()
    assert done == [False]
    workers.start("follow", lambda tell, cancelled: ended.wait(60), done.append, pytest.fail)  # no longer lasting
    assert awaited(root, workers.lasting_poll())
    ended.set()
    settle(root)
    assert done == [False, True] and not workers.close()


def test_a_tooltip_that_is_shown_is_at_rest(root, screen):
    label = tk.Label(root, text="here")
    label.pack()
    explain(label, "a tip")
    settle(root)
    screen.move(label.winfo_rootx() + 3, label.winfo_rooty() + 3)
    while not any(tip.winfo_ismapped() for tip in label.winfo_children()):
        root.update()
    settle(root)


def test_each_move_is_one_frame(start):
    """Onto the map, over it, off it and onto it again: where it enters, Tk tells of one move twice."""
    program = start("ae_precomp.py", "--size", "1280x800", tensorflow=False)
    program.wait_for("window")
    program.settle()
    x, y, width, height = program.layout()["map"]
    rng, shown = np.random.default_rng(0), []
    for number in range(20):
        pixel = [x + int(rng.integers(width)), y + int(rng.integers(height))]
        program.hover(*pixel)
        shown.append(pixel)
        if number % 3 == 0:
            program.screen.move(2500, 1400)
    program.settle()
    assert [event["px"] for event in program.events("hover")] == shown
