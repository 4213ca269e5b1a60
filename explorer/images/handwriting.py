"""Converts drawings and pictures of handwriting to images like MNIST's.

MNIST's digits were scaled to fit into 20 × 20 pixels, smoothly and in proportion, and placed in 28 × 28 pixels with
their centre of mass in the middle. For images of other shapes the proportions are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from explorer.errors import UserError
from explorer.images import pictures

SIDE = 280  # side of the paper in pixels: ten for each of MNIST's, so that its images are reproduced exactly
FILLED = 20 / 28  # largest share of an image's height and width that the ink fills
FAINT = 16  # levels; fainter pixels do not count for the extent of the ink
VISIBLE = 24  # levels by which a picture's ink must differ from its background
SPREADS = 3  # median deviations; pixels closer to the background's level belong to the background

Point = tuple[float, float]


@dataclass
class Stroke:
    """One stroke of the pen.

    Attributes:
        width: width of the pen, as a share of the paper's side.
        points: its points, (x, y) in 0..1 from the paper's top left.
    """

    width: float
    points: list[Point] = field(default_factory=list)


class Paper:
    """A square of paper, white ink on black.

    Attributes:
        layers: strokes, and pictures as levels (SIDE, SIDE) uint8, in order.
    """

    def __init__(self) -> None:
        self.layers: list[Stroke | np.ndarray] = []
        self._ink = Image.new("L", (SIDE, SIDE))

    @property
    def levels(self) -> np.ndarray:
        """The content of the paper, (SIDE, SIDE) uint8; 255 is ink."""
        return np.asarray(self._ink)

    def begin(self, point: Point, width: float) -> None:
        """Puts the pen down; `width` as in `Stroke`."""
        self.layers.append(Stroke(width))
        self.extend(point)

    def extend(self, point: Point) -> None:
        """Extends the last layer, if it is a stroke, to a point."""
        if self.layers and isinstance(self.layers[-1], Stroke):
            stroke = self.layers[-1]
            stroke.points.append(point)
            self._draw(stroke.points[-2:], stroke.width)

    def put(self, levels: np.ndarray) -> None:
        """Puts a picture, (SIDE, SIDE) uint8, over everything."""
        self.layers.append(levels)
        self._ink.paste(Image.fromarray(levels))

    def undo(self) -> None:
        """Removes the last layer, if there is one."""
        layers = self.layers[:-1]
        self.clear()
        for layer in layers:
            if isinstance(layer, Stroke):
                self.layers.append(Stroke(layer.width))
                for point in layer.points:
                    self.extend(point)
            else:
                self.put(layer)

    def clear(self) -> None:
        self.layers = []
        self._ink.paste(0, (0, 0, SIDE, SIDE))

    def _draw(self, points: list[Point], width: float) -> None:
        """Draws a line with round ends, or a dot."""
        pen, pixels = ImageDraw.Draw(self._ink), [(SIDE * x, SIDE * y) for x, y in points]
        radius = SIDE * width / 2
        pen.line(pixels, fill=255, width=max(round(2 * radius), 1))
        for x, y in pixels:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def prepared(levels: np.ndarray, image_shape: tuple[int, ...]) -> np.ndarray | None:
    """Converts a drawing to an input image of a network; None if there is no ink.

    Args:
        levels: (h, w) uint8, 255 is ink.
        image_shape: (height, width) or (height, width, 3), with equal channels.

    Returns:
        `image_shape` float32 in [0, 1]. The ink is as large as 20/28 of height or width allow, in its proportions;
        its strongest pixel is 1, and its centre of mass at most half a pixel from (height / 2, width / 2), counted
        as MNIST does from the middle of the first pixel, unless it would leave the image.
    """
    inked = levels > FAINT
    rows, columns = inked.any(axis=1).nonzero()[0], inked.any(axis=0).nonzero()[0]
    if not len(rows):
        return None
    ink = levels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    room = [max(FILLED * length, 1) for length in image_shape[:2]]
    scale = min(room[0] / ink.shape[0], room[1] / ink.shape[1])
    height, width = (max(round(scale * length), 1) for length in ink.shape)
    how = Image.Resampling.BOX if scale <= 1 else Image.Resampling.BILINEAR
    small = np.asarray(Image.fromarray(ink).resize((width, height), how), np.float32)
    top, left = _offset(small.sum(axis=1), image_shape[0]), _offset(small.sum(axis=0), image_shape[1])
    image = np.zeros(image_shape[:2], np.float32)
    image[top : top + height, left : left + width] = small / small.max()
    return np.repeat(image[..., None], 3, axis=2) if len(image_shape) == 3 else image


def _offset(ink: np.ndarray, length: int) -> int:
    """Where ink, (n,) along one axis, must start so that its centre of mass is in the middle of `length` pixels."""
    centre = float(ink @ np.arange(len(ink))) / float(ink.sum())
    return min(max(round(length / 2 - centre), 0), length - len(ink))


def read(path: Path) -> np.ndarray:
    """A picture file as the paper's levels, (SIDE, SIDE) uint8.

    The most frequent level of its border is the background. It becomes black, and the ink white, whichever was lighter.
    Transparent parts are laid over black or, if nothing is visible there, over white.

    Raises:
        UserError: it cannot be read, is too large, or shows nothing.
    """
    for ground in ("black", "white"):
        pixels = pictures.read_picture(path, ground)
        levels = _inked(_fitted(np.asarray(Image.fromarray(pixels).convert("L"))))
        if levels is not None:
            return levels
    raise UserError(f"{path.name} shows nothing: it is of one colour")


def _fitted(levels: np.ndarray) -> np.ndarray:
    """Scales levels (h, w) uint8 to fit the paper. Enlarges by whole numbers only, so that pixels stay square."""
    height, width = levels.shape
    scale = SIDE / max(height, width)
    scale = max(int(scale), 1) if scale >= 1 else scale
    size = max(round(scale * width), 1), max(round(scale * height), 1)
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    return np.asarray(Image.fromarray(levels).resize(size, how))


def _inked(levels: np.ndarray) -> np.ndarray | None:
    """Levels (h, w) uint8 in the middle of the paper, as white ink on black; None if no ink is visible."""
    border = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]]).astype(np.float32)
    ground = float(np.median(border))
    noise = SPREADS * float(np.median(np.abs(border - ground)))
    ink = levels - np.float32(ground) if ground <= 127 else np.float32(ground) - levels
    ink = np.maximum(ink - noise, 0)
    if ink.max() < VISIBLE:
        return None
    paper = np.zeros((SIDE, SIDE), np.uint8)
    top, left = ((SIDE - length) // 2 for length in levels.shape)
    paper[top : top + len(ink), left : left + ink.shape[1]] = np.rint(ink * (255 / ink.max()))
    return paper
