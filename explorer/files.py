"""A trained space on disk: a folder with networks, codes, a grid, and a card that describes them.

Everything is written to a temporary name, flushed and renamed, so that a reader never meets half
a file. The card is written last; its SHA-256 sums tell whether the files beside it are its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from explorer import interrupt
from explorer.errors import NotAllowed, UserError

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
CARD, CODES, GRID, ENCODER, DECODER = "card.json", "codes.npz", "grid.npz", "encoder.keras", "decoder.keras"
HISTORY = "history.npz"
SPACE = (ENCODER, DECODER, CODES, GRID, HISTORY)  # what a card has sums of
CARD_FORMAT = 1
COLUMN = "column_"  # begins the names that columns have in codes.npz
EDGE = 1e-12  # how near quantiles come to 0 and 1: codes to within 7 standard deviations
RESTORE = "restore it from the repository, or train again with 'python model.py train'"

Chart = Literal["plain", "quantiles"]

_unfinished: set[Path] = set()


@dataclass(frozen=True)
class LatentSpace:
    """Codes, labels and where they came from; what the map shows.

    Attributes:
        name: the folder's name.
        folder: the absolute path of the folder.
        card: the parsed `card.json`.
        codes: (n, d) float32, one per point, in latent units.
        labels: (n,) integers, indices into `class_names`; all 0 where there are no classes.
        rows: (n,) integers, the data row of each point.
        columns: what else is known about each point, numbers or strings, (n,) each, by name.
        chart: how codes lie on the map: "plain", or "quantiles", where a number of a code lies at the share of the
            prior that is smaller, so that the whole of a normal prior fills the unit square evenly.
    """

    name: str
    folder: Path
    card: dict[str, Any]
    codes: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    chart: Chart = "plain"

    @property
    def title(self) -> str:
        return self.card["title"]

    @property
    def data_title(self) -> str:
        return self.card["data"]["title"]

    @property
    def class_names(self) -> tuple[str, ...]:
        """What people call the classes; empty where the images are not labelled."""
        return tuple(self.card["data"]["classes"])

    @property
    def image_shape(self) -> tuple[int, ...]:
        return tuple(self.card["data"]["image_shape"])

    @property
    def images(self) -> str:
        """What tells the images that it was made of from others; the same in every space of the same images."""
        return images_of(self.card)

    @property
    def about(self) -> str:
        """What it is and what to look at; empty where nobody has said so."""
        return self.card.get("about", "")

    @property
    def paper(self) -> str:
        """Where its kind was published; empty where that is not known."""
        return self.card.get("paper", "")

    @property
    def has_prior(self) -> bool:
        """Whether codes are meant to be standard normal, so that new ones can be drawn."""
        return self.card.get("prior") == "normal"

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The charts that there are of it, the plain one first."""
        return ("plain", "quantiles") if self.has_prior else ("plain",)

    def through(self, chart: Chart) -> LatentSpace:
        """The same space through one of its charts; where it has no such chart, through the plain one."""
        chart = chart if chart in self.charts else "plain"
        return self if chart == self.chart else dataclasses.replace(self, chart=chart)

    @functools.cached_property
    def places(self) -> np.ndarray:
        """Where the points lie on the map, (n, 2) float32, or float64 through the prior's quantiles."""
        return self.places_of(self.codes)

    def index_of(self, row: int) -> int | None:
        """The point of a data row; None where the space has none of it."""
        if row < len(self.rows) and self.rows[row] == row:  # every space that holds all images
            return row
        found = np.flatnonzero(self.rows == row)
        return int(found[0]) if len(found) else None

    def indices_of(self, rows: np.ndarray) -> np.ndarray:
        """The points of data rows (m,), (k,) intp in the order of the points; rows that it lacks are left out."""
        return np.flatnonzero(np.isin(self.rows, rows))

    def codes_at(self, places: np.ndarray) -> np.ndarray:
        """Codes, (n, d) float32, of places on the map, (n, 2). With d = 2, a place of the plain chart is its code;
        beyond the quantiles lies what lies at their edge."""
        if self.chart == "plain":
            return np.asarray(places, np.float32)
        from scipy.special import ndtri  # takes 0.1 s, which the window need not wait for

        return ndtri(np.clip(np.asarray(places, np.float64), EDGE, 1 - EDGE)).astype(np.float32)

    def places_of(self, codes: np.ndarray) -> np.ndarray:
        """Places on the map, (n, 2), of codes, (n, d): the inverse of `codes_at`."""
        if self.chart == "plain":
            return codes[:, :2]
        from scipy.special import ndtr

        return ndtr(codes[:, :2].astype(np.float64))

    def place_of(self, code: np.ndarray) -> tuple[float, float]:
        """The place on the map of one code, (d,)."""
        a, b = self.places_of(code[None])[0].tolist()
        return a, b

    def beyond(self, places: np.ndarray) -> np.ndarray:
        """Which places, (n, 2), lie where no code does, so that `codes_at` clips them, (n,) bool."""
        places = np.asarray(places)
        if self.chart == "plain":
            return np.zeros(len(places), bool)
        return ((places <= 0) | (places >= 1)).any(axis=1)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A binary file that appears under `path` complete or not at all.

    Raises:
        NotAllowed: the folder cannot be written or the disk is full; nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    _unfinished.add(temporary)
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise NotAllowed(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
        _unfinished.discard(temporary)


def discard_unfinished() -> None:
    """Removes what is being written at this moment: for a program that ends without waiting."""
    for temporary in list(_unfinished):
        with contextlib.suppress(OSError):
            temporary.unlink()


interrupt.at_end(discard_unfinished)


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Writes a compressed `.npz` in one piece. Raises NotAllowed as `writing` does."""
    with writing(path) as file:
        np.savez_compressed(file, **arrays)


def read_arrays(path: Path, names: Iterable[str] | None = None, sha256: str | None = None) -> dict[str, np.ndarray]:
    """Reads the named arrays of an `.npz`, all of them by default, never unpickling anything.

    Raises:
        UserError: the file is missing, truncated, not the one that `sha256` (hex) belongs to, lacks
            a name, or holds pickled objects.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path} is missing") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror})") from None
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise UserError(f"{path} is damaged (its SHA-256 is not the one in {CARD})")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return {name: file[name] for name in (file.files if names is None else names)}
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path} is damaged ({error})") from None


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises UserError where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise UserError(f"{path} is missing") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror})") from None


