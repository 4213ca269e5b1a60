"""What the dots can be coloured by, and which dots then have the same colour; the colours themselves are drawing's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.analysis.analyses import ERRORS, SPLIT, SPREAD
from explorer.analysis.probe import Analysis
from explorer.errors import UserError
from explorer.spaces import prior
from explorer.spaces.latent_space import LatentSpace

STEPS = 64  # of a continuous colouring: so many stamps for 70,000 points are drawn in 32 ms
TAIL = 0.01  # share of the values beyond each limit of a continuous colouring: a stray one would use up all colours
FEW = 12  # distinct integers; more are numbers
MOST_CATEGORIES = 24  # the others, which have the fewest points, share a colour
NAMED = "named"  # groups of points by a person's names: see `explorer.uses.naming`; no colouring to choose
COLUMN = "column "  # begins the names of colourings by a column
MOST_CLOUDS = 16  # numbers of a code whose deviations are in the menu
COMPUTED: dict[str, tuple[Analysis[np.ndarray], str, str]] = {  # what needs an analysis: which, its title and unit
    "error": (ERRORS, "reconstruction error", "mean squared difference"),
    "spread": (SPREAD, "distance to 10th nearest", "latent units"),
    "split": (SPLIT, "train / test", ""),
}
NEEDED = {name: analysis for name, (analysis, *_) in COMPUTED.items()}
QUANTILES = "quantiles of the prior"  # the unit of distances where they are the map's
LOGARITHMIC = {"spread"}
MOST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class Groups:
    """Points that have the same colour.

    Attributes:
        name: of the colouring.
        title: what people call it.
        members: of each category, or of each of `STEPS` steps from low to high, the indices of its points, (m,) intp,
            ascending. Without categories and limits there is one group of all points.
        categories: what people call them; none where the colouring is continuous.
        limits: the values at which the first step begins and the last one ends; None where there are categories.
        unit: of the values.
        logarithmic: whether a step is a factor, and not a difference.
        beyond: whether there are values below and above the limits; they belong to the first and the last step.
        rest: the points without a value, or of rare categories, (m,) intp, ascending.
        rest_title: what people call those.
    """

    name: str
    title: str
    members: tuple[np.ndarray, ...]
    categories: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None
    unit: str = ""
    logarithmic: bool = False
    beyond: tuple[bool, bool] = (False, False)
    rest: np.ndarray = field(default_factory=lambda: np.empty(0, np.intp))
    rest_title: str = ""


def names(space: LatentSpace) -> tuple[str, ...]:
    """The colourings that a space can have, the usual one first."""
    clouds = prior.columns(space.dimensions) if space.dimensions > MOST_CLOUDS else ()  # too many for a menu
    return ("class", *COMPUTED, *(COLUMN + name for name in space.columns if name not in clouds))


def named(space: LatentSpace, name: str) -> str:
    """One of `names(space)`; a column goes by its own name as well. Raises UserError for another one."""
    if name in space.columns and name not in names(space):
        return COLUMN + name
    if name not in names(space):
        known = ", ".join(each.removeprefix(COLUMN) for each in names(space))
        raise UserError(f"dots cannot be coloured by '{name}' here: there is {known}")
    return name


def title(space: LatentSpace, name: str) -> str:
    """What people call a colouring."""
    if name == "class":
        return "class" if space.class_names else "none"
    return COMPUTED[name][1] if name in COMPUTED else name.removeprefix(COLUMN)


def numbers(space: LatentSpace, name: str, results: Mapping[Analysis[Any], Any]) -> np.ndarray | None:
    """The numbers, (n,), that a continuous colouring goes by, NaN where there is none; None for categories.

    Args:
        name, results: as of `groups`.
    """
    if name in ("class", "split"):
        return None
    if name in COMPUTED:
        computed: np.ndarray = results[NEEDED[name]]
        return computed
    values = space.columns[name.removeprefix(COLUMN)]
    kind = values.dtype.kind
    return None if kind in "Ub" or (kind in "iu" and len(np.unique(values)) <= FEW) else values


def groups(
    space: LatentSpace,
    name: str,
    results: Mapping[Analysis[Any], Any],
    limits: tuple[float, float] | None = None,
) -> Groups:
    """The points by their colours.

    Args:
        name: one of `names(space)`.
        results: of the analyses that are known, with that of `NEEDED[name]` among them, if there is one.
        limits: of a continuous colouring; by default those that leave out stray values.
    """
    if name == "class":
        return by_class(space)
    what = title(space, name)
    if name == "split":
        test = results[SPLIT]
        return Groups(name, what, (np.flatnonzero(~test), np.flatnonzero(test)), ("train", "test"))
    values = numbers(space, name, results)
    if values is None:
        return _categories(name, what, space.columns[name.removeprefix(COLUMN)])
    unit = COMPUTED[name][2] if name in COMPUTED else ""
    unit = QUANTILES if name == "spread" and space.coordinates == "quantiles" else unit
    return _continuous(name, what, values, unit, limits)


def by_class(space: LatentSpace) -> Groups:
    """A group for each class, also for one without points; without classes, one of all points."""
    order = np.argsort(space.labels, kind="stable")
    bounds = np.searchsorted(space.labels[order], range(1, max(len(space.class_names), 1)))
    members = tuple(np.split(order, bounds))
    return Groups("class", title(space, "class"), members, space.class_names)


def _categories(name: str, what: str, values: np.ndarray) -> Groups:
    distinct, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    kept = np.arange(len(distinct))
    if values.dtype.kind == "U":
        kept = kept[distinct != ""]  # an empty field of a table
    rare = len(kept) > MOST_CATEGORIES
    if rare:
        kept = np.sort(kept[np.argsort(-counts[kept], kind="stable")[:MOST_CATEGORIES]])
    spoken = {"True": "yes", "False": "no"} if values.dtype.kind == "b" else {}
    members = tuple(np.flatnonzero(which == index) for index in kept)
    categories = tuple(spoken.get(str(each), str(each)) for each in distinct[kept])
    rest = np.flatnonzero(~np.isin(which, kept))
    return Groups(name, what, members, categories, rest=rest, rest_title="others" if rare else "no value")


def _continuous(name: str, what: str, values: np.ndarray, unit: str, limits: tuple[float, float] | None) -> Groups:
    known = np.flatnonzero(~np.isnan(values))
    given = values[known].astype(np.float64)
    low, high = limits or robust_limits(given)
    logarithmic = name in LOGARITHMIC and low > 0
    share = shares(np.clip(given, low, high), low, high, logarithmic)
    steps = np.minimum((share * STEPS).astype(np.intp), STEPS - 1)
    order = np.argsort(steps, kind="stable")
    members = np.split(known[order], np.searchsorted(steps[order], range(1, STEPS)))
    beyond = bool((given < low).any()), bool((given > high).any())
    rest = np.flatnonzero(np.isnan(values))
    return Groups(name, what, tuple(members), (), (low, high), unit, logarithmic, beyond, rest, "no value")


def shares(values: np.ndarray, low: float, high: float, logarithmic: bool = False) -> np.ndarray:
    """Where values within the limits lie on the way from the lower to the upper one, 0..1."""
    if logarithmic:
        return np.divide(np.log(values / low), np.log(high / low))
    largest = max(abs(low), abs(high))  # else the difference of two huge numbers is infinite
    return np.divide(values / largest - low / largest, high / largest - low / largest)


def robust_limits(values: np.ndarray) -> tuple[float, float]:
    """Between which values colours differ: the 1st and the 99th percentile, of what is finite; always low < high."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not len(finite):
        return 0.0, 1.0
    low, high = (float(value) for value in np.quantile(finite, (TAIL, 1 - TAIL), method="nearest"))
    if low == high:  # nearly all are alike
        low, high = float(finite.min()), float(finite.max())
    if low == high:
        low, high = low - (abs(low) / 100 or 0.5), high + (abs(high) / 100 or 0.5)
        low, high = max(low, -MOST), min(high, MOST)
    return low, high
