"""Ways to images: the nearest one that is shown, what a person types into the search, and lists that stand out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from explorer.analysis.analyses import DISPLACEMENTS, ERRORS, LABEL_DISAGREEMENT, NOVELTY_PARTS, LabelDisagreement
from explorer.analysis.novelty import REASONS
from explorer.analysis.probe import Analysis
from explorer.errors import UserError
from explorer.images.datasets import name_of
from explorer.session.state import Place, SharedState
from explorer.spaces.latent_space import LARGEST_CODE, LatentSpace

LONGEST = 200  # images in a list
IMAGE = re.compile(r"(train|test|row|#)?\s*#?\s*(\d{1,12})", re.IGNORECASE)
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
CODE = re.compile(rf"[(\[]?\s*{NUMBER}(?:\s*[,;\s]\s*{NUMBER})+\s*[)\]]?", re.IGNORECASE)
FIELD = re.compile(r"(?P<name>.+?)\s*[=:]\s*(?P<value>.+)")
CLASS = re.compile(r"(?:class|label)(?:\s*[=:]\s*|\s+)(?P<name>.+)", re.IGNORECASE)
YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
EXAMPLES = "type an image (69201, test 17), a class, column=value, or a code (1.5, -2)"


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        title: of what was found, for people.
        points: indices of the images, (m,) intp, ascending; empty where a code was typed.
        code: the code that was typed, (d,) float64, or None.
        single: whether one image was asked for by its number.
    """

    title: str
    points: np.ndarray
    code: np.ndarray | None = None
    single: bool = False


def pin_nearest(space: LatentSpace, shared: SharedState, place: Place) -> int | None:
    """Pins the image nearest to a place and returns its data row; None where none is shown."""
    row = nearest(space, shared, place)
    if row is not None:
        shared.pin(row)
    return row


def nearest(space: LatentSpace, shared: SharedState, place: Place, before: int | None = None) -> int | None:
    """The data row of the image nearest to a place, of the shown classes only; None where none is shown.

    Args:
        before: only lower data rows count.

    All points are looked at, which takes 1 ms for 70,000: a tree of the shown ones may be on its way only.
    """
    distances = np.square(space.places - np.asarray(place, np.float64)).sum(axis=1)  # (n,)
    shown = shared.shown(space.labels)
    if shown is not None:
        distances[~shown] = np.inf
    if before is not None:
        distances[space.rows >= before] = np.inf
    best = int(distances.argmin())
    return int(space.rows[best]) if np.isfinite(distances[best]) else None


def pinned_last(space: LatentSpace, shared: SharedState) -> int | None:
    """The data row of the image that was pinned last, among those of a space; None where none is pinned."""
    return next((row for row in reversed(shared.pins) if space.index_of(row) is not None), None)


def row_in_question(space: LatentSpace, shared: SharedState, place: Place) -> int | None:
    """The data row of the image that was pinned last, or else of the shown one nearest to a place; None where none is
    shown."""
    pinned = pinned_last(space, shared)
    return nearest(space, shared, place) if pinned is None else pinned


def search(text: str, space: LatentSpace, sizes: tuple[int, int] | None) -> Found:
    """What a person means by a text. A whole number is an image: `class 7` is the class with that name.

    Tried in this order: an image's number, a code, a class, `column=value`, the value of a column of texts.

    Args:
        sizes: of the training and the test split; None where the images are not read.

    Raises:
        UserError: nothing is found.
    """
    text = " ".join(text.split())
    if not text:
        raise UserError(EXAMPLES)
    if match := IMAGE.fullmatch(text):
        row = _row(match, sizes)
        index = space.index_of(row)
        if index is None:
            raise UserError(f"{text} is not on this map")
        return Found(name_of(row, sizes and sizes[0]), np.array([index]), single=True)
    if CODE.fullmatch(plain := text.replace("\u2212", "-")):  # a real minus sign
        return Found(text, np.empty(0, np.intp), _code(plain, space))
    if match := CLASS.fullmatch(text):
        return _of_class(match["name"], space) or _nothing(f"there is no class '{match['name']}'")
    if (match := FIELD.fullmatch(text)) and (name := _column(match["name"], space)):
        return _of_column(name, match["value"], space) or _nothing(f"no image has {name} = {match['value']}")
    texts = [name for name, values in space.columns.items() if values.dtype.kind == "U"]
    found = _of_class(text, space) or next(filter(None, (_of_column(name, text, space) for name in texts)), None)
    return found or _nothing(f"nothing found for '{text}': {EXAMPLES}")


def _nothing(why: str) -> NoReturn:
    raise UserError(why)


def _row(match: re.Match, sizes: tuple[int, int] | None) -> int:
    """The data row of an image's number; raises UserError where there is none."""
    split, number = (match[1] or "row").lower().replace("#", "row"), int(match[2])
    if sizes is None:
        if split == "row":
            return number
        raise UserError(f"the images are not read, so {split} numbers are unknown: type #{number}, the row of the data")
    first, size = {"train": (0, sizes[0]), "test": (sizes[0], sizes[1]), "row": (0, sum(sizes))}[split]
    if number >= size:
        raise UserError(f"there is no {split} {number}: the last one is {size - 1}")
    return first + number


