"""Vets the configuration of a saved network before Keras reads it.

Keras looks up classes and functions by the names in a file, and calls them. Therefore only classes of `LAYERS` and
`OPERATIONS` are allowed. None of them takes a function, reads a file or leaves the process. With a trusted Python file,
what this defines is allowed, too, and everything else is vetted as before.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import Any

from explorer.decoding.model_files.own_classes import Trust

CALLS = 500  # most layers and operations; each takes about 10 ms to build and compile
PARTS = 64  # most parts that one operation cuts a tensor into
DEPTH = 64  # of the nested configuration
LONGEST_NAME = 60  # characters of a class that are shown

_OF_LAYERS = "keras.src.layers."
_PACKAGES = ("activations", "attention", "convolutional", "merging", "normalization", "pooling", "regularization")
_CORE = ("dense", "einsum_dense", "embedding", "reversible_embedding", "identity", "input_layer", "masking")
_PREPROCESSING = ("image_preprocessing", "normalization", "rescaling")
LAYERS = (
    *(f"{_OF_LAYERS}{package}." for package in (*_PACKAGES, "reshaping", "rnn")),
    *(f"{_OF_LAYERS}core.{module}." for module in _CORE),
    *(f"{_OF_LAYERS}preprocessing.{module}." for module in _PREPROCESSING),
)
"""Modules of the allowed layers; anything else is refused."""

OPERATIONS = {f"keras.src.ops.{module}" for module in ("core", "nn", "numpy", "math")}
"""Modules of the allowed tensor operations."""

FROM_CORE = {"Cast", "ConvertToTensor", "SaturateCast", "Scatter", "ScatterUpdate", "Slice", "SliceUpdate"}
FROM_CORE |= {"StopGradient", "Unstack"}
"""The operations of `keras.ops.core` that take no function."""

PARTED = {"Split": "indices_or_sections", "Unstack": "num"}
"""Operations that cut a tensor into parts, with the argument that holds their number."""

UNBOUNDED = {"ArraySplit", "Dsplit", "Hsplit", "Vsplit", "Meshgrid"}
"""Operations with any number of results."""

NUMBERS = {"bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"}
NUMBERS |= {"float16", "bfloat16", "float32", "float64"}

_ONLY_IN_TRAINING = ("_regularizer", "_constraint")
_DROPPED = ("compile_config", "build_config", "build_input_shape")  # their content follows from the layers
_PLAIN = {"__keras_tensor__", "__slice__", "__ellipsis__"}  # not classes: numbers, and names of other layers
_ARRAYS = {"__tensor__", "__numpy__"}
_LIBRARIES = {"keras", "keras_hub", "keras_cv", "keras_nlp"}  # packages in which Keras looks for classes


class Refused(Exception):
    """A network uses something that is not known to be safe; the message goes on after "uses "."""


def vetted(config: Any, trust: Trust = False, own: Collection[str] = ()) -> dict[str, Any]:
    """The configuration of a network, without the parts that only training needs. Keras must be imported.

    Initial values become zeros, because all weights are read from the file.

    Args:
        config: parsed `config.json`.
        trust: True allows all classes. Sizes are checked anyway.
        own: names of the classes and functions that a trusted file defines; these are allowed.

    Raises:
        Refused: it names something that is not allowed.
        ValueError: it is no configuration of a network, or it is too large.
    """
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise ValueError("its configuration describes no network")
    if trust is not True and _is_of_keras(config) and _class(config) not in _networks():
        raise ValueError(f"it holds {_shown(config['class_name'])}, which is no network")
    copied: dict[str, Any] = _Visit(trust, own).copy(config)
    return copied


class _Visit:
    """One walk through a configuration."""

    def __init__(self, trust: Trust, own: Collection[str]) -> None:
        self._trust, self._own = trust, own
        self._calls = 0

    def copy(self, value: Any, times: int = 1, depth: int = 0) -> Any:
        """A part of the configuration, without what is dropped.

        Args:
            times: how often the network calls the layer that this part belongs to.
        """
        if depth > DEPTH:
            raise ValueError("it is nested too deep")
        if isinstance(value, list):
            return [self.copy(part, times, depth + 1) for part in value]
        if not isinstance(value, dict):
            return value
        own = ""
        if "class_name" in value:
            times *= self._count(value, times)
            own = self._own_name(value)
            if not own and not self._is_call_of_own(value):
                _check(value, self._trust)
        copied: dict[str, Any] = {}
        for key, part in value.items():
            if key.endswith("_initializer"):
                copied[key] = "zeros"
            elif key.endswith(_ONLY_IN_TRAINING) or (key in _DROPPED and not (own and key == "build_config")):
                copied[key] = None
            elif key == "unroll":
                copied[key] = False  # a loop instead of a copy for each step; the results are the same
            else:
                copied[key] = self.copy(part, times, depth + 1)
        return copied | {"module": None, "registered_name": own} if own else copied

    def _own_name(self, value: dict[str, Any]) -> str:
        """The name of a class or function that the trusted file defines; empty for any other."""
        if _is_of_keras(value):
            return ""
        name = value.get("config") if value["class_name"] == "function" else value["class_name"]
        names = (value.get("registered_name"), name)
        return next((name for name in names if isinstance(name, str) and name in self._own), "")

    def _is_call_of_own(self, value: dict[str, Any]) -> bool:
        """Whether a Lambda calls a function of the trusted file by its name, which is as safe as a layer of it."""
        import keras

        if _class(value) is not keras.layers.Lambda or not isinstance(config := value.get("config"), dict):
            return False
        function = config.get("function")
        return (
            isinstance(function, dict) and function.get("class_name") == "function" and bool(self._own_name(function))
        )

    def _count(self, value: dict[str, Any], times: int) -> int:
        """How often a layer is called whenever its parent is called."""
        nodes = value.get("inbound_nodes", [])
        if not isinstance(nodes, list) or not all(isinstance(node, dict) and _holds_tensor(node) for node in nodes):
            raise ValueError("one of its layers is called without the result of another one")
        name = str(value["class_name"])
        if name != "DTypePolicy" and not name.startswith("__"):
            self._calls += times * max(len(nodes), 1)
        if name in PARTED and isinstance(value.get("config"), dict):
            _check_parts(value["config"].get(PARTED[name]))
        if self._calls > CALLS:
            raise ValueError(f"it has too many layers: at most {CALLS} are read")
        return max(len(nodes), 1)


def _check(value: dict[str, Any], trust: Trust) -> None:
    """Raises Refused unless the class or function that a dictionary names is allowed."""
    name, module, config = value["class_name"], value.get("module"), value.get("config")
    registered, of_keras = value.get("registered_name"), _is_of_keras(value)
    if name != "function" and not of_keras and not (trust is True and _is_registered(registered or name, name)):
        raise Refused(_unknown(name, "class", trust))
    if trust is True or (isinstance(name, str) and name in _PLAIN):
        return
    if name == "function":
        if module not in ("builtins", "keras.activations") or not is_activation(config):
            if of_keras or not isinstance(config, str):
                raise Refused(_may_run_code(config))
            raise Refused(_unknown(config, "function", trust))
    elif isinstance(name, str) and name in _ARRAYS:
        if not isinstance(config, dict) or config.get("dtype") not in NUMBERS:
            raise Refused(_may_run_code(name))
    elif registered not in (None, name) or not isinstance(config, dict):
        raise Refused(_may_run_code(registered or name))
    elif (found := _class(value)) is None or not _may_be_used(found):
        raise Refused(_may_run_code(name))


def _is_registered(*names: Any) -> bool:
    """Whether Keras knows a class or function by one of the names."""
    import keras

    return any(isinstance(name, str) and keras.saving.get_registered_object(name) for name in names)


def _is_of_keras(value: dict[str, Any]) -> bool:
    """Whether a dictionary names something of Keras, or of a library in which Keras looks for classes."""
    import keras

    name, module = value["class_name"], value.get("module")
    if not isinstance(name, str) or name.startswith("__"):
        return True
    if not isinstance(module, str):
        return value.get("registered_name") in (None, name) and name in vars(keras.layers)
    return module.split(".")[0] in _LIBRARIES


def _may_run_code(name: Any) -> str:
    return f"{_shown(name)}, which may run any code: open it with --trust if you trust its author"


def _unknown(name: str, what: str, trust: Trust) -> str:
    if isinstance(trust, bool):
        remedy = "give the Python file that defines it, --trust FILE.py, if you trust its author"
    else:
        remedy = f"{trust.name} does not define it either"
    return f"{_shown(name)}, a {what} that is not part of Keras: {remedy}"


def _check_parts(parts: Any) -> None:
    count = len(parts) if isinstance(parts, list) else parts
    if not isinstance(count, int) or count > PARTS:
        raise ValueError(f"it cuts a tensor into more than {PARTS} parts")


def _may_be_used(found: type) -> bool:
    import keras

    where = f"{found.__module__}."
    if found in _networks():
        return True
    if issubclass(found, keras.Layer):
        return where.startswith(LAYERS)
    if issubclass(found, keras.Operation):
        from_core = found.__module__ == "keras.src.ops.core"
        allowed = found.__name__ in FROM_CORE if from_core else found.__name__ not in UNBOUNDED
        return found.__module__ in OPERATIONS and allowed
    return found in (keras.DTypePolicy, keras.random.SeedGenerator)


def _networks() -> tuple[type, type]:
    """The classes of networks that a file may hold."""
    import keras

    return keras.Sequential, sys.modules["keras.src.models.functional"].Functional


def _class(value: dict[str, Any]) -> type | None:
    """The class of Keras that a dictionary names, looked up as Keras does; None if there is none."""
    import keras

    name, module = value["class_name"], value.get("module")
    public = {"keras": keras, "keras.layers": keras.layers, "keras.models": keras.models, "keras.random": keras.random}
    if not isinstance(name, str) or not isinstance(module, str):
        return None
    within = public.get(module) or (sys.modules.get(module) if module.startswith("keras.src.") else None)
    found = vars(within).get(name) if within is not None else None
    return found if isinstance(found, type) else None


def is_activation(name: Any) -> bool:
    """Whether a name is one of Keras's activation functions."""
    import keras

    try:
        return isinstance(name, str) and callable(keras.activations.get(name))
    except ValueError:
        return False


def _holds_tensor(value: Any, depth: int = 0) -> bool:
    """Whether the arguments of a call contain the result of a layer."""
    if depth > DEPTH:
        return False
    if isinstance(value, list):
        return any(_holds_tensor(part, depth + 1) for part in value)
    if not isinstance(value, dict):
        return False
    return value.get("class_name") == "__keras_tensor__" or _holds_tensor(list(value.values()), depth + 1)


def _shown(name: Any) -> str:
    return repr(str(name)[:LONGEST_NAME])
