"""PCA: the plane in which the images vary most."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from explorer.errors import UserError
from explorer.images.datasets import Dataset, as_float
from explorer.progress import batches
from explorer.training.models import base, dense

WIDE = 2**27  # values of all images; above it, few images of many values are processed in blocks
MOST_WIDE = 5000  # images; the time grows with their cube
BLOCK = 2**23  # values at once


class PCA(base.Fitted):
    """Pearson 1901; computed by scikit-learn."""

    title = "PCA"
    about = (
        "PCA is the flat plane along which the images differ most. A code is a weighted sum of pixels; a picture is "
        "the mean image plus two weighted images."
    )
    look = "Look at the grey blends, and at how the classes lie on top of each other."
    paper = "Pearson: On Lines and Planes of Closest Fit to Systems of Points in Space. Philosophical Magazine 2, 1901"

    @classmethod
    def check(cls, config: Any, dataset: Dataset) -> None:
        count, least = len(dataset.x_train), max(config.latent_dim, 2)
        if count < least:
            raise UserError(f"PCA in {config.latent_dim} dimensions needs {least} images to train on, not {count}")
        if (values := math.prod(dataset.image_shape)) < config.latent_dim:
            raise UserError(
                f"PCA of images of {values} values has at most {values} dimensions: give a smaller --latent-dim"
            )

    @classmethod
    def memory(cls, x: np.ndarray) -> int:
        return 8 * (4 * len(x) ** 2 + 4 * BLOCK) if _is_wide(x) else 3 * 4 * x.size

    def build(self) -> None:
        self.encoder, self.decoder = dense.linear(self.image_shape, self.config.latent_dim)

    def fit(self, x: np.ndarray, y: np.ndarray) -> None:
        if _is_wide(x):
            components, mean = _of_wide(x.reshape(len(x), -1), self.config.latent_dim)
            self.encoder.set_weights([components.T, -components @ mean])
            self.decoder.set_weights([components, mean])
            return
        from sklearn.decomposition import PCA as Analysis

        with np.errstate(invalid="ignore"):  # if all images are equal, the total variance is zero
            found = Analysis(self.config.latent_dim, random_state=0).fit(as_float(x).reshape(len(x), -1))
        self.encoder.set_weights([found.components_.T, -found.components_ @ found.mean_])
        self.decoder.set_weights([found.components_, found.mean_])


def _is_wide(x: np.ndarray) -> bool:
    return x.size > WIDE and len(x) <= min(MOST_WIDE, x[0].size)


def _of_wide(flat: np.ndarray, dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """The first principal components of few images with many values, computed from their scalar products.

    Args:
        flat: (n, values) uint8.

    Returns:
        The components, (dimensions, values), of length 1, and the mean, (values,), both float32 in units of 0..1.
    """
    mean = flat.mean(axis=0, dtype=np.float32) / np.float32(255)
    blocks = list(batches(flat.shape[1], max(BLOCK // len(flat), 1)))
    products = np.zeros((len(flat), len(flat)))
    for some in blocks:
        centred = as_float(flat[:, some]) - mean[some]
        products += centred @ centred.T
    _, vectors = np.linalg.eigh(products)
    first = vectors[:, ::-1][:, :dimensions].T.astype(np.float32)  # (dimensions, n)
    components = np.concatenate([first @ (as_float(flat[:, some]) - mean[some]) for some in blocks], axis=1)
    return components / np.maximum(np.linalg.norm(components, axis=1, keepdims=True), 1e-6), mean
