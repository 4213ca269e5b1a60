"""A trained space on disk: a folder with networks, codes, a grid, and a card that describes them.

Everything is written to a temporary name, flushed and renamed, so that a reader never meets half
a file. The card is written last; its SHA-256 sums tell whether the files beside it are its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import functools
import hashlib
import itertools
import math
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from explorer import interrupt
from explorer.errors import NotAllowed, UserError, printable
from explorer.files import arrays, locations, schema, untrusted

WEIGHTS = locations.WEIGHTS
CARD, CODES, GRID, ENCODER, DECODER = "card.json", "codes.npz", "grid.npz", "encoder.keras", "decoder.keras"
HISTORY = "history.npz"
SPACE = (ENCODER, DECODER, CODES, GRID, HISTORY)  # what a card has sums of
CARD_FORMAT = 1
LONGEST_TITLE = 80  # letters that are shown; longer ones lose their middle
MOST_CARD = 16 * 10**6  # bytes
MOST_PIXELS = 2**26  # values of an image
MOST_ROWS = 2**31  # of a data set
MOST_BYTES = 10**9  # of the arrays of a file, where the file itself has not more
COLUMN = "column_"  # begins the names that columns have in codes.npz
LARGEST, SMALLEST = 1e30, 1e-30  # latent units: of codes, and of how far they reach; what lies beyond cannot be zoomed
EDGE = 1e-12  # how near quantiles come to 0 and 1: codes to within 7 standard deviations
TRAIN = f"'{locations.command('model.py')} train'"
RESTORE = f"{locations.RESTORE}, or train again with {TRAIN}"

Chart = Literal["plain", "quantiles"]

_unfinished: set[Path] = set()
_numbers = itertools.count()  # of temporary files


@dataclass(frozen=True)
class LatentSpace:
    """Codes, labels and where they came from; what the map shows.

    Attributes:
        name: the folder's name, printable.
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
        return printable(self.card["title"], LONGEST_TITLE)

    @property
    def data_title(self) -> str:
        return printable(self.card["data"]["title"], LONGEST_TITLE)

    @functools.cached_property
    def class_names(self) -> tuple[str, ...]:
        """What people call the classes, one printable line each; empty where the images are not labelled."""
        return tuple(map(printable, self.card["data"]["classes"]))

    @property
    def image_shape(self) -> tuple[int, ...]:
        return tuple(self.card["data"]["image_shape"])

    @property
    def images(self) -> str:
        """What tells the images that it was made of from others; the same in every space of the same images."""
        return images_of(self.card)

    @property
    def about(self) -> str:
        """What it is and what to look at, in one paragraph; empty where nobody has said so."""
        return " ".join(self.card.get("about", "").split())

    @property
    def paper(self) -> str:
        """Where its kind was published; empty where that is not known."""
        return " ".join(self.card.get("paper", "").split())

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
    """A binary file that appears under `path` complete or not at all, whatever else writes it at the same time.

    What a killed program has left of an earlier writing is removed.

    Raises:
        NotAllowed: the folder cannot be written or the disk is full; nothing is left behind.
    """
    temporary = None
    try:
        if not path.name:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        _remove_leftovers(path)
        temporary, file = _new_temporary(path)
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise NotAllowed(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
            _unfinished.discard(temporary)


def check_writable(path: Path) -> None:
    """Raises NotAllowed where a file cannot be written under `path`; leaves nothing behind."""
    try:
        if os.path.isdir(path) or not path.name:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        temporary, file = _new_temporary(path)
        file.close()
        temporary.unlink()
        _unfinished.discard(temporary)
    except OSError as error:
        raise NotAllowed(f"cannot write {path}: {error.strerror or error}") from None


def _new_temporary(path: Path) -> tuple[Path, BinaryIO]:
    """A new file beside `path`; its name tells the process, and no other writing has it."""
    for number in _numbers:
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{number}.tmp")
        _unfinished.add(temporary)
        try:
            return temporary, open(temporary, "xb")
        except FileExistsError:
            _unfinished.discard(temporary)
        except ValueError:  # a null character
            _unfinished.discard(temporary)
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL)) from None
        except BaseException:
            _unfinished.discard(temporary)
            raise
    raise AssertionError("numbers do not end")


