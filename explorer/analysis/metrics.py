"""How good a space is, in numbers. Arrays in, floats out.

Images are float32 in [0, 1]; their peak, for PSNR, is 1.
"""

from __future__ import annotations

import numpy as np

FLOOR = 1e-10  # equal images have an infinite PSNR; 100 dB stands for it


def mse(x: np.ndarray, x_rebuilt: np.ndarray) -> float:
    """Mean squared difference over all pixels of all images, 0..1."""
    return float(np.mean(np.square(x - x_rebuilt), dtype=np.float64))


def psnr_db(x: np.ndarray, x_rebuilt: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio of each image, (n,) float64 in dB, at most 100."""
    each = np.square(x - x_rebuilt).reshape(len(x), -1).mean(axis=1, dtype=np.float64)
    return -10 * np.log10(np.maximum(each, FLOOR))


def knn_accuracy(
    train_codes: np.ndarray, train_labels: np.ndarray, codes: np.ndarray, labels: np.ndarray, k: int
) -> float:
    """Share of codes, (n, d), whose k nearest training codes vote for their label, 0..1."""
    from sklearn.neighbors import KNeighborsClassifier

    return float(KNeighborsClassifier(k).fit(train_codes, train_labels).score(codes, labels))


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
    """How far apart the classes lie for their width, −1..1; from 2 to n − 1 classes.

    Rousseeuw: Silhouettes. Journal of Computational and Applied Mathematics 20, 1987. Takes n² time.
    """
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(codes, labels))
