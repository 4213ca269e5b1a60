"""What every kind of latent space has in common: its networks, and how training makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from explorer.errors import UserError
from explorer.images.datasets import Dataset


@dataclass(frozen=True)
class Config:
    """What a training run can be told; kinds that train in epochs add their own fields and defaults.

    Attributes:
        latent_dim: numbers in a code. The map shows two.
        epochs: passes over the training images.
        batch_size: images per step, over all machines.
        learning_rate: the peak, reached after `warmup_epochs`, then a cosine down to zero.
        warmup_epochs: linear rise; a cold start at the peak kills units of a narrow bottleneck.
        weight_decay: AdamW's (Loshchilov, Hutter: Decoupled Weight Decay Regularization. ICLR 2019).
        augmentation: strength of the small random turns, slants and shifts of the training images. They are what
            makes an encoder place new digits as well as those it was trained on.
        grid_resolution: nodes along each side of the grid; None: as the images' size allows.
    """

    latent_dim: int = 2
    epochs: int = 60
    batch_size: int = 256
    learning_rate: float = 1.4e-3
    warmup_epochs: float = 1.0
    weight_decay: float = 0.05
    augmentation: float = 0.0
    grid_resolution: int | None = 60


@dataclass(frozen=True)
class Batch:
    """What the losses of one step are worked out from; tensors.

    Attributes:
        x: images, (n, height, width[, 3]) float32 in [0, 1].
        y: labels, (n,) int32.
        z_near: where the images lie in a neighbour embedding, (n, d) float32; None without one.
        seed: for `tf.random.stateless_*`, (2,) int32, another one at every step.
        progress: the share of the training that is done, 0..1.
    """

    x: Any
    y: Any
    z_near: Any
    seed: Any
    progress: Any


Weight = float | Callable[[Any], Any]


@dataclass(frozen=True)
class Objective:
    """Networks that are trained together, towards an aim of their own. Most spaces have one, a GAN has three.

    Attributes:
        networks: Keras models whose weights it moves.
        minimises: what each loss counts, by its name: a number, or a function of the training's progress, 0..1.
        until: the share of the training after which these weights stay as they are.
        momentum: AdamW's beta_1 and beta_2.
    """

    networks: tuple[Any, ...]
    minimises: Mapping[str, Weight]
    until: float = 1.0
    momentum: tuple[float, float] = (0.9, 0.999)


class Kind:
    """A kind of latent space: its networks and what they are trained towards.

    Args:
        config: what the run was told.
        image_shape: (height, width) or (height, width, 3).
        classes: how many names of classes there are; 0 where there are no labels.

    Attributes:
        encoder: Keras model, images (n, *image_shape) float32 in [0, 1] to codes (n, latent_dim) without bounds. One
            with several outputs gives the codes first.
        decoder: Keras model, codes to images.

    Class attributes:
        title: as the menu shows it.
        about: what it is, in two sentences about images of any kind.
        look: what to look at in its map of MNIST, in one sentence.
        paper: where it comes from.
        supervised: whether it needs labels.
        prior: "normal" where codes are meant to be standard normal, so that new ones can be drawn; else "".
        compiled: whether XLA compiles the step; its convolutions are slower than TensorFlow's own.
        history_frames: how many epochs are kept for a replay.
    """

    title: ClassVar[str]
    about: ClassVar[str]
    look: ClassVar[str] = ""
    paper: ClassVar[str]
    supervised: ClassVar[bool] = False
    prior: ClassVar[str] = ""
    compiled: ClassVar[bool] = True
    history_frames: ClassVar[int] = 24
    Config: ClassVar[type] = Config

    encoder: Any
    decoder: Any

    def __init__(self, config: Any, image_shape: tuple[int, ...], classes: int = 0) -> None:
        self.config, self.image_shape, self.classes = config, image_shape, classes
        self.build()

    @classmethod
    def check(cls, config: Any, dataset: Dataset) -> None:
        """Raises UserError where the training images do not suit the kind."""
        if cls.supervised:
            check_classes(cls.title, dataset, 2)

    def build(self) -> None:
        """Makes the networks."""
        raise NotImplementedError

    @staticmethod
    def extra_metrics(dataset: Dataset, encoder: Any, decoder: Any) -> dict[str, float]:
        """Metrics that only this kind has, on the test images of a `data.Dataset`, by the names of their columns."""
        return {}

    @staticmethod
    def columns(x: np.ndarray, encoder: Any) -> dict[str, np.ndarray]:
        """What the encoder knows of each image beside its code, (n,) each, by name.

        Args:
            x: images, (n, height, width[, 3]) uint8.
        """
        return {}


def check_classes(name: str, dataset: Dataset, least: int) -> None:
    """Raises UserError where the training images have fewer classes. The test images may have others."""
    classes = len(np.unique(dataset.y_train))
    if not dataset.class_names or classes < least:
        has = f"{classes} class{'es' * (classes > 1)}" if dataset.class_names else "no labels"
        raise UserError(f"{name} needs at least {least} classes to train on: the training images have {has}")


class Trained(Kind):
    """A kind that is trained in epochs, by gradients."""

    def objectives(self) -> tuple[Objective, ...]:
        """Who is trained towards what; by default everything towards the sum of all losses."""
        raise NotImplementedError

    def losses(self, batch: Batch) -> dict[str, Any]:
        """Named losses of a batch, scalars."""
        raise NotImplementedError

    @staticmethod
    def wants_neighbours(config: Any) -> bool:
        """Whether training needs a neighbour embedding of the images."""
        return False

    def augmentation(self, progress: Any) -> Any:
        """The strength of the moves of `explorer.training.augment` when `progress`, 0..1, of the training is done.

        It falls over the third quarter to less than half, so that the decoder ends on images nearly as they are.
        Falling to nothing would cost what it has brought: the last epochs would fit the training images alone.
        """
        import keras

        return self.config.augmentation * keras.ops.clip((0.95 - progress) / 0.45, 0.45, 1.0)


class Fitted(Kind):
    """A kind that is worked out at once."""

    history_frames = 0

    @dataclass(frozen=True)
    class Config:
        """
        Attributes:
            latent_dim: numbers in a code.
            grid_resolution: nodes along each side of the grid; None: as the images' size allows. Between the nodes
                of a linear decoder, interpolation is exact wherever its pictures stay within [0, 1].
        """

        latent_dim: int = 2
        grid_resolution: int | None = 24
        epochs: ClassVar[int] = 1

    @classmethod
    def memory(cls, x: np.ndarray) -> int:
        """How many bytes `fit` takes beside the images, about: six times all of them as floats."""
        return 6 * 4 * x.size

    def fit(self, x: np.ndarray, y: np.ndarray) -> None:
        """Sets the weights of both networks.

        Args:
            x: images, (n, height, width[, 3]) uint8.
            y: labels, (n,) integers.
        """
        raise NotImplementedError
