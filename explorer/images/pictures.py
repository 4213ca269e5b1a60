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
    below = _folders_in(folder)
    names = {path.name.lower() for path in below}
    if not names & TRAIN or not names <= TRAIN | TEST:
        return [pairs] if (pairs := _pictures_in(folder)) else []
    found = {root: _pictures_in(root) for root in below}
    flat = [root for root, pairs in found.items() if pairs[0][1] is None]
    if flat and len(flat) < len(found):
        labelled = next(
            root for root in (*below[::-1], *below) if root not in flat and _is_train(root) != _is_train(flat[0])
        )
        remedy = f"give {labelled}, of which a random tenth becomes the test split"
        raise UserError(f"{flat[0]} has no folder for each class, but {labelled} has: {remedy}")
    parts = [[pair for root in below if _is_train(root) == train for pair in found[root]] for train in (True, False)]
    return [part for part in parts if part]


def _is_train(root: Path) -> bool:
    return root.name.lower() in TRAIN


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in OF_SYSTEMS


def _folders_in(folder: Path) -> list[Path]:
    """The sub-folders with pictures at any depth, sorted."""
    return [path for path in _all_folders_in(folder) if _has_pictures(path) or any(map(_has_pictures, _links_in(path)))]


def _all_folders_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if os.path.isdir(path) and not _is_hidden(path.name))


def _links_in(folder: Path) -> list[Path]:
    """The links to folders, which may be class folders."""
    return [path for path in _all_folders_in(folder) if path.is_symlink()]


def _has_pictures(folder: Path) -> bool:
    return next(_pictures_below(folder), None) is not None


def _pictures_in(root: Path) -> list[Pair]:
    """Every picture with its class (its sub-folder of `root`) or None; sorted by path. Raises UserError if some are in
    sub-folders and others beside them."""
    beside = [path for path in root.iterdir() if _is_picture(path.name) and not os.path.isdir(path)]
    below = [(path, printable(sub.name, LONGEST_NAME)) for sub in _folders_in(root) for path in _pictures_below(sub)]
    if beside and below:
        raise UserError(f"{min(beside)} lies beside folders of pictures: move each picture into its class's folder")
    return sorted(below or [(path, None) for path in beside], key=lambda pair: pair[0].parts)


def _is_picture(name: str) -> bool:
    return name.lower().endswith(PICTURES) and not _is_hidden(name)


def _pictures_below(top: Path) -> Iterator[Path]:
    """The pictures in a folder and its sub-folders, except hidden folders and links to folders. Raises UserError if
    they are too deep."""
    folders = [(top, 0)]
    while folders:
        folder, depth = folders.pop()
        if depth > DEEPEST:
            raise UserError(f"{top} holds folders more than {DEEPEST} deep: move the pictures up")
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir():
                    if _is_picture(entry.name):
                        yield Path(entry.path)
                elif not _is_hidden(entry.name) and not entry.is_symlink():
                    folders.append((Path(entry.path), depth + 1))


# --- Many pictures ----------------------------------------------------------------------------------------------------


