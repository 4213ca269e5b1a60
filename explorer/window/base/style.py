"""The look of the window: Sun Valley's ttk theme, and our few label styles on top."""

from __future__ import annotations

import tkinter as tk
from tkinter import font, ttk

from explorer.drawing.themes import THEMES
from explorer.session.state import ThemeName
from explorer.window.base import focus, sun_valley
from explorer.window.base.scale import font_px, px
from explorer.window.base.widgets import bind_alone, line_height


def prepare(root: tk.Tk) -> None:
    """Creates the fonts, and keeps colours out of single labels. Call it once per window."""
    usual = font.nametofont("TkDefaultFont", root).actual()
    for name, size, weight in (
        ("ExplorerTitle", 17, "bold"),
        ("ExplorerValue", 16, "normal"),
        ("ExplorerKey", 14, "bold"),
        ("ExplorerMark", 11, "bold"),
        ("ExplorerSmall", 11, "normal"),
    ):
        root.call("font", "create", name, "-family", usual["family"], "-size", -font_px(size), "-weight", weight)
    sun_valley.prepare(root)
    focus.prepare(root)
    bind_alone(root, "<<ThemeChanged>>", lambda event: _follow_styles(root))


def apply(root: tk.Tk, theme_name: ThemeName) -> None:
    """Gives the window the light or the dark theme."""
    theme, style = THEMES[theme_name], ttk.Style(root)
    sun_valley.use(root, theme_name)
    root.configure(background=theme.paper)
    style.configure(".", space=px(4))  # between a label's image and its text
    style.configure("Treeview", rowheight=line_height(root, "SunValleyBodyFont") + px(3))
    row = [(f"Treeitem.{part}", {"side": "left", "sticky": ""}) for part in ("image", "text")]  # no room to fold it
    style.layout("Treeview.Item", [("Treeitem.padding", {"sticky": "nswe", "children": row})])
    style.map("TLabel", background=[("focus", theme.lines)])
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
    """Removes the colours that Sun Valley writes into labels, fields and lists on a change of theme (`tk_setPalette`).
    A widget's own colour hides the colour of its style, and stays when the theme changes. Some widgets are unknown to
    Python, such as drop-down lists."""
    theme = THEMES["dark" if ttk.Style(root).theme_use().endswith("dark") else "light"]
    colours = {"background": theme.canvas, "foreground": theme.ink}
    colours |= {"selectBackground": theme.lines, "selectForeground": theme.ink}
    flat = {"borderWidth": 0, "highlightThickness": 0, "relief": "flat", "font": "SunValleyBodyFont"}
    root.option_clear()
    for name, value in (colours | flat).items():
        root.option_add(f"*TCombobox*Listbox.{name}", value)
    call, waiting = root.tk.call, ["."]
    while waiting:
        path = waiting.pop()
        kind = call("winfo", "class", path)
        if kind in ("TkFDialog", "TkChooseDir"):  # made anew for each question
            continue
        waiting += map(str, root.tk.splitlist(call("winfo", "children", path)))
        if kind in ("TLabel", "TEntry", "TCombobox"):
            call(path, "configure", "-foreground", "", "-background", "")
        elif kind == "Listbox":
            for name, value in colours.items():
                call(path, "configure", f"-{name.lower()}", value)
