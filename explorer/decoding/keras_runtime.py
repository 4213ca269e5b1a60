"""The live networks: `.keras` files that are checked, loaded, and called without Keras's own overhead.

Keras is imported inside the functions, because that takes seconds, in which the window already works with the grid.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import importlib.util
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from explorer.decoding import cost
from explorer.decoding.model_files import stored
from explorer.decoding.model_files.own_classes import Trust
from explorer.decoding.shapes import shown
from explorer.errors import UserError
from explorer.files import locations, untrusted
from explorer.progress import at_once

INSTALL = f"install it with '{locations.INSTALL}', for Python 3.11 to 3.13"
BATCH = 4096
_importing = threading.Lock()
# Whether the process is one of our programs. Then the garbage collector may be switched off for a while, objects may be
# left out of later collections, Keras finds no scikit-learn, and TensorFlow is silenced. In other programs nothing of
# this is changed.
process_is_ours = False

Network = TypeVar("Network", bound="_Compiled")


def available() -> bool:
    """Whether TensorFlow is installed. Imports nothing."""
    return importlib.util.find_spec("tensorflow") is not None


def import_keras() -> Any:
    """Imports Keras with TensorFlow, silently, and returns it. Raises UserError if that fails.

    Other backends, number formats or orders of axes in the environment and in `keras.json` are ignored. If Keras was
    imported before, its settings stay.
    """
    with _importing:
        if "keras" not in sys.modules:
            if process_is_ours:
                _silence_native_stderr()
            os.environ["KERAS_BACKEND"] = "tensorflow"
            try:
                with without_collections(), _without_scikit_learn():
                    _load_library()
                    import keras
            except Exception as error:  # a broken installation may raise anything
                raise UserError(_why_not_imported(error)) from None
            keras.config.set_floatx("float32")
            keras.config.set_epsilon(1e-7)
            keras.config.set_image_data_format("channels_last")
    keras = sys.modules["keras"]
    if (backend := keras.config.backend()) != "tensorflow":
        raise UserError(f"this program has imported Keras on {backend}, and networks can only be read with TensorFlow")
    return keras


def give_memory_back() -> None:
    """Returns free memory to the system: 17 MB after networks were loaded, in 3 ms."""
    if process_is_ours and sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def _why_not_imported(error: Exception) -> str:
    """Why the import failed, in one line; names `keras.json` if its settings are the reason."""
    frames = traceback.extract_tb(error.__traceback__)
    if frames and Path(frames[-1].filename).parts[-3:] == ("src", "backend", "config.py"):
        home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
        return f"Keras rejects its settings ({untrusted.reason(error)}): correct or remove {home / 'keras.json'}"
    return f"TensorFlow cannot be imported ({untrusted.reason(error)}): {INSTALL}"


def codes_of(outputs: Any) -> Any:
    """The codes from an encoder: its first output, if it has several."""
    return outputs[0] if isinstance(outputs, (list, tuple)) else outputs


def in_batches(function: Callable[[np.ndarray], Any], x: np.ndarray, size: int = BATCH) -> np.ndarray:
    """Applies a function of arrays or tensors to x, `size` rows at a time, or fewer if rows are large."""
    size = at_once(x.shape[1:], size)
    return np.concatenate([np.asarray(function(x[start : start + size])) for start in range(0, len(x), size)])


class _Compiled:
    """A Keras network in compiled functions of fixed signature.

    For a single row, XLA compiles the network into one kernel: 0.2 ms instead of 60 ms for `predict`. Batches of any
    size use a graph that is compiled once.

    Args:
        network: the network that `function` calls.
        function: maps tensors (n, *shape) to tensors with n rows.
        shape: of a row.

    Attributes:
        network: the same; its weights may be replaced between two calls.

    Raises:
        cost.TooMuch: the network needs too much memory or time.
    """

    def __init__(self, network: Any, function: Callable[[Any], Any], shape: tuple[int, ...]) -> None:
        import tensorflow as tf

        self.network = network
        one, many = (tf.TensorSpec([n, *shape], tf.float32) for n in (1, None))
        compiled = functools.partial(tf.function, function, autograph=False)  # which leaves files behind
        single = compiled(input_signature=[one], jit_compile=True).get_concrete_function()
        self._rows = cost.rows_at_once(single.graph)
        blank = np.zeros((1, *shape), np.float32)
        self._many = _on_arrays(compiled(input_signature=[many]).get_concrete_function(), blank)
        try:
            self._one = _on_arrays(single, blank)  # compiles it now, not at the first hover
        except tf.errors.OpError:  # a layer, or a platform, that XLA cannot compile
            self._one = self._many

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        if len(rows) > self._rows:
            return in_batches(self, rows, self._rows)
        call = self._one if len(rows) == 1 else self._many
        return call(rows)


def _on_arrays(function: Any, blank: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """A concrete function of one tensor as a function of arrays; both ways to call it are tried with `blank`.

    It calls the compiled function directly. TensorFlow's own call first looks for gradients to record, and checks the
    arguments, which takes as long as a small network (0.08 of 0.25 ms).
    """
    import tensorflow as tf

    def usual(rows: np.ndarray) -> np.ndarray:
        return np.asarray(function(tf.constant(rows)).numpy())

    try:
        call_flat, captured = function.inference_fn.call_flat, function.captured_inputs  # variables, not their values

        def direct(rows: np.ndarray) -> np.ndarray:
            return np.asarray(call_flat(tf.constant(rows), *captured)[0].numpy())

        return direct if np.array_equal(direct(blank), usual(blank), equal_nan=True) else usual
    except (AttributeError, LookupError, TypeError, ValueError):  # a version in which this method is not as it was
        return usual


class LiveDecoder(_Compiled):
    """A Keras decoder, compiled. Called as `explorer.decoding.decoders.Decoder` is.

    Args:
        network: maps codes (n, d) to images, flat or in their shape.
        image_shape: of the images that it returns.
    """

    source: Literal["live", "grid"] = "live"

    def __init__(self, network: Any, image_shape: tuple[int, ...]) -> None:
        import tensorflow as tf

        def decode(codes: Any) -> Any:  # linear decoders can leave [0, 1]
            images = tf.cast(codes_of(network(codes, training=False)), tf.float32)
            return tf.reshape(tf.clip_by_value(images, 0, 1), (-1, *image_shape))

        super().__init__(network, decode, (network.input_shape[-1],))

    def outside(self, codes: np.ndarray) -> np.ndarray:
        """No code is outside: the network decodes every one. (n,) bool."""
        return np.zeros(len(codes), bool)


class LiveEncoder(_Compiled):
    """A Keras encoder, compiled. Called as `explorer.decoding.decoders.Encoder` is.

    Args:
        network: maps images, flat, in their shape or with one channel, to codes (n, d); if it has several outputs, the
            first one.
        image_shape: of the images that it takes.
    """

    def __init__(self, network: Any, image_shape: tuple[int, ...]) -> None:
        import tensorflow as tf

        shape = network.inputs[0].shape[1:]

        def encode(images: Any) -> Any:
            return tf.cast(codes_of(network(tf.reshape(images, (-1, *shape)), training=False)), tf.float32)

        super().__init__(network, encode, image_shape)


def compiled(
    network: Any, function: Callable[[Any], Any], shape: tuple[int, ...]
) -> Callable[[np.ndarray], np.ndarray]:
    """A function of tensors that calls a network, compiled as the live decoder is. Raises whatever the network raises,
    and cost.TooMuch."""
    return _Compiled(network, function, shape)


def load_encoder(path: Path, image_shape: tuple[int, ...], trust: Trust = False, dimensions: int = 2) -> LiveEncoder:
    """The live encoder in a `.keras` file.

    Args:
        dimensions: how many numbers a code has.
        trust: whether it may hold layers that run code of their own.

    Raises:
        UserError: the file is damaged, or holds no network that maps such images to codes.
    """
    network = load_encoder_network(path, image_shape, trust, dimensions)
    with stored.one_line(path):
        return _tried(LiveEncoder(network, image_shape), image_shape, (dimensions,))


def load_decoder(path: Path, image_shape: tuple[int, ...], trust: Trust = False, dimensions: int = 2) -> LiveDecoder:
    """The live decoder in a `.keras` file.

    Args:
        dimensions: how many numbers a code has.
        trust: whether it may hold layers that run code of their own.

    Raises:
        UserError: the file is damaged, or holds no network that maps codes to such an image.
    """
    network = load_decoder_network(path, image_shape, trust, dimensions)
    with stored.one_line(path):
        return _tried(LiveDecoder(network, image_shape), (dimensions,), image_shape)


def load_encoder_network(path: Path, image_shape: tuple[int, ...], trust: Trust = False, dimensions: int = 2) -> Any:
    """The Keras model of `load_encoder`, not compiled. Raises UserError as that does."""
    import_keras()
    return stored.load(path, lambda network: _check_encoder(network, image_shape, dimensions), trust)


def load_decoder_network(path: Path, image_shape: tuple[int, ...], trust: Trust = False, dimensions: int = 2) -> Any:
    """The Keras model of `load_decoder`, not compiled. Raises UserError as that does."""
    import_keras()
    return stored.load(path, lambda network: _check_decoder(network, image_shape, dimensions), trust)


def _check_encoder(network: Any, image_shape: tuple[int, ...], dimensions: int) -> None:
    """Raises ValueError unless a network maps images to codes, by its first output if it has several."""
    images, codes = _ends(network)
    if images not in _layouts(image_shape) or codes != (dimensions,):
        wanted = f"an image of {shown(image_shape)} to {dimensions} numbers"
        raise ValueError(f"it maps {shown(images)} to {shown(codes)}, not {wanted}")


def _check_decoder(network: Any, image_shape: tuple[int, ...], dimensions: int) -> None:
    """Raises ValueError unless a network maps codes to images."""
    codes, images = _ends(network)
    if len(network.outputs) != 1:
        raise ValueError(f"it has {len(network.outputs)} outputs, not one")
    if codes != (dimensions,) or images not in _layouts(image_shape):
        wanted = f"{dimensions} numbers to an image of {shown(image_shape)}"
        raise ValueError(f"it maps {shown(codes)} to {shown(images)}, not {wanted}")


def _ends(network: Any) -> tuple[tuple[int | None, ...], tuple[int | None, ...]]:
    """The shapes of a row of a network's only input and of its first output. Raises ValueError where there is no such
    input, or where either is not an array of floats with any number of rows."""
    if len(network.inputs) != 1:
        raise ValueError(f"it has {len(network.inputs)} inputs, not one")
    for name in ("input", "output"):  # a Sequential has neither attribute, and no dictionaries
        if isinstance(getattr(network, name, None), dict):
            raise ValueError(f"its {name}s are a dictionary")
    first, last = network.inputs[0], network.outputs[0]
    for tensor, name in ((first, "input"), (last, "output")):
        if "float" not in tensor.dtype:
            raise ValueError(f"its {name} is {tensor.dtype}, not a float")
        if not tensor.shape or tensor.shape[0] is not None:
            raise ValueError(f"its {name} has a fixed number of rows, {shown(tensor.shape[:1])}")
    return tuple(first.shape[1:]), tuple(last.shape[1:])


def _layouts(image_shape: tuple[int, ...]) -> set[tuple[int, ...]]:
    """The shapes in which a network may have an image: as it is, flat, and with one channel where it is grey."""
    return {image_shape, (int(np.prod(image_shape)),), (*image_shape, 1) if len(image_shape) == 2 else image_shape}


def _tried(network: Network, shape: tuple[int, ...], gives: tuple[int, ...]) -> Network:
    """A compiled network, once it has mapped zeros (1, *shape) and (2, *shape) to finite numbers (n, *gives), each row
    by itself. Raises ValueError where it does not."""
    for count in (1, 2):
        result = network(np.zeros((count, *shape), np.float32))
        if result.shape != (count, *gives):
            raise ValueError(f"it gives {shown(result.shape)} values for {count} rows, not {shown((count, *gives))}")
        if not np.isfinite(result).all():
            raise ValueError("it maps zeros to values that are not finite")
    return network


def _silence_native_stderr() -> None:
    """Hides the lines that TensorFlow writes to file descriptor 2.

    Python's own messages are still shown: `sys.stderr` writes to a copy of the descriptor from now on. If
    TF_CPP_MIN_LOG_LEVEL is set, TensorFlow's lines are shown.
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

    The import would hold the lock for 0.3 s, in which the window freezes; a foreign call does not. If the library is
    not found here, the import loads it.
    """
    specification = importlib.util.find_spec("tensorflow")
    if os.name != "posix" or specification is None or specification.origin is None:
        return
    for library in Path(specification.origin).parent.glob("libtensorflow_cc.*"):
        load = ctypes.CDLL(None).dlopen
        load.argtypes, load.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
        load(os.fsencode(library), os.RTLD_NOW | os.RTLD_LOCAL)


@contextlib.contextmanager
def _without_scikit_learn() -> Iterator[None]:
    """Lets Keras find no scikit-learn: it takes 50 MB and half a second, for wrappers that nothing here uses."""
    if not process_is_ours or "sklearn" in sys.modules:
        yield
        return
    sys.modules["sklearn"] = None  # type: ignore[assignment]  # an import of it raises ImportError
    try:
        yield
    finally:
        del sys.modules["sklearn"]


@contextlib.contextmanager
def without_collections() -> Iterator[None]:
    """Switches the garbage collector off during an import in one of our programs. An import makes up to a million
    permanent objects: collections would freeze the window several times for 50 to 180 ms, and later ones for 200 ms
    each."""
    if not process_is_ours:
        yield
        return
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
