"""The convolutional autoencoder: filters that are the same everywhere in the image, on two levels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
from keras import layers

from explorer.spaces import autoencoder, base


@dataclass(frozen=True)
class Config(base.Config):
    """See `base.Config`.

    Attributes:
        filters: of the two levels; each halves the image's sides.
        hidden: width of the dense layer around the code.
        neighbour_weight: see `autoencoder.Config`; 0 here, so that what filters gain can be seen beside the plain one.
    """

    filters: tuple[int, int] = (16, 32)
    hidden: int = 128
    epochs: int = 40
    neighbour_weight: float = 0.0
    neighbour_rest: float = 0.0003
    neighbour_until: float = 0.5


def features(image_shape: tuple[int, ...], filters: tuple[int, ...], prefix: str) -> list:
    """Layers from images to their features, (n, h, w, filters), at a quarter of the sides."""
    channels = image_shape[2:] or (1,)
    steps = [layers.Reshape((*image_shape[:2], *channels), name=f"{prefix}channels")]
    for depth, count in enumerate(filters, 1):
        steps.append(layers.Conv2D(count, 3, 2, "same", activation="gelu", name=f"{prefix}level_{depth}"))
    return steps


class Convolutional(autoencoder.Autoencoder):
    """Masci et al. 2011, with the two numbers of the others in its middle."""

    title = "Convolutional autoencoder"
    about = (
        "Small filters look at every part of the image alike, first for strokes, then for how strokes meet, and the "
        "decoder paints with filters too. Look at how it compares with the plain autoencoder, which has twice the "
        "weights."
    )
    paper = (
        "Masci, Meier, Cireşan, Schmidhuber: Stacked Convolutional Auto-Encoders for Hierarchical Feature "
        "Extraction. ICANN 2011"
    )
    compiled = False
    history_frames = 20
    Config = Config

    def build(self) -> None:
        config = self.config
        height, width = self.image_shape[:2]
        rows, columns = math.ceil(height / 4), math.ceil(width / 4)
        channels = self.image_shape[2:] or (1,)
        self.encoder = keras.Sequential(
            [
                keras.Input(self.image_shape, name="image"),
                *features(self.image_shape, config.filters, ""),  # (n, rows, columns, filters)
                layers.Flatten(name="features"),
                layers.Dense(config.hidden, "gelu", name="encode"),
                layers.Dense(config.latent_dim, name="code"),  # (n, latent_dim)
            ],
            name="encoder",
        )
        few, many = config.filters
        self.decoder = keras.Sequential(
            [
                keras.Input((config.latent_dim,), name="code"),
                layers.Dense(config.hidden, "gelu", name="decode_1"),
                layers.Dense(config.hidden, "gelu", name="decode_2"),
                layers.Dense(rows * columns * many, "gelu", name="decode_3"),
                layers.Reshape((rows, columns, many), name="features"),
                layers.Conv2DTranspose(few, 3, 2, "same", activation="gelu", name="level_1"),
                layers.Conv2DTranspose(channels[0], 3, 2, "same", activation="sigmoid", name="level_2"),
                layers.Cropping2D(((0, 4 * rows - height), (0, 4 * columns - width)), name="edges"),
                layers.Reshape(self.image_shape, name="image"),  # (n, *image_shape)
            ],
            name="decoder",
        )
