"""The live networks: a trained `.keras` file, loaded and called without Keras's own overhead.

Keras is imported inside the functions, because importing it takes seconds: the window is up and
answers from the grid meanwhile.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import UserError

INSTALL = "install it with 'pip install -r requirements.txt', for Python 3.11 to 3.13"
BATCH = 4096
_importing = threading.Lock()


def available() -> bool:
    """Whether TensorFlow is installed; imports nothing."""
    return importlib.util.find_spec("tensorflow") is not None


def import_keras():
    """Imports Keras on TensorFlow, silently, and returns it. Raises UserError where it cannot."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with _importing:
        if "keras" not in sys.modules:
            _silence_native_stderr()
            try:
                with _without_collections():
                    _load_library()
                    import keras  # noqa: F401
            except Exception as error:  # a broken installation raises anything
                raise UserError(f"TensorFlow cannot be imported ({error}): {INSTALL}") from None
    return sys.modules["keras"]


def load_network(path: Path):
    """A Keras model from a `.keras` file, in safe mode. Raises UserError where it is not one."""
    keras = import_keras()
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever Keras, h5py and zipfile raise on damaged files
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(f"{path} is no network that Keras can load ({reason})") from None


def codes_of(outputs):
    """The codes that an encoder gives: its first output, where it has several."""
    return outputs[0] if isinstance(outputs, (list, tuple)) else outputs


def in_batches(function: Callable[[np.ndarray], Any], x: np.ndarray, size: int = BATCH) -> np.ndarray:
    """What a function of arrays or tensors gives for all of x, worked out `size` rows at a time."""
    return np.concatenate([np.asarray(function(x[start : start + size])) for start in range(0, len(x), size)])


class LiveDecoder:
    """A Keras decoder in compiled functions of fixed signature.

    For the single code under the mouse XLA makes one kernel of the whole network: 0.2 ms where
    `predict` takes 60. Batches, whose size varies, go through a graph that needs no new compilation.

    Args:
        network: maps codes (n, d) to images, flat or in their shape.
        image_shape: the shape that images are given back in.

    Attributes:
        network: the same, to be given other weights while it decodes.
    """

    source = "live"

    def __init__(self, network, image_shape: tuple[int, ...]) -> None:
        import tensorflow as tf

        def decode(codes):  # linear decoders leave [0, 1]; what they say is clipped
            return tf.reshape(tf.clip_by_value(network(codes, training=False), 0, 1), (-1, *image_shape))

        self.network = network
        dimensions = network.input_shape[-1]
        one, many = (tf.TensorSpec([n, dimensions], tf.float32) for n in (1, None))
        self._tensor = tf.constant
        self._one = tf.function(
            decode, input_signature=[one], jit_compile=True, autograph=False
        ).get_concrete_function()
        self._many = tf.function(decode, input_signature=[many], autograph=False).get_concrete_function()
        origin = np.zeros((1, dimensions), np.float32)
        try:
            self(origin)  # compiled now, not at the first hover
        except tf.errors.OpError:  # a layer, or a platform, that XLA cannot compile
            self._one = self._many
            self(origin)

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        """See `explorer.decoders.Decoder`."""
        decode = self._one if len(codes) == 1 else self._many
        return decode(self._tensor(codes)).numpy()

    def outside(self, codes: np.ndarray) -> np.ndarray:
        """No code is outside: the network decodes every one. (n,) bool."""
        return np.zeros(len(codes), bool)


class LiveEncoder:
    """A Keras encoder in compiled functions of fixed signature, as in `LiveDecoder`.

    Args:
        network: maps images, flat or in their shape, to codes (n, d); if it has several outputs, by the first.
        image_shape: of what it is given.
    """

    def __init__(self, network, image_shape: tuple[int, ...]) -> None:
        import tensorflow as tf

        flat = len(network.input_shape) == 2

        def encode(images):
            images = tf.reshape(images, (-1, network.input_shape[1])) if flat else images
            return codes_of(network(images, training=False))

        self._channel = not flat and len(network.input_shape) == len(image_shape) + 2  # grey images with a channel
        shape = (*image_shape, 1) if self._channel else image_shape
        one, many = (tf.TensorSpec([n, *shape], tf.float32) for n in (1, None))
        self._tensor = tf.constant
        self._one = tf.function(
            encode, input_signature=[one], jit_compile=True, autograph=False
        ).get_concrete_function()
        self._many = tf.function(encode, input_signature=[many], autograph=False).get_concrete_function()
        blank = np.zeros((1, *image_shape), np.float32)
        try:
            self(blank)
        except tf.errors.OpError:
            self._one = self._many
            self(blank)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """See `explorer.decoders.Encoder`."""
        encode = self._one if len(images) == 1 else self._many
        return encode(self._tensor(images[..., None] if self._channel else images)).numpy()


def load_encoder(path: Path, image_shape: tuple[int, ...]) -> LiveEncoder:
    """The live encoder in a `.keras` file.

    Raises:
        UserError: Keras cannot load it, or it does not map such images to two numbers.
    """
    network = load_network(path)
    inputs, outputs = network.input_shape, codes_of(network.outputs).shape
    if None in inputs[1:] or np.prod(inputs[1:]) != np.prod(image_shape) or outputs[1:] != (2,):
        shape = "×".join(map(str, image_shape))
        raise UserError(f"{path} maps {inputs[1:]} to {outputs[1:]}, not an image of {shape} to 2 numbers")
    return LiveEncoder(network, image_shape)


def load_decoder(path: Path, image_shape: tuple[int, ...]) -> LiveDecoder:
    """The live decoder in a `.keras` file.

    Raises:
        UserError: Keras cannot load it, or it does not map two numbers to such an image.
    """
    network = load_network(path)
    wanted = int(np.prod(image_shape))
    inputs, outputs = network.input_shape, network.output_shape
    if len(inputs) != 2 or inputs[1] != 2 or None in outputs[1:] or np.prod(outputs[1:]) != wanted:
        shape = "×".join(map(str, image_shape))
        raise UserError(f"{path} maps {inputs[1:]} to {outputs[1:]}, not 2 numbers to an image of {shape}")
    return LiveDecoder(network, image_shape)


def _silence_native_stderr() -> None:
    """Keeps the lines that TensorFlow writes to file descriptor 2 off the terminal.

    Python's own messages still arrive: `sys.stderr` writes to a copy of the descriptor from now on.
    Whoever sets TF_CPP_MIN_LOG_LEVEL wants to see TensorFlow's lines and does.
    """
    if sys.stderr is None or "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        return  # a Windows program without a console has no stderr
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)


def _load_library() -> None:
    """Loads TensorFlow's gigabyte of machine code without holding Python's lock.

    The import would hold it, for 0.3 s in which the window stands still; a foreign call does not. Where
    this finds nothing, the import does it all.
    """
    specification = importlib.util.find_spec("tensorflow")
    if os.name != "posix" or specification is None or specification.origin is None:
        return
    for library in Path(specification.origin).parent.glob("libtensorflow_cc.*"):
        load = ctypes.CDLL(None).dlopen
        load.argtypes, load.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
        load(os.fsencode(library), os.RTLD_NOW | os.RTLD_LOCAL)


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    """Imports make a million objects that live for ever; looking through them stalls the window."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
