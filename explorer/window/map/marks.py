"""Marks on the map. They are items on the map's Tk canvas, so they move without a redraw of the points."""

from __future__ import annotations

import math
import tkinter as tk
from dataclasses import dataclass

import numpy as np

from explorer.analysis import outline
from explorer.analysis.best_places import best_place
from explorer.analysis.probe import SpaceProbe
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.themes import THEMES
from explorer.session.state import Place, SharedState
from explorer.spaces import prior
from explorer.spaces.latent_space import LatentSpace
from explorer.window.base.scale import px
from explorer.window.base.widgets import put_item

PIN, DOT, LETTER = 9, 5, 5  # radii in pixels; how much wider a third letter makes a pin
BESIDE = 15  # pixels to the right and upwards
SHORTEST, LONGEST = 3, 10_000  # pixels: a shorter arrow would be all head, and X allows up to 32,767
PARTS = 4  # most parts into which the axes can cut a round outline
TAG = "marks"


@dataclass(frozen=True)
class Mark:
    """One mark.

    Attributes:
        place: in data coordinates.
        text: the label of a pin; a mark without text is a small ring.
        beside: the pin is drawn beside its place and does not cover it.
        to: makes the mark an arrow from `place` to this place.
        words: stand beside the end of an arrow.
        around: makes the mark an outline with these corners.
        colour: #rrggbb, or the name of a colour of the theme.
    """

    place: Place
    text: str = ""
    beside: bool = False
    to: Place | None = None
    words: str = ""
    around: tuple[Place, ...] = ()
    colour: str = "crosshair"


