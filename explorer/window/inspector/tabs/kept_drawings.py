"""Drawings that were kept: a row of small pictures, and letters on the map."""

from __future__ import annotations

import string
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import ImageTk

from explorer.drawing import picture
from explorer.drawing.themes import THEMES
from explorer.images import handwriting
from explorer.session.state import Place
from explorer.window.base.widgets import bind_wheel
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext

HEIGHT, SIDE, LETTER, GAP = 30, 28, 16, 10  # pixels: of the row, of a picture, for a letter, between two
MARKS = "kept drawings"


@dataclass
class Kept:
    """One drawing.

    Attributes:
        letter: on the map and in the row.
        levels: its paper's.
        place: where it lands, once that is known.
        photo: made when the row is drawn.
    """

    letter: str
    levels: np.ndarray
    place: Place | None = None
    photo: ImageTk.PhotoImage | None = None


class KeptDrawings(tk.Canvas):
    """The row: a click on a drawing shows its place, a click on × removes it.

    Args:
        parent: widget.
        context: of the map.
        changed: is called when there are more drawings, or fewer.

    Attributes:
        drawings: in the order of their letters.
    """

    def __init__(self, parent: tk.Misc, context: MapContext, changed: Callable[[], None]) -> None:
        super().__init__(parent, height=HEIGHT, highlightthickness=0, borderwidth=0, xscrollincrement=SIDE)
        self._context, self._changed = context, changed
        self.drawings: list[Kept] = []
        bind_wheel(self, lambda notches: self.xview_scroll(notches, "units"))

    def add(self, levels: np.ndarray, place: Place) -> None:
        """Keeps what is on a paper, under the next free letter."""
        taken = {kept.letter for kept in self.drawings}
        letter = next((letter for letter in string.ascii_lowercase if letter not in taken), None)
        if letter is None:
            self._context.say(f"{len(taken)} drawings are kept already: remove one first")
            return
        self.drawings.append(Kept(letter, levels, place))
        self.drawings.sort(key=lambda kept: kept.letter)
        self._mark()
        self._changed()

    def _remove(self, kept: Kept) -> None:
        self.drawings.remove(kept)
        self._mark()
        self._changed()

    def land(self) -> None:
        """Finds out again where the drawings land: in another space, elsewhere."""
        probe = self._context.probe
        for kept in self.drawings:
            image, kept.photo = handwriting.prepared(kept.levels, probe.space.image_shape), None
            kept.place = None if probe.encoder is None else probe.space.place_of(probe.encoder(image[None])[0])
        self._mark()
        self.redraw()

    def _mark(self) -> None:
        self._context.trace.write("kept", letters=[kept.letter for kept in self.drawings])
        marks = tuple(Mark(kept.place, text=kept.letter) for kept in self.drawings if kept.place is not None)
        self._context.marks.show(MARKS, marks)

    def redraw(self) -> None:
        """Draws the row anew."""
        theme = THEMES[self._context.shared.theme]
        self.delete("all")
        x = 0
        for kept in self.drawings:
            if kept.photo is None:
                image = handwriting.prepared(kept.levels, self._context.probe.space.image_shape)
                kept.photo = ImageTk.PhotoImage(picture.scaled(picture.to_bytes(image), SIDE), master=self)
            tag, cross = f"kept-{kept.letter}", f"remove-{kept.letter}"
            self.create_image(x, 1, anchor="nw", image=kept.photo, tags=tag)
            x += kept.photo.width() + 4
            for text, colour, font, tags in (
                (kept.letter, theme.ink, "ExplorerKey", tag),
                ("×", theme.faint, "ExplorerValue", cross),
            ):
                self.create_text(x, HEIGHT / 2, anchor="w", text=text, fill=colour, font=font, tags=tags)
                self.tag_bind(tags, "<Enter>", lambda event: self.configure(cursor="hand2"))
                self.tag_bind(tags, "<Leave>", lambda event: self.configure(cursor=""))
                x += LETTER
            self.tag_bind(tag, "<Button-1>", lambda event, kept=kept: self._go_to(kept))
            self.tag_bind(cross, "<Button-1>", lambda event, kept=kept: self._remove(kept))
            x += GAP
        self.configure(scrollregion=(0, 0, x, HEIGHT))

    def _go_to(self, kept: Kept) -> None:
        if kept.place is not None:
            self._context.state.show_place(kept.place)
