"""The decoded picture and what is known about the place it belongs to."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

import numpy as np
from PIL import Image, ImageTk

from explorer.drawing import picture
from explorer.drawing.themes import class_colour
from explorer.following import Run
from explorer.reading import TITLES, Reader, Whereabouts
from explorer.state import SharedState
from explorer.window.training_panel import HIGHEST, LOWEST, TrainingPanel
from explorer.window.widgets import fitted, pack_if

NARROWEST = 250  # pixels: what the words need
LARGEST = 700  # pixels: a larger picture takes longer than it is worth
DOT = 14  # pixels


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
        self._size = 0, 0
        self._levels: np.ndarray | None = None
        self._shown: np.ndarray | None = None
        self._said: dict[tuple[tk.Widget, str], object] = {}
        self._nearest = ""
        self._room_for_name = NARROWEST
        self._names: dict[str, str] = {}  # as far as there is room for them
        self._dots: dict[str, ImageTk.PhotoImage] = {}

        above = ttk.Frame(self)
        above.pack(fill="x")
        ttk.Label(above, text="Decoded at the cursor", style="Title.TLabel").pack(anchor="w", pady=(0, 8))
        self.picture = tk.Label(above, borderwidth=0, highlightthickness=0, anchor="nw")
        self.picture.pack(anchor="w")
        facts = ttk.Frame(above)
        facts.pack(fill="x", pady=(14, 0))
        facts.columnconfigure(1, weight=1)
        self._values = {}
        for row, (name, title) in enumerate(TITLES.items()):
            ttk.Label(facts, text=title, style="Faint.TLabel").grid(row=row, column=0, sticky="w", pady=3)
            value = ttk.Label(facts, style="Value.TLabel", width=12, compound="left")
            value.grid(row=row, column=1, sticky="ew", padx=(18, 0), pady=3)
            self._values[name] = value
        self._cue = ttk.Label(above, style="Value.TLabel", width=24)
        self._cue.pack(anchor="w", pady=(8, 0))
        self._note = ttk.Label(above, style="Note.TLabel")
        self._note.pack(anchor="w", pady=(4, 0))
        self._hint = ttk.Label(self, style="Faint.TLabel", justify="left")
        self._training: TrainingPanel | None = None
        self._above = above
        for widget in (self, above):
            widget.bind("<Configure>", self._fit_below)
        self._values["nearest"].bind("<Configure>", self._fit_name)
        self.resize(size)

    def read_with(self, reader: Reader) -> None:
        """Shows what another reader reads from now on, perhaps images of another shape."""
        before, self._reader = self._reader.space, reader
        if reader.space.image_shape != before.image_shape:
            self._size, self._levels, self._shown = (0, 0), None, None
            self.resize(self._room)
        if reader.space.class_names != before.class_names:
            self._names.clear()

    def resize(self, size: int) -> None:
        """Gives the picture at most size × size pixels."""
        shape, self._room = self._reader.space.image_shape, min(size, LARGEST)
        shown_size = picture.shown_size(shape, self._room)
        if shown_size == self._size:
            return
        self._size = shown_size
        self._factor = picture.zoom_factor(shape, self._room)
        mode = "L" if len(shape) == 2 else "RGB"
        self._native = ImageTk.PhotoImage(mode, (shape[1], shape[0]) if self._factor else shown_size, master=self)
        self._photo = tk.PhotoImage(master=self, width=shown_size[0], height=shown_size[1])
        self.picture.configure(image=self._photo)
        width = max(shown_size[0], NARROWEST)
        self._hint.configure(wraplength=width)
        self._note.configure(wraplength=width)
        self.configure(width=width + 28)
        if self._levels is not None:
            self._shown = None
            self._show_levels(self._levels)

    def hint(self, text: str) -> None:
        """A text at the bottom, which is there only where all of it fits."""
        self._hint.configure(text=text)

    def show_run(self, run: Run | None, shared: SharedState) -> None:
        """Shows how a training run goes, at the bottom; None takes that away."""
        if run is None and self._training is not None:
            self._training.destroy()
            self._training = None
        elif run is not None:
            self._training = self._training or TrainingPanel(self, shared)
            self._training.show(run)
        self._fit_below()

    def _fit_below(self, event: tk.Event | None = None) -> None:
        """What is below the readings is there as far as there is room: first the training, then the hint."""
        room = self.winfo_height() - self._above.winfo_reqheight() - 28
        if self._training is not None:
            self._training.configure(height=min(room - 12, HIGHEST))
            pack_if(self._training, room >= LOWEST, fill="x", side="bottom", pady=(18, 0))
            room -= HIGHEST + 18
        pack_if(self._hint, room >= self._hint.winfo_reqheight(), anchor="w", side="bottom", pady=(10, 0))

    def show_image(self, image: np.ndarray | None) -> None:
        """Shows a decoded image; the screen has it after the next `update_idletasks`."""
        if image is not None:
            self._show_levels(picture.to_bytes(image))

    def _show_levels(self, levels: np.ndarray) -> None:
        """Tk itself enlarges the image, and only where it differs from the one before: sending pixels
        to the screen is what takes the time."""
        self._levels = levels
        if not self._factor:
            levels = np.asarray(picture.scaled(levels, self._room))
        height, width = levels.shape[:2]
        box = (0, 0, width, height) if self._shown is None else picture.changed_box(self._shown, levels)
        self._shown = levels
        if box is None:
            return
        self._native.paste(Image.fromarray(levels))
        factor = self._factor or 1
        target = [factor * edge for edge in box]
        self.tk.call(
            self._photo, "copy", self._native, "-from", *box, "-to", *target, "-zoom", factor, "-compositingrule", "set"
        )

    def show_words(self, words: dict[str, str], whereabouts: Whereabouts) -> None:
        """Says what is known about the place, in the words of `Reader.words`."""
        for name in ("z", "distance"):
            self._set(self._values[name], text=words[name])
        self._nearest = words["nearest"]
        self._set(self._values["nearest"], text=self._short(self._nearest), image=self._dot(whereabouts.nearest))
        self._set(self._cue, text=words["cue"], style="Good.TLabel" if whereabouts.on_map else "Warning.TLabel")
        self._set(self._note, text=words["note"])

    def _short(self, name: str) -> str:
        """As much of a class's name as there is room for beside its dot."""
        if name not in self._reader.space.class_names:
            return name
        if name not in self._names:
            self._names[name] = fitted(self._values["nearest"], name, self._room_for_name)
        return self._names[name]

    def _fit_name(self, event: tk.Event) -> None:
        self._room_for_name = event.width - DOT - 8
        self._names.clear()
        self._set(self._values["nearest"], text=self._short(self._nearest))

    def _set(self, widget: ttk.Label, **options) -> None:
        """Configures what differs from the last time: even the same text again would be drawn again."""
        for name, value in options.items():
            if self._said.get((widget, name)) != value:
                self._said[widget, name] = value
                widget.configure({name: value})

    def box_on_screen(self) -> list[int]:
        """The picture in screen pixels: x, y, width, height."""
        return [self.picture.winfo_rootx(), self.picture.winfo_rooty(), self._photo.width(), self._photo.height()]

    def _dot(self, nearest: int | None) -> ImageTk.PhotoImage | str:
        """The dot of the class of a point; without a point or classes, none."""
        if nearest is None or not self._reader.space.class_names:
            return ""
        colour = class_colour(int(self._reader.space.labels[nearest]))
        if colour not in self._dots:
            self._dots[colour] = ImageTk.PhotoImage(picture.dot(colour, DOT))
        return self._dots[colour]
