"""Loads networks from `.keras` files: the content is checked step by step, and becomes a Keras model at the end."""

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
from typing import Any

import numpy as np

from explorer.decoding import cost, vetting
from explorer.errors import UserError
from explorer.files import untrusted

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
LARGEST_CONFIG = 1 << 23  # bytes
LARGEST_WEIGHTS = 210_000_000  # bytes of the weights in memory
LARGEST_FILE = 3 * LARGEST_WEIGHTS + LARGEST_CONFIG  # bytes; an optimizer keeps two values for each weight
OBJECTS = 20_000  # in the file of weights, at most
DEPTH = 64  # of its groups
CAUSES = re.compile(r"Exception encountered: |Error encountered:|Example error message for object .*:\n")
BOILERPLATE = re.compile('in user code:|Graph execution error:|Detected at node|Exception encountered|Arguments|File "')


def load(path: Path, check: Callable[[Any], None] = lambda network: None, trust: bool = False) -> Any:
    """A Keras model from a `.keras` file. Keras must be imported.

    Nothing is allocated before the sizes in the file have been checked: first the network is built without values, only
    with shapes.

    Args:
        check: takes the model without values, and raises ValueError if it does not fit.
        trust: whether it may contain layers with code.

    Raises:
        UserError: the file cannot be read, or contains no such network, or one that is not allowed.
    """
    with untrusted.opened(path, LARGEST_FILE) as file, one_line(path), untrusted.archive(file, LARGEST_FILE) as archive:
        config = vetting.vetted(_config(archive), trust)
        with ThreadPoolExecutor(1) as thread:
            needed = thread.submit(_shapes, config, check, trust).result()
        weights = _Weights()
        with archive.open(WEIGHTS) as member:
            shutil.copyfileobj(member, weights, 1 << 20)
        _check_weights(weights, needed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = _made(config, trust)
            network.load_weights(weights)
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
            raise UserError(
                f"{path} uses {refused}, which may run any code: open it with --trust if you trust its author"
            ) from None
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
        raise ValueError(f"it has no member '{min(missing)}'")
    for name in members:
        if name not in (CONFIG, METADATA, WEIGHTS) and not name.startswith("assets/"):
            raise ValueError(f"it has a member '{name}', which does not belong to a network")
    if members[CONFIG] > LARGEST_CONFIG:
        raise ValueError(f"its config.json has {untrusted.amount(members[CONFIG])}")
    return json.loads(archive.read(CONFIG))


def _made(config: dict[str, Any], trust: bool) -> Any:
    """The model of a vetted configuration. Raises ValueError if it is no network, and whatever Keras raises."""
    import keras
    from keras.src.saving.serialization_lib import ObjectSharingScope  # as `keras.saving.load_model` does

    with ObjectSharingScope():
        network = keras.saving.deserialize_keras_object(copy.deepcopy(config), safe_mode=not trust)
    if not isinstance(network, keras.Model):
        raise ValueError(f"it holds a {type(network).__name__}, which is no network")
    if not network.built:
        raise ValueError("its shapes are not known")
    return network


def _shapes(config: dict[str, Any], check: Callable[[Any], None], trust: bool) -> int:
    """Builds a network without values, checks it, and returns the number of its weights.

    To be called in a separate thread: Keras keeps a list of variables without values for each thread.
    """
    import keras
    import tensorflow as tf

    graph, shapes_alone = tf.Graph(), keras.StatelessScope(initialize_variables=False)
    with graph.as_default(), shapes_alone, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = _made(config, trust)
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


def _check_weights(file: io.BytesIO, needed: int) -> None:
    """Raises ValueError unless an HDF5 file contains its arrays directly, with as many values as `needed`.

    Keras reads them afterwards. It would invent the values of an empty array, and fetch those of a linked one.
    """
    import h5py

    held = size = objects = 0
    with h5py.File(file, "r") as root:
        groups = [(root, 0)]
        while groups:
            group, depth = groups.pop()
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
                    held, size = held + member.size, size + member.nbytes
                else:
                    raise ValueError("its weights are of an unknown kind")
    if size > file.seek(0, io.SEEK_END):
        raise ValueError("its weights claim more values than they have")
    if held < needed:
        raise ValueError(f"it has {needed:,} weights, but the file holds {held:,} values")
    file.seek(0)


def _check_array(array: Any) -> None:
    inside = not array.external and not array.is_virtual and array.chunks is None
    if not inside or array.shape is None or array.dtype.kind not in "fiubV" or array.dtype.hasobject:
        raise ValueError("its weights are not plain numbers")
    if array.id.get_storage_size() != array.nbytes:
        raise ValueError("its weights claim more values than they have")


def _is_finite(weight: Any) -> bool:
    return "float" not in weight.dtype or bool(np.isfinite(np.asarray(weight)).all())
