"""Titles that were rated: those that somebody likes are pinned, "you" moves on the map, and what you would like is
listed."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

import numpy as np

from explorer.spaces.latent_space import LatentSpace
from explorer.uses import ratings
from explorer.window.base.scale import px
from explorer.window.base.widgets import explain, listing, packed, wrap_with
from explorer.window.inspector.part import Part
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext

LISTED, NAMED = 10, 5  # titles in the list, and in the sentence
EDGE = 0.04  # of the map's sides: how far "you" stays from them
NUMBER = 80  # pixels of a column
YOU, POINTED = "you", "title pointed at"  # groups of marks
NOBODY = "Pin titles that you like: click them on the map or in this list. Until then, it shows what people like best."
ABOUT_LIST = "click a title, or press Return, to pin it as one that you like;\npoint at it to see its place on the map"


class RatingsPanel(Part):
    """Takes the pinned titles for those that you like, shows you on the map, and lists the ten titles with the highest
    predicted ratings.

    Args:
        parent: widget.
        context: of the map.

    Attributes:
        canvas: the list.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        ttk.Label(self, text="What you would like", style="Key.TLabel").pack(anchor="w")
        self._liked = packed(ttk.Label(self, style="Faint.TLabel", justify="left"), fill="x", pady=px(2, 4))
        self.canvas = table = packed(listing(self, "title", "rating", px(NUMBER), LISTED), fill="x")
        explain(table, ABOUT_LIST)
        table.bind("<Motion>", lambda event: self._point_at(table.identify_row(event.y)))
        table.bind("<Leave>", lambda event: self._point_at(""))
        table.bind("<<TreeviewSelect>>", lambda event: self._point_at(next(iter(table.selection()), "")))
        table.bind("<Button-1>", lambda event: self._like(table.identify_row(event.y)))
        for key in ("<Return>", "<KP_Enter>"):
            table.bind(key, lambda event: self._like(next(iter(table.selection()), "")))
        wrap_with(self, self._liked)
        self.hear(self._show, self._shared.pins_changed)
        self.hear_now(self._show, context.probe_changed)

    @staticmethod
    def suits(space: LatentSpace) -> bool:
        """Whether the points of a space are titles that were rated."""
        return ratings.are_in(space)

    def attend(self, seen: bool) -> None:
        """Hides the mark of a title when the panel is no longer visible; "you" stays on the map."""
        if not seen:
            self._point_at("")

    def _show(self) -> None:
        """Finds out what somebody would like who likes the pinned titles."""
        space, table = self._probe.space, self.canvas
        self._point_at("")
        if not self.suits(space):
            self._context.marks.show(YOU)
            return
        liked = [point for row in self._shared.pins if (point := space.index_of(row)) is not None]
        titles, usual, told = space.columns[ratings.TITLE], space.columns[ratings.USUAL], space.card[ratings.CARD]
        code = ratings.taste(space.codes, usual, np.array(liked, int), told["highest"], told["rmse"])
        predicted = usual + space.codes @ code
        order = [point for point in np.argsort(-predicted, kind="stable").tolist() if point not in liked][:LISTED]
        names = ", ".join(titles[liked[: -NAMED - 1 : -1]].tolist()) + " and others" * (len(liked) > NAMED)
        self._liked.configure(text=f"You like {names}. You would rate:" if liked else NOBODY)
        table.delete(*table.get_children())
        shown = np.clip(predicted, told["lowest"], told["highest"])
        for point in order:
            table.insert("", "end", iid=str(point), values=(str(titles[point]), f"{shown[point]:.1f}"))
        table.focus(str(order[0]) if order else "")  # where the arrow keys begin
        low, high = np.reshape(self._state.home, (2, 2)).T
        gap = EDGE * (high - low)  # a strong taste lies beyond all titles: it stays in sight
        a, b = np.clip(space.place_of(code), low + gap, high - gap).tolist()
        self._context.marks.show(YOU, (Mark((a, b), "you"),) if liked else ())
        self._context.trace.write("taste", liked=liked, z=code.tolist(), listed=order)

    def _point_at(self, name: str) -> None:
        """Marks the place of a title on the map, by its name in the list; "" for none."""
        marks = (Mark(tuple(self._probe.space.places[int(name)].tolist()), colour="warning"),) if name else ()
        self._context.marks.show(POINTED, marks)

    def _like(self, name: str) -> str:
        """Pins a title of the list."""
        if name:
            self._shared.pin(int(self._probe.space.rows[int(name)]))
        return "break"  # the list has changed, so there is nothing to select at this place
