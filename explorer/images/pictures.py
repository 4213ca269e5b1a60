"""Folders of pictures, and single ones."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from explorer.errors import UserError, printable
from explorer.files import untrusted
from explorer.files.schema import Reading
from explorer.images.found import KINDS, LONGEST_NAME, PICTURES, Found, Split

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")  # formats that Pillow may try
MOST_PIXELS = 64_000_000
MOST_PICTURE = 300 * 10**6  # bytes of a file
DEEPEST = 64  # nested folders
TRAIN, TEST = {"train", "training"}, {"test", "testing", "val", "valid", "validation"}
OF_SYSTEMS = {
    "__macosx",
    "@eadir",
    "$recycle.bin",
    "system volume information",
    "lost+found",
}  # folders of operating systems
FAINT = 48  # levels; with less contrast, ink is hard to see on its background
NAMED = 5  # damaged pictures that are listed by name

Pair = tuple[Path, str | None]  # a picture and its class


def read_pictures(folder: Path, reading: Reading) -> Found:
    """Reads pictures without labels, or with one sub-folder for each class, at any depth.

    The class folders may be in `train`, and in `test` or `val` beside it, which together are the test split. Hidden
    files, files without a picture's ending, folders of the system and folders without pictures are ignored. The column
    `file` has each picture's path within the folder. Images are grey if all pictures are.

    Raises:
        UserError: there are no pictures, pictures cannot be read or differ in size, pictures are both in sub-folders
            and beside them, or only one split has classes.
    """
    parts = _parts_of(folder)
    pairs = [pair for part in parts for pair in part]
    if not pairs:
        raise UserError(f"{folder} holds neither pictures ({', '.join(PICTURES)}) nor IDX files: give {KINDS}")
    images, kept, notes = _read_all([path for path, _ in pairs], reading)
    ends = np.searchsorted(kept, np.cumsum([len(part) for part in parts]))
    paths, classes = [pairs[number][0] for number in kept], [pairs[number][1] for number in kept]
    labels = None if None in classes else np.array(classes)
    some = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False) if start < end]
    splits = [Split(str(folder), images[rows], None if labels is None else labels[rows]) for rows in some]
    files = np.array([printable(path.relative_to(folder).as_posix()) for path in paths])
    return Found(splits, {"file": files}, notes=notes)


def _parts_of(folder: Path) -> list[list[Pair]]:
    """The pictures of the training split and, if there is one, of the test split. Raises UserError like
    `read_pictures`."""
    found = sorted(path.relative_to(folder).parts for path in _pictures_below(folder))
    tops = sorted({parts[0] for parts in found if len(parts) > 1})
    names = {name.lower() for name in tops}
    if not names & TRAIN or not names <= TRAIN | TEST:
        return [_with_classes(folder, found)]
    roots = {name: _with_classes(folder / name, [parts[1:] for parts in found if parts[0] == name]) for name in tops}
    labelled = [name for name, pairs in roots.items() if pairs[0][1] is not None]
    if labelled and (flat := [name for name in tops if name not in labelled]):
        best = folder / max(labelled, key=_is_train)
        remedy = f"give {best}, of which a random tenth becomes the test split"
        raise UserError(f"{folder / flat[0]} has no folder for each class, but {best} has: {remedy}")
    parts = [[pair for name in tops if _is_train(name) == train for pair in roots[name]] for train in (True, False)]
    return [part for part in parts if part]


def _is_train(name: str) -> bool:
    return name.lower() in TRAIN


def _with_classes(root: Path, found: list[tuple[str, ...]]) -> list[Pair]:
    """Every picture, given by the parts of its path in `root`, with its class (its sub-folder of `root`) or None.
    Raises UserError if some are in sub-folders and others beside them."""
    beside = [parts for parts in found if len(parts) == 1]
    if 0 < len(beside) < len(found):
        stray = root / beside[0][0]
        raise UserError(f"{stray} lies beside folders of pictures: move each picture into its class's folder")
    return [(root.joinpath(*parts), None if beside else printable(parts[0], LONGEST_NAME)) for parts in found]


def _pictures_below(top: Path) -> Iterator[Path]:
    """The pictures in a folder and its sub-folders, except hidden folders and those of the system. Folders of splits
    and classes may be links; other links are not followed. Raises UserError if they are too deep."""
    folders = [(top, 0)]
    while folders:
        folder, depth = folders.pop()
        if depth > DEEPEST:
            raise UserError(f"{top} holds folders more than {DEEPEST} deep: move the pictures up")
        may_be_links = depth == 0 or (depth == 1 and folder.name.lower() in TRAIN | TEST)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.lower() in OF_SYSTEMS:
                    continue
                if not entry.is_dir():
                    if entry.name.lower().endswith(PICTURES):
                        yield Path(entry.path)
                elif may_be_links or not entry.is_symlink():
                    folders.append((Path(entry.path), depth + 1))


# --- Many pictures ----------------------------------------------------------------------------------------------------


def _read_all(paths: list[Path], reading: Reading, ground: str = "black") -> tuple[np.ndarray, list[int], list[str]]:
    """Reads pictures of one size, and collects notes about them.

    Args:
        ground: the background for transparent pictures. If more ink is invisible on black than on white, all are read
            again over white.

    Returns:
        Images (k, height, width[, 3]) uint8, the indices of their paths, and notes.

    Raises:
        UserError: see `read_pictures`.
    """
    from tqdm import tqdm

    # they are transposed later, as one array
    size = reading.resize and (reading.resize[::-1] if reading.transpose else reading.resize)
    images, kept, damaged, lost = None, [], [], 0
    for number, path in enumerate(tqdm(paths, "Reading pictures", leave=False, disable=None, delay=1)):
        try:
            picture = _opened(path)
        except UserError as error:
            if not reading.skip_damaged:
                raise UserError(f"{error}; --skip-damaged leaves such pictures out") from None
            damaged.append(path)
            continue
        if picture.mode == "RGBA":
            ink = _ink_of(picture)
            lost += (ink < FAINT) - (ink > 255 - FAINT)
        pixels = _pixels(picture, ground, size)
        if images is None:
            images = _room_for(len(paths), pixels)
        if images.shape[1:3] != pixels.shape[:2]:
            (height, width), (other_height, other_width) = images.shape[1:3], pixels.shape[:2]
            first = f"{paths[kept[0]]} is {width} pixels wide and {height} high"
            remedy = f"make all pictures one size, for instance with --resize {height}x{width}"
            raise UserError(f"{first}, {path} {other_width} and {other_height}: {remedy}")
        if pixels.ndim == images.ndim:  # the first picture in colour
            grey, images = images, _room_for(len(paths), pixels)
            images[: len(kept)] = grey[: len(kept), ..., np.newaxis]
        images[len(kept)] = pixels if pixels.ndim == images.ndim - 1 else pixels[..., np.newaxis]
        kept.append(number)
    if images is None:
        raise UserError(f"none of {len(paths):,} pictures can be read, such as {paths[0]}: give others")
    if lost > 0 and ground == "black":
        del images  # it makes room
        return _read_all(paths, reading, "white")
    return images[: len(kept)], kept, [_left_out(damaged)] if damaged else []


def _room_for(count: int, picture: np.ndarray) -> np.ndarray:
    """An empty array for this many pictures of the same shape. Raises UserError if they do not fit into memory."""
    untrusted.check_room(count * picture.size, f"a folder of {count:,} pictures")
    return np.empty((count, *picture.shape), np.uint8)


def _left_out(damaged: list[Path]) -> str:
    names = ", ".join(map(str, damaged[:NAMED])) + (", …" if len(damaged) > NAMED else "")
    pictures = f"{len(damaged):,} unreadable picture{'s' * (len(damaged) > 1)}"
    return printable(f"left out {pictures}, as --skip-damaged asks: {names}")


# --- One picture ------------------------------------------------------------------------------------------------------


def read_picture(path: Path, ground: str = "black") -> np.ndarray:
    """Reads one picture in its right orientation: (height, width) uint8 if all of it is grey, else (height, width, 3).

    16 bits become 8. Transparent parts are laid over the ground, which is the name of a colour. Black is 0. Of an
    animation, the first frame is read.

    Raises:
        UserError: Pillow cannot read it, or it has more than `MOST_PIXELS`.
    """
    return _pixels(_opened(path), ground)


def fitted(levels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Scales an image (h, w[, 3]) uint8 to fit `size`, (height, width), in its proportions. The rest gets the most
    frequent colour of its border."""
    from PIL import Image, ImageOps

    if levels.shape[:2] == size:
        return levels
    border = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    colour = np.median(border.reshape(len(border), -1), axis=0).astype(int)  # (1,) or (3,)
    whole = ImageOps.pad(Image.fromarray(levels), size[::-1], Image.Resampling.BILINEAR, tuple(colour.tolist()))
    return np.asarray(whole)


