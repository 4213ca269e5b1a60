"""Where images come from: NumPy arrays out, nothing of Keras or Tk in.

A data row is the index of an image over both splits: training images first, test images after
them. All codes, labels and pictures in the project are addressed by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer import files
from explorer.errors import UserError

SOURCES = {"mnist": ("MNIST", Path(__file__).resolve().parent / "datasets" / "mnist.npz")}
ARRAYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True)
class Dataset:
    """Labelled images in their two splits.

    Attributes:
        source: the name that `load` was given.
        x_train, x_test: images, (n, height, width) uint8, 0 is background and 255 is full ink.
        y_train, y_test: labels, (n,) uint8, indices into `class_names`.
        class_names: what people call the classes.
        fingerprint: SHA-256 of the file the images came from, in hex.
    """

    source: str
    title: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    fingerprint: str

    @property
    def labels(self) -> np.ndarray:
        """Labels of every data row, (n_train + n_test,) uint8."""
        return np.concatenate([self.y_train, self.y_test])

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image, (height, width)."""
        return self.x_train.shape[1:]


def as_float(images: np.ndarray) -> np.ndarray:
    """uint8 images 0..255, any shape, to float32 in [0, 1]: what every network here takes."""
    return images.astype(np.float32) / np.float32(255)


def load(source: str = "mnist") -> Dataset:
    """Reads a bundled data set; needs no network.

    Raises:
        UserError: `source` is unknown, or its file is missing or damaged.
    """
    if source not in SOURCES:
        raise UserError(f"unknown data source '{source}': known are {', '.join(SOURCES)}")
    title, path = SOURCES[source]
    try:
        fingerprint = files.sha256_of(path)
        arrays = files.read_arrays(path, ARRAYS)
    except UserError as error:
        raise UserError(f"{error}: restore it from the repository") from None
    _check(path, arrays)
    classes = tuple(str(digit) for digit in range(10))
    return Dataset(source, title, **arrays, class_names=classes, fingerprint=fingerprint)


def _check(path: Path, arrays: dict[str, np.ndarray]) -> None:
    for split in ("train", "test"):
        x, y = arrays[f"x_{split}"], arrays[f"y_{split}"]
        if x.dtype != np.uint8 or x.ndim != 3 or len(x) == 0:
            raise UserError(f"{path}: x_{split} is {x.dtype} {x.shape}, not uint8 (n, height, width)")
        if y.shape != x.shape[:1] or y.min() < 0 or y.max() > 9:
            raise UserError(f"{path}: y_{split} does not hold one label 0–9 for each of {len(x)} images")
    if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        raise UserError(f"{path}: training and test images differ in size")
