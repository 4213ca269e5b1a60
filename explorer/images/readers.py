"""Reads files of images: `.npz` and IDX (the format of MNIST).

Arrays are returned as they are. `datasets.py` scales, converts and checks them, in the same way for all formats.
"""

from __future__ import annotations

import gzip
import itertools
import math
import os
import re
import struct
from collections.abc import Container
from pathlib import Path

import numpy as np

from explorer.errors import UserError, printable
from explorer.files import arrays, untrusted
from explorer.files.schema import Reading
from explorer.images import pictures
from explorer.images.found import KINDS, LONGEST_NAME, PICTURES, Found, Split


def read(path: Path, reading: Reading) -> Found:
    """Reads a file or folder of any kind. The first bytes of a file decide its kind.

    Raises:
        UserError: its kind is unknown, it is damaged, or it cannot be read; see the readers below.
    """
    if os.path.isdir(path):
        with untrusted.readable(path):
            return read_idx_folder(path) or pictures.read_pictures(path, reading)
    with untrusted.opened(path) as file:
        start = file.read(2)
    if start == ZIP:
        return read_npz(path)
    if start in (IDX, GZIP):
        return read_idx_file(path)
    hint = "give the folder it lies in" if path.suffix.lower() in PICTURES else f"give {KINDS}"
    raise UserError(f"{path} is neither an .npz nor an IDX file: {hint}")


# --- .npz -------------------------------------------------------------------------------------------------------------

ZIP = b"PK"
Form = tuple[tuple[str, str], ...]
NPZ_FORMS = (  # names of the arrays of images and labels, of one split or of both
    (("x_train", "y_train"), ("x_test", "y_test")),
    (("train_images", "train_labels"), ("test_images", "test_labels")),  # MedMNIST
    (("images", "labels"),),
    (("x", "y"),),
)
LIKE_LABELS = {"class", "classes", "label", "labels", "target", "targets", "y"}


def read_npz(path: Path) -> Found:
    """Reads arrays with the names of one of NPZ_FORMS, of which only the first array is necessary.

    `class_names` may hold strings. Any other array with one number or string for every image becomes a
    column; so do two arrays NAME_train and NAME_test with one value for each image of their splits.
    All other arrays are ignored.

    Raises:
        UserError: there are no such arrays, the file is damaged, or it holds pickled objects.
    """
    headers: list[arrays.Header] = []

    def needed(everything: list[arrays.Header]) -> list[arrays.Header]:
        headers.extend(everything)
        return _needed(path, everything)

    with untrusted.opened(path) as file, untrusted.parsing(path, "make it again"):
        try:
            found = arrays.read(file, None, needed, arrays_alone=False)
        except arrays.PythonObjects as error:
            raise UserError(f"{path} ({error.name}) holds Python objects: save it as numbers or strings") from None
        found = {name: as_column(array) for name, array in found.items()}
    form = _form(found) or ()
    splits = [Split(f"{path} ({x})", found.pop(x), found.pop(y, None)) for x, y in form if x in found]
    class_names = found.pop("class_names", None)
    if class_names is not None and (class_names.ndim != 1 or class_names.dtype.kind != "U"):
        raise UserError(f"{path} (class_names) holds {class_names.dtype} {class_names.shape}: give (n,) strings")

    notes = _like_labels(path, form, splits, headers)
    found = {printable(name, LONGEST_NAME): array for name, array in found.items() if array.dtype.kind in "buifU"}
    shapes = [split.images.shape[:1] for split in splits]
    for stem in [name.removesuffix("_train") for name in found if name.endswith("_train")]:
        names = [f"{stem}_{part}" for part in ("train", "test")[: len(splits)]]
        if [found[name].shape if name in found else None for name in names] == shapes:
            found[stem] = np.concatenate([found.pop(name) for name in names])
    rows = (sum(map(math.prod, shapes)),)
    columns = {name: array for name, array in found.items() if array.shape == rows}
    return Found(splits, columns, class_names, notes)


def _like_labels(path: Path, form: Form, splits: list[Split], headers: list[arrays.Header]) -> list[str]:
    """A note if no array is read as labels but one seems to hold them."""
    if any(split.labels is not None for split in splits):
        return []
    counts = [len(split.images) for split in splits if split.images.ndim]
    for header in headers:
        stem = re.sub("^(train|test)_|_(train|test)$", "", header.name.lower())
        if stem in LIKE_LABELS and header.shape[:1] and header.shape[0] in (*counts, sum(counts)):
            wanted = " and ".join(y for _, y in form[: len(splits)])
            return [f"{path} ({printable(header.name)}) is not read as labels: call it {wanted} to see classes"]
    return []


def _form(names: Container[str]) -> Form | None:
    """The one of NPZ_FORMS that these names match, or None."""
    return next((form for form in NPZ_FORMS if form[0][0] in names), None)


