"""Reads data sets of images from files and folders into NumPy arrays. Uses neither Keras nor Tk.

A source is the name of a data set, or a path that `explorer/images/readers.py` can read. Images are always returned as
uint8, and labels as indices into class names.

A data row is the index of an image over both splits: training images first, then test images. All codes, labels,
columns and pictures in the project are identified by it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import math
import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import UserError, printable
from explorer.files import locations, schema, untrusted
from explorer.files.arrays import read_arrays
from explorer.files.schema import AS_STORED, Reading
from explorer.images import pictures, readers
from explorer.images.found import KINDS, Found, Split
from explorer.images.packed import PackedImages, packed

SOURCES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}
CREDITS = {
    "mnist": "MNIST by Yann LeCun, Corinna Cortes and Christopher J. C. Burges: CC BY-SA 3.0",
    "fashion_mnist": "Fashion-MNIST by Han Xiao, Kashif Rasul and Roland Vollgraf, Zalando SE: MIT licence",
    "cifar10": "CIFAR-10 by Alex Krizhevsky, Vinod Nair and Geoffrey Hinton",
    "cifar100": "CIFAR-100 by Alex Krizhevsky, Vinod Nair and Geoffrey Hinton",
}
MOST_CLASSES = 10_000  # more distinct labels are not classes but ids or measurements, which belong into columns
LONGEST_CLASS = 1000  # letters of a class name
MOST_TEST_IMAGES = 10_000
SMALLEST_SIDE = 4  # pixels; a smaller side means that the shape was misread
SLACK = 1e-3  # floats may exceed [0, 1] by this much, less than half a grey level
TURNED = "rows and columns of the images seem to be exchanged, as in EMNIST's files: give --transpose"


@dataclass(frozen=True)
class Dataset:
    """Images in two splits, with or without labels.

    Attributes:
        source: the source, for `load`: a name, or the absolute path of a file or folder.
        title: the title for users; for a path, its last part.
        x_train, x_test: images, (n, height, width[, 3]) uint8; 0 is background, 255 full intensity. Arrays, unless the
            data set is `packed`.
        y_train, y_test: labels, (n,) int32, indices into `class_names`; all 0 without labels.
        class_names: names of the classes; empty without labels.
        columns: further values of every data row, by name: (n_train + n_test,) numbers or strings.
        fingerprint: SHA-256, in hex, of images and labels; independent of the file that they came from.
        reading: how they were read from the source; `load` takes it to read them again.
        notes: warnings about the source, one line each, with a remedy.
    """

    source: str
    title: str
    x_train: np.ndarray | PackedImages
    y_train: np.ndarray
    x_test: np.ndarray | PackedImages
    y_test: np.ndarray
    class_names: tuple[str, ...]
    columns: dict[str, np.ndarray]
    fingerprint: str
    reading: Reading = AS_STORED
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> np.ndarray:
        """Labels of every data row, (n_train + n_test,) int32."""
        return np.concatenate([self.y_train, self.y_test])

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image, (height, width) or (height, width, 3)."""
        return self.x_train.shape[1:]

    def images(self, rows: np.ndarray) -> np.ndarray:
        """The images of data rows (k,), (k, height, width[, 3]) uint8."""
        rows = np.asarray(rows)
        of_test = rows >= len(self.x_train)
        images = np.empty((len(rows), *self.image_shape), np.uint8)
        images[~of_test] = self.x_train[rows[~of_test]]
        images[of_test] = self.x_test[rows[of_test] - len(self.x_train)]
        return images

    def packed(self) -> Dataset:
        """The same data set in less memory, if its images have enough background: only `images` gives arrays then."""
        return dataclasses.replace(self, x_train=packed(self.x_train), x_test=packed(self.x_test))


def as_float(images: np.ndarray) -> np.ndarray:
    """Converts uint8 images 0..255, any shape, to float32 in [0, 1], the input of all networks."""
    return images.astype(np.float32) / np.float32(255)


def name_of(row: int, n_train: int | None) -> str:
    """The name of an image: its number in its split, or its data row if the size of the splits is unknown."""
    if n_train is None:
        return f"#{row}"
    return f"train {row}" if row < n_train else f"test {row - n_train}"


def check(source: str) -> str:
    """The source as in `Dataset.source`: a name, or an absolute path. Reads nothing.

    Raises:
        UserError: it is neither a known name nor an existing path.
    """
    return source if source in SOURCES else str(_path(source))


