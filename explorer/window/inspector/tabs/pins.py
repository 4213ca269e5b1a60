"""The pinned images: original, reconstruction, difference, error and neighbours of each."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass, field
from tkinter import ttk

import numpy as np
from PIL import Image, ImageTk

from explorer.analysis.analyses import ERRORS, ORIGINALS
from explorer.analysis.best_places import BEST_PLACES, best_place
from explorer.analysis.probe import columns_in_words
from explorer.drawing import picture, pin_card
from explorer.drawing.themes import class_colour
from explorer.images import datasets
from explorer.session import finding
from explorer.spaces import prior
from explorer.window.base.mouse import bind_wheel
from explorer.window.base.scale import px, scale
from explorer.window.base.widgets import Later, grid_if, line_height, scrolled_canvas, shortened_in
from explorer.window.inspector.part import Tab
from explorer.window.map.marks import numbered
from explorer.window.pane.context import MapContext

HINT = (
    "Each dot is an image that the encoder turned into two numbers. Move the mouse over the map: the decoder turns "
    "the place under it back into a picture.\n\nClick to pin the nearest real image."
)
NEIGHBOURS = 10
PAD, BESIDE, BETWEEN = 8, 9, 8  # pixels: inside a card, between pictures and words, between cards
ROOM_FOR_WORDS = 90  # pixels, at least
LARGEST_SIDE = 168  # pixels of a picture
CLOSER = 26  # pixels: the corner that removes a pin
BADGE = 9  # pixels: radius, as on the map
DOT = 11  # pixels
TEXT, SMALL, BOLD = "TkDefaultFont", "TkSmallCaptionFont", "ExplorerKey"


@dataclass
class _Card:
    """The card of one pin.

    Attributes:
        number: the pin's number, as on the map.
        top: upper edge in canvas pixels.
        pictures: kept here because Tk does not keep them.
    """

    number: int
    top: int
    pictures: list[ImageTk.PhotoImage] = field(default_factory=list)


class PinsTab(Tab):
    """Cards of the pinned images, the newest first.

    The cards are items on one canvas: a pin draws its own card and moves the others.

    Args:
        parent: widget.
        context: of the map.
    """

    title = "Pins"

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._cards: dict[int, _Card] = {}  # by data row
        self._side = self._height = 0  # side of a picture; height of a card
        self._pointer = ""
        self._redraw_soon = Later(self, self._redraw)  # decoder, points and others may become ready one after the other
        self._hint = ttk.Label(self, text=HINT, justify="left", style="Faint.TLabel")
        self._canvas, self._bar = scrolled_canvas(self, yscrollincrement=1)
        self._hint.grid(row=0, column=0, columnspan=2, sticky="new", padx=px(10), pady=px(6))
        self._hint.lift()
        self._canvas.bind("<Button-1>", self._on_click)
        self._canvas.bind("<Motion>", self._on_motion)
        bind_wheel(self._canvas, self._scroll)
        self._canvas.bind("<Configure>", lambda event: self._redraw())
        self.bind("<Configure>", lambda event: self._hint.configure(wraplength=event.width - px(28)))
        self.bind("<Map>", lambda event: self._arrange())
        self.hear(self._redraw_soon, context.ready, only=(ORIGINALS, "decoder", "points"))
        self.hear(self._ask, context.ready, only=("decoder",))
        self.hear(self._show_shares, context.ready, only=(ERRORS,))
        self.hear(self._show_best, context.ready, only=(BEST_PLACES,))
        self.hear(self._redraw_soon, context.probe_changed)
        self.hear(self._ask, context.probe_changed)
        self.hear_now(self._on_pins, context.shared.pins_changed)
        self.hear_now(self._redraw, context.shared.theme_changed)

    # ---- changes ----------------------------------------------------------------------------

    def _on_pins(self) -> None:
        self._arrange()
        if self._shared.pins:
            self._context.need(ERRORS)

    def _ask(self) -> None:
        """Requests the errors. For a training run, only the next pin does, or all images would be reconstructed after
        each epoch."""
        if self._shared.pins and "run" not in self._probe.space.card and self._probe.decoder is not None:
            self._context.need(ERRORS)

    def _show_shares(self) -> None:
        for row in self._cards:
            self._canvas.itemconfigure(f"share-{row}", text=self._share(row))

    def _show_best(self) -> None:
        for row in self._cards:
            self._canvas.itemconfigure(f"best-{row}", text=self._best(row))

    # ---- cards -----------------------------------------------------------------------------------

    def _redraw(self) -> None:
        """Redraws all cards, after a change of size, theme or space."""
        self._canvas.delete("all")
        self._cards.clear()
        self._canvas.configure(background=self._theme.paper)
        self._measure()
        self._arrange(to_top=False)

    def _measure(self) -> None:
        """Computes the sizes of pictures and cards from the size of the tab."""
        shape, width = self._probe.space.image_shape, self._canvas.winfo_width()
        room = width - 2 * px(PAD) - px(BESIDE) - px(ROOM_FOR_WORDS) - 2 * px(pin_card.GAP)
        self._side = min(max(room // 3, px(40)), px(LARGEST_SIDE))
        self._line, self._small_line = line_height(self, TEXT), line_height(self, SMALL)
        _, (_, thumb) = pin_card.thumbnail_size(shape, width - 2 * px(PAD), NEIGHBOURS, scale())
        words = px(PAD) + 2 * px(BADGE) + 4 + 2 * (self._line + 2) + 4 * self._small_line
        self._below = max(px(PAD) + pin_card.row_size(shape, self._side, scale())[1] + 2 + self._small_line, words) + 6
        self._height = self._below + self._small_line + 3 + thumb + px(1 + pin_card.STRIPE) + px(PAD)

    def _arrange(self, to_top: bool = True) -> None:
        """Makes a card for each pin, the newest on top; existing cards are moved."""
        if not self.winfo_ismapped() or self._canvas.winfo_width() <= 1:
            return  # done when the tab is shown
        pins = numbered(self._state.space, self._shared)[::-1]
        for row in self._cards.keys() - {row for _, row, _ in pins}:
            self._canvas.delete(_tag(row))
            del self._cards[row]
        fresh = []
        for place, (number, row, point) in enumerate(pins):
            top = place * (self._height + px(BETWEEN))
            if row not in self._cards:
                self._cards[row] = _Card(number, top)
                fresh.append((row, point))
            card = self._cards[row]
            self._canvas.move(_tag(row), 0, top - card.top)
            self._canvas.itemconfigure(f"number-{row}", text=str(number))
            card.top, card.number = top, number
        self._draw(fresh)
        total = len(pins) * (self._height + px(BETWEEN)) - px(BETWEEN)
        self._canvas.configure(scrollregion=(0, 0, self._canvas.winfo_width(), max(total, 1)))
        if fresh and to_top:
            self._canvas.yview_moveto(0)
        grid_if(not pins, self._hint)
        grid_if(bool(pins), self._bar)

    def _draw(self, pins: list[tuple[int, int]]) -> None:
        """Draws the cards of some pins, given as data row and point."""
        if not pins:
            return
        decoder, codes = self._probe.decoder, self._probe.space.codes[[point for _, point in pins]]
        reconstructions = [None] * len(pins) if decoder is None else decoder(codes)
        for (row, point), reconstruction in zip(pins, reconstructions, strict=True):
            self._draw_card(row, point, reconstruction)

    def _draw_card(self, row: int, point: int, reconstruction: np.ndarray | None) -> None:
        canvas, card, space = self._canvas, self._cards[row], self._probe.space
        theme, tag, top, width = self._theme, _tag(row), card.top, canvas.winfo_width()
        box = 0, top, width - 1, top + self._height - 1
        canvas.create_rectangle(*box, fill=theme.canvas, outline=theme.lines, tags=tag)
        images: datasets.Dataset | None = self._probe.result(ORIGINALS)
        original = None if images is None else images.images(np.array([row]))[0]

        each = picture.shown_size(space.image_shape, self._side)[0]
        left = px(PAD) + 2 * (each + px(pin_card.GAP))  # of the last picture
        if not space.has_decoder:  # nor images
            text = columns_in_words(space, point)
            item = self._write(row, px(PAD), top + px(PAD), text, theme.ink, TEXT)
            canvas.itemconfigure(item, width=left + each - px(PAD))
            self._draw_words(row, point, left + each + px(BESIDE), "")
            return
        colours = theme.canvas, theme.lines
        shown = pin_card.row(original, reconstruction, space.image_shape, self._side, *colours, scale())
        self._put(row, shown, px(PAD), top + px(PAD))
        under = top + px(PAD) + shown.height + 2
        decoded = "on the plane" if self._context.opened.plane_fixed else "decoded"
        for place, text in enumerate(("original", decoded, "difference")):
            left = px(PAD) + place * (each + px(pin_card.GAP))
            if shortened_in(self, text, SMALL, each - 2 * px(BADGE)) == text:
                self._write(row, left + each / 2, under, text, theme.faint, SMALL, "n")
        self._write(row, left, under, "0", theme.faint, SMALL)
        self._write(row, left + each, under, "1", theme.faint, SMALL, "ne")

        error = _error(original, reconstruction, bool(self._probe.unavailable(ORIGINALS)))
        self._draw_words(row, point, left + each + px(BESIDE), error)
        self._draw_neighbours(row, point, images)

    def _draw_words(self, row: int, point: int, left: float, error: str) -> None:
        """Writes what is known about a pinned image, from `left` to the right edge."""
        canvas, card, space, theme = self._canvas, self._cards[row], self._probe.space, self._theme
        tag, top, width = _tag(row), card.top, canvas.winfo_width()
        x, y = left + 1 + px(BADGE), top + px(PAD) + px(BADGE)
        badge = x - px(BADGE), y - px(BADGE), x + px(BADGE), y + px(BADGE)
        canvas.create_oval(*badge, outline=theme.crosshair, width=px(2), tags=tag)
        self._write(row, x, y, str(card.number), theme.ink, "ExplorerMark", "center", f"number-{row}")
        self._write(row, width - px(PAD), y, "✕", theme.faint, TEXT, "e")
        room, line = width - px(PAD) - left, y + px(BADGE) + 4
        name = self._name_of(row)
        self._write(row, left, line, shortened_in(self, name, BOLD, room), theme.ink, BOLD)
        line += self._line + 2
        if space.class_names:
            label = int(space.labels[point])
            self._put(row, picture.dot(class_colour(label), px(DOT)), left, line + (self._line - px(DOT)) // 2)
            text = shortened_in(self, space.class_names[label], TEXT, room - px(DOT) - 4)
            self._write(row, left + px(DOT) + 4, line, text, theme.ink, TEXT)
            line += self._line + 1
        self._write(row, left, line, error, theme.ink, SMALL)
        line += self._small_line + 1
        self._write(row, left, line, self._best(row), theme.ink, SMALL, name=f"best-{row}")
        line += self._small_line + 1
        self._write(row, left, line, self._share(row), theme.faint, SMALL, name=f"share-{row}")

    def _draw_neighbours(self, row: int, point: int, images: datasets.Dataset | None) -> None:
        """Draws the code, and the images nearest to a pinned one, below its pictures."""
        canvas, space, theme, width = self._canvas, self._probe.space, self._theme, self._canvas.winfo_width()
        below = self._cards[row].top + self._below
        nearest, code = self._below_pictures(point, images is not None, width - 2 * px(PAD))
        self._write(row, width - px(PAD), below, code, theme.faint, SMALL, "ne")
        if images is None:
            why = self._probe.unavailable(ORIGINALS) or "the images are being read …"
            why = shortened_in(self, why, SMALL, 2 * (width - 2 * px(PAD)) - px(40))  # in two lines
            item = self._write(row, px(PAD), below + self._small_line + 3, why, theme.warning, SMALL)
            canvas.itemconfigure(item, width=width - 2 * px(PAD))
            return
        self._write(row, px(PAD), below, nearest, theme.faint, SMALL)
        nearest = self._nearest(point)
        if len(nearest):
            colours = [class_colour(int(label)) for label in space.labels[nearest]] if space.class_names else []
            thumbs = images.images(space.rows[nearest])
            made = pin_card.thumbnails(thumbs, colours, width - 2 * px(PAD), NEIGHBOURS, theme.canvas, scale())
            self._put(row, made, px(PAD), below + self._small_line + 3)

    def _put(self, row: int, made: Image.Image, x: float, y: float) -> None:
        photo = ImageTk.PhotoImage(made, master=self)
        self._cards[row].pictures.append(photo)
        self._canvas.create_image(x, y, image=photo, anchor="nw", tags=_tag(row))

    def _write(
        self, row: int, x: float, y: float, text: str, colour: str, font: str, anchor: str = "nw", name: str = ""
    ) -> int:
        tags = (_tag(row), name) if name else _tag(row)
        return self._canvas.create_text(x, y, text=text, fill=colour, font=font, anchor=anchor, tags=tags)

    # ---- texts -----------------------------------------------------------------------------------

    def _below_pictures(self, point: int, nearest: bool, room: int) -> tuple[str, str]:
        """The texts below the pictures. Left: the heading of the neighbours, if there are any. Right: the code, and the
        width of its cloud, if it has one. Both are shortened to fit."""
        space = self._probe.space
        left, code = (
            "nearest on the map",
            f"{'code' if space.projection is None else 'place'} {self._probe.code_in_words(space.codes[point])}",
        )
        around = prior.deviations(space, point)
        if around is None or len(around) > 2:
            return left, code
        wide = " × ".join(f"{each:.{2 if min(around) >= 0.1 else 3}f}" for each in around)
        cloud, short = f"{code}, its cloud: σ {wide}", f"{code}, σ {wide}"
        for texts in ((left, cloud), ("nearest", cloud), (left, short), ("nearest", short)):
            line = "   ".join(texts if nearest else ("", texts[1]))
            if shortened_in(self, line, SMALL, room) == line:
                break
        return texts

    def _best(self, row: int) -> str:
        """The error where the decoder draws the image best, at the end of the arrow on the map."""
        best = best_place(self._probe, row)
        where = "at best" if self._probe.space.dimensions < 3 else "on plane"  # codes beside it may have less
        if best is None:
            never = any(map(self._probe.unavailable, (ORIGINALS, BEST_PLACES))) or "run" in self._probe.space.card
            return "" if never else f"{where} …"
        return f"{where} {best.error:.4f}"

    def _share(self, row: int) -> str:
        """The share of images with a better reconstruction than this one."""
        errors, point = self._probe.result(ERRORS), self._probe.space.index_of(row)
        if errors is None or point is None:
            return "" if self._probe.unavailable(ERRORS) else "…"
        return f"worse than\n{finding.rounded(finding.percentile(errors, point))} % of all"

    def _nearest(self, point: int) -> np.ndarray:
        """The points nearest to a point, without itself, (k,) intp; empty until they are known."""
        if self._probe.all_points is None:
            return np.empty(0, np.intp)
        place = tuple(self._probe.space.places[point].tolist())
        found, _ = self._probe.all_points.closest(place, NEIGHBOURS + 1)
        return found[found != point][:NEIGHBOURS]

    # ---- mouse -----------------------------------------------------------------------------------

    def _at(self, event: tk.Event) -> tuple[int | None, bool]:
        """The data row of the card under the mouse, if any, and whether it is on the corner that removes it."""
        y = self._canvas.canvasy(event.y)
        for row, card in self._cards.items():
            if card.top <= y < card.top + self._height:
                corner = px(PAD) + px(CLOSER)
                return row, y < card.top + corner and event.x > self._canvas.winfo_width() - corner
        return None, False

    def _on_click(self, event: tk.Event) -> None:
        row, closes = self._at(event)
        if closes:
            self._shared.unpin(row)
        elif row is not None:
            self._show_point(self._state.space.index_of(row))

    def _on_motion(self, event: tk.Event) -> None:
        pointer = "" if self._at(event)[0] is None else "hand2"
        if pointer != self._pointer:
            self._pointer = pointer
            self._canvas.configure(cursor=pointer)

    def _scroll(self, notches: int) -> None:
        if self._canvas.yview() != (0.0, 1.0):
            self._canvas.yview_scroll(notches * (self._height // 3), "units")


def _tag(row: int) -> str:
    return f"card-{row}"


def _error(original: np.ndarray | None, reconstruction: np.ndarray | None, unavailable: bool) -> str:
    if original is None or reconstruction is None:
        return "" if unavailable else "error …"
    return f"error {np.square(datasets.as_float(original) - reconstruction).mean():.4f}"
