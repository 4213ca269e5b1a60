"""Outlines drawn on the map, closed polygons that may cross themselves: which points lie inside, and clipping."""

from __future__ import annotations

import numpy as np

from explorer.spaces import view
from explorer.spaces.latent_space import LatentSpace


def inside(places: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Which places lie inside, by the even-odd rule: a ray from an inner place crosses the outline an odd number of
    times.

    Places are sorted by b, so that each edge only looks at a slice of them: 10 ms for 70,000 places, with any number
    of corners.

    Args:
        places: (n, 2).
        outline: its corners, (m, 2), in the same unit; the last is joined to the first.

    Returns:
        (n,) bool; none with fewer than three corners.
    """
    found = np.zeros(len(places), bool)
    outline = np.asarray(outline, np.float64).reshape(-1, 2)
    if len(outline) < 3 or not len(places):
        return found
    places = np.asarray(places, np.float64)
    low, high = outline.min(axis=0), outline.max(axis=0)
    near = np.flatnonzero(((places >= low) & (places <= high)).all(axis=1))
    near = near[np.argsort(places[near, 1])]
    a, b = places[near].T
    odd = np.zeros(len(near), bool)
    ends = np.roll(outline, -1, axis=0)
    lower = np.searchsorted(b, np.minimum(outline[:, 1], ends[:, 1]))
    upper = np.searchsorted(b, np.maximum(outline[:, 1], ends[:, 1]))  # the upper end of an edge does not count
    for (a0, b0), (a1, b1), first, last in zip(outline, ends, lower, upper, strict=True):
        if first < last:
            crossing = a0 + (b[first:last] - b0) * ((a1 - a0) / (b1 - b0))
            odd[first:last] ^= a[first:last] < crossing
    found[near[odd]] = True
    return found


def parts(outline: np.ndarray, limits: view.Limits) -> list[np.ndarray]:
    """Clips an outline to a rectangle. Returns lines, (k, 2) float64 each with k ≥ 2; if nothing is cut off, one line
    that ends where it begins.

    The method is that of Liang, Barsky: A New Concept and Method for Line Clipping. ACM Transactions on Graphics 3,
    1984.

    Args:
        outline: its corners, (m, 2); the last is joined to the first.
        limits: of the rectangle, in the same unit.
    """
    starts = np.asarray(outline, np.float64)
    ways = np.roll(starts, -1, axis=0) - starts + 0.0  # which makes −0 a 0
    with np.errstate(all="ignore"):  # an edge parallel to an axis divides by 0
        low, high = (
            (np.array(edges) - starts) / ways for edges in (limits[::2], limits[1::2])
        )  # shares of each edge's length
    low[np.isnan(low)], high[np.isnan(high)] = -np.inf, np.inf  # on an edge
    enters = np.minimum(low, high).max(axis=1).clip(min=0)
    leaves = np.maximum(low, high).min(axis=1).clip(max=1)
    seen = enters < leaves
    joined = seen & (enters == 0) & np.roll(seen & (leaves == 1), 1)  # to the one before
    if joined.all():
        return [np.concatenate([starts, starts[:1]])]
    found = []
    for first in np.flatnonzero(seen & ~joined):
        line, index = [starts[first] + enters[first] * ways[first]], first
        line.append(starts[index] + leaves[index] * ways[index])
        while joined[index := (index + 1) % len(starts)]:
            line.append(starts[index] + leaves[index] * ways[index])
        found.append(np.array(line))
    return found


def visible(space: LatentSpace, limits: view.Limits, shown: np.ndarray | None) -> np.ndarray:
    """Which points are visible, (n,) bool: those of shown classes within the limits of the axes.

    Args:
        shown: (n,) bool, or None for all, from `SharedState.shown`.
    """
    seen = view.inside(space.places, limits)
    return seen if shown is None else seen & shown


def caught(space: LatentSpace, outline: np.ndarray, limits: view.Limits, shown: np.ndarray | None) -> np.ndarray:
    """The data rows, (k,), of the visible points inside an outline."""
    points = np.flatnonzero(visible(space, limits, shown))
    return np.asarray(space.rows[points[inside(space.places[points], outline)]])
