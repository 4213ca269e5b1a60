"""The dense autoencoder: an image to two numbers and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from keras import ops

from explorer.errors import UserError
from explorer.images.datasets import Dataset
from explorer.training.models import base, dense

EMBEDDED = 2  # dimensions of the neighbour embedding
SPREAD = 5.0  # latent units; with codes of unit size, a decoder is slow to learn steep changes
# While the encoder learns alone: the peak of its learning rate, and the strength of the moves of its images, as shares
# of those before.
ALONE_RATE, ALONE_AUGMENTATION = 0.5, 4 / 3


@dataclass(frozen=True)
class NeighbourConfig(base.Config):
    """See `base.Config`; for kinds with a reconstruction loss and an optional neighbour loss.

    Attributes:
        neighbour_weight: initial weight of the neighbour loss, which pulls the first two numbers of the codes to a
            neighbour embedding of the training images; 0: reconstruction only.
        neighbour_rest: the share of that weight that remains at the end, just enough to keep clusters apart.
        neighbour_until: the share of the training after which the weight stays at that rest.
    """

    neighbour_weight: float = 0.0
    neighbour_rest: float = 0.0003
    neighbour_until: float = 0.5
    decoder_until: ClassVar[float] = 1.0


@dataclass(frozen=True)
class Config(NeighbourConfig):
    """See `NeighbourConfig`; the defaults give the bundled space.

    Attributes:
        hidden: widths of the encoder's layers; the decoder has them in reverse.
        decoder_until: the share of the training after which the decoder is frozen. The encoder then learns alone, from
            images that are moved more, to find the codes that are reconstructed best.
    """

    hidden: tuple[int, ...] = (768, 384, 192)
    decoder_until: float = 0.95
    epochs: int = 210
    warmup_epochs: float = 2.0
    neighbour_weight: float = 1.0
    neighbour_rest: float = 0.01
    augmentation: float = 1.5
    grid_resolution: int | None = None


class Autoencoder(base.Trained):
    """Hinton, Salakhutdinov 2006, with a neighbour loss similar to parametric UMAP's."""

    title = "Autoencoder"
    about = (
        "An encoder compresses an image into two numbers, and a decoder reconstructs the image from them. Images "
        "that look alike are also pulled together during training."
    )
    look = "Look at the ten islands, found without labels, and move from one to another."
    paper = "Hinton, Salakhutdinov: Reducing the Dimensionality of Data with Neural Networks. Science 313, 2006"
    history_frames = 32
    Config = Config

    @classmethod
    def check(cls, config: Any, dataset: Dataset) -> None:
        super().check(config, dataset)
        if cls.wants_neighbours(config) and config.latent_dim < EMBEDDED:
            raise UserError(
                f"{cls.title} in one dimension has no place for the neighbour embedding, which is a plane: "
                "add --neighbour-weight 0"
            )

    def build(self) -> None:
        hidden, dimensions = self.config.hidden, self.config.latent_dim
        self.encoder = dense.encoder(self.image_shape, hidden, dimensions)
        self.decoder = dense.decoder(self.image_shape, hidden[::-1], dimensions)

    def objectives(self) -> tuple[base.Objective, ...]:
        losses, until = {"mse": 1.0, "neighbours": self.neighbour_weight}, self.config.decoder_until
        both = base.Objective((self.encoder, self.decoder), losses, until=until)
        if until == 1:
            return (both,)
        return both, base.Objective((self.encoder,), losses, since=until, rate=ALONE_RATE)

    def augmentation(self, progress):
        usual, alone = (
            super().augmentation(progress / self.config.decoder_until),
            ALONE_AUGMENTATION * self.config.augmentation,
        )
        return ops.where(progress < self.config.decoder_until, usual, alone)

    def losses(self, batch: base.Batch) -> dict:
        """`mse` is the mean squared error over all pixels of all images in [0, 1]. `neighbours` is the mean squared
        distance from the first two numbers of each code to its image's place in the neighbour embedding, scaled to a
        standard deviation of `SPREAD` latent units. Further numbers only serve the reconstruction."""
        z = self.encoder(self.seen(batch), training=True)  # (n, latent_dim)
        rebuilt = self.decoder(z, training=True)  # (n, *image_shape)
        losses = {"mse": ops.mean(ops.square(batch.x - rebuilt))}
        if batch.z_near is not None:
            losses["neighbours"] = ops.mean(ops.sum(ops.square(z[:, :EMBEDDED] / SPREAD - batch.z_near), axis=1))
        return losses

    def seen(self, batch: base.Batch):
        """The encoder's input for images that the decoder must reconstruct."""
        return batch.x

    def neighbour_weight(self, progress):
        """The current weight of the neighbour loss. It falls by a cosine: first the map takes shape, then
        reconstruction counts most."""
        falling = 0.5 * (1 + ops.cos(math.pi * ops.minimum(progress / self.config.neighbour_until, 1.0)))
        begin = self.config.neighbour_weight
        end = begin * self.config.neighbour_rest
        return end + (begin - end) * falling

    @staticmethod
    def wants_neighbours(config: Config) -> bool:
        return config.neighbour_weight > 0
