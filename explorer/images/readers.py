"""Files of images, read as they are: `.npz`, IDX (the format of MNIST), folders of pictures.

Nothing is scaled, mapped or checked against anything else here; `data.py` does that, the same for all.
"""

from __future__ import annotations

import functools
import gzip
import itertools
import math
import os
import re
import struct
import warnings
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from explorer.errors import UserError, printable
from explorer.files import arrays, untrusted

LONGEST_NAME = 200  # letters of a class or a column
KINDS = "an .npz, an IDX file, or a folder of IDX files or pictures"


class Split(NamedTuple):
    """Training or test images.

    Attributes:
        name: what a message calls them.
        images: any shape and type; the first axis counts them.
        labels: one for each, or None.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray | None


@dataclass
class Found:
    """What a file or folder holds.

    Attributes:
        splits: training images and, where there are any, test images.
        columns: further values by name, (n,) numbers or strings over all splits.
        class_names: where they are known, labels are indices into them.
    """

    splits: list[Split]
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    class_names: Sequence[str] | None = None


def read(path: Path) -> Found:
    """Reads a file or folder of any kind; files are told apart by how they begin.

    Raises:
        UserError: it is of no kind that is known, is damaged or cannot be read; see the readers below.
    """
    if os.path.isdir(path):
        with untrusted.readable(path):
            return read_idx_folder(path) or read_pictures(path)
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
NPZ_FORMS = (  # names of images and labels, of one split or of both
    (("x_train", "y_train"), ("x_test", "y_test")),
    (("train_images", "train_labels"), ("test_images", "test_labels")),  # MedMNIST
    (("images", "labels"),),
    (("x", "y"),),
)


def read_npz(path: Path) -> Found:
    """Arrays named as in one of NPZ_FORMS, of which only the first is necessary.

    `class_names` may hold strings. Any other array becomes a column if it holds one number or string for
    every image, and so do two called NAME_train and NAME_test, one for each image of their splits. What
    is left is passed over.

    Raises:
        UserError: there are no such arrays, the file is damaged, or holds pickled objects.
    """
    with untrusted.opened(path) as file, untrusted.parsing(path, "make it again"):
        try:
            found = arrays.read(file, None, functools.partial(_needed, path), arrays_alone=False)
        except arrays.PythonObjects as error:
            raise UserError(f"{path} ({error.name}) holds Python objects: save it as numbers or strings") from None
        found = {name: as_column(array) for name, array in found.items()}
    form = _form(found) or ()
    splits = [Split(f"{path} ({x})", found.pop(x), found.pop(y, None)) for x, y in form if x in found]
    class_names = found.pop("class_names", None)
    if class_names is not None and (class_names.ndim != 1 or class_names.dtype.kind != "U"):
        raise UserError(f"{path} (class_names) holds {class_names.dtype} {class_names.shape}: give (n,) strings")

    found = {printable(name, LONGEST_NAME): array for name, array in found.items() if array.dtype.kind in "buifU"}
    shapes = [split.images.shape[:1] for split in splits]
    for stem in [name.removesuffix("_train") for name in found if name.endswith("_train")]:
        names = [f"{stem}_{part}" for part in ("train", "test")[: len(splits)]]
        if [found[name].shape if name in found else None for name in names] == shapes:
            found[stem] = np.concatenate([found.pop(name) for name in names])
    rows = (sum(map(math.prod, shapes)),)
    return Found(splits, {name: array for name, array in found.items() if array.shape == rows}, class_names)


def _form(names: Container[str]) -> tuple[tuple[str, str], ...] | None:
    """The one of NPZ_FORMS that arrays with these names have; None where they have none."""
    return next((form for form in NPZ_FORMS if form[0][0] in names), None)


def _needed(path: Path, headers: list[arrays.Header]) -> list[arrays.Header]:
    """The arrays of a data set: images, and those that can be labels or columns. Raises UserError where they, and what
    is made of the images, do not fit into memory."""
    form = _form({header.name for header in headers})
    if form is None:
        names = ", ".join(header.name for header in headers) or "no arrays"
        raise UserError(f"{path} holds {printable(names, LONGEST_NAME)}: call the images x_train and x_test, or images")
    images = [header for header in headers if header.name in {x for x, _ in form}]
    named = {"class_names", *itertools.chain.from_iterable(form)}
    needed = [header for header in headers if header.name in named or header.shape[1:] in ((), (1,))]
    # other types are made into uint8, and one split is copied into two
    copies = [math.prod(header.shape) * ((header.dtype != np.uint8) + (len(images) == 1)) for header in images]
    untrusted.check_room(sum(header.size for header in needed) + sum(copies), path)
    return needed


def as_column(values: np.ndarray) -> np.ndarray:
    """Shape (n, 1) as (n,), bytes as strings, strings as one printable line each, all else as it is."""
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    return arrays.printable(np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values)


# --- IDX --------------------------------------------------------------------------------------------------------------

IDX, GZIP = b"\0\0", b"\x1f\x8b"
IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx_folder(folder: Path) -> Found | None:
    """IDX files, gzipped or not, told apart by their names: train, t10k or test, and images or labels.

    Labels may be missing, and so may a split. Returns None where no file is one of images.

    Raises:
        UserError: two files could be meant, or one is damaged.
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
    return Found([_read_split(found[split, "images"], found.get((split, "labels"))) for split in splits])


