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
        gap: pixels between two images, and around all.
    """

    count: int
    columns: int
    thumbnail: tuple[int, int]
    side: int
    gap: int = GAP

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        rows = -(-self.count // self.columns)
        return self.columns * self.step[0] + self.gap, rows * self.step[1] + self.gap

    @property
    def step(self) -> tuple[int, int]:
        """Pixels from one image to the next one in its row, and from one row to the next."""
        return self.thumbnail[0] + self.gap, self.thumbnail[1] + self.gap

    def corner(self, position: int) -> tuple[int, int]:
        """The upper left pixel of an image on the sheet."""
        row, column = divmod(position, self.columns)
        return self.gap + column * self.step[0], self.gap + row * self.step[1]

    def at(self, x: float, y: float) -> int | None:
        """The image at a pixel of the sheet; None in a gap and after the last image."""
        (column, over), (row, under) = divmod(x - self.gap, self.step[0]), divmod(y - self.gap, self.step[1])
        if not 0 <= column < self.columns or row < 0 or over >= self.thumbnail[0] or under >= self.thumbnail[1]:
            return None
        position = int(row * self.columns + column)
        return position if position < self.count else None

    def within(self, top: int, height: int) -> tuple[int, int]:
        """The range of images, (first, end), that are visible in `height` pixels below `top`."""
        first = max((top - self.gap - self.thumbnail[1]) // self.step[1] + 1, 0)
        last = max(-(-(top + height - self.gap) // self.step[1]), 0)
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
            x, y = self.corner(position)
            canvas.paste(picture.scaled(levels, self.side), (x, y - top))
        return canvas


def laid_out(count: int, width: int, image_shape: tuple[int, ...], side: int, gap: int = GAP) -> Sheet:
    """A sheet of `width` pixels, with images of about `side` pixels, enlarged by whole factors if they fit, and `gap`
    pixels between them."""
    thumbnail = picture.shown_size(image_shape, side)
    columns = max((width - gap) // (thumbnail[0] + gap), 1)
    return Sheet(count, columns, thumbnail, side, gap)


def for_file(count: int, image_shape: tuple[int, ...], side: int) -> Sheet:
    """A sheet for a picture file, about square; many images become smaller, so that the file is not too large."""
    while True:
        thumbnail = picture.shown_size(image_shape, side)
        columns = max(math.ceil(math.sqrt(count * (thumbnail[1] + GAP) / (thumbnail[0] + GAP))), 1)
        sheet = Sheet(count, columns, thumbnail, side)
        if max(sheet.size) <= LARGEST_SIDE or side <= 2:
            return sheet
        side //= 2
