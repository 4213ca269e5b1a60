"""A guided tour through the spaces: what each idea is, where to look, what to try, and what it gained in figures."""

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
from explorer.space import view
from explorer.space.card import read_card
from explorer.space.folder import WEIGHTS
from explorer.space.latent_space import LatentSpace
from explorer.space.point_index import PointIndex

CORE = 0.5  # the share of a class that counts where its border is looked for: the nearest to its heart
TIP = 0.9  # the share of a class that lies nearer to the middle than its tip
NODES = 32  # along each side of the lattice on which the loneliest place is looked for
PLAIN, PLAIN_TITLE = "autoencoder-plain", "Plain autoencoder"  # no stop, but what others are compared with

Rule = Callable[..., np.ndarray | None]  # a space, and the codes of each class, to a code, (2,); None where it has none


@dataclass(frozen=True)
class Gain:
    """One figure of a stop, and perhaps what it was before.

    Attributes:
        metric: one of `explorer.analysis.metrics.METRICS`.
        over: the space whose card has the figure from before; None: there is none, unless `before` names it.
        before: another metric of the stop's own card that it is compared with; "" for none.
        change: what led from that to this, two names; "" where the names of the spaces say so.
        name: what it is called here; "" for the title that it has everywhere.
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
        title: as people call it.
        year: of the publications that brought it up.
        text: what the idea is, and what it changed; two or three sentences.
        look: what there is to see at the place.
        place: a space to the place, in plain coordinates, in latent units, that `look` is about. It is worked out from
            codes and labels, and lies within the default view; where there are no such classes, it is the place that
            the window opens on.
        task: what to try, with which keys or controls.
        gains: the figures that the idea changed.
        remark: what is said after the figures.
    """

    space: str
    title: str
    year: str
    text: str
    look: str
    place: Callable[[LatentSpace], Place]
    task: str
    gains: tuple[Gain, ...]
    remark: str = ""


# ---- places ----------------------------------------------------------------------------------------


def _by(rule: Rule, *names: str) -> Callable[[LatentSpace], Place]:
    """What makes a place of a rule about classes, by their names, in every space."""

    def place(space: LatentSpace) -> Place:
        space = space.in_coordinates("plain")
        classes = [_inmost_first(space, name) for name in names]
        code = rule(space, *classes) if all(map(len, classes)) else None
        if code is None or not view.inside(code[None], view.home(space))[0]:
            return opening_place(space)
        return float(code[0]), float(code[1])

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
    """An image of a class far out, as seen from the middle of all classes: the outer end of a ray."""
    hearts = [np.median(space.codes[space.labels == label], axis=0) for label in np.unique(space.labels)]
    distances = np.linalg.norm(codes - np.mean(hearts, axis=0), axis=1)
    return codes[np.argsort(distances)[int(TIP * (len(codes) - 1))]]


def origin(space: LatentSpace) -> np.ndarray | None:
    """The middle of a normal prior."""
    return np.zeros(2) if space.has_prior else None


def loneliest(space: LatentSpace) -> np.ndarray:
    """The place of the default view that is farthest from all images, on a lattice."""
    a0, a1, b0, b1 = view.home(space)
    steps = (np.arange(NODES) + 0.5) / NODES
    a, b = np.meshgrid(a0 + (a1 - a0) * steps, b0 + (b1 - b0) * steps)
    places = np.stack([a.ravel(), b.ravel()], axis=-1)
    images = PointIndex(space.codes)
    return places[np.argmax([images.nearest(tuple(place))[1] for place in places])]