def read_idx_file(path: Path) -> Found:
    """One IDX file of images; its labels lie beside it, called like it, or nowhere.

    Raises:
        UserError: one of the two is damaged.
    """
    name = re.sub(r"idx\d", "idx1", path.name.replace("images", "labels")).removesuffix(".gz")
    beside = [path.with_name(name), path.with_name(f"{name}.gz")] if "images" in path.name else []
    return Found([_read_split(path, next((labels for labels in beside if os.path.isfile(labels)), None))])


def _read_split(images: Path, labels: Path | None) -> Split:
    return Split(str(images), _read_idx(images), None if labels is None else _read_idx(labels))


def _read_idx(path: Path) -> np.ndarray:
    """The array of one IDX file. Raises UserError if it is none, or not as long as its header says."""
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


# --- Folders of pictures ----------------------------------------------------------------------------------------------

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")  # that Pillow may try
MOST_PIXELS = 64_000_000
MOST_PICTURE = 300 * 10**6  # bytes of a file
DEEPEST = 64  # folders within each other
SPLITS = {"train", "test", "val", "valid", "validation"}


def read_pictures(folder: Path) -> Found:
    """Pictures without labels, or in one sub-folder for each class, searched to any depth.

    The classes' folders may lie in `train` and beside it in `test` or `val`, which together are the test
    split. Hidden files and those that do not end like a picture are passed over. The column `file` holds
    each picture's path within the folder. Images are grey if all pictures are.

    Raises:
        UserError: no pictures, pictures that cannot be read or differ in size, or pictures both in
            sub-folders and beside them.
    """
    below = _folders_in(folder)
    names = {path.name.lower() for path in below}
    if "train" in names and names <= SPLITS:
        roots = [[path for path in below if (path.name.lower() == "train") == train] for train in (True, False)]
    else:
        roots = [[folder]]
    parts = [[found for root in some for found in _pictures_in(root)] for some in roots]
    parts = [part for part in parts if part]
    paths, classes = [path for part in parts for path, _ in part], [name for part in parts for _, name in part]
    if not paths:
        raise UserError(f"{folder} holds neither pictures ({', '.join(PICTURES)}) nor IDX files: give {KINDS}")
    if None in classes and len(set(classes)) > 1:
        stray = paths[classes.index(None)]
        raise UserError(f"{stray} lies beside folders of pictures: move each picture into its class's folder")
    ends = np.cumsum([len(part) for part in parts])[:-1]
    images = np.split(_read_all(paths), ends)
    labels = [None] * len(parts) if None in classes else np.split(np.array(classes), ends)
    files = np.array([printable(path.relative_to(folder).as_posix()) for path in paths])
    return Found([Split(str(folder), *split) for split in zip(images, labels, strict=True)], {"file": files})


def _folders_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if os.path.isdir(path) and not path.name.startswith("."))


def _pictures_in(root: Path) -> list[tuple[Path, str | None]]:
    """Every picture with its class, the sub-folder of `root` that it lies in, or None; sorted by path."""
    found = [(path, None) for path in root.iterdir() if not os.path.isdir(path)]
    for sub in _folders_in(root):
        found += [(path, printable(sub.name, LONGEST_NAME)) for path in _files_below(sub)]
    found = [pair for pair in found if pair[0].suffix.lower() in PICTURES and not pair[0].name.startswith(".")]
    return sorted(found, key=lambda pair: pair[0].parts)


