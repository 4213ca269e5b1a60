"""Sources of images for tests: arrays, and the files that hold them."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.errors import UserError
from explorer.images import datasets

RANDOM = np.random.default_rng(5)
GREY = RANDOM.integers(0, 256, (12, 6, 5), np.uint8)
COLOUR = RANDOM.integers(0, 256, (12, 6, 5, 3), np.uint8)
LABELS = np.array([0, 1, 2] * 4, np.uint8)
TYPES = {"u1": 0x08, "i1": 0x09, ">i2": 0x0B, ">i4": 0x0C, ">f4": 0x0D, ">f8": 0x0E}


def refused(source, *words) -> None:
    """The source gets one line with all the words."""
    with pytest.raises(UserError) as caught:
        datasets.load(str(source))
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert str(word) in message, message


def some_of_mnist(path: Path, train: int, test: int) -> datasets.Dataset:
    """The first images of MNIST's two splits in an `.npz` of their own."""
    mnist = datasets.load("mnist")
    splits = {"x_train": mnist.x_train[:train], "y_train": mnist.y_train[:train]}
    np.savez(path, **splits, x_test=mnist.x_test[:test], y_test=mnist.y_test[:test])
    return datasets.load(str(path))


def idx(array: np.ndarray, dtype: str = "u1") -> bytes:
    header = bytes([0, 0, TYPES[dtype], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(dtype).tobytes()


def write_idx_folder(folder: Path, end: str = "-ubyte", test: str = "t10k") -> Path:
    """Nine images to train on and three to test with, labelled."""
    folder.mkdir(parents=True, exist_ok=True)
    write = gzip.compress if end.endswith(".gz") else bytes
    for split, rows in (("train", slice(9)), (test, slice(9, 12))):
        (folder / f"{split}-images-idx3{end}").write_bytes(write(idx(GREY[rows])))
        (folder / f"{split}-labels-idx1{end}").write_bytes(write(idx(LABELS[rows])))
    return folder


def write_npz(path: Path, **arrays) -> Path:
    np.savez(path, **arrays)
    return path


def write_pictures(folder: Path, images: np.ndarray, labels=None, end: str = "png", **options) -> Path:
    for number, image in enumerate(images):
        path = folder / ("" if labels is None else str(labels[number])) / f"{number:03}.{end}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path, **options)
    return folder
