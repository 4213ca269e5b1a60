"""The one scale of everything on the screen. Sizes in the code are pixels at 96 dpi; `px` makes real ones of them."""

from __future__ import annotations

import contextlib
import ctypes
import sys
import tkinter as tk
from tkinter import font
from typing import overload

STEPS = 4  # per doubling of the scale: screens report odd sizes, such as 97 dpi
# Desktops on X11 set this resource; Tk 8.6 goes by the size that the screen claims to have, which is seldom right.
# Tk finds a resource only under the name of its application, so another interpreter asks.
ASK_FOR_DPI = """
set asking [interp create]
interp eval $asking {set argv {-name Xft}; package require Tk}
set dpi [interp eval $asking {option get . dpi Dpi}]
interp delete $asking
set dpi
"""
_scale = _font_scale = 1.0


def be_dpi_aware() -> None:
    """Tells Windows that the program scales its windows itself, or they are blurred; before Tk starts."""
    if sys.platform == "win32":
        with contextlib.suppress(AttributeError, OSError):  # older than Windows 8.1
            ctypes.OleDLL("shcore").SetProcessDpiAwareness(1)  # of the system


def set_scale(root: tk.Tk, wanted: float | None = None) -> float:
    """Takes the scale from the screen, or the one that is wanted, and has Tk, its fonts and Matplotlib go by it.

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
        if size < 0 or resource:  # those in points follow by themselves
            root.tk.call("font", "configure", name, "-size", -font_px(-size if size < 0 else size * usual))
    return _scale


def _font_dpi(root: tk.Tk) -> float:
    """Dots per inch that a desktop on X11 has set for fonts; 0 where none are set."""
    if root.tk.call("tk", "windowingsystem") == "x11":
        with contextlib.suppress(tk.TclError, ValueError):
            return max(float(root.tk.eval(ASK_FOR_DPI)), 0.0)
    return 0.0


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


def font_px(size: float) -> int:
    """The size in which Tk takes a font of so many pixels at 96 dpi: where the desktop has set dots per inch for fonts,
    X11 multiplies by them once more."""
    return max(round(size * _font_scale), 1)
