"""The search field, always in sight."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from explorer.drawing.themes import THEMES
from explorer.session.state import SharedState
from explorer.window.base.scale import px
from explorer.window.base.widgets import Listener, explain

HINT = "Search: 69201, test 17, a class, column=value, a code"
ABOUT = """Type, then Enter (keys / or Ctrl + f):
69201 or #69201     the image in this row of the data
test 17, train 17   the image with this number in its part
Sneaker             a class; one with a number for a name: class 7
column=value        images with this value in a column
1.5, -2             a code: the cursor goes there, and it is decoded
n and Shift + n step through what is found."""


class SearchField(Listener):
    """A field for one line, with a hint in it as long as it is empty.

    Args:
        parent: widget.
        shared: gives the theme.
        search: is given what was typed; says whether something was found. Else the field keeps the keys.
        leave: gives the keys back to the map.
    """

    def __init__(
        self, parent: tk.Misc, shared: SharedState, search: Callable[[str], bool], leave: Callable[[], object]
    ) -> None:
        super().__init__(parent, padding=px(12, 4, 16, 0))
        self._shared, self._search, self._leave = shared, search, leave
        self.entry = ttk.Entry(self)
        self.entry.pack(fill="x")
        self._hint = ttk.Label(self.entry, text=HINT, style="SearchHint.TLabel", cursor="xterm")
        self._hint.bind("<Button-1>", lambda event: self.begin())
        for widget in (self.entry, self._hint):
            explain(widget, ABOUT)
        for key in ("<Return>", "<KP_Enter>"):
            self.entry.bind(key, lambda event: self._go())
        for event in ("<FocusIn>", "<FocusOut>", "<KeyRelease>"):
            self.entry.bind(event, lambda event: self._show_hint(), add="+")
        self.hear_now(self._apply_theme, shared.theme_changed)
        self._show_hint()

    def begin(self) -> None:
        """Takes the keys, with what was typed before selected."""
        self.entry.focus_set()
        self.entry.selection_range(0, "end")
        self.entry.icursor("end")

    def _go(self) -> str:
        if self._search(self.entry.get()):
            self._leave()
        return "break"

    def _show_hint(self) -> None:
        if self.entry.get() or self.focus_get() is self.entry:
            self._hint.place_forget()
        else:
            self._hint.place(x=px(10), rely=0.5, anchor="w", relwidth=1, width=-px(20))

    def _apply_theme(self) -> None:
        theme = THEMES[self._shared.theme]
        ttk.Style(self).configure("SearchHint.TLabel", foreground=theme.faint, background=theme.canvas)
