"""The one scale of everything on the screen. Sizes in the code are pixels at 96 dpi; `px` makes real ones of them."""

from __future__ import annotations

import tkinter as tk
from typing import overload

POINTS_PER_PIXEL = 72 / 96  # at scale 1
STEPS = 4  # per doubling of the scale: screens report odd sizes, such as 97 dpi
_scale = 1.0


def set_scale(root: tk.Tk, wanted: float | None = None) -> float:
    """Takes the scale from Tk's scaling, or the one that is wanted, and has Tk and Matplotlib go by it.

    Call it before the first font and the first widget are made. Returns the scale: 1 at 96 dpi, 2 at 192 dpi.
    """
    global _scale
    measured = root.tk.getdouble(root.tk.call("tk", "scaling")) * POINTS_PER_PIXEL
    _scale = wanted or max(round(measured * STEPS) / STEPS, 1.0)
    root.tk.call("tk", "scaling", _scale / POINTS_PER_PIXEL)
    return _scale


def scale() -> float:
    """The scale: 1 at 96 dpi, 2 at 192 dpi."""
    return _scale


@overload
def px(length: float, /) -> int: ...
@overload
def px(length: float, /, *more: float) -> tuple[int, ...]: ...
def px(length: float, /, *more: float) -> int | tuple[int, ...]:
    """Pixels on this screen, of one length in pixels at 96 dpi, or of several, as Tk's paddings take them."""
    if more:
        return tuple(px(each) for each in (length, *more))
    return round(length * _scale)