def _remove_leftovers(path: Path) -> None:
    """Removes the temporary files of `path` whose process has ended."""
    name = re.compile(rf"\.{re.escape(path.name)}\.(\d{{1,9}})\.(\d+\.)?tmp")
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            found = name.fullmatch(entry.name)
            if found and _has_ended(int(found[1]), entry.name):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)


def _has_ended(process: int, name: str) -> bool:
    """Whether nobody writes the temporary file of this name any more."""
    import psutil  # only where something was left

    if process == os.getpid():  # or one that had the same number
        return name not in {temporary.name for temporary in list(_unfinished)}
    return not psutil.pid_exists(process)


def discard_unfinished() -> None:
    """Removes what is being written at this moment: for a program that ends without waiting."""
    for temporary in list(_unfinished):
        with contextlib.suppress(OSError):
            temporary.unlink()


interrupt.at_end(discard_unfinished)


def write_arrays(path: Path, **members: np.ndarray) -> None:
    """Writes a compressed `.npz` in one piece. Raises NotAllowed as `writing` does."""
    with writing(path) as file:
        np.savez_compressed(file, **members)


def read_arrays(path: Path, names: Iterable[str] | None = None, sha256: str | None = None) -> dict[str, np.ndarray]:
    """Reads the named arrays of an `.npz`, all of them by default, never unpickling anything.

    Raises:
        UserError: the file is missing, truncated, not the one that `sha256` (hex) belongs to, lacks
            a name, holds pickled objects, or claims more than it may.
    """
    with untrusted.opened(path) as file:
        if sha256 is not None and hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise UserError(f"{path} is damaged (its SHA-256 is not the one in {CARD})")
        most = max(MOST_BYTES, os.fstat(file.fileno()).st_size)

        def all_if_they_fit(headers: list[arrays.Header]) -> list[arrays.Header]:
            if (size := sum(header.size for header in headers)) > most:
                raise ValueError(f"it claims {untrusted.amount(size)}, at most {untrusted.amount(most)} are read")
            return headers

        with untrusted.parsing(path):
            return arrays.read(file, names, all_if_they_fit)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises UserError where it cannot be read."""
    with untrusted.opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums(folder: Path) -> dict[str, str]:
    """SHA-256, in hex, of every file of a space that is there, but the card."""
    return {name: sha256_of(folder / name) for name in SPACE if os.path.exists(folder / name)}


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Writes `card.json`; always the last write. Raises NotAllowed as `writing` does."""
    with writing(folder / CARD) as file:
        file.write(schema.encoded(schema.finite({"format": CARD_FORMAT} | card)))


def read_card(folder: Path) -> dict[str, Any]:
    """The parsed card of a space's folder, with `kind` "" and `metrics` {} where it has none.

    Raises:
        UserError: the folder or the card is missing, or the card is not one of ours.
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
        card = schema.decoded(content)
    with untrusted.parsing(path, RESTORE, f"is no card of format {CARD_FORMAT}"):
        _check_card(card)
    return card | {"kind": card.get("kind", ""), "metrics": card.get("metrics") or {}}


def _check_card(card: Any) -> None:
    """Raises ValueError unless it is a card that can be shown."""
    if not isinstance(card, dict) or card.get("format") is True or card.get("format") != CARD_FORMAT:
        raise ValueError("'format' is another one")
    found = schema.checked(card, schema.Card)
    if len(set(found.data.columns)) < len(found.data.columns):
        raise ValueError("'data.columns': a name comes twice")
    if found.data.image_shape[2:] not in ([], [3]) or math.prod(found.data.image_shape) > MOST_PIXELS:
        raise ValueError("'data.image_shape': give height and width, and 3 for colours")
    if missing := {CODES, DECODER} - set(found.files):
        raise ValueError(f"'files' lacks {', '.join(sorted(missing))}")


def images_of(card: dict[str, Any]) -> str:
    """What tells the images of a space, by its card, from others: their fingerprint, or where they are from."""
    return str(card["data"].get("fingerprint") or card["data"]["source"])


def homes() -> list[Path]:
    """The folders in which spaces have a name: first that of the bundled ones, last the one for what people train."""
    return [WEIGHTS, *filter(None, [locations.working()])]


def shipped_and_trained() -> dict[str, Path]:
    """The spaces in `homes` by name, those with a card only. Where two have a name, it is the first one's."""
    found = {}
    for home in reversed(homes()):
        with contextlib.suppress(OSError):
            found |= {name: home / name for name in os.listdir(home) if os.path.isfile(home / name / CARD)}
    return dict(sorted(found.items()))


