"""Layouts: how a model wants or gives images, and the way there and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from explorer.decoding.shapes import Shape, fits, shown
from explorer.files.schema import Side

Channels = Literal["none", "first", "last"]
_GREY = np.array([[0.299], [0.587], [0.114]], np.float32)  # of red, green and blue, as Pillow does it


@dataclass(frozen=True)
class Layout:
    """How a model has images.

    If the model has colours and our images are grey, they are repeated; colours of a model become grey. Vice versa too.

    Attributes:
        image_shape: of one of our images, (height, width[, 3]).
        shape: of one image in the model: flat or in its shape, with or without an axis of channels.
        channels: where that axis is, also in flat images.
        low, high: the model's values of black and white.

    Raises:
        ValueError: the shapes do not fit together, or black is white.
    """

    image_shape: tuple[Side, ...]
    shape: tuple[int, ...]
    channels: Channels = "none"
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if (self.shape, self.channels) not in _placements(self.image_shape, self.shape):
            raise ValueError(f"images of {shown(self.image_shape)} cannot be laid out as {shown(self.shape)}")
        if not math.isfinite(self.low - self.high) or self.low == self.high:
            raise ValueError(f"pixels cannot go from {self.low} to {self.high}")

    @property
    def depth(self) -> int:
        """The model's number of channels, 1 or 3."""
        return math.prod(self.shape) // math.prod(self.image_shape[:2])

    def to_model(self, images: Any, ops: Any = np) -> Any:
        """Images (n, *image_shape) in [0, 1] as the model wants them, (n, *shape).

        Args:
            ops: NumPy, or `keras.ops` if `images` is a tensor.
        """
        pixels = self._recoloured(ops.reshape(images, (-1, *_sides(self.image_shape))), self.depth, ops)
        pixels = pixels * (self.high - self.low) + self.low
        if self.channels == "first":
            pixels = ops.moveaxis(pixels, -1, 1)
        return ops.reshape(pixels, (-1, *self.shape))

    def from_model(self, outputs: Any, ops: Any = np, clip: bool = True) -> Any:
        """What the model gives, (n, *shape), as images (n, *image_shape) in [0, 1].

        Args:
            ops: NumPy, or `keras.ops` if `outputs` is a tensor.
            clip: whether values outside [0, 1] are clipped.
        """
        height, width, depth = _sides(self.image_shape)
        if self.channels == "first":
            pixels = ops.moveaxis(ops.reshape(outputs, (-1, self.depth, height, width)), 1, -1)
        else:
            pixels = ops.reshape(outputs, (-1, height, width, self.depth))
        pixels = self._recoloured((pixels - self.low) / (self.high - self.low), depth, ops)
        return ops.reshape(ops.clip(pixels, 0, 1) if clip else pixels, (-1, *self.image_shape))

    @staticmethod
    def _recoloured(pixels: Any, depth: int, ops: Any) -> Any:
        """Pixels (…, 1 or 3) with so many channels."""
        if pixels.shape[-1] == depth:
            return pixels
        return ops.repeat(pixels, 3, axis=-1) if depth == 3 else pixels @ _GREY


def layouts_of(image_shape: tuple[int, ...], shape: Shape | None, low: float = 0.0, high: float = 1.0) -> list[Layout]:
    """All layouts of images (height, width[, 3]) with a shape; the likeliest first.

    Args:
        shape: None where a side may have any length, or for every shape with as many channels as the images have.
    """
    return [Layout(image_shape, each, where, low, high) for each, where in _placements(image_shape, shape)]


def _placements(image_shape: tuple[int, ...], shape: Shape | None) -> list[tuple[tuple[int, ...], Channels]]:
    """The shapes and channels of `layouts_of`."""
    height, width, own = _sides(image_shape)
    found: list[tuple[tuple[int, ...], Channels]] = []
    for depth in (own,) if shape is None else (own, 4 - own):
        if depth == 1:
            found += [((height, width), "none"), ((height * width,), "none")]
            found += [((height, width, 1), "last"), ((1, height, width), "first")]
        else:
            found += [((height, width, 3), "last"), ((3, height, width), "first")]
            found += [((height * width * 3,), "last"), ((height * width * 3,), "first")]
    return [(each, where) for each, where in found if shape is None or fits(each, shape)]


def _sides(image_shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Height, width and number of channels."""
    height, width, *colours = image_shape
    return height, width, 3 if colours else 1
