"""The look of the window: Sun Valley's ttk theme, and our few label styles on top."""

from __future__ import annotations

import tkinter as tk
from tkinter import font, ttk

import sv_ttk

from explorer.drawing.themes import THEMES
from explorer.session.state import ThemeName
from explorer.window.base.scale import px


def prepare(root: tk.Tk) -> None:
    """Makes the fonts and takes colours out of single labels' hands; once per window."""
    usual = font.nametofont("TkDefaultFont", root).actual()
    for name, size, weight in (
        ("ExplorerTitle", 17, "bold"),
        ("ExplorerValue", 16, "normal"),
        ("ExplorerKey", 14, "bold"),
        ("ExplorerMark", 11, "bold"),
        ("ExplorerSmall", 11, "normal"),
    ):
        root.call("font", "create", name, "-family", usual["family"], "-size", -size, "-weight", weight)
    # A click beside the knob of a slider: Tk's own binding would move it by 1, which is to the end of most sliders.
    root.bind_class("TScale", "<ButtonPress-1>", "ttk::scale::Jump %W %x %y")
    root.bind_all("<<ThemeChanged>>", lambda event: event.widget is root and _follow_styles(root), add="+")


def apply(root: tk.Tk, theme_name: ThemeName) -> None:
    """Dresses the window in the light or the dark theme."""
    sv_ttk.set_theme(theme_name, root)
    theme, style = THEMES[theme_name], ttk.Style(root)
    root.configure(background=theme.paper)
    style.configure("Title.TLabel", font="ExplorerTitle", foreground=theme.ink)
    style.configure("Value.TLabel", font="ExplorerValue", foreground=theme.ink)
    style.configure("Spent.TLabel", font="ExplorerTitle", foreground=theme.lines)
    style.configure("Good.TLabel", font="ExplorerValue", foreground=theme.good)
    style.configure("Warning.TLabel", font="ExplorerValue", foreground=theme.warning)
    style.configure("Agrees.TLabel", foreground=theme.good)
    style.configure("Key.TLabel", font="ExplorerKey", foreground=theme.ink)
    style.configure("Faint.TLabel", foreground=theme.faint)
    style.configure("Chosen.TLabel", font="ExplorerKey", foreground=theme.ink)
    style.configure("Tight.TNotebook.Tab", padding=px(-7, 0))
    style.configure("Tighter.TNotebook.Tab", padding=px(-8, 0), font="ExplorerSmall")
    style.configure("Note.TLabel", foreground=theme.warning)
    style.configure("Tool.TButton", padding=px(5, 3))


def _follow_styles(root: tk.Tk) -> None:
    """Undoes what sv-ttk does to labels, fields and drop-downs on a change of theme (`tk_setPalette`): a colour that is
    written into a widget itself hides the one of its style, and stays when the theme changes."""
    root.option_clear()
    waiting: list[tk.Misc] = [root]
    while waiting:
        widget = waiting.pop()
        waiting += widget.winfo_children()
        if isinstance(widget, ttk.Label | ttk.Entry):  # a combobox is an entry
            widget.configure(foreground="", background="")
