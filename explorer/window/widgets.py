"""What several bars and panels need: tooltips, and texts and widgets that come and go with the room they have."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from explorer.reading import shortened

TIP = {"bg": "#303030", "fg": "#fafafa", "padx": 8, "pady": 4}  # of tooltips, on both themes


def add_tooltip(widget: tk.Widget, text: str | Callable[[], str], **options) -> None:
    """A tooltip: a text, or what gives one whenever it is to be shown."""
    from tktooltip import ToolTip  # not needed for the first frame

    ToolTip(widget, msg=text, delay=0.6, **TIP, **options)


def pack_if(widget: tk.Widget, wanted: bool, **options) -> None:
    """Packs a widget, or takes it away; what is so already stays as it is."""
    shown = bool(widget.winfo_manager())
    if wanted and not shown:
        widget.pack(**options)
    elif shown and not wanted:
        widget.pack_forget()


def text_measure(label: ttk.Label) -> Callable[[str], int]:
    """Tells how wide a text is in the label's font, in pixels."""
    font = ttk.Style(label).lookup(str(label.cget("style")) or label.winfo_class(), "font") or "TkDefaultFont"
    return lambda text: label.tk.getint(label.tk.call("font", "measure", font, text))


def fitted(label: ttk.Label, text: str, room: int) -> str:
    """The text, with an ellipsis where it is wider than so many pixels in the label's font."""
    return shortened(text, room, text_measure(label))
