"""A folder for the Embedding Projector of TensorBoard: vectors, metadata, and the images as one sprite.

`config.json` is for the Projector's own page, `projector_config.pbtxt` for TensorBoard's `--logdir`.
"""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.analysis import exporting
from explorer.drawing import picture
from explorer.errors import printable
from explorer.files.writing import writing_folder
from explorer.images.datasets import Dataset
from explorer.progress import Asked, Report, batches, never, unheard
from explorer.spaces.latent_space import LatentSpace

SPRITE = 8192  # pixels: the largest sprite, on each side, that the Projector accepts
SMALLEST = 28  # pixels: images are shrunk so far that all fit; where that is not enough, points are left out
BATCH = 1000  # images
VECTORS, METADATA, IMAGES = "vectors.tsv", "metadata.tsv", "sprite.png"


def layout(n: int, image_shape: tuple[int, ...]) -> tuple[int, int]:
    """How the images of n points fit on a sprite: the side of each, in pixels, and how many of them fit at most.

    The sprite is a square of squares, because the Projector cannot show others.
    """
    largest = min(max(image_shape[:2]), SPRITE)
    side = min(largest, max(SPRITE // math.ceil(math.sqrt(n)), min(SMALLEST, largest)))
    return side, (SPRITE // side) ** 2


def write(
    path: Path, space: LatentSpace, dataset: Dataset | None, report: Report = unheard, cancelled: Asked = never
) -> int:
    """Writes the folder, in the order of the space's points.

    Args:
        path: the new folder; it appears complete or not at all.
        dataset: the images, for the sprite and the column `split`; None leaves them out.

    Returns:
        The number of points in it: all, or as many as fit on a sprite, evenly chosen.

    Raises:
        NotAllowed: the folder exists or cannot be written.
        Cancelled: `cancelled()` was true; nothing is written.
    """
    points, side = np.arange(len(space.codes)), 0
    if dataset is not None:
        side, most = layout(len(points), dataset.image_shape)
        points = points[np.linspace(0, len(points) - 1, min(len(points), most)).astype(np.intp)]
    table = exporting.columns(exporting.table(space, space.rows[points], dataset))
    vectors = {name: values for name, values in table.items() if name in axes_of(space)}
    metadata = {name: values for name, values in table.items() if name not in vectors}
    with writing_folder(path) as folder:
        write_tsv(folder / VECTORS, vectors, False, cancelled)
        write_tsv(folder / METADATA, metadata, len(metadata) > 1, cancelled)  # the Projector takes one column without
        if dataset is not None:
            sprite(dataset, space.rows[points], side, report, cancelled).save(folder / IMAGES)
        config(folder, space, len(points), side)
    return len(points)


def axes_of(space: LatentSpace) -> set[str]:
    """The names of the columns that hold the codes."""
    return {f"z{number}" for number in range(space.codes.shape[1])}


def write_tsv(path: Path, table: dict[str, np.ndarray], header: bool, cancelled: Asked) -> None:
    """Writes a table with tabs. The format cannot quote, so tabs and line ends become escapes."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = itertools.chain([table] * header, exporting.lines(table, cancelled))
        file.writelines("\t".join(map(printable, row)) + "\n" for row in rows)


def sprite(
    dataset: Dataset, rows: np.ndarray, side: int, report: Report = unheard, cancelled: Asked = never
) -> Image.Image:
    """Images of a data set, row by row from the top left, each in the middle of a square of `side` pixels."""
    columns = math.ceil(math.sqrt(len(rows)))
    whole = Image.new("RGB" if len(dataset.image_shape) == 3 else "L", (columns * side, columns * side))
    for some in batches(len(rows), BATCH, report, cancelled):
        for number, image in enumerate(dataset.images(rows[some]), some.start):
            small = picture.scaled(image, side)
            row, column = divmod(number, columns)
            x, y = column * side + (side - small.width) // 2, row * side + (side - small.height) // 2
            whole.paste(small, (x, y))
    return whole


def config(folder: Path, space: LatentSpace, n: int, side: int) -> None:
    """Writes both files that name the others. `side` is that of an image on the sprite; 0 if there is none."""
    found = {
        "tensorName": space.title,
        "tensorShape": [n, space.codes.shape[1]],
        "tensorPath": VECTORS,
        "metadataPath": METADATA,
    }
    if side:
        found["sprite"] = {"imagePath": IMAGES, "singleImageDim": [side, side]}
    (folder / "config.json").write_text(json.dumps({"embeddings": [found]}, indent=2), encoding="utf-8")
    name = json.dumps(space.title, ensure_ascii=False)
    image = f'sprite {{ image_path: "{IMAGES}" single_image_dim: {side} single_image_dim: {side} }}' if side else ""
    entries = f'tensor_name: {name} tensor_path: "{VECTORS}" metadata_path: "{METADATA}" {image}'
    (folder / "projector_config.pbtxt").write_text(f"embeddings {{ {entries} }}\n", encoding="utf-8")
