"""The same autoencoder without a neighbour loss: the map that reconstruction alone makes, crooked and crowded."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.spaces import autoencoder
from explorer.spaces.autoencoder import augmentation, loss_weights, losses, networks, wants_neighbours

__all__ = ["TITLE", "Config", "augmentation", "loss_weights", "losses", "networks", "wants_neighbours"]

TITLE = "Plain autoencoder"


@dataclass(frozen=True)
class Config(autoencoder.Config):
    """See `autoencoder.Config`; smaller, so that more spaces fit into the repository."""

    hidden: tuple[int, ...] = (384, 192, 96)
    epochs: int = 60
    warmup_epochs: float = 1.0
    neighbour_weight: float = 0.0
    augmentation: float = 0.0
    grid_resolution: int | None = 60
