"""The folder of a space: where spaces lie, which files they have, and opening one."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import UserError, printable
from explorer.files import arrays, locations, untrusted
from explorer.files.arrays import read_arrays, sha256_of
from explorer.spaces.card import CARD, CODES, RESTORE, SPACE, read_card
from explorer.spaces.latent_space import LARGEST_CODE, SMALLEST_REACH, LatentSpace
from explorer.spaces.projection import MOST_DIMENSIONS, Moments, principal

WEIGHTS = locations.WEIGHTS
MOST_ROWS = 2**31  # of a data set
COLUMN = "column_"  # prefix of the names of columns in codes.npz
Version = tuple[int, int, int]


def homes() -> list[Path]:
    """The folders whose spaces can be named: first that of the bundled spaces, last that of trained ones."""
    return [WEIGHTS, *filter(None, [locations.working()])]


def shipped_and_trained() -> dict[str, Path]:
    """The spaces in `homes` that have a card, by name. If two have the same name, the first one counts."""
    found: dict[str, Path] = {}
    for home in reversed(homes()):
        with contextlib.suppress(OSError):
            found |= {name: home / name for name in os.listdir(home) if os.path.isfile(home / name / CARD)}
    return dict(sorted(found.items()))


def folder_of(name: str) -> Path:
    """Where the space called `name` lies. Raises UserError with the names that exist.

    If a run was killed while it replaced the folder, it is missing, and `following.opened` finds the space.
    """
    known = shipped_and_trained()
    if found := known.get(name) or known.get(f"{name}.previous"):
        return found.with_name(name)
    raise UserError(f"no space '{name}' in {' or '.join(map(str, homes()))}: there is {', '.join(known) or 'none yet'}")


def version_of(path: Path) -> Version | None:
    """A value that changes when the file changes, without reading it; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def sums(folder: Path) -> dict[str, str]:
    """SHA-256, in hex, of every existing file of a space except the card."""
    return {name: sha256_of(folder / name) for name in SPACE if os.path.exists(folder / name)}


def open_space(folder: Path) -> LatentSpace:
    """Reads card and codes.

    Raises:
        UserError: one of them is missing or damaged, or shapes do not match.
    """
    folder = untrusted.absolute(folder)
    card = read_card(folder)
    try:
        names = card["data"].get("columns", [])  # missing in older cards
        members = ("codes", "labels", "rows", *(COLUMN + name for name in names))
        found = read_arrays(folder / CODES, members, card["files"][CODES])
        check_codes(folder / CODES, found, len(card["data"]["classes"]))
    except UserError as error:
        raise UserError(f"{error}: {RESTORE}") from None
    columns = {name: arrays.printable(found[COLUMN + name]) for name in names}
    codes, labels, rows = found["codes"], found["labels"], found["rows"]
    return made(folder, card, codes, labels, rows, columns)


def made(
    folder: Path,
    card: dict[str, Any],
    codes: np.ndarray,
    labels: np.ndarray,
    rows: np.ndarray,
    columns: dict[str, np.ndarray],
) -> LatentSpace:
    """A space of checked arrays; codes of more than two numbers on the plane of their first principal components."""
    space = LatentSpace(printable(folder.name), folder, card, codes, labels, rows, columns)
    if space.dimensions == 2:
        return space
    moments = Moments.of(codes)
    return dataclasses.replace(space, projection=principal(moments), moments=moments)


def check_decoder(space: LatentSpace) -> None:
    """Raises UserError unless the decoder, if there is one, exists and has the hash in the card."""
    if space.decoder_file:
        check_network(space, space.decoder_file)


def check_network(space: LatentSpace, name: str) -> None:
    """Raises UserError unless a network, by its file's name, exists and has the hash in the card."""
    check_file(space.folder, space.card, name)


def check_file(folder: Path, card: dict[str, Any], name: str) -> None:
    """Raises UserError unless a file of a space exists and has the hash in the card."""
    path = folder / name
    try:
        if sha256_of(path) != card["files"].get(name):
            raise UserError(f"{path} is damaged (its SHA-256 is not the one in {CARD})")
    except UserError as error:
        raise UserError(f"{error}: {RESTORE}") from None


def _check_range(path: Path | str, codes: np.ndarray) -> None:
    """Raises UserError for finite codes, (n, d) float32, at which zooming would leave the range of float32."""
    most = float(np.abs(codes).max())
    if most > np.float32(LARGEST_CODE):
        raise UserError(
            f"{path}: codes reach to {most:.3g} (scale them: {LARGEST_CODE:g} is the most that can be drawn)"
        )
    reach = float(np.ptp(codes.astype(np.float64), axis=0).max())
    if 0 < reach < SMALLEST_REACH:
        raise UserError(
            f"{path}: codes lie within {reach:.3g} (scale them: {SMALLEST_REACH:g} is the least to be drawn)"
        )


def check_codes(path: Path | str, found: dict[str, np.ndarray], classes: int) -> None:
    """Raises UserError unless arrays are those of a space. Codes in half precision become float32 in `found`.

    Args:
        path: the name of what holds them, for the message.
        found: `codes`, `labels`, `rows`, and columns with their prefix.
        classes: how many there are.
    """
    codes, labels, rows = found["codes"], found["labels"], found["rows"]
    if codes.dtype == np.float16:  # kept in half precision
        found["codes"] = codes = codes.astype(np.float32)
    if codes.dtype != np.float32 or codes.ndim != 2 or 0 in codes.shape or codes.shape[1] > MOST_DIMENSIONS:
        wanted = f"float32 (n, d) with d from 1 to {MOST_DIMENSIONS}"
        raise UserError(f"{path}: codes are {codes.dtype} {codes.shape}, not {wanted}")
    if not (finite := np.isfinite(codes).all(axis=1)).all():
        bad = np.flatnonzero(~finite)
        some = f"of point {bad[0]} is" if len(bad) == 1 else f"of {len(bad):,} points, the first of them {bad[0]}, are"
        raise UserError(f"{path}: the code{'s' * (len(bad) > 1)} {some} NaN or infinite")
    _check_range(path, codes)
    for name, array in (("labels", labels), ("rows", rows)):
        if array.shape != codes.shape[:1] or array.dtype.kind not in "iu":
            raise UserError(f"{path}: {name} are {array.dtype} {array.shape}, not one integer per code")
    if labels.min() < 0 or labels.max() >= max(classes, 1):  # without classes, all labels are 0
        raise UserError(f"{path}: labels reach from {labels.min()} to {labels.max()}, classes are {classes}")
    if rows.min() < 0 or rows.max() >= MOST_ROWS:
        raise UserError(f"{path}: rows reach from {rows.min()} to {rows.max()}, not from 0 to {MOST_ROWS - 1}")
    for name, array in found.items():
        if name.startswith(COLUMN) and (array.shape != codes.shape[:1] or array.dtype.kind not in "iufbU"):
            wanted = "not one number or string per code"
            raise UserError(f"{path}: column '{name.removeprefix(COLUMN)}' is {array.dtype} {array.shape}, {wanted}")
