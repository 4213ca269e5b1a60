"""The result of a reader, before it is checked and converted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

LONGEST_NAME = 200  # letters of a class or a column
KINDS = "an .npz, an IDX file, or a folder of IDX files or pictures"
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm")


class Split(NamedTuple):
    """Training or test images.

    Attributes:
        name: the name in messages.
        images: any shape and type; the first axis is the number of images.
        labels: one for each image, or None.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray | None


@dataclass
class Found:
    """The content of a file or folder.

    Attributes:
        splits: training images and, if there are any, test images.
        columns: further values by name, (n,) numbers or strings over all splits.
        class_names: if known, labels are indices into them.
        notes: warnings, one line each, with a remedy.
        transposed: whether files of this kind are known to have rows and columns exchanged.
    """

    splits: list[Split]
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    class_names: Sequence[str] | None = None
    notes: list[str] = field(default_factory=list)
    transposed: bool = False
