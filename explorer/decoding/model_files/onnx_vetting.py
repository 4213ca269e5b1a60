"""Vets an ONNX file before onnxruntime reads it, and estimates the memory and time of one call.

Only the operators of ONNX itself are allowed, which compute and do nothing else. onnxruntime is given the checked
content, never the file, so that it opens no other one.

Not covered: the time that onnxruntime takes to optimize a graph, which the number of nodes bounds; and operators whose
cost is more than quadratic in their arguments, of which ONNX has none for such small arguments as are allowed.
"""

from __future__ import annotations

import importlib.util
import math
import os
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np

from explorer.decoding import cost
from explorer.files import untrusted

LARGEST = 210_000_000  # bytes of the file, and of all weights
FIELDS = 500_000  # most entries of the file; an empty one takes 2 bytes there, and 180 in memory
NODES = 10_000
DEPTH = 4  # of graphs in loops and branches
LARGE = 1000  # values; larger weights are no shapes
ROWS = 4096  # most rows of one call
DOMAINS = {"", "ai.onnx", "ai.onnx.ml"}
SIZES = {"FLOAT": 4, "FLOAT16": 2, "BFLOAT16": 2, "DOUBLE": 8, "BOOL": 1}
SIZES |= {f"{sign}INT{bits}": bits // 8 for sign in ("", "U") for bits in (8, 16, 32, 64)}
"""Bytes of the allowed types of numbers."""

_PRODUCTS = {"MatMul", "Gemm", "Einsum", "MatMulInteger", "QLinearMatMul"}
_FILTERS = {"Conv": 1, "ConvTranspose": 1, "ConvInteger": 1, "DeformConv": 1, "QLinearConv": 3}  # where the kernel is
_RECURRENT = {"LSTM", "GRU", "RNN"}
_POOLING = {"AveragePool", "MaxPool", "LpPool"}
_QUADRATIC = {"Attention", "DFT", "STFT", "Det", "NonMaxSuppression", "SVMClassifier", "SVMRegressor"}
_REFUSED = {"Loop", "SequenceMap", "RoiAlign", "ImageDecoder"}  # their cost does not follow from sizes alone
STEP = 1e4  # least cost of a node, in multiplications


def read(path: Path) -> Any:
    """The vetted model in an ONNX file, as a `ModelProto` with all its weights. To be used within `untrusted.parsing`.

    Raises:
        UserError, ValueError: the file or one of its weights cannot be read, is too large, or uses what is not allowed.
    """
    import onnx

    content = untrusted.read(path, LARGEST)
    _count_fields(memoryview(content), onnx.ModelProto.DESCRIPTOR, FIELDS)
    model = onnx.ModelProto.FromString(content)
    if not model.HasField("graph") or not model.graph.node:
        raise ValueError("it holds no graph")
    if model.functions:
        raise ValueError("it defines functions: replace them with onnx.inliner.inline_local_functions")
    for used in model.opset_import:
        _check_domain(used.domain)
    model.ClearField("training_info")
    _Check(path).graph(model.graph)
    return model


def _count_fields(content: memoryview, kind: Any, left: int) -> int:
    """How many of `left` entries remain after those of a message.

    Raises ValueError if there are more, or the message is damaged. Without this, a small file of empty entries would
    become gigabytes of objects.
    """
    place = 0
    while place < len(content):
        if (left := left - 1) < 0:
            raise ValueError(f"it has more than {FIELDS:,} entries")
        tag, place = _number(content, place)
        field, wire = kind.fields_by_number.get(tag >> 3), tag & 7
        if wire == 2:
            length, place = _number(content, place)
            if length > len(content) - place:
                raise ValueError("it is cut off")
            if field is not None and field.type == field.TYPE_MESSAGE:
                left = _count_fields(content[place : place + length], field.message_type, left)
            elif field is not None and field.type not in (field.TYPE_BYTES, field.TYPE_STRING, field.TYPE_FLOAT):
                left -= length // 32  # whole numbers, packed; they grow eightfold
            place += length
        elif wire == 0:
            place = _number(content, place)[1]
        elif wire in (1, 5):
            place += 8 if wire == 1 else 4
        else:
            raise ValueError("it is damaged")
    return left


def _number(content: memoryview, place: int) -> tuple[int, int]:
    """A number of variable length, and the place behind it."""
    number = 0
    for shift in range(0, 70, 7):
        if place >= len(content):
            raise ValueError("it is cut off")
        number |= (content[place] & 127) << shift
        place += 1
        if content[place - 1] < 128:
            return number, place
    raise ValueError("it is damaged")


def _check_domain(domain: str) -> None:
    if domain not in DOMAINS:
        raise ValueError(f"it uses operators of '{domain}', which are not part of ONNX")


class _Check:
    """One walk through the graphs of a model."""

    def __init__(self, path: Path) -> None:
        self._folder = Path(os.path.realpath(path.parent))
        self._bytes = self._nodes = 0

    def graph(self, graph: Any, depth: int = 0) -> None:
        """Raises ValueError if something is not allowed. Fetches weights from other files."""
        if depth > DEPTH:
            raise ValueError(f"its loops and branches are nested more than {DEPTH} deep")
        if graph.sparse_initializer:
            raise ValueError("it has sparse weights")
        self._nodes += len(graph.node)
        if self._nodes > NODES:
            raise ValueError(f"it has more than {NODES:,} nodes")
        for tensor in graph.initializer:
            self._weights(tensor)
        for node in graph.node:
            _check_domain(node.domain)
            if node.op_type in _REFUSED:
                raise ValueError(f"it uses the operator {node.op_type}, which is not allowed")
            for attribute in node.attribute:
                if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
                    raise ValueError("it has sparse weights")
                for tensor in _given(attribute, "t", "tensors"):
                    self._weights(tensor)
                for inner in _given(attribute, "g", "graphs"):
                    self.graph(inner, depth + 1)

    def _weights(self, tensor: Any) -> None:
        """Raises ValueError unless a tensor consists of as many numbers as it says, none of which is NaN."""
        import onnx

        kind, name = type_name(tensor.data_type), f"weights '{tensor.name[:60]}'"
        if kind not in SIZES:
            raise ValueError(f"its {name} are no numbers: {kind}")
        if any(side < 0 for side in tensor.dims):
            raise ValueError(f"its {name} have no valid shape")
        size = math.prod(tensor.dims) * SIZES[kind]
        self._bytes += size
        if self._bytes > LARGEST:
            raise ValueError(f"its weights take more than {untrusted.amount(LARGEST)}")
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            self._fetch(tensor, size)
        try:
            values = onnx.numpy_helper.to_array(tensor)
        except ValueError:
            raise ValueError(f"its {name} do not have as many values as they claim") from None
        if kind in ("FLOAT", "FLOAT16", "DOUBLE") and np.isnan(values).any():
            raise ValueError(f"its {name} hold NaN")

    def _fetch(self, tensor: Any, size: int) -> None:
        """Reads weights from another file in the model's folder, or below it, into the tensor."""
        where = {entry.key: entry.value for entry in tensor.external_data}
        place = where.get("location", "")
        parts = PureWindowsPath(place)  # knows both kinds of slashes
        outside = not place or "\0" in place or parts.anchor or ".." in parts.parts
        path = self._folder if outside else Path(os.path.realpath(self._folder / place))
        if outside or not path.is_relative_to(self._folder):
            raise ValueError(f"its weights are in '{place}', outside its folder, which is not allowed")
        offset, length = int(where.get("offset", 0)), int(where.get("length", size))
        if offset < 0 or length != size:
            raise ValueError(f"its weights '{tensor.name[:60]}' do not have as many values as they claim")
        with untrusted.opened(path) as file:
            file.seek(offset)
            tensor.raw_data = file.read(size)
        tensor.ClearField("external_data")
        tensor.ClearField("data_location")


def _given(attribute: Any, one: str, many: str) -> Iterator[Any]:
    if attribute.HasField(one):
        yield getattr(attribute, one)
    yield from getattr(attribute, many)


def type_name(number: int) -> str:
    import onnx

    return str(onnx.TensorProto.DataType.Name(number)) if number in onnx.TensorProto.DataType.values() else "unknown"


# ---- cost ----------------------------------------------------------------------------------------


Shape = tuple[int, ...]


class Sizes:
    """Infers the shapes inside a model, without its weights, for given shapes of its input.

    Args:
        model: vetted.
        name: of its input.
    """

    def __init__(self, model: Any, name: str) -> None:
        import onnx

        held = model.graph.initializer
        self._bare = onnx.ModelProto(ir_version=max(model.ir_version, 4), opset_import=model.opset_import)
        graph = self._bare.graph
        graph.name = "graph"
        graph.node.extend(model.graph.node)
        graph.initializer.extend(each for each in held if math.prod(each.dims) <= LARGE)
        graph.input.extend(each for each in model.graph.input if each.name == name)
        for each in held:
            if math.prod(each.dims) > LARGE:
                graph.input.append(onnx.helper.make_tensor_value_info(each.name, each.data_type, each.dims))
        graph.output.extend(model.graph.output)
        _forget_shapes(graph)

    def of(self, shape: Shape) -> tuple[int, float]:
        """Upper bounds of one call: values of all tensors, and multiplications.

        Raises:
            ValueError: a size is unknown.
        """
        import onnx

        entry = self._bare.graph.input[0]
        kind = entry.type.tensor_type.elem_type
        entry.CopyFrom(onnx.helper.make_tensor_value_info(entry.name, kind, shape))
        inferred = onnx.shape_inference.infer_shapes(self._bare, data_prop=True)
        values, work = _of(inferred.graph, {})
        return values + math.prod(shape), work


def rows_at_once(sizes: Sizes, row: Shape) -> int:
    """How many rows of a shape a model may get in one call.

    Raises:
        ValueError: a single row takes more than `cost.VALUES` or `cost.WORK`, or this is unknown.
    """
    values, work = sizes.of((1, *row))
    if values > cost.VALUES:
        raise ValueError(f"one call makes {values:,} values, at most {cost.VALUES:,} are allowed")
    if work > cost.WORK:
        raise ValueError(f"one call takes {work:.1g} multiplications, at most {cost.WORK:.0g} are allowed")
    rows = min(cost.VALUES // max(values, 1), ROWS)
    while rows > 1:
        values, work = sizes.of((rows, *row))
        if values <= cost.VALUES and work <= cost.WORK * rows:
            break
        rows //= 2
    return max(rows, 1)


def _forget_shapes(graph: Any) -> None:
    """Removes the shapes that a graph claims to have inside; those that follow from its input count."""
    graph.ClearField("value_info")
    for each in graph.output:
        each.type.tensor_type.ClearField("shape")
    for node in graph.node:
        for attribute in node.attribute:
            for inner in _given(attribute, "g", "graphs"):
                _forget_shapes(inner)


def _of(graph: Any, known: dict[str, Shape]) -> tuple[int, float]:
    """Upper bounds of a graph: values of all tensors, and multiplications.

    Args:
        known: shapes by name, of what the graphs around it have.
    """
    made_here = {name for node in graph.node for name in node.output}
    known = {name: shape for name, shape in known.items() if name not in made_here}
    known |= {each.name: tuple(each.dims) for each in graph.initializer}
    for each in (*graph.input, *graph.value_info, *graph.output):
        kind = each.type.tensor_type
        is_shaped = each.type.HasField("tensor_type") and kind.HasField("shape") and type_name(kind.elem_type) in SIZES
        if is_shaped and all(side.HasField("dim_value") and side.dim_value >= 0 for side in kind.shape.dim):
            known[each.name] = tuple(side.dim_value for side in kind.shape.dim)
    values, work = 0, 0.0
    for node in graph.node:
        made = [_shape(known, name) for name in node.output if name]
        taken = [_shape(known, name) for name in node.input if name]
        values += sum(map(math.prod, made))
        work += STEP + _work(node, taken, made)
        inner = [each for attribute in node.attribute for each in _given(attribute, "g", "graphs")]
        steps = max((side for shape in taken for side in shape), default=1) if node.op_type == "Scan" else 1
        for each in inner:
            more, once = _of(each, known)
            values, work = values + more, work + steps * once
    return values, work + values


def _shape(known: dict[str, Shape], name: str) -> Shape:
    if name not in known:
        raise ValueError(f"the size of '{name[:60]}' inside it is unknown: export it with fixed sizes, or simplify it")
    return known[name]


def _work(node: Any, taken: list[Shape], made: list[Shape]) -> float:
    """Upper bound of the multiplications of a node."""
    kind, largest = node.op_type, float(max(map(math.prod, (*taken, *made)), default=0))
    if kind in _PRODUCTS:  # each index occurs in two of the tensors
        return math.sqrt(math.prod(float(math.prod(shape)) for shape in (*taken, *made)))
    if kind in _FILTERS and len(taken) > _FILTERS[kind]:
        kernel = taken[_FILTERS[kind]]
        pictures = taken[0] if kind == "ConvTranspose" else made[0]
        return math.prod(pictures) * math.prod(kernel) / float(max(kernel[0] if kernel else 1, 1))
    if kind in _RECURRENT and len(taken) > 2 and taken[0]:
        steps = math.prod(taken[0]) / max(taken[0][-1], 1)
        return float(steps * (math.prod(taken[1]) + math.prod(taken[2])))
    if kind in _POOLING:
        window = next((attribute.ints for attribute in node.attribute if attribute.name == "kernel_shape"), ())
        return float(math.prod(made[0]) * math.prod(window))
    return largest**2 if kind in _QUADRATIC else largest


def shape_of(value: Any) -> tuple[int | None, ...] | None:
    """The shape of an input or output, with None for unknown sides; None if it is no tensor of known rank."""
    if not value.type.HasField("tensor_type") or not value.type.tensor_type.HasField("shape"):
        return None
    return tuple(side.dim_value if side.dim_value > 0 else None for side in value.type.tensor_type.shape.dim)


def lacking() -> str:
    """Which package for ONNX files is not installed, and how to install it; else empty."""
    missing = (name for name in ("onnxruntime", "onnx") if importlib.util.find_spec(name) is None)
    if name := next(missing, ""):
        return f"ONNX files need the package {name}: install it with 'pip install onnxruntime onnx'"
    return ""
