"""New images from a space: codes drawn from their density, and how good a set of generated images is.

The measures compare features of generated images with features of real ones, such as the numbers by which a classifier
decides that has seen real images only; pixels alone would count a shifted digit as another one.
"""

from __future__ import annotations

import numpy as np

from explorer.progress import batches
from explorer.spaces import prior
from explorer.spaces.latent_space import LatentSpace

REAL, PRIOR, DENSITY = "real images", "prior", "density"  # where images come from
MUCH_NEARER = "they are much nearer\nto one training image than to all others, as only 1 % of test images are"
MEASURES = {  # heading, format and explanation of what is measured, by its name in a row
    "frechet": (
        "Fréchet",
        "{:.1f}",
        "distance of generated images from test images, by their features;\nless is better",
    ),
    "precision": ("precision", "{:.3f}", "share of generated images that lie among test images; more is better"),
    "recall": ("recall", "{:.3f}", "share of test images that lie among generated images; more is better"),
    "density": ("density", "{:.2f}", "how densely test images lie around generated ones:\nabout 1 for real images"),
    "coverage": ("coverage", "{:.3f}", "share of test images with a generated image near them;\nmore is better"),
    "rarest": ("rarest class", "{:.1%}", "share of the class that is generated least often"),
    "near_copies": ("near-copies", "{:.1%}", "share of generated images that look copied: " + MUCH_NEARER),
}
MOST = 20_000  # codes among which neighbours are looked for: an even sample of more, so that a draw takes one frame
NEAREST = 5  # the neighbour that the ball around a feature reaches: as Naeem et al. 2020
RARE = 0.01  # share of test images that count as near-copies
AT_ONCE = 250  # rows whose distances to all others are computed at once


def sources(space: LatentSpace) -> tuple[str, ...]:
    """What new codes can be drawn from: the prior, where there is one, and the density of the codes."""
    return (PRIOR, DENSITY) if space.has_prior else (DENSITY,)


def drawn(source: str, codes: np.ndarray, count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draws random codes; each is a middle plus the temperature times its noise.

    From the prior, the middle is 0, and the noise is standard normal. From the density, the middle is the code of a
    random image, and the noise is normal with the covariance of the nearest codes around it, so it is small where codes
    are dense. Of n codes with d numbers, the n^(4 / (d + 4)) nearest count, the order that suits densities (Biau,
    Devroye: Lectures on the Nearest Neighbor Method. 2015). At temperature 0 this returns codes of images, or the
    prior's middle; 1 draws from the source itself; at 2, the noise is twice as wide.

    Args:
        source: one of `sources`.
        codes: of the space, (n, d), at least one.

    Returns:
        Middles and noise, (count, d) float32 each, in latent units.
    """
    n, d = codes.shape
    if source == PRIOR:
        return np.zeros((count, d), np.float32), prior.drawn(random, count, d)
    middles = codes[random.integers(0, n, count)]
    sample = codes[:: -(-n // MOST)]
    k = min(max(round(len(sample) ** (4 / (d + 4))), 2), len(sample))
    noise = np.empty((count, d), np.float32)
    for some in batches(count, AT_ONCE):
        around = sample[nearest(middles[some], sample, k)[0]] - middles[some, None]  # (batch, k, d)
        weights = random.standard_normal((len(around), 1, k), np.float32) / np.sqrt(np.float32(k))
        noise[some] = (weights @ around)[:, 0]
    return middles, noise


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


def coverage(made: np.ndarray, real: np.ndarray, reach_of_real: np.ndarray) -> dict[str, float]:
    """Compares features of generated images, (n, d), with those of real ones, (m, d), whose `reach` is given. The reach
    of a feature is the radius of the ball around it.

    Returns:
        precision: share of generated images in the ball of a real one: whether they look real.
        recall: share of real images in the ball of a generated one: whether all that is real is generated
            (Kynkäänniemi et al.: Improved Precision and Recall Metric for Assessing Generative Models. NeurIPS 2019).
        density: mean number of real balls that hold a generated image, divided by `NEAREST`: 1 for real images. The
            large ball of one unusual image does not raise it much, unlike the precision.
        coverage: share of real images whose ball holds a generated one (Naeem et al.: Reliable Fidelity and Diversity
            Metrics for Generative Models. ICML 2020).
    """
    reach_of_made = np.square(reach(made))
    balls, held, recalled = np.zeros(len(made), int), np.zeros(len(real), bool), np.zeros(len(real), bool)
    for some in batches(len(made), AT_ONCE):
        squares = _squares(made[some], real)
        inside = squares <= np.square(reach_of_real)
        balls[some] = inside.sum(axis=1)
        held |= inside.any(axis=0)
        recalled |= (squares <= reach_of_made[some, None]).any(axis=0)
    shares = {"precision": (balls > 0).mean(), "recall": recalled.mean()}
    shares |= {"density": balls.mean() / NEAREST, "coverage": held.mean()}
    return {name: float(share) for name, share in shares.items()}


def likeness(images: np.ndarray, training: np.ndarray) -> np.ndarray:
    """How much nearer each image is to one training image than to all others: its distance to the nearest divided by
    that to the second nearest, (n,), 0 for a copy and 1 for an image between two.

    Args:
        images, training: pixels, (n, …) and (m, …) with m > 1.
    """
    distances = nearest(images, training, 2)[1]
    return np.asarray(distances[:, 0] / np.maximum(distances[:, 1], np.finfo(np.float32).tiny))


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
    return np.asarray(np.maximum(squares, 0, out=squares))
