"""Texts: a typed phrase lands on the map, with lines to the texts that are nearest in all dimensions."""

from __future__ import annotations

import time
import tkinter as tk
from tkinter import ttk

import numpy as np

from explorer.analysis.probe import shortened
from explorer.session import finding
from explorer.spaces import view
from explorer.spaces.latent_space import LatentSpace
from explorer.uses import neighbourhood, ratings, texts
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later, box_on_screen, explain, listing, pack_if, packed, wrap_with
from explorer.window.base.workers import Asked, Tell
from explorer.window.inspector.part import Part
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext

SLOT, POLL_MS = "phrase", 2
PHRASE = "phrase"  # a group of marks
NAMED, LETTERS = 5, 24  # lines with their text at the end, and letters of it
DISTANCE = 76  # pixels of a column
ABOUT_ENTRY = "its place on the map is marked ?\nand lines lead to its nearest texts"
ABOUT_LIST = "nearest by the Euclidean distance in all {dimensions} dimensions,\nnot on the map; click a text to pin it"


class PhrasePanel(Part):
    """A field for a phrase, and the list of the texts nearest to it, or without a phrase to the text pinned last.

    Args:
        parent: widget.
        context: of the map.

    Attributes:
        canvas: the list.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._seen = False
        self._look_later = Later(self, self._look, 1)
        ttk.Label(self, text="Nearest texts", style="Key.TLabel").pack(anchor="w")
        self._phrase = tk.StringVar(self)
        self._phrase.trace_add("write", lambda *change: self._look_later())
        self._entry = ttk.Entry(self, textvariable=self._phrase)
        self._entry.bind("<FocusIn>", lambda event: self._tell())
        explain(self._entry, ABOUT_ENTRY)
        self._to = packed(ttk.Label(self, style="Faint.TLabel", justify="left"), fill="x", pady=px(2))
        self.canvas = self._list = listing(self, "text", "distance", px(DISTANCE), neighbourhood.NEAREST)
        self._list.bind("<<TreeviewSelect>>", self._on_select)
        explain(self._list, lambda: ABOUT_LIST.format(dimensions=self._probe.space.dimensions))
        wrap_with(self, self._to)
        self.hear(self._look_later, self._shared.pins_changed, self._shared.hidden_changed)
        self.hear_now(self._on_probe, context.probe_changed)

    @staticmethod
    def suits(space: LatentSpace) -> bool:
        """Whether the points of a space are texts, and its map one of many planes. Rated titles have another list."""
        return space.dimensions > 2 and texts.of(space) is not None and not ratings.are_in(space)

    def attend(self, seen: bool) -> None:
        """Tells the panel whether it is visible from now on."""
        self._seen = seen
        if seen:
            self._look_later()
        else:
            self._clear()

    # ---- computing -----------------------------------------------------------------------

    def _on_probe(self) -> None:
        can = texts.can_encode(self._probe.space)
        pack_if(self._entry, can, fill="x", pady=px(2, 4), before=self._to)
        self._hint = f"{'Type a phrase, or pin' if can else 'Pin'} a text: what is nearest to it is listed here."
        self._clear()
        self._look_later()

    def _look(self) -> None:
        """Starts the search for the texts nearest to the phrase, or to the text pinned last."""
        space, since = self._probe.space, self._look_later.since
        if not self._seen or not self.suits(space):
            return
        phrase = self._phrase.get().strip() if texts.can_encode(space) else ""
        pinned = None if phrase else finding.pinned_last(space, self._shared)
        point = None if pinned is None else space.index_of(pinned)
        if not phrase and point is None:
            self._clear()
            return
        shown = self._shared.shown(space.labels)

        def work(tell: Tell, cancelled: Asked) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            counts = np.ones(len(space.codes), bool) if shown is None else shown
            if point is not None:
                counts[point] = False
            code = texts.encoder()([phrase])[0] if point is None else space.codes[point]
            return code, *neighbourhood.nearest(space.codes, code, counts=counts)

        take = lambda found: self._show(phrase, point, since, *found)  # noqa: E731
        self._context.workers.start(SLOT, work, take, self._on_failure, poll_ms=POLL_MS)

    # ---- what is shown ---------------------------------------------------------------------------

    def _clear(self) -> None:
        self._context.workers.cancel(SLOT)
        self._context.marks.show(PHRASE)
        self._list.delete(*self._list.get_children())
        self._to.configure(text=self._hint)
        pack_if(self._list, False)

    def _show(self, phrase: str, point: int | None, since: float, code: np.ndarray, *found: np.ndarray) -> None:
        """Marks the place of a code and its nearest texts on the map, and lists these."""
        space, points = self._probe.space, found[0].tolist()
        place, named = space.place_of(code), texts.of(space)
        words = [shortened(named[each], LETTERS, len) if rank < NAMED else "" for rank, each in enumerate(points)]
        ends = zip(space.places[points].tolist(), words, strict=True)
        lines = tuple(Mark(place, to=tuple(to), words=text) for to, text in ends)
        self._context.marks.show(PHRASE, (*lines, Mark(place, "?")) if phrase else lines)
        if phrase and not view.inside(np.array([place]), self._state.limits)[0]:
            (a, b), (a0, a1, b0, b1) = place, self._state.limits
            beyond = view.MARGIN * (a1 - a0)
            self._state.show_view((min(a0, a - beyond), max(a1, a + beyond), min(b0, b - beyond), max(b1, b + beyond)))
        self._to.configure(text="to the phrase" if point is None else f"to the text pinned last: {named[point][:200]}")
        self._list.delete(*self._list.get_children())
        pack_if(self._list, True, fill="x")
        for each, distance in zip(points, found[1].tolist(), strict=True):
            values = named[each], self._probe.distance_in_words(distance)
            self._list.insert("", "end", iid=str(space.rows[each]), values=values)
        self.update_idletasks()
        ms = round((time.perf_counter() - since) * 1000, 3)
        self._tell(text=phrase, ms=ms, place=place)

    def _tell(self, **fields: object) -> None:
        """Writes to the trace what is shown, and where."""
        self.update_idletasks()
        left, top, rows = self._list.winfo_rootx(), self._list.winfo_rooty(), self._list.get_children()
        boxes = [self._list.bbox(row) or (0, 0, 0, 0) for row in rows]
        fields |= {"at": [(left + x + width // 2, top + y + height // 2) for x, y, width, height in boxes]}
        fields |= {"neighbours": list(map(int, rows)), "distances": [self._list.set(row, "distance") for row in rows]}
        fields |= {"lines": [mark.to for mark in self._context.marks.of(PHRASE) if mark.to is not None]}
        self._context.trace.write("phrase", entry=box_on_screen(self._entry), **fields)

    # ---- mouse -----------------------------------------------------------------------------------

    def _on_select(self, event: tk.Event) -> None:
        for name in self._list.selection():
            self._shared.pin_in_passing(int(name))
            self._show_point(self._probe.space.index_of(int(name)), least=1.0)
