"""Decoders map codes to images: their interface, and the decoder that interpolates in a grid.

The live decoder, which calls Keras, is `explorer.decoding.keras_runtime.LiveDecoder`.
"""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np

from explorer.decoding.grid import Grid


class Decoder(Protocol):
    """The seam between `ae.py` and `ae_precomp.py`.

    Attributes:
        source: its name in the status bar and in the trace.
    """

    source: Literal["live", "grid"]

    def __call__(self, codes: np.ndarray, /) -> np.ndarray:
        """Codes (n, d) float32 to images (n, height, width[, 3]) float32 in [0, 1]."""

    def outside(self, codes: np.ndarray, /) -> np.ndarray:
        """Which codes, (n, d), this decoder has to clamp, (n,) bool."""


class Encoder(Protocol):
    """Maps images to codes. Only `ae.py` has an encoder."""

    def __call__(self, images: np.ndarray, /) -> np.ndarray:
        """Images (n, height, width[, 3]) float32 in [0, 1] to codes (n, d) float32."""


class GridDecoder:
    """Bilinear interpolation between the four nodes around a code, clamped at the grid's edge.

    At the nodes only the rounding to uint8 is lost; between them, whatever is not linear in the decoder.
    """

    source: Literal["live", "grid"] = "grid"

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        ny, nx = grid.shape
        a0, a1, b0, b1 = grid.extent
        self._origin = np.array([a0, b0])
        self._steps = np.array([(a1 - a0) / (nx - 1), (b1 - b0) / (ny - 1)])
        self._last = np.array([nx - 1, ny - 1])
        # A code farther from the plane than this is not on it: two nodes are that far apart.
        self._off = max(self._steps.tolist())

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        """See `Decoder`. Codes beside the grid's plane are moved onto it."""
        at = (self.grid.places_of(codes) - self._origin) / self._steps  # (n, 2), in nodes
        at = np.clip(at, 0, self._last)
        corner = np.minimum(at.astype(np.intp), self._last - 1)
        column, row = corner.T[:, :, None]  # (n, 1) each
        right, up = (at - corner).astype(np.float32).T
        weights = np.stack([(1 - up) * (1 - right), (1 - up) * right, up * (1 - right), up * right], axis=-1)
        images = self.grid.images[row + (0, 0, 1, 1), column + (0, 1, 0, 1)]  # (n, 4, ...) uint8
        pixels = images.reshape(len(images), 4, -1).astype(np.float32)
        blended: np.ndarray = (weights[:, None, :] / np.float32(255)) @ pixels  # (n, 1, pixels)
        return blended.reshape(len(images), *images.shape[2:])

    def outside(self, codes: np.ndarray) -> np.ndarray:
        """Which codes, (n, d), lie beyond the outermost nodes or beside the grid's plane, (n,) bool."""
        a0, a1, b0, b1 = self.grid.extent
        a, b = self.grid.places_of(codes).T
        beyond = np.asarray((a < a0) | (a > a1) | (b < b0) | (b > b1))
        return beyond if self.grid.plane is None else beyond | (self.grid.distances(codes) > self._off)
