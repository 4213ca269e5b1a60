"""The class legend: colours and names in one or two rows, with pages if they do not fit."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

import numpy as np

from explorer.analysis.probe import shortened
from explorer.session.state import SharedState
from explorer.spaces.latent_space import LatentSpace
from explorer.window.base.focus import as_button
from explorer.window.base.mouse import bind_wheel
from explorer.window.base.scale import px
from explorer.window.base.widgets import Listener, class_dots, explain, pack_if, text_measure

MARGINS = (16, 2, 16, 10)  # pixels
GAP = 6  # pixels between two entries
LONGEST_NAME = 170  # pixels; the tooltip has the full name
DOT = 15  # pixels
WHEEL = 3  # entries per notch of the wheel
PALE = "pale: not selected"


class Legend(Listener):
    """The classes and their colours. A click hides a class, a shift-click shows only this class.

    If they do not fit into one row, there are two; if these are too short, two arrows and the mouse wheel turn pages.
    Only visible entries have widgets, so two hundred classes open as fast as ten. While images are selected, an entry
    explains the pale dots.

    Args:
        parent: widget.
        space: has the class names; without classes the legend is empty.
        shared: has the hidden classes.
    """

    def __init__(self, parent: tk.Misc, space: LatentSpace, shared: SharedState) -> None:
        super().__init__(parent, padding=px(*MARGINS))
        self._shared = shared
        self._names = space.class_names
        self._entries: list[ttk.Label] = []  # from the left; the first visible one is class `_first`
        self._first = self._seen = 0
        self._laid_out: tuple[int, ...] = ()  # which entries are in which row
        self._rows = [ttk.Frame(self), ttk.Frame(self)]
        self._rows[0].pack(fill="x")
        self._room = 0  # pixels
        self._dot = class_dots(self, px(DOT))
        self._pale = ttk.Label(self._rows[0], text=PALE, style="Faint.TLabel")
        explain(self._pale, "pale dots are images outside the selection (key Esc clears it)", y=px(-36))
        self.hear(self._on_selection, shared.selection_changed)
        self.bind("<Configure>", self._on_configure)
        if not self._names:
            self._on_selection()
            return

        self._hint = ttk.Label(self._rows[0], text="click hides, shift-click isolates", style="Faint.TLabel")
        self._pages = ttk.Frame(self._rows[0])
        self._arrows = []
        for text, side, turn, which in (("‹", "left", self._back, "earlier"), ("›", "right", self._forth, "further")):
            arrow = ttk.Label(self._pages, text=text, cursor="hand2", padding=px(8, 0), style="Title.TLabel")
            as_button(arrow, turn)
            arrow.pack(side=side)
            explain(arrow, f"{which} classes (or mouse wheel)", x=px(-200), y=px(-36))
            self._arrows.append(arrow)
        count = len(self._names)
        width = len(f"{count}–{count} of {count}")  # the same on every page, so that the arrows do not move
        self._count = ttk.Label(self._pages, style="Faint.TLabel", anchor="center", width=width)
        self._count.pack(side="left")

        measure = text_measure(self._hint)  # in the font of an entry
        self._texts = [" " + shortened(name, px(LONGEST_NAME), measure) for name in self._names]
        self._text_widths = np.array([measure(text) for text in self._texts])
        self._shortened = any(text != f" {name}" for text, name in zip(self._texts, self._names, strict=True))
        self._seen = 1  # for the legend's height; the others are added when its width is known
        self._entry(0).pack(in_=self._rows[0], side="left", padx=(0, px(GAP)))
        self._show()

        for widget in (self, *self._rows, self._pages, *self._pages.winfo_children()):
            bind_wheel(widget, self._scroll)
        self.hear(self._show, shared.hidden_changed)
        self._on_selection()

    def _tip(self, slot: int) -> str:
        index = min(self._first + slot, len(self._names) - 1)
        name = f"{self._names[index]}\n" if self._shortened else ""
        key = f" (key {index})" if index < 10 else ""
        return f"{name}click: hide or show{key}\nshift-click: only this class (Shift + Enter)"

    # ---- visible classes ------------------------------------------------------------------

    @property
    def needed(self) -> int:
        """The width in pixels that shows all classes at once."""
        return int(self._widths().sum()) + px(MARGINS[0]) + px(MARGINS[2]) if self._names else 0

    def _widths(self) -> np.ndarray:
        """The widths in pixels of all entries, visible or not, with their gaps, (n,) int."""
        return self._text_widths + (self._entries[0].winfo_reqwidth() - self._text_widths[self._first] + px(GAP))

    def _on_configure(self, event: tk.Event) -> None:
        if (room := event.width - px(MARGINS[0]) - px(MARGINS[2])) != self._room:
            self._room = room
            if self._names:
                self._turn(self._first)

    @property
    def _room_above(self) -> int:
        """The width in pixels for entries in the upper row, without the note about pale dots."""
        return self._room - (self._pale.winfo_reqwidth() + px(10) if len(self._shared.selection) else 0)

    def _on_selection(self) -> None:
        pack_if(self._pale, len(self._shared.selection) > 0, side="right", padx=px(10, 0))
        if self._names and self._room:
            self._turn(self._first)

    def _turn(self, first: int) -> None:
        """Shows as many entries as fit, starting at this class, or earlier if the last page has room."""
        classes, widths, room = len(self._names), self._widths(), self._room_above
        above = _fitting(widths, room)
        below = _fitting(widths[above:], self._room) if above < classes else 0
        paged = above + below < classes
        if paged:
            room -= self._pages.winfo_reqwidth()
            self._first = min(max(first, 0), classes - _fitting(widths[::-1], room))
            self._seen = above = _fitting(widths[self._first :], room)
        else:
            self._first, self._seen = 0, classes
        pack_if(self._pages, paged, side="right")
        self._lay_out(above)
        hinted = self._seen == above and not paged and room >= widths.sum() + self._hint.winfo_reqwidth() + px(10)
        pack_if(self._hint, hinted, side="left", padx=px(10, 0))
        self._count.configure(text=f"{self._first + 1}–{self._first + self._seen} of {classes}")
        for arrow, leads_on in zip(self._arrows, (self._first > 0, self._first + self._seen < classes), strict=True):
            arrow.configure(style="Title.TLabel" if leads_on else "Spent.TLabel")
        self._show()

    def _lay_out(self, above: int) -> None:
        """Puts this many entries into the upper row, and the others into the lower one."""
        pack_if(self._rows[1], self._seen > above, fill="x")
        if self._laid_out != (above, self._seen):
            self._laid_out = above, self._seen
            for slot in range(max(self._seen, len(self._entries))):
                entry = self._entry(slot)
                entry.pack_forget()
                if slot < self._seen:
                    entry.pack(in_=self._rows[slot >= above], side="left", padx=(0, px(GAP)))

    def _forth(self) -> None:
        self._turn(self._first + self._seen)

    def _back(self) -> None:
        room = self._room_above - self._pages.winfo_reqwidth()
        self._turn(self._first - _fitting(self._widths()[: self._first][::-1], room))

    def _scroll(self, notches: int) -> None:
        self._turn(self._first + notches * WHEEL)

    # ---- entries ---------------------------------------------------------------------------------

    def _entry(self, slot: int) -> ttk.Label:
        """The entry at a slot, counted from the left; made when it is first needed."""
        while slot >= len(self._entries):
            place = len(self._entries)
            entry = ttk.Label(self, compound="left", cursor="hand2", padding=px(6, 3))
            as_button(entry, lambda place=place: self._shared.toggle_class(self._first + place))
            for event in ("<Shift-Button-1>", "<Shift-Return>", "<Shift-space>"):
                entry.bind(event, lambda event, place=place: self._isolate(place))
            bind_wheel(entry, self._scroll)
            self._entries.append(entry)
            explain(entry, lambda place=place: self._tip(place), y=px(-68 if self._shortened else -52))
        return self._entries[slot]

    def _isolate(self, slot: int) -> str:
        self._shared.isolate_class(self._first + slot, len(self._names))
        return "break"

    def _show(self) -> None:
        for slot in range(self._seen):
            index = self._first + slot
            hidden = index in self._shared.hidden
            image, style = self._dot(index, not hidden), "Faint.TLabel" if hidden else "TLabel"
            self._entries[slot].configure(text=self._texts[index], image=image, style=style)


def _fitting(widths: np.ndarray, room: int) -> int:
    """How many of these widths, (n,), fit into the room, starting with the first; at least one."""
    return max(int(np.searchsorted(np.cumsum(widths), room, side="right")), 1)
