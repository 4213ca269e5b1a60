"""The scale of everything on the screen. Sizes in the code are pixels at 96 dpi; `px` converts them to real pixels."""

from __future__ import annotations

import contextlib
import ctypes
import sys
import tkinter as tk
from tkinter import font
from typing import overload

STEPS = 4  # per doubling of the scale: the scale is rounded, because screens report values such as 97 dpi
_scale = _font_scale = 1.0


def be_dpi_aware() -> None:
    """Tells Windows that the program scales its windows itself; otherwise they are blurred. Call it before Tk
    starts."""
    if sys.platform == "win32":
        with contextlib.suppress(AttributeError, OSError):  # older than Windows 8.1
            ctypes.OleDLL("shcore").SetProcessDpiAwareness(1)  # PROCESS_SYSTEM_DPI_AWARE


def set_scale(root: tk.Tk, wanted: float | None = None) -> float:
    """Sets the scale of Tk, its fonts and Matplotlib: the wanted one, by default that of the screen.

    Call it before the first widget is made. Returns the scale: 1 at 96 dpi, 2 at 192 dpi.
    """
    global _scale, _font_scale
    system, resource = root.tk.call("tk", "windowingsystem"), _font_dpi(root)
    usual = 1.0 if system == "aqua" else 96 / 72  # pixels of a point at scale 1; on macOS, Tk's pixels are points
    measured = resource / 72 if resource else root.tk.getdouble(root.tk.call("tk", "scaling"))
    _scale = wanted or max(round(measured / usual * STEPS) / STEPS, 1.0)
    root.tk.call("tk", "scaling", _scale * usual)
    _font_scale = _scale * (_scale * 96 / resource if resource else 1.0)
    for name in font.names(root):
        size = root.tk.getint(root.tk.call("font", "configure", name, "-size"))
        if size < 0 or resource:  # sizes in points scale by themselves
            root.tk.call("font", "configure", name, "-size", -font_px(-size if size < 0 else size * usual))
    return _scale


def _font_dpi(root: tk.Tk) -> float:
    """The font resolution that a desktop on X11 has set, in dpi; 0 if it has set none.

    Tk 8.6 uses the physical size that the screen reports, which is seldom right. It finds a resource only under the
    name of its own application, so the X library is asked.
    """
    if root.tk.call("tk", "windowingsystem") == "x11":
        with contextlib.suppress(OSError, AttributeError, TypeError, ValueError):
            x11 = ctypes.CDLL("libX11.so.6")  # Tk has loaded it
            x11.XOpenDisplay.restype = ctypes.c_void_p
            x11.XGetDefault.restype = ctypes.c_char_p
            if display := ctypes.c_void_p(x11.XOpenDisplay(None)):
                try:
                    return max(float(x11.XGetDefault(display, b"Xft", b"dpi")), 0.0)
                finally:
                    x11.XCloseDisplay(display)
    return 0.0


def scale() -> float:
    """The scale: 1 at 96 dpi, 2 at 192 dpi."""
    return _scale


@overload
def px(length: float, /) -> int: ...
@overload
def px(length: float, /, *more: float) -> tuple[int, ...]: ...
def px(length: float, /, *more: float) -> int | tuple[int, ...]:
    """Converts one length in pixels at 96 dpi, or several (for Tk's paddings), to pixels on this screen."""
    if more:
        return tuple(px(each) for each in (length, *more))
    return round(length * _scale)


def font_px(size: float) -> int:
    """The size to give Tk for a font of so many pixels at 96 dpi. If the desktop has set a font resolution, X11
    multiplies by it once more."""
    return max(round(size * _font_scale), 1)
