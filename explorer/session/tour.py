"""A guided tour through the spaces: what each idea is, where to look, what to try, and which metrics it changed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.analysis.metrics import METRICS, better, metric_of
from explorer.errors import UserError
from explorer.session.state import Place, opening_place
from explorer.spaces import view
from explorer.spaces.card import read_card
from explorer.spaces.folder import WEIGHTS
from explorer.spaces.latent_space import LatentSpace
from explorer.spaces.point_index import PointIndex
from explorer.uses.measured import USES

CORE = 0.5  # share of a class, nearest to its median, that counts when its border is searched
TIP = 0.9  # share of a class that lies nearer to the middle than its tip
NODES = 32  # along each side of the lattice on which the loneliest place is searched
PLAIN, PLAIN_TITLE = "autoencoder-plain", "Plain autoencoder"  # no stop; others are compared with it

Rule = Callable[..., np.ndarray | None]  # from a space and the codes of each class to a code, (2,), or None


@dataclass(frozen=True)
class Gain:
    """A metric of a stop, and what it is compared with.

    Attributes:
        metric: one of `explorer.analysis.metrics.METRICS`.
        over: the space to compare with, or None.
        before: another metric of the same card to compare with; "" for none.
        change: names of the two values, "one → other"; "" for the names of the spaces.
        name: its title at this stop; "" for its usual title.
    """

    metric: str
    over: str | None = None
    before: str = ""
    change: str = ""
    name: str = ""


@dataclass(frozen=True)
class Stop:
    """One stop of the tour.

    Attributes:
        space: the name of its folder in `weights/`.
        title: its usual name.
        year: of the publications that introduced it.
        text: what the idea is, and what it changed; two or three sentences.
        look: what to see at the place.
        place: takes a space and returns the code that `look` is about. It is computed from codes and labels, and lies
            within the default view; without these classes it is where the window opens.
        task: what to try, with which keys or controls.
        gains: the metrics that the idea changed.
        remark: follows the metrics.
        tab: the tab that it opens; "" for none.
        choice: what it chooses in that tab; "" for nothing.
        measured: what `model.py apply` measured for it, from the rows in the card of its space, in words; None where
            `gains` tell.
    """

    space: str
    title: str
    year: str
    text: str
    look: str
    place: Callable[[LatentSpace], Place]
    task: str
    gains: tuple[Gain, ...] = ()
    remark: str = ""
    tab: str = ""
    choice: str = ""
    measured: Callable[[Mapping[str, Any]], str] | None = None


# ---- places ----------------------------------------------------------------------------------------


def by(rule: Rule, *names: str) -> Callable[[LatentSpace], Place]:
    """A function that applies a rule about classes, by their names, to any space."""

    def place(space: LatentSpace) -> Place:
        space = space.in_coordinates("plain")
        classes = [_inmost_first(space, name) for name in names]
        code = rule(space, *classes) if all(map(len, classes)) else None
        found = None if code is None else space.place_of(code)
        if found is None or not view.inside(np.array([found]), view.home(space))[0]:
            return opening_place(space)
        return found

    return place


def heart(space: LatentSpace, codes: np.ndarray) -> np.ndarray:
    """The image of a class that is nearest to the median of its codes."""
    return codes[0]


def middle(space: LatentSpace, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Halfway between the medians of two classes."""
    return (np.median(first, axis=0) + np.median(second, axis=0)) / 2