def _pixels(picture: Image.Image, ground: str, size: tuple[int, int] | None = None) -> np.ndarray:
    """The result of `read_picture`, fitted into a size if one is given."""
    from PIL import Image

    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, ground), picture).convert("RGB")
    pixels = np.asarray(picture)
    pixels = pixels if size is None else fitted(pixels, size)
    grey = pixels[..., 0]
    return grey if all((pixels[..., channel] == grey).all() for channel in (1, 2)) else pixels


def _ink_of(picture: Image.Image) -> float:
    """The lightness of the opaque parts of an RGBA picture, 0..255; 127.5 if all of it is transparent."""
    alpha = np.asarray(picture.getchannel("A"), np.float32)
    shown = float(alpha.sum())
    return float((np.asarray(picture.convert("L"), np.float32) * alpha).sum()) / shown if shown else 127.5


def _opened(path: Path) -> Image.Image:
    """Opens a picture in its right orientation, as "RGBA" if a part of it is transparent, else "RGB". Raises UserError
    like `read_picture`."""
    with untrusted.opened(path, MOST_PICTURE) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about damaged metadata, which is not used
        with untrusted.parsing(path, "repair or remove it", "is damaged or no picture"):
            return _decoded(path, file)


def _decoded(path: Path, file: BinaryIO) -> Image.Image:
    """Like `_opened`. Raises UserError, and the exceptions of Pillow."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        picture = Image.open(file, formats=FORMATS)  # not by path: Pillow 13 then scrambles rotated TIFFs
        if math.prod(picture.size) > MOST_PIXELS:
            raise Image.DecompressionBombError
    except UnidentifiedImageError:
        raise ValueError("of no known format") from None
    except Image.DecompressionBombError:
        raise UserError(f"{path} has more than {MOST_PIXELS:,} pixels: make it smaller") from None
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode.startswith("I"):
        wide = np.array(picture, np.int32)
        if wide.min() < 0 or wide.max() > 65535:
            raise UserError(f"{path} has pixels beyond 16 bits: save it with 8 or 16")
        wide += 128  # rounds
        wide //= 257
        picture = Image.fromarray(wide.astype(np.uint8))
    if picture.mode == "F":
        raise UserError(f"{path} has floating-point pixels: save it with 8 or 16 bits")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        if picture.getchannel("A").getextrema()[0] < 255:
            return picture
    return picture.convert("RGB")  # this also reads the pixels, which Pillow postpones
