"""What readers find in a source, before anything of it is checked or mapped."""

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
        notes: what looks wrong, one line each, with what to do.
        transposed: whether such files are known to hold rows as columns.
    """

    splits: list[Split]
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    class_names: Sequence[str] | None = None
    notes: list[str] = field(default_factory=list)
    transposed: bool = False
