"""Loads networks from `.keras` and `.h5` files: checks the content step by step, then builds the Keras model."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import math
import re
import shutil
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from explorer.decoding import cost
from explorer.decoding.model_files import legacy, own_classes, vetting
from explorer.decoding.model_files.own_classes import Trust
from explorer.errors import UserError
from explorer.files import untrusted

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
WEIGHTS_OF_HDF5 = "model_weights"  # the group of a whole model
SIGNATURE = b"\x89HDF\r\n\x1a\n"  # of HDF5
LARGEST_CONFIG = legacy.LARGEST_CONFIG
LARGEST_WEIGHTS = 210_000_000  # bytes of the weights in memory
LARGEST_FILE = 3 * LARGEST_WEIGHTS + LARGEST_CONFIG  # bytes; an optimizer keeps two values for each weight
OBJECTS = 20_000  # in the file of weights, at most
DEPTH = 64  # of its groups
CAUSES = re.compile(r"Exception encountered: |Error encountered:|Example error message for object .*:\n")
Result = TypeVar("Result")
BOILERPLATE = re.compile('in user code:|Graph execution error:|Detected at node|Exception encountered|Arguments|File "')


def load(path: Path, check: Callable[[Any], None] = lambda network: None, trust: Trust = False) -> Any:
    """A Keras model from a `.keras` or `.h5` file, told by its content. Keras must be imported.

    Nothing is allocated before the sizes in the file have been checked: first the network is built without values, only
    with shapes. A subclassed model becomes a functional one that calls it, so that it has inputs and outputs.

    Args:
        check: takes the model without values, and raises ValueError if it does not fit.
        trust: False refuses layers that may run code; True allows everything. A Python file is imported first: what it
            defines is allowed, and the rest is vetted as without it. So is a Lambda, unless it calls a function of the
            file by its name.

    Raises:
        UserError: the file cannot be read, or contains no such network, or one that is not allowed; or the Python file
            cannot be imported.
    """
    import h5py
    from keras.src.legacy.saving.legacy_h5_format import load_weights_from_hdf5_group

    own = own_classes.defined(trust)
    with untrusted.opened(path, LARGEST_FILE) as file, one_line(path), contextlib.ExitStack() as stack:
        is_hdf5 = file.peek(len(SIGNATURE)).startswith(SIGNATURE)
        content: Any = file if is_hdf5 else _Weights()
        if is_hdf5:
            root = stack.enter_context(h5py.File(file, "r"))
            found = legacy.config_of(root)
        else:
            archive = stack.enter_context(untrusted.archive(file, LARGEST_FILE))
            found = _config(archive)
        config = vetting.vetted(found, trust, own)
        needed = shapes_alone(lambda: _shapes(config, check, trust, own))
        if not is_hdf5:
            with archive.open(WEIGHTS) as member:
                shutil.copyfileobj(member, content, 1 << 20)
            root = stack.enter_context(h5py.File(content, "r"))
        _check_weights(root, needed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = _made(config, trust, own)
            if is_hdf5:
                load_weights_from_hdf5_group(root[WEIGHTS_OF_HDF5], network)
            else:
                content.seek(0)
                network.load_weights(content)
            network = _with_ends(network)
        if not all(map(_is_finite, network.weights)):
            raise ValueError("its weights are not all finite")
    return network


@contextlib.contextmanager
def one_line(path: Path) -> Iterator[None]:
    """Turns any exception into a UserError of one line, without the many lines of Keras and TensorFlow."""
    with untrusted.parsing(path, wrong="is no network that Keras can load"):
        try:
            yield
        except cost.TooMuch as error:
            raise ValueError(str(error)) from None
        except vetting.Refused as refused:
            raise UserError(f"{path} uses {refused}") from None
        except (UserError, MemoryError, RecursionError):
            raise
        except Exception as error:
            raise ValueError(plainly(error)) from None


def plainly(error: BaseException) -> str:
    """The first meaningful line of an error of Keras or TensorFlow, without paths of their folders."""
    lines = [line.strip() for line in CAUSES.split(str(error))[-1].splitlines()]
    telling = (line for line in lines if line and not BOILERPLATE.match(line))
    line = next(telling, type(error).__name__)
    for folder in {str(Path(str(module.__file__)).parents[1]) for module in (np, sys.modules.get("keras", np))}:
        line = line.replace(folder, "…")
    return line


def _config(archive: zipfile.ZipFile) -> Any:
    """The content of config.json. Raises ValueError if Keras did not write the archive."""
    members = {member.filename: member.file_size for member in archive.infolist()}
    if missing := {CONFIG, WEIGHTS} - set(members):
        if any(name.endswith("data.pkl") for name in members):
            raise ValueError("it was saved by PyTorch: export the model to ONNX, or pass a function to explorer.space")
        raise ValueError(f"it has no member '{min(missing)}'")
    for name in members:
        if name not in (CONFIG, METADATA, WEIGHTS) and not name.startswith("assets/"):
            raise ValueError(f"it has a member '{name}', which does not belong to a network")
    if members[CONFIG] > LARGEST_CONFIG:
        raise ValueError(f"its config.json has {untrusted.amount(members[CONFIG])}")
    return json.loads(archive.read(CONFIG))


def _made(config: dict[str, Any], trust: Trust, own: dict[str, Any]) -> Any:
    """The model of a vetted configuration. Raises ValueError if it is no network, and whatever Keras raises."""
    import keras
    from keras.src.saving.serialization_lib import ObjectSharingScope  # as `keras.saving.load_model` does

    with ObjectSharingScope(), keras.saving.custom_object_scope(own):
        network = keras.saving.deserialize_keras_object(copy.deepcopy(config), safe_mode=trust is not True)
    if not isinstance(network, keras.Model):
        raise ValueError(f"it holds a {type(network).__name__}, which is no network")
    if not network.built:
        raise ValueError("its shapes are not known")
    return network


def _with_ends(network: Any) -> Any:
    """A functional network with the same weights, of a subclassed model, which has no inputs and outputs; any other
    network as it is. Raises ValueError if the model has not exactly one input of known shape."""
    import keras

    if hasattr(network, "inputs"):
        return network
    shape = (network.get_build_config() or {}).get("input_shape")
    if not isinstance(shape, (list, tuple)) or not all(side is None or isinstance(side, int) for side in shape):
        raise ValueError("it is a subclassed model that was not called with one array before it was saved")
    entry = keras.Input(shape[1:])
    return keras.Model(entry, network(entry, training=False), name=network.name)


def shapes_alone(build: Callable[[], Result]) -> Result:
    """Builds networks without values, and returns what `build` returns. Keras must be imported.

    It runs in a separate thread: Keras keeps a list of variables without values for each thread.
    """
    import keras
    import tensorflow as tf

    def run() -> Result:
        graph, scope = tf.Graph(), keras.StatelessScope(initialize_variables=False)
        with graph.as_default(), scope, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return build()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()


def _shapes(config: dict[str, Any], check: Callable[[Any], None], trust: Trust, own: dict[str, Any]) -> int:
    """Builds a network without values, checks it, and returns the number of its weights."""
    network = _with_ends(_made(config, trust, own))
    check(network)
    check_size(network)
    return sum(math.prod(weight.shape) for weight in network.weights)  # states of random generators are not stored


def check_size(network: Any) -> None:
    """Raises ValueError if the weights of a network take more memory than `LARGEST_WEIGHTS`."""
    taken = sum(math.prod(each.shape) * (8 if "64" in each.dtype else 4) for each in network.variables)
    if taken > LARGEST_WEIGHTS:
        most = untrusted.amount(LARGEST_WEIGHTS)
        raise ValueError(f"its weights take {untrusted.amount(taken)}, at most {most} are read")


class _Weights(io.BytesIO):
    """A file of weights in memory. Keras reads the format from its name."""

    def __str__(self) -> str:
        return WEIGHTS


def _check_weights(root: Any, needed: int) -> None:
    """Raises ValueError unless an open HDF5 file contains its arrays directly, with as many values as `needed`.

    Keras reads them afterwards. It would invent the values of an empty array, and fetch those of a linked one.
    """
    import h5py

    counted = f"/{WEIGHTS_OF_HDF5}/" if "model_config" in root.attrs else "/"  # a whole model has an optimizer's beside
    held = size = objects = 0
    groups = [(root, 0)]
    while groups:
        group, depth = groups.pop()
        _check_attributes(group)
        for name in group:
            objects += 1
            if objects > OBJECTS or depth > DEPTH:
                raise ValueError("its weights are in too many groups")
            if group.get(name, getlink=True, getclass=True) is not h5py.HardLink:
                raise ValueError("its weights are links to other places")
            member = group[name]
            if isinstance(member, h5py.Group):
                groups.append((member, depth + 1))
            elif isinstance(member, h5py.Dataset):
                _check_array(member)
                held += member.size if member.name.startswith(counted) else 0
                size += member.nbytes
            else:
                raise ValueError("its weights are of an unknown kind")
    if size > root.id.get_filesize():
        raise ValueError("its weights claim more values than they have")
    if held < needed:
        raise ValueError(f"it has {needed:,} weights, but the file holds {held:,} values")


def _check_attributes(group: Any) -> None:
    """Raises ValueError unless the attributes of a group are numbers or texts of bounded number."""
    import h5py

    if len(group.attrs) > OBJECTS:
        raise ValueError("its groups have too many attributes")
    for name in group.attrs:
        found = group.attrs.get_id(name)
        plain = found.dtype.kind in "fiubS" or h5py.check_string_dtype(found.dtype) is not None
        if not plain or found.shape is None or math.prod(found.shape) * found.dtype.itemsize > LARGEST_CONFIG:
            raise ValueError(f"its attribute '{name}' is no number or text, or too long")


def _check_array(array: Any) -> None:
    inside = not array.external and not array.is_virtual and array.chunks is None
    if not inside or array.shape is None or array.dtype.kind not in "fiubV" or array.dtype.hasobject:
        raise ValueError("its weights are not plain numbers")
    if array.id.get_storage_size() != array.nbytes:
        raise ValueError("its weights claim more values than they have")


def _is_finite(weight: Any) -> bool:
    return "float" not in weight.dtype or bool(np.isfinite(np.asarray(weight)).all())
