"""The second part of the tour: what latent spaces are good for, with what `model.py apply` measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explorer.session.tour import STOPS, Stop, by, heart, loneliest, origin, strait

Uses = Mapping[str, Any]  # of a card: what was measured, by application


def _compressed(uses: Uses) -> str:
    return ""


def _unusual(uses: Uses) -> str:
    return ""


def _drawn(uses: Uses) -> str:
    return ""


def _named(uses: Uses) -> str:
    return ""


def _denoised(uses: Uses) -> str:
    return ""


USES = (
    Stop(
        "autoencoder-32",
        "Compression",
        "",
        "A code is short: here 32 numbers stand for 784 pixels, and one byte is enough for each. Whoever has the "
        "decoder needs only the code to see the digit again.",
        "The digit, what 32 bytes keep of it, and what PCA, JPEG and WebP keep at the nearest size.",
        by(heart, "5"),
        "Drag the slider below the pictures: with fewer bits for each number, the marker moves along the curve.",
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
        choice="About",
        measured=_drawn,
    ),
    Stop(
        "autoencoder",
        "Transfer",
        "",
        "The map was made without labels, yet digits of a kind lie together. So a few names are enough for all: what "
        "was learned without labels is transferred to a task with labels.",
        "Two islands: one name for each, and every digit on them has the right name.",
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
        "one, where a filter can only blur it.",
        "The 2 under noise, and what the decoder makes of it.",
        by(heart, "2"),
        "Drag the slider Noise: the marker on the curve shows how filters do at this strength.",
        tab="Space",
        choice="About",
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
        "Start the program with --ratings or --texts and a file; the documentation has an example of each.",
        tab="Space",
        choice="About",
        measured=lambda uses: "",
    ),
)
EVERY = (*STOPS, *USES)
