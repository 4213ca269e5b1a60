"""Shapes of arrays in models; None stands for a side that is not known, or may have any length."""

from __future__ import annotations

import math
from collections.abc import Sequence

Shape = tuple[int | None, ...]


def shown(shape: Sequence[int | None]) -> str:
    """A shape as in "28×28"."""
    return "×".join("?" if side is None else str(side) for side in shape)


def fits(shape: tuple[int, ...], pattern: Shape) -> bool:
    """Whether a shape has the sides of a pattern."""
    return len(shape) == len(pattern) and all(side in (None, given) for given, side in zip(shape, pattern, strict=True))


def size(shape: Shape | None) -> int | None:
    """How many numbers an array has; None if that is not known."""
    if shape is None or None in shape:
        return None
    return math.prod(side for side in shape if side is not None)
