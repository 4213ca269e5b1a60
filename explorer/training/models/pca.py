"""PCA: the plane in which the images vary most."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.errors import UserError
from explorer.images.datasets import Dataset
from explorer.training.models import base, dense


class PCA(base.Fitted):
    """Pearson 1901; the figures are scikit-learn's."""

    title = "PCA"
    about = (
        "PCA is the flat plane along which the images differ most. A code is a weighted sum of pixels; a picture is "
        "the mean image plus two weighted images."
    )
    look = "Look at the grey blends, and at how the classes lie on top of each other."
    paper = "Pearson: On Lines and Planes of Closest Fit to Systems of Points in Space. Philosophical Magazine 2, 1901"

    @classmethod
    def check(cls, config: Any, dataset: Dataset) -> None:
        if (count := len(dataset.x_train)) < max(config.latent_dim, 2):
            least = max(config.latent_dim, 2)
            raise UserError(f"PCA in {config.latent_dim} dimensions needs {least} images to train on, not {count}")

    def build(self) -> None:
        self.encoder, self.decoder = dense.linear(self.image_shape, self.config.latent_dim)

    def fit(self, x: np.ndarray, y: np.ndarray) -> None:
        from sklearn.decomposition import PCA as Analysis

        with np.errstate(invalid="ignore"):  # where all images are alike, there is no variance to have shares of
            found = Analysis(self.config.latent_dim, random_state=0).fit(x.reshape(len(x), -1))
        self.encoder.set_weights([found.components_.T, -found.components_ @ found.mean_])
        self.decoder.set_weights([found.components_, found.mean_])
