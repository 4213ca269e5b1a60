"""Dense networks, which several kinds of space are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
from keras import layers


def encoder(image_shape: tuple[int, ...], hidden: Sequence[int], latent_dim: int) -> keras.Model:
    """Images (n, *image_shape) to codes (n, latent_dim), which have no bounds: the code layer has no activation."""
    network = keras.Sequential(name="encoder")
    network.add(keras.Input(image_shape, name="image"))
    network.add(layers.Flatten(name="pixels"))  # (n, pixels)
    for depth, width in enumerate(hidden, 1):
        network.add(layers.Dense(width, "gelu", name=f"encode_{depth}"))
    network.add(layers.Dense(latent_dim, name="code"))  # (n, latent_dim)
    return network


def decoder(image_shape: tuple[int, ...], hidden: Sequence[int], latent_dim: int) -> keras.Model:
    """Codes (n, latent_dim) to images (n, *image_shape) in [0, 1]."""
    network = keras.Sequential(name="decoder")
    network.add(keras.Input((latent_dim,), name="code"))
    for depth, width in enumerate(hidden, 1):
        network.add(layers.Dense(width, "gelu", name=f"decode_{depth}"))
    network.add(layers.Dense(math.prod(image_shape), "sigmoid", name="pixels"))  # (n, pixels)
    network.add(layers.Reshape(image_shape, name="image"))  # (n, *image_shape)
    return network
