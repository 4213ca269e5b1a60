"""The program's icon: a map of ten classes, and a crosshair."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

from explorer.drawing.themes import CLASS_COLOURS, THEMES

SIDE = 256  # pixels
_SMOOTHING = 4  # drawn so many times larger, then made smaller
_CORNER, _MAP, _LINE = 0.2, 0.41, 0.022  # shares of the side: radii of the corners and the map, width of the crosshair
_DOTS, _DOT = 90, 0.034  # how many, and the radius of each as a share of the side
_CROSSHAIR = (0.4, 0.58)  # place, as shares of the side
_GOLDEN = np.pi * (3 - np.sqrt(5))  # the angle between the seeds of a sunflower: they fill a disc evenly


def as_png() -> bytes:
    """The icon as a PNG file of 256 × 256 pixels with transparent corners."""
    side = SIDE * _SMOOTHING
    image = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(image)
    theme = THEMES["dark"]
    draw.rounded_rectangle((0, 0, side - 1, side - 1), _CORNER * side, theme.canvas)
    for number in range(_DOTS):
        radius, turn = _MAP * np.sqrt((number + 0.5) / _DOTS), number * _GOLDEN % (2 * np.pi)
        place = (0.5 + radius * np.sin(turn), 0.5 - radius * np.cos(turn))
        colour = CLASS_COLOURS[int(turn / (2 * np.pi) * len(CLASS_COLOURS))]
        draw.circle([share * side for share in place], _DOT * side, colour)
    x, y = (share * side for share in _CROSSHAIR)
    for line in ((x, 0, x, side), (0, y, side, y)):
        draw.line(line, theme.crosshair, round(_LINE * side))
    file = io.BytesIO()
    image.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(file, "PNG")
    return file.getvalue()
