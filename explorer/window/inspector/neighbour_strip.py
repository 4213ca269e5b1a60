"""The real images nearest to the cursor, on the map or in their pixels, in one row below the decoded picture."""

from __future__ import annotations

import functools
import time
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Literal

import numpy as np

from explorer.analysis.analyses import ORIGINALS, PIXEL_INDEX
from explorer.analysis.probe import Decoding
from explorer.drawing import picture
from explorer.drawing.themes import class_colour
from explorer.session.state import Place
from explorer.window.base.focus import as_button
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later, explain, packed, picture_canvas, shortened_in
from explorer.window.base.workers import Asked, Tell
from explorer.window.inspector.part import Part
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext

How = Literal["map", "pixels"]
SWITCH: dict[How, tuple[str, str]] = {  # text and tooltip of each choice
    "map": ("on the map", "the shown images nearest to the cursor on the map (key x)"),
    "pixels": ("in pixels", "the shown images that look most like\nthe decoded picture, when the mouse rests (key x)"),
}
WANTED = 8  # thumbnails; their size is chosen to fit this many, within limits
SMALLEST, LARGEST = 44, 84  # pixels
GAP, WIDEST_GAP = 2, 10  # pixels between two thumbnails
BAR = 2  # pixels; a bar in the colour of the class
LABEL = 18  # pixels
REST_MS = 20  # without a move, after which the mouse counts as resting; a 125 Hz mouse moves every 8 ms
POLL_MS = 3
SLOT, NEIGHBOURS, POINTED = "pixels", "pixels", "pointed"


