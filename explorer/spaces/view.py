"""Which part of the plane the map shows: rectangles of places, in latent units, as (a0, a1, b0, b1)."""

from __future__ import annotations

import math

import numpy as np

from explorer.spaces.latent_space import SMALLEST_REACH, LatentSpace, once_per_space

Limits = tuple[float, float, float, float]

TAIL = 0.001  # share of points cut off at each end of each axis: at most 0.4 % of all
OUTLIERS = 0.01  # share of points at each end of an axis, at least one, that may be outliers
FAR = 100  # they are outliers only if they make the axis so many times longer
MARGIN = 0.05
THINNEST = 0.01  # the least ratio of a default view's sides
COARSEST = 1e-6  # least half side of a default view, relative to its middle: float32 has 24 bits
FINEST = 1e-10  # the same for any view: float64 then still places points to a hundredth of a pixel


def default_limits(places: np.ndarray) -> Limits:
    """The rectangle that shows (n, 2) points without outliers.

    At least 99.6 % of the points lie inside, unless 1 % of them (or one of few points) at an end of an axis would make
    it more than 100 times longer. Identical points get a unit square, or a larger one far from 0.
    """
    ends = np.array([_ends(np.sort(values)) for values in np.asarray(places).T])  # (2, 2), low and high of each axis
    middle, half = ends.mean(axis=1), (1 + 2 * MARGIN) * np.ptp(ends, axis=1) / 2
    half = np.maximum(half, THINNEST * half.max()) if half.max() > SMALLEST_REACH / 100 else np.full(2, 0.5)
    half *= max(1, (COARSEST * abs(middle) / half).max())
    (a0, b0), (a1, b1) = (middle - half).tolist(), (middle + half).tolist()
    return a0, a1, b0, b1


def _ends(values: np.ndarray) -> tuple[float, float]:
    """The limits of an axis for sorted values, (n,)."""
    values = values.astype(np.float64)
    low, high = np.quantile(values, (TAIL, 1 - TAIL))
    some = math.ceil(OUTLIERS * len(values))
    if len(values) > 2 * some:
        first, last = values[some], values[-1 - some]
        reach = FAR * (last - first)
        if reach > SMALLEST_REACH and high - low > reach:
            near = slice(*np.searchsorted(values, (first - reach, last + reach)))
            low, high = np.quantile(values[near], (TAIL, 1 - TAIL))
    return low, high


@once_per_space
def home(space: LatentSpace) -> Limits:
    """The default view of a space's map; in the prior's quantiles, the unit square with a margin."""
    if space.coordinates == "plain":
        return default_limits(space.places)
    return -MARGIN, 1 + MARGIN, -MARGIN, 1 + MARGIN


def inside(places: np.ndarray, limits: Limits) -> np.ndarray:
    """Which of (n, 2) places lie in the rectangle, edges included, (n,) bool."""
    a, b = np.asarray(places, np.float64).T
    a0, a1, b0, b1 = limits
    within: np.ndarray = (a >= a0) & (a <= a1) & (b >= b0) & (b <= b1)
    return within


def alike(one: Limits, other: Limits) -> bool:
    """Whether two rectangles are equal except for rounding, as after zooming in and out again."""
    return bool(np.allclose(one, other, rtol=0, atol=1e-6 * (one[1] - one[0])))


def zoomed(limits: Limits, place: tuple[float, float], factor: float) -> Limits:
    """The rectangle after zooming in by `factor` (below 1: out) with `place` kept where it is."""
    a0, a1, b0, b1 = limits
    a, b = place
    return a + (a0 - a) / factor, a + (a1 - a) / factor, b + (b0 - b) / factor, b + (b1 - b) / factor


def drawable(limits: Limits) -> Limits:
    """The rectangle, or a larger one around the same middle if it is too small for numbers so far from 0."""
    a, b = middle(limits)
    half_width, half_height = (limits[1] - limits[0]) / 2, (limits[3] - limits[2]) / 2
    least = FINEST * max(abs(a), abs(b))
    if min(half_width, half_height) >= least:
        return limits
    half_width, half_height = (
        max(half_width, 2 * least),
        max(half_height, 2 * least),
    )  # so that rounding does not make it smaller
    return a - half_width, a + half_width, b - half_height, b + half_height


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