def _needed(path: Path, headers: list[arrays.Header]) -> list[arrays.Header]:
    """The arrays of a data set: images, and possible labels and columns. Raises UserError if they and the converted
    images do not fit into memory."""
    form = _form({header.name for header in headers})
    if form is None:
        names = ", ".join(header.name for header in headers) or "no arrays"
        raise UserError(f"{path} holds {printable(names, LONGEST_NAME)}: call the images x_train and x_test, or images")
    images = [header for header in headers if header.name in {x for x, _ in form}]
    named = {"class_names", *itertools.chain.from_iterable(form)}
    needed = [header for header in headers if header.name in named or header.shape[1:] in ((), (1,))]
    made = sum(math.prod(header.shape) for header in images if header.dtype != np.uint8)  # into uint8
    untrusted.check_room(sum(header.size for header in needed) + made, path)
    return needed


def as_column(values: np.ndarray) -> np.ndarray:
    """Converts shape (n, 1) to (n,), bytes and objects to strings, and strings to one printable line each."""
    if values.dtype.kind == "O":
        values = values.astype(str)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    return arrays.printable(np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values)


# --- IDX --------------------------------------------------------------------------------------------------------------

IDX, GZIP = b"\0\0", b"\x1f\x8b"
IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx_folder(folder: Path) -> Found | None:
    """Reads IDX files, gzipped or not. Their names tell the split (train, t10k or test), and images from labels.

    Labels or one split may be missing. Returns None if there is no file of images.

    Raises:
        UserError: two files have the same role, or one is damaged.
    """
    found = {}
    for path in sorted(folder.iterdir()):
        name = path.name.lower()
        kind = re.search("images|labels", name)
        hidden_or_picture = name.startswith(".") or path.suffix.lower() in PICTURES
        if hidden_or_picture or not kind or not re.search("idx|ubyte", name) or os.path.isdir(path):
            continue
        split = "test" if re.search("t10k|test", name) else "train"
        other = found.setdefault((split, kind[0]), path)
        if other.name != path.name.removesuffix(".gz") and other != path:
            both = f"{other.name} and {path.name} in {folder} could both be the {split} {kind[0]}"
            raise UserError(f"{both}: give one file of images, or a folder of one data set")
    splits = [split for split in ("train", "test") if (split, "images") in found]
    if not splits:
        return None
    parts = [_read_split(found[split, "images"], found.get((split, "labels"))) for split in splits]
    return Found(parts, transposed=_is_transposed(found[splits[0], "images"]))


def read_idx_file(path: Path) -> Found:
    """Reads one IDX file of images, and its labels if a file with the matching name is beside it.

    Raises:
        UserError: one of the two is damaged.
    """
    name = re.sub(r"idx\d", "idx1", path.name.replace("images", "labels")).removesuffix(".gz")
    beside = [path.with_name(name), path.with_name(f"{name}.gz")] if "images" in path.name else []
    split = _read_split(path, next((labels for labels in beside if os.path.isfile(labels)), None))
    return Found([split], transposed=_is_transposed(path))


def _is_transposed(path: Path) -> bool:
    """Whether it is one of EMNIST's files, which have rows and columns exchanged."""
    return "emnist" in path.name.lower()


def _read_split(images: Path, labels: Path | None) -> Split:
    return Split(str(images), _read_idx(images), None if labels is None else _read_idx(labels))


def _read_idx(path: Path) -> np.ndarray:
    """The array of one IDX file. Raises UserError if it is not an IDX file, or its length contradicts its header."""
    with untrusted.opened(path) as raw, untrusted.parsing(path, "get it again"):
        size, gzipped = os.fstat(raw.fileno()).st_size, raw.read(2) == GZIP
        raw.seek(0)
        file = gzip.GzipFile(fileobj=raw) if gzipped else raw
        magic = file.read(4)  # 0, 0, type, number of dimensions
        if magic[:2] != IDX or len(magic) < 4 or magic[2] not in IDX_TYPES or not 1 <= magic[3] <= 4:
            raise UserError(f"{path} is no IDX file, it begins with {magic.hex(' ')}: give {KINDS}")
        sizes = file.read(4 * magic[3])
        if len(sizes) < 4 * magic[3]:
            raise EOFError("it ends within its header")
        shape, dtype = struct.unpack(f">{magic[3]}I", sizes), np.dtype(IDX_TYPES[magic[2]])
        promised, holds = math.prod(shape) * dtype.itemsize, size - len(magic) - len(sizes)
        lie = f"it promises {promised:,} bytes, {shape} {dtype}, but holds"
        if not gzipped and holds != promised:
            raise ValueError(f"{lie} {holds:,}")
        if promised > untrusted.INFLATION * size:
            raise ValueError(f"{lie} less")
        untrusted.check_room(promised, path)
        return np.ndarray(shape, dtype, arrays.filled(file, promised).data)
