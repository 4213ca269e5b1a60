"""What names, layers and numbers tell about a model."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from explorer.decoding.fitting.adapters import Scale
from explorer.decoding.fitting.layout import Channels
from explorer.errors import UserError

Range = tuple[float, float]  # of black and white

RANGES: tuple[Range, ...] = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
_OF_ACTIVATIONS = {"sigmoid": RANGES[0], "hard_sigmoid": RANGES[0], "softmax": RANGES[0], "tanh": RANGES[1]}
_KEEP_VALUES = {"Reshape", "Flatten", "Permute", "Cropping2D", "ZeroPadding2D", "UpSampling2D", "Identity", "Dropout"}
_KEEP_VALUES |= {"Squeeze", "ExpandDims", "Transpose"}
_MEAN = r"(^|_)z?_?(means?|mu|loc)(_|\d|$)"
_SPREADS: dict[str, Scale] = {
    r"log_?var": "log variance",
    r"log_?(std|sigma|scale)": "log deviation",
    r"(^|_)(std|stddev|sigma|scale)(_|\d|$)": "deviation",
    r"(^|_)(var|variance)(_|\d|$)": "variance",
}


def is_mean(name: str) -> bool:
    """Whether an output's name says that it is a mean."""
    return re.search(_MEAN, name, re.IGNORECASE) is not None


def scale_of(name: str) -> Scale | None:
    """What an output's name says about a variance."""
    return next((scale for way, scale in _SPREADS.items() if re.search(way, name, re.IGNORECASE)), None)


def last_activation(network: Any) -> tuple[str, Range] | None:
    """The name of a Keras network's last activation, and the range of pixels that it tells."""
    for step in reversed(getattr(network, "operations", None) or getattr(network, "layers", None) or []):
        if getattr(step, "layers", None):  # a network in the network
            return last_activation(step)
        kind = type(step).__name__
        if kind not in _KEEP_VALUES:
            name = getattr(getattr(step, "activation", None), "__name__", kind.lower())
            return (name, _OF_ACTIVATIONS[name]) if name in _OF_ACTIVATIONS else None
    return None


def range_of_inputs(model: Any) -> tuple[str, Range] | None:
    """Why an encoder takes pixels of another range than [0, 1], and which; None if nothing tells so."""
    for layer in (getattr(model, "layers", None) or [])[:2]:
        if type(layer).__name__ == "Rescaling" and np.ndim(layer.scale) == 0 and layer.scale < 0.02:
            return "its first layer scales them down", RANGES[2]
    while getattr(model, "steps", None):  # a pipeline
        model = model.steps[0][1]
    for name in ("mean_", "data_max_", "center_"):
        values = getattr(model, name, None)
        if isinstance(values, np.ndarray) and values.dtype.kind == "f":
            return f"its {name} suggests so", range_of(values)
    return None


def range_of(values: np.ndarray) -> Range:
    """The range of pixels that a decoder's outputs suggest."""
    low, high = np.nanpercentile(values, (1, 99))
    if high > 4:
        return RANGES[2]
    return RANGES[1] if low < -0.5 else RANGES[0]


def image_shape_of(shape: tuple[int, ...], channels: Channels | None = None) -> tuple[int, ...] | None:
    """The (height, width[, 3]) of pictures that a model has in a shape; None if it is flat and not square.

    Raises:
        UserError: it has a number of channels that no picture has.
    """
    if len(shape) == 1:
        for depth in (1, 3):
            side = math.isqrt(shape[0] // depth)
            if side * side * depth == shape[0]:
                return (side, side) if depth == 1 else (side, side, 3)
        return None
    if len(shape) == 2:
        return shape
    if len(shape) == 3:
        last, first = (*shape[:2], shape[2]), (*shape[1:], shape[0])
        for height, width, depth in {"first": (first,), "last": (last,)}.get(channels or "", (last, first)):
            if depth in (1, 3):
                return (height, width) if depth == 1 else (height, width, 3)
        depth = min(shape[0], shape[2])
        raise UserError(f"pictures of {'×'.join(map(str, shape))} have {depth} channels: give a model with 1 or 3")
    return None
