"""The paper that one draws on with the mouse."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import numpy as np
from PIL import Image

from explorer.images import handwriting
from explorer.window.base.widgets import CanvasPicture

BLACK, WHITE, HINT = "#000000", "#ffffff", "#8a8a8a"  # on both themes, as in the images
PEN = 0.085  # width as a share of the pad's side


class DrawingPad(tk.Canvas):
    """A square that the mouse draws on.

    Args:
        parent: widget.
        changed: is called when there is something else on the paper.

    Attributes:
        paper: what is drawn.
        pen: width of the pen as a share of the pad's side.
    """

    def __init__(self, parent: tk.Misc, changed: Callable[[], None]) -> None:
        super().__init__(parent, background=BLACK, highlightthickness=0, borderwidth=0, cursor="pencil")
        self._changed = changed
        self.paper = handwriting.Paper()
        self.pen = tk.DoubleVar(self, PEN)
        self._side = 1
        self._at: tuple[int, int] | None = None  # where the pen is; None while it is up
        self._picture = CanvasPicture(self)
        self._hint = self.create_text(0, 0, text="draw here", fill=HINT, font="ExplorerValue")
        self.bind("<ButtonPress-1>", self._on_press)
        self.bind("<B1-Motion>", self._on_move)
        self.bind("<ButtonRelease-1>", self._on_release)
        self.bind("<Control-z>", lambda event: self.undo())

    def resize(self, side: int) -> None:
        """Gives it so many pixels."""
        self._side = side
        self.place(x=0, y=0, width=side, height=side)
        self.coords(self._hint, side / 2, side / 2)
        self._show_paper()

    def box_on_screen(self) -> list[int]:
        """The pad in screen pixels: x, y, width, height."""
        return [self.winfo_rootx(), self.winfo_rooty(), self._side, self._side]

    def undo(self) -> None:
        """Takes back the last stroke, or the picture that was opened."""
        self._change(self.paper.undo)

    def clear(self) -> None:
        self._change(self.paper.clear)

    def put(self, levels: np.ndarray) -> None:
        """Puts a picture on the paper: see `handwriting.Paper.put`."""
        self._change(lambda: self.paper.put(levels))

    def _change(self, change: Callable[[], None]) -> None:
        self._at = None
        change()
        self._show_paper()
        self._changed()

    def _on_press(self, event: tk.Event) -> None:
        self.focus_set()
        self.itemconfigure(self._hint, state="hidden")
        self.paper.begin(self._point(event), self.pen.get())
        radius = self._pen_width() / 2
        box = event.x - radius, event.y - radius, event.x + radius, event.y + radius
        self.create_oval(*box, fill=WHITE, outline="", tags="stroke")
        self._at = event.x, event.y
        self._changed()

    def _on_move(self, event: tk.Event) -> None:
        if self._at not in (None, (event.x, event.y)):
            self.paper.extend(self._point(event))
            ends = *self._at, event.x, event.y
            self.create_line(*ends, width=self._pen_width(), fill=WHITE, capstyle="round", tags="stroke")
            self._at = event.x, event.y
            self._changed()

    def _on_release(self, event: tk.Event) -> None:
        if self._at is not None:
            self._on_move(event)
            self._at = None
            self._show_paper()

    def _point(self, event: tk.Event) -> handwriting.Point:
        return event.x / self._side, event.y / self._side

    def _pen_width(self) -> float:
        return self.pen.get() * self._side

    def _show_paper(self) -> None:
        """Shows what is on the paper, in place of the strokes drawn meanwhile."""
        self.delete("stroke")
        self.itemconfigure(self._hint, state="hidden" if self.paper.layers else "normal")
        size = self._side, self._side
        self._picture.show(Image.fromarray(self.paper.levels).resize(size, Image.Resampling.BILINEAR))
