"""The legend: as many classes as there is room for, nothing cut."""

from types import SimpleNamespace

import numpy as np
import pytest

from explorer.session.state import SharedState
from explorer.window.map.legend import PALE, Legend
from tests.screen import settle


def legend_of(root, names, width) -> Legend:
    root.geometry(f"{width}x200")
    legend = Legend(root, SimpleNamespace(class_names=tuple(names)), SharedState())
    legend.pack(fill="x")
    settle(root)
    return legend


def seen(legend) -> list[str]:
    """The names of the entries on the screen; none may be cut."""
    entries = [entry for entry in legend._entries if entry.winfo_ismapped()]
    for widget in [*entries, *(each for each in (legend._pages, legend._pale, legend._hint) if each.winfo_ismapped())]:
        left = widget.winfo_rootx() - legend.winfo_rootx()
        assert widget.winfo_width() >= widget.winfo_reqwidth() and widget.winfo_height() >= widget.winfo_reqheight()
        assert left >= 0 and left + widget.winfo_width() <= legend.winfo_width()
    return [entry.cget("text").strip() for entry in entries]


@pytest.mark.parametrize("width", [1024, 700, 480])
def test_ten_classes_are_seen_at_once(root, width):
    names = [str(digit) for digit in range(10)]
    legend = legend_of(root, names, width)
    assert seen(legend) == names and not legend._pages.winfo_ismapped()
    legend._shared.select(np.arange(5))
    settle(root)
    assert seen(legend) == names and legend._pale.cget("text") == PALE and legend._pale.winfo_ismapped()
    legend._shared.select(np.empty(0, np.intp))
    settle(root)
    assert seen(legend) == names and not legend._pale.winfo_ismapped()


def test_names_that_are_too_long_for_one_row_take_two(root):
    names = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
    legend = legend_of(root, names, 600)
    rows = {entry.winfo_rooty() for entry in legend._entries}
    assert seen(legend) == names and len(rows) == 2
    root.geometry("1200x200")
    settle(root)
    assert seen(legend) == names and len({entry.winfo_rooty() for entry in legend._entries}) == 1


@pytest.mark.parametrize("width, least", [(1024, 8), (346, 1)])
def test_a_hundred_classes_are_turned_like_pages(root, width, least):
    names = [f"class {number}" for number in range(100)]
    legend = legend_of(root, names, width)
    found = []
    while True:
        page = seen(legend)
        assert len(page) >= least
        first, last = names.index(page[0]) + 1, names.index(page[-1]) + 1
        assert legend._count.cget("text") == f"{first}–{last} of 100"
        found += [name for name in page if name not in found]
        if last == 100:
            break
        legend._forth()
        settle(root)
    assert found == names


def test_tab_reaches_an_entry_and_keys_do_what_clicks_do(root, screen):
    legend = legend_of(root, [str(digit) for digit in range(10)], 1024)
    legend._entries[0].focus_force()
    settle(root)
    screen.key("Tab")
    screen.key("space")
    settle(root)
    assert root.focus_get() is legend._entries[1] and set(legend._shared.hidden) == {1}
    screen.key("Return", "Shift_L")
    settle(root)
    assert set(legend._shared.hidden) == set(range(10)) - {1}
