"""The spaces and the images that an application is measured on."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.decoding import keras_runtime
from explorer.errors import UserError
from explorer.images.datasets import Dataset
from explorer.spaces import following
from explorer.spaces.card import TRAIN
from explorer.spaces.folder import open_space
from explorer.spaces.latent_space import LatentSpace
from explorer.training.evaluate import networks_of
from explorer.training.models.base import check_classes

if TYPE_CHECKING:
    from explorer.training.models.judge import Judge


def add_space_to(command: argparse.ArgumentParser, usual: str, more: str = "") -> None:
    """Adds the options that name a space; `usual` is used without them, and `more` may be given, too."""
    which = command.add_mutually_exclusive_group()
    which.add_argument("--space", default=usual, metavar="NAME", help=f"a space in weights/{more} (%(default)s)")
    which.add_argument("--weights", type=Path, metavar="DIR", help="the folder of a trained space")


@dataclass(frozen=True)
class Opened:
    """A space with its networks.

    Attributes:
        encoder: images (n, height, width[, 3]) float32 in [0, 1] to codes (n, d) float32.
        decoder: codes to images, the same types.
        encoder_network: the Keras model behind the encoder.
    """

    space: LatentSpace
    encoder: keras_runtime.LiveEncoder
    decoder: keras_runtime.LiveDecoder
    encoder_network: Any

    def rebuilt(self, images: np.ndarray) -> np.ndarray:
        """What the decoder makes of the codes of images, of the same shape."""
        return keras_runtime.in_batches(lambda some: self.decoder(self.encoder(some)), images)


def opened(folder: Path) -> Opened:
    """The space in a folder with its networks. Raises UserError if a file is missing or damaged."""
    space = following.opened(folder, open_space)
    if space.has_own_models:
        raise UserError(f"{space.folder} holds a model of your own: only spaces of {TRAIN} can be used here")
    network, decoder = networks_of(space)
    return Opened(space, keras_runtime.LiveEncoder(network, space.image_shape), decoder, network)


@dataclass
class Bench:
    """What an application is measured on.

    Attributes:
        dataset: the images of the spaces.
        folders: the spaces to measure, by name, in historical order.
        seed: of everything random.
        images: measure on so many test images, the first ones; None: on all.
        train: trains a space as `explorer.training.cli.train` does, which takes minutes; None if that is not wanted.
    """

    dataset: Dataset
    folders: dict[str, Path]
    seed: int = 0
    images: int | None = None
    train: Callable[..., Path | None] | None = None
    _opened: dict[str, Opened] = field(default_factory=dict, repr=False)

    @functools.cached_property
    def x_test(self) -> np.ndarray:
        """The test images that are measured, (n, height, width[, 3]) uint8."""
        return np.asarray(self.dataset.x_test[: self.images])

    @property
    def y_test(self) -> np.ndarray:
        """Their labels, (n,) int32."""
        return self.dataset.y_test[: self.images]

    def open(self, name: str) -> Opened:
        """A space with its networks. Raises UserError if a file is missing or damaged, or if it has other images."""
        if name not in self._opened:
            found = opened(self.folders[name])
            if found.space.image_shape != self.dataset.image_shape:
                raise UserError(f"{found.space.folder} has images of another size")
            self._opened[name] = found
        return self._opened[name]

    @functools.cached_property
    def judge(self) -> Judge:
        """A classifier of the real images. Training it takes half a minute. Raises UserError without classes."""
        check_classes("the judge of generated images", self.dataset, 2)
        keras_runtime.import_keras()  # without messages, before the module imports it
        from explorer.training.models.judge import judge

        return judge(self.dataset)