def load(source: str = "mnist", reading: Reading = AS_STORED) -> Dataset:
    """Reads images, and labels if there are any.

    Images are grey or in colour, at least 4 × 4 pixels; uint8, bool, other integers within 0..255, or
    floats within [0, 1], which are rounded to multiples of 1/255. Labels are integers or strings of any
    value; the classes are the values that occur, sorted.

    Without a test split, a random tenth (at most 10,000 images) becomes the test split. It is always the same. The
    column `index` then has the place of every data row in the source.

    Args:
        source: 'mnist' is bundled; the other SOURCES come from Keras's cache and are downloaded into it.
            Anything else is a path ('./mnist' for a folder with the name of a data set): see the
            readers in `explorer/images/readers.py` for the formats.
        reading: the size to resize images to, whether to transpose them, and whether to leave out damaged pictures.

    Raises:
        UserError: the source does not exist, cannot be read or downloaded, or does not hold at least two
            images of one size with matching labels.
    """
    with untrusted.readable(source), untrusted.parsing(source, wrong="is no data set"):
        if source in SOURCES:
            return made_of(source, SOURCES[source], _read_named(source), reading)
        path = _path(source)
        return made_of(str(path), printable(path.name or str(path)), readers.read(path, reading), reading)


def every_image(source: str, reading: Reading = AS_STORED) -> Found:
    """All images of a source in its order, as one split of (n, height, width[, 3]) uint8 without labels. One image is
    enough. Raises UserError like `load`."""
    with untrusted.readable(source), untrusted.parsing(source, wrong="is no data set"):
        found = _read_named(source) if source in SOURCES else readers.read(_path(source), reading)
        images = np.concatenate([_as_read(split, reading) for split in found.splits])
        return dataclasses.replace(found, splits=[Split(source, images, None)])


def load_again(data: dict[str, Any]) -> Dataset:
    """Reads the images of a space in the same way as for its training.

    Args:
        data: the entry `data` of its card.

    Raises:
        UserError: as `load` does.
    """
    return load(data["source"], reading_of(data))


def reading_of(data: dict[str, Any]) -> Reading:
    """How the images of a space were read, from the entry `data` of its checked card."""
    return schema.checked(data.get("reading", {}), Reading)


def _path(source: str) -> Path:
    with untrusted.readable(source):
        path = Path(os.path.abspath(os.path.expanduser(source)))
        try:
            str(path).encode()
        except UnicodeEncodeError:  # file names may have any bytes, which a card cannot store
            raise UserError(f"{path} is not named in Unicode: rename it") from None
        with contextlib.suppress(FileNotFoundError):
            os.stat(path)
            return path
    kinds = f"{', '.join(SOURCES)}, or the path of {KINDS}"
    raise UserError(f"there is no data set, file or folder '{source}': give {kinds}")


# --- From a reader's result to a data set -----------------------------------------------------------------------------


def made_of(source: str, title: str, found: Found, reading: Reading = AS_STORED, all_to_train: bool = False) -> Dataset:
    """Makes a data set from a reader's result. Raises UserError like `load`.

    Args:
        all_to_train: whether the test split may be empty.
    """
    notes = list(found.notes)
    if found.transposed and not reading.transpose:
        notes.append(TURNED)
    first = _as_read(found.splits[0], reading)
    splits = [found.splits[0]._replace(images=first)]
    for split in found.splits[1:]:
        images = np.empty((0, *first.shape[1:]), np.uint8) if all_to_train else _as_read(split, reading)
        splits.append(split._replace(images=images))
    x, columns = [split.images for split in splits], found.columns
    if x[0].shape[1:] != x[-1].shape[1:]:
        sizes = " but ".join(f"{_sides(split.images)} in {split.name}" for split in splits)
        raise UserError(f"images are {sizes}: make them one size, or give --resize HxW")
    splits = [_with_one_label_each(split, notes) for split in splits]
    y, class_names = _as_indices(splits, found.class_names)
    if len(splits) == 1:
        if len(x[0]) < 2:
            raise UserError(f"{splits[0].name} holds one image: give at least two, to train on and to test with")
        untrusted.check_room(x[0].nbytes, f"the split of {splits[0].name}")
        rows = _random_tenth(len(x[0]))
        x, y = [x[0][some] for some in rows], [y[0][some] for some in rows]
        index = np.concatenate(rows)
        columns = {name: values[index] for name, values in columns.items()} | {"index": index}
    fingerprint = fingerprint_of(x[0], y[0], x[1], y[1])
    return Dataset(source, title, x[0], y[0], x[1], y[1], class_names, columns, fingerprint, reading, tuple(notes))


