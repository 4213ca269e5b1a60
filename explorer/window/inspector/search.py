"""The search field, which is always visible."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from explorer.drawing.themes import THEMES
from explorer.session.state import SharedState
from explorer.window.base.scale import px
from explorer.window.base.widgets import Listener, explain, text_width

HINTS = (  # from the longest on: the first one with room in the field is shown
    "Search: 69201, test 17, a class, column=value, a code",
    "Search: 69201, test 17, a class, a code",
    "Search",
)
SPARE = 24  # pixels of the field beside its text
ABOUT = """Type, then Enter (keys / or Ctrl + f):
69201 or #69201     the image in this row of the data
test 17, train 17   the image with this number in its split
Sneaker, class 7    all images of a class
column=value        images with this value in a column
rain                texts that contain this word
1.5, -2             a code: the cursor moves there
n and Shift + n step through the images found."""


class SearchField(Listener):
    """A field for one line, with a hint in it while it is empty.

    Args:
        parent: widget.
        shared: gives the theme.
        search: is called with the typed text. Returns whether something was found; if not, the field keeps the
            keyboard focus.
        leave: moves the keyboard focus to the map.
    """

    def __init__(
        self, parent: tk.Misc, shared: SharedState, search: Callable[[str], bool], leave: Callable[[], object]
    ) -> None:
        super().__init__(parent, padding=px(12, 4, 16, 0))
        self._shared, self._search, self._leave = shared, search, leave
        self.entry = ttk.Entry(self)
        self.entry.pack(fill="x")
        explain(self.entry, ABOUT)
        for key in ("<Return>", "<KP_Enter>"):
            self.entry.bind(key, lambda event: self._go())
        self._is_hinted = False  # whether the field shows the hint
        self.entry.bind("<FocusIn>", lambda event: self._show_hint(False))
        self.entry.bind("<FocusOut>", lambda event: self._show_hint(not self.entry.get()))
        self.entry.bind("<Configure>", lambda event: self._fit_hint(event.width))
        self.hear_now(self._apply_theme, shared.theme_changed)
        self._hint = HINTS[-1]
        self._show_hint(True)

    def begin(self) -> None:
        """Takes the keyboard focus, and selects the previous text."""
        self.entry.focus_set()
        self.entry.selection_range(0, "end")
        self.entry.icursor("end")

    def _go(self) -> str:
        if self._search(self.entry.get()):
            self._leave()
        return "break"

    def _show_hint(self, shown: bool) -> None:
        if shown != self._is_hinted:
            self._is_hinted = shown
            self.entry.delete(0, "end")
            self.entry.insert(0, self._hint if shown else "")
            self.entry.configure(style="Hint.TEntry" if shown else "TEntry")

    def _fit_hint(self, width: int) -> None:
        """Shows as much of the hint as a field so many pixels wide has room for."""
        font = str(self.entry.cget("font"))
        fitting = [hint for hint in HINTS if text_width(self, hint, font) <= width - px(SPARE)]
        self._hint = next(iter(fitting), HINTS[-1])
        if self._is_hinted:
            self._show_hint(False)
            self._show_hint(True)

    def _apply_theme(self) -> None:
        faint = THEMES[self._shared.theme].faint
        ttk.Style(self).configure("Hint.TEntry", foreground=faint)
        ttk.Style(self).map("Hint.TEntry", foreground=[("!disabled", faint)])
