"""Tooltips: when they come, and that they stay on the screen."""

import tkinter as tk

import pytest

from explorer.window.base import widgets
from explorer.window.base.widgets import explain
from tests.screen import HEIGHT, WIDTH, settle

SIZE = 120, 40  # of the widget that is explained
TEXT = "a tip of several words\nin two lines"


@pytest.fixture
def label(root, screen, monkeypatch):
    """A label with a tooltip, which comes at once."""
    monkeypatch.setattr(widgets, "TIP_DELAY_MS", 1)
    screen.move(WIDTH // 2, HEIGHT // 2)
    label = tk.Label(root, text="here")
    label.place(x=0, y=0, width=SIZE[0], height=SIZE[1])
    explain(label, TEXT)
    return label


def shown(label) -> list[int] | None:
    """The box of the tooltip on the screen, once everything has been handled that was done."""
    for _ in range(40):
        settle(label.winfo_toplevel())
        label.after(5)
    cards = [child for child in label.winfo_children() if isinstance(child, tk.Toplevel) and child.winfo_ismapped()]
    return [*map(round, (cards[0].winfo_rootx(), cards[0].winfo_rooty()))] + [
        cards[0].winfo_width(), cards[0].winfo_height()
    ] if cards else None  # fmt: skip


@pytest.mark.parametrize("x", [0, WIDTH // 2, WIDTH - SIZE[0]])
@pytest.mark.parametrize("y", [0, HEIGHT // 2, HEIGHT - SIZE[1]])
def test_it_stays_on_the_screen(label, root, screen, x, y):
    root.geometry(f"{SIZE[0]}x{SIZE[1]}+{x}+{y}")
    settle(root)
    screen.move(x + SIZE[0] // 2, y + SIZE[1] // 2)
    left, top, width, height = shown(label)
    assert left >= 0 and top >= 0 and left + width <= WIDTH and top + height <= HEIGHT
    mouse_x, mouse_y = root.winfo_pointerxy()
    assert not (left <= mouse_x < left + width and top <= mouse_y < top + height), "it would be left at once"


def test_none_comes_where_a_widget_moves_under_a_resting_mouse(label, root, screen):
    root.geometry("400x200+0+0")
    screen.move(300, 150)
    settle(root)
    entered = []
    label.bind("<Enter>", entered.append, add="+")
    label.place(x=240, y=130)
    assert shown(label) is None and entered
    screen.move(302, 151)
    assert shown(label) is not None


def test_a_click_takes_it_away_until_the_mouse_comes_again(label, root, screen):
    root.geometry("400x200+0+0")
    settle(root)
    screen.move(20, 20)
    assert shown(label) is not None
    screen.press()
    screen.release()
    screen.move(22, 20)
    assert shown(label) is None
    screen.move(300, 150)
    settle(root)
    screen.move(20, 20)
    assert shown(label) is not None
