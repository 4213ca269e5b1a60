"""Where drawings land on the map: the results of the current drawing, and the row of kept drawings."""

from __future__ import annotations

import string
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageTk

from explorer.analysis.analyses import NOVELTY, ORIGINALS
from explorer.analysis.novelty import RATHER, VERY, Novelty
from explorer.analysis.probe import SpaceProbe
from explorer.drawing import picture
from explorer.drawing.themes import THEMES, Theme, class_colour
from explorer.images import handwriting
from explorer.session.state import Place
from explorer.spaces.latent_space import LatentSpace
from explorer.window.base.mouse import bind_wheel
from explorer.window.base.scale import px
from explorer.window.base.widgets import CanvasPicture, shortened_in, text_width
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext

GAP, SMALL_TEXT, LINE, BAR = 10, 15, 19, 8  # pixels: between pictures; heights of lines of text, and of the gauge
THUMBNAILS, LARGEST_THUMBNAIL = 5, 56  # number; pixels
SEEN = 60  # nearest points among which training images are searched
SMALL, BOLD = "TkSmallCaptionFont", "ExplorerKey"
KEPT_HEIGHT, KEPT_SIDE, LETTER = 30, 28, 16  # pixels: of the row of kept drawings, of a picture in it, for a letter
MARKS = "kept drawings"


@dataclass(frozen=True)
class Landing:
    """An encoded drawing.

    Attributes:
        code: (d,) float32.
        place: position of the code on the map.
        reconstruction: the decoded code, shaped like the space's images, float32 in [0, 1].
        nearest: the nearest training points on the map, nearest first, (k,) intp.
        novelty: how unusual the image is; None until it is known.
    """

    code: np.ndarray
    place: Place
    reconstruction: np.ndarray
    nearest: np.ndarray
    novelty: Novelty | None

    def as_fields(self, space: LatentSpace) -> dict[str, Any]:
        """For the trace: where it landed, the nearest points' labels, and its novelty as a share."""
        nearest = space.labels[self.nearest].tolist()
        return {"z": self.code.tolist(), "nearest": nearest, "oddness": self.novelty and self.novelty.share}


def land(probe: SpaceProbe, image: np.ndarray) -> Landing | None:
    """Encodes an image, (height, width[, 3]) float32 in [0, 1]; None while there is no encoder or no decoder."""
    if probe.encoder is None or probe.decoder is None:
        return None
    code = probe.encoder(image[None])[0]
    place, reconstruction = probe.space.place_of(code), probe.decoder(code[None])[0]
    nearest, score = np.empty(0, np.intp), probe.result(NOVELTY)
    if ORIGINALS in probe.results and probe.all_points is not None:
        nearest, _ = probe.all_points.closest(place, SEEN)
        train = len(probe.known(ORIGINALS).x_train)
        nearest = nearest[probe.space.rows[nearest] < train][:THUMBNAILS]
    return Landing(code, place, reconstruction, nearest, score and score.read(image, reconstruction))


