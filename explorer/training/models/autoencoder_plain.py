"""The same autoencoder without a neighbour loss. Its map follows from reconstruction alone, and is crooked and
crowded."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.training.models import autoencoder


@dataclass(frozen=True)
class Config(autoencoder.Config):
    """See `autoencoder.Config`; smaller, so that more spaces fit into the repository."""

    hidden: tuple[int, ...] = (384, 192, 96)
    epochs: int = 60
    warmup_epochs: float = 1.0
    neighbour_weight: float = 0.0
    neighbour_rest: float = 0.0003
    augmentation: float = 0.0
    grid_resolution: int | None = 60


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
