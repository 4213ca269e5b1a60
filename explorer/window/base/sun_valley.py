"""Sun Valley's theme at any scale. Its sprites and lengths are in pixels, which Tk does not scale: this module reads
the package's files and multiplies both."""

from __future__ import annotations

import io
import math
import re
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk

import sv_ttk
from PIL import Image

from explorer.session.state import ThemeName
from explorer.window.base.scale import font_px, px, scale

FOLDER = Path(sv_ttk.__file__).parent
LENGTHS = re.compile(r"(-(?:border|borderwidth|padding|width|height|sashthickness|insertwidth) )(\{[\d ]+\}|\d+)")
FONT_SIZES = re.compile(r"(-size -)(\d+)")


def prepare(root: tk.Tk) -> None:
    """Makes the fonts of the themes, at the scale of the screen; once per window, before `use`."""
    # Our menus have their own bindings. Those of fields set a font when the theme changes: later ones never get it.
    text = _without((FOLDER / "sv.tcl").read_text(encoding="utf-8"), "source", "bind Menu", "bind T")
    root.tk.eval(_scaled(FONT_SIZES, text, font_px))  # the themes measure these fonts
    root.tk.eval("font configure TkTextFont {*}[font configure SunValleyBodyFont]")


def use(root: tk.Tk, name: ThemeName) -> None:
    """Gives the window the theme sun-valley-light or sun-valley-dark. Each is made when it is first used."""
    style = ttk.Style(root)
    if f"sun-valley-{name}" not in style.theme_names():
        _make(root, name)
    style.theme_use(f"sun-valley-{name}")


def _make(root: tk.Tk, name: ThemeName) -> None:
    root.tk.eval((FOLDER / "theme" / f"sprites_{name}.tcl").read_text(encoding="utf-8"))
    root.tk.eval(f"namespace eval ttk::theme::sv_{name} {{variable I}}")
    words = root.tk.splitlist(root.tk.getvar("spriteinfo"))
    boxes = [[int(word) for word in words[at + 1 : at + 5]] for at in range(0, len(words), 5)]
    sheet = _enlarged(FOLDER / "theme" / f"spritesheet_{name}.png", boxes)
    whole = root.tk.call("image", "create", "photo", "-data", sheet, "-format", "png")
    for sprite, (x, y, width, height) in zip(words[::5], boxes, strict=True):
        left, top, size = x * math.ceil(scale()), y * math.ceil(scale()), px(width, height)
        # not Python's images: they delete Tk's images when they are collected
        made = root.tk.call("image", "create", "photo", "-width", size[0], "-height", size[1])
        root.tk.call(made, "copy", whole, "-from", left, top, left + size[0], top + size[1])
        root.tk.call("set", f"ttk::theme::sv_{name}::I({sprite})", made)
    text = (FOLDER / "theme" / f"{name}.tcl").read_text(encoding="utf-8")
    root.tk.eval(_scaled(LENGTHS, _without(text, "source", "load_images"), px))
    root.tk.call("image", "delete", whole)


def _enlarged(path: Path, boxes: list[list[int]]) -> bytes:
    """The sheet as PNG, with each sprite (x, y, width, height) at the scale of the screen. The sprites are placed as if
    the scale were the next whole number."""
    if scale() == 1:
        return path.read_bytes()
    with Image.open(path) as opened:
        sheet = opened.convert("RGBa")  # premultiplied; otherwise the colour of transparent pixels bleeds into edges
    apart = math.ceil(scale())
    enlarged = Image.new("RGBa", (sheet.width * apart, sheet.height * apart))
    for x, y, width, height in boxes:
        sprite = sheet.crop((x, y, x + width, y + height)).resize(px(width, height), Image.Resampling.BICUBIC)
        enlarged.paste(sprite, (x * apart, y * apart))
    data = io.BytesIO()
    enlarged.convert("RGBA").save(data, "PNG", compress_level=1)
    return data.getvalue()


def _without(text: str, *commands: str) -> str:
    """A script without the lines that begin with these commands."""
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(commands))


def _scaled(lengths: re.Pattern[str], text: str, real: Callable[[int], int]) -> str:
    """A script with all lengths that the pattern finds converted to pixels of this screen."""
    numbers = lambda found: re.sub(r"\d+", lambda number: str(real(int(number[0]))), found[2])  # noqa: E731
    return lengths.sub(lambda found: found[1] + numbers(found), text)
