"""Which part of the plane the map shows: rectangles of places, in latent units, as (a0, a1, b0, b1)."""

from __future__ import annotations

import numpy as np

from explorer.files import LatentSpace

Limits = tuple[float, float, float, float]

TAIL = 0.001  # share cut off at each end of each axis: at most 0.4 % of the points in all
MARGIN = 0.05


def default_limits(places: np.ndarray) -> Limits:
    """The rectangle that shows (n, 2) points without letting outliers blow it up.

    At least 99.6 % of the points lie inside; identical points get a unit square.
    """
    low, high = np.quantile(np.asarray(places, np.float64), (TAIL, 1 - TAIL), axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    half = np.where(half > 0, half * (1 + 2 * MARGIN), 0.5)
    (a0, b0), (a1, b1) = (middle - half).tolist(), (middle + half).tolist()
    return a0, a1, b0, b1


def home(space: LatentSpace) -> Limits:
    """The default view of a space's map: through the prior's quantiles, all that they reach."""
    if space.chart == "plain":
        return default_limits(space.places)
    return -MARGIN, 1 + MARGIN, -MARGIN, 1 + MARGIN


def inside(places: np.ndarray, limits: Limits) -> np.ndarray:
    """Which of (n, 2) places lie in the rectangle, edges included, (n,) bool."""
    a, b = np.asarray(places).T
    a0, a1, b0, b1 = limits
    return (a >= a0) & (a <= a1) & (b >= b0) & (b <= b1)


def alike(one: Limits, other: Limits) -> bool:
    """Whether two rectangles are the same but for rounding, as after zooming in and out again."""
    return bool(np.allclose(one, other, rtol=0, atol=1e-6 * (one[1] - one[0])))


def zoomed(limits: Limits, place: tuple[float, float], factor: float) -> Limits:
    """The rectangle after zooming in by `factor` (below 1: out) with `place` kept where it is."""
    a0, a1, b0, b1 = limits
    a, b = place
    return a + (a0 - a) / factor, a + (a1 - a) / factor, b + (b0 - b) / factor, b + (b1 - b) / factor


def middle(limits: Limits) -> tuple[float, float]:
    """The place in the middle of the rectangle."""
    a0, a1, b0, b1 = limits
    return (a0 + a1) / 2, (b0 + b1) / 2


def centred(limits: Limits, a: float, b: float) -> Limits:
    """A rectangle of the same size with its middle at (a, b)."""
    half_width, half_height = (limits[1] - limits[0]) / 2, (limits[3] - limits[2]) / 2
    return a - half_width, a + half_width, b - half_height, b + half_height


def fitted(limits: Limits, aspect: float) -> Limits:
    """The smallest rectangle of width / height = `aspect` around the same middle that holds `limits`."""
    width, height = limits[1] - limits[0], limits[3] - limits[2]
    a, b = middle(limits)
    half_width, half_height = max(width, height * aspect) / 2, max(height, width / aspect) / 2
    return a - half_width, a + half_width, b - half_height, b + half_height
