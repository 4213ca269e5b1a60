"""How long work reports its progress and is stopped."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from explorer.errors import Cancelled

Report = Callable[[float], None]  # takes the finished share, 0..1
Asked = Callable[[], bool]  # tells whether to stop


def unheard(share: float) -> None:
    """A `Report` that nobody reads."""


def never() -> bool:
    """An `Asked` that never stops the work."""
    return False


def at_once(shape: tuple[int, ...], most: int) -> int:
    """How many rows of a shape are worked on at once: `most` of up to 28 × 28 values, fewer of larger ones."""
    return max(min(most, most * 28 * 28 // max(math.prod(shape), 1)), 1)


def batches(total: int, size: int, report: Report = unheard, cancelled: Asked = never) -> Iterator[slice]:
    """Slices of `size` items, the last one shorter, that cover `total` items in order.

    Args:
        report: is called after each slice.
        cancelled: is asked before each slice.

    Raises:
        Cancelled: `cancelled()` was true.
    """
    for start in range(0, total, size):
        if cancelled():
            raise Cancelled
        end = min(start + size, total)
        yield slice(start, end)
        report(end / total)