def _files_below(top: Path) -> list[Path]:
    """The files in a folder and in those within it, but for hidden folders and links to folders. Raises UserError where
    they lie too deep."""
    found, folders = [], [(top, 0)]
    while folders:
        folder, depth = folders.pop()
        if depth > DEEPEST:
            raise UserError(f"{top} holds folders more than {DEEPEST} deep: move the pictures up")
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir():
                    found.append(Path(entry.path))
                elif not entry.name.startswith(".") and not entry.is_symlink():
                    folders.append((Path(entry.path), depth + 1))
    return found


def _read_all(paths: list[Path]) -> np.ndarray:
    """Pictures of one size, (n, height, width[, 3]) uint8. Raises UserError as `read_pictures` does."""
    from tqdm import tqdm

    images = None
    for row, path in enumerate(tqdm(paths, "Reading pictures", leave=False, disable=None, delay=1)):
        pixels = read_picture(path)
        height, width = pixels.shape[:2]
        if images is None:
            images = _room_for(len(paths), pixels)
        if images.shape[1:3] != (height, width):
            first = f"{paths[0]} is {images.shape[2]} pixels wide and {images.shape[1]} high"
            raise UserError(f"{first}, {path} {width} and {height}: make all pictures one size")
        if pixels.ndim == images.ndim:  # the first in colour
            grey, images = images, _room_for(len(paths), pixels)
            images[:row] = grey[:row, ..., np.newaxis]
        images[row] = pixels if pixels.ndim == images.ndim - 1 else pixels[..., np.newaxis]
    return images


def _room_for(count: int, picture: np.ndarray) -> np.ndarray:
    """An empty array for so many pictures like this one. Raises UserError where they do not fit into memory."""
    untrusted.check_room(count * picture.size, f"a folder of {count:,} pictures")
    return np.empty((count, *picture.shape), np.uint8)


def read_picture(path: Path, ground: str = "black") -> np.ndarray:
    """One picture the right way up, (height, width) uint8 if it is grey all over, else (height, width, 3).

    16 bits become 8; what is transparent is laid over the ground, a colour's name; black is 0. Of an animation the
    first frame is taken.

    Raises:
        UserError: Pillow cannot read it, or it has more than `MOST_PIXELS`.
    """
    with untrusted.opened(path, MOST_PICTURE) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # metadata gone wrong, which nobody here looks at
        with untrusted.parsing(path, "repair or remove it", "is damaged or no picture"):
            pixels = _pixels(path, file, ground)
            grey = pixels[..., 0]
            return grey if all((pixels[..., channel] == grey).all() for channel in (1, 2)) else pixels


def _pixels(path: Path, file: BinaryIO, ground: str) -> np.ndarray:
    """The pixels of a picture, (height, width, 3) uint8. Raises UserError, and whatever Pillow does."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        picture = Image.open(file, formats=FORMATS)  # by its path, Pillow 13 scrambles TIFFs that are turned
    except UnidentifiedImageError:
        raise ValueError("of no known format") from None
    except Image.DecompressionBombError:
        raise UserError(f"{path} has more than {MOST_PIXELS:,} pixels: make it smaller") from None
    if math.prod(picture.size) > MOST_PIXELS:
        raise UserError(f"{path} has more than {MOST_PIXELS:,} pixels: make it smaller")
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode.startswith("I"):
        return np.repeat(_of_8_bits(path, np.asarray(picture))[..., np.newaxis], 3, axis=2)
    if picture.mode == "F":
        raise UserError(f"{path} has floating-point pixels: save it with 8 or 16 bits")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, ground), picture)
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _of_8_bits(path: Path, wide: np.ndarray) -> np.ndarray:
    """Pixels of 16 bits, (height, width), as uint8. Raises UserError where they have more."""
    if wide.min() < 0 or wide.max() > 65535:
        raise UserError(f"{path} has pixels beyond 16 bits: save it with 8 or 16")
    pixels = np.empty(wide.shape, np.uint8)
    for line, rounded in zip(wide, pixels, strict=True):  # all at once would take eight times the room
        rounded[...] = np.rint(line / 257)
    return pixels
