"""The crosshair on the map: items on the map's Tk canvas, so it moves without a redraw of the points."""

from __future__ import annotations

import tkinter as tk

from explorer.drawing.latent_map import LatentMap
from explorer.drawing.morph import MorphMap
from explorer.drawing.themes import Theme
from explorer.session.state import Place
from explorer.window.base.scale import px
from explorer.window.base.widgets import put_item

# Pixels. The ring leaves its middle free for the dot there. Arms as long as the axes would make Tk
# redraw the whole canvas at each move, which takes three times as long.
RING, ARM = 8, 30
TAG = "crosshair"


class Crosshair:
    """A ring with four arms.

    Args:
        canvas: the canvas of the map.
        latent_map: converts places to pixels.
    """

    def __init__(self, canvas: tk.Canvas, latent_map: LatentMap | MorphMap) -> None:
        self._canvas, self._map, self._shown = canvas, latent_map, True
        self._arms = [canvas.create_line(0, 0, 0, 0, tags=TAG, width=px(2)) for _ in range(4)]
        self._ring = canvas.create_oval(0, 0, 0, 0, tags=TAG, width=px(2))

    def show(self, place: Place | None) -> None:
        """Moves it to a place; hides it beside the axes, and for None."""
        left, top, width, height = self._map.box
        x, y = (-1.0, -1.0) if place is None else self._map.pixel_at(place)
        shown = left <= x <= left + width and top <= y <= top + height
        if shown:
            canvas, (west, east, north, south) = self._canvas, self._arms
            put_item(canvas, west, max(x - px(ARM), left), y, max(x - px(RING), left), y)
            put_item(canvas, east, min(x + px(RING), left + width), y, min(x + px(ARM), left + width), y)
            put_item(canvas, north, x, max(y - px(ARM), top), x, max(y - px(RING), top))
            put_item(canvas, south, x, min(y + px(RING), top + height), x, min(y + px(ARM), top + height))
            put_item(canvas, self._ring, x - px(RING), y - px(RING), x + px(RING), y + px(RING))
        if shown != self._shown:
            self._shown = shown
            self._canvas.itemconfigure(TAG, state="normal" if shown else "hidden")

    def colour(self, theme: Theme) -> None:
        """Takes on the colour of a theme."""
        for arm in self._arms:
            self._canvas.itemconfigure(arm, fill=theme.crosshair)
        self._canvas.itemconfigure(self._ring, outline=theme.crosshair)

    def lift(self) -> None:
        """Puts it above everything else on the canvas."""
        self._canvas.tag_raise(TAG)
