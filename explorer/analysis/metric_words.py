"""The measured figures of a space, as its card has them, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

LARGEST = 1e15  # of a metric that can be told


@dataclass(frozen=True)
class Figure:
    """How one of a card's metrics is told.

    Attributes:
        title: what people call it.
        worded: its value, a finite number, in words.
        explanation: what it means, in lines for a tooltip.
        better: which of two values is the better one; empty where neither is.
    """

    title: str
    worded: Callable[[float], str]
    explanation: str
    better: Literal["less", "more", ""] = ""


def _decimals(count: int, unit: str = "") -> Callable[[float], str]:
    return lambda value: f"{value:,.{count}f}{unit}".replace("-", "−")


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


# By their names in a card's metrics, in the order in which they are shown; the last ones belong to one kind each.
FIGURES: dict[str, Figure] = {
    "mse": Figure(
        "MSE",
        _decimals(4),
        "mean squared error of rebuilt test images,\nover pixels from 0 to 1; less is better",
        "less",
    ),
    "knn_10": Figure(
        "10-NN", _percent, "test images whose 10 nearest training images\non the map vote for their class", "more"
    ),
    "psnr_db": Figure(
        "PSNR",
        _decimals(1, " dB"),
        "peak signal-to-noise ratio of rebuilt test images;\nmore is better",
        "more",
    ),
    "trustworthiness_12": Figure(
        "trustworthiness",
        _decimals(3),
        "whether the 12 neighbours of a test image on the map\nare its neighbours in pixels too; at best 1",
        "more",
    ),
    "parameters": Figure("parameters", _decimals(0), "weights of encoder and decoder", "less"),
    "training_seconds": Figure("training time", _time, "on the machine that trained it"),
    "elbo": Figure(
        "ELBO, nats", _decimals(1), "lower bound of the test images' log-likelihood;\nmore is better", "more"
    ),
    "reconstruction_nats": Figure(
        "rebuilding, nats",
        _decimals(1),
        "the part of the lower bound that is about\nhow well test images are rebuilt",
        "less",
    ),
    "kl_nats": Figure(
        "KL, nats", _decimals(1), "Kullback-Leibler divergence of codes from their prior:\nwhat a code tells"
    ),
    "denoised_psnr_db": Figure(
        "denoised PSNR",
        _decimals(1, " dB"),
        "how close what is rebuilt from noisy test images\ncomes to the clean ones; more is better",
        "more",
    ),
    "confidence": Figure(
        "confidence",
        _decimals(2),
        "how sure a classifier that has seen real images alone is,\non average, of the class of a new one; at best 1",
        "more",
    ),
    "classes_made": Figure("classes made", _decimals(0), "that this classifier finds among new images", "more"),
}


def figures(metrics: Any) -> dict[str, str]:
    """What a card's metrics have of `FIGURES`, in words."""
    found = metrics if isinstance(metrics, dict) else {}
    return {name: FIGURES[name].worded(found[name]) for name in FIGURES if is_number(found.get(name))}


def is_number(value: Any) -> bool:
    """Whether a metric is one that can be told."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) < LARGEST  # no NaN either


def better(name: str, first: Any, second: Any) -> int | None:
    """Which of two cards' metrics has the better value of a figure, 0 or 1; None where neither has."""
    values = [metrics.get(name) if isinstance(metrics, dict) else None for metrics in (first, second)]
    if not FIGURES[name].better or not all(map(is_number, values)) or values[0] == values[1]:
        return None
    return int((values[1] < values[0]) == (FIGURES[name].better == "less"))
