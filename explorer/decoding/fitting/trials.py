"""Calls models in different ways, and compares what comes out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from explorer.decoding.fitting.callables import ModelFunction
from explorer.decoding.shapes import shown
from explorer.errors import UserError

CLOSE = 1.02  # an error that is at most so many times the smallest one is as good: the likelier guess is taken
NOTHING = 1e-6  # an error so small is none: some models reconstruct images of any range

Found = TypeVar("Found")


def first_that_works(
    function: ModelFunction, tries: Sequence[tuple[Any, np.ndarray]]
) -> tuple[bool, list[tuple[Any, list[np.ndarray]]]]:
    """Calls a function with rows of different shapes and ranges.

    Args:
        tries: a label and the rows, (n, …), of each call.

    Returns:
        Whether rows must be given one by one; and labels and outputs, for the first shape that works.

    Raises:
        UserError: nothing works.
    """
    failed: list[str] = []
    for one_by_one in (False, True):
        worked: list[tuple[Any, list[np.ndarray]]] = []
        shape: tuple[int, ...] | None = None
        for label, rows in tries:
            if shape in (None, rows.shape):
                try:
                    worked.append((label, called(function, rows, one_by_one)))
                    shape = rows.shape
                except UserError as error:
                    failed.append(str(error))
        if worked:
            return one_by_one, worked
    shapes = dict.fromkeys(shown(rows.shape[1:]) for _, rows in tries)
    raise UserError(failed[0] + (f" (tried with rows of {', '.join(shapes)})" if len(shapes) > 1 else ""))


def called(function: ModelFunction, rows: np.ndarray, one_by_one: bool) -> list[np.ndarray]:
    """The outputs of a model, at least one of them with n rows. Raises UserError if there is none."""
    calls = [function(part) for part in (rows[:, None] if one_by_one else [rows])]
    if len({tuple(output.shape for output in call) for call in calls}) > 1:
        raise UserError(f"{function.name} gives results of different shapes for rows of {shown(rows.shape[1:])}")
    outputs = [np.concatenate(each) for each in zip(*calls, strict=True)]
    if not any(len(output) == len(rows) for output in outputs):
        gives = " and ".join(shown(output.shape) for output in outputs) or "nothing"
        raise UserError(f"{function.name} gives {gives} for {shown(rows.shape)}, not {len(rows)} rows")
    return outputs


def check_finite(function: ModelFunction, output: np.ndarray) -> None:
    """Raises UserError if each row of an output has numbers that are not finite."""
    if not np.isfinite(output.reshape(len(output), -1)).all(axis=1).any():
        raise UserError(f"{function.name} returns NaN or infinity for each of {len(output)} rows: check the model")


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-4, atol=1e-6, equal_nan=True))


def error_of(pictures: np.ndarray, images: np.ndarray) -> float:
    """The mean squared error; infinite if it is not finite."""
    error = float(np.mean(np.square(pictures - images)))
    return error if math.isfinite(error) else math.inf


def smallest(found: Iterable[tuple[float, Found]]) -> Found:
    """The first of those whose error is about the smallest."""
    rated = list(found)
    least = min(error for error, _ in rated)
    return next(what for error, what in rated if error <= least * CLOSE + NOTHING)
