"""Wheel and trackpad, whichever way Tk tells of them."""

import tkinter as tk

import pytest

from explorer.window.base import mouse
from explorer.window.base.mouse import Wheel, bind_wheel, finger_pixels, notches
from tests.screen import settle


@pytest.mark.parametrize(
    "delta, per_notch, expected",
    [(120, 120, 1), (-120, 120, -1), (30, 120, 0.25), (1, 1, 1), (-2, 1, -2), (40, 1, 3), (-1200, 120, -3)],
)
def test_notches_of_a_wheel(delta, per_notch, expected):
    assert notches(delta, per_notch) == expected


@pytest.mark.parametrize("right, down", [(0, 0), (0, 7), (0, -7), (12, -1), (-12, 1), (-3, -300), (5, 32767)])
def test_both_halves_of_a_trackpads_delta(right, down):
    packed = (right << 16) | (down & 0xFFFF)  # as Tk 9 does it, see its tk::PreciseScrollDeltas
    assert finger_pixels(packed) == down


def test_small_turns_are_summed_up_to_a_notch():
    turned = []
    wheel = Wheel(lambda by, event: turned.append(by))
    for by in (0.25, 0.25, 0.25, 0.25, 0.5, -0.5, -0.5, 2.5):
        wheel.turn(by, None)
    assert turned == [1, -1, 2]


def test_a_smooth_wheel_hands_everything_on():
    turned = []
    wheel = Wheel(lambda by, event: turned.append(by), smooth=True)
    for by in (0.25, -0.5):
        wheel.turn(by, None)
    assert turned == [0.25, -0.5]


def test_the_wheel_of_tk_8_6(root):
    steps = []
    frame = tk.Frame(root, width=100, height=100)
    frame.pack()
    bind_wheel(frame, steps.append)
    settle(root)
    for event in ("<Button-4>", "<Button-5>"):
        frame.event_generate(event, x=5, y=5)
    frame.event_generate("<MouseWheel>", delta=-240, x=5, y=5)
    assert steps == [-1, 1, 2]


def test_the_wheel_and_the_trackpad_of_tk_9(root, monkeypatch):
    """Tk 9 tells of both by deltas; the buttons 4 and 5 are then other ones. Here, 8.6 lends it another event."""
    steps, bound = [], {}
    frame = tk.Frame(root)
    monkeypatch.setattr(mouse, "IS_TK_9", True)
    monkeypatch.setattr(frame, "bind", lambda sequence, action: bound.update({sequence: action}))
    bind_wheel(frame, steps.append)
    assert set(bound) == {"<MouseWheel>", "<TouchpadScroll>"}
    event = tk.Event()
    for delta in (-120, 60, 60):
        event.delta = delta
        bound["<MouseWheel>"](event)
    for down in (10, 10, 10, -29, -1, -60):
        event.delta = (3 << 16) | (down & 0xFFFF)
        bound["<TouchpadScroll>"](event)
    assert steps == [1, -1, -1, 1, 2]
