"""Colours of classes that a person gives: in one text, or in a file."""

from __future__ import annotations

import os
import re

from matplotlib.colors import CSS4_COLORS, to_hex

from explorer.drawing.themes import ALL_COLOURS
from explorer.errors import UserError
from explorer.files import untrusted

MOST = 10**5  # bytes
REMEDY = "give #rrggbb or CSS names, such as '#0072b2,orange', or a file with one in each line"


def read(text: str) -> tuple[str, ...]:
    """The colours, #rrggbb each, of a list with commas, or of a file with one in each line.

    Raises:
        UserError: one is no colour, there are none or too many, or the file cannot be read.
    """
    if "," not in text and (os.path.sep in text or os.path.exists(text)):
        path = untrusted.absolute(text)
        with untrusted.parsing(path, REMEDY, "is no palette"):
            text = untrusted.read(path, MOST).decode("utf-8-sig")
    names = [name.strip() for name in re.split("[,\n]", text) if name.strip()]
    if not names:
        raise UserError(f"the palette is empty: {REMEDY}")
    if len(names) > len(ALL_COLOURS):
        raise UserError(f"a palette has at most {len(ALL_COLOURS)} colours, not {len(names):,}")
    return tuple(map(_colour, names))


def _colour(name: str) -> str:
    # not all that Matplotlib takes: "C0" and "0.5" are its alone, and "#rrggbbaa" may be transparent
    if name.lower() not in CSS4_COLORS and not re.fullmatch("#([0-9a-f]{3}){1,2}", name.lower()):
        raise UserError(f"'{name}' is no colour: {REMEDY}")
    return to_hex(name.lower())
