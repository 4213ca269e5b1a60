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

    width, height = size
    figure = Figure((width / DPI, height / DPI), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    side = min(round(width * PICTURE_SHARE), height - ROOM_FOR_TEXT)
    image = picture.enlarged(decoding.image, max(side, 28))
    left = width - image.width - 24
    latent_map = LatentMap(figure, state, shared, area=(0.62, 0.9, (width - left + 24) / DPI, 0.55))
    _draw_crosshair(latent_map, theme.crosshair)

    def write(x: float, y: float, text: str, size: float, colour: str, **style) -> None:
        """Text with its top left corner at pixels from the top left."""
        figure.text(x / width, 1 - y / height, text, va="top", fontsize=size, color=colour, **style)

    top = 55
    write(16, 16, space.title, 13, theme.ink, weight="bold")
    write(left, 22, "Decoded at the cursor", 12, theme.ink, weight="bold")
    figure.figimage(np.asarray(image.convert("RGB"))[::-1], left, height - top - image.height, origin="lower")
    y = top + image.height + 20
    for name, title in TITLES.items():
        write(left, y, title, 10, theme.faint)
        write(left + 130, y, words[name], 11, theme.ink)
        y += 26
    write(left, y, words["cue"], 11, theme.good if whereabouts.on_map else theme.warning)
    write(left, y + 26, words["note"], 10, theme.warning)

    for index, name in enumerate(space.class_names):
        x = 30 + index * 44
        face = class_colour(index) if index not in shared.hidden else "none"
        dot = Line2D(
            [x / width],
            [22 / height],
            marker="o",
            markersize=8,
            color=class_colour(index),
            markerfacecolor=face,
            linestyle="none",
            transform=figure.transFigure,
        )
        figure.add_artist(dot)
        figure.text((x + 9) / width, 22 / height, name, va="center", fontsize=10, color=theme.ink)
    source = "live decoder" if decoding.source == "live" else "grid"
    figure.text(
        1 - 24 / width,
        22 / height,
        f"{source}  ·  {len(space.codes):,} points of {space.data_title}",
        ha="right",
        va="center",
        fontsize=10,
        color=theme.faint,
    )
    with files.writing(path) as file:
        canvas.print_png(file)


def _draw_crosshair(latent_map: LatentMap, colour: str) -> None:
    x, y = latent_map.pixel_at(latent_map.state.cursor)
    figure = latent_map.figure
    width, height = figure.get_size_inches() * figure.dpi
    point = figure.dpi / 72
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        ends = [(x + length * dx, y + length * dy) for length in (RING * point, ARM * point)]
        arm = Line2D([a / width for a, _ in ends], [1 - b / height for _, b in ends], color=colour, linewidth=1.5)
        figure.add_artist(arm)
    ring = Line2D([x / width], [1 - y / height], marker="o", markersize=2 * RING, markerfacecolor="none",
                  markeredgecolor=colour, markeredgewidth=1.5)  # fmt: skip
    figure.add_artist(ring)
