"""Corrupted images, as the denoising autoencoder is shown them."""

from __future__ import annotations

import numpy as np

USUAL = 0.5  # standard deviation of the noise for which figures are given
STRONGEST = 1.0  # up to which it is trained


def noisy(x: np.ndarray, strength: float, seed: int = 0) -> np.ndarray:
    """Images with Gaussian noise in every pixel, cut off at black and white.

    Args:
        x: images, (n, height, width[, 3]) float32 in [0, 1].
        strength: standard deviation of the noise; 0 leaves the images as they are.
        seed: the same one gives the same noise, stronger or weaker.
    """
    noise = np.random.default_rng(seed).standard_normal(x.shape, np.float32)
    return np.clip(x + np.float32(strength) * noise, 0, 1)
