"""A few named images name all others: each image gets the name of the named one that is nearest to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from explorer.analysis import colouring
from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.pixels import comparable
from explorer.analysis.probe import Analysis, SpaceProbe
from explorer.errors import UserError
from explorer.files import locations
from explorer.progress import Asked, Report
from explorer.spaces.folder import open_space
from explorer.spaces.latent_space import LatentSpace

RIVALS = ("pca", "autoencoder-plain", "vae")  # bundled spaces that get the same names
PIXELS = "Raw pixels"
ASKED_AMONG = 2000  # training images, drawn at random, of which one is asked for: 16 MB of distances
MOST_JUDGED = 10_000  # test images on which the accuracy is measured
FEWEST_CLASSES, MOST_CLASSES = 2, 36  # the buttons of more would not fit

Name = tuple[int, int]  # the data row of an image, and the class that it was given


def nearest(codes: np.ndarray, named: np.ndarray) -> np.ndarray:
    """Which of the named codes, (k, d), is nearest to each code, (n, d): its index, (n,) intp."""
    middle = named.mean(axis=0)  # else float32 would not tell codes far from 0 apart
    codes, named = codes - middle, named - middle
    found: np.ndarray = (np.square(named).sum(axis=1) - 2 * (codes @ named.T)).argmin(axis=1)
    return found


def groups(space: LatentSpace, names: Sequence[Name]) -> colouring.Groups:
    """The points by the classes that the names give them; all points are the rest as long as there are no names."""
    known = [(point, label) for row, label in names if (point := space.index_of(row)) is not None]
    found = np.full(len(space.codes), -1)
    if known:
        points, labels = np.array(known).T
        found = labels[nearest(space.codes, space.codes[points])]
    members = tuple(np.flatnonzero(found == label) for label in range(len(space.class_names)))
    title, rest = colouring.title(space, "class"), np.flatnonzero(found < 0)
    return colouring.Groups(colouring.NAMED, title, members, space.class_names, rest=rest, rest_title="no name yet")


@dataclass
class Judged:
    """Test images that are named by their nearest named image: how many get the right name.

    A name takes one product with the codes of the test images; those of earlier names are kept.

    Args:
        codes_of: the codes of data rows (k,), (k, d) float32.
        test: codes of the test images, (n, d) float32.
        labels: of the test images, (n,).
    """

    codes_of: Callable[[np.ndarray], np.ndarray]
    test: np.ndarray
    labels: np.ndarray
    _distances: dict[int, np.ndarray] = field(default_factory=dict, repr=False)  # by row, (n,) each

    def __post_init__(self) -> None:
        self._middle = self.test.mean(axis=0)
        self.test = self.test - self._middle

    def accuracy(self, names: Sequence[Name]) -> float:
        """The share of test images that get the right name, 0..1. There must be a name."""
        for row, _ in names:
            if row not in self._distances:
                codes = self.codes_of(np.array([row])) - self._middle  # none, if the space does not have this image
                far = [np.full(len(self.test), np.inf)]
                self._distances[row] = next((code @ code - 2 * (self.test @ code) for code in codes), *far)
        which = np.argmin([self._distances[row] for row, _ in names], axis=0)
        return float(np.mean(np.array([label for _, label in names])[which] == self.labels))


def judged(space: LatentSpace, n_train: int) -> Judged | None:
    """The test images of a space, by their codes; None if it has none.

    Args:
        n_train: number of training images: later data rows are test images.
    """
    test = np.flatnonzero(space.rows >= n_train)[:MOST_JUDGED]
    if not len(test):
        return None
    return Judged(lambda rows: space.codes[space.indices_of(rows)], space.codes[test], space.labels[test])


def rivals(probe: SpaceProbe, report: Report, cancelled: Asked) -> dict[str, Judged | None]:
    """The same test images by their pixels and by the codes of bundled spaces, by title; None for a space that is
    missing or has other images."""
    images = probe.known(ORIGINALS)
    rows = len(images.x_train) + np.arange(min(len(images.y_test), MOST_JUDGED))
    found: dict[str, Judged | None] = {}
    found[PIXELS] = Judged(
        lambda rows: comparable(images.images(rows)), comparable(images.images(rows)), images.y_test[: len(rows)]
    )
    for name in RIVALS:
        try:
            space = open_space(locations.WEIGHTS / name)
        except UserError:
            found[name] = None
            continue
        found[space.title] = judged(space, len(images.x_train)) if space.images == probe.space.images else None
    return found


JUDGED_RIVALS = Analysis("rivals", "reading other spaces", rivals, (ORIGINALS,), of="images")


class Questions:
    """Which image to name next: the one that brings the others nearest to a named one. Knows no labels.

    Args:
        codes: (n, d) float32.
        train: indices of those that may be asked for, (m,) intp; no test images.
        seed: of the `ASKED_AMONG` images of which one is asked for.
    """

    def __init__(self, codes: np.ndarray, train: np.ndarray, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self._codes = codes
        self._some = random.choice(train, min(len(train), ASKED_AMONG), replace=False)
        self._distances = _distances(codes[self._some], codes[self._some])

    def next(self, named: Sequence[int]) -> int | None:
        """The index of the next image, given those of the named ones; None if all have names."""
        near = np.full(len(self._some), self._distances.max(initial=0))
        if len(named):
            near = _distances(self._codes[self._some], self._codes[np.array(named)]).min(axis=1)
        gains = np.maximum(near - self._distances, 0).sum(axis=1)  # distances are symmetric
        gains[np.isin(self._some, named)] = -1
        best = int(gains.argmax()) if len(gains) else 0
        return int(self._some[best]) if len(gains) and gains[best] >= 0 else None

    def first(self, count: int) -> list[int]:
        """The indices of the first images that are asked for."""
        asked: list[int] = []
        while len(asked) < count and (index := self.next(asked)) is not None:
            asked.append(index)
        return asked


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Distances of codes (n, d) to codes (k, d), (n, k) float32."""
    middle = one.mean(axis=0)
    one, other = one - middle, other - middle
    squares = np.square(one).sum(axis=1)[:, None] + np.square(other).sum(axis=1) - 2 * (one @ other.T)
    found: np.ndarray = np.sqrt(np.maximum(squares, 0))
    return found
