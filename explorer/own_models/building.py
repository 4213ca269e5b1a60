"""Builds a space in memory from somebody's models, images and codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explorer.decoding.fitting import fit
from explorer.decoding.fitting.fit import Fitted
from explorer.errors import UserError, printable
from explorer.images import datasets, readers
from explorer.progress import Report, at_once, batches, unheard
from explorer.spaces import folder, in_memory, prior
from explorer.spaces.card import MODELS
from explorer.spaces.folder import check_codes
from explorer.spaces.in_memory import Held
from explorer.spaces.projection import MOST_DIMENSIONS

DRAWN = 5000  # codes from the prior, where there are no others
BATCH = 1000  # images encoded at once
KIND = "own model"
OWN = "your own"


def build(
    *,
    encoder: Any = None,
    decoder: Any = None,
    images: datasets.Dataset | None = None,
    codes: Any = None,
    labels: Any = None,
    class_names: Sequence[str] | None = None,
    columns: Mapping[str, Any] | None = None,
    title: str = OWN,
    guesses: Mapping[str, Any] | None = None,
    report: Report = unheard,
) -> tuple[Held, tuple[str, ...]]:
    """Builds a space of what somebody brings; `in_memory` knows it afterwards.

    Args:
        encoder, decoder: as for `explorer.decoding.fitting.fit.fit`; None without.
        images: the data set; None without images.
        codes: (n, d) numbers, one for each image if there are images; None if the encoder gives them.
        labels: (n,) integers or strings, for codes without images.
        class_names: if known, labels are indices into them.
        columns: further values of each code by name, (n,).
        title: of the space.
        guesses: what is known of the models: see `explorer.decoding.fitting.fit.Overrides`.
        report: takes the finished share of encoding, 0..1.

    Returns:
        The space, and what was found out, one line each.

    Raises:
        UserError: there is too little to build from, or something does not fit together.
    """
    fitted, notes, drawn = None, list[str](), codes is None and images is None
    codes = None if codes is None else _as_codes(codes)
    given = {str(name): _as_column(name, values) for name, values in (columns or {}).items()}
    made = {} if images is None else dict(images.columns)
    if codes is not None and images is not None and len(codes) != len(images.labels):
        raise UserError(f"there are {len(codes):,} codes and {len(images.labels):,} images: give a code for each image")
    if encoder is not None or decoder is not None:
        some = None if images is None else datasets.as_float(images.images(_few_of(len(images.labels))))
        few_codes = None if codes is None else codes[_few_of(len(codes))]
        fitted = fit.fit(encoder, decoder, some, few_codes, **guesses or {})
        notes += fitted.notes
    elif codes is None:
        raise UserError("there is nothing to show: give a decoder, an encoder with images, or codes")
    if codes is None and images is None:
        if fitted is None or fitted.decode is None:
            raise UserError("an encoder alone places images on a map: give images too, or a decoder")
        codes = prior.drawn(np.random.default_rng(0), DRAWN, fitted.dim)
        notes.append(f"without images, the map shows {DRAWN:,} codes drawn from a standard normal prior")
    elif codes is None:
        if fitted is None or fitted.encode is None:
            raise UserError("images need an encoder to be placed on the map: give an encoder, or codes")
        codes, spread = _encoded(fitted, images, report)
        made |= spread
    made |= given
    if images is not None:
        labels, class_names = images.labels, images.class_names
        data = {"title": images.title, "source": images.source, "fingerprint": images.fingerprint}
        data |= {"reading": images.reading.choices, "image_shape": list(images.image_shape)}
    else:
        labels, class_names = datasets.labels_of(labels, len(codes), class_names)
        what = datasets.fingerprint_of(labels, *made.values())  # spaces of the same points can be compared
        data = {"title": title, "source": "", "fingerprint": what, "image_shape": []}
    decode, encode = (None, None) if fitted is None else (fitted.decode, fitted.encode)
    if fitted is not None and fitted.dim != codes.shape[1]:
        raise UserError(f"codes have {codes.shape[1]} numbers, but the models {fitted.dim}: give codes of these models")
    if fitted is not None and (images is not None or decode is not None):
        data["image_shape"] = list(fitted.image_shape)
    for name, values in made.items():
        if values.shape != codes.shape[:1]:
            one_each = f"give one value for each of {len(codes):,} codes"
            raise UserError(f"column '{name}' has the shape {values.shape}: {one_each}")
    data |= {"classes": list(class_names), "columns": list(made)}
    card = {"kind": KIND, "title": title, "paper": " ".join(f"{note[:1].upper()}{note[1:]}." for note in notes)}
    card |= {"data": data, "metrics": {}, "files": {}, "prior": "normal" if drawn else ""}
    card |= {"decodes": decode is not None, MODELS: {}}  # how they are called is told when they are kept
    rows = np.arange(len(codes))
    check_codes("codes", {"codes": codes, "labels": labels, "rows": rows}, len(class_names))
    space = folder.made(in_memory.new_folder(printable(title)), card, codes, labels, rows, made)
    held = Held(space, decode, encode, None if images is None else images.packed())
    in_memory.hold(held)
    return held, tuple(notes)


def _few_of(count: int) -> np.ndarray:
    """A few rows from all over so many, ascending; if there are fewer, some come several times."""
    return np.linspace(0, count - 1, fit.SAMPLE).astype(np.intp)


def _encoded(fitted: Fitted, images: datasets.Dataset, report: Report) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The codes of all images, and the deviations of their clouds if the encoder tells a variance."""
    assert fitted.encode is not None
    rows = np.arange(len(images.labels))
    codes = np.empty((len(rows), fitted.dim), np.float32)
    tells = fitted.encode.conventions.variance is not None
    deviations = np.empty((len(rows), fitted.dim if tells else 0), np.float32)
    for some in batches(len(rows), at_once(images.image_shape, BATCH), report):
        x = datasets.as_float(images.images(rows[some]))
        codes[some] = fitted.encode(x)
        if tells:
            deviations[some] = np.exp(fitted.encode.log_variance(x) / 2)
    return codes, dict(zip(prior.columns(fitted.dim), deviations.T, strict=False))


def _as_codes(given: Any) -> np.ndarray:
    codes = np.asarray(given)
    if codes.ndim == 1 and codes.dtype.kind in "iuf":
        codes = codes[:, None]
    if codes.ndim != 2 or not codes.size or codes.dtype.kind not in "iuf":
        raise UserError(f"codes are {codes.dtype} {codes.shape}: give numbers of shape (n, d)")
    if codes.shape[1] > MOST_DIMENSIONS:
        raise UserError(f"codes have {codes.shape[1]:,} numbers, and at most {MOST_DIMENSIONS} can be shown")
    return np.ascontiguousarray(codes, np.float32)


def _as_column(name: str, given: Any) -> np.ndarray:
    values = readers.as_column(np.asarray(given))
    if values.dtype.kind not in "iufbU":
        raise UserError(f"column '{name}' holds {values.dtype}: give numbers or strings")
    return values
