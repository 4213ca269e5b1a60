"""A model that somebody brought, as `explorer.decoding.decoders.Decoder` or `Encoder`."""

from __future__ import annotations

import math
import statistics
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from explorer.decoding import keras_runtime
from explorer.decoding.fitting.callables import ModelFunction, outputs_in
from explorer.decoding.fitting.layout import Layout
from explorer.decoding.shapes import shown
from explorer.errors import UserError
from explorer.files.schema import Count, Side
from explorer.progress import at_once, batches

BATCH = 256

Scale = Literal["log variance", "log deviation", "variance", "deviation"]


@dataclass(frozen=True)
class Conventions:
    """How one model is called. Everything that `explorer.decoding.fitting.fit` found out about it; a card holds it.

    Attributes:
        layout: of its images.
        code_shape: of one code in the model: (d,), a map's (height, width, channels), or () for a bare number.
        output: which of its outputs is taken.
        one_by_one: whether it takes one row at a time only.
        variance: of an encoder: which output tells how far the codes are spread, and how; None if none does.
    """

    layout: Layout
    code_shape: tuple[Side, ...]
    output: Count = 0
    one_by_one: bool = False
    variance: tuple[Count, Scale] | None = None

    @property
    def dim(self) -> int:
        """How many numbers a code has."""
        return math.prod(self.code_shape)


class _Adapter:
    """What both directions share.

    Args:
        takes, gives: the shapes of a row here.
        in_model: the shape of a row of the model's output.

    Attributes:
        function, conventions: the model, and how it is called.
        tell: is called with one line when the model first returns numbers that are not finite; 0 stands for them.
        ms: a call with one row takes so long; 0 until `measure` was called.
    """

    def __init__(
        self,
        function: ModelFunction,
        conventions: Conventions,
        takes: tuple[int, ...],
        gives: tuple[int, ...],
        in_model: tuple[int, ...],
    ) -> None:
        self.function, self.conventions = function, conventions
        self._gives, self._in_model = gives, in_model
        self.tell: Callable[[str], None] = lambda line: None
        self.ms = 0.0
        self._told = False
        self._compiled = self._compile(takes)

    def measure(self, row: np.ndarray) -> None:
        """Sets `ms` to the median of three calls with one row, (1, …)."""
        self.ms = 1000 * statistics.median(timeit.repeat(lambda: self(row), number=1, repeat=3))

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        if self._compiled is not None:
            return self._finite(self._compiled(np.asarray(rows, np.float32)))
        return self._in_batches(rows, self.conventions.output)

    def _mapped(self, rows: Any, call: Callable[[Any], Any], ops: Any = np) -> Any:
        """What the model makes of rows.

        Args:
            call: rows as the model takes them to one of its outputs.
            ops: NumPy, or `keras.ops` if `rows` is a tensor.
        """
        raise NotImplementedError

    def _compile(self, takes: tuple[int, ...]) -> Callable[[np.ndarray], np.ndarray] | None:
        """The network compiled by Keras, if that is possible; else it is called as it is."""
        network = self.function.network
        if network is None or self.conventions.one_by_one:
            return None
        ops = keras_runtime.import_keras().ops

        def output(rows: Any) -> Any:
            outputs = outputs_in(network(rows, training=False))
            return ops.cast(outputs[self.conventions.output][1], "float32")

        try:
            return keras_runtime.compiled(network, lambda rows: self._mapped(rows, output, ops), takes)
        except Exception:  # whatever its layers raise where they meet symbolic tensors
            return None

    def _in_batches(self, rows: np.ndarray, output: int) -> np.ndarray:
        """What comes of one output of the model for any number of rows, (n, …) finite."""
        rows = np.asarray(rows, np.float32)
        size = 1 if self.conventions.one_by_one else at_once(self.conventions.layout.image_shape, BATCH)
        call = lambda some: self._output(some, output)  # noqa: E731
        parts = [self._mapped(rows[some], call) for some in batches(len(rows), size)]
        return self._finite(np.concatenate([np.zeros((0, *self._gives), np.float32), *parts]))

    def _output(self, rows: np.ndarray, output: int) -> np.ndarray:
        """One output of the model. Raises UserError if it is not as it was when the model was tried."""
        found, wanted = self.function(rows)[output:], (len(rows), *self._in_model)
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

    def __init__(self, function: ModelFunction, how: Conventions) -> None:
        super().__init__(function, how, (how.dim,), how.layout.image_shape, how.layout.shape)

    def outside(self, codes: np.ndarray) -> np.ndarray:
        """No code is outside: the model decodes every one. (n,) bool."""
        return np.zeros(len(codes), bool)

    def _mapped(self, rows: Any, call: Callable[[Any], Any], ops: Any = np) -> Any:
        how = self.conventions
        return how.layout.from_model(call(ops.reshape(rows, (-1, *how.code_shape))), ops)


class ModelEncoder(_Adapter):
    """See `explorer.decoding.decoders.Encoder`. Raises UserError if the model raises."""

    def __init__(self, function: ModelFunction, how: Conventions) -> None:
        super().__init__(function, how, how.layout.image_shape, (how.dim,), how.code_shape)

    def log_variance(self, images: np.ndarray) -> np.ndarray:
        """The logarithm of the variance around each coordinate of the codes, (n, d), for an encoder that tells it."""
        if self.conventions.variance is None:
            raise LookupError(f"{self.function.name} tells no variance")
        output, scale = self.conventions.variance
        found = self._in_batches(images, output)
        log = found if scale.startswith("log") else np.log(np.maximum(found, 1e-30))
        return 2 * log if scale.endswith("deviation") else log

    def _mapped(self, rows: Any, call: Callable[[Any], Any], ops: Any = np) -> Any:
        how = self.conventions
        return ops.reshape(call(how.layout.to_model(rows, ops)), (-1, how.dim))
