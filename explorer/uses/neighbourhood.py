"""True neighbours: the nearest codes in all their dimensions, and how many of them a map keeps as neighbours.

Distances are Euclidean. For codes of length 1, such as those of texts, the order is that of the cosine.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from explorer.analysis.probe import Analysis, SpaceProbe
from explorer.errors import UserError
from explorer.progress import Asked, Report, batches, never, unheard
from explorer.spaces.point_index import PointIndex

NEAREST = 10  # neighbours that are compared
EXACT, SAMPLE = 5000, 500  # up to so many points, all are asked for their neighbours; of more, a random sample
AT_ONCE, BLOCK = 2**23, 2**22  # distances, and numbers of codes in float64, that are in memory together
CACHED = 2**16  # numbers of codes that fit into a core's cache


def nearest(
    codes: np.ndarray, code: np.ndarray, k: int = NEAREST, counts: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of some codes, (n, d), to a code, (d,).

    Args:
        counts: which codes count, (n,) bool; None: all.

    Returns:
        Their indices, nearest first, (m,) intp, and their distances, (m,) float64; m < k if fewer count.
    """
    squares = np.empty(len(codes))
    for some in batches(len(codes), max(CACHED // codes.shape[1], 1)):
        apart = codes[some] - code
        squares[some] = np.einsum("ij,ij->i", apart, apart)
    if counts is not None:
        squares[~counts] = np.inf
        k = min(k, int(counts.sum()))
    order = np.argpartition(squares, k - 1)[:k] if 0 < k < len(squares) else np.argsort(squares)[:k]
    order = order[np.argsort(squares[order], kind="stable")]
    return order, np.sqrt(squares[order])


@dataclass(frozen=True)
class Kept:
    """How much of the true neighbourhood a map keeps.

    Attributes:
        share: of the nearest codes of a point, those that are among its nearest on the map, 0..1; the mean.
        shuffled: the same for a map on which the points have exchanged their places at random.
    """

    share: float
    shuffled: float


def in_words(kept: Kept | None) -> str:
    """One sentence for people; without numbers before they are known."""
    shares = "……" if kept is None else [f"{100 * each:.{0 if each >= 0.02 else 1}f}" for each in astuple(kept)]
    return f"This plane keeps {shares[0]} % of the ten nearest neighbours (shuffled: {shares[1]} %)."


def kept(
    codes: np.ndarray,
    places: np.ndarray,
    k: int = NEAREST,
    seed: int = 0,
    report: Report = unheard,
    cancelled: Asked = never,
) -> Kept:
    """Compares the k nearest codes of each point, or of a random sample of `SAMPLE`, with its k nearest on the map.

    Args:
        codes: (n, d).
        places: of the same points on the map, (n, 2).

    Raises:
        UserError: there are too few points to tell.
        Cancelled: `cancelled()` was true.
    """
    count, rng = len(codes), np.random.default_rng(seed)
    if count <= 2 * k:
        raise UserError(f"too few points to tell how many of the {k} nearest neighbours this plane keeps")
    maps = PointIndex(places), PointIndex(places[rng.permutation(count)])
    asked = np.arange(count) if count <= EXACT else np.sort(rng.choice(count, SAMPLE, replace=False))
    shares = np.empty((2, len(asked)))
    for some in batches(len(asked), max(AT_ONCE // count, 1), report, cancelled):
        truly = _nearest(codes, asked[some], k)
        for which, on_map in enumerate(maps):
            found, _ = on_map.others(k, asked[some])
            shares[which, some] = (truly[:, :, None] == found[:, None]).any(axis=2).mean(axis=1)
    share, by_chance = shares.mean(axis=1).tolist()
    return Kept(share, by_chance)


def _nearest(points: np.ndarray, asked: np.ndarray, k: int) -> np.ndarray:
    """The k nearest others of some points, (m, k) intp, in any order."""
    middle = points.mean(axis=0, dtype=np.float64)  # near 0, differences of squares are exact
    queries = points[asked] - middle
    squares = np.empty((len(asked), len(points)))  # but for those of the queries, which change no order
    for some in batches(len(points), max(BLOCK // points.shape[1], 1)):
        block = points[some] - middle
        squares[:, some] = np.square(block).sum(axis=1) - 2 * queries @ block.T
    squares[np.arange(len(asked)), asked] = np.inf
    return np.argpartition(squares, k - 1, axis=1)[:, :k]


def _kept(probe: SpaceProbe, report: Report, cancelled: Asked) -> Kept:
    return kept(probe.space.codes, probe.space.places, report=report, cancelled=cancelled)


KEPT = Analysis("kept neighbourhood", "comparing neighbours", _kept)
