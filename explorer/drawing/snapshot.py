"""The explorer's view as a PNG, drawn on Matplotlib's Agg canvas: no display, no window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from explorer import files
from explorer.drawing import picture
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.themes import THEMES, class_colour
from explorer.neighbours import NearestDigits
from explorer.reading import TITLES, Reader
from explorer.state import MapState, SharedState

DPI = 100
PICTURE_SHARE = 0.31  # of the width
RING, ARM = 6, 22  # points
ROOM_FOR_TEXT = 250  # pixels


def save(path: Path, reader: Reader, state: MapState, shared: SharedState, size: tuple[int, int]) -> None:
    """Draws the map, its cursor, the picture decoded there and the legend.

    Args:
        path: of the PNG; it appears complete or not at all.
        reader: with its decoder; the neighbours are found here.
        size: width and height in pixels.

    Raises:
        NotAllowed: the file cannot be written.
    """
    space, theme = state.space, THEMES[shared.theme]
    every = NearestDigits(space.places)
    shown = shared.shown(space.labels)
    reader.usual_distance = every.usual_distance()
    reader.neighbours = every if shown is None else NearestDigits(space.places, shown)
    decoding, whereabouts = reader.decode(state.cursor), reader.locate(state.cursor)
    words = reader.words(decoding, whereabouts)

    # everything but the picture is laid out in units of a pixel at 1280 × 800, and grows with the file
    unit = min(size[0] / 1280, size[1] / 800)
    width, height = size[0] / unit, size[1] / unit
    figure = Figure((width / DPI, height / DPI), dpi=DPI * unit)
    canvas = FigureCanvasAgg(figure)
    room = min(round(size[0] * PICTURE_SHARE), round(size[1] - ROOM_FOR_TEXT * unit))
    image = picture.enlarged(decoding.image, room)
    left, top = (size[0] - image.width) / unit - 24, 55
    latent_map = LatentMap(figure, state, shared, area=(0.62, 0.9, (width - left + 24) / DPI, top / DPI))
    _draw_crosshair(latent_map, theme.crosshair)
    corner = round(left * unit), size[1] - round(top * unit) - image.height
    figure.figimage(np.asarray(image.convert("RGB"))[::-1], *corner, origin="lower")

    def write(x: float, y: float, text: str, size: float, colour: str, **style) -> None:
        """Text whose top left corner is so many units from the top left."""
        style = {"va": "top"} | style
        figure.text(x / width, 1 - y / height, text, fontsize=size, color=colour, **style)

    write(16, 16, space.title, 13, theme.ink, weight="bold")
    write(left, 22, "Decoded at the cursor", 12, theme.ink, weight="bold")
    y = top + image.height / unit + 20
    for name, title in TITLES.items():
        write(left, y, title, 10, theme.faint)
        write(left + 130, y, words[name], 11, theme.ink)
        y += 26
    write(left, y, words["cue"], 11, theme.good if whereabouts.on_map else theme.warning)
    write(left, y + 26, words["note"], 10, theme.warning)

    row = height - 22
    for index, name in enumerate(space.class_names):
        x, colour = 30 + index * 44, class_colour(index)
        face = "none" if index in shared.hidden else colour
        style = {"marker": "o", "markersize": 8, "color": colour, "markerfacecolor": face}
        figure.add_artist(Line2D([x / width], [1 - row / height], **style))
        write(x + 9, row, name, 10, theme.ink, va="center")
    who = "live decoder" if decoding.source == "live" else "grid"
    points = f"{len(space.codes):,} points of {space.data_title}"
    write(width - 24, row, f"{who}  ·  {points}", 10, theme.faint, va="center", ha="right")
    with files.writing(path) as file:
        canvas.print_png(file)


def _draw_crosshair(latent_map: LatentMap, colour: str) -> None:
    x, y = latent_map.pixel_at(latent_map.state.cursor)
    left, top, width, height = latent_map.box
    if not (left <= x <= left + width and top <= y <= top + height):
        return
    figure = latent_map.figure
    width, height = figure.get_size_inches() * figure.dpi  # pixels
    point = figure.dpi / 72
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        ends = [(x + length * dx, y + length * dy) for length in (RING * point, ARM * point)]
        arm = Line2D([a / width for a, _ in ends], [1 - b / height for _, b in ends], color=colour, linewidth=1.5)
        figure.add_artist(arm)
    ring = Line2D([x / width], [1 - y / height], marker="o", markersize=2 * RING, markerfacecolor="none",
                  markeredgecolor=colour, markeredgewidth=1.5)  # fmt: skip
    figure.add_artist(ring)
