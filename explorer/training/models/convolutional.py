"""The convolutional autoencoder: two levels of filters, which are the same everywhere in the image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import keras
from keras import layers

from explorer.training.models import autoencoder

MOST_PLACES = 16 * 16  # places of the features before a dense layer; images larger than 64 × 64 have more levels


@dataclass(frozen=True)
class Config(autoencoder.NeighbourConfig):
    """See `autoencoder.NeighbourConfig`. Without a neighbour loss, so that the gain of filters over the plain
    autoencoder is visible.

    Attributes:
        filters: filters of the two levels; each level halves the image's sides. Large images have more levels like the
            second.
        hidden: widths of the encoder's dense layers; the decoder has them in reverse.
    """

    filters: tuple[int, int] = (16, 32)
    hidden: tuple[int, ...] = (256, 128)
    epochs: int = 50


def features(image_shape: tuple[int, ...], filters: Sequence[int], activation: str = "gelu") -> list:
    """Layers from images to features, (n, height / 4, width / 4, filters); large images are reduced further."""
    channels = image_shape[2:] or (1,)
    steps = [layers.Reshape((*image_shape[:2], *channels), name="channels")]
    for depth, count in enumerate(_levels(image_shape, filters), 1):
        steps.append(layers.Conv2D(count, 3, 2, "same", activation=activation, name=f"level_{depth}"))
    return steps


def _levels(image_shape: tuple[int, ...], filters: Sequence[int]) -> list[int]:
    """The filters of each level: as given, and the last repeated until there are at most `MOST_PLACES`."""
    levels = list(filters)
    while math.prod(_side(length, levels) for length in image_shape[:2]) > MOST_PLACES:
        levels.append(levels[-1])
    return levels


def _side(length: int, levels: Sequence[int]) -> int:
    """The length of a side after the levels."""
    return math.ceil(length / 2 ** len(levels))


def encoder(
    image_shape: tuple[int, ...], filters: Sequence[int], hidden: Sequence[int], latent_dim: int
) -> keras.Model:
    """A network from images (n, *image_shape) to codes (n, latent_dim): two or more levels of filters, then dense
    layers."""
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
    """A network from codes (n, latent_dim) to images (n, *image_shape) in [0, 1]: dense layers, then levels of
    filters."""
    (height, width), channels = image_shape[:2], image_shape[2:] or (1,)
    levels = _levels(image_shape, filters)
    rows, columns, scale = _side(height, levels), _side(width, levels), 2 ** len(levels)
    network = keras.Sequential(name="decoder")
    network.add(keras.Input((latent_dim,), name="code"))
    for depth, count in enumerate((*hidden, rows * columns * levels[-1]), 1):
        network.add(layers.Dense(count, "gelu", name=f"decode_{depth}"))
    network.add(layers.Reshape((rows, columns, levels[-1]), name="features"))
    for depth, count in enumerate(levels[-2::-1], 1):
        network.add(layers.Conv2DTranspose(count, 3, 2, "same", activation="gelu", name=f"level_{depth}"))
    last = f"level_{len(levels)}"
    network.add(layers.Conv2DTranspose(channels[0], 3, 2, "same", activation="sigmoid", name=last))
    network.add(layers.Cropping2D(((0, scale * rows - height), (0, scale * columns - width)), name="edges"))
    network.add(layers.Reshape(image_shape, name="image"))  # (n, *image_shape)
    return network


class Convolutional(autoencoder.Autoencoder):
    """Masci et al. 2011, with a bottleneck of two numbers."""

    title = "Convolutional autoencoder"
    about = (
        "Small filters look for the same patterns everywhere in the image: first edges, then combinations of edges. "
        "The decoder draws with filters too."
    )
    look = (
        "Compare the map with the plain autoencoder's: filters help to draw, but reconstruction alone still does not "
        "separate the digits."
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
