"""The convolutional autoencoder: filters that are the same everywhere in the image, on two levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import keras
from keras import layers

from explorer.training.models import autoencoder


@dataclass(frozen=True)
class Config(autoencoder.NeighbourConfig):
    """See `autoencoder.NeighbourConfig`: without neighbours, what filters gain can be seen beside the plain one.

    Attributes:
        filters: of the two levels; each halves the image's sides.
        hidden: widths of the encoder's dense layers; the decoder has them in reverse.
    """

    filters: tuple[int, int] = (16, 32)
    hidden: tuple[int, ...] = (256, 128)
    epochs: int = 50


def features(image_shape: tuple[int, ...], filters: Sequence[int], activation: str = "gelu") -> list:
    """Layers from images to their features, (n, height / 4, width / 4, filters)."""
    channels = image_shape[2:] or (1,)
    steps = [layers.Reshape((*image_shape[:2], *channels), name="channels")]
    for depth, count in enumerate(filters, 1):
        steps.append(layers.Conv2D(count, 3, 2, "same", activation=activation, name=f"level_{depth}"))
    return steps


def encoder(
    image_shape: tuple[int, ...], filters: Sequence[int], hidden: Sequence[int], latent_dim: int
) -> keras.Model:
    """Images (n, *image_shape) to codes (n, latent_dim): filters of two levels, then dense layers."""
    network = keras.Sequential(
        [keras.Input(image_shape, name="image"), *features(image_shape, filters)], name="encoder"
    )
    network.add(layers.Flatten(name="features"))
    for depth, count in enumerate(hidden, 1):
        network.add(layers.Dense(count, "gelu", name=f"encode_{depth}"))
    network.add(layers.Dense(latent_dim, name="code"))  # (n, latent_dim)
    return network


def decoder(
    image_shape: tuple[int, ...], filters: tuple[int, int], hidden: Sequence[int], latent_dim: int
) -> keras.Model:
    """Codes (n, latent_dim) to images (n, *image_shape) in [0, 1]: dense layers, then filters of two levels."""
    (height, width), channels = image_shape[:2], image_shape[2:] or (1,)
    rows, columns = math.ceil(height / 4), math.ceil(width / 4)
    few, many = filters
    network = keras.Sequential(name="decoder")
    network.add(keras.Input((latent_dim,), name="code"))
    for depth, count in enumerate((*hidden, rows * columns * many), 1):
        network.add(layers.Dense(count, "gelu", name=f"decode_{depth}"))
    network.add(layers.Reshape((rows, columns, many), name="features"))
    network.add(layers.Conv2DTranspose(few, 3, 2, "same", activation="gelu", name="level_1"))
    network.add(layers.Conv2DTranspose(channels[0], 3, 2, "same", activation="sigmoid", name="level_2"))
    network.add(layers.Cropping2D(((0, 4 * rows - height), (0, 4 * columns - width)), name="edges"))
    network.add(layers.Reshape(image_shape, name="image"))  # (n, *image_shape)
    return network


class Convolutional(autoencoder.Autoencoder):
    """Masci et al. 2011, with the two numbers of the others in its middle."""

    title = "Convolutional autoencoder"
    about = (
        "Small filters look at every part of the image alike, first for strokes, then for how strokes meet, and the "
        "decoder paints with filters too. Look at the map beside the plain autoencoder's: filters see strokes, but it "
        "is still rebuilding alone that lays it out."
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
        self.encoder = encoder(self.image_shape, config.filters, config.hidden, config.latent_dim)
        self.decoder = decoder(self.image_shape, config.filters, config.hidden[::-1], config.latent_dim)
