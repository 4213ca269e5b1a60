"""Models in ONNX files, run by onnxruntime on the processor: `pip install onnxruntime onnx`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np

from explorer.decoding.model_files import onnx_vetting
from explorer.decoding.model_files.onnx_vetting import Shape
from explorer.decoding.shapes import fits, shown
from explorer.errors import UserError
from explorer.files import untrusted

WRONG = "is no ONNX model that can be used"
THREADS = 1  # so that a hover leaves the other cores alone; a second one gains nothing for small decoders
SILENT = 4  # only fatal errors are logged
_TYPES = {"FLOAT": np.float32, "FLOAT16": np.float16, "DOUBLE": np.float64}


def load(path: Path) -> OnnxModel:
    """The model in an ONNX file.

    Raises:
        UserError: a package is not installed, or the file cannot be read, is damaged, not allowed or too large, or does
            not have one input of numbers with the rows first.
    """
    if lacking := onnx_vetting.lacking():
        raise UserError(lacking)
    remedy = "" if path.suffix.lower() == ".onnx" else "give a .keras, .h5 or .onnx file"
    with untrusted.parsing(path, remedy, wrong=WRONG):
        return OnnxModel(path, onnx_vetting.read(path))


class OnnxModel:
    """A model of one input and at least one output. `load` makes it.

    Calls from several threads at once are safe; each uses `THREADS` threads of its own.

    Attributes:
        input_shape: of one row; None for sides that may have any length.
        output_names: of the outputs, in their order.
    """

    def __init__(self, path: Path, model: Any) -> None:
        self._path, self._model = path, model
        entry = _only_input(model.graph)
        self._name, self._type = entry.name, _TYPES[onnx_vetting.type_name(entry.type.tensor_type.elem_type)]
        rows, *shape = onnx_vetting.shape_of(entry) or ()
        self._one_by_one = rows == 1
        self.input_shape = tuple(shape)
        outputs = [each for each in model.graph.output if _is_numeric(each)]
        if not outputs:
            raise ValueError("it has no output of numbers")
        self.output_names = tuple(each.name for each in outputs)
        self._sizes = onnx_vetting.Sizes(model, self._name)
        self._rows = functools.cache(self._most_rows)
        if None not in self.input_shape:
            self._rows(tuple(side for side in shape if side is not None))

    def __call__(self, rows: np.ndarray) -> list[np.ndarray]:
        """The outputs for an array (n, *input_shape), each with n rows; their types are the model's.

        Raises:
            UserError: the shape does not fit, the rows are too large, or the model fails.
        """
        if not fits(rows.shape[1:], self.input_shape):
            raise UserError(f"{self._path} takes {shown(self.input_shape)} for one row, not {shown(rows.shape[1:])}")
        with untrusted.parsing(self._path, wrong="failed"):
            most = self._rows(rows.shape[1:])
            given = np.ascontiguousarray(rows, self._type)
            parts = [self._run(given[start : start + most]) for start in range(0, max(len(rows), 1), most)]
        return parts[0] if len(parts) == 1 else [np.concatenate(each) for each in zip(*parts, strict=True)]

    def _run(self, rows: np.ndarray) -> list[np.ndarray]:
        import onnxruntime

        options = onnxruntime.RunOptions()
        options.log_severity_level = SILENT
        found: list[np.ndarray] = self._session.run(self.output_names, {self._name: rows}, options)
        for name, output in zip(self.output_names, found, strict=True):
            if output.shape[:1] != rows.shape[:1]:
                raise ValueError(f"its output '{name}' is {shown(output.shape)} for {len(rows)} rows")
        return found

    def _most_rows(self, row: Shape) -> int:
        """How many rows of a shape go into one call: 1 if the model takes no more, whatever it says."""
        most = onnx_vetting.rows_at_once(self._sizes, row)
        if not hasattr(self, "_session"):  # what does not depend on the input is computed there, now that it is bounded
            self._session = _session(self._model.SerializeToString())
            del self._model
        if self._one_by_one or most == 1:
            return 1
        try:
            self._run(np.zeros((2, *row), self._type))
        except Exception:  # onnxruntime has many kinds
            return 1
        return most


def _session(content: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    options.log_severity_level = SILENT
    providers = ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(content, options, providers, enable_fallback=0)  # which would print


def _only_input(graph: Any) -> Any:
    """The input that has no default. Raises ValueError unless there is exactly one, of numbers with the rows first."""
    defaults = {each.name for each in graph.initializer}
    inputs = [each for each in graph.input if each.name not in defaults]
    if len(inputs) != 1:
        names = ", ".join(each.name[:40] for each in inputs[:5])
        raise ValueError(f"it has {len(inputs)} inputs, not one: {names}" if inputs else "it has no input")
    shape = onnx_vetting.shape_of(inputs[0])
    kind = onnx_vetting.type_name(inputs[0].type.tensor_type.elem_type)
    if kind not in _TYPES:
        raise ValueError(f"its input is {kind}, not FLOAT, FLOAT16 or DOUBLE")
    if not shape:
        raise ValueError("its input has no shape")
    if shape[0] not in (None, 1):
        raise ValueError(f"its input has {shape[0]} rows: export it with any number of rows, or 1")
    return inputs[0]


def _is_numeric(value: Any) -> bool:
    kind = value.type.tensor_type.elem_type
    return value.type.HasField("tensor_type") and onnx_vetting.type_name(kind) in onnx_vetting.SIZES
