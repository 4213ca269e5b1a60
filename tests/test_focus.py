"""The keyboard: what Tab reaches, what presses it, and that clicks leave it to the map."""

from tkinter import ttk

import pytest

from explorer.window.base.focus import as_button
from explorer.window.base.widgets import button
from tests.screen import settle


@pytest.fixture
def controls(root, screen):
    """One control of each kind, what they did, and the keys that got to the window."""
    done, keys = [], []
    made = {
        "button": button(root, "press", lambda: done.append("button")),
        "check": ttk.Checkbutton(root, text="check", command=lambda: done.append("check")),
        "label": ttk.Label(root, text="label"),
        "scale": ttk.Scale(root, from_=0, to=1, length=200),
    }
    as_button(made["label"], lambda: done.append("label"))
    for each in made.values():
        each.pack()
    root.bind("<Key>", lambda event: keys.append(event.keysym))
    root.geometry("300x200+0+0")
    settle(root)
    root.focus_force()
    settle(root)
    return made, done, keys


def test_tab_reaches_every_control_and_space_and_enter_press_it(root, screen, controls):
    made, done, keys = controls
    for name in ("button", "check", "label"):
        screen.key("Tab")
        settle(root)
        assert root.focus_get() is made[name] and made[name].instate(["focus"])
        for key in ("space", "Return", "x"):
            screen.key(key)
        settle(root)
        assert done == [name, name], "once for each of both keys"
        done.clear()
    assert [key for key in keys if key != "Tab"] == ["x", "x", "x"], "the window gets letters, and no key that pressed"


def test_arrows_move_a_slider_by_a_fiftieth_and_nothing_else(root, screen, controls):
    made, _, keys = controls
    made["scale"].focus_set()
    settle(root)
    for key in ("Right", "Right", "Left"):
        screen.key(key)
    settle(root)
    assert made["scale"].get() == pytest.approx(0.02) and not keys


def test_a_click_leaves_the_keyboard_where_it_is(root, screen, controls):
    made, done, _ = controls
    before = root.focus_get()
    for name in ("button", "check", "label"):
        widget = made[name]
        screen.click(widget.winfo_rootx() + 8, widget.winfo_rooty() + widget.winfo_height() // 2)
        settle(root)
        assert root.focus_get() is before
    assert done == ["button", "check", "label"]


def test_a_click_beside_the_knob_takes_it_there(root, screen, controls):
    scale = controls[0]["scale"]
    screen.click(scale.winfo_rootx() + scale.winfo_width() // 2, scale.winfo_rooty() + scale.winfo_height() // 2)
    settle(root)
    assert scale.get() == pytest.approx(0.5, abs=0.05)
