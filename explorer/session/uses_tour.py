"""The second part of the tour: what latent spaces are good for, with what `model.py apply` measured."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from explorer.session.tour import STOPS, Stop, by, heart, loneliest, origin, strait

Uses = Mapping[str, Any]  # of a card: what was measured, by application
Row = Mapping[str, Any]


def _told(template: str, application: str, **chosen: Mapping[str, Any]) -> Callable[[Uses], str]:
    """A function that puts numbers from a card into a text; it returns "" if one of them was not measured.

    Args:
        template: takes rows by name, such as `{code[psnr_db]:.1f}`.
        application: what measured them.
        chosen: for each name, the values that its row has; the first such row counts.
    """

    def words(uses: Uses) -> str:
        rows = uses.get(application, {}).get("rows", ())
        found = {name: _first(rows, values) for name, values in chosen.items()}
        with contextlib.suppress(KeyError, TypeError, ValueError):
            return template.format(**found).replace("%", " %").replace("  %", " %")
        return ""

    return words


def _first(rows: Sequence[Row], values: Row) -> Row:
    """The first row with these values; empty if there is none."""
    return next((row for row in rows if values.items() <= row.items()), {})


_compressed = _told(
    "32 bytes keep {code[psnr_db]:.1f} dB; with as many, PCA keeps {pca[psnr_db]:.1f} dB. WebP's smallest files have "
    "{webp[bytes]:.0f} bytes and {webp[psnr_db]:.1f} dB.",
    "compression",
    code={"method": "code", "bits": 8},
    pca={"method": "PCA", "bytes": 32},
    webp={"method": "WebP", "quality": 0},
)
_unusual = _told(
    "95 % of Fashion-MNIST's images are found with {score[false_alarms_95]:.1%} false alarms, 95 % of rotated digits "
    "with {rotated[false_alarms_95]:.1%}.",
    "anomaly",
    score={"method": "novelty score", "odd": "Fashion-MNIST"},
    rotated={"method": "novelty score", "odd": "rotated"},
)
_drawn = _told(
    "Fréchet distance to real digits {prior[frechet]:.0f} (real ones to each other: {real[frechet]:.1f}); "
    "{prior[near_copies]:.1%} are near-copies of training images.",
    "generation",
    prior={"source": "prior"},
    real={"space": ""},
)
_named = _told(
    "With one named image for each digit, {ten[accuracy]:.1%} of the test images get the right name; by raw pixels "
    "{ten[pixels]:.1%}.",
    "transfer",
    ten={"labels": 10, "how": "random"},
)
_denoised = _told(
    "At σ 1, PSNR {noisy[psnr_db]:.1f} → {loud[psnr_db]:.1f} dB; PCA {pca[psnr_db]:.1f}, a median filter "
    "{median[psnr_db]:.1f}. At σ 0.2, PCA {quiet_pca[psnr_db]:.1f}, the autoencoder {quiet[psnr_db]:.1f}.",
    "denoising",
    noisy={"method": "noisy", "noise": "Gaussian", "strength": 1.0},
    loud={"space": "denoising", "noise": "Gaussian", "strength": 1.0},
    pca={"method": "PCA", "noise": "Gaussian", "strength": 1.0},
    median={"method": "median filter", "noise": "Gaussian", "strength": 1.0},
    quiet={"space": "denoising", "noise": "Gaussian", "strength": 0.2},
    quiet_pca={"method": "PCA", "noise": "Gaussian", "strength": 0.2},
)


USES = (
    Stop(
        "autoencoder-32",
        "Compression",
        "",
        "A code is short: here 32 numbers stand for 784 pixels, and one byte is enough for each. Whoever has the "
        "decoder needs only the code to see the digit again.",
        "The digit, what 32 bytes keep of it, and what PCA, JPEG and WebP keep at the nearest size.",
        by(heart, "5"),
        "Drag the slider above the pictures: with fewer bits for each number, the marker moves along the curve.",
        tab="Space",
        choice="Compress",
        measured=_compressed,
    ),
    Stop(
        "autoencoder",
        "Anomaly detection",
        "",
        "A decoder that has only seen digits draws only digits. What it cannot reconstruct, or what is like no image "
        "that it was trained on, is unusual.",
        "You are far from all digits; the rings mark the most unusual test images.",
        by(loneliest),
        "Drag the threshold: a low one finds more of what is odd, and rings more digits that are only untidy.",
        tab="Find",
        choice="Unusual",
        measured=_unusual,
    ),
    Stop(
        "vae",
        "Generation",
        "",
        "Every code decodes to an image, so a random code gives a new one. It must come from where codes usually lie: "
        "from the prior, or from the density of the codes.",
        "The middle of the prior, from which new digits are drawn most often.",
        by(origin),
        "Press g, then lower the temperature and press g again: the digits get more typical and more alike.",
        tab="Space",
        choice="New images",
        measured=_drawn,
    ),
    Stop(
        "autoencoder",
        "Transfer",
        "",
        "The map was made without labels, yet digits of a kind lie together. So a few names are enough for all: what "
        "was learned without labels is transferred to a task with labels.",
        "Two islands: one name for each, and nearly every digit on them has the right name.",
        by(strait, "4", "9"),
        "Take the labels away and name ten images: the button Ask me shows those that help most.",
        tab="Space",
        choice="Name ten",
        measured=_named,
    ),
    Stop(
        "denoising",
        "Denoising",
        "",
        "A code has no room for noise. An autoencoder that learned to return clean images finds the digit in a noisy "
        "one; that helps where the noise is so strong that a filter only blurs it.",
        "The 2 under noise, and what the decoder makes of it.",
        by(heart, "2"),
        "Drag the slider Noise: the marker on the curve shows how filters do at this strength.",
        tab="Space",
        choice="Noise",
        measured=_denoised,
    ),
    Stop(
        "vae-16",
        "Text and recommendations",
        "",
        "Words and films can have codes, too: a language model puts sentences of one meaning together, and ratings put "
        "films together that the same people like. Such spaces have no decoder; their map shows neighbours.",
        "Codes with many numbers: the map is one plane through them, and keeps only some neighbours.",
        by(heart, "3"),
        "Start the program with --ratings example, or with --texts example.",
        tab="Space",
        choice="About",
        measured=lambda uses: "",
    ),
)
EVERY = (*STOPS, *USES)
