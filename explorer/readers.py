"""Files of images, read as they are: `.npz`, IDX (the format of MNIST), folders of pictures.

Nothing is scaled, mapped or checked against anything else here; `data.py` does that, the same for all.
"""

from __future__ import annotations

import gzip
import math
import os
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from explorer.errors import UserError

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
        UserError: it is of no kind that is known, or damaged; see the readers below.
        OSError, MemoryError: as they come.
    """
    if path.is_dir():
        return read_idx_folder(path) or read_pictures(path)
    with open(path, "rb") as file:
        start = file.read(2)
    if start == ZIP:
        return read_npz(path)
    if start in (IDX, GZIP):
        return read_idx_file(path)
    hint = "give the folder it lies in" if path.suffix.lower() in PICTURES else f"give {KINDS}"
    raise UserError(f"{path} is neither an .npz nor an IDX file: {hint}")


def reason(error: Exception) -> str:
    """What a library said, in one line."""
    return next(iter(str(error).splitlines()), type(error).__name__)


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
    arrays, name = {}, ""
    try:
        # NumPy leaves a file that it opens itself open where the archive is damaged
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            for name in file.files:
                arrays[name] = file[name]
    except (ValueError, KeyError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        if "allow_pickle" in str(error):
            raise UserError(f"{path} ({name}) holds Python objects: save it as numbers or strings") from None
        raise UserError(f"{path} is damaged ({reason(error)}): make it again") from None
    arrays = {name: as_column(array) for name, array in arrays.items() if isinstance(array, np.ndarray)}
    form = next((form for form in NPZ_FORMS if form[0][0] in arrays), None)
    if form is None:
        names = ", ".join(arrays) or "no arrays"
        raise UserError(f"{path} holds {names}: call the images x_train and x_test, or images")
    splits = [Split(f"{path} ({x})", arrays.pop(x), arrays.pop(y, None)) for x, y in form if x in arrays]
    class_names = arrays.pop("class_names", None)
    if class_names is not None and (class_names.ndim != 1 or class_names.dtype.kind != "U"):
        raise UserError(f"{path} (class_names) holds {class_names.dtype} {class_names.shape}: give (n,) strings")

    arrays = {name: array for name, array in arrays.items() if array.dtype.kind in "buifU"}
    shapes = [split.images.shape[:1] for split in splits]
    for stem in [name.removesuffix("_train") for name in arrays if name.endswith("_train")]:
        names = [f"{stem}_{part}" for part in ("train", "test")[: len(splits)]]
        if [arrays[name].shape if name in arrays else None for name in names] == shapes:
            arrays[stem] = np.concatenate([arrays.pop(name) for name in names])
    rows = (sum(map(math.prod, shapes)),)
    return Found(splits, {name: array for name, array in arrays.items() if array.shape == rows}, class_names)


def as_column(values: np.ndarray) -> np.ndarray:
    """Shape (n, 1) as (n,), bytes as strings, all else as it is."""
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    return np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values


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
        if hidden_or_picture or not kind or not re.search("idx|ubyte", name) or not path.is_file():
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
    return Found([_read_split(path, next((labels for labels in beside if labels.is_file()), None))])


def _read_split(images: Path, labels: Path | None) -> Split:
    return Split(str(images), _read_idx(images), None if labels is None else _read_idx(labels))


def _read_idx(path: Path) -> np.ndarray:
    """The array of one IDX file. Raises UserError if it is none, or not as long as its header says."""
    try:
        with open(path, "rb") as file:
            opener = gzip.open if file.read(2) == GZIP else open
        with opener(path, "rb") as file:
            magic = file.read(4)  # 0, 0, type, number of dimensions
            if magic[:2] != IDX or len(magic) < 4 or magic[2] not in IDX_TYPES or not 1 <= magic[3] <= 4:
                raise UserError(f"{path} is no IDX file, it begins with {magic.hex(' ')}: give {KINDS}")
            sizes = file.read(4 * magic[3])
            if len(sizes) < 4 * magic[3]:
                raise EOFError("it ends within its header")
            content = file.read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{path} is damaged ({reason(error)}): get it again") from None
    shape, dtype = struct.unpack(f">{magic[3]}I", sizes), np.dtype(IDX_TYPES[magic[2]])
    promised = math.prod(shape) * dtype.itemsize
    if len(content) != promised:
        lie = f"it promises {promised:,} bytes, {shape} {dtype}, but holds {len(content):,}"
        raise UserError(f"{path} is damaged ({lie}): get it again")
    return np.ndarray(shape, dtype, content)


# --- Folders of pictures ----------------------------------------------------------------------------------------------

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
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
    files = np.array([path.relative_to(folder).as_posix() for path in paths])
    return Found([Split(str(folder), *split) for split in zip(images, labels, strict=True)], {"file": files})


def _folders_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _pictures_in(root: Path) -> list[tuple[Path, str | None]]:
    """Every picture with its class, the sub-folder of `root` that it lies in, or None; sorted by path."""

    def fail(error: OSError) -> None:
        raise error

    found = [(path, None) for path in root.iterdir() if not path.is_dir()]
    for sub in _folders_in(root):
        for folder, folders, names in os.walk(sub, onerror=fail):
            folders[:] = [name for name in folders if not name.startswith(".")]
            found += [(Path(folder, name), sub.name) for name in names]
    found = [pair for pair in found if pair[0].suffix.lower() in PICTURES and not pair[0].name.startswith(".")]
    return sorted(found, key=lambda pair: pair[0].parts)


def _read_all(paths: list[Path]) -> np.ndarray:
    """Pictures of one size, (n, height, width[, 3]) uint8. Raises UserError as `read_pictures` does."""
    from tqdm import tqdm

    images = None
    for row, path in enumerate(tqdm(paths, "Reading pictures", leave=False, disable=None, delay=1)):
        pixels = read_picture(path)
        height, width = pixels.shape[:2]
        if images is None:
            images = _room_for((len(paths), *pixels.shape))
        if images.shape[1:3] != (height, width):
            first = f"{paths[0]} is {images.shape[2]} pixels wide and {images.shape[1]} high"
            raise UserError(f"{first}, {path} {width} and {height}: make all pictures one size")
        if pixels.ndim == images.ndim:  # the first in colour
            grey, images = images, _room_for((len(paths), *pixels.shape))
            images[:row] = grey[:row, ..., np.newaxis]
        images[row] = pixels if pixels.ndim == images.ndim - 1 else pixels[..., np.newaxis]
    return images


def _room_for(shape: tuple[int, ...]) -> np.ndarray:
    """Like `np.empty` for uint8, but Linux would hand out more memory than there is and kill who fills it."""
    import psutil

    if math.prod(shape) > psutil.virtual_memory().total:
        raise MemoryError
    return np.empty(shape, np.uint8)


def read_picture(path: Path, ground: str = "black") -> np.ndarray:
    """One picture the right way up, (height, width) uint8 if it is grey all over, else (height, width, 3).

    16 bits become 8; what is transparent is laid over the ground, a colour's name; black is 0. Of an animation the
    first frame is taken.

    Raises:
        UserError: Pillow cannot read it, or takes its size for an attack.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # metadata gone wrong, which nobody here looks at
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Not by its path: of a file it maps, Pillow 13 scrambles TIFFs that are turned.
            with open(path, "rb") as file, Image.open(file) as opened:
                picture = ImageOps.exif_transpose(opened)
        if picture.mode.startswith("I"):
            wide = np.asarray(picture)
            if wide.min() < 0 or wide.max() > 65535:
                raise UserError(f"{path} has pixels beyond 16 bits: save it with 8 or 16")
            return np.rint(wide / 257).astype(np.uint8)
        if picture.mode == "F":
            raise UserError(f"{path} has floating-point pixels: save it with 8 or 16 bits")
        if picture.has_transparency_data:
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, ground), picture)
        pixels = np.asarray(picture.convert("RGB"))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UserError(f"{path} has more than {Image.MAX_IMAGE_PIXELS:,} pixels: make it smaller") from None
    except (UserError, MemoryError):
        raise
    except Exception as error:  # Pillow's readers raise anything on damaged files
        if getattr(error, "errno", None):
            raise UserError(f"{path} cannot be read ({error.strerror})") from None
        why = "of no known format" if isinstance(error, UnidentifiedImageError) else reason(error)
        raise UserError(f"{path} is damaged or no picture ({why}): repair or remove it") from None
    grey = pixels[..., 0]
    return grey if (pixels == grey[..., np.newaxis]).all() else pixels
