"""A range of the values that dots are coloured by: which images lie in it, and which values the colours span."""

from __future__ import annotations

import numpy as np

from explorer.analysis.colouring import shares
from explorer.errors import UserError
from explorer.signals import Evented, Signal

BINS = 48  # of the histogram
OPEN = -np.inf, np.inf


class ValueRange(Evented):
    """A range of values, open at both ends at first.

    The histogram spans the limits of the colours, and its outermost bins hold the few values beyond. An end of the
    range that is moved to an end of the histogram is therefore open.

    Args:
        values: (n,) numbers, one per point; NaN where there is none.
        limits: the values at both ends of the histogram, the smaller one first.
        logarithmic: whether equal steps are equal factors.

    Attributes:
        ends: the range, (low, high) with low <= high, both included.
        spans_colours: whether the colours span the range, and not the limits.
        counts: of the values in each bin of the histogram, (BINS,) integers.
        ends_changed: sent after `ends` has changed.
    """

    ends_changed = Signal(object)

    def __init__(self, values: np.ndarray, limits: tuple[float, float], logarithmic: bool = False) -> None:
        self.values, self.limits, self.logarithmic = values, limits, logarithmic
        self.ends: tuple[float, float] = OPEN
        self.spans_colours = False
        where = self.shares_of(values[~np.isnan(values)])
        self.counts = np.bincount(np.minimum((where * BINS).astype(np.intp), BINS - 1), minlength=BINS)

    @property
    def is_open(self) -> bool:
        """Whether every image lies in the range, also those without a value."""
        return self.ends == OPEN

    def open(self) -> None:
        """Opens the range at both ends."""
        self.ends = OPEN

    def inside(self) -> np.ndarray:
        """Whether each point lies in the range, (n,) bool. Those without a value do only where the range is open."""
        low, high = self.ends
        return np.full(len(self.values), True) if self.is_open else (self.values >= low) & (self.values <= high)

    @property
    def colour_limits(self) -> tuple[float, float]:
        """The values that the first and the last colour stand for."""
        low, high = np.clip(self.ends, *self.limits).tolist()
        return (low, high) if self.spans_colours and low < high else self.limits

    def shares_of(self, values: np.ndarray) -> np.ndarray:
        """Where values, (m,), lie in the histogram, 0..1 from left to right."""
        return shares(np.clip(np.asarray(values, np.float64), *self.limits), *self.limits, self.logarithmic)

    @property
    def end_shares(self) -> tuple[float, float]:
        """Where both ends lie in the histogram, 0..1."""
        low, high = self.shares_of(np.array(self.ends)).tolist()
        return low, high

    def value_at(self, share: float) -> float:
        """The value at a place in the histogram, 0..1."""
        low, high = self.limits
        return float(low * (high / low) ** share if self.logarithmic else low * (1 - share) + high * share)

    def move(self, end: int, share: float) -> None:
        """Moves the lower (0) or the upper end (1) to a place in the histogram. It stops at the other end."""
        share = min(max(share, 0.0), 1.0)
        value = OPEN[end] if share == end else self.value_at(share)
        low, high = self.ends
        self.ends = (min(value, high), high) if end == 0 else (low, max(value, low))

    def type(self, low: str, high: str) -> None:
        """Takes both ends as texts; an empty one is open. Raises UserError where they are no range."""
        ends = tuple(_number(text, each) for text, each in zip((low, high), OPEN, strict=True))
        if ends[0] > ends[1]:
            raise UserError(f"the range is empty: {low.strip()} is above {high.strip()}")
        self.ends = ends


def _number(text: str, otherwise: float) -> float:
    text = text.strip().replace("\u2212", "-").replace(",", "")
    try:
        value = float(text) if text else otherwise
    except ValueError:
        value = np.nan
    if np.isnan(value):
        raise UserError(f"'{text}' is no number")
    return value
