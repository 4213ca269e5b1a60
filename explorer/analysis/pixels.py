"""Finds the images most similar to a given one: exact nearest neighbours in pixel space, faster than brute force."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from explorer.errors import Cancelled
from explorer.images import datasets
from explorer.progress import Asked, Report, at_once, batches, never, unheard

COMPONENTS = 64
MOST_VALUES = 800  # of an image, for the components: the covariance has the square of that
SAMPLE = 10_000  # images that the components are computed from
MOST_COMPARED = 64 * 64 * 3  # values of an image when all others are compared with it
BATCH = 1000  # images at once
ROUNDING = 1e-5  # share of the squared lengths by which a bound in float32 may be too high


class NearestPixels:
    """An index of images that finds the nearest ones to a picture, by Euclidean distance over the pixels.

    Every image gets 65 numbers: its projections on 64 principal components, and the length of the rest. The distance
    between two images' numbers is a lower bound of the distance between the images. True distances are computed in the
    order of these bounds, until the next bound is larger than the k-th best distance. The result is exact, and a search
    among 70,000 images computes a few hundred true distances.

    Args:
        images: returns images by row: (m,) integers to (m, height, width[, 3]) uint8.
        n: how many there are.
        report: takes the finished share, 0..1.
        cancelled: returns whether to stop.

    Attributes:
        n: how many images there are.

    Raises:
        Cancelled: `cancelled()` was true.
    """

    def __init__(
        self, images: Callable[[np.ndarray], np.ndarray], n: int, report: Report = unheard, cancelled: Asked = never
    ) -> None:
        self._images, self.n = images, n
        image_shape = images(np.arange(1)).shape[1:]
        pool, size = _Pool(image_shape), at_once(image_shape, BATCH)
        sample = np.arange(0, n, max(n // SAMPLE, 1))
        covariance, mean = np.zeros((pool.values, pool.values)), np.zeros(pool.values)
        for batch in batches(len(sample), size, cancelled=cancelled):
            values = pool(_flat(images(sample[batch])))
            covariance += values.T @ values
            mean += values.sum(axis=0)
        mean /= len(sample)
        _, vectors = np.linalg.eigh(covariance / len(sample) - np.outer(mean, mean))
        self._pool, self._vectors = pool, np.ascontiguousarray(vectors[:, ::-1][:, :COMPONENTS])  # (values, 64)
        self._features = np.empty((n, self._vectors.shape[1] + 1), np.float32)
        for batch in batches(n, size, report, cancelled):
            self._features[batch] = self._project(_flat(images(np.arange(batch.start, batch.stop))))
        self._squares = np.einsum("ij,ij->i", self._features, self._features)

    def closest(
        self, image: np.ndarray, k: int, shown: np.ndarray | None = None, cancelled: Asked = never
    ) -> tuple[np.ndarray, np.ndarray]:
        """The images most similar to one.

        Args:
            image: (height, width[, 3]) float32 in [0, 1].
            shown: which images count, (n,) bool; all by default.
            cancelled: returns whether to stop.

        Returns:
            Rows of the k nearest images that count, (m,) intp, nearest first (of equal ones, the lower row first), and
            their distances, (m,) float64, in units of one pixel's full range; m < k if fewer count.

        Raises:
            Cancelled: `cancelled()` was true.
        """
        target = np.asarray(image, np.float32).reshape(1, -1)
        feature = self._project(target)[0].astype(np.float32)
        square = feature @ feature
        bounds = self._features @ (-2 * feature)
        bounds += self._squares
        bounds += square
        bounds -= ROUNDING * (self._squares + square)
        rows = np.arange(self.n) if shown is None else np.flatnonzero(shown)
        bounds = bounds[rows]
        k = min(k, len(bounds))
        if k <= 0:
            return np.empty(0, np.intp), np.empty(0)
        best, best_squares = np.empty(0, np.intp), np.empty(0)
        looked_at, size = 0, max(4 * k, 64)
        order = _lowest(bounds, size)
        while looked_at < len(order):
            if cancelled():
                raise Cancelled
            some = order[looked_at : looked_at + size]
            if len(best) == k and bounds[some[0]] > best_squares[-1]:
                break
            found = rows[some]
            squares = np.square(_flat(self._images(found)) - target).sum(axis=1, dtype=np.float64)
            best, best_squares = _merged(np.append(best, found), np.append(best_squares, squares), k)
            if looked_at == 0:  # the k-th distance so far limits which bounds matter
                further = np.flatnonzero(bounds <= best_squares[-1]) if len(best) == k else np.arange(len(bounds))
                further = np.setdiff1d(further, order, assume_unique=True)
                order = np.append(order, further[np.argsort(bounds[further], kind="stable")])
            looked_at += len(some)
        return best, np.sqrt(best_squares)

    def likely(self, images: np.ndarray, k: int, among: int) -> tuple[np.ndarray, np.ndarray]:
        """Which image is probably the most similar one, for each of several: only those with the lowest bounds are
        compared, so that it always takes the same time.

        Args:
            images: (m, height, width[, 3]) float32 in [0, 1].
            k: how many of the lowest bounds are compared.
            among: how many rows count, from the first on; at least one.

        Returns:
            The row of the nearest of these k, (m,) intp, and its distance, (m,) float64, as in `closest`.
        """
        flat = np.asarray(images, np.float32).reshape(len(images), -1)
        features = self._project(flat).astype(np.float32)
        bounds = self._squares[:among] - 2 * (features @ self._features[:among].T)
        k = min(k, among)
        likely = np.argpartition(bounds, k - 1, axis=1)[:, :k]
        rows, distances = np.empty(len(flat), np.intp), np.empty(len(flat))
        for index, (target, some) in enumerate(zip(flat, likely, strict=True)):
            squares = np.square(_flat(self._images(some)) - target).sum(axis=1, dtype=np.float64)
            rows[index], distances[index] = some[squares.argmin()], np.sqrt(squares.min())
        return rows, distances

    def _project(self, images: np.ndarray) -> np.ndarray:
        """Images (m, pixels) float32 to features (m, 65) float64."""
        values = self._pool(images).astype(np.float64) @ self._vectors
        left = np.einsum("ij,ij->i", images, images, dtype=np.float64) - np.einsum("ij,ij->i", values, values)
        return np.column_stack([values, np.sqrt(np.maximum(left, 0))])


class _Pool:
    """Shrinks large images: sums of blocks of pixels, divided so that distances never grow.

    The sum of m pixels is divided by √m: the projection on the direction in which all of them are equal.
    """

    def __init__(self, image_shape: tuple[int, ...], most: int = MOST_VALUES) -> None:
        channels = image_shape[2] if len(image_shape) == 3 else 1
        self._shape = (*image_shape[:2], channels)
        side = math.ceil(math.sqrt(image_shape[0] * image_shape[1] * channels / most))
        self._side = side if side > 1 else 0
        self._edges = [np.arange(0, length, side) for length in image_shape[:2]]
        lengths = [np.diff(edges, append=length) for edges, length in zip(self._edges, image_shape, strict=False)]
        self._weights = (1 / np.sqrt(np.outer(*lengths)))[..., None]
        self.values = len(self._edges[0]) * len(self._edges[1]) * channels

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Images (m, pixels) float32 to (m, values); float32 for small images, which stay as they are, else float64."""
        if not self._side:
            return images
        images = images.reshape(len(images), *self._shape)
        sums = np.add.reduceat(images, self._edges[0], axis=1, dtype=np.float64)
        sums = np.add.reduceat(sums, self._edges[1], axis=2)
        return (sums * self._weights).reshape(len(images), -1)


def comparable(images: np.ndarray) -> np.ndarray:
    """uint8 images (n, height, width[, 3]) as (n, values) float32, as far apart as the images are. Large images
    become about `MOST_COMPARED` sums of blocks: what tells their small pictures apart."""
    image_shape = images.shape[1:]
    pool, size = _Pool(image_shape, MOST_COMPARED), at_once(image_shape, BATCH)
    return np.concatenate([pool(_flat(images[some])).astype(np.float32) for some in batches(len(images), size)])


def _flat(images: np.ndarray) -> np.ndarray:
    """uint8 images 0..255 to (m, pixels) float32 in [0, 1]."""
    return datasets.as_float(images).reshape(len(images), -1)


def _lowest(bounds: np.ndarray, size: int) -> np.ndarray:
    """Indices of the lowest bounds, (size,) or fewer, ascending."""
    lowest = np.argpartition(bounds, size)[:size] if size < len(bounds) else np.arange(len(bounds))
    return lowest[np.argsort(bounds[lowest], kind="stable")]


def _merged(rows: np.ndarray, squares: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k rows of the smallest squares, in order of these, then of rows."""
    order = np.lexsort((rows, squares))[:k]
    return rows[order], squares[order]
