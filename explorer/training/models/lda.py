"""LDA: the plane in which the classes lie farthest apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from explorer.errors import UserError
from explorer.training.models import base, dense

MOST_PIXELS = 5_000  # of an image: its time grows with their square


class LDA(base.Fitted):
    """Fisher 1936; the figures are scikit-learn's."""

    title = "LDA"
    about = (
        "The flat plane in which the classes lie farthest apart for their width: the only straight map that looks at "
        "the labels. Look at what it keeps apart that PCA mixes, and at the pictures: what tells digits apart is "
        "not what draws them."
    )
    paper = "Fisher: The Use of Multiple Measurements in Taxonomic Problems. Annals of Eugenics 7, 1936"
    supervised = True

    @classmethod
    def check(cls, config: Any, image_shape: tuple[int, ...], classes: int) -> None:
        if classes <= config.latent_dim:
            raise UserError(f"LDA in {config.latent_dim} dimensions needs more classes than that: there are {classes}")
        if (values := math.prod(image_shape)) > MOST_PIXELS:
            raise UserError(f"LDA takes images of at most {MOST_PIXELS} values: these have {values}")

    def build(self) -> None:
        self.encoder, self.decoder = dense.linear(self.image_shape, self.config.latent_dim)

    def fit(self, x: np.ndarray, y: np.ndarray) -> None:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
        from sklearn.linear_model import LinearRegression

        flat = x.reshape(len(x), -1)
        found = LinearDiscriminantAnalysis(n_components=self.config.latent_dim).fit(flat, y)
        directions = found.scalings_[:, : self.config.latent_dim]  # (pixels, d)
        self.encoder.set_weights([directions, -found.xbar_ @ directions])
        back = LinearRegression().fit(found.transform(flat), flat)  # LDA has no way back: the least-squares one
        self.decoder.set_weights([back.coef_.T, back.intercept_])