def sums(folder: Path) -> dict[str, str]:
    """SHA-256, in hex, of every file of a space that is there, but the card."""
    return {name: sha256_of(folder / name) for name in SPACE if (folder / name).exists()}


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Writes `card.json`; always the last write. Raises NotAllowed as `writing` does."""
    with writing(folder / CARD) as file:
        file.write(json.dumps({"format": CARD_FORMAT} | card, indent=2, ensure_ascii=False).encode() + b"\n")


def read_card(folder: Path) -> dict[str, Any]:
    """The parsed card of a space's folder.

    Raises:
        UserError: the folder or the card is missing, or the card is not one of ours.
    """
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        what = "has no card.json, so it is no trained space" if folder.is_dir() else "does not exist"
        raise UserError(f"{folder} {what}: train one with 'python model.py train'") from None
    except NotADirectoryError:
        raise UserError(f"{folder} is a file: give the folder of a trained space") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is damaged ({error}): {RESTORE}") from None
    try:
        complete = (
            card["format"] == CARD_FORMAT
            and isinstance(card["title"], str)
            and isinstance(card["data"]["title"], str)
            and isinstance(card["data"]["source"], str)
            and _are_names(card["data"]["classes"])
            and _are_names(_column_names(card))
            and len(set(_column_names(card))) == len(_column_names(card))
            and all(isinstance(size, int) and size > 0 for size in card["data"]["image_shape"])
            and (len(card["data"]["image_shape"]) == 2 or card["data"]["image_shape"][2:] == [3])
            and all(isinstance(card.get(name, ""), str) for name in ("about", "paper", "prior"))
            and isinstance(card["files"], dict)
            and {CODES, DECODER} <= set(card["files"])
        )
    except (KeyError, TypeError):
        complete = False
    if not complete:
        raise UserError(f"{path} is no card of format {CARD_FORMAT}: {RESTORE}")
    return card


def images_of(card: dict[str, Any]) -> str:
    """What tells the images of a space, by its card, from others: their fingerprint, or where they are from."""
    return str(card["data"].get("fingerprint") or card["data"]["source"])


def shipped_and_trained() -> dict[str, Path]:
    """The spaces in `weights/` by name, those with a card only."""
    return {path.parent.name: path.parent for path in sorted(WEIGHTS.glob(f"*/{CARD}"))}


def folder_of(name: str) -> Path:
    """Where the space called `name` lies. Raises UserError with the names that exist."""
    known = shipped_and_trained()
    if name not in known:
        raise UserError(f"no space '{name}' in {WEIGHTS}: there is {', '.join(known) or 'none yet'}")
    return known[name]


def open_space(folder: Path) -> LatentSpace:
    """Reads card and codes.

    Raises:
        UserError: either is missing or damaged, or shapes do not fit together.
    """
    folder = folder.resolve()
    card = read_card(folder)
    try:
        names = _column_names(card)
        members = ("codes", "labels", "rows", *(COLUMN + name for name in names))
        arrays = read_arrays(folder / CODES, members, card["files"][CODES])
        _check_codes(folder / CODES, arrays, len(card["data"]["classes"]))
    except UserError as error:
        raise UserError(f"{error}: {RESTORE}") from None
    columns = {name: arrays.pop(COLUMN + name) for name in names}
    return LatentSpace(folder.name, folder, card, **arrays, columns=columns)


def check_decoder(space: LatentSpace) -> None:
    """Raises UserError unless `decoder.keras` is there and the one that the card was written for."""
    check_network(space, DECODER)


def check_network(space: LatentSpace, name: str) -> None:
    """Raises UserError unless a network, by its file's name, is there and the one that the card was written for."""
    check_file(space.folder, space.card, name)


