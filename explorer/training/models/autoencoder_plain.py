"""The same autoencoder without a neighbour loss. Its map follows from reconstruction alone, and is crooked and
crowded."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.training.models import autoencoder


@dataclass(frozen=True)
class Config(autoencoder.NeighbourConfig):
    """See `autoencoder.Config`; smaller, so that more spaces fit into the repository. Without a neighbour loss."""

    hidden: tuple[int, ...] = (384, 192, 96)


class PlainAutoencoder(autoencoder.Autoencoder):
    """See `autoencoder.Autoencoder`."""

    title = "Plain autoencoder"
    about = (
        "An encoder compresses an image into two numbers, and a decoder reconstructs the image from them. Both are "
        "trained only to reconstruct."
    )
    look = (
        "Look at the long crooked arms, and at the classes that share the middle: good reconstruction does not need "
        "a tidy map."
    )
    Config = Config
