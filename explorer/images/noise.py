"""Adds noise to images, for the denoising autoencoder."""

from __future__ import annotations

import numpy as np

USUAL = 0.5  # standard deviation of the noise in the metrics
STRONGEST = 1.0  # largest standard deviation in training


def noisy(x: np.ndarray, strength: float, seed: int = 0) -> np.ndarray:
    """Adds Gaussian noise to every pixel, clipped to black and white.

    Args:
        x: images, (n, height, width[, 3]) float32 in [0, 1].
        strength: standard deviation of the noise; 0 leaves the images as they are.
        seed: random seed; the same seed gives the same noise at any strength.
    """
    noise = np.random.default_rng(seed).standard_normal(x.shape, np.float32)
    return np.clip(x + np.float32(strength) * noise, 0, 1)