def _inmost_first(space: LatentSpace, name: str) -> np.ndarray:
    """The codes of a class, (n, 2) float64, those nearest to its median first; n = 0 where the space has none of it."""
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
        "Of all flat planes through the space of 784 pixels, this is the one along which the images differ most. A "
        "code is a weighted sum of pixels, and so is the way back: the simplest thing that two numbers can do.",
        "The 4s, 7s and 9s lie on top of each other here, and the picture is a grey blend of them all.",
        _by(middle, "4", "9"),
        "Move the cursor with the arrows: wherever you go, the same few grey pictures are mixed.",
        (Gain("mse"), Gain("knn_10")),
        "the baseline",
    ),
    Stop(
        "lda",
        "LDA",
        "1936",
        "Still a flat plane, but one that is told the labels: it pushes the classes apart and holds each of them "
        "together. The map now answers which digit it is, and no longer how to draw it.",
        "The 1s have a corner almost to themselves, and yet the picture is no more than a blurred stroke.",
        _by(heart, "1"),
        "Press c to colour the dots by their error: digits that lie apart are not drawn better.",
        (Gain("knn_10", "pca"), Gain("mse", "pca")),
    ),
    Stop(
        "autoencoder",
        "Autoencoder",
        "2006",
        "The plane is bent: an encoder squeezes an image into two numbers, and a decoder learns with it to rebuild the "
        "image. No label is seen; here, images that look alike are also pulled together, into islands.",
        "This is the water between the islands of 3 and 8, where the picture is half the one and half the other.",
        _by(strait, "3", "8"),
        "Cross over with the arrows, from shore to shore, and watch a 3 close into an 8.",
        (Gain("mse", "lda"), Gain("knn_10", "lda"), Gain("knn_10", PLAIN)),
    ),
    Stop(
        "denoising",
        "Denoising autoencoder",
        "2008",
        "The encoder is shown images under noise, while the decoder must return the clean ones. Copying no longer "
        "helps: a code has to hold what the digit is, and what is accidental does not get through.",
        "You are in the midst of the 2s, and the picture has no trace of the noise that the networks learnt from.",
        _by(heart, "2"),
        "Press Enter to pin this 2, and drag the slider Noise in the tab Space: the arrow shows where it lands.",
        (Gain("denoised_psnr_db", None, "noisy_psnr_db", "under noise → rebuilt"), Gain("mse", PLAIN)),
    ),
    Stop(
        "vae",
        "VAE",
        "2014",
        "So far, what lay between the images was left to chance. Here an image becomes a small cloud of codes, and all "
        "clouds are pressed into one normal distribution: a code drawn from it decodes to a digit that nobody wrote.",
        "In the middle of that distribution classes meet without a gap, and the picture between them is still whole.",
        _by(origin),
        "Press g to draw new digits, and q to flatten the map by the distribution.",
        (Gain("elbo"), Gain("knn_10", "denoising"), Gain("parameters", "denoising")),
    ),
    Stop(
        "gan",
        "GAN",
        "2014",
        "A generator turns random codes into pictures until a second network, the discriminator, takes them for real. "
        "A blur would give them away; real digits are placed by an encoder that inverts the generator.",
        "This is the same code as at the stop before, but the picture has hard edges where the VAE's has soft ones.",
        _by(origin),
        "Press g for new digits; PgUp shows what the VAE makes of the same codes.",
        (Gain("confidence", name="judge's confidence"), Gain("mse", "vae")),
    ),
    Stop(
        "convolutional",
        "Convolutional autoencoder",
        "2011",
        "A dense layer has to learn a stroke anew at every place of the image; a filter learns it once and slides "
        "over all of them, first for edges, then for how edges meet. The only aim is to rebuild the image, as before.",
        "Where the 4s border on the 9s, a faint stroke begins to close the 4 at the top.",
        _by(strait, "4", "9"),
        "Press x for the real images that look most like the picture: they are ringed where they lie.",
        (Gain("knn_10", PLAIN), Gain("mse", PLAIN), Gain("parameters", PLAIN)),
    ),
    Stop(
        "transformer",
        "Transformer autoencoder",
        "2017, 2021",
        "The image is cut into patches as a sentence is into words, and each patch looks at all the others to find out "
        "what it is part of. What filters see side by side, attention finds at any distance.",
        "Far from every dot, the patches no longer agree on what they are part of, and the picture falls apart.",
        _by(loneliest),
        "Walk back to the dots with Shift and the arrows, and watch the pieces come together.",
        (Gain("parameters", PLAIN), Gain("knn_10", PLAIN), Gain("mse", PLAIN)),
    ),
    Stop(
        "classifier",
        "Classifier",
        "1998",
        "An older idea at the end: filters that only have to name the digit, and have two numbers to do it. Whatever "
        "does not help to name it is forgotten; a decoder that is trained afterwards shows what is left.",
        "Far out on the ray of the 6s, the picture is the 6 as such: slant and stroke have gone.",
        _by(tip, "6"),
        "Pin two digits of one ray with a click on each: different originals, almost the same picture rebuilt.",
        (Gain("knn_10", "convolutional"), Gain("trustworthiness_12", "convolutional"), Gain("mse", "convolutional")),
    ),
)

Cards = Mapping[str, Mapping[str, Any]]


def cards_beside(folder: Path = WEIGHTS) -> dict[str, dict[str, Any]]:
    """The cards of the tour's spaces, and of what they are compared with, by name, out of the folder in which they
    lie; those that are missing or damaged are left out."""
    found = {}
    for name in (*(stop.space for stop in STOPS), PLAIN):
        with contextlib.suppress(UserError):
            found[name] = read_card(folder / name)
    return found


def gained(stop: Stop, cards: Cards) -> str:
    """What an idea gained, by the figures in the cards, and at which price.

    A figure that cannot be compared is left out; where none is left, the answer is "".
    """
    groups: dict[str, list[tuple[bool, str]]] = {}  # by what is compared: whether it is a price, and its words
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
    """What the figures of a stop mean, a line or two for each."""
    metrics = dict.fromkeys(gain.metric for gain in stop.gains)
    return "\n".join(f"{METRICS[name].title}: {METRICS[name].explanation}" for name in metrics)


def _metric(cards: Cards, space: str, name: str) -> float | None:
    """A metric of a space's card; None where it is missing or no number."""
    return metric_of(cards.get(space, {}).get("metrics"), name)


def _title(space: str) -> str:
    """What a space is called among figures, where room is short."""
    return next((_short(stop) for stop in STOPS if stop.space == space), PLAIN_TITLE)


def _short(stop: Stop) -> str:
    return stop.title.removesuffix(" autoencoder")


def _told(names: str, words: list[tuple[bool, str]], paid_for: bool) -> str:
    """Figures of one comparison: what was gained, and then what it cost.

    Args:
        paid_for: whether something was gained at all, in this comparison or in another one.
    """
    good, bad = (", ".join(text for worse, text in words if worse is cost) for cost in (False, True))
    price = f"at the price of {bad}" if paid_for else f"nothing, for {bad} is worse"
    told = f"{good}, {price}" if good and bad else good or price
    return f"{told} ({names})" if names else told
