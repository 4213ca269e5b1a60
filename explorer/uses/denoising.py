"""Denoising without a network: a Gaussian filter, a median filter, and PCA.

Each has one number, such as the width of the filter. `best` chooses it for a kind and strength of noise on training
images, so that these are honest opponents of an autoencoder. Where none helps, the images stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from explorer.analysis import metrics
from explorer.uses.compression import Components

SIGMAS = (0.0, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)  # pixels
SIZES = (1, 3, 5, 7)  # pixels of a side
COMPONENTS = (2, 5, 10, 20, 40, 80, 160)

Filter = Callable[[np.ndarray, Any], np.ndarray]  # images and the filter's number to images


def gaussian(x: np.ndarray, sigma: float) -> np.ndarray:
    """Blurs images, (n, height, width[, 3]) float32, by a standard deviation in pixels; 0 leaves them as they are."""
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(x, (0, sigma, sigma, *(0,) * (x.ndim - 3))))


def median(x: np.ndarray, size: int) -> np.ndarray:
    """Replaces each pixel by the median of a square around it, of `size` × `size` pixels and in the same colour."""
    from scipy.ndimage import median_filter

    return np.asarray(median_filter(x, (1, size, size, *(1,) * (x.ndim - 3))))


def filters(pca: Components) -> Mapping[str, tuple[Filter, Sequence[float]]]:
    """The methods by name, each with the numbers to choose from."""
    return {
        "Gaussian filter": (gaussian, SIGMAS),
        "median filter": (median, SIZES),
        "PCA": (pca.projected, [count for count in COMPONENTS if count <= len(pca.directions)]),
    }


def best(clean: np.ndarray, noisy: np.ndarray, method: Filter, choices: Sequence[float]) -> float:
    """The choice with which a method brings noisy images nearest to the clean ones, by mean squared error."""
    return min(choices, key=lambda choice: metrics.mse(clean, method(noisy, choice)))
