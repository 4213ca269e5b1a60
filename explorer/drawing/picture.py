"""Decoded images as pixels for a screen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

Size = tuple[int, int]  # width and height in pixels
FAINT = np.float32(0.4)  # brightness of an image behind its errors
Images = Sequence[np.ndarray]  # (height, width[, 3]) uint8 each


def to_bytes(image: np.ndarray) -> np.ndarray:
    """An image in [0, 1] as grey or colour levels 0..255, uint8 of the same shape: white ink on black."""
    return (image * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def failing(image: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    """Where a reconstruction fails: the image in faint grey and its squared errors in red.

    Args:
        image, reconstruction: (height, width[, 3]) float32 in [0, 1].

    Returns:
        (height, width, 3) float32 in [0, 1].
    """
    grey, error = (np.atleast_3d(each).mean(axis=2) for each in (image, np.square(image - reconstruction)))
    faint = FAINT * grey * (1 - error)
    return np.stack([np.maximum(faint, error), faint, faint], axis=2)


def zoom_factor(image_shape: tuple[int, ...], size: int) -> int:
    """The whole number by which an image is enlarged to fit into size × size screen pixels.

    All image pixels then have the same size on the screen. 0 means that the image is larger and must be shrunk.
    """
    return size // max(image_shape[:2])


def shown_size(image_shape: tuple[int, ...], size: int) -> tuple[int, int]:
    """Width and height, in screen pixels, of an image that is fitted into size × size of them."""
    height, width = image_shape[:2]
    factor = zoom_factor(image_shape, size) or size / max(height, width)
    return max(round(width * factor), 1), max(round(height * factor), 1)


def scaled(levels: np.ndarray, size: int) -> Image.Image:
    """Levels, (height, width[, 3]) uint8, fitted into size × size screen pixels.

    They are enlarged by the largest whole factor. If they are too large, each screen pixel is the mean of the image
    pixels that it covers.
    """
    how = Image.Resampling.NEAREST if zoom_factor(levels.shape, size) else Image.Resampling.BOX
    return Image.fromarray(levels).resize(shown_size(levels.shape, size), how)


def changed_box(old: np.ndarray, new: np.ndarray) -> tuple[int, int, int, int] | None:
    """The rectangle x0, y0, x1, y1 that holds all pixels in which two (height, width[, 3]) uint8 images differ."""
    return Image.fromarray(old ^ new).getbbox()


def dot(colour: str, size: int, filled: bool = True) -> Image.Image:
    """A smooth dot of size × size pixels on a transparent ground; a ring if it is not filled."""
    large = Image.new("RGBA", (8 * size, 8 * size), (0, 0, 0, 0))
    edge = size // 2
    box = (edge, edge, 8 * size - edge, 8 * size - edge)
    ImageDraw.Draw(large).ellipse(box, fill=colour if filled else None, outline=colour, width=12)
    return large.resize((size, size), Image.Resampling.LANCZOS)


def film(
    levels: Images, size: int, *, pitch: int, ground: str, bars: Sequence[str], bar: int, gap: int, cell: Size
) -> Image.Image:
    """Images beside each other, each in the middle of a cell, with a coloured bar below.

    Args:
        levels: k of them.
        size: each is fitted into size × size pixels.
        pitch: pixels from the left edge of a cell to that of the next one.
        ground: colour around the images, #rrggbb.
        bars: colours of the bars, #rrggbb, one per image; none for no bars.
        bar: height of a bar, in pixels.
        gap: pixels between a cell and its bar.
        cell: width and height in pixels.
    """
    width, height = cell
    strip = Image.new("RGB", (max((len(levels) - 1) * pitch + width, 1), height + gap + bar), ground)
    for number, image in enumerate(levels):
        small = scaled(image, size)
        left = number * pitch
        strip.paste(small, (left + (width - small.width) // 2, (height - small.height) // 2))
        if bars:
            strip.paste(bars[number], (left, height + gap, left + width, height + gap + bar))
    return strip
