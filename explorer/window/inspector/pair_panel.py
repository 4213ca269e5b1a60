"""The pictures of two maps side by side: at the cursor of the one, of the nearest real image on the other."""

from __future__ import annotations

import math
import tkinter as tk
from tkinter import ttk

from PIL import ImageTk

from explorer.analysis.probe import Decoding, Whereabouts
from explorer.drawing import picture
from explorer.drawing.pair import COLUMNS, ERRORS, GAP, ROWS, Pictures, Sheet, captions, pictures_of
from explorer.drawing.themes import THEMES, class_colour
from explorer.session.comparison import Counterpart, counterpart
from explorer.window.base.widgets import Listener, explain, fitted
from explorer.window.inspector.zoomed_image import ZoomedImage
from explorer.window.map.map_panel import RING
from explorer.window.map.marks import Mark
from explorer.window.pane.map_pane import MapPane

SMALLEST, LARGEST = 56, 320  # pixels of a picture
NARROWEST = 96  # pixels of a column: the words need them
DOT = 12  # pixels
NEAREST = "nearest"  # marks
BETWEEN = (
    "mean squared difference between the left picture and the real image",
    "mean squared difference between the two decoded pictures",
    "mean squared difference between the right picture and the real image",
)


class PairPanel(Listener):
    """What two decoders say: the left picture is of the left map, the right one of the right map, and between them is
    the real image nearest to the cursor. Below are their differences.

    Args:
        parent: widget.
        first, second: the maps.
        width, height: there is for the pictures, in pixels.
    """

    def __init__(self, parent: tk.Misc, first: MapPane, second: MapPane, width: int, height: int) -> None:
        super().__init__(parent)
        self.panes = first, second
        self._shared = first.shared
        self._room = 0, 0
        self._shown: Pictures | None = None
        self._found: tuple[MapPane, Decoding, Whereabouts, Counterpart] | None = None
        self._said: dict[tuple[tk.Widget, str], object] = {}
        self._dots: dict[str, ImageTk.PhotoImage] = {}
        ttk.Label(self, text="Decoded side by side", style="Title.TLabel").grid(
            row=0, columnspan=COLUMNS + 1, sticky="w", pady=(0, 6)
        )
        self._names = [ttk.Label(self, compound="left") for _ in range(COLUMNS)]
        self._codes = [ttk.Label(self, style="Faint.TLabel", font="ExplorerSmall") for _ in range(COLUMNS)]
        self._errors = [ttk.Label(self, style="Faint.TLabel", font="ExplorerSmall") for _ in range(COLUMNS)]
        self._picture = tk.Label(self, borderwidth=0, highlightthickness=0, anchor="nw")
        for row, labels in ((1, self._names), (2, self._codes), (4, self._errors)):
            for column, label in enumerate(labels):
                label.grid(row=row, column=column, sticky="w", pady=(0, 3) if row == 2 else 0)
        self._picture.grid(row=3, columnspan=COLUMNS, sticky="w")
        for label, what in zip(self._errors, BETWEEN, strict=True):
            explain(label, what)
        below = ttk.Frame(self)
        below.grid(row=5, columnspan=COLUMNS + 1, sticky="ew", pady=(4, 0))
        self._cue = ttk.Label(below)
        self._cue.pack(side="left")
        self._odds = ttk.Label(below, style="Faint.TLabel", font="ExplorerSmall")
        self._odds.pack(side="left", padx=(8, 0), pady=(2, 0))
        self.columnconfigure(COLUMNS, weight=1)
        self.hear(self._lay_out, self._shared.theme_changed)
        self.resize(width, height)

    def leave(self) -> None:
        """Takes its mark from the maps."""
        for pane in self.panes:
            pane.panel.marks.show(NEAREST)

    def resize(self, width: int, height: int) -> None:
        """Gives the pictures at most so many pixels."""
        if (width, height) != self._room:
            self._room = width, height
            self._lay_out()

    def _lay_out(self) -> None:
        theme, shape = THEMES[self._shared.theme], self.panes[0].state.space.image_shape
        wide, high = (self._room[0] - (COLUMNS - 1) * GAP) // COLUMNS, (self._room[1] - (ROWS - 1) * GAP) // ROWS
        side = min(wide, max(high, SMALLEST), LARGEST)
        self.sheet = Sheet(shape, max(side, 1), theme.paper, theme.lines, NARROWEST)
        self._enlarged = ZoomedImage(self, self.sheet.size, self.sheet.factor, "RGB")
        self._picture.configure(image=self._enlarged.photo)
        width = self.sheet.step * self.sheet.factor
        for column in range(COLUMNS):
            self.columnconfigure(column, minsize=width if column < COLUMNS - 1 else width - GAP)
        self._room_for_name = width - 6
        self._said.clear()
        if self._shown is not None:
            self._enlarged.show(self.sheet.levels(self._shown))
        if self._found is not None:
            self.say()

    def boxes_on_screen(self) -> list[list[int]]:
        """The six pictures in screen pixels, row by row: x, y, width, height of each."""
        factor, (width, height) = self.sheet.factor, self.sheet.each
        x, y = self._picture.winfo_rootx(), self._picture.winfo_rooty()
        return [
            [x + factor * left, y + factor * top, factor * width, factor * height] for left, top in self.sheet.corners()
        ]

    # ---- what is shown ---------------------------------------------------------------------------

    def follow(self, pane: MapPane, decoding: Decoding) -> Counterpart:
        """Leads the other map's cursor to the real image nearest to this one's, and shows what both decode; the hot
        path.

        Args:
            pane: whose cursor was moved.
            decoding: of the place under it.
        """
        here, there = self.panes if pane is self.panes[0] else self.panes[::-1]
        whereabouts = here.probe.locate(here.state.cursor)
        found = counterpart(here.probe, whereabouts, there.probe)
        there.state.lead_cursor(found.place)
        self._ring(here, there, whereabouts)
        self._shown = pictures_of(here.probe, decoding, found, first=here is self.panes[0])
        self._found = here, decoding, whereabouts, found
        self._enlarged.show(self.sheet.levels(self._shown))
        return found

    def _ring(self, here: MapPane, there: MapPane, whereabouts: Whereabouts) -> None:
        """Rings the real image on the map whose cursor leads, unless it is within the crosshair's ring."""
        ringed: tuple[Mark, ...] = ()
        if whereabouts.nearest is not None:
            place, pixel_at = tuple(here.state.space.places[whereabouts.nearest].tolist()), here.panel.map.pixel_at
            if math.dist(pixel_at(place), pixel_at(here.state.cursor)) > RING:
                ringed = (Mark(place),)
        here.panel.marks.show(NEAREST, ringed)
        there.panel.marks.show(NEAREST)

    def say(self) -> None:
        """Says what is known about what is shown."""
        here, decoding, whereabouts, found = self._found
        there = self.panes[1] if here is self.panes[0] else self.panes[0]
        words = here.probe.words(decoding, whereabouts)
        leading, real, other = captions(here.probe, there.probe, decoding, whereabouts, found)
        lead = self.panes.index(here) * 2  # the column
        for column, caption in ((lead, leading), (1, real), (2 - lead, other)):
            self._set(self._names[column], text=self._fitted(column, caption.name))
            self._set(self._codes[column], text=caption.below)
        self._set(self._names[lead], style="Key.TLabel")
        self._set(self._names[2 - lead], style="TLabel")
        self._set(self._names[1], image="" if real.label is None else self._dot(real.label))
        for label, error, what in zip(self._errors, self._shown.errors(), ERRORS, strict=True):
            self._set(label, text="" if error is None else f"{what} {error:.4f}")
        self._set(self._cue, text=words["note"] or words["cue"])
        good = whereabouts.on_map and not words["note"]
        self._set(self._cue, style="Agrees.TLabel" if good else "Note.TLabel")
        self._set(self._odds, text=words["odds"])

    def _fitted(self, column: int, text: str) -> str:
        return fitted(self._names[column], text, self._room_for_name - (DOT + 4 if column == 1 else 0))

    def _set(self, widget: ttk.Label, **options) -> None:
        """Configures what differs from the last time: even the same text again would be drawn again."""
        for name, value in options.items():
            if self._said.get((widget, name)) != value:
                self._said[widget, name] = value
                widget.configure({name: value})

    def _dot(self, label: int) -> ImageTk.PhotoImage:
        colour = class_colour(label)
        if colour not in self._dots:
            self._dots[colour] = ImageTk.PhotoImage(picture.dot(colour, DOT), master=self)
        return self._dots[colour]
