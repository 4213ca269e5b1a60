"""What is known about some images as a file: CSV to read in any program, NPZ with arrays."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from explorer.files.writing import write_arrays, writing
from explorer.images import datasets
from explorer.space.folder import COLUMN
from explorer.space.latent_space import LatentSpace


def table(
    space: LatentSpace, rows: np.ndarray, dataset: datasets.Dataset | None = None, errors: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """What is known about images, one value each, in the order of the space's points.

    Args:
        space: whose points they are.
        rows: data rows, (m,); those that the space lacks are left out.
        dataset: the images, which know where the split is; without them nothing is said about it.
        errors: of all points of the space, (n,) float32; left out where they are not known.

    Returns:
        (k,) each: `index`, the data row; `split`, "train" or "test"; `label` and `class`, the class as an integer and
        as its name, where there are classes; `error`; then the columns, as "column_…". And `codes`, (k, d) float32.
    """
    points = space.indices_of(rows)
    found = {"index": space.rows[points]}
    if dataset is not None:
        found["split"] = np.where(found["index"] < len(dataset.x_train), "train", "test")
    if space.class_names:
        found["label"] = space.labels[points]
        found["class"] = np.array(space.class_names)[space.labels[points]]
    found["codes"] = space.codes[points]
    if errors is not None:
        found["error"] = errors[points]
    return found | {COLUMN + name: values[points] for name, values in space.columns.items()}


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes the arrays of `table` under their names. Raises NotAllowed where the file cannot be written."""
    write_arrays(path, **arrays)


def write_csv(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes a line for each image below a line of names, in UTF-8; numbers in full, a code as z0, z1, ….

    Raises:
        NotAllowed: the file cannot be written.
    """
    columns: dict[str, np.ndarray] = {}
    for name, values in arrays.items():
        columns |= {f"z{axis}": code for axis, code in enumerate(values.T)} if name == "codes" else {name: values}
    with writing(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow(columns)
        # as strings, a float32 keeps the digits that it takes to read it back, and no more
        writer.writerows(zip(*(values.astype(str).tolist() for values in columns.values()), strict=True))
        text.detach()
