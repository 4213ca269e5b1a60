"""Anomaly detection: how well a score that is high for unusual images tells them from usual ones.

An image is an alarm if its score is at or above a threshold. Shares of usual images that are alarms are false alarms;
shares of unusual images that are alarms are found.
"""

from __future__ import annotations

import numpy as np

from explorer.images import noise

MOSTLY = 0.95  # the share of unusual images that are found, where false alarms are counted
POINT, POINTS = ("threshold", "false_alarms", "found"), 40  # of a curve: the columns of each, and how many
STRENGTH = 0.3  # standard deviation of the noise in `altered`


def auroc(usual: np.ndarray, odd: np.ndarray) -> float:
    """The area under the curve: how often an odd one has a higher score than a usual one, where ties count half.

    Args:
        usual, odd: scores, (n,) and (m,).
    """
    known = np.sort(usual)
    below, not_above = (np.searchsorted(known, odd, side) for side in ("left", "right"))
    return float((below + not_above).mean() / (2 * len(known)))


def false_alarms(usual: np.ndarray, odd: np.ndarray, found: float = MOSTLY) -> float:
    """The share of false alarms, 0..1, at the highest threshold that finds this share of the odd ones."""
    at_least = max(int(np.ceil(found * len(odd) - 1e-9)), 1)
    return float((usual >= np.sort(odd)[-at_least]).mean())


def roc(usual: np.ndarray, odd: np.ndarray, points: int = POINTS) -> np.ndarray:
    """The receiver operating characteristic curve at some of its thresholds: half of them evenly spaced over the odd
    ones, half over the usual ones, the denser the fewer false alarms there are.

    Returns:
        (n, 3) float64, a row for each threshold, ascending: threshold, false alarms, found.
    """
    few = np.geomspace(1 / len(usual), 1, points - points // 2)
    shares = (usual, 1 - few), (odd, np.linspace(0, 1, points // 2))
    thresholds = np.unique([np.quantile(scores, each, method="inverted_cdf") for scores, each in shares])
    beyond = [1 - np.searchsorted(np.sort(scores), thresholds) / len(scores) for scores in (usual, odd)]
    return np.column_stack([thresholds, *beyond])


def altered(images: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Unusual versions of images, (n, height, width[, 3]) float32 in [0, 1], by name; rotated ones of squares only."""
    found = {"inverted": 1 - images, "noisy": noise.noisy(images, STRENGTH, seed)}
    if images.shape[1] == images.shape[2]:
        found["rotated"] = np.ascontiguousarray(np.rot90(images, axes=(1, 2)))
    return found