def check_file(folder: Path, card: dict[str, Any], name: str) -> None:
    """Raises UserError unless a file of a space is there and the one that the card was written for."""
    path = folder / name
    try:
        if sha256_of(path) != card["files"].get(name):
            raise UserError(f"{path} is damaged (its SHA-256 is not the one in {CARD})")
    except UserError as error:
        raise UserError(f"{error}: {RESTORE}") from None


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _column_names(card: dict[str, Any]) -> list[str]:
    """The columns that codes.npz holds; cards from before there were any do not mention them."""
    return card["data"].get("columns", [])


def _check_codes(path: Path, arrays: dict[str, np.ndarray], classes: int) -> None:
    codes, labels, rows = arrays["codes"], arrays["labels"], arrays["rows"]
    if codes.dtype != np.float32 or codes.ndim != 2 or codes.shape[1] != 2 or len(codes) == 0:
        raise UserError(f"{path}: codes are {codes.dtype} {codes.shape}, not float32 (n, 2)")
    if not np.isfinite(codes).all():
        raise UserError(f"{path}: codes are not all finite")
    for name, array in (("labels", labels), ("rows", rows)):
        if array.shape != codes.shape[:1] or array.dtype.kind not in "iu":
            raise UserError(f"{path}: {name} are {array.dtype} {array.shape}, not one integer per code")
    if labels.min() < 0 or labels.max() >= max(classes, 1):  # without classes, every label is 0
        raise UserError(f"{path}: labels reach from {labels.min()} to {labels.max()}, classes are {classes}")
    for name, array in arrays.items():
        if name.startswith(COLUMN) and (array.shape != codes.shape[:1] or array.dtype.kind not in "iufbU"):
            wanted = "not one number or string per code"
            raise UserError(f"{path}: column '{name.removeprefix(COLUMN)}' is {array.dtype} {array.shape}, {wanted}")
