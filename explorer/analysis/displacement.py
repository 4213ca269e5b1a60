"""Displacement: how much the neighbours of each image differ between two spaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.errors import UserError
from explorer.progress import Asked, Report, batches
from explorer.spaces.latent_space import LatentSpace
from explorer.spaces.point_index import PointIndex

AMONG, POINTS = 10, 2000  # neighbours of each image; images per batch: 30 ms, for which other threads wait
REFERENCES = 1000  # a sample of this size stands for all images


@dataclass(frozen=True)
class Displacements:
    """How much each image's neighbourhood differs between two spaces; the same in both directions.

    Attributes:
        overlap: the k-NN overlap: of the `AMONG` nearest neighbours in the first space, the share that are among the
            `AMONG` nearest in the second, (n,) float32, 0..1.
        scatter: how far the neighbours in one space lie from the image in the other, (n,) float32, from 0; 1 means as
            far as random points.

    Both have one value for each point of the first space, NaN if the second one lacks the image.
    """

    overlap: np.ndarray
    scatter: np.ndarray


def displacements(first: LatentSpace, second: LatentSpace, report: Report, cancelled: Asked) -> Displacements:
    """Compares the neighbours of the images that are in both spaces; distances are between codes.

    `scatter` takes the neighbours of one space and their mean distance to the image in the other space, and divides it
    by the image's mean distance to all images there; it is the mean of both directions. Each image has its own
    divisor: with a common one, images at the edge of a map would always come first.

    Args:
        report: takes the finished share, 0..1.
        cancelled: tells whether to stop.

    Raises:
        UserError: the spaces have not two images in common.
        Cancelled: `cancelled()` was true.
    """
    if first.images != second.images:
        raise UserError("the two spaces are made of different images")
    _, here, there = np.intersect1d(first.rows, second.rows, return_indices=True)  # points of either, (m,)
    if len(here) < 2:
        raise UserError("the two spaces have fewer than two images in common")
    codes = first.codes[here], second.codes[there]
    trees = [PointIndex(each) for each in codes]
    references = np.random.default_rng(0).permutation(len(here))[:REFERENCES]
    k = min(AMONG, len(here) - 1)
    overlap, scatter = np.full((2, len(first.rows)), np.nan, np.float32)
    for some in batches(len(here), POINTS, report, cancelled):
        one, other = (tree.others(k, some)[0] for tree in trees)  # (POINTS, k) each
        overlap[here[some]] = (one[:, :, None] == other[:, None, :]).any(axis=2).mean(axis=1)
        to_there, to_here = _apart(codes[1], some, one, references), _apart(codes[0], some, other, references)
        scatter[here[some]] = (to_there + to_here) / 2
    return Displacements(overlap, scatter)


def _apart(codes: np.ndarray, some: slice, neighbours: np.ndarray, references: np.ndarray) -> np.ndarray:
    """The mean distance of some points to their neighbours in another space, divided by that to all points.

    Args:
        codes: (m, d) float32, of all points.
        some: s of the points.
        neighbours: their neighbours in the other space, (s, k) indices.
        references: a sample of all points, (r,) indices.

    Returns:
        (s,) float64; 1 if all points are at one place.
    """
    from scipy.spatial.distance import cdist  # slow to import (0.1 s)

    own = codes[some].astype(np.float64)
    to_neighbours = np.linalg.norm(codes[neighbours] - own[:, None], axis=2).mean(axis=1)
    others = len(references) - np.isin(np.arange(len(codes))[some], references)  # a point is no reference for itself
    to_all = cdist(own, codes[references].astype(np.float64)).sum(axis=1) / others
    return np.asarray(np.divide(to_neighbours, to_all, out=np.ones(len(own)), where=to_all > 0))


def mean_overlap(found: Displacements, first: LatentSpace, rows: np.ndarray) -> float | None:
    """The mean k-NN overlap, 0..1, of the images with these data rows, (m,) integers; None if none has one."""
    overlap = found.overlap[first.indices_of(rows)]
    known = overlap[~np.isnan(overlap)]
    return float(known.mean()) if len(known) else None
