"""Ways to an image: the nearest one that is shown, one by its index, and lists of those that stand out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.analysis.analyses import DISPLACEMENTS, ERRORS, LABEL_DISAGREEMENT, LabelDisagreement
from explorer.analysis.displacement import Displacements
from explorer.analysis.probe import Analysis
from explorer.errors import UserError
from explorer.session.state import Place, SharedState
from explorer.space.latent_space import LatentSpace

LONGEST = 200  # images in a list
INDEX = re.compile(r"\s*(train|test|row)?\s*#?\s*(\d{1,12})\s*", re.IGNORECASE)
KINDS = "give an index like 17, 'train 17' or 'test 17'"


def pin_nearest(space: LatentSpace, shared: SharedState, place: Place) -> int | None:
    """Pins the image nearest to a place and returns its data row; None where none is shown."""
    row = nearest(space, shared, place)
    if row is not None:
        shared.pin(row)
    return row


def nearest(space: LatentSpace, shared: SharedState, place: Place) -> int | None:
    """The data row of the image nearest to a place, of the shown classes only; None where none is shown.

    All points are looked at, which takes 1 ms for 70,000: a tree of the shown ones may be on its way only.
    """
    distances = np.square(space.places - np.asarray(place, np.float64)).sum(axis=1)  # (n,)
    shown = shared.shown(space.labels)
    if shown is not None:
        distances[~shown] = np.inf
        if not shown.any():
            return None
    return int(space.rows[distances.argmin()])


def name_of(row: int, n_train: int | None) -> str:
    """What an image goes by: its index within its split, or its data row where the splits are not known."""
    if n_train is None:
        return f"#{row}"
    return f"train {row}" if row < n_train else f"test {row - n_train}"


def row_of(text: str, split: str, n_train: int | None, n_test: int | None) -> int:
    """The data row that a person means.

    Args:
        text: a number, perhaps after "train", "test" or "row".
        split: one of these three, for a bare number.
        n_train, n_test: sizes of the splits; None where they are not known.

    Raises:
        UserError: there is no such image.
    """
    match = INDEX.fullmatch(text)
    if not match:
        raise UserError(f"'{text.strip()}' is no index: {KINDS}" if text.strip() else KINDS)
    split, number = (match[1] or ("row" if "#" in text else split)).lower(), int(match[2])
    if n_train is None or n_test is None:
        if split == "row":
            return number
        raise UserError("the images are not read, so that only data rows are known: give 'row 17'")
    first, size = {"train": (0, n_train), "test": (n_train, n_test), "row": (0, n_train + n_test)}[split]
    if number >= size:
        raise UserError(f"there is no {split} {number}: {split} goes from 0 to {size - 1}")
    return first + number


def percentile(values: np.ndarray, index: int) -> float:
    """How many of the values, (n,), are smaller than one of them, in percent."""
    return 100 * float((values < values[index]).mean())


def rounded(percent: float) -> str:
    """Percent for people: to the unit, and near 100, which it never gets to, to the tenth."""
    return f"{percent:.0f}" if percent < 99 else f"{int(10 * percent) / 10:.1f}"


@dataclass(frozen=True)
class Listing:
    """A list of images that stand out.

    Attributes:
        title: for people, short: all of them stand in one row.
        about: which images it holds, for people, in lines of a few words.
        analysis: whose result it is made from.
        measure: what its values are called, short.
        ranked: that result to the points that are worth a look, (m,) intp, the first one most.
        worded: that result and a point to its value as people read it.
        compares: whether it is about two spaces, so that there is none without another one beside.
    """

    title: str
    about: str
    analysis: Analysis[Any]
    measure: str
    ranked: Callable[[Any], np.ndarray]
    worded: Callable[[Any, int], str]
    compares: bool = False


def _strangest(label_disagreement: LabelDisagreement) -> np.ndarray:
    order = np.lexsort((label_disagreement.distance, -label_disagreement.share))
    return order[label_disagreement.share[order] > 0]


def _farthest(displacements: Displacements) -> np.ndarray:
    order = np.argsort(-displacements.scatter, kind="stable")
    return order[~np.isnan(displacements.scatter[order])]


LISTINGS = (
    Listing(
        "Worst rebuilt",
        "rebuilt with the greatest\nmean squared error",
        ERRORS,
        "error",
        lambda errors: np.argsort(-errors, kind="stable"),
        lambda errors, point: f"{errors[point]:.4f}",
    ),
    Listing(
        "Other class",
        "among another class: how many\nof the ten nearest images are\nnot of their own",
        LABEL_DISAGREEMENT,
        "others",
        _strangest,
        lambda label_disagreement, point: f"{100 * label_disagreement.share[point]:.0f} %",
    ),
    Listing(
        "Travelled far",
        "far in one space from their\nneighbours in the other: 1 means\nas far as images at random",
        DISPLACEMENTS,
        "scatter",
        _farthest,
        lambda displacements, point: f"{displacements.scatter[point]:.2f}",
        compares=True,
    ),
)
