"""The pictures of two maps side by side: at the cursor of the one, of the nearest real image on the other."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

from explorer.analysis.probe import Decoding, Whereabouts
from explorer.drawing.pair import COLUMNS, ERRORS, GAP, ROWS, Pictures, Sheet, captions, pictures_of
from explorer.drawing.themes import THEMES
from explorer.session.comparison import Counterpart, counterpart
from explorer.window.base.scale import px
from explorer.window.base.widgets import Listener, class_dots, explain, fitted, packed
from explorer.window.inspector.part import is_beyond_ring
from explorer.window.inspector.redraw import SteadyLabel, ZoomedImage
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
        self._found: tuple[MapPane, MapPane, Decoding, Whereabouts, Counterpart] | None = None
        self._dot = class_dots(self, px(DOT))
        title = ttk.Label(self, text="Decoded side by side", style="Title.TLabel")
        title.grid(row=0, columnspan=COLUMNS + 1, sticky="w", pady=px(0, 6))
        self._names = [SteadyLabel(self, compound="left") for _ in range(COLUMNS)]
        self._codes = [SteadyLabel(self, style="Faint.TLabel", font="ExplorerSmall") for _ in range(COLUMNS)]
        self._errors = [SteadyLabel(self, style="Faint.TLabel", font="ExplorerSmall") for _ in range(COLUMNS)]
        self._picture = tk.Label(self, borderwidth=0, highlightthickness=0, anchor="nw")
        for row, labels in ((1, self._names), (2, self._codes), (4, self._errors)):
            for column, label in enumerate(labels):
                label.grid(row=row, column=column, sticky="w", pady=px(0, 3) if row == 2 else 0)
        self._picture.grid(row=3, columnspan=COLUMNS, sticky="w")
        for label, what in zip(self._errors, BETWEEN, strict=True):
            explain(label, what)
        below = ttk.Frame(self)
        below.grid(row=5, columnspan=COLUMNS + 1, sticky="ew", pady=px(4, 0))
        self._cue = packed(SteadyLabel(below), side="left")
        self._odds = SteadyLabel(below, style="Faint.TLabel", font="ExplorerSmall")
        self._odds.pack(side="left", padx=px(8, 0), pady=px(2, 0))
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
        side = min(wide, max(high, px(SMALLEST)), px(LARGEST))
        self.sheet = Sheet(shape, max(side, 1), theme.paper, theme.lines, px(NARROWEST))
        self._enlarged = ZoomedImage(self, self.sheet.size, self.sheet.factor, "RGB")
        self._picture.configure(image=self._enlarged.photo)
        width = self.sheet.step * self.sheet.factor
        for column in range(COLUMNS):
            self.columnconfigure(column, minsize=width if column < COLUMNS - 1 else width - GAP)
        self._room_for_name = width - 6
        if self._shown is not None:
            self._enlarged.show(self.sheet.levels(self._shown))
        if self._found is not None:
            self.say()

    def boxes_on_screen(self) -> list[list[int]]:
        """The six pictures in screen pixels, row by row: x, y, width, height of each."""
        factor, (width, height) = self.sheet.factor, self.sheet.each
        x, y, corners = self._picture.winfo_rootx(), self._picture.winfo_rooty(), self.sheet.corners()
        return [[x + factor * left, y + factor * top, factor * width, factor * height] for left, top in corners]

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
        self._found = here, there, decoding, whereabouts, found
        self._enlarged.show(self.sheet.levels(self._shown))
        return found

    def _ring(self, here: MapPane, there: MapPane, whereabouts: Whereabouts) -> None:
        """Rings the real image on the map whose cursor leads, unless it is within the crosshair's ring."""
        ringed: tuple[Mark, ...] = ()
        if whereabouts.nearest is not None:
            place = tuple(here.state.space.places[whereabouts.nearest].tolist())
            if is_beyond_ring(here, place):
                ringed = (Mark(place),)
        here.panel.marks.show(NEAREST, ringed)
        there.panel.marks.show(NEAREST)

    def say(self) -> None:
        """Says what is known about what is shown."""
        here, there, decoding, whereabouts, found = self._found
        words = here.probe.words(decoding, whereabouts)
        leading, real, other = captions(here.probe, there.probe, decoding, whereabouts, found)
        lead = self.panes.index(here) * 2  # the column
        for column, caption in ((lead, leading), (1, real), (2 - lead, other)):
            name, room = self._names[column], self._room_for_name - (px(DOT) + 4 if column == 1 else 0)
            name.say(text=fitted(name, caption.name, room), style="Key.TLabel" if column == lead else "TLabel")
            self._codes[column].say(text=caption.below)
        self._names[1].say(image="" if real.label is None else self._dot(real.label))
        for label, error, what in zip(self._errors, self._shown.errors(), ERRORS, strict=True):
            label.say(text="" if error is None else f"{what} {error:.4f}")
        good = whereabouts.on_map and not words["note"]
        self._cue.say(text=words["note"] or words["cue"], style="Agrees.TLabel" if good else "Note.TLabel")
        self._odds.say(text=words["odds"])
