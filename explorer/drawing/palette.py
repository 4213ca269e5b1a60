"""Colours of classes that a person gives: in one text, or in a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

from matplotlib.colors import is_color_like, to_hex

from explorer.drawing.themes import ALL_COLOURS
from explorer.errors import UserError
from explorer.files import untrusted

MOST = 10**5  # bytes
REMEDY = "give #rrggbb or CSS names, such as '#0072b2,orange', or a file with one in each line"


def read(text: str) -> tuple[str, ...]:
    """The colours, #rrggbb each, of a list with commas, or of a file: one in each line, or a JSON list.

    Raises:
        UserError: one is no colour, there are none or too many, or the file cannot be read.
    """
    if "," not in text and (os.path.sep in text or os.path.exists(text)):
        names = _in_file(untrusted.absolute(text))
    else:
        names = text.split(",")
    names = [name.strip() for name in names if name.strip()]
    if not names:
        raise UserError(f"the palette is empty: {REMEDY}")
    if len(names) > len(ALL_COLOURS):
        raise UserError(f"a palette has at most {len(ALL_COLOURS)} colours, not {len(names):,}")
    return tuple(map(_colour, names))


def _in_file(path: Path) -> list[str]:
    content = untrusted.read(path, MOST)
    with untrusted.parsing(path, REMEDY, "is no palette"):
        text = content.decode("utf-8-sig")
        if not text.lstrip().startswith("["):
            return text.splitlines()
        names: list[str] = json.loads(text)
        if not all(isinstance(name, str) for name in names):
            raise ValueError("a list of texts is needed")
        return names


def _colour(name: str) -> str:
    # no "C0" or "0.5", which are Matplotlib's alone, and nothing transparent
    is_css = (name.startswith("#") and len(name) in (4, 7)) or (
        name.isalpha() and len(name) > 1 and name.lower() != "none"
    )
    if not (is_css and is_color_like(name.lower())):
        raise UserError(f"'{name}' is no colour: {REMEDY}")
    return to_hex(name.lower())
