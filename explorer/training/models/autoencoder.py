"""The dense autoencoder: 784 pixels to 2 numbers and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from keras import ops

from explorer.training.models import base, dense

SPREAD = 5.0  # latent units; a decoder of a code of unit size is slow to learn steep places


@dataclass(frozen=True)
class NeighbourConfig(base.Config):
    """See `base.Config`; of every kind that rebuilds images and may pull like ones together.

    Attributes:
        neighbour_weight: how hard the codes are pulled, at first, to a neighbour embedding of the
            training images; 0 leaves the map to the reconstruction alone.
        neighbour_rest: the share of that weight that stays to the end: just enough to keep the islands apart.
        neighbour_until: the share of the training after which it is reached.
    """

    neighbour_weight: float = 0.0
    neighbour_rest: float = 0.0003
    neighbour_until: float = 0.5


@dataclass(frozen=True)
class Config(NeighbourConfig):
    """See `NeighbourConfig`; the defaults give the shipped space.

    Attributes:
        hidden: widths of the encoder's layers; the decoder has them in reverse.
    """

    hidden: tuple[int, ...] = (768, 384, 192)
    epochs: int = 150
    warmup_epochs: float = 2.0
    neighbour_weight: float = 1.0
    augmentation: float = 1.5
    grid_resolution: int | None = None


class Autoencoder(base.Trained):
    """Hinton, Salakhutdinov 2006, with a pull to the neighbours of each image as in parametric UMAP."""

    title = "Autoencoder"
    about = (
        "An encoder compresses an image into two numbers, and a decoder reconstructs the image from them. Images "
        "that look alike are also pulled together during training."
    )
    look = "Look at the ten islands, found without labels, and move from one to another."
    paper = "Hinton, Salakhutdinov: Reducing the Dimensionality of Data with Neural Networks. Science 313, 2006"
    history_frames = 32
    Config = Config

    def build(self) -> None:
        hidden, dimensions = self.config.hidden, self.config.latent_dim
        self.encoder = dense.encoder(self.image_shape, hidden, dimensions)
        self.decoder = dense.decoder(self.image_shape, hidden[::-1], dimensions)

    def objectives(self) -> tuple[base.Objective, ...]:
        return (base.Objective((self.encoder, self.decoder), {"mse": 1.0, "neighbours": self.neighbour_weight}),)

    def losses(self, batch: base.Batch) -> dict:
        """`mse` is the mean squared difference over all pixels of all images in [0, 1]; `neighbours` the mean
        squared distance from each code to its image's place in the neighbour embedding, of which standard deviation 1
        is `SPREAD` latent units."""
        z = self.encoder(self.seen(batch), training=True)  # (n, latent_dim)
        rebuilt = self.decoder(z, training=True)  # (n, *image_shape)
        losses = {"mse": ops.mean(ops.square(batch.x - rebuilt))}
        if batch.z_near is not None:
            losses["neighbours"] = ops.mean(ops.sum(ops.square(z / SPREAD - batch.z_near), axis=1))
        return losses

    def seen(self, batch: base.Batch):
        """What the encoder is shown of the images that the decoder shall rebuild."""
        return batch.x

    def neighbour_weight(self, progress):
        """It falls by a cosine: first the map is laid out, then the decoder gets its say."""
        falling = 0.5 * (1 + ops.cos(math.pi * ops.minimum(progress / self.config.neighbour_until, 1.0)))
        begin = self.config.neighbour_weight
        end = begin * self.config.neighbour_rest
        return end + (begin - end) * falling

    @staticmethod
    def wants_neighbours(config: Config) -> bool:
        return config.neighbour_weight > 0
