"""Mouse wheel and trackpad, for all versions of Tk."""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable

# Tk 8.6 reports the wheel as buttons on X11 and as deltas elsewhere: 120 per notch on Windows, 1 on macOS.
# Tk 9 reports deltas of 120 everywhere, and has an event of its own for trackpads.
IS_TK_9 = tk.TkVersion > 8.6
PER_NOTCH = 1 if sys.platform == "darwin" and not IS_TK_9 else 120
MOST = 3.0  # notches at once: macOS accelerates
TRACKPAD = 30  # pixels of a two-finger movement that count as one notch


class Wheel:
    """Converts Tk's wheel and trackpad events into notches; up is positive.

    Args:
        turned: is called with the notches and the event.
        smooth: whether `turned` gets fractions at once; otherwise they are summed up to whole notches.
    """

    def __init__(self, turned: Callable[[float, tk.Event], object], smooth: bool = False) -> None:
        self._turned, self._smooth = turned, smooth
        self._left = 0.0  # of a notch

    def bind(self, widget: tk.Misc) -> None:
        """Handles the wheel over a widget."""
        if IS_TK_9:
            widget.bind("<TouchpadScroll>", lambda event: self.turn(finger_pixels(event.delta) / TRACKPAD, event))
        elif widget.tk.call("tk", "windowingsystem") == "x11":
            widget.bind("<Button-4>", lambda event: self.turn(1.0, event))
            widget.bind("<Button-5>", lambda event: self.turn(-1.0, event))
        widget.bind("<MouseWheel>", lambda event: self.turn(notches(event.delta), event))

    def turn(self, by: float, event: tk.Event) -> None:
        """Handles a number of notches, perhaps a fraction of one."""
        if by * self._left < 0:
            self._left = 0.0  # the direction has changed
        self._left += by
        whole = self._left if self._smooth else float(int(self._left))
        if whole:
            self._left -= whole
            self._turned(whole, event)


def notches(delta: int, per_notch: int = PER_NOTCH) -> float:
    """The notches of a <MouseWheel> event; up is positive."""
    return max(-MOST, min(delta / per_notch, MOST))


def finger_pixels(delta: int) -> int:
    """How far the fingers moved down, in pixels: the lower half of the delta of a <TouchpadScroll> event, signed. The
    upper half is the movement to the right."""
    low = delta & 0xFFFF
    return low - 0x10000 if low & 0x8000 else low


def bind_wheel(widget: tk.Misc, scroll: Callable[[int], object]) -> None:
    """Calls a function with whole notches when the wheel turns over a widget; down is positive."""
    Wheel(lambda by, event: scroll(-int(by))).bind(widget)


def bind_zoom(widget: tk.Misc, zoom: Callable[[float, tk.Event], object]) -> None:
    """Calls a function with the notches, also fractions, and the event when the wheel turns; up is positive."""
    Wheel(zoom, smooth=True).bind(widget)