def _code(text: str, space: LatentSpace) -> np.ndarray:
    code = np.array([float(each) for each in re.findall(NUMBER, text, re.IGNORECASE)])
    wanted = space.codes.shape[1]
    if len(code) != wanted:
        raise UserError(f"a code of this space has {wanted} numbers, not {len(code)}")
    if not (np.abs(code) <= LARGEST_CODE).all():
        raise UserError(f"'{text}' is beyond every map")
    return code


def _of_class(name: str, space: LatentSpace) -> Found | None:
    """The images of the class with a name, or else of all classes whose names contain it."""
    named = _matching(np.array(space.class_names, str), name)
    if not len(named):
        return None
    title = ", ".join(space.class_names[index] for index in named)
    return Found(f"class {title}", np.flatnonzero(np.isin(space.labels, named)))


def _column(name: str, space: LatentSpace) -> str | None:
    return next((each for each in space.columns if each.casefold() == name.casefold()), None)


def _of_column(name: str, text: str, space: LatentSpace) -> Found | None:
    """The images whose value in a column is this one: for texts, the same or else one that contains it."""
    values = space.columns[name]
    if values.dtype.kind == "U":
        distinct, which = np.unique(values, return_inverse=True)
        points = np.flatnonzero(np.isin(which, _matching(distinct, text)))
    else:
        try:
            wanted = YES_NO.get(text.casefold()) if values.dtype.kind == "b" else float(text.replace("\u2212", "-"))
        except ValueError:
            return None
        equal = values == wanted
        if values.dtype.kind == "f" and wanted is not None:  # 0.1 has no exact float32
            equal = np.isclose(values, wanted, rtol=1e-6, atol=0)
        points = np.flatnonzero(equal)
    return Found(f"{name} = {text}", points) if len(points) else None


def _matching(texts: np.ndarray, wanted: str) -> np.ndarray:
    """Indices of the texts, (m,) intp, that equal the wanted one in any case; if none does, that contain it."""
    folded, wanted = np.array([text.casefold() for text in texts.tolist()], str), wanted.casefold()
    same = np.flatnonzero(folded == wanted)
    return same if len(same) else np.flatnonzero(np.char.find(folded, wanted) >= 0) if len(folded) else same


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
        value: that result and points, one or (m,), to their values.
        form: the format of a value.
        reason: that result and a point to why it is listed, for people; None if the values say so.
        compares: whether it is about two spaces, so that there is none without another one beside.
    """

    title: str
    about: str
    analysis: Analysis[Any]
    measure: str
    ranked: Callable[[Any], np.ndarray]
    value: Callable[[Any, Any], Any]
    form: str
    reason: Callable[[Any, int], str] | None = None
    compares: bool = False

    def worded(self, found: Any, point: int) -> str:
        """The value of a point as people read it, and why it is listed."""
        words = self.form.format(self.value(found, point))
        return f"{words}, {self.reason(found, point)}" if self.reason else words


def _strangest(label_disagreement: LabelDisagreement) -> np.ndarray:
    order = np.lexsort((label_disagreement.distance, -label_disagreement.share))
    return order[label_disagreement.share[order] > 0]


def _descending(values: np.ndarray) -> np.ndarray:
    """The indices of values (n,), the largest first, without those that are NaN."""
    order = np.argsort(-values, kind="stable")
    return order[~np.isnan(values[order])]


UNUSUAL = Listing(
    "Unusual",
    "test images by the novelty score: their error\nand their distance to the training images",
    NOVELTY_PARTS,
    "novelty score",
    lambda parts: _descending(parts.sum(axis=1)),
    lambda parts, points: parts[points].sum(axis=-1),
    "{:.1f}",
    lambda parts, point: REASONS[parts[point].argmax()],
)
LISTINGS = (
    Listing(
        "Large errors",
        "images with the largest\nreconstruction error",
        ERRORS,
        "error",
        _descending,
        lambda errors, points: errors[points],
        "{:.4f}",
    ),
    Listing(
        "Wrong label?",
        "images whose neighbours on the map\nare of another class: the share\nof the ten nearest ones",
        LABEL_DISAGREEMENT,
        "neighbours of another class",
        _strangest,
        lambda label_disagreement, points: 100 * label_disagreement.share[points],
        "{:.0f} %",
    ),
    UNUSUAL,
    Listing(
        "Travelled far",
        "far in one space from their\nneighbours in the other: 1 means\nas far as images at random",
        DISPLACEMENTS,
        "scatter",
        lambda displacements: _descending(displacements.scatter),
        lambda displacements, points: displacements.scatter[points],
        "{:.2f}",
        compares=True,
    ),
)