def of_arrays(
    images: np.ndarray,
    labels: np.ndarray | None = None,
    class_names: Sequence[str] | None = None,
    columns: dict[str, np.ndarray] | None = None,
    title: str = "your images",
) -> Dataset:
    """A data set of arrays, without a source: all are training images, in their order.

    Args:
        images, labels: as in the result of a reader; see `load`.
        class_names: if given, labels are indices into them.
        columns: further values by name, (n,) each.

    Raises:
        UserError: they are not as `load` wants them.
    """
    x, y = np.asarray(images), None if labels is None else np.asarray(labels)
    if y is not None and y.shape[:1] != x.shape[:1]:
        raise UserError(f"there are {len(x):,} images, but labels of shape {y.shape}: give one for each image")
    splits = [Split("images", x, y), Split("test images", x[:0], None if y is None else y[:0])]
    return made_of("", title, Found(splits, dict(columns or {}), class_names), all_to_train=True)


def kept(path: Path, sha256: str) -> Dataset:
    """The images in the folder of a space, which came from no other file.

    Args:
        sha256: of the file, in hex.

    Raises:
        UserError: it is missing or damaged.
    """
    found = read_arrays(path, sha256=sha256)
    with untrusted.parsing(path):
        names = found["class_names"].tolist() if "class_names" in found else None
        return of_arrays(found["images"], None if names is None else found["labels"], names)


