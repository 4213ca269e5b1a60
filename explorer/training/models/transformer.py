"""The transformer autoencoder: an image as a sequence of patches with attention between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
from keras import layers

from explorer.training.models import autoencoder

SIDE = 4  # patches along each side


@dataclass(frozen=True)
class Config(autoencoder.NeighbourConfig):
    """See `autoencoder.NeighbourConfig`. Without a neighbour loss, so that the gain of attention over the plain
    autoencoder is visible.

    Attributes:
        width: numbers for each patch.
        heads: heads of each attention layer.
        depth: layers of attention in the encoder, and in the decoder.
    """

    width: int = 64
    heads: int = 4
    depth: int = 2
    epochs: int = 40
    warmup_epochs: float = 3.0


class Transformer(autoencoder.Autoencoder):
    """Dosovitskiy et al. 2021, as an autoencoder."""

    title = "Transformer autoencoder"
    about = (
        "The image is cut into patches, and each patch looks at all the others to find out what it is part of. The "
        "result is summed up in two numbers; the decoder goes the same way back."
    )
    look = "Look far from the dots, where the patches do not fit together and the pictures fall apart."
    paper = (
        "Vaswani et al.: Attention Is All You Need. NeurIPS 2017; for images: Dosovitskiy et al.: An Image is Worth "
        "16x16 Words. ICLR 2021"
    )
    history_frames = 20
    Config = Config

    def build(self) -> None:
        config = self.config
        (height, width), channels = self.image_shape[:2], self.image_shape[2:] or (1,)
        patch = math.ceil(height / SIDE), math.ceil(width / SIDE)
        beyond = (0, SIDE * patch[0] - height), (0, SIDE * patch[1] - width)
        patches, values = SIDE * SIDE, math.prod((*patch, *channels))

        image = keras.Input(self.image_shape, name="image")
        h = layers.Reshape((height, width, *channels), name="channels")(image)
        h = layers.ZeroPadding2D(beyond, name="edges")(h)
        h = layers.Reshape((SIDE, patch[0], SIDE, patch[1] * channels[0]), name="cut")(h)
        h = layers.Permute((1, 3, 2, 4), name="arrange")(h)
        h = layers.Reshape((patches, values), name="patches")(h)  # (n, patches, values)
        # one projection for all patches; each patch has its own bias, which encodes its position
        h = layers.EinsumDense("npv,vw->npw", (patches, config.width), bias_axes="pw", name="embed")(h)
        h = self._attend(h, "encode")  # (n, patches, width)
        h = layers.Flatten(name="sentence")(h)
        h = layers.Dense(2 * config.width, "gelu", name="sum_up")(h)
        self.encoder = keras.Model(image, layers.Dense(config.latent_dim, name="code")(h), name="encoder")

        code = keras.Input((config.latent_dim,), name="code")
        h = layers.Dense(2 * config.width, "gelu", name="unfold_1")(code)
        h = layers.Dense(2 * config.width, "gelu", name="unfold_2")(h)
        h = layers.Dense(patches * config.width, name="unfold_3")(h)
        h = layers.Reshape((patches, config.width), name="words")(h)  # (n, patches, width)
        h = self._attend(h, "decode")
        h = layers.EinsumDense("npw,wv->npv", (patches, values), "sigmoid", "pv", name="paint")(h)
        h = layers.Reshape((SIDE, SIDE, patch[0], patch[1] * channels[0]), name="patches")(h)
        h = layers.Permute((1, 3, 2, 4), name="arrange")(h)
        h = layers.Reshape((SIDE * patch[0], SIDE * patch[1], *channels), name="join")(h)
        h = layers.Cropping2D(beyond, name="edges")(h)
        self.decoder = keras.Model(code, layers.Reshape(self.image_shape, name="image")(h), name="decoder")

    def _attend(self, h, prefix: str):
        """Attention and dense layers with skip connections, (n, patches, width)."""
        width, heads = self.config.width, self.config.heads
        for depth in range(1, self.config.depth + 1):
            name = f"{prefix}_{depth}"
            looked = layers.LayerNormalization(name=f"{name}_norm")(h)
            looked = layers.MultiHeadAttention(heads, width // heads, name=f"{name}_attention")(looked, looked)
            h = layers.Add(name=f"{name}_seen")([h, looked])
            thought = layers.LayerNormalization(name=f"{name}_norm_2")(h)
            thought = layers.Dense(2 * width, "gelu", name=f"{name}_dense_1")(thought)
            thought = layers.Dense(width, name=f"{name}_dense_2")(thought)
            h = layers.Add(name=f"{name}_thought")([h, thought])
        return layers.LayerNormalization(name=f"{prefix}_norm")(h)
