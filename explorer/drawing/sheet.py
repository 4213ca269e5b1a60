"""Contact sheets: many small images in rows, as pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from explorer.drawing import picture

GAP = 2  # pixels between two images
LARGEST_SIDE = 16_000  # most pixels of a sheet in a file


@dataclass(frozen=True)
class Sheet:
    """The layout of images in rows from the top left.

    Attributes:
        count: number of images.
        columns: images in a row.
        thumbnail: width and height of each, in pixels.
        side: each is fitted into side × side pixels.
    """

    count: int
    columns: int
    thumbnail: tuple[int, int]
    side: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        rows = -(-self.count // self.columns)
        return self.columns * self.step[0] + GAP, rows * self.step[1] + GAP

    @property
    def step(self) -> tuple[int, int]:
        """Pixels from one image to the next one in its row, and from one row to the next."""
        return self.thumbnail[0] + GAP, self.thumbnail[1] + GAP

    def at(self, x: float, y: float) -> int | None:
        """The image at a pixel of the sheet; None in a gap and after the last image."""
        (column, over), (row, under) = divmod(x - GAP, self.step[0]), divmod(y - GAP, self.step[1])
        if not 0 <= column < self.columns or row < 0 or over >= self.thumbnail[0] or under >= self.thumbnail[1]:
            return None
        position = int(row * self.columns + column)
        return position if position < self.count else None

    def within(self, top: int, height: int) -> tuple[int, int]:
        """The range of images, (first, end), that are visible in `height` pixels below `top`."""
        first = max((top - GAP - self.thumbnail[1]) // self.step[1] + 1, 0)
        last = max(-(-(top + height - GAP) // self.step[1]), 0)
        return min(first * self.columns, self.count), min(last * self.columns, self.count)

    def compose(
        self, images: Callable[[int, int], np.ndarray], top: int, height: int, width: int, colour: str
    ) -> Image.Image:
        """The part of the sheet from `top` on, `width` × `height` pixels.

        Args:
            images: takes the two ends of a range, returns its images, (k, h, w[, 3]) uint8.
            colour: between and behind the images, #rrggbb.
        """
        canvas = Image.new("RGB", (width, height), colour)
        first, last = self.within(top, height)
        for position, levels in enumerate(images(first, last) if first < last else (), first):
            row, column = divmod(position, self.columns)
            corner = GAP + column * self.step[0], GAP + row * self.step[1] - top
            canvas.paste(picture.scaled(levels, self.side), corner)
        return canvas


def laid_out(count: int, width: int, image_shape: tuple[int, ...], side: int) -> Sheet:
    """A sheet of `width` pixels, with images of about `side` pixels, enlarged by whole factors if they fit."""
    thumbnail = picture.shown_size(image_shape, side)
    columns = max((width - GAP) // (thumbnail[0] + GAP), 1)
    return Sheet(count, columns, thumbnail, side)


def for_file(count: int, image_shape: tuple[int, ...], side: int) -> Sheet:
    """A sheet for a picture file, about square; many images become smaller, so that the file is not too large."""
    while True:
        thumbnail = picture.shown_size(image_shape, side)
        columns = max(math.ceil(math.sqrt(count * (thumbnail[1] + GAP) / (thumbnail[0] + GAP))), 1)
        sheet = Sheet(count, columns, thumbnail, side)
        if max(sheet.size) <= LARGEST_SIDE or side <= 2:
            return sheet
        side //= 2
