"""The dense autoencoder: 784 pixels to 2 numbers and back.

Hinton, Salakhutdinov: Reducing the Dimensionality of Data with Neural Networks. Science 313, 2006.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
from keras import layers

TITLE = "Autoencoder"
SPREAD = 5.0  # latent units; a decoder of a code of unit size is slow to learn steep places


@dataclass(frozen=True)
class Config:
    """What a training run can be told; the defaults give the shipped space.

    Attributes:
        hidden: widths of the encoder's layers; the decoder has them in reverse.
        latent_dim: numbers in a code. The map shows two.
        epochs: passes over the training images.
        batch_size: images per step, over all machines.
        learning_rate: the peak, reached after `warmup_epochs`, then a cosine down to zero: the
            long decay is what straightens the map's folds.
        warmup_epochs: linear rise; a cold start at the peak kills units of a narrow bottleneck.
        weight_decay: AdamW's. It also smooths the map.
        neighbour_weight: how hard the codes are pulled, at first, to a neighbour embedding of the
            training images; 0 leaves the map to the reconstruction alone.
        neighbour_rest: the share of that weight that stays to the end: just enough to keep the islands apart.
        neighbour_until: the share of the training after which it is reached.
        augmentation: strength of the small random turns, slants and shifts of the training images. They
            are what makes the encoder place new digits as well as those it was trained on.
        grid_resolution: nodes along each side of the grid; None: as the images' size allows.
    """

    hidden: tuple[int, ...] = (768, 384, 192)
    latent_dim: int = 2
    epochs: int = 150
    batch_size: int = 256
    learning_rate: float = 1.4e-3
    warmup_epochs: float = 2.0
    weight_decay: float = 0.05
    neighbour_weight: float = 1.0
    neighbour_rest: float = 0.0003
    neighbour_until: float = 0.5
    augmentation: float = 1.5
    grid_resolution: int | None = None


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


def losses(config: Config, x, z, x_rebuilt, z_near) -> dict:
    """Named parts of the loss, scalars.

    `mse` is the mean squared difference over all pixels of all images in [0, 1]; `neighbours` the mean
    squared distance from each code to its image's place in the neighbour embedding, `z_near`, both (n, 2),
    of which standard deviation 1 is `SPREAD` latent units.
    """
    parts = {"mse": keras.ops.mean(keras.ops.square(x - x_rebuilt))}
    if z_near is not None:
        parts["neighbours"] = keras.ops.mean(keras.ops.sum(keras.ops.square(z / SPREAD - z_near), axis=1))
    return parts


def loss_weights(config: Config, progress) -> dict:
    """What each part counts when `progress`, 0..1, of the training is done; the loss is their weighted sum.

    The neighbour weight falls by a cosine: first the map is laid out, then the decoder gets its say.
    """
    falling = 0.5 * (1 + keras.ops.cos(math.pi * keras.ops.minimum(progress / config.neighbour_until, 1.0)))
    begin, end = config.neighbour_weight, config.neighbour_weight * config.neighbour_rest
    return {"mse": 1.0, "neighbours": end + (begin - end) * falling}


def wants_neighbours(config: Config) -> bool:
    """Whether training needs a neighbour embedding of the images."""
    return config.neighbour_weight > 0


def augmentation(config: Config, progress):
    """The strength of the moves of `training.augment` when `progress`, 0..1, of the training is done.

    It falls over the third quarter to less than half, so that the decoder ends on images nearly as they are.
    Falling to nothing would cost what it has brought: the last epochs would fit the training images alone.
    """
    return config.augmentation * keras.ops.clip((0.95 - progress) / 0.45, 0.45, 1.0)
