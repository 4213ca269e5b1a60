"""The turn: the points of one space while the map turns from the plane of two principal components to the next."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba

from explorer.drawing.latent_map import all_groups, colours_of
from explorer.drawing.morph import MorphMap
from explorer.session.state import MapState, Place
from explorer.spaces import view
from explorer.spaces.latent_space import deviates, quantiles
from explorer.spaces.projection import turn_weights

BOUNDS = 5  # shares of a turn at which the bounds of the distances are known; between them, they change evenly
FADING = 0.5  # share of a turn after which nothing is left of the view from which it began


def name_of(pair: tuple[int, int]) -> str:
    """The plane of two components, counted from 0, as people read it."""
    return f"PC {pair[0] + 1}/{pair[1] + 1}"


class TurnMap(MorphMap):
    """The points of a space as they are seen on a plane that turns. Both states show this space, each on the plane of
    two principal components.

    Attributes:
        faint: how opaque the dots are, by their distance to the plane, the farthest first: as many steps of equally
            many dots. Empty if none fades; with a selection, none does.
        began: the share at which the turn began, and the limits that were seen there; None for those of the way. The
            view changes from these limits to those of the way.
    """

    faint: tuple[float, ...] = ()
    began: tuple[float, view.Limits] | None = None

    def show_turn(self, first: MapState, second: MapState) -> None:
        """Takes on two other planes."""
        self.states, self.began = (first, second), None
        self.show_coordinates()

    def fade(self, faint: tuple[float, ...], anchor: np.ndarray) -> None:
        """Fades the dots by their distance to the plane through a code, (d,)."""
        self.faint = faint
        if not faint:
            return
        spaces = [space.in_coordinates("plain") for space in self._spaces]
        codes, mean = spaces[0].codes, spaces[0].moments.mean
        self._anchors = [np.array(space.place_of(anchor)) for space in spaces]
        self._flat = [np.asfortranarray(space.places) for space in spaces]
        # |z - anchor|² from |z - mean|², without a copy of all codes
        from_mean = (
            np.einsum("ij,ij->i", codes, codes) - 2 * (codes @ mean.astype(np.float32)) + np.float32(mean @ mean)
        )
        away = (anchor - mean).astype(np.float32)
        self._away = from_mean - 2 * (codes @ away) + np.float32(2 * mean @ away + away @ away)
        shares = np.linspace(0, 1, BOUNDS)
        parts = np.arange(len(faint) - 1, 0, -1) / len(faint)
        bounds = [np.quantile(from_mean - self._within(share, (0.0, 0.0)), parts) for share in shares]
        self._bounds_at = shares, np.transpose(bounds)

    def nearness(self) -> np.ndarray:
        """The step of `faint` that each point has now, (n,) uint8."""
        before, after = turn_weights(*self._pairs, self.share)
        anchor = before * self._anchors[0] + after * self._anchors[1]
        squares = self._away - self._within(self.share, anchor)
        steps = np.zeros(len(squares), np.uint8)
        for bounds in self._bounds_at[1]:
            steps += squares <= np.interp(self.share, self._bounds_at[0], bounds)
        return steps

    def _within(self, share: float, place: Place) -> np.ndarray:
        """The squares of the distances of all points to a place, within the plane, (n,) float32."""
        before, after = (weights.astype(np.float32) for weights in turn_weights(*self._pairs, share))
        away = before * self._flat[0] + after * self._flat[1] - np.float32(place)
        away *= away
        return away[:, 0] + away[:, 1]

    def _arrange(self) -> None:
        super()._arrange()
        self._palette = colours_of(self.groups, self.shared.theme)
        of = np.zeros(len(self._spaces[0].codes), np.uint16)
        for index, points in enumerate(all_groups(self.groups)):
            of[points] = index
        self._group_of = of[self._points[0]]

    def _stamp_dots(self, renderer: RendererAgg) -> None:
        if not self.faint or len(self.shared.selection):
            super()._stamp_dots(renderer)
            return
        part = self.nearness()[self._points[0]] * np.uint16(len(self._palette)) + self._group_of
        order = np.argsort(part, kind="stable")
        bounds = np.searchsorted(part[order], np.arange(len(self.faint) * len(self._palette) + 1))
        size, alpha = self._marker_style()
        colours = [to_rgba(colour, (alpha or 1.0) * faint) for faint in self.faint for colour in self._palette]
        at = self.pixels()[order] - self._corner
        self._ground.paint(at, bounds, np.reshape(colours, (-1, 4)), renderer.points_to_pixels(size))

    def seen(self, share: float) -> view.Limits:
        """The part of the turned plane in the axes, in data coordinates. It grows and shrinks with the points."""
        start, end = np.reshape(self._limits, (2, 2, 2))  # of each axis, from and to
        angle = share * math.pi / 2
        half = np.hypot(np.cos(angle) * np.ptp(start, axis=1), np.sin(angle) * np.ptp(end, axis=1)) / 2
        middle = (1 - share) * start.mean(axis=1) + share * end.mean(axis=1)
        limits = np.stack([middle - half, middle + half], axis=1).ravel()
        if self.began is not None:
            at, before = self.began
            left = max(1 - abs(share - at) / FADING, 0.0)
            limits = left * np.array(view.fitted(before, self.box[2] / self.box[3])) + (1 - left) * limits
        a0, a1, b0, b1 = limits.tolist()
        return a0, a1, b0, b1

    def place_at(self, x: float, y: float) -> Place | None:
        """The place on the turned plane at a figure pixel, from the top left; None beside the axes."""
        left, top, width, height = self.box
        if not (left <= x < left + width and top <= y < top + height):
            return None
        a0, a1, b0, b1 = self.seen(self.share)
        return a0 + (x - left) / width * (a1 - a0), b1 - (y - top) / height * (b1 - b0)

    def in_axes(self, place: Place) -> Place:
        """The place in the axes of a place on the turned plane."""
        a, b = self._in_axes(np.array(place), self.share).tolist()
        return a, b

    def _place(self, end: int, places: np.ndarray) -> np.ndarray:
        """Places on one of the maps, (..., 2) float64, in latent units: quantiles do not turn."""
        return deviates(places) if self._are_quantiles else np.asarray(places, np.float64)

    def _on_way(self, start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
        before, after = turn_weights(*self._pairs, share)
        places = before * start + after * end
        return self._in_axes(quantiles(places) if self._are_quantiles else places, share)

    def _in_axes(self, places: np.ndarray, share: float) -> np.ndarray:
        a0, a1, b0, b1 = self.seen(share)
        return (places - (a0, b0)) / (a1 - a0, b1 - b0)

    def _way(self) -> str:
        return " → ".join(map(name_of, self._pairs))

    @property
    def _pairs(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The components of both planes."""
        first, second = (space.projection.chosen[:2] for space in self._spaces)
        return first, second

    @property
    def _are_quantiles(self) -> bool:
        return self._spaces[0].coordinates == "quantiles"
