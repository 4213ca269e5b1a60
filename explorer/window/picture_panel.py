"""The decoded picture and what is known about the place it belongs to."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

import numpy as np
from PIL import Image, ImageTk

from explorer.drawing import picture
from explorer.drawing.themes import class_colour
from explorer.reading import TITLES, Reader

NARROWEST = 250  # pixels: what the words need
LARGEST = 700  # pixels: a larger picture takes longer than it is worth


class PicturePanel(ttk.Frame):
    """Shows decoded images, at once, and the words about them, which may come a moment later.

    The panel is as wide as its picture, whatever the words, so that a new text moves nothing.

    Args:
        parent: widget.
        reader: knows the words.
        size: of the picture, in pixels; the panel keeps it until `resize`.
    """

    def __init__(self, parent: tk.Misc, reader: Reader, size: int) -> None:
        super().__init__(parent, padding=(12, 10, 16, 8))
        self.pack_propagate(False)
        self._reader = reader
        self._factor = 0
        self._shown: np.ndarray | None = None
        self._native = ImageTk.PhotoImage(*_mode_and_size(reader.space.image_shape), master=self)
        self._said: dict[tuple[tk.Widget, str], object] = {}
        self._dots: dict[str, ImageTk.PhotoImage] = {}

        ttk.Label(self, text="Decoded at the cursor", style="Title.TLabel").pack(anchor="w", pady=(0, 8))
        self.picture = tk.Label(self, borderwidth=0, highlightthickness=0, anchor="nw")
        self.picture.pack(anchor="w")
        facts = ttk.Frame(self)
        facts.pack(anchor="w", fill="x", pady=(14, 0))
        self._values = {}
        for row, (name, title) in enumerate(TITLES.items()):
            ttk.Label(facts, text=title, style="Faint.TLabel").grid(row=row, column=0, sticky="w", pady=3)
            value = ttk.Label(facts, style="Value.TLabel", width=16, compound="left")
            value.grid(row=row, column=1, sticky="w", padx=(18, 0), pady=3)
            self._values[name] = value
        self._cue = ttk.Label(self, style="Value.TLabel", width=24)
        self._cue.pack(anchor="w", pady=(8, 0))
        self._note = ttk.Label(self, style="Note.TLabel")
        self._note.pack(anchor="w", pady=(4, 0))
        self._hint = ttk.Label(self, style="Faint.TLabel", justify="left")
        self._hint.pack(anchor="w", side="bottom", pady=(10, 0))
        self.resize(size)

    def resize(self, size: int) -> None:
        """Gives the picture at most size × size pixels."""
        shape = self._reader.space.image_shape
        factor = picture.zoom_factor(shape, min(size, LARGEST))
        if factor == self._factor:
            return
        self._factor = factor
        self._photo = tk.PhotoImage(master=self, width=shape[1] * factor, height=shape[0] * factor)
        self.picture.configure(image=self._photo)
        width = max(self._photo.width(), NARROWEST)
        self._hint.configure(wraplength=width)
        self._note.configure(wraplength=width)
        self.configure(width=width + 28)
        if self._shown is not None:
            shown, self._shown = self._shown, None
            self._show_bytes(shown)

    def hint(self, text: str) -> None:
        """A sentence under the picture."""
        self._hint.configure(text=text)

    def show_image(self, image: np.ndarray | None) -> None:
        """Shows a decoded image; the screen has it after the next `update_idletasks`."""
        if image is not None:
            self._show_bytes(picture.to_bytes(image))

    def _show_bytes(self, pixels: np.ndarray) -> None:
        """Tk itself enlarges the image, and only where it differs from the one before: sending pixels
        to the screen is what takes the time."""
        height, width = pixels.shape[:2]
        box = (0, 0, width, height) if self._shown is None else picture.changed_box(self._shown, pixels)
        self._shown = pixels
        if box is None:
            return
        self._native.paste(Image.fromarray(pixels))
        factor = self._factor
        target = [factor * edge for edge in box]
        self.tk.call(
            self._photo, "copy", self._native, "-from", *box, "-to", *target, "-zoom", factor, "-compositingrule", "set"
        )

    def show_words(self, words: dict[str, str], label: int | None, on_map: bool) -> None:
        """Says what is known about the place: the words of `Reader.words`, and the nearest digit's class."""
        for name, value in self._values.items():
            self._set(value, text=words[name])
        self._set(self._values["nearest"], image=self._dot(label))
        self._set(self._cue, text=words["cue"], style="Good.TLabel" if on_map else "Warning.TLabel")
        self._set(self._note, text=words["note"])

    def _set(self, widget: ttk.Label, **options) -> None:
        """Configures what differs from the last time: even the same text again would be drawn again."""
        for name, value in options.items():
            if self._said.get((widget, name)) != value:
                self._said[widget, name] = value
                widget.configure({name: value})

    def box_on_screen(self) -> list[int]:
        """The picture in screen pixels: x, y, width, height."""
        return [self.picture.winfo_rootx(), self.picture.winfo_rooty(), self._photo.width(), self._photo.height()]

    def _dot(self, label: int | None) -> ImageTk.PhotoImage | str:
        if label is None:
            return ""
        colour = class_colour(label)
        if colour not in self._dots:
            self._dots[colour] = ImageTk.PhotoImage(picture.dot(colour, 14))
        return self._dots[colour]


def _mode_and_size(image_shape: tuple[int, ...]) -> tuple[str, tuple[int, int]]:
    return ("L" if len(image_shape) == 2 else "RGB"), (image_shape[1], image_shape[0])
