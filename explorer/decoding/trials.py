"""Calls models in different ways, and compares what comes out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from explorer.decoding.adapters import Conventions
from explorer.decoding.callables import ModelFunction
from explorer.decoding.layout import shown
from explorer.errors import UserError

CLOSE = 1.02  # an error that is at most so many times the smallest one is as good: the likelier guess is taken
NOTHING = 1e-6  # an error so small is none: some models reconstruct images of any range

Found = TypeVar("Found")


@dataclass(frozen=True)
class Trial:
    """A layout that a model took or gave, and what came out: outputs of an encoder, or images of a decoder."""

    how: Conventions
    outputs: list[np.ndarray]


def first_that_works(
    function: ModelFunction, tries: Iterable[tuple[Any, np.ndarray]]
) -> list[tuple[Any, list[np.ndarray], bool]]:
    """Calls a function with rows of different shapes and ranges.

    Args:
        tries: a label and the rows, (n, …), of each call.

    Returns:
        Label, outputs, and whether rows must be given one by one; for the first shape that works, in all its ranges.

    Raises:
        UserError: nothing works.
    """
    tries, failed = list(tries), None
    for one_by_one in (False, True):
        worked: list[tuple[Any, list[np.ndarray], bool]] = []
        shape: tuple[int, ...] | None = None
        for label, rows in tries:
            if shape not in (None, rows.shape):
                continue
            try:
                outputs = called(function, rows, one_by_one)
            except UserError as error:
                failed = failed or error
                continue
            shape = rows.shape
            worked.append((label, outputs, one_by_one))
        if worked:
            return worked
    shapes = dict.fromkeys(shown(rows.shape[1:]) for _, rows in tries)
    if len(shapes) > 1:
        raise UserError(f"{failed} (tried with rows of {', '.join(shapes)})")
    raise failed or UserError(f"{function.name} was not called")


def called(function: ModelFunction, rows: np.ndarray, one_by_one: bool) -> list[np.ndarray]:
    """The outputs of a model, at least one of them with n rows. Raises UserError if there is none."""
    if one_by_one:
        calls = [function(row) for row in rows[:, None]]
        alike = {tuple(output.shape for output in call) for call in calls}
        if len(alike) > 1 or not all(output.ndim for output in calls[0]):
            raise UserError(f"{function.name} gives results of different shapes for {shown(rows.shape[1:])}")
        outputs = [np.concatenate(each) for each in zip(*calls, strict=True)]
    else:
        outputs = function(rows)
    if not any(output.ndim and len(output) == len(rows) for output in outputs):
        gives = " and ".join(shown(output.shape) or "a number" for output in outputs) or "nothing"
        raise UserError(f"{function.name} gives {gives} for {shown(rows.shape)}, not {len(rows)} rows")
    return outputs


def check_finite(function: ModelFunction, output: np.ndarray) -> None:
    """Raises UserError if each row of an output has numbers that are not finite."""
    if not np.isfinite(output.reshape(len(output), -1)).all(axis=1).any():
        raise UserError(f"{function.name} returns NaN or infinity for each of {len(output)} rows: check the model")


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-4, atol=1e-6, equal_nan=True))


def error_of(trial: Trial, images: np.ndarray) -> float:
    """The mean squared error of a decoder's pictures, not clipped; infinite if they are not finite."""
    pictures = trial.how.layout.from_model(trial.outputs[0], clip=False)
    error = float(np.mean(np.square(pictures - images)))
    return error if math.isfinite(error) else math.inf


def smallest(found: Iterable[tuple[float, Found]]) -> Found:
    """The first of those whose error is about the smallest."""
    rated = list(found)
    least = min(error for error, _ in rated)
    return next(what for error, what in rated if error <= least * CLOSE + NOTHING)