class Marks:
    """Named groups of marks. A group is replaced as a whole.

    If only the places in a group differ from the previous ones, its items are moved. That takes a tenth of the time of
    making them anew, so an arrow can follow the mouse.

    Args:
        canvas: the canvas of the map.
        latent_map: converts positions to pixels.
        shared: gives the theme.
    """

    def __init__(self, canvas: tk.Canvas, latent_map: LatentMap, shared: SharedState) -> None:
        self._canvas, self._map, self._shared = canvas, latent_map, shared
        self._groups: dict[str, tuple[Mark, ...]] = {}
        self._items: dict[str, list[list[int]]] = {}  # the items of each mark of a group
        self._hidden: set[int] = set()  # items outside the axes

    def show(self, group: str, marks: tuple[Mark, ...] = ()) -> None:
        """Replaces the marks of a group; without marks, the group disappears."""
        before = self._groups.get(group, ())
        if marks != before:
            self._groups[group] = marks
            if [_look(mark) for mark in marks] != [_look(mark) for mark in before]:
                self._make(group)
            self._move(group)

    def of(self, group: str) -> tuple[Mark, ...]:
        """The marks of a group."""
        return self._groups.get(group, ())

    def place(self) -> None:
        """Moves everything to its place after a change of view, size or theme."""
        for group in self._groups:
            self._make(group)
            self._move(group)

    def _make(self, group: str) -> None:
        """Makes the items of a group; `_move` places them."""
        tag = f"{TAG}-{group}"
        self._canvas.delete(tag)
        self._hidden.difference_update(item for items in self._items.get(group, ()) for item in items)
        theme, nowhere = THEMES[self._shared.theme], (0, 0, 0, 0)
        self._items[group] = []
        for mark in self._groups[group]:
            colour, tags = getattr(theme, mark.colour, mark.colour), (TAG, tag)
            if mark.around:
                items = [self._canvas.create_line(*nowhere, width=px(2), fill=colour, tags=tags) for _ in range(PARTS)]
            elif mark.to is not None:
                items = [
                    self._canvas.create_line(
                        *nowhere, arrow="last", arrowshape=px(8, 10, 3), width=px(2), fill=colour, tags=tags
                    )
                ]
                if mark.words:
                    style = {"text": mark.words, "fill": theme.ink, "font": "ExplorerSmall", "anchor": "w"}
                    items.append(self._canvas.create_text(0, 0, tags=tags, **style))
            else:
                fill = theme.canvas if mark.text else ""
                items = [self._canvas.create_oval(*nowhere, fill=fill, outline=colour, width=px(2), tags=tags)]
                if mark.text:
                    style = {"text": mark.text, "fill": theme.ink, "font": "ExplorerMark"}
                    items.append(self._canvas.create_text(0, 0, tags=tags, **style))
            self._items[group].append(items)
        self._canvas.tag_raise(tag)

    def _move(self, group: str) -> None:
        """Moves the items of a group to their marks, and hides those outside the axes."""
        left, top, width, height = self._map.box
        for mark, items in zip(self._groups[group], self._items[group], strict=True):
            if mark.around:
                self._draw_around(mark.around, items)
                continue
            x, y = self._map.pixel_at(mark.place)
            inside = left <= x <= left + width and top <= y <= top + height
            if mark.to is not None:
                to_x, to_y = self._map.pixel_at(mark.to)
                length = math.dist((x, y), (to_x, to_y))
                inside &= px(SHORTEST) <= length < math.inf
            for item in items:
                self._reveal(item, inside)
            if not inside:
                continue
            if mark.beside:
                x, y = x + px(BESIDE), y - px(BESIDE)
            if mark.to is not None:
                share = min(1, LONGEST / length)
                put_item(self._canvas, items[0], x, y, x + share * (to_x - x), y + share * (to_y - y))
                for item in items[1:]:
                    self._reveal(item, left <= to_x <= left + width and top <= to_y <= top + height)
                    put_item(self._canvas, item, to_x + px(DOT), to_y)
                continue
            radius = px(PIN) if mark.text else px(DOT)
            wide = radius + px(LETTER) * max(len(mark.text) - 2, 0)
            put_item(self._canvas, items[0], x - wide, y - radius, x + wide, y + radius)
            if mark.text:
                put_item(self._canvas, items[1], x, y)

    def _draw_around(self, corners: tuple[Place, ...], items: list[int]) -> None:
        """Draws the parts of an outline that are inside the axes, one item for each."""
        seen = outline.parts(np.array(corners), self._map.limits)
        for number, item in enumerate(items):
            self._reveal(item, number < len(seen))
            if number < len(seen):
                pixels = (pixel for place in seen[number].tolist() for pixel in self._map.pixel_at(place))
                put_item(self._canvas, item, *pixels)

    def _reveal(self, item: int, shown: bool) -> None:
        """Shows an item, or hides it."""
        if shown == (item in self._hidden):
            self._hidden ^= {item}
            self._canvas.itemconfigure(item, state="normal" if shown else "hidden")


def numbered(space: LatentSpace, shared: SharedState) -> list[tuple[int, int, int]]:
    """Number, data row and point of each pinned image in a space."""
    points = [(number, row, space.index_of(row)) for number, row in enumerate(shared.pins, 1)]
    return [(number, row, point) for number, row, point in points if point is not None]


def show_pins(marks: Marks, probe: SpaceProbe, shared: SharedState) -> None:
    """Marks the pinned images on a map with their numbers, their clouds, and arrows to where the decoder draws them
    best, once that is known."""
    space = probe.space
    pins, clouds, arrows = [], [], []
    for number, row, point in numbered(space, shared):
        place, around = tuple(space.places[point].tolist()), prior.outline(space, point)
        if (best := best_place(probe, row)) is not None:
            arrows.append(Mark(place, to=best.place))
        if around is not None:
            clouds.append(Mark(place, around=tuple(map(tuple, around.tolist()))))
        pins.append(Mark(place, str(number), beside=around is not None))
    marks.show("clouds", tuple(clouds))
    marks.show("best places", tuple(arrows))
    marks.show("pins", tuple(pins))


def _look(mark: Mark) -> tuple:
    """The properties of a mark other than its places."""
    return mark.text, mark.words, mark.to is None, not mark.around, mark.colour
