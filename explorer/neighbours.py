"""Which images lie near a place, and whether that place is on the map at all."""

from __future__ import annotations

import numpy as np

ON_MAP_SHARE = 0.99


class NearestDigits:
    """The points of a map, or those of its points that are shown, in a k-d tree.

    Building takes about 20 ms for 70,000 points and a query 0.05 ms, so that a tree is simply built
    anew when classes are hidden.

    Args:
        places: of all points, (n, 2) float32, data coordinates.
        shown: which of them count, (n,) bool; all of them by default.
    """

    def __init__(self, places: np.ndarray, shown: np.ndarray | None = None) -> None:
        from scipy.spatial import KDTree  # takes 0.15 s, which the window need not wait for

        self._points = np.arange(len(places)) if shown is None else np.flatnonzero(shown)
        self._tree = KDTree(places[self._points]) if len(self._points) else None

    def nearest(self, place: tuple[float, float]) -> tuple[int, float] | None:
        """Index of the nearest counted point and its distance in data coordinates; None without any."""
        if self._tree is None:
            return None
        distance, index = self._tree.query(place)
        return int(self._points[index]), float(distance)

    def usual_distance(self) -> float:
        """How far the points lie from their own nearest neighbours: the 99th percentile.

        A place farther than this from every point is off the map. With fewer than two points, 0.
        """
        if self._tree is None or self._tree.n < 2:
            return 0.0
        distances, _ = self._tree.query(self._tree.data, k=2)
        return float(np.quantile(distances[:, 1], ON_MAP_SHARE))
