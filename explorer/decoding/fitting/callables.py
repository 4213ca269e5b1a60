"""Any model as a function of arrays: Keras models, ONNX models, scikit-learn transformers, functions.

No framework is imported here: each kind is told by its attributes.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from explorer.decoding.model_files.stored import plainly
from explorer.decoding.shapes import Shape
from explorer.errors import UserError

Role = Literal["encode", "decode"]

_METHODS: dict[Role, str] = {"encode": "transform", "decode": "inverse_transform"}
_WRAP = "if it wants tensors of another framework, give a function: lambda rows: model(torch.from_numpy(rows))"


class ModelFunction:
    """A model as a function: an array (n, …) float32 to a list of its outputs, as arrays.

    Attributes:
        name: "the encoder" or "the decoder", for messages.
        model: what was given.
        is_keras_model: whether Keras can save it.
        network: the same, if Keras can compile it: a functional or sequential model with known shapes; else None.
        input_shape: of one row; None if it is not known.
        names: of the outputs, "" for those without a name; complete after the first call.

    Raises:
        UserError: the model is nothing that can be called; when called, it raised, or it returned no numbers.
    """

    def __init__(self, model: Any, role: Role) -> None:
        self.model, self.name = model, f"the {role}r"
        self.network: Any = None
        self.is_keras_model = False
        self.names: list[str] = []
        self._type, self._remedy = np.dtype(np.float32), ""
        keras = sys.modules.get("keras")
        if isinstance(model, type):
            raise UserError(f"{self.name} is the class {model.__name__}: give an object of it")
        if keras is not None and isinstance(model, keras.Layer):
            self.is_keras_model = isinstance(model, keras.Model)
            inputs = getattr(model, "inputs", None) or []
            if len(inputs) > 1:
                raise UserError(f"{self.name} has {len(inputs)} inputs: give a model with one")
            self.network = model if inputs and keras.config.backend() == "tensorflow" else None
            self.input_shape = tuple(inputs[0].shape[1:]) if inputs else _built_for(model)
            self._call: Callable[[np.ndarray], Any] = lambda rows: model(rows, training=False)
        elif hasattr(model, _METHODS[role]):
            self._call = getattr(model, _METHODS[role])
            self.input_shape = _columns(model, role)
            self._type = _type_of(model)
        elif not callable(model):
            missing = f" without {_METHODS[role]}" if hasattr(model, "fit") else ""
            takes = "a Keras or ONNX model, a fitted scikit-learn transformer or a function"
            raise UserError(f"{self.name} is of type {type(model).__name__}{missing}: give {takes}")
        else:
            self._call = model
            shape = getattr(model, "input_shape", None)  # an `OnnxModel` has it
            self.input_shape = tuple(shape) if isinstance(shape, (tuple, list)) else None
            self._remedy = "" if self.input_shape else _WRAP
        names = getattr(model, "output_names", None)
        self._given_names = list(map(str, names)) if isinstance(names, (list, tuple)) else []

    def __call__(self, rows: np.ndarray) -> list[np.ndarray]:
        try:  # a copy, because a function may change it
            returned = self._call(np.array(rows, self._type))
        except UserError:  # of an ONNX model: one line already
            raise
        except Exception as error:
            remedy = f"; {self._remedy}" if self._remedy and _is_about_types(error) else ""
            raise UserError(f"{self.name} raised {_said(error)}{remedy}") from None
        found = outputs_in(returned)
        names = [name for name, _ in found]
        self.names = self._given_names if not any(names) and len(self._given_names) == len(names) else names
        return [self._numbers(value) for _, value in found]

    def _numbers(self, value: Any) -> np.ndarray:
        try:
            array = to_numpy(value)
            if array.dtype.kind not in "fiubV":  # V: half precision that NumPy does not know
                raise TypeError(f"its values are {array.dtype}")
            with np.errstate(over="ignore"):
                return np.atleast_1d(array.astype(np.float32))
        except Exception as error:
            what = type(value).__name__
            raise UserError(f"{self.name} returned a {what}, not an array of numbers: {_said(error)}") from None


def to_numpy(value: Any) -> np.ndarray:
    """The array of a tensor of any framework, on the CPU and without gradients. Raises whatever the tensor raises."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        try:
            return np.asarray(value.numpy())
        except TypeError:  # bfloat16
            return np.asarray(value.float().numpy())
    if hasattr(value, "toarray"):  # a sparse matrix of SciPy
        return np.asarray(value.toarray())
    try:
        array = np.asarray(value)
    except Exception:
        array = np.empty((), object)
    if array.dtype.hasobject and hasattr(value, "__dlpack__"):
        try:
            return np.from_dlpack(value)
        except BufferError:  # it is not in the memory of the CPU
            return np.from_dlpack(value, device="cpu")
    return array


def outputs_in(value: Any, name: str = "") -> list[tuple[str, Any]]:
    """The outputs in lists, tuples and dictionaries, with their names, "" for none."""
    if isinstance(value, Mapping):
        return [pair for key, part in value.items() for pair in outputs_in(part, str(key))]
    if hasattr(value, "_asdict"):  # a named tuple
        return outputs_in(value._asdict())
    if isinstance(value, (list, tuple)) and not all(isinstance(part, (int, float)) for part in value):
        if all(isinstance(part, list) for part in value):  # the rows of one output
            return [(name, value)]
        return [pair for part in value for pair in outputs_in(part, name)]
    return [(name, value)]


def _built_for(model: Any) -> Shape | None:
    """The shape of a row that a subclassed Keras model was built for; None if it has not been called yet."""
    with contextlib.suppress(Exception):  # any of its attributes may be missing or different
        shape = model.get_build_config()["input_shape"]
        if all(side is None or isinstance(side, int) for side in shape):
            return tuple(shape[1:])
    return None


def _columns(model: Any, role: Role) -> Shape | None:
    """How many numbers a row of a scikit-learn transformer has."""
    with contextlib.suppress(Exception):  # not every transformer knows
        return (int(model.n_features_in_) if role == "encode" else len(model.get_feature_names_out()),)
    return None


def _type_of(model: Any) -> np.dtype[Any]:
    """The type of numbers that a scikit-learn transformer was fitted with: NMF takes no other one."""
    *_, (_, last) = getattr(model, "steps", None) or [("", model)]
    found = getattr(getattr(last, "components_", None), "dtype", None)
    return np.dtype(np.float64 if found == np.float64 else np.float32)


def _is_about_types(error: Exception) -> bool:
    return isinstance(error, (TypeError, AttributeError)) or "ensor" in str(error)


def _said(error: Exception) -> str:
    """The kind of an error, and its first line."""
    name, line = type(error).__name__, plainly(error)
    return name if line == name else f"{name}: {line}"
