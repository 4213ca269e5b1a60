"""A projection: how codes of more than two numbers lie on the map, and which code a place on the map stands for.

The map is a plane through the space of codes. What leaves the plane is held at fixed numbers, the rest, which a person
can change. This is the only place that knows how many numbers a code has.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

MOST_DIMENSIONS = 512  # numbers of a code
AT_ONCE = 2**17  # numbers of codes that are projected together: they stay in the cache, 4 times as fast as all
SAME = 1e-6  # share of the largest distance among three codes below which they lie on one line

STEPS = 10_000  # of a turn from one plane to another
MOST_STOPS, ENOUGH = 16, 0.99  # planes of a turn through the components; share of the variance

Pair = tuple[int, int]
Kind = Literal["principal", "axes", "through", "turned"]


@dataclass(frozen=True)
class Moments:
    """Mean and covariance of all codes, from which planes are made.

    Attributes:
        mean: (d,) float64, in latent units.
        covariance: (d, d) float64.
        components: (d, d) float64, the principal components as orthonormal rows, the largest variance first.
    """

    mean: np.ndarray
    covariance: np.ndarray
    components: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray) -> Moments:
        """The moments of codes (n, d), n ≥ 1."""
        mean = codes.mean(axis=0, dtype=np.float64)
        away = codes - mean
        covariance = away.T @ away / len(codes)
        return cls(mean, covariance, _principal(covariance))

    @property
    def dimensions(self) -> int:
        return len(self.mean)

    @functools.cached_property
    def variances(self) -> np.ndarray:
        """Of the codes along the principal components, (d,) float64."""
        return np.asarray(np.einsum("ij,ij->i", self.components @ self.covariance, self.components))


@dataclass(frozen=True, eq=False)
class Projection:
    """A plane through the space of codes.

    The code at the place (a, b) is `origin + a · basis[0] + b · basis[1] + rest @ basis[2:]`. Codes of one number have
    only the first axis: b is then without effect, and 0 for every code.

    Attributes:
        kind, chosen: how it was made: "principal" or "axes" with the numbers of two components or axes, from 0, or
            "through" with the data rows of three images, or "turned" with the arguments of `turned`.
        origin: (d,) float64, in latent units.
        basis: (d, d) float64, orthonormal rows. The first two are the plane's directions, the others follow by the
            variance of the codes along them, the largest first.
        rest: (d - 2,) float64, the fixed numbers along the other directions.
        names: of the d directions, such as "z3" or "PC 1".
    """

    kind: Kind
    chosen: tuple[int, ...]
    origin: np.ndarray
    basis: np.ndarray
    rest: np.ndarray
    names: tuple[str, ...]

    @property
    def plane(self) -> np.ndarray:
        """The directions of the map's axes, (2, d), or (1, d) with d = 1."""
        return self.basis[:2]

    @functools.cached_property
    def base(self) -> np.ndarray:
        """The code at the place (0, 0), (d,) float64."""
        return np.asarray(self.origin + self.rest @ self.basis[2:])

    def codes_at(self, places: np.ndarray) -> np.ndarray:
        """Codes, (n, d) float32, of places on the map, (n, 2)."""
        places = np.asarray(places, np.float64)
        return np.asarray(self.base + places[:, : len(self.plane)] @ self.plane, np.float32)

    def places_of(self, codes: np.ndarray) -> np.ndarray:
        """Where codes, (n, d), lie on the map when seen along a right angle, (n, 2) float32."""
        codes, places = np.asarray(codes), np.zeros((len(codes), 2), np.float32)
        rows = max(AT_ONCE // len(self.origin), 1)
        for some in (slice(start, start + rows) for start in range(0, len(codes), rows)):
            places[some, : len(self.plane)] = (codes[some] - self.origin) @ self.plane.T
        return places

    def rest_of(self, code: np.ndarray) -> np.ndarray:
        """The numbers of one code, (d,), along the other directions, (d - 2,)."""
        return np.asarray(self.basis[2:] @ (np.asarray(code, np.float64) - self.origin))

    def distances(self, codes: np.ndarray) -> np.ndarray:
        """How far codes, (n, d), lie from the plane, (n,) float64, in latent units."""
        away = np.asarray(codes) - self.base
        squares = np.einsum("ij,ij->i", away, away) - np.square(away @ self.plane.T).sum(axis=1)
        return np.asarray(np.sqrt(np.maximum(squares, 0)))

    def with_rest(self, rest: np.ndarray) -> Projection:
        """The parallel plane with these numbers, (d - 2,), along the other directions."""
        return dataclasses.replace(self, rest=np.asarray(rest, np.float64))

    def through_code(self, code: np.ndarray) -> Projection:
        """The parallel plane on which a code, (d,), lies."""
        return self.with_rest(self.rest_of(code))

    def turned_to(self, other: Projection) -> Projection:
        """The same plane with its axes turned, or mirrored, to lie as near as possible to those of another one, of the
        same dimensions (Procrustes)."""
        left, _, right = np.linalg.svd(other.plane @ self.plane.T)
        return dataclasses.replace(self, basis=np.concatenate([left @ right @ self.plane, self.basis[2:]]))

    def is_parallel(self, other: Projection) -> bool:
        """Whether every code has the same place on both."""
        return np.array_equal(self.origin, other.origin) and np.array_equal(self.plane, other.plane)


def principal(moments: Moments, first: int = 0, second: int = 1) -> Projection:
    """The plane of two principal components through the mean of the codes, the first two by default."""
    order = _first(moments.dimensions, (first, second), list(range(moments.dimensions)))
    names = tuple(f"PC {each + 1}" for each in order)
    return _made("principal", (first, second), moments.mean, moments.components[order], names)


def axes(moments: Moments, first: int, second: int) -> Projection:
    """The plane of two of the code's own numbers, counted from 0; the other numbers are at their mean."""
    by_variance = np.argsort(-np.diag(moments.covariance), kind="stable").tolist()
    order = _first(moments.dimensions, (first, second), by_variance)
    names = tuple(f"z{each + 1}" for each in order)
    made = _made("axes", (first, second), np.zeros(moments.dimensions), np.eye(moments.dimensions)[order], names)
    return made.through_code(moments.mean)


def through(moments: Moments, codes: np.ndarray, rows: Sequence[int]) -> Projection | None:
    """The plane through three codes, (3, d), d ≥ 2; None if they lie on one line.

    Args:
        rows: the data rows of the three images.
    """
    codes = np.asarray(codes, np.float64)
    directions = sides(codes)
    if directions is None:
        return None
    flat = np.eye(moments.dimensions) - directions.T @ directions
    others = _principal(flat @ moments.covariance @ flat)[: moments.dimensions - 2]
    basis = np.concatenate([_turned(directions), others])
    names = ("first direction", "second direction", *(f"off {each + 1}" for each in range(len(others))))
    return _made("through", tuple(int(row) for row in rows), codes.mean(axis=0), _orthonormal(basis), names)


def stops(moments: Moments) -> tuple[Pair, ...]:
    """The planes of a turn through the principal components, d ≥ 3: pairs of components from 0, such as (0, 1), (2, 3),
    up to those that hold 99 % of the variance, two planes at least and 16 at most.

    Of an odd number of components, the last one takes the place of the one before the last pair's second: (4, 3).
    """
    held = np.cumsum(moments.variances)
    enough = int(np.searchsorted(held, ENOUGH * held[-1])) + 1
    count = min(max((enough + 1) // 2, 2), MOST_STOPS)
    last = moments.dimensions - 1
    return tuple((2 * stop, 2 * stop + 1 if 2 * stop < last else last - 1) for stop in range(count))


def turn_weights(start: Pair, end: Pair, share: float) -> tuple[np.ndarray, np.ndarray]:
    """How much of the start's and of the end's directions the axes have, (2,) float64 each, at a share of a turn, 0..1.
    An axis that both planes have stays."""
    stays = np.equal(start, end)
    angle = share * np.pi / 2
    return np.where(stays, 1.0, np.cos(angle)), np.where(stays, 0.0, np.sin(angle))


def can_turn(dimensions: int, chosen: Sequence[int]) -> bool:
    """Whether there is a plane that `turned` makes of these numbers."""
    if len(chosen) != 5 or not all(0 <= each < dimensions for each in chosen[:4]) or not 0 <= chosen[4] <= STEPS:
        return False
    start, end = chosen[:2], chosen[2:4]
    moved = {other for one, other in zip(start, end, strict=True) if one != other}
    return start[0] != start[1] and end[0] != end[1] and not moved.intersection(start)


def turned(moments: Moments, first: int, second: int, to_first: int, to_second: int, steps: int) -> Projection:
    """The plane of two principal components, turned towards that of two others: its first axis towards `to_first`, its
    second one towards `to_second`. No component may be on both planes, unless on the same axis.

    Args:
        steps: how far, 0..`STEPS`.
    """
    start, end = (first, second), (to_first, to_second)
    basis, variances = moments.components.copy(), moments.variances.copy()
    names = [f"PC {each + 1}" for each in range(moments.dimensions)]
    for one, other, cosine, sine in zip(start, end, *turn_weights(start, end, steps / STEPS), strict=True):
        if one != other:
            pair, turn = [one, other], np.array([[cosine, sine], [-sine, cosine]])
            basis[pair] = turn @ basis[pair]
            variances[pair] = turn**2 @ variances[pair]
            names[one], names[other] = f"PC {one + 1} → {other + 1}", f"PC {other + 1} ← {one + 1}"
    order = _first(moments.dimensions, start, np.argsort(-variances, kind="stable").tolist())
    return _made("turned", (*start, *end, steps), moments.mean, basis[order], tuple(names[each] for each in order))


def sides(codes: np.ndarray) -> np.ndarray | None:
    """Two orthonormal directions, (2, d), of the plane through three codes, (3, d); None if they lie on one line."""
    _, lengths, directions = np.linalg.svd(np.asarray(codes[1:] - codes[0], np.float64), full_matrices=False)
    return None if lengths[1] <= SAME * lengths[0] else np.asarray(directions)


def _made(
    kind: Kind, chosen: tuple[int, ...], origin: np.ndarray, basis: np.ndarray, names: tuple[str, ...]
) -> Projection:
    return Projection(kind, chosen, origin, basis, np.zeros(max(len(basis) - 2, 0)), names)


def _first(dimensions: int, first: tuple[int, int], others: Sequence[int]) -> list[int]:
    """All directions: two chosen ones, then the others in their order."""
    if not all(0 <= each < dimensions for each in first[:dimensions]):
        raise ValueError(f"there are {dimensions} directions, not {first}")
    chosen = list(dict.fromkeys(first[:dimensions]))
    return chosen + [each for each in others if each not in chosen]


def _principal(covariance: np.ndarray) -> np.ndarray:
    """The eigenvectors of a covariance (d, d) as rows, the largest eigenvalue first, each with a fixed sign."""
    return _turned(np.linalg.eigh(covariance)[1].T[::-1])


def _turned(rows: np.ndarray) -> np.ndarray:
    """The same directions, (k, d), each with its largest number positive: a sign would else depend on the machine."""
    largest = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1)
    return np.asarray(rows * np.where(largest < 0, -1.0, 1.0))


def _orthonormal(rows: np.ndarray) -> np.ndarray:
    """Rows, (d, d), that are nearly orthonormal, exactly so; the first two span the same plane."""
    q, r = np.linalg.qr(rows.T)
    return np.asarray((q * np.where(np.diag(r) < 0, -1.0, 1.0)).T)
