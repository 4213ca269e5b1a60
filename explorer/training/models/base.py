"""The base classes of all kinds of latent space: networks, losses, objectives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from explorer.errors import UserError
from explorer.images.datasets import Dataset

# The words of `Kind.about` that tell of two dimensions, and those for another number, which is d with its noun.
OTHERWISE = (
    ("two numbers", "{d} number{s}"),
    ("the flat plane", "the flat space of {d} dimension{s}"),
    ("flat map", "flat space"),
    ("two weighted images", "{d} weighted image{s}"),
)


@dataclass(frozen=True)
class Config:
    """The settings of a training run. Kinds that train in epochs add fields and defaults.

    Attributes:
        latent_dim: numbers in a code, d. Of more than two, the map shows a plane.
        epochs: passes over the training images.
        batch_size: images per step, over all machines.
        learning_rate: the peak, reached after `warmup_epochs`; then it falls to zero by a cosine.
        warmup_epochs: epochs of linear rise; starting at the peak kills units of a narrow bottleneck.
        weight_decay: AdamW's (Loshchilov, Hutter: Decoupled Weight Decay Regularization. ICLR 2019).
        augmentation: strength of the random rotations, shears and shifts of the training images. They make the
            encoder place new images as well as training images.
        grid_resolution: nodes along each side of the grid; None: depends on the size of the images.
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
    """The inputs of the losses of one step; tensors.

    Attributes:
        x: images, (n, height, width[, 3]) float32 in [0, 1].
        y: labels, (n,) int32.
        z_near: places of the images in the neighbour embedding, (n, d) float32; None without one.
        seed: for `tf.random.stateless_*`, (2,) int32, different at every step.
        progress: the finished share of the training, 0..1.
    """

    x: Any
    y: Any
    z_near: Any
    seed: Any
    progress: Any


Weight = float | Callable[[Any], Any]


@dataclass(frozen=True)
class Objective:
    """A training objective: networks, and the losses that they minimise. Most kinds have one, a GAN has three.

    Attributes:
        networks: Keras models whose weights are trained.
        minimises: the weight of each loss, by its name: a number, or a function of the training's progress, 0..1.
        since, until: the shares of the training, 0..1, between which these networks learn by it.
        rate: the peak of its learning rate, as a share of the run's.
        momentum: AdamW's beta_1 and beta_2.
    """

    networks: tuple[Any, ...]
    minimises: Mapping[str, Weight]
    since: float = 0.0
    until: float = 1.0
    rate: float = 1.0
    momentum: tuple[float, float] = (0.9, 0.999)


class Kind:
    """A kind of latent space: its networks and their training.

    Args:
        config: settings of the run.
        image_shape: (height, width) or (height, width, 3).
        classes: number of classes; 0 without labels.

    Attributes:
        encoder: Keras model from images (n, *image_shape) float32 in [0, 1] to codes (n, latent_dim) without bounds.
            Of several outputs, the first is the codes.
        decoder: Keras model from codes to images.

    Class attributes:
        title: its title in menus.
        about: what it is, in two sentences about images of any kind.
        look: what to look at in its map of MNIST, in one sentence.
        paper: the publication that it follows.
        supervised: whether it needs labels.
        prior: "normal" if the codes are trained to be standard normal, so that new ones can be drawn; else "".
        compiled: whether XLA compiles the step; XLA's convolutions are slower than TensorFlow's own.
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
    def described(cls, config: Any, source: str) -> tuple[str, str]:
        """Title and description of a space of this kind, for its card.

        Args:
            source: of the images; what to look at in the map is known for "mnist" in two dimensions.
        """
        if (d := config.latent_dim) == 2:
            return cls.title, f"{cls.about} {cls.look}".strip() if source == "mnist" else cls.about
        about, s = cls.about, "s" * (d != 1)
        for words, others in OTHERWISE:
            about = about.replace(words, others.format(d=d, s=s))
        return f"{cls.title}, {d} dimension{s}", about

    @classmethod
    def check(cls, config: Any, dataset: Dataset) -> None:
        """Raises UserError if the training images, or the dimensions, do not suit the kind."""
        if cls.supervised:
            check_classes(cls.title, dataset, 2)

    def build(self) -> None:
        """Makes the networks."""
        raise NotImplementedError

    @staticmethod
    def extra_metrics(dataset: Dataset, encoder: Any, decoder: Any) -> dict[str, float]:
        """Metrics of this kind only, on the test images, by the names of their columns."""
        return {}

    @staticmethod
    def columns(x: np.ndarray, encoder: Any) -> dict[str, np.ndarray]:
        """Further outputs of the encoder for each image, besides its code: columns by name, (n,) each.

        Args:
            x: images, (n, height, width[, 3]) uint8.
        """
        return {}


def check_classes(name: str, dataset: Dataset, least: int) -> None:
    """Raises UserError if the training images have fewer classes. The test images may have others."""
    classes = len(np.unique(dataset.y_train))
    if not dataset.class_names or classes < least:
        has = f"{classes} class{'es' * (classes > 1)}" if dataset.class_names else "no labels"
        raise UserError(f"{name} needs at least {least} classes to train on: the training images have {has}")


class Trained(Kind):
    """A kind that is trained in epochs, by gradients."""

    def objectives(self) -> tuple[Objective, ...]:
        """The training objectives; by default one, the sum of all losses."""
        raise NotImplementedError

    def losses(self, batch: Batch) -> dict[str, Any]:
        """The losses of a batch by name, scalars."""
        raise NotImplementedError

    @staticmethod
    def wants_neighbours(config: Any) -> bool:
        """Whether training needs a neighbour embedding of the images."""
        return False

    def augmentation(self, progress: Any) -> Any:
        """The strength of the moves of `explorer.training.augment` at a finished share, 0..1, of the training.

        It falls over the third quarter to less than half, so that the decoder ends on nearly unchanged images. It does
        not fall to zero: the last epochs would then overfit the training images.
        """
        import keras

        return self.config.augmentation * keras.ops.clip((0.95 - progress) / 0.45, 0.45, 1.0)


class Fitted(Kind):
    """A kind that is computed directly, without epochs."""

    history_frames = 0

    @dataclass(frozen=True)
    class Config:
        """
        Attributes:
            latent_dim: numbers in a code.
            grid_resolution: nodes along each side of the grid; None: depends on the size of the images. Between
                the nodes of a linear decoder, interpolation is exact wherever its images stay within [0, 1].
        """

        latent_dim: int = 2
        grid_resolution: int | None = 24
        epochs: ClassVar[int] = 1

    @classmethod
    def memory(cls, x: np.ndarray) -> int:
        """The approximate memory of `fit` in bytes, besides the images: six times all images as floats."""
        return 6 * 4 * x.size

    def fit(self, x: np.ndarray, y: np.ndarray) -> None:
        """Sets the weights of both networks.

        Args:
            x: images, (n, height, width[, 3]) uint8.
            y: labels, (n,) integers.
        """
        raise NotImplementedError
