"""Estimates the memory of a run from shapes, before anything is built.

The networks are built symbolically, without weights. That gives the sizes of their weights, and of the outputs of their
layers for one image. `tests/test_need.py` compares the estimate with real processes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from explorer.decoding.model_files import stored
from explorer.errors import UserError
from explorer.files import untrusted
from explorer.images.datasets import Dataset
from explorer.training.models.base import Fitted, Kind

WEIGHT_COPIES = 7  # copies of each weight: itself, two moments, its gradient, and the first three for the checkpoint
LAYER_COPIES = 3  # copies of a layer's output: itself, steps of its activation, its gradient; not all at the same time
MEASURED_COPIES = 4  # copies of all test images as floats, for the metrics of a single kind
USUAL_BATCH = 1_250_000_000  # bytes; the largest step if no batch size is given
FLOAT = 4  # bytes


@dataclass(frozen=True)
class Need:
    """The memory of a run besides its data set, in bytes.

    Attributes:
        networks: all copies of the weights.
        image: memory of a step per image of its batch.
        data: further copies of images.
        unopened: why a network of the run could not be opened again; empty if both can.
    """

    networks: int
    image: int
    data: int
    unopened: str = ""

    def total(self, batch: int) -> int:
        """The total with batches of this many images."""
        return self.networks + batch * self.image + self.data

    def usual_batch(self, batch: int) -> int:
        """The batch size of a kind, or a smaller power of two so that a step takes at most `USUAL_BATCH`."""
        if batch * self.image <= USUAL_BATCH:
            return batch
        return 1 << max((USUAL_BATCH // self.image).bit_length() - 1, 0)


def of(kind: type[Kind], config: Any, dataset: Dataset) -> Need:
    """The memory for training this kind on these images."""
    return stored.shapes_alone(lambda: _of(kind, config, dataset))


def check(need: Need, kind: type[Kind], config: Any, dataset: Dataset) -> None:
    """Raises UserError if a run needs more memory than is free, or its networks could not be opened again."""
    size = " × ".join(map(str, dataset.image_shape))
    name, remedy = f"{kind.title} on {len(dataset.x_train):,} images of {size}", _remedy(kind, config)
    batch = min(getattr(config, "batch_size", 0), len(dataset.x_train))
    untrusted.check_room(need.total(batch), name, remedy)
    if need.unopened:
        raise UserError(f"{name} makes a network that could not be opened again: {need.unopened}: {remedy}")


def _of(kind: type[Kind], config: Any, dataset: Dataset) -> Need:
    space = kind(config, dataset.image_shape, len(dataset.class_names))
    unopened = ""
    try:
        for network in (space.encoder, space.decoder):
            stored.check_size(network)
    except ValueError as error:
        unopened = str(error)
    if isinstance(space, Fitted):
        return Need(0, 0, space.memory(dataset.x_train), unopened)
    objectives = space.objectives()
    networks = dict.fromkeys([space.encoder, space.decoder, *(each for some in objectives for each in some.networks)])
    weights = sum(math.prod(weight.shape) for network in networks for weight in network.weights)
    values = sum(map(_values, networks)) * len(objectives)  # each objective has its own pass through the networks
    measured = FLOAT * MEASURED_COPIES * dataset.x_test.size if kind.extra_metrics is not Kind.extra_metrics else 0
    return Need(FLOAT * WEIGHT_COPIES * weights, FLOAT * LAYER_COPIES * values, measured, unopened)


def _values(network: Any) -> int:
    """How many values the layers of a network output for one image."""
    outputs = [getattr(layer, "output", None) for layer in network.layers]  # a layer that is not called has none
    tensors = [tensor for some in outputs for tensor in (some if isinstance(some, list | tuple) else [some])]
    return sum(math.prod(tensor.shape[1:]) for tensor in tensors if tensor is not None)


def _remedy(kind: type[Kind], config: Any) -> str:
    ways = ["--resize for smaller images"]
    if hasattr(config, "hidden"):
        ways.append("smaller --hidden")
    ways.append("a smaller --batch-size" if "onvolutional" in kind.__name__ else "--space convolutional")
    return f"give {', '.join(ways[:-1])} or {ways[-1]}"
