"""Adds noise to images, for denoising: Gaussian noise, salt and pepper, and squares that hide a part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

USUAL = 0.5  # strength at first; the standard deviation of the noise in the metrics
STRONGEST = 1.0  # largest strength; the largest standard deviation in training


def noisy(x: np.ndarray, strength: float, seed: int = 0) -> np.ndarray:
    """Adds Gaussian noise to every pixel, clipped to black and white.

    Args:
        x: images, (n, height, width[, 3]) float32 in [0, 1].
        strength: standard deviation of the noise; 0 leaves the images as they are.
        seed: random seed; the same seed gives the same noise at any strength.
    """
    noise = np.random.default_rng(seed).standard_normal(x.shape, np.float32)
    return np.clip(x + np.float32(strength) * noise, 0, 1)


def salt_and_pepper(x: np.ndarray, strength: float, seed: int = 0) -> np.ndarray:
    """Makes a random share of the pixels black or white, in all colours.

    Args:
        x: images, (n, height, width[, 3]) float32 in [0, 1].
        strength: the share, 0..1.
        seed: random seed; pixels that are hit stay so at any larger strength.
    """
    random = np.random.default_rng(seed)
    pixels = (*x.shape[:3], *(1,) * (x.ndim - 3))
    hit, white = random.random(pixels, np.float32) < strength, random.random(pixels, np.float32) < 0.5
    return np.where(hit, white.astype(x.dtype), x)


def occluded(x: np.ndarray, strength: float, seed: int = 0) -> np.ndarray:
    """Hides a square of each image: its pixels become black.

    Args:
        x: images, (n, height, width[, 3]) float32 in [0, 1].
        strength: the side of the square as a share of the shorter side of the image, 0..1.
        seed: random seed of the places; a larger square covers a smaller one.
    """
    height, width = x.shape[1:3]
    side = round(strength * min(height, width))
    shares = np.random.default_rng(seed).random((len(x), 2))
    corners = (shares * (height - side, width - side)).astype(int)  # of the upper left, (n, 2)
    hidden = x.copy()
    for image, (top, left) in zip(hidden, corners.tolist(), strict=True):
        image[top : top + side, left : left + side] = 0
    return hidden


@dataclass(frozen=True)
class Kind:
    """A kind of noise.

    Attributes:
        add: adds it, as `noisy` does; its strength is from 0 to `STRONGEST`.
        symbol: for the strength.
        about: what the strength is, for people.
    """

    add: Callable[[np.ndarray, float, int], np.ndarray]
    symbol: str
    about: str


KINDS = {
    "Gaussian": Kind(noisy, "σ", "standard deviation of the noise in each pixel; black is 0, white is 1"),
    "Salt and pepper": Kind(salt_and_pepper, "share", "share of the pixels that become black or white"),
    "Occlusion": Kind(occluded, "side", "side of a black square, as a share of the image's shorter side"),
}
