"""Builds a space in memory from somebody's models, images and codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.decoding.fitting import fit
from explorer.decoding.fitting.fit import Fitted
from explorer.errors import UserError, printable
from explorer.files import arrays
from explorer.images import datasets
from explorer.progress import Report, at_once, batches, unheard
from explorer.space import in_memory, prior
from explorer.space.folder import check_codes, made
from explorer.space.in_memory import Held

DRAWN = 5000  # codes from the prior, where there are no others
BATCH = 1000  # images encoded at once
KIND = "own model"
OWN = "your own"


@dataclass(frozen=True)
class Brought:
    """What somebody brings.

    Attributes:
        encoder, decoder: as for `explorer.decoding.fitting.fit.fit`; None without.
        images: the data set; None without images.
        codes: (n, d) numbers, one for each image if there are images; None if the encoder gives them.
        labels: (n,) integers or strings, for codes without images.
        class_names: if known, labels are indices into them.
        columns: further values of each code by name, (n,).
        title: of the space.
        guesses: what is known of the models: see `explorer.decoding.fitting.fit.Overrides`.
    """

    encoder: Any = None
    decoder: Any = None
    images: datasets.Dataset | None = None
    codes: np.ndarray | None = None
    labels: np.ndarray | None = None
    class_names: Sequence[str] | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    title: str = OWN
    guesses: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Built:
    """A space in memory, and how it came about.

    Attributes:
        held: the space, which `in_memory` knows by now.
        fitted: its models; None for codes alone.
        notes: what was found out, one line each.
    """

    held: Held
    fitted: Fitted | None
    notes: tuple[str, ...]


def build(brought: Brought, report: Report = unheard) -> Built:
    """Builds a space; see `Brought`.

    Args:
        report: takes the finished share of encoding, 0..1.

    Raises:
        UserError: there is too little to build from, or something does not fit together.
    """
    images, codes = brought.images, None if brought.codes is None else _as_codes(brought.codes)
    has_models = brought.encoder is not None or brought.decoder is not None
    if not has_models and codes is None:
        raise UserError("there is nothing to show: give a decoder, an encoder with images, or codes")
    if codes is not None and images is not None and len(codes) != len(images.labels):
        raise UserError(f"there are {len(codes):,} codes and {len(images.labels):,} images: give a code for each image")
    fitted = _fitted(brought, images, codes) if has_models else None
    columns = {name: _as_column(name, values) for name, values in brought.columns.items()}
    notes = list(fitted.notes) if fitted is not None else []
    drawn = codes is None and images is None
    if codes is None and drawn:
        if fitted is None or fitted.decode is None:
            raise UserError("an encoder alone places images on a map: give images too, or a decoder")
        codes = prior.drawn(np.random.default_rng(0), DRAWN, fitted.dim)
        notes.append(f"without images, the map shows {DRAWN:,} codes drawn from a standard normal prior")
    elif codes is None:
        if fitted is None or fitted.encode is None:
            raise UserError("images need an encoder to be placed on the map: give an encoder, or codes")
        codes, spread = _encoded(fitted, images, report)
        columns |= spread
    if fitted is not None and fitted.dim != codes.shape[1]:
        raise UserError(f"codes have {codes.shape[1]} numbers, but the models {fitted.dim}: give codes of these models")
    return _held(brought, fitted, codes, columns, notes, drawn)


def _fitted(brought: Brought, images: datasets.Dataset | None, codes: np.ndarray | None) -> Fitted:
    some = None if images is None else datasets.as_float(images.images(_spread_rows(len(images.labels))))
    some_codes = None if codes is None else codes[_spread_rows(len(codes))]
    return fit.fit(brought.encoder, brought.decoder, some, some_codes, **brought.guesses)


def _spread_rows(count: int) -> np.ndarray:
    """A few rows from the whole data set, ascending."""
    return np.unique(np.linspace(0, count - 1, fit.SAMPLE).astype(np.intp))


def _encoded(fitted: Fitted, images: datasets.Dataset, report: Report) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The codes of all images, and the deviations of their clouds if the encoder tells a variance."""
    assert fitted.encode is not None
    rows = np.arange(len(images.labels))
    codes = np.empty((len(rows), fitted.dim), np.float32)
    tells = fitted.encode.conventions.variance is not None
    deviations = np.empty_like(codes) if tells else None
    for some in batches(len(rows), at_once(images.image_shape, BATCH), report):
        x = datasets.as_float(images.images(rows[some]))
        codes[some] = fitted.encode(x)
        if deviations is not None:
            deviations[some] = np.exp(fitted.encode.log_variance(x) / 2)
    if deviations is None:
        return codes, {}
    return codes, dict(zip(prior.columns(fitted.dim), deviations.T, strict=True))


def _held(
    brought: Brought,
    fitted: Fitted | None,
    codes: np.ndarray,
    columns: dict[str, np.ndarray],
    notes: list[str],
    drawn: bool,
) -> Built:
    images, count = brought.images, len(codes)
    if images is None:
        labels, class_names = datasets.labels_of(brought.labels, count, brought.class_names)
        data = {"title": brought.title, "source": "", "fingerprint": "", "image_shape": []}
    else:
        labels, class_names = images.labels, images.class_names
        columns = dict(images.columns) | columns
        data = {"title": images.title, "source": images.source, "fingerprint": images.fingerprint}
        data |= {"reading": images.reading.choices, "image_shape": []}
    for name, values in columns.items():
        if values.shape != (count,):
            raise UserError(f"column '{name}' has the shape {values.shape}: give one value for each of {count:,} codes")
    decode, encode = (None, None) if fitted is None else (fitted.decode, fitted.encode)
    if images is not None or decode is not None:
        data["image_shape"] = list(images.image_shape if fitted is None else fitted.image_shape)
    data |= {"classes": list(class_names), "columns": list(columns)}
    card = {"kind": KIND, "title": brought.title, "about": " ".join(f"{note[:1].upper()}{note[1:]}." for note in notes)}
    card |= {"data": data, "metrics": {}, "files": {}, "prior": "normal" if drawn else ""}
    card |= {"decodes": decode is not None}
    check_codes("codes", {"codes": codes, "labels": labels, "rows": np.arange(count)}, len(class_names))
    space = made(in_memory.new_folder(printable(brought.title)), card, codes, labels, np.arange(count), columns)
    packed = None if images is None else images.packed()
    held = Held(space, decode, encode, packed, 0.0 if decode is None else decode.ms)
    in_memory.hold(held)
    return Built(held, fitted, tuple(notes))


def _as_codes(given: Any) -> np.ndarray:
    codes = np.asarray(given)
    if codes.ndim == 1 and codes.dtype.kind in "iuf":
        codes = codes[:, None]
    if codes.ndim != 2 or codes.dtype.kind not in "iuf":
        raise UserError(f"codes are {codes.dtype} {codes.shape}: give numbers of shape (n, d)")
    return np.ascontiguousarray(codes, np.float32)


def _as_column(name: str, given: Any) -> np.ndarray:
    values = np.asarray(given)
    if values.dtype.kind == "O":
        values = values.astype(str)
    if values.dtype.kind not in "iufbU":
        raise UserError(f"column '{name}' holds {values.dtype}: give numbers or strings")
    return arrays.printable(values)
