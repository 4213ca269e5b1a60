"""Dense and linear networks for several kinds of space."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
from keras import layers


def encoder(image_shape: tuple[int, ...], hidden: Sequence[int], latent_dim: int) -> keras.Model:
    """A network from images (n, *image_shape) to codes (n, latent_dim). Codes are unbounded: the layer is linear."""
    return keras.Sequential(
        [
            keras.Input(image_shape, name="image"),
            layers.Flatten(name="pixels"),  # (n, pixels)
            *_hidden("encode", hidden),
            layers.Dense(latent_dim, name="code"),  # (n, latent_dim)
        ],
        name="encoder",
    )


def decoder(
    image_shape: tuple[int, ...], hidden: Sequence[int], latent_dim: int, activation: str | None = "sigmoid"
) -> keras.Model:
    """A network from codes (n, latent_dim) to images (n, *image_shape), in [0, 1] with the default activation."""
    return keras.Sequential(
        [
            keras.Input((latent_dim,), name="code"),
            *_hidden("decode", hidden),
            layers.Dense(math.prod(image_shape), activation, name="pixels"),  # (n, pixels)
            layers.Reshape(image_shape, name="image"),  # (n, *image_shape)
        ],
        name="decoder",
    )


def linear(image_shape: tuple[int, ...], latent_dim: int) -> tuple[keras.Model, keras.Model]:
    """Linear maps as networks: an encoder and a decoder of one layer each, without activation. The decoder's images may
    exceed [0, 1]."""
    return encoder(image_shape, (), latent_dim), decoder(image_shape, (), latent_dim, None)


def _hidden(prefix: str, widths: Sequence[int]) -> list[layers.Layer]:
    return [layers.Dense(width, "gelu", name=f"{prefix}_{depth}") for depth, width in enumerate(widths, 1)]