def _read_all(paths: list[Path], reading: Reading) -> tuple[np.ndarray, list[int], list[str]]:
    """Reads pictures of one size, and collects notes about them.

    Returns:
        Images (k, height, width[, 3]) uint8, the indices of their paths, and notes.

    Raises:
        UserError: see `read_pictures`.
    """
    from tqdm import tqdm

    # they are transposed later, as one array
    size = reading.resize and (reading.resize[::-1] if reading.transpose else reading.resize)
    images, kept, damaged, transparent = None, [], [], []
    lost = {"black": 0, "white": 0}  # by background: how many pictures' ink is hard to see on it
    for number, path in enumerate(tqdm(paths, "Reading pictures", leave=False, disable=None, delay=1)):
        try:
            picture = _opened(path)
        except UserError as error:
            if not reading.skip_damaged:
                raise UserError(f"{error}; --skip-damaged leaves such pictures out") from None
            damaged.append(path)
            continue
        if picture.mode == "RGBA":
            transparent.append(len(kept))
            ink = _ink_of(picture)
            lost["black"] += ink < FAINT
            lost["white"] += ink > 255 - FAINT
        pixels = _pixels(picture, "black", size)
        height, width = pixels.shape[:2]
        if images is None:
            images = _room_for(len(paths), pixels)
        if images.shape[1:3] != (height, width):
            first = f"{paths[kept[0]]} is {images.shape[2]} pixels wide and {images.shape[1]} high"
            remedy = f"make all pictures one size, for instance with --resize {images.shape[1]}x{images.shape[2]}"
            raise UserError(f"{first}, {path} {width} and {height}: {remedy}")
        if pixels.ndim == images.ndim:  # the first picture in colour
            grey, images = images, _room_for(len(paths), pixels)
            images[: len(kept)] = grey[: len(kept), ..., np.newaxis]
        images[len(kept)] = pixels if pixels.ndim == images.ndim - 1 else pixels[..., np.newaxis]
        kept.append(number)
    if images is None:
        raise UserError(f"none of {len(paths):,} pictures can be read, such as {paths[0]}: give others")
    if lost["black"] > lost["white"]:
        for row in transparent:
            pixels = _pixels(_opened(paths[kept[row]]), "white", size)
            images[row] = pixels if pixels.ndim == images.ndim - 1 else pixels[..., np.newaxis]
    return images[: len(kept)], kept, [_left_out(damaged)] if damaged else []


def _room_for(count: int, picture: np.ndarray) -> np.ndarray:
    """An empty array for this many pictures of the same shape. Raises UserError if they do not fit into memory."""
    untrusted.check_room(count * picture.size, f"a folder of {count:,} pictures")
    return np.empty((count, *picture.shape), np.uint8)


def _left_out(damaged: list[Path]) -> str:
    names = ", ".join(map(str, damaged[:NAMED])) + (", …" if len(damaged) > NAMED else "")
    what = (
        "1 picture that cannot be read was"
        if len(damaged) == 1
        else f"{len(damaged):,} pictures that cannot be read were"
    )
    return printable(f"{what} left out, as --skip-damaged asks: {names}")


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
    from PIL import Image

    height, width = size
    if levels.shape[:2] == (height, width):
        return levels
    scale = min(height / levels.shape[0], width / levels.shape[1])
    inner = [min(max(round(scale * length), 1), most) for length, most in zip(levels.shape, size, strict=False)]
    small = np.asarray(Image.fromarray(levels).resize((inner[1], inner[0]), Image.Resampling.BILINEAR))
    if tuple(inner) == (height, width):
        return small
    border = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    whole = np.empty((height, width, *levels.shape[2:]), np.uint8)
    whole[...] = np.median(border, axis=0)
    top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
    whole[top : top + inner[0], left : left + inner[1]] = small
    return whole


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
    except UnidentifiedImageError:
        raise ValueError("of no known format") from None
    except Image.DecompressionBombError:
        raise UserError(f"{path} has more than {MOST_PIXELS:,} pixels: make it smaller") from None
    if math.prod(picture.size) > MOST_PIXELS:
        raise UserError(f"{path} has more than {MOST_PIXELS:,} pixels: make it smaller")
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode.startswith("I"):
        picture = Image.fromarray(_of_8_bits(path, np.asarray(picture)))
    if picture.mode == "F":
        raise UserError(f"{path} has floating-point pixels: save it with 8 or 16 bits")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        if picture.getchannel("A").getextrema()[0] < 255:
            return picture
    return picture.convert("RGB")  # this also reads the pixels, which Pillow postpones


def _of_8_bits(path: Path, wide: np.ndarray) -> np.ndarray:
    """Converts pixels of 16 bits, (height, width), to uint8. Raises UserError if they have more."""
    if wide.min() < 0 or wide.max() > 65535:
        raise UserError(f"{path} has pixels beyond 16 bits: save it with 8 or 16")
    pixels = np.empty(wide.shape, np.uint8)
    for line, rounded in zip(
        wide, pixels, strict=True
    ):  # line by line, because all at once would take eight times the memory
        rounded[...] = np.rint(line / 257)
    return pixels
