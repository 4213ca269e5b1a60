"""Metrics of a space: how each is measured, what it is called, and which of two values is better.

Images are float32 in [0, 1]; their peak, for PSNR, is 1.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

FLOOR = 1e-10  # equal images have an infinite PSNR; 100 dB is given instead
LARGEST = 1e15  # value of a card's metric that is shown


def mse(x: np.ndarray, x_reconstructed: np.ndarray) -> float:
    """Mean squared difference over all pixels of all images, 0..1."""
    return float(np.mean(np.square(x - x_reconstructed), dtype=np.float64))


def mse_of_each(x: np.ndarray, x_reconstructed: np.ndarray) -> np.ndarray:
    """Mean squared difference over the pixels of each image, (n,) float64, 0..1."""
    return np.asarray(np.square(x - x_reconstructed).reshape(len(x), -1).mean(axis=1, dtype=np.float64))


def psnr_of(mse: float) -> float:
    """The PSNR in dB, at most 100, of a mean squared error over images in [0, 1]."""
    return -10 * math.log10(max(mse, FLOOR))


def psnr_db(x: np.ndarray, x_reconstructed: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio of each image, (n,) float64 in dB, at most 100."""
    return np.asarray(-10 * np.log10(np.maximum(mse_of_each(x, x_reconstructed), FLOOR)))


def knn_accuracy(
    train_codes: np.ndarray, train_labels: np.ndarray, codes: np.ndarray, labels: np.ndarray, k: int
) -> float:
    """Share of codes, (n, d), whose k nearest training codes vote for their label, 0..1."""
    from sklearn.neighbors import KNeighborsClassifier

    with warnings.catch_warnings():  # classes of few images are no mistake
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        return float(KNeighborsClassifier(k).fit(train_codes, train_labels).score(codes, labels))


def one_label_accuracy(
    train_codes: np.ndarray, train_labels: np.ndarray, codes: np.ndarray, labels: np.ndarray, draws: int = 100
) -> float:
    """How well one labelled image of each class names the others: the share of codes, (n, d), whose nearest labelled
    training code has their label, 0..1. The mean of several draws, always the same ones."""
    from scipy.spatial import KDTree

    random, classes = np.random.default_rng(0), np.unique(train_labels)
    members = [np.flatnonzero(train_labels == each) for each in classes]
    shares = []
    for _ in range(draws):
        labelled = KDTree(train_codes[[random.choice(rows) for rows in members]])
        shares.append(np.mean(classes[labelled.query(codes)[1]] == labels))
    return float(np.mean(shares))


def trustworthiness(x: np.ndarray, codes: np.ndarray, k: int) -> float:
    """Whether neighbours on the map, codes (n, d), are neighbours in x, (n, pixels); 0..1, n above 2 k.

    Venna, Kaski: Neighborhood Preservation in Nonlinear Projection Methods. ICANN 2001. Takes n² numbers.
    """
    from sklearn.manifold import trustworthiness

    return float(trustworthiness(x, codes, n_neighbors=k))


def continuity(x: np.ndarray, codes: np.ndarray, k: int) -> float:
    """Whether neighbours in x, (n, pixels), are neighbours on the map: trustworthiness the other way round."""
    return trustworthiness(codes, x, k)


def silhouette(codes: np.ndarray, labels: np.ndarray) -> float:
    """How far apart the classes lie compared with their width, −1..1; needs 2 to n − 1 classes.

    Rousseeuw: Silhouettes. Journal of Computational and Applied Mathematics 20, 1987. Takes n² time.
    """
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(codes, labels))


@dataclass(frozen=True)
class Metric:
    """How a metric of a card is shown.

    Attributes:
        title: its name on the screen.
        form: a finite value to text, with an ASCII minus sign.
        explanation: what it means, in lines for a tooltip.
        better: whether less or more is better; empty where neither is.
    """

    title: str
    form: Callable[[float], str]
    explanation: str
    better: Literal["less", "more", ""] = ""

    def worded(self, value: float) -> str:
        """A finite value in words, with a real minus sign."""
        return self.form(value).replace("-", "−")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


_INTEGER, _DECIMAL, _DB = "{:,.0f}".format, "{:,.1f}".format, "{:,.1f} dB".format

# By their names in a card, in the order in which they are shown. Only one kind of space has each of the last ones.
METRICS: dict[str, Metric] = {
    "mse": Metric(
        "MSE",
        "{:,.4f}".format,
        "mean squared error: the average squared difference between\nthe pixels of test images and of their "
        "reconstructions,\nwith pixels from 0 to 1; less is better",
        "less",
    ),
    "knn_10": Metric(
        "10-NN",
        _percent,
        "accuracy of a 10-nearest-neighbour classifier on the codes:\nthe share of test images whose 10 nearest "
        "training images\nvote for the right class; more is better",
        "more",
    ),
    "psnr_db": Metric(
        "PSNR", _DB, "peak signal-to-noise ratio of the reconstructed test images;\nmore is better", "more"
    ),
    "trustworthiness_12": Metric(
        "trustworthiness",
        "{:,.3f}".format,
        "whether neighbours on the map are neighbours in pixels, too:\nit falls with each of the 12 nearest test "
        "images on the map\nthat is not among the 12 most alike in pixels; at best 1",
        "more",
    ),
    "parameters": Metric("parameters", _INTEGER, "number of weights in encoder and decoder; less is simpler", "less"),
    "training_seconds": Metric("training time", _time, "on the machine that trained it"),
    "elbo": Metric("ELBO, nats", _DECIMAL, "lower bound of the test images' log-likelihood;\nmore is better", "more"),
    "reconstruction_nats": Metric(
        "rec. loss, nats",
        _DECIMAL,
        "the part of the ELBO that measures how well\ntest images are reconstructed; less is better",
        "less",
    ),
    "kl_nats": Metric(
        "KL, nats",
        _DECIMAL,
        "Kullback-Leibler divergence of an image's codes from\nthe prior: how much a code tells about its image",
    ),
    "denoised_psnr_db": Metric(
        "denoised PSNR",
        _DB,
        "peak signal-to-noise ratio of reconstructions of noisy test\nimages, compared with clean ones; more is better",
        "more",
    ),
    "confidence": Metric(
        "confidence",
        "{:,.2f}".format,
        "how sure a classifier trained on real images is of the\nclass of a generated image, on average; at best 1",
        "more",
    ),
    "classes_made": Metric(
        "classes made", _INTEGER, "how many classes this classifier finds among generated images", "more"
    ),
}


def in_words(metrics: Any) -> dict[str, str]:
    """The values of the `METRICS` in a card, as text, by name."""
    values = {name: metric_of(metrics, name) for name in METRICS}
    return {name: METRICS[name].worded(value) for name, value in values.items() if value is not None}


def is_number(value: Any) -> bool:
    """Whether a metric is a number that can be shown."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST  # no NaN either


def metric_of(metrics: Any, name: str) -> float | None:
    """A metric out of a card's metrics; None where it is missing, or no number that can be shown."""
    value = metrics.get(name) if isinstance(metrics, dict) else None
    return value if is_number(value) else None


def better(name: str, first: Any, second: Any) -> int | None:
    """Which of two cards has the better value, 0 or 1; None if neither has."""
    one, other = metric_of(first, name), metric_of(second, name)
    if not METRICS[name].better or one is None or other is None or one == other:
        return None
    return int((other < one) == (METRICS[name].better == "less"))
