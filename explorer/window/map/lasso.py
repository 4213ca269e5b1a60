"""Selecting with the mouse: a lasso or a rectangle over the map, drawn as an item on its canvas."""

from __future__ import annotations

import sys
import time
import tkinter as tk
from collections.abc import Callable

import numpy as np

from explorer.analysis.outline import caught
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.themes import THEMES
from explorer.session.state import How, MapState, Place, SharedState
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later

# Bits of an event's state. Many window managers use Alt + drag themselves, so Ctrl does the same.
SHIFT, CTRL, ALT = 0x1, 0x4, {"win32": 0x20000, "darwin": 0x10}.get(sys.platform, 0x8)
POINTERS = {"lasso": "pencil", "rectangle": "crosshair"}
LEAST = 3  # pixels: a shorter drag is a click


class Selecting:
    """The outline that is being drawn, and the selection that it makes.

    The corners are positions on the map, so a change of view while drawing does not move them.

    Args:
        canvas: the canvas of the map.
        latent_map: converts positions to pixels.
        state, shared: the state of the map, and the state that all maps share.
        selected: is called after the selection is made, with the time of the release in `time.perf_counter` seconds.
            The screen may not show the selection yet.
    """

    def __init__(
        self,
        canvas: tk.Canvas,
        latent_map: LatentMap,
        state: MapState,
        shared: SharedState,
        selected: Callable[[float], None],
    ) -> None:
        self._canvas, self._map, self._state, self._shared = canvas, latent_map, state, shared
        self._selected = selected
        self._corners: list[Place] | None = None
        self._line = canvas.create_line(
            0, 0, 0, 0, width=px(2), dash=px(5, 4), state="hidden", tags="crosshair-outline"
        )
        self._place_later = Later(canvas, self.place)

    @property
    def active(self) -> bool:
        """Whether an outline is being drawn."""
        return self._corners is not None

    @property
    def pointer(self) -> str:
        """The mouse pointer over the map; empty for the tool "explore"."""
        return POINTERS.get(self._shared.tool, "")

    def begin(self, x: int, y: int) -> None:
        """Starts an outline at a pixel of the canvas."""
        self._corners = [self._place_at(x, y)]
        self._canvas.itemconfigure(self._line, fill=THEMES[self._shared.theme].crosshair)

    def extend(self, x: int, y: int) -> None:
        """Extends the outline to a pixel; outside the axes, to the nearest pixel inside."""
        place = self._place_at(x, y)
        if place != self._corners[-1]:
            if self._shared.tool == "rectangle":
                del self._corners[1:]
            self._corners.append(place)
            self._place_later()

    def finish(self, event: tk.Event) -> None:
        """Selects the visible points inside the outline; the held keys decide whether to replace, add or remove. A
        click without a drag changes nothing."""
        started = time.perf_counter()
        self.extend(event.x, event.y)
        corners = np.array(self._outline())
        self.cancel()
        pixels = np.array([self._map.pixel_at(corner) for corner in corners])
        if np.ptp(pixels, axis=0).max() < px(LEAST):
            return
        how: How = "add" if event.state & SHIFT else "remove" if event.state & (ALT | CTRL) else "replace"
        shown = self._shared.shown(self._state.space.labels)
        self._shared.select(caught(self._state.space, corners, self._map.limits, shown), how)
        self._selected(started)

    def cancel(self) -> bool:
        """Removes the outline. Returns whether there was one."""
        was, self._corners = self._corners is not None, None
        self._canvas.itemconfigure(self._line, state="hidden")
        return was

    def place(self) -> None:
        """Draws the line at the current pixels of the corners."""
        if self._corners is None or len(self._corners) < 2:
            return
        outline = self._outline()
        pixels = [self._map.pixel_at(corner) for corner in (*outline, outline[0])]
        self._canvas.coords(self._line, [value for pixel in pixels for value in pixel])
        self._canvas.itemconfigure(self._line, state="normal")
        self._canvas.tag_raise(self._line)

    def _outline(self) -> list[Place]:
        if self._shared.tool != "rectangle":
            return self._corners
        (a0, b0), (a1, b1) = self._corners[0], self._corners[-1]
        return [(a0, b0), (a1, b0), (a1, b1), (a0, b1)]

    def _place_at(self, x: int, y: int) -> Place:
        left, top, width, height = self._map.box
        return self._map.place_at(min(max(x, left), left + width), min(max(y, top), top + height))
