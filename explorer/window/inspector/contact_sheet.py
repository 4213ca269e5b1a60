"""A contact sheet that scrolls through any number of images: only what is to be seen is put together."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np

from explorer.drawing import sheet
from explorer.drawing.themes import THEMES
from explorer.images import datasets
from explorer.session.state import SharedState
from explorer.window.base.focus import PRESS
from explorer.window.base.mouse import bind_wheel
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later, box_on_screen, explain, pack_if, picture_canvas

SIDES = (28, 42, 56, 84)  # pixels of a thumbnail: the largest of which so many stand beside each other
BESIDE = 7
ABOUT = "a click pins an image; from Tab on, arrow keys and Enter do"
STEPS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}  # columns and rows
NOTHING = np.empty(0, np.intp)


class ContactSheet(ttk.Frame):
    """Thumbnails in rows, with a scrollbar. One photo image, as large as what can be seen, holds them all. Tab reaches
    one of them, arrow keys lead to the others, Enter and Space do what a click does.

    Args:
        parent: widget.
        shared: gives the theme.
        picked: is called with the data row of a thumbnail that was clicked.
        shown: is called when other thumbnails are to be seen.

    Attributes:
        redraw: draws it anew once Tk is idle: after a change of theme.
    """

    def __init__(
        self, parent: tk.Misc, shared: SharedState, picked: Callable[[int], None], shown: Callable[[], None]
    ) -> None:
        super().__init__(parent)
        self._shared, self._picked, self._shown = shared, picked, shown
        self._rows, self._dataset, self._note = NOTHING, None, ""
        self._sheet = sheet.laid_out(0, 100, (28, 28), px(SIDES[0]), px(sheet.GAP))
        self._top = 0
        self._reached = 0  # the position that the keys are at
        self.redraw = Later(self, self._draw)
        self.canvas, self._picture = picture_canvas(self, width=60, height=60)
        self._text = self.canvas.create_text(*px(6, 2), anchor="nw", justify="left")
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self._on_bar)
        self._ring = self.canvas.create_rectangle(0, 0, 0, 0, width=px(3), state="hidden")
        self.canvas.configure(takefocus=True)
        self.canvas.pack(side="left", fill="both", expand=True)
        self.canvas.bind("<Configure>", lambda event: self._lay_out())
        self.canvas.bind("<Button-1>", self._on_click)
        for key, (right, down) in STEPS.items():
            self.canvas.bind(f"<{key}>", lambda event, right=right, down=down: self._step(right, down))
        for key in PRESS:
            self.canvas.bind(key, lambda event: self._pick(self._reached))
        for event in ("<FocusIn>", "<FocusOut>"):
            self.canvas.bind(event, lambda event: self.redraw())
        explain(self.canvas, ABOUT)
        bind_wheel(self.canvas, self._scroll)

    def show(self, rows: np.ndarray, dataset: datasets.Dataset | None, note: str = "") -> None:
        """Shows images, from the first on where they are others than before.

        Args:
            rows: data rows, (m,), in the order in which they are to be seen.
            dataset: the images; None where they are unavailable.
            note: what is said instead, where there is nothing to be seen.
        """
        if not np.array_equal(rows, self._rows):
            self._top = self._reached = 0
        self._rows, self._dataset, self._note = rows, dataset, note
        self._lay_out()

    def place(self) -> dict:
        """Where everything is: the thumbnails' box in screen pixels, how they are laid out, and which can be seen."""
        first, last = self._sheet.within(self._top, self.canvas.winfo_height())
        box = box_on_screen(self.canvas)
        layout = {"box": box, "columns": self._sheet.columns, "thumbnail": self._sheet.thumbnail, "top": self._top}
        return layout | {"first": first, "rows": self._rows[first:last].tolist()}

    def _lay_out(self) -> None:
        width = self.canvas.winfo_width()
        shape = (28, 28) if self._dataset is None else self._dataset.image_shape
        count = 0 if self._dataset is None else len(self._rows)
        for side in (sides := px(*SIDES)):
            layout = sheet.laid_out(count, width, shape, side, px(sheet.GAP))
            if side == sides[0] or layout.columns >= BESIDE:
                self._sheet = layout
        self._scroll_to(self._top)

    def _scroll(self, rows: int) -> None:
        self._scroll_to(self._top + rows * self._sheet.step[1])

    def _scroll_to(self, top: float) -> None:
        height, whole = self.canvas.winfo_height(), self._sheet.size[1]
        self._top = int(min(max(top, 0), max(whole - height, 0)))
        self._bar.set(self._top / whole, min((self._top + height) / whole, 1.0))
        pack_if(self._bar, self._sheet.count > 0, side="right", fill="y", before=self.canvas)
        self.redraw()

    def _on_bar(self, what: str, amount: str, unit: str = "") -> None:
        if what == "moveto":
            self._scroll_to(float(amount) * self._sheet.size[1])
        else:
            page = max(self.canvas.winfo_height() // self._sheet.step[1] - 1, 1)
            self._scroll(int(amount) * (page if unit == "pages" else 1))

    def _on_click(self, event: tk.Event) -> None:
        position = self._sheet.at(event.x, event.y + self._top)
        if position is not None:
            self._reached = position
            self._pick(position)

    # ---- keys ------------------------------------------------------------------------------------

    def _step(self, right: int, down: int) -> str:
        """Goes to another thumbnail, and scrolls until it is to be seen."""
        to = self._reached + right + down * self._sheet.columns
        if 0 <= to < self._sheet.count:
            self._reached = to
            top = self._sheet.corner(to)[1] - self._sheet.gap
            bottom = top + self._sheet.step[1] + self._sheet.gap
            self._scroll_to(min(max(self._top, bottom - self.canvas.winfo_height()), top))
        return "break"  # the window's arrow keys move the cursor

    def _pick(self, position: int) -> str:
        if position < self._sheet.count:
            self._picked(int(self._rows[position]))
        return "break"

    def _place_ring(self) -> None:
        """Shows which thumbnail the keys are at, as long as they are here."""
        seen = self._sheet.count > self._reached and str(self.tk.call("focus")) == str(self.canvas)
        (x, y), (width, height) = self._sheet.corner(self._reached), self._sheet.thumbnail
        self.canvas.coords(self._ring, x, y - self._top, x + width, y + height - self._top)
        colour = THEMES[self._shared.theme].warning
        self.canvas.itemconfigure(self._ring, state="normal" if seen else "hidden", outline=colour)

    # ---- drawing ---------------------------------------------------------------------------------

    def _draw(self) -> None:
        width, height = self.canvas.winfo_width(), self.canvas.winfo_height()
        theme = THEMES[self._shared.theme]
        empty = self._dataset is None or not len(self._rows)
        self._place_ring()
        self.canvas.configure(background=theme.paper)
        style = {"fill": theme.faint, "width": max(width - px(8), px(50)), "state": "normal" if empty else "hidden"}
        self.canvas.itemconfigure(self._text, text=self._note, **style)
        if empty:
            self._picture.show(None)
        elif min(width, height) > 1:
            images = lambda first, last: self._dataset.images(self._rows[first:last])  # noqa: E731
            self._picture.show(self._sheet.compose(images, self._top, height, width, theme.paper))
            self._shown()
