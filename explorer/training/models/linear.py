"""Linear maps as networks: one dense layer without activation there, one back."""

from __future__ import annotations

import math

import keras
from keras import layers


def networks(image_shape: tuple[int, ...], latent_dim: int) -> tuple[keras.Model, keras.Model]:
    """Encoder, images (n, *image_shape) to codes (n, latent_dim), and decoder, which may leave [0, 1]."""
    encoder = keras.Sequential(name="encoder")
    encoder.add(keras.Input(image_shape, name="image"))
    encoder.add(layers.Flatten(name="pixels"))  # (n, pixels)
    encoder.add(layers.Dense(latent_dim, name="code"))  # (n, latent_dim)

    decoder = keras.Sequential(name="decoder")
    decoder.add(keras.Input((latent_dim,), name="code"))
    decoder.add(layers.Dense(math.prod(image_shape), name="pixels"))  # (n, pixels)
    decoder.add(layers.Reshape(image_shape, name="image"))  # (n, *image_shape)
    return encoder, decoder