def folder_of(name: str) -> Path:
    """Where the space called `name` lies. Raises UserError with the names that exist.

    Where a run was killed while it replaced it, nothing is there, and `following.opened` finds it.
    """
    known = shipped_and_trained()
    if found := known.get(name) or known.get(f"{name}.previous"):
        return found.with_name(name)
    raise UserError(f"no space '{name}' in {' or '.join(map(str, homes()))}: there is {', '.join(known) or 'none yet'}")


def open_space(folder: Path) -> LatentSpace:
    """Reads card and codes.

    Raises:
        UserError: either is missing or damaged, or shapes do not fit together.
    """
    folder = untrusted.absolute(folder)
    card = read_card(folder)
    try:
        names = _column_names(card)
        members = ("codes", "labels", "rows", *(COLUMN + name for name in names))
        found = read_arrays(folder / CODES, members, card["files"][CODES])
        _check_codes(folder / CODES, found, len(card["data"]["classes"]))
    except UserError as error:
        raise UserError(f"{error}: {RESTORE}") from None
    columns = {name: arrays.printable(found.pop(COLUMN + name)) for name in names}
    return LatentSpace(printable(folder.name), folder, card, **found, columns=columns)


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


def _column_names(card: dict[str, Any]) -> list[str]:
    """The columns that codes.npz holds; cards from before there were any do not mention them."""
    return card["data"].get("columns", [])


def _check_range(path: Path, codes: np.ndarray) -> None:
    """Raises UserError for finite codes, (n, 2) float32, at which zooming would leave the range of float32."""
    most = float(np.abs(codes).max())
    if most > np.float32(LARGEST):
        raise UserError(f"{path}: codes reach to {most:.3g} (scale them: {LARGEST:g} is the most that can be drawn)")
    reach = float(np.ptp(codes.astype(np.float64), axis=0).max())
    if 0 < reach < SMALLEST:
        raise UserError(f"{path}: codes lie within {reach:.3g} (scale them: {SMALLEST:g} is the least to be drawn)")


def _check_codes(path: Path, found: dict[str, np.ndarray], classes: int) -> None:
    codes, labels, rows = found["codes"], found["labels"], found["rows"]
    if codes.dtype != np.float32 or codes.ndim != 2 or codes.shape[1] != 2 or len(codes) == 0:
        raise UserError(f"{path}: codes are {codes.dtype} {codes.shape}, not float32 (n, 2)")
    if not (finite := np.isfinite(codes).all(axis=1)).all():
        bad = np.flatnonzero(~finite)
        some = f"of point {bad[0]} is" if len(bad) == 1 else f"of {len(bad):,} points, the first of them {bad[0]}, are"
        raise UserError(f"{path}: the code{'s' * (len(bad) > 1)} {some} NaN or infinite")
    _check_range(path, codes)
    for name, array in (("labels", labels), ("rows", rows)):
        if array.shape != codes.shape[:1] or array.dtype.kind not in "iu":
            raise UserError(f"{path}: {name} are {array.dtype} {array.shape}, not one integer per code")
    if labels.min() < 0 or labels.max() >= max(classes, 1):  # without classes, every label is 0
        raise UserError(f"{path}: labels reach from {labels.min()} to {labels.max()}, classes are {classes}")
    if rows.min() < 0 or rows.max() >= MOST_ROWS:
        raise UserError(f"{path}: rows reach from {rows.min()} to {rows.max()}, not from 0 to {MOST_ROWS - 1}")
    for name, array in found.items():
        if name.startswith(COLUMN) and (array.shape != codes.shape[:1] or array.dtype.kind not in "iufbU"):
            wanted = "not one number or string per code"
            raise UserError(f"{path}: column '{name.removeprefix(COLUMN)}' is {array.dtype} {array.shape}, {wanted}")
