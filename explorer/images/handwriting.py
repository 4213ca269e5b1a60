"""Drawings and pictures of writing, made into images like MNIST's.

MNIST's digits were scaled to fit into 20 × 20 pixels, smoothly and in proportion, and put into 28 × 28 with their
centre of mass in the middle. Images of other shapes are filled in the same proportion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from explorer.errors import UserError
from explorer.images import pictures

SIDE = 280  # of the paper, pixels: ten for one of MNIST's, so that its images come back as they were
FILLED = 20 / 28  # of an image's height and width, at most, by its ink
FAINT = 16  # levels: less is no ink where its extent is looked for
VISIBLE = 24  # levels that a picture's ink must stand out from its ground
SPREADS = 3  # median deviations from the ground that belong to it

Point = tuple[float, float]


@dataclass
class Stroke:
    """One move of the pen.

    Attributes:
        width: of the pen, as a share of the paper's side.
        points: that it passes, (x, y) in 0..1 from the paper's top left.
    """

    width: float
    points: list[Point] = field(default_factory=list)


class Paper:
    """A square of paper, white ink on black.

    Attributes:
        layers: what was put on it, in order: strokes, and pictures as levels (SIDE, SIDE) uint8.
    """

    def __init__(self) -> None:
        self.layers: list[Stroke | np.ndarray] = []
        self._ink = Image.new("L", (SIDE, SIDE))

    @property
    def levels(self) -> np.ndarray:
        """What is on it, (SIDE, SIDE) uint8, 255 is ink."""
        return np.asarray(self._ink)

    def begin(self, point: Point, width: float) -> None:
        """Puts the pen down; `width` as in `Stroke`."""
        self.layers.append(Stroke(width))
        self.extend(point)

    def extend(self, point: Point) -> None:
        """Moves the pen on; nothing where the last layer is no stroke."""
        if self.layers and isinstance(self.layers[-1], Stroke):
            stroke = self.layers[-1]
            stroke.points.append(point)
            self._draw(stroke.points[-2:], stroke.width)

    def put(self, levels: np.ndarray) -> None:
        """Lays a picture, (SIDE, SIDE) uint8, over all that was there."""
        self.layers.append(levels)
        self._ink.paste(Image.fromarray(levels))

    def undo(self) -> None:
        """Takes the last layer off; nothing where there is none."""
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
        """A line with round ends, or a dot."""
        pen, pixels = ImageDraw.Draw(self._ink), [(SIDE * x, SIDE * y) for x, y in points]
        radius = SIDE * width / 2
        pen.line(pixels, fill=255, width=max(round(2 * radius), 1))
        for x, y in pixels:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def prepared(levels: np.ndarray, image_shape: tuple[int, ...]) -> np.ndarray | None:
    """A drawing as an image that a network takes; None where there is no ink.

    Args:
        levels: (h, w) uint8, 255 is ink.
        image_shape: (height, width) or (height, width, 3), whose channels are all the same.

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
    """Where ink, (n,) along one axis, has to begin for its centre of mass to lie in the middle of so many pixels."""
    centre = float(ink @ np.arange(len(ink))) / float(ink.sum())
    return min(max(round(length / 2 - centre), 0), length - len(ink))


def read(path: Path) -> np.ndarray:
    """A picture file as the paper's levels, (SIDE, SIDE) uint8.

    What its border mostly shows is the ground: it becomes black, and the ink white, whichever was lighter. What
    is transparent is laid over black or, where nothing is seen there, over white.

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
    """Levels (h, w) uint8, as large as the paper allows; enlarged by whole numbers, to keep every pixel a square."""
    height, width = levels.shape
    scale = SIDE / max(height, width)
    scale = max(int(scale), 1) if scale >= 1 else scale
    size = max(round(scale * width), 1), max(round(scale * height), 1)
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    return np.asarray(Image.fromarray(levels).resize(size, how))


def _inked(levels: np.ndarray) -> np.ndarray | None:
    """Levels (h, w) uint8 in the middle of the paper, as white ink on black; None where nothing stands out."""
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
