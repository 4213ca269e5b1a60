"""Pictures and labels that are redrawn only if they have changed."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

import numpy as np
from PIL import Image, ImageTk

from explorer.drawing import picture


class ZoomedImage:
    """A Tk image that shows every pixel of a picture as a square.

    Tk enlarges the picture, and only the part that differs from the previous one, because sending pixels to the screen
    is what takes the time.

    Args:
        master: a widget of the window.
        size: width and height of the picture, in its own pixels.
        factor: side of each square, in screen pixels.
        mode: Pillow's mode: "L" for grey pictures, "RGB" for colour.

    Attributes:
        photo: the image for a widget.
    """

    def __init__(self, master: tk.Misc, size: tuple[int, int], factor: int, mode: str) -> None:
        self._factor = factor
        self._shown: np.ndarray | None = None
        self._native = ImageTk.PhotoImage(mode, size, master=master)
        self.photo = tk.PhotoImage(master=master, width=factor * size[0], height=factor * size[1])

    def show(self, levels: np.ndarray) -> None:
        """Shows levels, (height, width[, 3]) uint8; the screen has them after the next `update_idletasks`."""
        height, width = levels.shape[:2]
        box = (0, 0, width, height) if self._shown is None else picture.changed_box(self._shown, levels)
        self._shown = levels
        if box is None:
            return
        self._native.paste(Image.fromarray(levels))
        factor = self._factor
        target = [factor * edge for edge in box]
        self.photo.tk.call(
            self.photo, "copy", self._native, "-from", *box, "-to", *target, "-zoom", factor, "-compositingrule", "set"
        )

    def blank(self) -> None:
        """Shows nothing."""
        self._shown = None
        self.photo.blank()


class SteadyLabel(ttk.Label):
    """A label that is updated often, mostly with the same text."""

    def __init__(self, parent: tk.Misc, **options) -> None:
        super().__init__(parent, **options)
        self._said: dict[str, object] = {}

    def say(self, **options) -> None:
        """Configures only options that have changed, because Tk redraws a label even for the same text."""
        changed = {name: value for name, value in options.items() if self._said.get(name) != value}
        if changed:
            self._said |= changed
            self.configure(changed)
