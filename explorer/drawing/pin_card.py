"""Pictures of a pinned image: beside its reconstruction and their difference, and its neighbours in a row.

Lengths in pixels are those at scale 1; a scale of 2 doubles them.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from PIL import Image, ImageColor

from explorer.drawing import picture
from explorer.images import datasets

COLOURS = "inferno"  # of the difference; dark where there is none, as the background of the images
_TABLE = matplotlib.colormaps[COLOURS](range(256), bytes=True)[:, :3]
GAP = 6  # pixels between pictures
SCALE = 5  # pixels: height of the colour scale
TIGHT, STRIPE = 3, 3  # pixels: between thumbnails, and height of the stripe below each
LARGEST_ZOOM = 2  # of thumbnails


def difference(original: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    """The absolute difference of each pixel, mean over its channels, (height, width) float32, 0..1.

    Args:
        original, reconstruction: (height, width[, 3]) float32 in [0, 1].
    """
    off = np.abs(original - reconstruction)
    return off.mean(axis=2) if off.ndim == 3 else off


def coloured(values: np.ndarray) -> np.ndarray:
    """Values 0..1, any shape, in the colours of the scale, (..., 3) uint8."""
    return _TABLE[np.rint(np.clip(values, 0, 1) * 255).astype(np.intp)]


def row_size(image_shape: tuple[int, ...], side: int, scale: float = 1.0) -> tuple[int, int]:
    """Width and height, in pixels, of the picture that `row` returns."""
    width, height = picture.shown_size(image_shape, side)
    gap, tight, bar = (round(length * scale) for length in (GAP, TIGHT, SCALE))
    return 3 * width + 2 * gap, height + tight + bar


def row(
    original: np.ndarray | None,
    reconstruction: np.ndarray | None,
    image_shape: tuple[int, ...],
    side: int,
    ground: str,
    empty: str,
    scale: float = 1.0,
) -> Image.Image:
    """Original, reconstruction and difference side by side, with the scale of the difference, 0..1, below it.

    Args:
        original: (height, width[, 3]) uint8; None if it is unknown.
        reconstruction: (height, width[, 3]) float32 in [0, 1]; None without a decoder.
        image_shape: of both.
        side: each picture is fitted into side × side pixels.
        ground: colour behind the pictures, #rrggbb.
        empty: colour instead of an unknown picture, #rrggbb.
        scale: of the gaps and of the height of the colour scale.
    """
    width, height = picture.shown_size(image_shape, side)
    gap, tight, bar = (round(length * scale) for length in (GAP, TIGHT, SCALE))
    decoded = None if reconstruction is None else picture.to_bytes(reconstruction)
    off = None
    if original is not None and reconstruction is not None:
        off = coloured(difference(datasets.as_float(original), reconstruction))
    unknown = np.full((*image_shape[:2], 3), ImageColor.getrgb(empty), np.uint8)
    shown = [unknown if levels is None else levels for levels in (original, decoded, off)]
    style = {"ground": ground, "bars": (), "bar": bar, "gap": tight}
    made = picture.film(shown, side, pitch=width + gap, cell=(width, height), **style)
    levels = coloured(np.linspace(0, 1, width))[None].repeat(bar, axis=0)
    made.paste(Image.fromarray(levels), (2 * (width + gap), height + tight))
    return made


def thumbnail_size(
    image_shape: tuple[int, ...], room: int, count: int, scale: float = 1.0
) -> tuple[int, tuple[int, int]]:
    """The side of the square that each thumbnail is fitted into, and its width and height; in pixels."""
    side = max(min(room // count - round(TIGHT * scale), round(LARGEST_ZOOM * scale) * max(image_shape[:2])), 8)
    return side, picture.shown_size(image_shape, side)


def thumbnails(
    images: np.ndarray, colours: Sequence[str], room: int, count: int, ground: str, scale: float = 1.0
) -> Image.Image:
    """Images in a row, each above a stripe in the colour of its class.

    Args:
        images: (k, height, width[, 3]) uint8, k ≥ 1.
        colours: one per image, #rrggbb; none without classes.
        room: width of the row, in pixels.
        count: how many thumbnails must fit into the row, k ≤ count.
        ground: colour behind them, #rrggbb.
        scale: of the gaps and stripes, and of how large the thumbnails may be.
    """
    side, cell = thumbnail_size(images.shape[1:], room, count, scale)
    style = {"ground": ground, "bars": colours, "bar": round(STRIPE * scale), "gap": round(scale)}
    return picture.film(images, side, pitch=cell[0] + round(TIGHT * scale), cell=cell, **style)
