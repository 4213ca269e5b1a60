"""Estimates the memory and time of one call of a network from its TensorFlow graph, before it runs."""

from __future__ import annotations

import math
from typing import Any

from explorer.errors import UserError

VALUES = 1 << 27  # most values of all tensors together: 512 MB if none is released before the end
WORK = 2e10  # most multiplications for one row: about a second
STEP = 1e5  # least cost of a step of a loop, in multiplications

_MATRICES = {"MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum"}
_FILTERS = {"Conv2D", "Conv3D", "Conv2DBackpropInput", "Conv3DBackpropInputV2"}
_FILTERS_OF_ONE = {"DepthwiseConv2dNative", "DepthwiseConv2dNativeBackpropInput"}
_POOLING = {"AvgPool", "MaxPool", "AvgPool3D", "MaxPool3D"}
_NOT_COUNTED = {"Placeholder", "ReadVariableOp"}  # arguments and weights, which do not depend on the number of rows


class TooMuch(UserError):
    """A network takes too much memory or time for one row."""


def rows_at_once(graph: Any) -> int:
    """How many rows a network may get in one call.

    Args:
        graph: of a function, traced for one row.

    Raises:
        TooMuch: a single row takes more than `VALUES` or `WORK`.
    """
    values, work = _of(graph)
    if values > VALUES:
        raise TooMuch(f"one call makes {values:,} values, at most {VALUES:,} are allowed")
    if work > WORK:
        raise TooMuch(f"one call takes {work:.1g} multiplications, at most {WORK:.0g} are allowed")
    return VALUES // max(values, 1)


def _of(graph: Any) -> tuple[int, float]:
    """Upper bounds: values of all tensors, and multiplications."""
    values, work, longest, inner = 0, 0.0, 1, []
    for operation in graph.get_operations():
        if operation.type in _NOT_COUNTED:
            continue
        values += sum(map(_size, operation.outputs))
        work += _work(operation)
        longest = max([longest, *(side for tensor in operation.outputs for side in tensor.shape.as_list() or ())])
        for name, attribute in operation.node_def.attr.items():
            if attribute.HasField("func"):
                inner.append((name, graph._get_function(attribute.func.name).graph))
    for name, called in inner:
        more, each = _of(called)
        values += more
        work += longest * (each + STEP) if name == "body" else each  # a loop has no more steps than its longest axis
    return values, work + values


def _size(tensor: Any) -> int:
    if not (tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool or tensor.dtype.is_complex):
        return 0  # handles of weights and lists
    size: int | None = tensor.shape.num_elements()
    if size is None:
        raise TooMuch("the number of values that one call makes is unknown")
    return size


def _work(operation: Any) -> float:
    """Upper bound of the multiplications of an operation."""
    if operation.type in _MATRICES:  # each index occurs in two of the three tensors
        return math.sqrt(math.prod(_size(tensor) for tensor in (*operation.inputs, *operation.outputs)))
    if operation.type in _FILTERS:
        pictures = operation.inputs[2] if "Backprop" in operation.type else operation.outputs[0]
        kernel = operation.inputs[1]
        return _size(pictures) * _size(kernel) / float(max(kernel.shape[-1], 1))
    if operation.type in _FILTERS_OF_ONE:
        return float(_size(operation.outputs[0]) * math.prod(operation.inputs[1].shape[:2]))
    if operation.type in _POOLING:
        return float(_size(operation.outputs[0]) * math.prod(operation.get_attr("ksize")))
    return 0.0
