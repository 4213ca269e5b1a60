"""Sun Valley's theme at any scale. The package draws with sprites and lengths in pixels, which Tk does not scale: here
its own files are read, and both are multiplied."""

from __future__ import annotations

import io
import re
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

import sv_ttk
from PIL import Image

from explorer.window.base.scale import font_px, px

FOLDER = Path(sv_ttk.__file__).parent
THEMES = ("light", "dark")
LENGTHS = re.compile(r"(-(?:border|borderwidth|padding|width|height|sashthickness|insertwidth) )(\{[\d ]+\}|\d+)")
FONT_SIZES = re.compile(r"(-size -)(\d+)")


def load(root: tk.Tk) -> None:
    """Defines the themes sun-valley-light and sun-valley-dark at the scale of the screen; once per window."""
    text = (FOLDER / "sv.tcl").read_text(encoding="utf-8")
    root.tk.eval(_scaled(FONT_SIZES, _without(text, "source"), font_px))  # the themes below measure these fonts
    for name in THEMES:
        _load_theme(root, name)


def _load_theme(root: tk.Tk, name: str) -> None:
    root.tk.eval((FOLDER / "theme" / f"sprites_{name}.tcl").read_text(encoding="utf-8"))
    root.tk.eval(f"namespace eval ttk::theme::sv_{name} {{variable I}}")
    words = root.tk.splitlist(root.tk.getvar("spriteinfo"))
    with Image.open(FOLDER / "theme" / f"spritesheet_{name}.png") as opened:
        sheet = opened.convert("RGBa")  # premultiplied, or the colour of what is transparent would bleed into the edges
    for at in range(0, len(words), 5):
        x, y, width, height = (int(word) for word in words[at + 1 : at + 5])
        size = max(px(width), 1), max(px(height), 1)
        sprite = sheet.crop((x, y, x + width, y + height)).resize(size, Image.Resampling.BICUBIC).convert("RGBA")
        data = io.BytesIO()
        sprite.save(data, "PNG", compress_level=1)
        # not through Pillow's or Python's images, which would take theirs along when they go
        made = root.tk.call("image", "create", "photo", "-data", data.getvalue(), "-format", "png")
        root.tk.call("set", f"ttk::theme::sv_{name}::I({words[at]})", made)
    text = (FOLDER / "theme" / f"{name}.tcl").read_text(encoding="utf-8")
    root.tk.eval(_scaled(LENGTHS, _without(text, "source", "load_images"), px))


def _without(text: str, *commands: str) -> str:
    """A script without the lines that begin with these commands."""
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(commands))


def _scaled(lengths: re.Pattern[str], text: str, real: Callable[[int], int]) -> str:
    """A script with all lengths that a pattern finds made real ones of this screen."""
    numbers = lambda found: re.sub(r"\d+", lambda number: str(real(int(number[0]))), found[2])  # noqa: E731
    return lengths.sub(lambda found: found[1] + numbers(found), text)
