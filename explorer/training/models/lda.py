"""LDA: the plane that separates the classes best."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from explorer.errors import UserError
from explorer.images.datasets import Dataset, as_float
from explorer.training.models import base, dense

MOST_PIXELS = 5_000  # values of an image; the time grows with their square


class LDA(base.Fitted):
    """Fisher 1936; computed by scikit-learn."""

    title = "LDA"
    about = (
        "LDA is the flat plane that best separates the classes, relative to their spread. It is the only flat map "
        "here that uses the labels."
    )
    look = "Look at the classes that it separates better than PCA, and at the pictures, which are no better."
    paper = "Fisher: The Use of Multiple Measurements in Taxonomic Problems. Annals of Eugenics 7, 1936"
    supervised = True

    @classmethod
    def check(cls, config: Any, dataset: Dataset) -> None:
        base.check_classes(f"LDA in {config.latent_dim} dimensions", dataset, config.latent_dim + 1)
        x = dataset.x_train
        if (values := math.prod(dataset.image_shape)) > MOST_PIXELS:
            raise UserError(f"LDA takes images of at most {MOST_PIXELS:,} values: these have {values:,}")
        _, first, classes = np.unique(dataset.y_train, return_index=True, return_inverse=True)
        if len(x) <= len(first):
            raise UserError(f"LDA needs more training images than classes: there are {len(x)} and {len(first)}")
        if np.array_equal(x, x[first[classes]]):
            raise UserError("LDA needs images that differ within their class: these are all alike")

    def build(self) -> None:
        self.encoder, self.decoder = dense.linear(self.image_shape, self.config.latent_dim)

    def fit(self, x: np.ndarray, y: np.ndarray) -> None:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
        from sklearn.linear_model import LinearRegression

        flat = as_float(x).reshape(len(x), -1)
        found = LinearDiscriminantAnalysis(n_components=self.config.latent_dim).fit(flat, y)
        directions = self._padded(found.scalings_[:, : self.config.latent_dim])  # (pixels, d)
        self.encoder.set_weights([directions, -found.xbar_ @ directions])
        back = LinearRegression().fit(
            self._padded(found.transform(flat)), flat
        )  # LDA has no decoder: the least-squares one is used
        self.decoder.set_weights([back.coef_.T, back.intercept_])

    def _padded(self, columns: np.ndarray) -> np.ndarray:
        """Pads (n, k) to (n, latent_dim): if the means of the classes are on one line, there are fewer directions."""
        missing = self.config.latent_dim - columns.shape[1]
        return np.pad(columns, ((0, 0), (0, missing))) if missing else columns
