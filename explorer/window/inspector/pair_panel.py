"""The pictures below two maps: at the cursor of one, and of the nearest real image on the other."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from dataclasses import dataclass
from tkinter import ttk

import numpy as np
from PIL import Image, ImageTk

from explorer.analysis.probe import Decoding, Whereabouts
from explorer.drawing import picture
from explorer.drawing.pair import COLUMNS, COMPARED, ENDS, ERRORS, Pictures, Sheet, captions, pictures_of
from explorer.drawing.pin_card import coloured
from explorer.drawing.themes import THEMES
from explorer.session.comparison import Counterpart, counterpart
from explorer.window.base.scale import px
from explorer.window.base.widgets import (
    Listener,
    class_dots,
    explain,
    fitted,
    line_height,
    packed,
    shortened_in,
    text_width,
)
from explorer.window.inspector.part import is_beyond_ring
from explorer.window.inspector.redraw import SteadyLabel, ZoomedImage
from explorer.window.map.marks import Mark
from explorer.window.pane.map_pane import MapPane

LARGEST = 320  # pixels of a picture
WIDEST_PITCH = 120  # pixels from one picture to the next, unless the pictures are wider: the words need them
MARGIN, GAP = 8, 8  # pixels: around the pictures, between two of them
DOT = 12  # pixels
SCALE = 72, 8  # pixels: width and height of the colour scale
NEAREST = "nearest"  # marks
SMALL = "ExplorerSmall"  # font
PICTURED = (
    "the picture that the left map's decoder makes from the code below",
    "the real image nearest to the cursor",
    "the picture that the right map's decoder makes from the code below",
)
BETWEEN = (
    "mean squared difference between the left picture and the real image",
    "mean squared difference between the two decoded pictures",
    "mean squared difference between the right picture and the real image",
)
ABOUT_SCALE = "the difference of each pixel: 0 where both are equal, 1 where one is black and the other white"


@dataclass(frozen=True)
class Room:
    """The room for the pictures of two maps.

    Attributes:
        width: in pixels.
        side: of a picture, at most, in pixels.
        beside: whether it is beside the maps, not below them.
    """

    width: int
    side: int
    beside: bool = False


class Row(ttk.Frame):
    """Three pictures in a row below one of the maps, with two lines above them and some below.

    Attributes:
        above: the labels of the first line above the pictures.
        second, below: frames for the second line, and for the lines below.
    """

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        self.above = [SteadyLabel(self, compound="left") for _ in range(COLUMNS)]
        for column, label in enumerate(self.above):
            label.grid(row=0, column=column, sticky="w")
        self.rowconfigure(0, minsize=line_height(self, "TkDefaultFont"))  # also where the names are in a smaller font
        self.second, self.below = ttk.Frame(self), ttk.Frame(self)
        self._picture = tk.Label(self, borderwidth=0, highlightthickness=0, anchor="nw")
        self.second.grid(row=1, columnspan=COLUMNS, sticky="ew", pady=px(0, 3))
        self._picture.grid(row=2, columnspan=COLUMNS, sticky="w")
        self.below.grid(row=3, columnspan=COLUMNS, sticky="ew", pady=px(2, 0))

    def lay_out(self, sheet: Sheet) -> None:
        """Sets the sizes of its cells from a sheet."""
        self._sheet = sheet
        self._enlarged = ZoomedImage(self, sheet.size, sheet.factor, "RGB")
        self._picture.configure(image=self._enlarged.photo)
        self.columnconfigure((0, 1), minsize=sheet.step * sheet.factor)
        self.columnconfigure(COLUMNS - 1, weight=1)  # takes what the picture needs beyond the labels

    def show(self, images: Sequence[np.ndarray | None]) -> None:
        """Shows three images: see `Sheet.levels`."""
        self._enlarged.show(self._sheet.levels(images))

    def boxes_on_screen(self) -> list[list[int]]:
        """The positions of the three pictures in screen pixels: x, y, width, height of each."""
        factor, step, (width, height) = self._sheet.factor, self._sheet.step, self._sheet.each
        x, y = self._picture.winfo_rootx(), self._picture.winfo_rooty()
        return [[x + factor * step * column, y, factor * width, factor * height] for column in range(COLUMNS)]


class PairPanel(Listener):
    """What two decoders make of one image: below the left map the left map's picture, the real image nearest to the
    cursor and the right map's picture; below the right map the differences of these three, with their colour scale.
    Beside the maps, the differences stand below the pictures.

    Its height depends on the room that it is given alone, so that new words never move the maps.

    Args:
        parent: widget.
        first, second: the maps.
        room: see `resize`.
    """

    def __init__(self, parent: tk.Misc, first: MapPane, second: MapPane, room: Room) -> None:
        super().__init__(parent)
        self.panes = first, second
        self._shared = first.shared
        self._room: Room | None = None
        self._shown: Pictures | None = None
        self._found: tuple[MapPane, MapPane, Decoding, Whereabouts, Counterpart] | None = None
        self._dot = class_dots(self, px(DOT))
        self._rows = self._images, self._differences = Row(self), Row(self)
        self._build_images(self._images)
        self._build_differences(self._differences)
        self.grid_propagate(False)
        self.columnconfigure(0, weight=1, uniform="maps")
        self.hear(self._lay_out, self._shared.theme_changed)
        self.resize(room)

    def _build_images(self, row: Row) -> None:
        for label, what in zip(row.above, PICTURED, strict=True):
            explain(label, what)
        self._codes = _small_labels(row.second)
        self._cue = packed(SteadyLabel(row.below), anchor="w")
        self._odds = packed(SteadyLabel(row.below, style="Faint.TLabel", font=SMALL), anchor="w")

    def _build_differences(self, row: Row) -> None:
        low, self._high = (ttk.Label(row.second, text=end, style="Faint.TLabel", font=SMALL) for end in ENDS)
        width, height = px(*SCALE)
        levels = coloured(np.linspace(0, 1, width))[None].repeat(height, axis=0)
        self._scale = ImageTk.PhotoImage(Image.fromarray(levels), master=self)
        bar = tk.Label(row.second, image=self._scale, borderwidth=0, highlightthickness=0)
        for part in (low, bar, self._high):
            explain(packed(part, side="left", padx=px(0, 6)), ABOUT_SCALE)
        self._errors = _small_labels(row.below)
        for labels in (row.above, self._errors):
            for label, what in zip(labels, BETWEEN, strict=True):
                explain(label, what)

    def leave(self) -> None:
        """Removes its mark from the maps."""
        for pane in self.panes:
            pane.panel.marks.show(NEAREST)

    def resize(self, room: Room) -> None:
        """Takes the room below two maps, or beside them."""
        if room != self._room:
            self._room = room
            self._lay_out()

    def _lay_out(self) -> None:
        theme, shape = THEMES[self._shared.theme], self.panes[0].state.space.image_shape
        width, side, beside = self._room.width, self._room.side, self._room.beside
        across, margin, gap = (width, 0, px(GAP)) if beside else (width // 2, px(MARGIN), px(GAP))
        widest = (across - margin) // COLUMNS  # from one picture to the next
        side = max(min(side, widest - gap, px(LARGEST)), 1)
        wide = picture.shown_size(shape, side)[0] + gap
        sheet = Sheet(shape, side, theme.paper, theme.lines, max(min(px(WIDEST_PITCH), widest), wide), gap)
        pitch = sheet.step * sheet.factor
        self._column = pitch - gap  # room for words
        axes = round(self.panes[0].panel.map.box[0])
        left = margin if beside else max(min(axes, across - COLUMNS * pitch + gap), margin)  # below the axes if it fits
        self._line = across - left  # room for a line
        self.columnconfigure(1, weight=0 if beside else 1, uniform="" if beside else "maps")
        for number, row in enumerate(self._rows):
            row.lay_out(sheet)
            place = {"row": number, "column": 0} if beside else {"row": 0, "column": number}
            row.grid(**place, sticky="nw", padx=(left, 0), pady=px(4, 0))
        for label in (*self._codes, *self._errors):
            label.master.columnconfigure((0, 1), minsize=pitch)
            label.configure(wraplength=self._column)
        widest_in = lambda font: max(text_width(self, compared, font) for compared in COMPARED)  # noqa: E731
        font, between = ("TkDefaultFont" if widest_in("TkDefaultFont") <= self._column else SMALL), " and "
        if widest_in(font) > self._column:
            between = " / "
        for label, compared in zip(self._differences.above, COMPARED, strict=True):
            label.say(text=compared.replace(" and ", between), font=font)
        full = px(SCALE[0]) + 2 * px(6) + sum(text_width(self, end, SMALL) for end in ENDS) <= COLUMNS * pitch
        self._high.configure(text=ENDS[1] if full else ENDS[1].split(",")[0])
        lines = 2 + max(self._lines(f"{what} 0.0000") for what in ERRORS)  # the code above, and one to spare
        words = line_height(self, "TkDefaultFont") + lines * line_height(self, SMALL)
        self.configure(height=(words + sheet.each[1] * sheet.factor + px(8)) * (1 + beside))
        if self._found is not None:
            self._images.show(self._shown.levels())
            self.show_rest()

    def _lines(self, text: str) -> int:
        """How many lines a text below a picture takes."""
        lines, line = 1, ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if line and text_width(self, longer, SMALL) > self._column:
                lines, longer = lines + 1, word
            line = longer
        return lines

    def boxes_on_screen(self) -> list[list[int]]:
        """The three pictures and their three differences in screen pixels: x, y, width, height of each."""
        return [box for row in self._rows for box in row.boxes_on_screen()]

    # ---- what is shown ---------------------------------------------------------------------------

    def follow(self, pane: MapPane, decoding: Decoding) -> Counterpart:
        """Moves the other map's cursor to the real image nearest to this one's, and shows the three pictures; the hot
        path.

        Args:
            pane: the map whose cursor was moved.
            decoding: what is decoded there.
        """
        here, there = self.panes if pane is self.panes[0] else self.panes[::-1]
        whereabouts = here.probe.locate(here.state.cursor)
        found = counterpart(here.probe, whereabouts, there.probe)
        there.state.lead_cursor(found.place)
        self._ring(here, there, whereabouts)
        self._shown = pictures_of(here.probe, decoding, found, first=here is self.panes[0])
        self._found = here, there, decoding, whereabouts, found
        self._images.show(self._shown.levels())
        return found

    def _ring(self, here: MapPane, there: MapPane, whereabouts: Whereabouts) -> None:
        """Rings the real image on the map under the mouse, unless it is within the crosshair's ring."""
        ringed: tuple[Mark, ...] = ()
        if whereabouts.nearest is not None:
            place = tuple(here.state.space.places[whereabouts.nearest].tolist())
            if is_beyond_ring(here, place):
                ringed = (Mark(place),)
        here.panel.marks.show(NEAREST, ringed)
        there.panel.marks.show(NEAREST)

    def show_rest(self) -> None:
        """Shows the differences of the pictures, and the texts about them. The map under the mouse is emphasised."""
        self._differences.show(self._shown.differences())
        here, there, decoding, whereabouts, found = self._found
        first = here is self.panes[0]
        written = captions(here.probe, there.probe, decoding, whereabouts, found, first=first)
        lead = 0 if first else COLUMNS - 1  # the column
        for column, caption in enumerate(written):
            name, dot = self._images.above[column], "" if caption.label is None else self._dot(caption.label)
            room = self._column - (px(DOT) + 4 if dot else 0)
            style = "Key.TLabel" if column == lead else "TLabel"
            name.say(text=fitted(name, caption.name, room), image=dot, style=style)
            below = caption.below
            numbers = below.removeprefix("z ").removeprefix("at ")
            shorter = numbers, numbers.strip("()")
            self._codes[column].say(text=self._fitting(self._column, below, *shorter))
        for label, error, what in zip(self._errors, self._shown.errors(), ERRORS, strict=True):
            label.say(text="" if error is None else f"{what} {error:.4f}")
        words = here.probe.words(decoding, whereabouts)
        good = whereabouts.on_map and not words["note"]
        self._cue.say(text=words["note"] or words["cue"], style="Agrees.TLabel" if good else "Note.TLabel")
        odds, short = words["odds"], words["odds"].split(": ")[-1]
        self._odds.say(text=self._fitting(self._line, odds, short, short.split(" are ")[0]))

    def _fitting(self, room: int, *texts: str) -> str:
        """The first of some texts for which there is room, in pixels; the last one with an ellipsis where there is
        none."""
        fits = (text for text in texts if text_width(self, text, SMALL) <= room)
        return next(fits, shortened_in(self, texts[-1], SMALL, room))


def _small_labels(parent: tk.Misc) -> list[SteadyLabel]:
    """A label for each picture, in a row."""
    labels = [SteadyLabel(parent, style="Faint.TLabel", font=SMALL) for _ in range(COLUMNS)]
    for column, label in enumerate(labels):
        label.grid(row=0, column=column, sticky="nw")
    return labels