def labels_of(
    labels: np.ndarray | None, count: int, class_names: Sequence[str] | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels as indices, (count,) int32, and the class names. Raises UserError unless there is one for each."""
    given = None if labels is None else readers.as_column(np.asarray(labels))
    split = _with_one_label_each(Split("labels", np.empty((count, 0)), given), [])
    (indices,), names = _as_indices([split], class_names)
    return indices, names


def _as_read(split: Split, reading: Reading) -> np.ndarray:
    """Images as (n, height, width[, 3]) uint8, transposed and resized as `reading` says. Raises UserError like
    `load`."""
    images = _as_pixels(split.name, split.images)
    if reading.transpose:
        images = np.ascontiguousarray(images.swapaxes(1, 2))
    if reading.resize is None or images.shape[1:3] == reading.resize:
        return images
    shape = (len(images), *reading.resize, *images.shape[3:])
    untrusted.check_room(math.prod(shape), split.name)
    resized = np.empty(shape, np.uint8)
    for image, small in zip(images, resized, strict=True):
        small[...] = pictures.fitted(image, reading.resize)
    return resized


def _as_pixels(name: str, images: np.ndarray) -> np.ndarray:
    """Converts images of any layout and type to (n, height, width[, 3]) uint8. Raises UserError like `load`."""
    shape, kind = images.shape, images.dtype.kind
    if 0 in shape:
        raise UserError(f"{name} holds no images, its shape is {shape}")
    if images.ndim == 2 and math.isqrt(shape[1]) ** 2 == shape[1]:  # flat
        images = images.reshape(len(images), math.isqrt(shape[1]), -1)
    if images.ndim == 4 and shape[-1] not in (1, 3) and shape[1] in (1, 3):  # channels first
        images = np.moveaxis(images, 1, -1)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 and (images.ndim != 4 or images.shape[-1] != 3):
        forms = "(n, height, width), (n, height, width, 3), or (n, pixels) of squares"
        raise UserError(f"{name} has shape {shape}: give images as {forms}")
    if min(images.shape[1:3]) < SMALLEST_SIDE:
        raise UserError(f"{name} holds images of {_sides(images)}: give at least {SMALLEST_SIDE} pixels to a side")
    if kind == "b":
        return np.multiply(images, np.uint8(255), order="C")
    if kind not in "uif":
        raise UserError(f"{name} holds {images.dtype}: give uint8, or floats from 0 to 1")
    low, high = images.min(), images.max()  # NaN if there is one; neither makes a copy
    if not np.isfinite(low) or not np.isfinite(high):
        raise UserError(f"{name} holds NaN or infinite values: replace them")
    most, slack = (1, SLACK) if kind == "f" else (255, 0)
    if low < -slack or high > most + slack:
        raise UserError(f"{name} holds {images.dtype} from {low:g} to {high:g}: scale it to 0..{most}")
    if kind != "f":
        return np.ascontiguousarray(images, np.uint8)
    pixels = np.empty(images.shape, np.uint8)
    for image, rounded in zip(images, pixels, strict=True):  # one by one, because a copy of all would double the memory
        rounded[...] = np.rint(image * 255)
    return pixels


def _with_one_label_each(split: Split, notes: list[str]) -> Split:
    """The split with labels (n,), if it has any. One-hot rows become the indices of their ones, with a note. Raises
    UserError if labels do not match the images."""
    if split.labels is None:
        return split
    labels, count = readers.as_column(split.labels), len(split.images)
    if labels.ndim == 2 and len(labels) == count and labels.shape[1] > 1:
        is_one_hot = labels.dtype.kind in "buif" and ((labels == 0) | (labels == 1)).all()
        if not is_one_hot or not (labels.sum(axis=1) == 1).all():
            remedy = "give the column of the class alone, such as labels[:, 0]"
            raise UserError(f"labels of {split.name} have {labels.shape[1]} columns: {remedy}")
        notes.append(f"labels of {split.name} are one-hot: the place of each row's 1 is taken as its class")
        labels = labels.argmax(axis=1)
    if labels.shape != (count,):
        counts = f"{count} images, but labels of shape {labels.shape}"
        raise UserError(f"{split.name} holds {counts}: give one for each image")
    return split._replace(labels=labels)


def _natural(name: str) -> list[tuple[int, str]]:
    """A sort key for texts with numbers: "2" comes before "10"."""
    parts = re.split("([0-9]+)", name)  # text and digits alternate
    return [(len(part.lstrip("0")), part.lstrip("0")) if i % 2 else (0, part) for i, part in enumerate(parts)]


def _as_indices(splits: list[Split], class_names: Sequence[str] | None) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Labels of each split as indices, (n,) int32, and the class names. Raises UserError like `load`."""
    bare = [split.name for split in splits if split.labels is None]
    if len(bare) == len(splits):
        return [np.zeros(len(split.images), np.int32) for split in splits], ()
    if bare:
        raise UserError(f"{bare[0]} has no labels, but the other split has: give labels to both or to neither")
    columns = [split.labels for split in splits]
    values, name = np.concatenate(columns), splits[0].name
    distinct, indices = np.unique(values, return_inverse=True)
    if values.dtype.kind == "f" and (distinct % 1 == 0).all() and len(distinct) < len(values):
        distinct = distinct.astype(np.int64)  # class numbers that were saved as floats
    kind = distinct.dtype.kind
    if kind not in "buiU":
        raise UserError(f"labels of {name} are {values.dtype} measurements: give classes, as integers or strings")
    if len(distinct) > MOST_CLASSES:
        raise UserError(f"labels of {name} have {len(distinct):,} values: give at most {MOST_CLASSES:,} classes")
    if kind == "U":
        order = np.array(sorted(range(len(distinct)), key=lambda place: (_natural(distinct[place]), distinct[place])))
        distinct, indices = distinct[order], np.argsort(order)[indices]
    if class_names is not None:
        if kind == "U" or distinct[0] < 0 or distinct[-1] >= len(class_names):
            reach = f"labels of {name} reach from {distinct[0]} to {distinct[-1]}"
            raise UserError(f"{reach}: class_names has {len(class_names)}, give indices into it")
        indices = distinct[indices]
    names = tuple(str(name) for name in (distinct if class_names is None else class_names))
    if (longest := max(map(len, names))) > LONGEST_CLASS or len(names) > MOST_CLASSES:
        raise UserError(f"{name} has {len(names):,} class names of up to {longest:,} letters: give shorter or fewer")
    return np.split(indices.astype(np.int32), [len(columns[0])])[: len(splits)], names


def _random_tenth(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows for training and rows for testing, int32, ascending; always the same for the same `n`.

    `RandomState` is frozen; NumPy does not promise that for its newer generators.
    """
    shuffled = np.random.RandomState(0).permutation(n).astype(np.int32)
    tests = min(max(n // 10, 1), MOST_TEST_IMAGES)
    return np.sort(shuffled[tests:]), np.sort(shuffled[:tests])


def fingerprint_of(*arrays: np.ndarray) -> str:
    """SHA-256, in hex, of arrays of numbers or strings."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8))
    return digest.hexdigest()


def _sides(images: np.ndarray) -> str:
    return " × ".join(map(str, images.shape[1:]))


# --- Data sets with a name --------------------------------------------------------------------------------------------

BUNDLED = locations.DATASETS / "mnist.npz"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")  # where Debian's package dataset-fashion-mnist is installed
FASHION_FILES = tuple(
    f"{split}-{kind}-ubyte.gz" for split in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
)
CIFAR_ARCHIVES = {  # by name: the file on its home page, and Keras's name for it
    "cifar10": ("cifar-10-python.tar.gz", "cifar-10-batches-py-target_archive"),
    "cifar100": ("cifar-100-python.tar.gz", "cifar-100-python-target_archive"),
}
CLASS_NAMES = {
    "mnist": "0, 1, 2, 3, 4, 5, 6, 7, 8, 9",
    "fashion_mnist": "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot",
    "cifar10": "airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck",
    "cifar100": "apple, aquarium fish, baby, bear, beaver, bed, bee, beetle, bicycle, bottle, bowl, boy, bridge, bus, "
    "butterfly, camel, can, castle, caterpillar, cattle, chair, chimpanzee, clock, cloud, cockroach, couch, crab, "
    "crocodile, cup, dinosaur, dolphin, elephant, flatfish, forest, fox, girl, hamster, house, kangaroo, keyboard, "
    "lamp, lawn mower, leopard, lion, lizard, lobster, man, maple tree, motorcycle, mountain, mouse, mushroom, "
    "oak tree, orange, orchid, otter, palm tree, pear, pickup truck, pine tree, plain, plate, poppy, porcupine, "
    "possum, rabbit, raccoon, ray, road, rocket, rose, sea, seal, shark, shrew, skunk, skyscraper, snail, snake, "
    "spider, squirrel, streetcar, sunflower, sweet pepper, table, tank, telephone, television, tiger, tractor, train, "
    "trout, tulip, turtle, wardrobe, whale, willow tree, wolf, woman, worm",
}


def _read_named(name: str) -> Found:
    """A bundled, installed, cached or downloaded data set. Raises UserError if it is none of these."""
    if name == "mnist":
        try:
            found = readers.read_npz(BUNDLED)
        except UserError:
            raise UserError(f"{BUNDLED} is missing or damaged: {locations.RESTORE}") from None
    else:
        places = [_keras_cache() / "fashion-mnist", DEBIAN] if name == "fashion_mnist" else []
        whole = [folder for folder in places if all(os.path.isfile(folder / file) for file in FASHION_FILES)]
        found = readers.read_idx_folder(whole[0]) if whole else _load_with_keras(name)
    found.class_names = CLASS_NAMES[name].split(", ")
    return found


def _load_with_keras(name: str) -> Found:
    """Reads Keras's cache, or downloads into it, with Keras's own progress bar."""
    from explorer.decoding import keras_runtime  # only needed here

    title, cache, timeout = SOURCES[name], _keras_cache(), socket.getdefaulttimeout()
    socket.setdefaulttimeout(10)  # seconds without data; Keras sets no limit and may wait for ever
    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras_runtime.import_keras().datasets, name).load_data()
    except Exception as error:  # no network, no Keras, a full disk: Keras raises plain Exceptions
        if name in CIFAR_ARCHIVES:
            archive, target = CIFAR_ARCHIVES[name]
            remedy = f"put {archive} of www.cs.toronto.edu/~kriz/cifar.html into {cache} as {target}"
        else:
            remedy = f"put {', '.join(FASHION_FILES)} into {cache / 'fashion-mnist'}, or give the folder they lie in"
            remedy += ", or 'apt install dataset-fashion-mnist' on Debian"
        absent = f"{title} is not on this machine and cannot be downloaded ({untrusted.reason(error)})"
        raise UserError(f"{absent}: {remedy}") from None
    finally:
        socket.setdefaulttimeout(timeout)
    return Found([Split(f"{title} train", x_train, y_train), Split(f"{title} test", x_test, y_test)])


def _keras_cache() -> Path:
    return Path(os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras")) / "datasets"
