"""A model that somebody brought, as `explorer.decoding.decoders.Decoder` or `Encoder`."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from explorer.decoding import keras_runtime
from explorer.decoding.fitting.callables import ModelFunction
from explorer.decoding.fitting.layout import Layout, shown
from explorer.errors import UserError
from explorer.files import schema
from explorer.progress import at_once

BATCH = 256

Scale = Literal["log variance", "log deviation", "variance", "deviation"]
_LOG_VARIANCE: dict[Scale, Callable[[np.ndarray], np.ndarray]] = {
    "log variance": lambda values: values,
    "log deviation": lambda values: 2 * values,
    "variance": lambda values: np.log(np.maximum(values, 1e-30)),
    "deviation": lambda values: 2 * np.log(np.maximum(values, 1e-30)),
}


def unheard(line: str) -> None:
    """A `tell` that does nothing."""


@dataclass(frozen=True)
class Conventions:
    """How one model is called. Everything that `explorer.decoding.fitting.fit` found out about it.

    Attributes:
        layout: of its images.
        code_shape: of one code in the model: (d,), a map's (height, width, channels), or () for a bare number.
        output: which of its outputs is taken.
        one_by_one: whether it takes one row at a time only.
        variance: of an encoder: which output tells how far the codes are spread, and how; None if none does.
    """

    layout: Layout
    code_shape: tuple[int, ...]
    output: int = 0
    one_by_one: bool = False
    variance: tuple[int, Scale] | None = None

    @property
    def dim(self) -> int:
        """How many numbers a code has."""
        return math.prod(self.code_shape)

    def to_json(self) -> dict[str, Any]:
        """For a card."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, content: Any) -> Conventions:
        """The conventions of a card. Raises ValueError if they are none."""
        return schema.checked(content, cls)


class _Adapter:
    """What both directions share.

    Attributes:
        function, conventions: the model, and how it is called.
        tell: is called with one line when the model first returns numbers that are not finite; 0 stands for them.
        ms: a call with one row takes so long; 0 until `measure` was called.
    """

    def __init__(self, function: ModelFunction, conventions: Conventions) -> None:
        self.function, self.conventions = function, conventions
        self.tell: Callable[[str], None] = unheard
        self.ms = 0.0
        self._told = False
        self._compiled: Callable[[np.ndarray], np.ndarray] | None = None

    def measure(self, row: np.ndarray) -> None:
        """Sets `ms` to the median of three calls with one row, (1, …)."""
        times = []
        for _ in range(3):
            before = time.perf_counter()
            self(row)
            times.append(1000 * (time.perf_counter() - before))
        self.ms = sorted(times)[1]

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _compile(self, function: Callable[[Any, Any], Any], shape: tuple[int, ...]) -> None:
        """Lets Keras compile the network, if it can; else it is called as it is.

        Args:
            function: of a tensor of rows, and of `keras.ops`.
            shape: of a row.
        """
        if self.function.network is None or self.conventions.one_by_one:
            return
        ops = keras_runtime.import_keras().ops
        try:
            self._compiled = keras_runtime.compiled(self.function.network, lambda rows: function(rows, ops), shape)
        except Exception:  # whatever its layers raise where they meet symbolic tensors
            self._compiled = None

    def _network_output(self, rows: Any, ops: Any) -> Any:
        """The output of a network that is taken, as a tensor of float32."""
        outputs = self.function.network(rows, training=False)
        if isinstance(outputs, dict):
            outputs = list(outputs.values())
        taken = outputs[self.conventions.output] if isinstance(outputs, (list, tuple)) else outputs
        return ops.cast(taken, "float32")

    def _in_batches(
        self, rows: np.ndarray, shape: tuple[int, ...], work: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """What `work` gives for any number of rows, (n, *shape) finite."""
        if not len(rows):
            return np.zeros((0, *shape), np.float32)
        size = 1 if self.conventions.one_by_one else at_once(self.conventions.layout.image_shape, BATCH)
        return self._finite(np.concatenate([work(rows[start : start + size]) for start in range(0, len(rows), size)]))

    def _output(self, rows: np.ndarray, output: int, shape: tuple[int, ...]) -> np.ndarray:
        """One output of the model, (n, *shape). Raises UserError if it is not as it was when the model was tried."""
        found, wanted = self.function(rows)[output:], (len(rows), *shape)
        if not found or found[0].size != math.prod(wanted):
            gives = shown(found[0].shape) if found else "fewer outputs"
            raise UserError(
                f"{self.function.name} gives {gives}, not {shown(wanted)}: is it another model than before?"
            )
        return found[0].reshape(wanted)

    def _finite(self, values: np.ndarray) -> np.ndarray:
        if np.isfinite(values).all():
            return values
        if not self._told:
            self._told = True
            self.tell(f"{self.function.name} returned numbers that are not finite: 0 stands for them")
        finite: np.ndarray = np.nan_to_num(values, nan=0, posinf=0, neginf=0)
        return finite


class ModelDecoder(_Adapter):
    """See `explorer.decoding.decoders.Decoder`. Raises UserError if the model raises."""

    source: Literal["live", "grid"] = "live"

    def __init__(self, function: ModelFunction, conventions: Conventions) -> None:
        super().__init__(function, conventions)
        self._compile(self._decode, (conventions.dim,))

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        how, codes = self.conventions, np.asarray(codes, np.float32)
        if self._compiled is not None:
            return self._finite(self._compiled(codes))
        return self._in_batches(codes, how.layout.image_shape, self._decode_batch)

    def outside(self, codes: np.ndarray) -> np.ndarray:
        """No code is outside: the model decodes every one. (n,) bool."""
        return np.zeros(len(codes), bool)

    def _decode_batch(self, codes: np.ndarray) -> np.ndarray:
        how = self.conventions
        images: np.ndarray = how.layout.from_model(
            self._output(codes.reshape(-1, *how.code_shape), how.output, how.layout.shape)
        )
        return images

    def _decode(self, codes: Any, ops: Any) -> Any:
        how = self.conventions
        outputs = self._network_output(ops.reshape(codes, (-1, *how.code_shape)), ops)
        return how.layout.from_model(outputs, ops)


class ModelEncoder(_Adapter):
    """See `explorer.decoding.decoders.Encoder`. Raises UserError if the model raises."""

    def __init__(self, function: ModelFunction, conventions: Conventions) -> None:
        super().__init__(function, conventions)
        self._compile(self._encode, conventions.layout.image_shape)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        images = np.asarray(images, np.float32)
        if self._compiled is not None:
            return self._finite(self._compiled(images))
        return self._in_batches(images, (self.conventions.dim,), self._flat)

    def log_variance(self, images: np.ndarray) -> np.ndarray:
        """The logarithm of the variance around each coordinate of the codes, (n, d), for an encoder that tells it."""
        if self.conventions.variance is None:
            raise LookupError(f"{self.function.name} tells no variance")
        output, scale = self.conventions.variance
        log = _LOG_VARIANCE[scale]
        images = np.asarray(images, np.float32)
        return self._in_batches(images, (self.conventions.dim,), lambda batch: log(self._flat(batch, output)))

    def _flat(self, images: np.ndarray, output: int | None = None) -> np.ndarray:
        """An output for a batch of images, (n, d); without a number, the codes."""
        how = self.conventions
        return self._output(how.layout.to_model(images), how.output if output is None else output, (how.dim,))

    def _encode(self, images: Any, ops: Any) -> Any:
        outputs = self._network_output(self.conventions.layout.to_model(images, ops), ops)
        return ops.reshape(outputs, (-1, self.conventions.dim))
