"""The card of a space, `card.json`: what the space is, and the SHA-256 of the files beside it.

The card is written last, so its hashes show whether the files belong to it.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from explorer.errors import UserError
from explorer.files import locations, schema, untrusted
from explorer.files.writing import writing

CARD, CODES, GRID, ENCODER, DECODER = "card.json", "codes.npz", "grid.npz", "encoder.keras", "decoder.keras"
HISTORY, IMAGES = "history.npz", "images.npz"  # images: of a kept space whose images came from no file
# Our trainer writes the first of each; the others are kept models that somebody else made.
ENCODERS, DECODERS = (ENCODER, "encoder.h5", "encoder.onnx"), (DECODER, "decoder.h5", "decoder.onnx")
SPACE = (*ENCODERS, *DECODERS, CODES, GRID, HISTORY, IMAGES)  # files whose hashes are in the card
MODELS = "models"  # the entry of a card with how models that somebody else made are called
CARD_FORMAT = 1
MOST_CARD = 16 * 10**6  # bytes
MOST_PIXELS = 2**26  # values per image
TRAIN = f"'{locations.command('model.py')} train'"
RESTORE = f"{locations.RESTORE}, or train again with {TRAIN}"


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Writes `card.json`; always the last write. Raises NotAllowed as `writing` does."""
    with writing(folder / CARD) as file:
        file.write(schema.encoded(schema.finite({"format": CARD_FORMAT} | card)))


def read_card(folder: Path) -> dict[str, Any]:
    """The parsed card of a space's folder, with `kind` "" and `metrics` {} where it has none.

    Raises:
        UserError: the folder or the card is missing, or the card is invalid.
    """
    path = folder / CARD
    if os.path.isfile(folder):
        raise UserError(f"{folder} is a file: give the folder of a trained space")
    try:
        content = untrusted.read(path, MOST_CARD)
    except untrusted.Missing:
        what = "has no card.json, so it is no trained space" if os.path.isdir(folder) else "does not exist"
        raise UserError(f"{folder} {what}: train one with {TRAIN}") from None
    with untrusted.parsing(path, RESTORE):
        card: dict[str, Any] = schema.decoded(content)
    with untrusted.parsing(path, RESTORE, f"is no card of format {CARD_FORMAT}"):
        _check_card(card)
    return card | {"kind": card.get("kind", ""), "metrics": card.get("metrics") or {}}


def _check_card(card: Any) -> None:
    """Raises ValueError if a space with this card cannot be shown."""
    if not isinstance(card, dict) or card.get("format") is True or card.get("format") != CARD_FORMAT:
        raise ValueError("'format' is not supported")
    found = schema.checked(card, schema.Card)
    if len(set(found.data.columns)) < len(found.data.columns):
        raise ValueError("'data.columns': a name occurs twice")
    shape, named = found.data.image_shape, set(found.files)
    if len(shape) == 1 or shape[2:] not in ([], [3]) or math.prod(shape) > MOST_PIXELS:
        raise ValueError("'data.image_shape': give height and width, and 3 for colours")
    decodes, needs = bool(named.intersection((*DECODERS, GRID))), bool(shape) and found.decodes
    if decodes and not shape:
        raise ValueError("'data.image_shape': a decoder gives images, so give height and width")
    missing = [name for name, there in ((CODES, CODES in named), (DECODER, decodes or not needs)) if not there]
    if missing:
        raise ValueError(f"'files' lacks {', '.join(missing)}")


def file_of(card: dict[str, Any], names: tuple[str, ...]) -> str:
    """The first of these files that a card names; empty if it names none."""
    return next((name for name in names if name in card["files"]), "")


def images_of(card: dict[str, Any]) -> str:
    """What identifies the images of a space, from its card: their fingerprint, or their source."""
    return str(card["data"].get("fingerprint") or card["data"]["source"])