class LandingView(tk.Canvas):
    """Shows the prepared drawing, its reconstruction, how unusual it is, and the nearest training images.

    Args:
        parent: widget.
        context: of the map.

    Attributes:
        image: the prepared drawing, (height, width[, 3]) float32 in [0, 1]; None without a drawing.
        landing: where it landed; None if it could not be encoded.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, highlightthickness=0, borderwidth=0)
        self._context = context
        self.image: np.ndarray | None = None
        self.landing: Landing | None = None
        self._size = 1, 1
        self._picture = CanvasPicture(self)

    @property
    def _theme(self) -> Theme:
        return THEMES[self._context.shared.theme]

    def resize(self, width: int, height: int) -> None:
        """Sets the size in pixels, and redraws."""
        self._size = width, height
        self._pitch = min(width // THUMBNAILS, px(LARGEST_THUMBNAIL + 4))  # pixels from one thumbnail to the next
        self.redraw()

    def show(self, image: np.ndarray | None, landing: Landing | None) -> None:
        """Shows a drawing, and where it landed."""
        self.image, self.landing = image, landing
        self.redraw()

    def redraw(self) -> None:
        """Redraws everything."""
        width, _ = self._size
        if width <= 1:
            return
        self.delete("words")
        self._board = Image.new("RGB", self._size, self._theme.paper)
        y = self._draw_pictures()
        if self.landing is None:
            self._write(0, y, self._why_not(), width, font="TkDefaultFont")
        else:
            self._draw_nearest(self._draw_novelty(y))
        self._picture.show(self._board)

    def _draw_pictures(self) -> int:
        """Draws the encoder's input and the reconstruction. Returns the y of the next part."""
        if self.image is None:
            return 0
        width, height = self._size
        _, thumbnail = picture.shown_size(self._context.probe.space.image_shape, self._pitch - px(4))
        below = px(LINE) + px(BAR) + 5 * px(SMALL_TEXT) + px(18) + thumbnail
        room = max(min((width - px(GAP)) // 2, height - below), 16)
        pictures = {"prepared": self.image}
        if self.landing is not None:
            pictures["decoded"] = self.landing.reconstruction
        x = 0
        for name, image in pictures.items():
            shown = self._paste(x, 0, picture.to_bytes(image), room)
            self._write(x, shown.height + 2, name)
            x += max(shown.width, px(56)) + px(GAP)
        return shown.height + px(SMALL_TEXT) + 6

    def _draw_novelty(self, y: int) -> int:
        """Draws a gauge: the share of test images that are less unusual. Returns the y of the next part."""
        theme, novelty, width = self._theme, self.landing.novelty, self._size[0]
        if novelty is None:
            probe = self._context.probe
            unavailable = probe.unavailable(NOVELTY) or f"{NOVELTY.doing_for(probe.space)} …"
            self._write(0, y, unavailable, width)
            return y + px(LINE) + px(BAR) + 6 + 2 * px(SMALL_TEXT)
        colour = theme.good if novelty.share < RATHER else theme.warning
        self._write(0, y, novelty.words(), width, colour, BOLD)
        top, bottom, length = y + px(LINE), y + px(LINE) + px(BAR), width - 2
        for end, fill in ((length, theme.lines), (max(novelty.share * length, 2), colour)):
            self.create_rectangle(0, top, end, bottom, fill=fill, outline="", tags="words")
        for share in (RATHER, VERY):
            self.create_line(share * length, top, share * length, bottom, fill=theme.faint, tags="words")
        y = bottom + 3
        for share, what in ((novelty.rebuilt, "error above"), (novelty.apart, "distance above")):
            texts = [f"{what} {100 * share:.0f} %{of}" for of in (" of the test images", " of tests", "")]
            self._write(0, y, next((text for text in texts if text_width(self, text, SMALL) <= width), texts[-1]))
            y += px(SMALL_TEXT)
        return y + 3

    def _draw_nearest(self, y: int) -> None:
        """Draws the training images that are nearest on the map, with their labels."""
        probe, space, nearest = self._context.probe, self._context.probe.space, self.landing.nearest
        if not len(nearest):
            self._write(0, y, probe.unavailable(ORIGINALS), self._size[0])
            return
        self._write(0, y, "nearest training images")
        y += px(SMALL_TEXT) + 1
        pitch = self._pitch
        images = probe.known(ORIGINALS).images(space.rows[nearest])
        for number, (image, label) in enumerate(zip(images, space.labels[nearest], strict=True)):
            thumbnail = self._paste(number * pitch, y, image, pitch - px(4))
            if space.class_names:
                name = shortened_in(self, space.class_names[label], BOLD, pitch - 2)
                self._write(number * pitch, y + thumbnail.height + 1, name, 0, class_colour(int(label)), BOLD)

    def _why_not(self) -> str:
        """Why no drawing has landed, for the user."""
        probe = self._context.probe
        if probe.encoder_unavailable:
            return f"Needs the encoder: {probe.encoder_unavailable}."
        if probe.encoder is None or probe.decoder is None:
            return "the encoder is loading …"
        return "The pad is empty. Draw on it with the mouse, or open a picture: it lands on the map while you draw."

    def _paste(self, x: int, y: int, levels: np.ndarray, room: int) -> Image.Image:
        shown = picture.scaled(levels, room)
        self._board.paste(shown, (x, y))
        return shown

    def _write(self, x: float, y: float, text: str, width: int = 0, colour: str = "", font: str = SMALL) -> None:
        fill = colour or self._theme.faint
        self.create_text(x, y, anchor="nw", text=text, width=width, fill=fill, font=font, tags="words")


@dataclass
class Kept:
    """A kept drawing.

    Attributes:
        letter: its letter on the map and in the row.
        levels: the pixels of its paper.
        code: where it lands, (d,) float32; None until known.
        photo: its picture, made when the row is drawn.
    """

    letter: str
    levels: np.ndarray
    code: np.ndarray | None = None
    photo: ImageTk.PhotoImage | None = None


class KeptDrawings(tk.Canvas):
    """The row of kept drawings. A click on a drawing shows its place, a click on × removes it.

    Args:
        parent: widget.
        context: of the map.
        changed: is called when the number of drawings has changed.

    Attributes:
        drawings: the drawings in the order of their letters.
    """

    def __init__(self, parent: tk.Misc, context: MapContext, changed: Callable[[], None]) -> None:
        options = {"height": px(KEPT_HEIGHT), "xscrollincrement": px(KEPT_SIDE)}
        super().__init__(parent, highlightthickness=0, borderwidth=0, **options)
        self._context, self._changed = context, changed
        self.drawings: list[Kept] = []
        bind_wheel(self, lambda notches: self.xview_scroll(notches, "units"))

    def add(self, levels: np.ndarray, code: np.ndarray) -> None:
        """Keeps a drawing under the next free letter."""
        taken = {kept.letter for kept in self.drawings}
        letter = next((letter for letter in string.ascii_lowercase if letter not in taken), None)
        if letter is None:
            self._context.say(f"{len(taken)} drawings are kept already: remove one first")
            return
        self.drawings.append(Kept(letter, levels, code))
        self.drawings.sort(key=lambda kept: kept.letter)
        self._mark()
        self._changed()

    def _remove(self, kept: Kept) -> None:
        self.drawings.remove(kept)
        self._mark()
        self._changed()

    def land(self) -> None:
        """Encodes the drawings again, because they land elsewhere in another space."""
        probe = self._context.probe
        for kept in self.drawings:
            image, kept.photo = handwriting.prepared(kept.levels, probe.space.image_shape), None
            kept.code = None if probe.encoder is None else probe.encoder(image[None])[0]
        self._mark()
        self.redraw()

    def _mark(self) -> None:
        self._context.trace.write("kept", letters=[kept.letter for kept in self.drawings])
        place_of = self._context.probe.space.place_of
        marks = tuple(Mark(place_of(kept.code), text=kept.letter) for kept in self.drawings if kept.code is not None)
        self._context.marks.show(MARKS, marks)

    def redraw(self) -> None:
        """Redraws the row."""
        theme = THEMES[self._context.shared.theme]
        self.delete("all")
        x = 0
        for kept in self.drawings:
            if kept.photo is None:
                image = handwriting.prepared(kept.levels, self._context.probe.space.image_shape)
                kept.photo = ImageTk.PhotoImage(picture.scaled(picture.to_bytes(image), px(KEPT_SIDE)), master=self)
            tag, cross = f"kept-{kept.letter}", f"remove-{kept.letter}"
            self.create_image(x, 1, anchor="nw", image=kept.photo, tags=tag)
            x += kept.photo.width() + px(4)
            for text, colour, font, tags in (
                (kept.letter, theme.ink, "ExplorerKey", tag),
                ("×", theme.faint, "ExplorerValue", cross),
            ):
                self.create_text(x, px(KEPT_HEIGHT) / 2, anchor="w", text=text, fill=colour, font=font, tags=tags)
                self.tag_bind(tags, "<Enter>", lambda event: self.configure(cursor="hand2"))
                self.tag_bind(tags, "<Leave>", lambda event: self.configure(cursor=""))
                x += px(LETTER)
            self.tag_bind(tag, "<Button-1>", lambda event, kept=kept: self._go_to(kept))
            self.tag_bind(cross, "<Button-1>", lambda event, kept=kept: self._remove(kept))
            x += px(GAP)
        self.configure(scrollregion=(0, 0, x, px(KEPT_HEIGHT)))

    def _go_to(self, kept: Kept) -> None:
        if kept.code is not None:
            self._context.show_code(kept.code)