def strait(space: LatentSpace, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Halfway between two classes where their cores come nearest to each other."""
    near, far = (codes[: max(round(CORE * len(codes)), 1)] for codes in (first, second))
    shore = PointIndex(far)
    found = [shore.nearest(tuple(code)) for code in near]
    here = int(np.argmin([distance for _, distance in found]))
    return (near[here] + far[found[here][0]]) / 2


def tip(space: LatentSpace, codes: np.ndarray) -> np.ndarray:
    """An image of a class far from the middle of all classes: the outer end of a ray."""
    hearts = [np.median(space.codes[space.labels == label], axis=0) for label in np.unique(space.labels)]
    distances = np.linalg.norm(codes - np.mean(hearts, axis=0), axis=1)
    return codes[np.argsort(distances)[int(TIP * (len(codes) - 1))]]


def origin(space: LatentSpace) -> np.ndarray | None:
    """The middle of a normal prior."""
    return np.zeros(2) if space.has_prior else None


def loneliest(space: LatentSpace) -> np.ndarray:
    """The node of a lattice over the default view that is farthest from all images."""
    a0, a1, b0, b1 = view.home(space)
    steps = (np.arange(NODES) + 0.5) / NODES
    a, b = np.meshgrid(a0 + (a1 - a0) * steps, b0 + (b1 - b0) * steps)
    places = np.stack([a.ravel(), b.ravel()], axis=-1)
    images = PointIndex(space.codes)
    return places[np.argmax([images.nearest(tuple(place))[1] for place in places])]


def _inmost_first(space: LatentSpace, name: str) -> np.ndarray:
    """The codes of a class, (n, 2) float64, those nearest to its median first; n = 0 without such a class."""
    index = space.class_names.index(name) if name in space.class_names else -1
    codes = space.codes[space.labels == index].astype(np.float64)
    if not len(codes):
        return codes
    distances = np.linalg.norm(codes - np.median(codes, axis=0), axis=1)
    return codes[np.argsort(distances)]


# ---- the tour --------------------------------------------------------------------------------------

STOPS = (
    Stop(
        "pca",
        "PCA",
        "1901",
        "PCA is the flat plane through the space of 784 pixels along which the images differ most. A code is a "
        "weighted sum of pixels; a picture is the mean image plus two weighted images.",
        "The 4s, 7s and 9s lie on top of each other here, and the picture is a grey blend of them all.",
        by(middle, "4", "9"),
        "Move the cursor with the arrows: everywhere, the same few grey pictures are mixed.",
        (Gain("mse"), Gain("knn_10")),
        "the baseline",
    ),
    Stop(
        "lda",
        "LDA",
        "1936",
        "LDA is also a flat plane, but it knows the labels: it separates the classes and keeps each of them together. "
        "The map tells which digit an image shows, and no longer how to draw it.",
        "The 1s have a corner almost to themselves, but the picture is only a blurred stroke.",
        by(heart, "1"),
        "Press c to colour the dots by their error: a digit that is well separated is not always drawn well.",
        (Gain("knn_10", "pca"), Gain("mse", "pca")),
    ),
    Stop(
        "autoencoder",
        "Autoencoder",
        "2006",
        "Here the map is curved: an encoder turns an image into two numbers, and a decoder learns to rebuild the "
        "image from them. No labels are used; in this space, images that look alike are also pulled together into "
        "islands.",
        "You are between the islands of 4 and 9, where the picture is half a 4 and half a 9.",
        by(strait, "4", "9"),
        "Cross from one island to the other with the arrows, and watch a 4 close into a 9.",
        (Gain("mse", "lda"), Gain("knn_10", "lda"), Gain("knn_10", PLAIN)),
    ),
    Stop(
        "denoising",
        "Denoising autoencoder",
        "2008",
        "The encoder sees noisy images, and the decoder must return the clean ones. Copying does not work: a code "
        "must hold what the digit is, and random details are lost.",
        "You are among the 2s, and the picture shows no trace of the noise that the networks were trained with.",
        by(heart, "2"),
        "Press Enter to pin this 2, and drag the slider Noise in the tab Space: the arrow shows where it lands.",
        (Gain("denoised_psnr_db", None, "noisy_psnr_db", "noisy → denoised"), Gain("mse", PLAIN)),
    ),
    Stop(
        "vae",
        "VAE",
        "2014",
        "So far, the codes between the images were left to chance. Here an image becomes a small cloud of codes, and "
        "all clouds together must form one normal distribution: a code drawn from it decodes to a new digit.",
        "In the middle of that distribution the classes meet without a gap, and the pictures between them are still "
        "whole.",
        by(origin),
        "Press g to draw new digits, and q to flatten the map by the prior, which is that distribution.",
        (Gain("elbo"), Gain("knn_10", "denoising"), Gain("parameters", "denoising")),
    ),
    Stop(
        "gan",
        "GAN",
        "2014",
        "A generator turns random codes into pictures until a second network, the discriminator, takes them for real. "
        "Blurred pictures would not pass; an encoder that inverts the generator puts real digits on the map.",
        "This is the same code as at the stop before, but the picture has sharp edges where the VAE's has soft ones.",
        by(origin),
        "Press g for new digits; PgUp shows what the VAE makes of the same codes.",
        (Gain("confidence", name="classifier's confidence"), Gain("mse", "vae")),
    ),
    Stop(
        "convolutional",
        "Convolutional autoencoder",
        "2011",
        "A dense layer must learn a stroke again at every place of the image. A filter learns it once and slides over "
        "the whole image, first for edges, then for combinations of edges; the goal is reconstruction alone again.",
        "Where the 4s border on the 9s, a faint stroke begins to close the 4 at the top.",
        by(strait, "4", "9"),
        "Press x for the real images that look most like the picture: rings show where they are on the map.",
        (Gain("knn_10", PLAIN), Gain("mse", PLAIN), Gain("parameters", PLAIN)),
    ),
    Stop(
        "transformer",
        "Transformer autoencoder",
        "2017, 2021",
        "The image is cut into patches like a sentence into words, and each patch looks at all the others to find out "
        "what it is part of. A filter sees only what is near; attention reaches any distance.",
        "Far from every dot, the patches do not fit together, and the picture falls apart.",
        by(loneliest),
        "Go back to the dots with Shift and the arrows, and watch the pieces come together.",
        (Gain("parameters", PLAIN), Gain("knn_10", PLAIN), Gain("mse", PLAIN)),
    ),
    Stop(
        "classifier",
        "Classifier",
        "1998",
        "An older idea at the end: filters that are trained to name the digit, from two numbers alone. What does not "
        "help to name it is lost; a decoder without influence on the codes shows what is left.",
        "Far out on the ray of the 6s, the picture is an average 6: slant and stroke are lost.",
        by(tip, "6"),
        "Pin two digits of one ray with a click on each: the originals differ, the reconstructions are almost the "
        "same.",
        (Gain("knn_10", "convolutional"), Gain("trustworthiness_12", "convolutional"), Gain("mse", "convolutional")),
    ),
)

Cards = Mapping[str, Mapping[str, Any]]


def cards_beside(folder: Path = WEIGHTS, stops: tuple[Stop, ...] = STOPS) -> dict[str, dict[str, Any]]:
    """The cards, by name, of the stops' spaces and of the plain autoencoder, from a folder of spaces; missing and
    damaged ones are left out."""
    found = {}
    for name in (*(stop.space for stop in stops), PLAIN):
        with contextlib.suppress(UserError):
            found[name] = read_card(folder / name)
    return found


def gained(stop: Stop, cards: Cards) -> str:
    """What an idea gained, by the metrics in the cards, and what it cost.

    A metric that cannot be compared is left out; the text is "" if none is left.
    """
    if stop.measured is not None:
        return stop.measured(cards.get(stop.space, {}).get(USES, {}))
    groups: dict[str, list[tuple[bool, str]]] = {}  # by comparison: whether it is worse, and its words
    for gain in stop.gains:
        value, compared = _metric(cards, stop.space, gain.metric), gain.over or gain.before
        before = _metric(cards, gain.over or stop.space, gain.before or gain.metric) if compared else None
        if value is None or (compared and before is None):
            continue
        metric = METRICS[gain.metric]
        words = metric.worded(value) if before is None else f"{metric.worded(before)} → {metric.worded(value)}"
        worse = better(gain.metric, {gain.metric: before}, {gain.metric: value}) == 0
        names = gain.change or (f"{_title(gain.over)} → {_short(stop)}" if gain.over else "")
        title, _, unit = (gain.name or metric.title).partition(", ")
        words = f"{title} {words} {unit}".rstrip()
        groups.setdefault(names, []).append((worse, words))
    if not groups:
        return ""
    paid_for = any(not worse for words in groups.values() for worse, _ in words)
    said = "; ".join([_told(names, words, paid_for) for names, words in groups.items()])
    said = f"{said}; {stop.remark}" if stop.remark else said
    return said[0].upper() + said[1:]


def explained(stop: Stop) -> str:
    """What the metrics of a stop mean, a line or two for each."""
    metrics = dict.fromkeys(gain.metric for gain in stop.gains)
    return "\n".join(f"{METRICS[name].title}: {METRICS[name].explanation}" for name in metrics)


def _metric(cards: Cards, space: str, name: str) -> float | None:
    """A metric from a space's card; None if it is missing or no number."""
    return metric_of(cards.get(space, {}).get("metrics"), name)


def _title(space: str) -> str:
    """The short name of a space."""
    return next((_short(stop) for stop in STOPS if stop.space == space), PLAIN_TITLE)


def _short(stop: Stop) -> str:
    return stop.title.removesuffix(" autoencoder")


def _told(names: str, words: list[tuple[bool, str]], paid_for: bool) -> str:
    """The metrics of one comparison: first what was gained, then what it cost.

    Args:
        paid_for: whether anything was gained, in this comparison or in another one.
    """
    good, bad = (", ".join(text for worse, text in words if worse is cost) for cost in (False, True))
    price = f"at the price of {bad}" if paid_for else f"nothing, for {bad} is worse"
    told = f"{good}, {price}" if good and bad else good or price
    return f"{told} ({names})" if names else told
