"""A few named images name all others: each image gets the name of the named one that is nearest to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

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

RIVALS = {"pca": "PCA", "autoencoder-plain": "plain autoencoder", "vae": "VAE"}  # bundled spaces with their titles
PIXELS = "pixels"
ASKED_AMONG = 2000  # training images, drawn at random, of which one is asked for: 16 MB of distances
MOST_JUDGED = 10_000  # test images on which the accuracy is measured
FEWEST_CLASSES, MOST_CLASSES = 2, 36  # the buttons of more would not fit

Name = tuple[int, int]  # the data row of an image, and the class that it was given


def nearest(codes: np.ndarray, named: np.ndarray) -> np.ndarray:
    """Which of the named codes, (k, d), is nearest to each code, (n, d): its index, (n,) intp."""
    middle = named.mean(axis=0)  # else float32 would not tell codes far from 0 apart
    named = named - middle
    found = (codes - middle) @ (-2 * named.T)  # squared distances, without the squares of the codes
    found += np.square(named).sum(axis=1)
    return np.asarray(found.argmin(axis=1))


def groups(space: LatentSpace, names: Sequence[Name]) -> colouring.Groups:
    """The points by the classes that the names give them; all points are the rest as long as there are no names."""
    known = [(point, label) for row, label in names if (point := space.index_of(row)) is not None]
    found = np.full(len(space.codes), -1)
    if known:
        points, labels = np.array(known).T
        found = labels[nearest(space.codes, space.codes[points])]
    members = tuple(np.flatnonzero(found == label) for label in range(len(space.class_names)))
    rest = np.flatnonzero(found < 0)
    return colouring.Groups(colouring.NAMED, "class", members, space.class_names, rest=rest, rest_title="no name yet")


class Judged:
    """Test images that are named by their nearest named image: how many get the right name.

    A name takes one product with the codes of the test images; those of earlier names are kept.

    Args:
        code_of: gives the code of a data row, (d,) float32; None for an image that it does not know.
        test: codes of the test images, (n, d) float32.
        labels: of the test images, (n,).
    """

    def __init__(self, code_of: Callable[[int], np.ndarray | None], test: np.ndarray, labels: np.ndarray) -> None:
        self._code_of, self._middle, self._labels = code_of, test.mean(axis=0), labels
        self._test = test - self._middle
        # to the image of a row, (n,) each, squared, without the squares of the test images
        self._distances: dict[int, np.ndarray] = {}

    def accuracy(self, names: Sequence[Name]) -> float:
        """The share of test images that get the right name, 0..1."""
        for row in {row for row, _ in names} - self._distances.keys():
            if (code := self._code_of(row)) is not None:
                code = code - self._middle
                self._distances[row] = code @ code - 2 * (self._test @ code)
        known = {row: label for row, label in names if row in self._distances}
        if not known:
            return 0.0
        which = np.argmin([self._distances[row] for row in known], axis=0)
        return float(np.mean(np.array(list(known.values()))[which] == self._labels))


def judged(space: LatentSpace, n_train: int) -> Judged | None:
    """The test images of a space, by their codes: those whose data rows begin at `n_train`. None if it has none."""
    test = np.flatnonzero(space.rows >= n_train)[:MOST_JUDGED]
    of = lambda row: None if (point := space.index_of(row)) is None else space.codes[point]  # noqa: E731
    return Judged(of, space.codes[test], space.labels[test]) if len(test) else None


def rivals(probe: SpaceProbe, report: Report, cancelled: Asked) -> dict[str, Judged | None]:
    """The same test images by their pixels and by the codes of bundled spaces, by title; None for a space that is
    missing or has other images."""
    images = probe.known(ORIGINALS)
    n_train, labels = len(images.x_train), images.y_test[:MOST_JUDGED]
    test = comparable(images.images(n_train + np.arange(len(labels))))
    by_pixels = Judged(lambda row: comparable(images.images(np.array([row])))[0], test, labels)
    found: dict[str, Judged | None] = {PIXELS: by_pixels} | dict.fromkeys(RIVALS.values())
    for name, title in RIVALS.items():
        with suppress(UserError):
            space = open_space(locations.WEIGHTS / name)
            found[title] = judged(space, n_train) if space.images == probe.space.images else None
    return found


JUDGED_RIVALS = Analysis("rivals", "reading other spaces", rivals, (ORIGINALS,), of="images")


class Questions:
    """Chooses the image to name next, without labels: the one whose name would lower the distances from all images to
    the nearest named one most.

    Args:
        codes: (n, d) float32.
        train: indices of those that may be asked for, (m,) intp; no test images.
        seed: of the `ASKED_AMONG` images of which one is asked for.
    """

    def __init__(self, codes: np.ndarray, train: np.ndarray, seed: int = 0) -> None:
        self._codes = codes
        self._some = np.random.default_rng(seed).choice(train, min(len(train), ASKED_AMONG), replace=False)
        self._distances = _distances(codes[self._some], codes[self._some])

    def next(self, named: Sequence[int] | np.ndarray) -> int | None:
        """The index of the next image, given those of the named ones, (k,); None if all have names."""
        near = np.full(len(self._some), self._distances.max(initial=0))
        if len(named):
            near = _distances(self._codes[self._some], self._codes[np.asarray(named)]).min(axis=1)
        gains = np.maximum(near - self._distances, 0).sum(axis=1)  # distances are symmetric
        gains[np.isin(self._some, named)] = -1
        best = int(gains.argmax())
        return int(self._some[best]) if gains[best] >= 0 else None

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
