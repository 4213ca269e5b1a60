"""The mouse wheel and the trackpad, whichever way Tk tells of them."""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable

# Tk 8.6 tells of the wheel by buttons on X11, and by deltas elsewhere: of 120 for a notch on Windows, of 1 on macOS.
# Tk 9 tells by deltas of 120 everywhere, and of trackpads by an event of their own.
IS_TK_9 = tk.TkVersion > 8.6
PER_NOTCH = 1 if sys.platform == "darwin" and not IS_TK_9 else 120
MOST = 3.0  # notches at once: macOS speeds up
TRACKPAD = 30  # pixels that two fingers move for one notch


class Wheel:
    """Turns what Tk tells of wheel and trackpad into notches, upwards positive.

    Args:
        turned: is given them, with the event: whole ones, or fractions where `smooth` is set.
        smooth: whether fractions are handed on as they come; else they are summed up until they make a notch.
    """

    def __init__(self, turned: Callable[[float, tk.Event], object], smooth: bool = False) -> None:
        self._turned, self._smooth = turned, smooth
        self._left = 0.0  # of a notch

    def bind(self, widget: tk.Misc) -> None:
        """Hears the wheel over a widget."""
        if IS_TK_9:
            widget.bind("<TouchpadScroll>", lambda event: self.turn(finger_pixels(event.delta) / TRACKPAD, event))
        elif widget.tk.call("tk", "windowingsystem") == "x11":
            widget.bind("<Button-4>", lambda event: self.turn(1.0, event))
            widget.bind("<Button-5>", lambda event: self.turn(-1.0, event))
        widget.bind("<MouseWheel>", lambda event: self.turn(notches(event.delta), event))

    def turn(self, by: float, event: tk.Event) -> None:
        """Takes in so many notches, perhaps less than one."""
        if by * self._left < 0:
            self._left = 0.0  # the other way
        self._left += by
        whole = self._left if self._smooth else float(int(self._left))
        if whole:
            self._left -= whole
            self._turned(whole, event)


def notches(delta: int, per_notch: int = PER_NOTCH) -> float:
    """Notches of a <MouseWheel> event, upwards positive."""
    return max(-MOST, min(delta / per_notch, MOST))


def finger_pixels(delta: int) -> int:
    """How far the fingers moved down, in pixels: the lower half of a <TouchpadScroll> event's delta, which has a sign.
    The upper half is the way to the right."""
    low = delta & 0xFFFF
    return low - 0x10000 if low & 0x8000 else low


def bind_wheel(widget: tk.Misc, scroll: Callable[[int], object]) -> None:
    """Calls a function with the notches that the wheel was turned over a widget, downwards positive."""
    Wheel(lambda by, event: scroll(-int(by))).bind(widget)


def bind_zoom(widget: tk.Misc, zoom: Callable[[float, tk.Event], object]) -> None:
    """Calls a function with the notches, upwards positive, also with parts of one, and the event."""
    Wheel(zoom, smooth=True).bind(widget)
