"""What the two axes of a plane do: pictures along each of them, through the cursor."""

from __future__ import annotations

import time
import tkinter as tk
from tkinter import ttk

import numpy as np
from PIL import Image

from explorer.drawing import picture
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later, explain, line_height, packed, picture_canvas, shortened_in
from explorer.window.base.workers import Asked, Tell
from explorer.window.inspector.part import Part
from explorer.window.pane.context import MapContext

STEPS = np.linspace(-3, 3, 7)  # standard deviations of the codes along an axis, from the cursor
REST_MS = 150  # without a move, after which the mouse counts as resting
POLL_MS = 5
SLOT = "axes"
GAP, LARGEST, SMALL = 2, 84, "ExplorerSmall"  # pixels between pictures, and the largest side of one; a font


class PlaneStrips(Part):
    """Two rows of seven pictures: the cursor's code, moved along an axis of the map by −3 to 3 standard deviations.

    They follow when the mouse rests; a thread decodes them.

    Args:
        parent: widget.
        context: of the map.

    Attributes:
        canvas: shows them.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._seen = False
        self._moved_at = 0.0
        self._levels: list[list[np.ndarray | None]] = []  # of each axis
        self._look_later = Later(self, self._look, REST_MS)
        ttk.Label(self, text="What the axes do", style="Key.TLabel").pack(anchor="w", pady=px(0, 2))
        self.canvas, self._picture = picture_canvas(self, height=1)
        packed(self.canvas, fill="x")
        explain(
            self.canvas, "the code at the cursor, moved along each axis\nby −3 to 3 standard deviations of the codes"
        )
        self.canvas.bind("<Configure>", lambda event: self._show())
        self.hear(self._on_move, self._state.cursor_moved, self._state.rest_changed)
        self.hear(self._on_move, context.ready, only=("decoder",))
        self.hear(self._on_probe, context.probe_changed)
        self.hear(self._show, self._shared.theme_changed)

    def attend(self, seen: bool) -> None:
        """Tells whether the pictures are visible from now on."""
        self._seen = seen
        self._on_move()

    def _on_probe(self) -> None:
        self._levels = []
        self._on_move()

    def _on_move(self) -> None:
        if self._seen:
            self._moved_at = time.perf_counter()
            self._look_later()

    def _look(self) -> None:
        """Starts decoding if the mouse rests; otherwise waits longer."""
        left = REST_MS - (time.perf_counter() - self._moved_at) * 1000
        if left > 1:
            self._look_later(round(left))
            return
        space, decoder = self._probe.space, self._probe.decoder
        if not self._seen or decoder is None or space.projection is None or space.moments is None:
            return
        plane = space.projection.plane
        spread = np.sqrt(np.maximum((plane @ space.moments.covariance * plane).sum(axis=1), 0))  # (2,)
        along = STEPS[None, :, None] * (spread[:, None] * plane)[:, None]  # (2, 7, d)
        codes = np.asarray(self._state.code + along, np.float32).reshape(-1, space.dimensions)

        def work(tell: Tell, cancelled: Asked) -> list[np.ndarray | None]:
            levels, outside = picture.to_bytes(decoder(codes)), decoder.outside(codes)
            return [None if out else each for each, out in zip(levels, outside, strict=True)]

        self._context.workers.start(SLOT, work, self._take, self._on_failure, poll_ms=POLL_MS)

    def _take(self, levels: list[np.ndarray | None]) -> None:
        self._levels = [levels[: len(STEPS)], levels[len(STEPS) :]]
        self._show()
        self._context.trace.write("strips", z=self._state.code.tolist())

    def _show(self) -> None:
        """Draws the pictures with the names of the axes, and the steps below them."""
        canvas, width, space = self.canvas, self.canvas.winfo_width(), self._probe.space
        theme, line = self._theme, line_height(self, SMALL)
        canvas.configure(background=theme.paper)
        canvas.delete("words")
        if not self._levels or width <= 1 or space.projection is None:
            self._picture.show(None)
            return
        size = max(min(width // len(STEPS) - px(GAP), px(LARGEST)), 1)
        pitch, row = size + px(GAP), line + size + px(4)
        board = Image.new("RGB", (len(STEPS) * pitch, 2 * row), theme.paper)
        for number, (name, levels) in enumerate(zip(space.projection.names, self._levels, strict=False)):
            top = number * row
            self._write(0, top, shortened_in(self, name, SMALL, width), "nw")
            for place, each in enumerate(levels):
                if each is None:  # the grid ends before
                    board.paste(theme.lines, (place * pitch, top + line, place * pitch + size, top + line + size))
                else:
                    shown = Image.fromarray(each)
                    shown = shown.resize(_fitted(shown.size, size), Image.Resampling.BICUBIC)
                    corner = place * pitch + (size - shown.width) // 2, top + line + (size - shown.height) // 2
                    board.paste(shown, corner)
        for place, step in enumerate(STEPS):
            text = "cursor" if step == 0 else f"{step:+.0f} σ".replace("-", "−")
            self._write(place * pitch + size / 2, 2 * row, text, "n")
        self._picture.show(board)
        canvas.configure(height=2 * row + line)

    def _write(self, x: float, y: float, text: str, anchor: str) -> None:
        self.canvas.create_text(x, y, text=text, anchor=anchor, fill=self._theme.faint, font=SMALL, tags="words")


def _fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height of a picture that is fitted into side × side pixels."""
    factor = side / max(size)
    return max(round(size[0] * factor), 1), max(round(size[1] * factor), 1)
