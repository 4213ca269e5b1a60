"""Exports data about images to a file: CSV, or NPZ with arrays."""

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
    """The table that is exported, one value for each image, in the order of the space's points.

    Args:
        space: whose points they are.
        rows: data rows, (m,); rows that the space does not have are left out.
        dataset: the images, for the column `split`; None leaves it out.
        errors: reconstruction errors of all points, (n,) float32; None leaves them out.

    Returns:
        Arrays (k,): `index`, the data row; `split`, "train" or "test"; with classes `label`, an integer, and `class`,
        its name; `error`; and the data set's columns as "column_…". And `codes`, (k, d) float32.
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
    """Writes the arrays of `table` under their names. Raises NotAllowed if the file cannot be written."""
    write_arrays(path, **arrays)


def write_csv(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes a line of names, then a line for each image, in UTF-8. A code becomes z0, z1, ….

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
        # a float32 as text has just the digits that are needed to read it back
        writer.writerows(zip(*(values.astype(str).tolist() for values in columns.values()), strict=True))
        text.detach()