class NeighbourStrip(Part):
    """Thumbnails of the nearest shown images, nearest first, with their labels. A click pins one.

    Nearest images on the map follow every move. Nearest images in pixel space take some milliseconds: a thread finds
    them when the mouse rests, and they are ringed on the map. Until then the previous ones stay.

    Args:
        parent: widget.
        context: of the map.
        changed: is called when other thumbnails are shown.
        pin: is called with the data row of a clicked image.

    Attributes:
        canvas: the row of thumbnails, bars and labels.
        how: the meaning of nearest: on the map, or in pixels.
        rows: data rows of the shown images, nearest first.
        text: why there are none; empty if there are some.
        size, pitch: side of a thumbnail, and distance from one to the next, in pixels.
    """

    def __init__(
        self, parent: tk.Misc, context: MapContext, changed: Callable[[], None], pin: Callable[[int], None]
    ) -> None:
        super().__init__(parent, context)
        self._changed, self._pin = changed, pin
        self.how: How = "map"
        self.rows: tuple[int, ...] = ()
        self.text = ""
        self.size = self.pitch = 1
        self._distances: list[float] = []
        self._count, self._width = 0, 0
        self._at: Place | None = None
        self._decoding: Decoding | None = None
        self._moved_at = 0.0
        self._look_later = Later(self, self._look, REST_MS)
        self._pointed: int | None = None
        self._short = functools.cache(self._shortened)  # the shortened name of a class, by its label

        top = packed(ttk.Frame(self), fill="x", pady=px(0, 6))
        ttk.Label(top, text="Nearest real images", style="Title.TLabel").pack(side="left")
        self._choices: dict[How, ttk.Label] = {}
        for how, (text, tip) in reversed(SWITCH.items()):
            choice = packed(ttk.Label(top, text=text, cursor="hand2", padding=px(16, 2, 0, 2)), side="right")
            as_button(choice, lambda how=how: self.use(how))
            explain(choice, tip, x=px(-220))
            self._choices[how] = choice
        self.canvas, self._picture = picture_canvas(self, height=1)
        self.canvas.pack(fill="x")
        self._message = self.canvas.create_text(0, 0, anchor="nw")
        self._labels: list[int] = []  # items, one below each thumbnail
        self._written: list[str] = []  # their texts
        self.canvas.bind("<Configure>", self._on_configure)
        self.canvas.bind("<Motion>", self._on_motion)
        self.canvas.bind("<Leave>", lambda event: self._point_at(None))
        self.canvas.bind("<Button-1>", self._on_click)
        explain(self.canvas, self._tip)
        self._hear_context()
        self._dress()

    def attend(self, context: MapContext) -> None:
        """Switches to another map."""
        if context is not self._context:
            self.hear_no_more()
            self._forget()
            self._context, self._state = context, context.state
            self._hear_context()

    def _hear_context(self) -> None:
        self.hear(self._on_probe, self._context.probe_changed)
        self.hear(self._again, self._context.ready, only=(ORIGINALS, PIXEL_INDEX))
        self.hear(self._again, self._shared.names_changed)
        self.hear(self._dress, self._shared.theme_changed)

    def _forget(self) -> None:
        """Forgets the current place."""
        self._context.workers.cancel(SLOT)
        self._context.marks.show(NEIGHBOURS)
        self._point_at(None)
        self._at, self.rows = None, ()

    # ---- what is nearest -------------------------------------------------------------------------

    def use(self, how: How) -> None:
        """Chooses what nearest means."""
        if how != self.how:
            self.how = how
            self._context.workers.cancel(SLOT)
            self._context.marks.show(NEIGHBOURS)
            self._dress()

    def other(self) -> None:
        """Switches to the other meaning of nearest."""
        self.use("pixels" if self.how == "map" else "map")

    def follow(self, place: Place, decoding: Decoding) -> None:
        """Shows the images nearest to a place on the map; images nearest in pixels follow later. The hot path."""
        self._at, self._decoding = place, decoding
        probe = self._probe
        if ORIGINALS not in probe.results:
            why, being_read = probe.unavailable(ORIGINALS), "the images are being read …"
            self._say(f"no images: {why}" if why else "" if probe.all_points is None else being_read)
        elif self.how == "map":
            if probe.neighbours is not None and self._count:
                points, distances = probe.neighbours.closest(place, self._count)
                self._show(probe.space.rows[points], points, distances)
        elif PIXEL_INDEX not in probe.results:
            self._context.need(PIXEL_INDEX)
            self._say(probe.unavailable(PIXEL_INDEX) or "the images are being compared …")
        else:
            self._context.workers.cancel(SLOT)
            self._moved_at = time.perf_counter()
            self._look_later()

    def wait(self, why: str) -> None:
        """Shows this text instead of images until `follow` is called."""
        if self.text != why:
            self._forget()
            self._say(why)

    def _again(self) -> None:
        if self._at is not None:
            self.rows = ()
            self.follow(self._at, self._decoding)

    def _on_probe(self) -> None:
        self._forget()
        self._arrange()

    # ---- in pixels -------------------------------------------------------------------------------

    def _look(self) -> None:
        """Starts the search in pixel space if the mouse rests; otherwise waits longer."""
        left = REST_MS - (time.perf_counter() - self._moved_at) * 1000
        if left > 0.5:
            self._look_later(max(round(left), 1))
            return
        decoding, k, index = self._decoding, self._count, self._probe.result(PIXEL_INDEX)
        if self.how != "pixels" or index is None or decoding is None or decoding.image is None or not k:
            return
        space, shared = self._probe.space, self._shared

        def work(tell: Tell, cancelled: Asked) -> tuple[np.ndarray, np.ndarray]:
            points = shared.shown(space.labels)
            shown = np.zeros(index.n, bool)
            shown[space.rows if points is None else space.rows[points]] = True
            return index.closest(decoding.image, k, None if shown.all() else shown, cancelled)

        self._context.workers.start(SLOT, work, self._take, self._on_failure, poll_ms=POLL_MS)

    def _take(self, found: tuple[np.ndarray, np.ndarray]) -> None:
        rows, distances = found
        space = self._probe.space
        points = np.array([space.index_of(int(row)) for row in rows], np.intp)
        self._show(rows, points, distances)
        self._context.marks.show(NEIGHBOURS, tuple(Mark((float(a), float(b))) for a, b in space.places[points]))

    # ---- thumbnails ------------------------------------------------------------------------------

    def _show(self, rows: np.ndarray, points: np.ndarray, distances: np.ndarray) -> None:
        """Shows images by their data rows, (k,), and points, (k,)."""
        self._distances = distances.tolist()
        shown = tuple(rows.tolist())
        if shown == self.rows and shown:
            return
        self.rows = shown
        if not shown:
            self._say("every class is hidden")
            return
        self._say("")
        space = self._probe.space
        labels = space.labels[points].tolist()
        bars = [class_colour(label) for label in labels] if self._shows_classes else []
        images = self._probe.known(ORIGINALS).images(rows)
        style = {"ground": self._theme.paper, "bars": bars, "bar": px(BAR), "gap": px(BAR)}
        self._picture.show(picture.film(images, self.size, pitch=self.pitch, cell=(self.size, self.size), **style))
        self._write(
            [self._short(label) for label in labels] if self._shows_classes else [self._name_of(row) for row in shown]
        )
        if self._pointed is not None:
            self._point_at(self._pointed)
        self._changed()

    def _shortened(self, label: int) -> str:
        """A class's name, shortened to fit below a thumbnail."""
        return shortened_in(self, self._probe.space.class_names[label], "TkDefaultFont", self.pitch - 2)

    def _say(self, text: str) -> None:
        """Shows why there are no thumbnails; "" removes the text."""
        if text == self.text:
            return
        self.text = text
        self.canvas.itemconfigure(self._message, text=text)
        if text:
            self.rows = ()
            self._picture.show(None)
            self._write([])
            self._context.marks.show(NEIGHBOURS)
            self._changed()

    def _write(self, names: list[str]) -> None:
        """Writes names below the first thumbnails; unchanged texts are not redrawn."""
        names += [""] * (len(self._labels) - len(names))
        for item, before, name in zip(self._labels, self._written, names, strict=False):
            if name != before:
                self.canvas.itemconfigure(item, text=name)
        self._written = names

    # ---- room and looks --------------------------------------------------------------------------

    def _on_configure(self, event: tk.Event) -> None:
        if event.width != self._width:
            self._width = event.width
            self._arrange()

    def _arrange(self) -> None:
        """Makes room for as many thumbnails as fit."""
        if not self._width:
            return
        side = max(self._probe.space.image_shape[:2])
        target = min(max(self._width / WANTED, px(SMALLEST)), px(LARGEST))
        self.size = round(target / side) * side or round(target)
        self._count = max((self._width + px(GAP)) // (self.size + px(GAP)), 1)
        spare = (self._width - self._count * self.size) // max(self._count - 1, 1)
        self.pitch = self.size + min(max(spare, 0), px(WIDEST_GAP))
        height = self.size + 2 * px(BAR)
        self._picture.show(None)
        self.canvas.configure(height=height + px(LABEL))
        self.canvas.itemconfigure(self._message, width=self._width)
        self.canvas.delete(*self._labels)
        middles = [slot * self.pitch + self.size / 2 for slot in range(self._count)]
        self._labels = [self.canvas.create_text(x, height + 1, anchor="n") for x in middles]
        self._written = [""] * self._count
        self._short.cache_clear()
        self._dress()

    def _dress(self) -> None:
        """Applies the theme, and marks the chosen meaning of nearest."""
        theme = self._theme
        self.canvas.configure(background=theme.paper)
        for item in (self._message, *self._labels):
            self.canvas.itemconfigure(item, fill=theme.faint)
        for how, choice in self._choices.items():
            choice.configure(style="Chosen.TLabel" if how == self.how else "Faint.TLabel")
        self._again()

    # ---- mouse -----------------------------------------------------------------------------------

    def _slot_at(self, x: int, y: int) -> int | None:
        slot, within = divmod(x, self.pitch)
        return slot if 0 <= slot < len(self.rows) and within < self.size and y >= 0 else None

    def _on_motion(self, event: tk.Event) -> None:
        slot = self._slot_at(event.x, event.y)
        if slot != self._pointed:
            self._point_at(slot)

    def _point_at(self, slot: int | None) -> None:
        """Rings the image of a thumbnail on the map."""
        if slot is None or slot >= len(self.rows):
            self._pointed = None
            self._context.marks.show(POINTED)
            self.canvas.configure(cursor="")
            return
        self._pointed = slot
        space = self._probe.space
        a, b = space.places[space.index_of(self.rows[slot])]
        self._context.marks.show(POINTED, (Mark((float(a), float(b)), colour="warning"),))
        self.canvas.configure(cursor="hand2")

    def _on_click(self, event: tk.Event) -> None:
        slot = self._slot_at(event.x, event.y)
        if slot is None:
            return
        space, row = self._probe.space, self.rows[slot]
        if space.labels[space.index_of(row)] not in self._shared.hidden:  # it may have been hidden a moment ago
            self._pin(row)

    def _tip(self) -> str:
        if self._pointed is None or self._pointed >= len(self.rows):
            return "the nearest real images; click one to pin it"
        row, distance = self.rows[self._pointed], self._distances[self._pointed]
        space, names = self._probe.space, self._probe.space.class_names
        name = f"{names[space.labels[space.index_of(row)]]}, " if names else ""
        far = f"{self._probe.distance_in_words(distance)}{' on the map' if space.projection is not None else ''}"
        return f"{name}{self._name_of(row)} (row {row}), distance {far}\nclick to pin it"
