"""The dense autoencoder: 784 pixels to 2 numbers and back.

Hinton, Salakhutdinov: Reducing the Dimensionality of Data with Neural Networks. Science 313, 2006.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
from keras import layers

TITLE = "Autoencoder"


@dataclass(frozen=True)
class Config:
    """What a training run can be told; the defaults give the shipped space.

    Attributes:
        hidden: widths of the encoder's layers; the decoder has them in reverse.
        latent_dim: numbers in a code. The map shows two.
        epochs: passes over the training images.
        batch_size: images per step.
        learning_rate: the peak, reached after `warmup_epochs`, then a cosine down to zero: the
            long decay is what straightens the map's folds.
        warmup_epochs: linear rise; a cold start at the peak kills units of a narrow bottleneck.
        weight_decay: AdamW's. It also smooths the map: at a rate of 0.002, 0.02 in place of 0.0001
            brought the grid 4 dB nearer to the live decoder, at a lower loss.
    """

    hidden: tuple[int, ...] = (512, 256, 128, 64)
    latent_dim: int = 2
    epochs: int = 40
    batch_size: int = 256
    learning_rate: float = 1.4e-3
    warmup_epochs: float = 1.0
    weight_decay: float = 0.05


def networks(config: Config, image_shape: tuple[int, ...]) -> tuple[keras.Model, keras.Model]:
    """Encoder, images (n, *image_shape) to codes (n, latent_dim), and decoder, the way back.

    Images are float32 in [0, 1]; the code layer has no activation, so codes are unbounded.
    """
    pixels = math.prod(image_shape)
    encoder = keras.Sequential(name="encoder")
    encoder.add(keras.Input(image_shape, name="image"))
    encoder.add(layers.Flatten(name="pixels"))  # (n, pixels)
    for depth, width in enumerate(config.hidden, 1):
        encoder.add(layers.Dense(width, "gelu", name=f"encode_{depth}"))
    encoder.add(layers.Dense(config.latent_dim, name="code"))  # (n, latent_dim)

    decoder = keras.Sequential(name="decoder")
    decoder.add(keras.Input((config.latent_dim,), name="code"))
    for depth, width in enumerate(reversed(config.hidden), 1):
        decoder.add(layers.Dense(width, "gelu", name=f"decode_{depth}"))
    decoder.add(layers.Dense(pixels, "sigmoid", name="pixels"))  # (n, pixels)
    decoder.add(layers.Reshape(image_shape, name="image"))  # (n, *image_shape)
    return encoder, decoder


def losses(x, x_rebuilt) -> dict:
    """Named parts of the loss, scalars; training minimises their sum.

    `mse` is the mean squared difference over all pixels of all images in [0, 1].
    """
    return {"mse": keras.ops.mean(keras.ops.square(x - x_rebuilt))}
