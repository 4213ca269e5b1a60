"""The configuration in an `.h5` file, as Keras 2 and Keras 3 write it, in the form that `.keras` files have.

Only the form changes. `vetting` checks the result, and Keras reads it as it reads a `.keras` file: its own code for old
files finds classes by names alone, and is not used.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from explorer.decoding.model_files import vetting
from explorer.files import untrusted

LARGEST_CONFIG = 1 << 23  # bytes
_FUNCTIONAL = ("Functional", "keras.src.models.functional")
_NAMES = {"Sequential": ("Sequential", "keras"), "Functional": _FUNCTIONAL, "Model": _FUNCTIONAL}
_NAMES |= {"Policy": ("DTypePolicy", "keras"), "DTypePolicy": ("DTypePolicy", "keras")}
_LAMBDA_OF_KERAS_2 = ("module", "function_type", "output_shape_type", "output_shape_module")


def config_of(root: Any) -> Any:
    """The configuration of an open HDF5 file, translated. Raises ValueError if there is none."""
    import h5py

    if "model_config" not in root.attrs:
        raise ValueError("it holds no whole model: save it with model.save, not with save_weights")
    found = root.attrs.get_id("model_config")
    if found.shape != () or h5py.check_string_dtype(found.dtype) is None:
        raise ValueError("its configuration is no text")
    text = root.attrs["model_config"]
    if len(text) > LARGEST_CONFIG:
        raise ValueError(f"its configuration has {untrusted.amount(len(text))}")
    return translated(json.loads(text))


def translated(value: Any, depth: int = 0) -> Any:
    """A part of an old configuration in the form of `.keras` files. Raises ValueError if it is nested too deep."""
    if depth > vetting.DEPTH:
        raise ValueError("it is nested too deep")
    if isinstance(value, list):
        return [translated(part, depth + 1) for part in value]
    if not isinstance(value, dict):
        return value
    name = value.get("class_name")
    if name in ("__tuple__", "TensorShape"):
        return translated(value.get("items"), depth + 1)
    made = {key: translated(part, depth + 1) for key, part in value.items()}
    if not isinstance(name, str) or name.startswith("__") or not isinstance(made.get("config"), dict):
        return made
    if "module" not in made:
        made["class_name"], made["module"] = _NAMES.get(name) or (name, _module(name))
        made["registered_name"] = None if made["module"] else name
    _change_arguments(made["class_name"], made["config"])
    if isinstance(nodes := made.get("inbound_nodes"), list):
        made["inbound_nodes"] = [_call(node) if isinstance(node, list) else node for node in nodes]
    return made


def _module(name: str) -> str | None:
    """The module of a class of Keras that an old file only names; None if there is none."""
    import keras

    if isinstance(vars(keras.layers).get(name), type):
        return "keras.layers"
    operations = (module for module in sorted(vetting.OPERATIONS) if name in vars(sys.modules[module]))
    return next(operations, None)


def _change_arguments(name: str, config: dict[str, Any]) -> None:
    """Changes the arguments of a class from those of Keras 2 to those of Keras 3."""
    shape, axis = config.pop("batch_input_shape", None), config.get("axis")
    if isinstance(shape, list):
        config |= {"batch_shape": shape} if name == "InputLayer" else {"input_shape": shape[1:]}
    if isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
    for key, value in config.items():
        if key.endswith("activation") and isinstance(value, str) and not vetting.is_activation(value):
            config[key] = {"class_name": "function", "module": "builtins", "config": value, "registered_name": value}
    if name == "Functional":
        for ends in ("input_layers", "output_layers"):
            if isinstance(config.get(ends), list) and len(config[ends]) == 1:
                config[ends] = config[ends][0]
    if name == "Lambda":
        function = config.get("function")
        if isinstance(function, dict) and isinstance(code := function.get("config"), dict) and "code" in code:
            function = [code["code"], code.get("defaults"), code.get("closure")]
        if isinstance(function, list):
            config["function"] = {"class_name": "__lambda__", "config": {"value": function}}
        for key in _LAMBDA_OF_KERAS_2:
            config.pop(key, None)


def _call(node: list[Any]) -> dict[str, Any]:
    """A call of a layer: [[layer, number of its call, number of its output, further arguments], …]."""
    if not node or not all(isinstance(part, list) and len(part) in (3, 4) for part in node):
        raise ValueError("one of its layers is called without the result of another one")
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"shape": [None], "dtype": "float32", "keras_history": part[:3]}}
        for part in node
    ]
    further = node[-1][3] if len(node[-1]) == 4 else {}
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": further}
