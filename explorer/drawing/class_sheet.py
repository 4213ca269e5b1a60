"""A contact sheet of a data set: some images of each class in a row, with its name beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from explorer.drawing import picture
from explorer.drawing.fonts import drawable, fonts_for, truncated
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
LONGEST = 60  # letters of a name, of which as many are shown as have room
FOOT = 24  # pixels, where classes are left out
THEME = THEMES["light"]


def save(dataset: Dataset, path: Path) -> None:
    """Draws the contact sheet into a PNG. Raises NotAllowed where it cannot be written."""
    with writing(path) as file:
        drawn(dataset).savefig(file, format="png", dpi=DPI)


def drawn(dataset: Dataset) -> Figure:
    """The contact sheet as a figure at `DPI`."""
    rows = _rows(dataset)
    width, height = (length + GAP for length in picture.shown_size(dataset.image_shape, SIDE))
    left = EDGE + (NAMES if dataset.class_names else 0)
    more = len(dataset.class_names) - len(rows) if dataset.class_names else 0
    size = left + COLUMNS * width - GAP + EDGE, 2 * EDGE + len(rows) * height - GAP + (FOOT if more else 0)
    sheet = Image.new("RGB", size, THEME.canvas)
    pen = ImageDraw.Draw(sheet)
    for number, (_, some) in enumerate(rows):
        for place, image in enumerate(dataset.images(some)):
            x, y = left + place * width, EDGE + number * height
            pen.rectangle((x - 1, y - 1, x + width - GAP, y + height - GAP), outline=THEME.lines)
            sheet.paste(picture.scaled(image, SIDE), (x, y))
    figure = Figure((size[0] / DPI, size[1] / DPI), dpi=DPI, facecolor=THEME.canvas)
    FigureCanvasAgg(figure)
    figure.figimage(np.asarray(sheet), origin="upper")

    def write(text: str, x: float, y: float, **style) -> None:
        written = figure.text(x / size[0], 1 - y / size[1], text, va="center", parse_math=False, **style)
        while (wide := written.get_window_extent().width) > NAMES - GAP:
            text = truncated(text, int(len(text.rstrip("…")) * (NAMES - GAP) / wide))
            written.set_text(text)

    for number, (name, _) in enumerate(rows if dataset.class_names else []):
        middle = EDGE + number * height + (height - GAP) / 2
        fonts, missing = fonts_for(name)
        shown = truncated(drawable(name, missing), LONGEST)
        write(shown, EDGE, middle - 8, color=THEME.ink, fontsize=9, family=fonts)
        count = int((dataset.labels == dataset.class_names.index(name)).sum())
        write(f"{count:,} images" if count != 1 else "1 image", EDGE, middle + 8, color=THEME.faint, fontsize=7.5)
    if more:
        write(f"and {more:,} more classes", EDGE, size[1] - EDGE, color=THEME.faint, fontsize=7.5)
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
