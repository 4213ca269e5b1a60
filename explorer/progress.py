"""How long computations report progress and are cancelled."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from explorer.errors import Cancelled

Report = Callable[[float], None]  # is called with the finished share, 0..1
Asked = Callable[[], bool]  # returns whether to stop


def unheard(share: float) -> None:
    """A `Report` that does nothing."""


def never() -> bool:
    """An `Asked` that never stops the work."""
    return False


def at_once(shape: tuple[int, ...], most: int) -> int:
    """The batch size for rows of a shape: `most` for up to 28 × 28 values, less for larger rows."""
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
