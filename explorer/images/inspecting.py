"""Describes a data set in one line, and warns of what looks wrong with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import numpy as np

from explorer.errors import UserError, printable
from explorer.images import datasets, options, readers
from explorer.images.datasets import TURNED, Dataset
from explorer.images.pictures import TEST, TRAIN

MOST_CLASSES, MOST_COLUMNS = 12, 8  # that are listed by name
LONGEST = 40  # letters of a name
NARROW = 64  # grey levels; a smaller range of pixels gets a warning
ALIKE = 0.85  # correlation of the classes' mean images with MNIST's; above it, they are the same digits
CLEARLY = 0.15  # by how much the transposed images must be more like MNIST's
DIGITS = tuple("0123456789")


def tell(dataset: Dataset, program: str, say: Callable[..., None]) -> None:
    """Prints the description of a data set, and warnings on standard error.

    Args:
        program: the program's name in warnings.
        say: `explorer.training.terminal.say`.
    """
    say(summary(dataset))
    for warning in warnings(dataset):
        say(f"{program}: warning: {warning}", error=True)


def summary(dataset: Dataset) -> str:
    """Number of images, size, grey or colour, splits, classes with their counts, columns and source, in one line."""
    train, test = len(dataset.x_train), len(dataset.x_test)
    height, width = dataset.image_shape[:2]
    kind = "grey" if len(dataset.image_shape) == 2 else "colour"
    images = f"{train + test:,} {kind} images of {height} × {width} pixels ({train:,} train, {test:,} test)"
    columns = _listed("column", list(dataset.columns), MOST_COLUMNS)
    words = options.as_words(dataset.reading)
    source = f"source: {printable(dataset.source)}" + (f" {words}" if words else "")
    return f"{images}; {_classes(dataset)}; {columns}; {source}"


def _classes(dataset: Dataset) -> str:
    if not dataset.class_names:
        return "no labels"
    counts = np.bincount(dataset.labels, minlength=len(dataset.class_names)).tolist()
    names = [f"{_short(name)} ({count:,})" for name, count in zip(dataset.class_names, counts, strict=True)]
    return _listed("class", names, MOST_CLASSES)


def _listed(what: str, names: list[str], most: int) -> str:
    """Such as "2 columns: file, index"."""
    if not names:
        return f"no {what}s"
    plural = what if len(names) == 1 else f"{what}es" if what.endswith("s") else f"{what}s"
    rest = f", … and {len(names) - most:,} more" if len(names) > most else ""
    return f"{len(names):,} {plural}: {', '.join(map(_short, names[:most]))}{rest}"


def _short(name: str) -> str:
    return printable(name, LONGEST)


# --- Warnings ---------------------------------------------------------------------------------------------------------


def warnings(dataset: Dataset) -> list[str]:
    """Warnings about a data set, one line each, with a remedy."""
    found = [*dataset.notes, *_about_pixels(dataset)]
    if dataset.class_names:
        found += _about_classes(dataset)
    if TURNED not in found and not _is_one_of_ours(dataset):
        found += _about_orientation(dataset)
    return [printable(text) for text in found]


def _is_one_of_ours(dataset: Dataset) -> bool:
    return dataset.source in datasets.SOURCES and not dataset.reading.transpose


def _about_pixels(dataset: Dataset) -> list[str]:
    splits = dataset.x_train, dataset.x_test
    first, count = dataset.x_train[0], len(dataset.labels)
    if all(np.array_equal(image, first) for x in splits for image in x):
        what = "blank" if first.min() == first.max() else "the same"
        return [f"all images are {what}: check how they were made"]
    low, high = min(int(x.min()) for x in splits), max(int(x.max()) for x in splits)
    found = []
    if high - low < NARROW:
        factor = f", for instance multiply them by {255 // high}" if high < NARROW else ""
        remedy = f"give pixels that use the whole range{factor}"
        found.append(f"pixels reach from {low} to {high} only, of 0 to 255, so that pictures show little: {remedy}")
    axes = tuple(range(1, first.ndim + 1))
    blank = np.concatenate([x.min(axis=axes) == x.max(axis=axes) for x in splits])
    if blank.any():
        which = _places(dataset, blank.nonzero()[0])
        verb = "image is" if blank.sum() == 1 else "images are"
        found.append(f"{blank.sum():,} of {count:,} {verb} blank ({which}): remove them, or check how they were made")
    return found


def _places(dataset: Dataset, rows: np.ndarray, most: int = 3) -> str:
    """Names of data rows for users: their files, their places in the source, or the rows themselves."""
    for name in ("file", "index"):
        if name in dataset.columns:
            places = [f"{name} {place}" for place in dataset.columns[name][rows[:most]]]
            break
    else:
        places = [datasets.name_of(row, len(dataset.x_train)) for row in rows[:most]]
    return ", ".join(places) + (", …" if len(rows) > most else "")


def _about_classes(dataset: Dataset) -> list[str]:
    names = dataset.class_names
    files = dataset.columns.get("file") if os.path.isdir(dataset.source) else None
    splits = [name for name in names if files is not None and name.lower() in TRAIN | TEST]
    others = [name for name in names if name not in splits]
    if others and any(name.lower() in TRAIN for name in splits):
        what = f"the folders {_list(splits)} are read as classes, because others lie beside them"
        return [f"{what}: move {_list(others)} elsewhere, and they are the splits"]
    present = np.unique(dataset.labels)
    if len(present) > 1:
        return []
    only = f"all images are of one class, '{_short(names[present[0]])}'"
    if files is None:
        return [f"{only}: give each image the label of its own class, or leave the labels out"]
    folders = [file.split("/")[:-1] for file in files.tolist()]
    depth = 2 if folders[0][0].lower() in TRAIN | TEST else 1  # of the class's folder
    top = os.path.join(dataset.source, *folders[0][:depth])
    if any(len(path) > depth for path in folders):
        remedy = f"give {top}" if depth == 1 else f"move the folders in {top} up into {os.path.dirname(top)}"
        return [f"{only}, because their folders lie in one more folder: {remedy}"]
    remedy = f"or give {top} to have no classes" if depth == 1 else "or take the pictures out of it"
    return [f"{only}: put each class into a folder of its own, {remedy}"]


def _list(names: list[str]) -> str:
    return " and ".join(f"'{_short(name)}'" for name in names[:3]) + (" …" if len(names) > 3 else "")


def _about_orientation(dataset: Dataset) -> list[str]:
    """A warning if the images look like MNIST's digits with rows and columns exchanged."""
    if dataset.image_shape != (28, 28) or not set(DIGITS) <= set(dataset.class_names):
        return []
    try:
        mnist = readers.read_npz(datasets.BUNDLED).splits[0]
    except UserError:  # there is nothing to compare with
        return []
    ours = _means(dataset.x_train, dataset.y_train, [dataset.class_names.index(digit) for digit in DIGITS])
    theirs = _means(mnist.images, mnist.labels, range(10))
    upright, turned = _likeness(ours, theirs), _likeness(ours.swapaxes(1, 2), theirs)
    if turned < ALIKE or turned < upright + CLEARLY:
        return []
    return ["digits look transposed: leave out --transpose" if dataset.reading.transpose else TURNED]


def _means(images: np.ndarray, labels: np.ndarray, classes: Iterable[int]) -> np.ndarray:
    """The mean image of each class, (classes, height, width) float64; black for a class without images."""
    members = [images[np.flatnonzero(labels == each)[:2000]] for each in classes]
    return np.stack([some.sum(axis=0, dtype=np.float64) / max(len(some), 1) for some in members])


def _likeness(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The correlation of images, -1..1; 0 if ours are blank."""
    return float(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1]) if ours.std() else 0.0
