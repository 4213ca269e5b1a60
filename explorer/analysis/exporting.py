"""Exports data about images to a file: CSV, Parquet, or NPZ with arrays."""

from __future__ import annotations

import csv
import importlib.util
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from explorer.errors import UserError
from explorer.files import locations
from explorer.files.writing import write_arrays, writing
from explorer.images import datasets
from explorer.progress import Asked, Report, batches, never, unheard
from explorer.spaces.folder import COLUMN
from explorer.spaces.latent_space import LatentSpace
from explorer.spaces.point_index import PointIndex

NEAREST = 10  # neighbours of each point
MOST_DIMENSIONS = 16  # of codes whose neighbours are searched: in more, a k-d tree is as slow as comparing all pairs
AT_ONCE = 5000  # points
NO_PYARROW = (
    "Parquet needs pyarrow, which is not installed: "
    f"{'pip install pyarrow' if locations.INSTALLED else 'pip install pyarrow, or .[tables]'}; or export as CSV"
)


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


def neighbours(space: LatentSpace, report: Report = unheard, cancelled: Asked = never) -> np.ndarray | None:
    """The data rows of the nearest points of each point, by their codes, (n, k) integers, nearest first.

    Returns:
        k is `NEAREST`, or less where there are fewer points. None for codes of more than `MOST_DIMENSIONS`.

    Raises:
        Cancelled: `cancelled()` was true.
    """
    n, dimensions = space.codes.shape
    if dimensions > MOST_DIMENSIONS:
        return None
    found = np.empty((n, min(NEAREST, n - 1)), space.rows.dtype)
    index = PointIndex(space.codes)
    for some in batches(n if found.size else 0, AT_ONCE, report, cancelled):
        found[some] = space.rows[index.others(found.shape[1], some)[0]]
    return found


def columns(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of `table` as columns, (k,) each: codes become z0, z1, …, neighbours neighbour1, neighbour2, …."""
    found: dict[str, np.ndarray] = {}
    for name, values in arrays.items():
        if values.ndim == 1:
            found[name] = values
        else:
            prefix, first = {"codes": ("z", 0)}.get(name, ("neighbour", 1))
            found |= {f"{prefix}{number}": column for number, column in enumerate(values.T, first)}
    return found


def lines(arrays: dict[str, np.ndarray], cancelled: Asked = never) -> Iterator[list[str]]:
    """The rows of a table as texts, some at a time. A float32 has just the digits that are needed to read it back."""
    for some in batches(len(next(iter(arrays.values()))), AT_ONCE, cancelled=cancelled):
        yield from map(list, zip(*(values[some].astype(str).tolist() for values in arrays.values()), strict=True))


def write_csv(path: Path, arrays: dict[str, np.ndarray], cancelled: Asked = never) -> None:
    """Writes a line of names, then a line for each image, in UTF-8; see `columns`.

    Raises:
        NotAllowed: the file cannot be written.
        Cancelled: `cancelled()` was true; no file is written.
    """
    table = columns(arrays)
    with writing(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow(table)
        writer.writerows(lines(table, cancelled))
        text.detach()


def write_parquet(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes a Parquet file with the columns of `columns`, with their types; see `check_parquet`.

    Raises:
        NotAllowed: the file cannot be written.
    """
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({name: pyarrow.array(values) for name, values in columns(arrays).items()})
    with writing(path) as file:
        pyarrow.parquet.write_table(table, file)


def check_parquet() -> None:
    """Raises UserError unless pyarrow is installed."""
    if importlib.util.find_spec("pyarrow") is None:
        raise UserError(NO_PYARROW)
