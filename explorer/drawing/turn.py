"""The turn: the points of one space while the map turns from the plane of two principal components to the next."""

from __future__ import annotations

import math

import numpy as np

from explorer.drawing.morph import MorphMap
from explorer.session.state import MapState, Place
from explorer.space import view
from explorer.space.latent_space import deviates, quantiles
from explorer.space.projection import turn_weights

FADING = 0.5  # share of a turn after which nothing is left of the view from which it began


def name_of(pair: tuple[int, int]) -> str:
    """The plane of two components, counted from 0, as people read it."""
    return f"PC {pair[0] + 1}/{pair[1] + 1}"


class TurnMap(MorphMap):
    """The points of a space as they are seen on a plane that turns. Both states show this space, each on the plane of
    two principal components.

    Attributes:
        began: the share at which the turn began, and the limits that were seen there; None for those of the way. The
            view changes from these limits to those of the way.
    """

    began: tuple[float, view.Limits] | None = None

    def show_turn(self, first: MapState, second: MapState) -> None:
        """Takes on two other planes."""
        self.states, self.began = (first, second), None
        self.show_coordinates()

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
