"""New images from a space: codes drawn from their density, and how good a set of generated images is.

The measures compare features of generated images with features of real ones, such as the numbers by which a classifier
decides that has seen real images only; pixels alone would count a shifted digit as another one.
"""

from __future__ import annotations

import numpy as np

from explorer.progress import batches

NEAREST = 3  # the neighbour that the ball around a feature reaches: as Kynkäänniemi et al. 2019
RARE = 0.01  # share of test images that count as near-copies
AT_ONCE = 1000  # rows whose distances to all others are computed at once


def kernels(codes: np.ndarray, count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draws from the density of codes: each drawn code is a middle plus the temperature times its noise.

    A middle is the code of a random image. Its noise is normal, with the covariance of the nearest codes around it, so
    that it is small where codes are dense and has the shape of the gap or ridge there. With n codes of d numbers, the
    nearest are n^(4 / (d + 4)), the best order for a density by nearest neighbours (Biau, Devroye: Lectures on the
    Nearest Neighbor Method. 2015). At temperature 0, the drawn codes are codes of images; 1 draws from the density;
    at 2, the noise is twice as wide.

    Args:
        codes: (n, d), at least one.

    Returns:
        Middles and noise, (count, d) float32 each, in latent units.
    """
    n, d = codes.shape
    middles = codes[random.integers(0, n, count)]
    noise = np.zeros_like(middles, np.float64)
    k = max(round(n ** (4 / (d + 4))), 1)
    for some in batches(count, AT_ONCE):
        around = codes[nearest(middles[some], codes, k)[0]] - middles[some, None]  # (batch, k, d)
        weights = random.standard_normal((len(around), 1, k)) / np.sqrt(k)
        noise[some] = (weights @ around)[:, 0]
    return middles.astype(np.float32), noise.astype(np.float32)


def frechet(first: np.ndarray, second: np.ndarray) -> float:
    """The Fréchet distance between two sets of features, (n, d) and (m, d), each taken as a normal distribution.

    ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁^½ Σ₂ Σ₁^½)^½) with means μ and covariances Σ (Heusel et al.: GANs Trained by a Two
    Time-Scale Update Rule Converge to a Local Nash Equilibrium. NeurIPS 2017). Both roots are of symmetric matrices
    without negative eigenvalues, so a feature that never varies does no harm.
    """
    (mean_1, spread_1), (mean_2, spread_2) = _moments(first), _moments(second)
    values, vectors = np.linalg.eigh(spread_1)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    common = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ spread_2 @ root), 0)).sum()
    return float(np.square(mean_1 - mean_2).sum() + np.trace(spread_1) + np.trace(spread_2) - 2 * common)


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (d,) and covariance (d, d) of features (n, d)."""
    features = np.asarray(features, np.float64)
    return features.mean(axis=0), np.atleast_2d(np.cov(features, rowvar=False))


def reach(features: np.ndarray) -> np.ndarray:
    """The distance from each feature (n, d) to its `NEAREST`-th neighbour among the others, (n,)."""
    return nearest(features, features, NEAREST + 1)[1][:, -1]  # the first is itself


def within(features: np.ndarray, others: np.ndarray, reach_of_others: np.ndarray) -> float:
    """The share of features (n, d) that lie in the ball of at least one of the others (m, d), 0..1.

    With balls around real images this is the precision of generated ones; with balls around generated images, it is the
    recall of real ones (Kynkäänniemi et al.: Improved Precision and Recall Metric for Assessing Generative Models.
    NeurIPS 2019).
    """
    squares = np.square(reach_of_others)
    inside = [(_squares(features[some], others) <= squares).any(axis=1) for some in batches(len(features), AT_ONCE)]
    return float(np.concatenate(inside).mean())


def likeness(images: np.ndarray, training: np.ndarray) -> np.ndarray:
    """How much nearer each image is to one training image than to all others: its distance to the nearest divided by
    that to the second nearest, (n,), 0 for a copy and 1 for an image between two.

    Args:
        images, training: pixels, (n, …) and (m, …) with m > 1.
    """
    distances = nearest(images, training, 2)[1]
    return distances[:, 0] / np.maximum(distances[:, 1], np.finfo(np.float32).tiny)


def near_copies(of_images: np.ndarray, of_tests: np.ndarray) -> float:
    """The share of images that are near-copies of training images, 0..1: with a `likeness` below that of all but `RARE`
    of the test images, which cannot be copies. An honest generator has about `RARE`."""
    return float((of_images < np.quantile(of_tests, RARE)).mean())


def rarest(probabilities: np.ndarray) -> float:
    """The share of images in the rarest class, 0..1, by their probabilities (n, classes)."""
    return float(np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1]).min() / len(probabilities))


def nearest(points: np.ndarray, others: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of others (m, …) for each point (n, …), by Euclidean distance.

    Returns:
        Their indices, (n, k) intp, and their distances, (n, k) float32, nearest first; fewer columns if m < k.
    """
    k = min(k, len(others))
    indices, distances = np.empty((len(points), k), np.intp), np.empty((len(points), k), np.float32)
    for some in batches(len(points), AT_ONCE):
        squares = _squares(points[some], others)
        near = np.argpartition(squares, k - 1, axis=1)[:, :k]
        found = np.take_along_axis(squares, near, axis=1)
        order = found.argsort(axis=1)
        indices[some] = np.take_along_axis(near, order, axis=1)
        distances[some] = np.sqrt(np.take_along_axis(found, order, axis=1))
    return indices, distances


def _squares(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances of points (n, …) to others (m, …), (n, m) float32."""
    points, others = (np.asarray(each, np.float32).reshape(len(each), -1) for each in (points, others))
    squares = -2 * (points @ others.T)
    squares += np.einsum("ij,ij->i", others, others)
    squares += np.einsum("ij,ij->i", points, points)[:, None]
    return np.maximum(squares, 0, out=squares)
