"""Fonts for names in any script: Matplotlib's own font, and others for letters that it lacks."""

from __future__ import annotations

import functools
import logging

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path


@functools.lru_cache(maxsize=16)
def fonts_for(text: str) -> tuple[list[str], set[str]]:
    """Matplotlib's own font and fonts for the letters that it lacks; and the letters that no font has."""
    if text.isascii():
        return ["sans-serif"], set()
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it warns if a family has no bold font
    own = font_manager.findfont(font_manager.FontProperties())
    missing, families = set(text), ["sans-serif"]
    for path, family in [(own, ""), *((entry.fname, entry.name) for entry in font_manager.fontManager.ttflist)]:
        if not missing:
            break
        font = font_manager.get_font(path)
        if not font.scalable or family.startswith("Last Resort"):  # has a box for every letter
            continue
        found = {letter for letter in missing if font.get_char_index(ord(letter))}
        if found and family:
            families.append(family)
        missing -= found
    return families, missing


def drawable(text: str, missing: set[str]) -> str:
    """The text with a box for every letter that no font has."""
    return text.translate(dict.fromkeys(map(ord, missing), "□"))


def truncated(text: str, longest: int) -> str:
    """The text, or its beginning with an ellipsis if it has more than `longest` letters."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


@functools.lru_cache(maxsize=256)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """The width of a text in points, in the fonts of `fonts_for`."""
    families, missing = fonts_for(text)
    font = FontProperties(family=families, size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(drawable(text, missing), font, ismath=False)[0])
