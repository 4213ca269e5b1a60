"""Codes of texts, from the package wordllama, which ships its weights: the extra `[text]`.

Each is the mean of vectors that belong to pieces of words, scaled to length 1. Nothing is downloaded.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from explorer.errors import UserError
from explorer.spaces.latent_space import LatentSpace

ENCODER = "text_encoder"  # of a card: what its texts were encoded by
NAME = "wordllama l2_supercat 256"
CARD = {
    ENCODER: NAME,
    "about": "Each point is a text. Its code is a vector of 256 numbers with length 1, made by the package wordllama.",
}
BATCH = 16  # texts at once; all are filled up to the longest one
Encode = Callable[[Sequence[str]], np.ndarray]


@functools.cache
def encoder() -> Encode:
    """The encoder: texts to codes, (n, 256) float32 of length 1. It takes 0.5 s to load, and 0.2 ms for a short text.

    Raises:
        UserError: wordllama is not installed.
    """
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        import wordllama

        folder = Path(wordllama.__file__).parent  # where it does not look itself, for want of an s
        model = wordllama.WordLlama.load(dim=256, cache_dir=folder, disable_download=True)
    except (ImportError, FileNotFoundError) as error:
        why = "is not installed" if isinstance(error, ImportError) else "lacks its weights"
        raise UserError(f"texts need the package wordllama, which {why}: 'pip install wordllama' installs it") from None
    finally:
        root.handlers[:], root.level = handlers, level  # it makes all libraries print

    def encode(texts: Sequence[str]) -> np.ndarray:
        codes = np.asarray(model.embed(list(texts), batch_size=BATCH), np.float32)
        lengths = np.linalg.norm(codes, axis=1, keepdims=True)
        return codes / np.where(lengths > 0, lengths, 1)

    return encode


def can_encode(space: LatentSpace) -> bool:
    """Whether the texts of a space were encoded by `encoder`, so that other texts can be placed among them."""
    return bool(space.card.get(ENCODER) == NAME)


def of(space: LatentSpace) -> np.ndarray | None:
    """The texts of the points, (n,) strings: the first column of texts most of which differ. None without one, and for
    images."""
    for values in () if space.has_pictures else space.columns.values():
        some = values[:1000]
        if values.dtype.kind == "U" and 2 * len(set(some.tolist())) > len(some):
            return values
    return None
