"""A contact sheet of a data set: some images of each class in a row, with its name beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from explorer.analysis.probe import shortened
from explorer.drawing import picture
from explorer.drawing.fonts import drawable, fonts_for
from explorer.drawing.themes import THEMES
from explorer.files.writing import writing
from explorer.images.datasets import Dataset

DPI = 100
COLUMNS = 12  # images of a class
MOST_ROWS = 100  # classes that are shown
ROWS_WITHOUT_CLASSES = 8
SIDE = 64  # pixels: each image is fitted into SIDE × SIDE
GAP, EDGE = 4, 16  # pixels: between images, and around all
NAMES = 160  # pixels for the names
FOOT = 24  # pixels, where classes are left out
THEME = THEMES["light"]


def save(dataset: Dataset, path: Path) -> None:
    """Draws the contact sheet into a PNG. Raises NotAllowed where it cannot be written."""
    with writing(path) as file:
        drawn(dataset).savefig(file, format="png", dpi=DPI)


def drawn(dataset: Dataset) -> Figure:
    """The contact sheet as a figure at `DPI`."""
    rows = _rows(dataset)
    cell = picture.shown_size(dataset.image_shape, SIDE)
    across, down = cell[0] + GAP, cell[1] + GAP
    left = EDGE + (NAMES if dataset.class_names else 0)
    more = len(dataset.class_names[MOST_ROWS:])
    width, height = left + COLUMNS * across - GAP + EDGE, 2 * EDGE + len(rows) * down - GAP + (FOOT if more else 0)
    sheet = Image.new("RGB", (width, height), THEME.canvas)
    style = {"ground": THEME.canvas, "bars": (), "bar": 0, "gap": 0}
    for number, (_, some) in enumerate(rows):
        strip = picture.film(dataset.images(some), SIDE, pitch=across, cell=cell, **style)
        sheet.paste(strip, (left, EDGE + number * down))
    figure = Figure((width / DPI, height / DPI), dpi=DPI, facecolor=THEME.canvas)
    FigureCanvasAgg(figure)
    figure.figimage(np.asarray(sheet), origin="upper")

    def write(text: str, y: float, size: float, colour: str) -> None:
        fonts, missing = fonts_for(text)
        style = {"family": fonts, "fontsize": size, "color": colour, "va": "center", "parse_math": False}
        written = figure.text(EDGE / width, 1 - y / height, "", **style)

        def measure(part: str) -> float:
            written.set_text(part)
            return written.get_window_extent().width

        written.set_text(shortened(drawable(text, missing), NAMES - GAP, measure))

    for number, (name, _) in enumerate(rows if dataset.class_names else []):
        middle = EDGE + number * down + cell[1] / 2
        write(name, middle - 8, 9, THEME.ink)
        count = int((dataset.labels == number).sum())
        write(f"{count:,} image{'s' * (count != 1)}", middle + 8, 7.5, THEME.faint)
    if more:
        write(f"and {more:,} more classes", height - EDGE, 7.5, THEME.faint)
    return figure


def _rows(dataset: Dataset) -> list[tuple[str, np.ndarray]]:
    """The name of each class with the data rows of some of its images, which are always the same; without labels, rows
    of images from anywhere."""
    random = np.random.RandomState(0)
    if not dataset.class_names:
        count = len(dataset.labels)
        some = np.sort(random.permutation(count)[: ROWS_WITHOUT_CLASSES * COLUMNS])
        return [("", some[start : start + COLUMNS]) for start in range(0, len(some), COLUMNS)]
    labels, rows = dataset.labels, []
    for label, name in enumerate(dataset.class_names[:MOST_ROWS]):
        rows.append((name, np.sort(random.permutation((labels == label).nonzero()[0])[:COLUMNS])))
    return rows
