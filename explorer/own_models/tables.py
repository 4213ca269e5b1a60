"""Reads codes from files: `.npz`, `.csv`, word vectors and, with pyarrow, `.parquet`; and texts, which are encoded."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import UserError, printable
from explorer.files import arrays, untrusted
from explorer.images import readers
from explorer.spaces.projection import MOST_DIMENSIONS

CODES = ("codes", "z", "embeddings", "x")  # names of a matrix of codes
LABELS = ("labels", "label", "class", "y", "target")
NAMES = "class_names"
NUMBERED = re.compile(r"(.*?)[ _-]?(\d+)$")  # z1, z_1, PC 1
FEWER = "give fewer points, or close other programs"
GROWTH = 20  # bytes in memory for each byte of a table's text
LONGEST_NAME = 200  # letters of a column
TEXT = "text"  # the column that holds the texts
TEXTS = (TEXT, "texts", "sentence", "sentences", "phrase", "word", "title")  # what others call it
LONGEST_TEXT, SHOWN = 10_000, 1000  # letters of a text, and of these in its column
LINES = "give a file in UTF-8 with one text in each line, or a .csv with a column 'text'"
FORMS = "an .npz with an array 'codes', a .csv or a .parquet with columns z1, z2, …"


@dataclass
class Table:
    """The content of a file of codes.

    Attributes:
        codes: (n, d) numbers.
        labels: (n,) integers or strings; None if there are none.
        class_names: if known, labels are indices into them.
        columns: further columns by name, (n,) numbers or strings.
    """

    codes: np.ndarray
    labels: np.ndarray | None = None
    class_names: Sequence[str] | None = None
    columns: dict[str, np.ndarray] = field(default_factory=dict)


def read(path: Path, encode: Callable[[list[str]], np.ndarray] | None = None) -> Table:
    """Reads codes from a file; its first bytes decide how.

    Args:
        encode: makes codes, (n, d), of n texts: then the file holds texts, one in each line, or in a column of a table.

    Raises:
        UserError: it is missing, damaged or too large, or holds no codes; or pyarrow is missing for a `.parquet`.
    """
    with untrusted.opened(path) as file:
        start = file.read(4)
        size = os.fstat(file.fileno()).st_size
    if start[:2] == b"PK":
        found = arrays.read_arrays(path)
    else:
        untrusted.check_room(GROWTH * size, path, FEWER)
        is_table = encode is None or path.suffix.lower() in (".csv", ".tsv")
        found = _parquet(path) if start == b"PAR1" else _csv(path) if is_table else _lines(path)
    columns = {printable(name, LONGEST_NAME): values for name, values in found.items()}
    names = columns.pop(NAMES, None)
    with untrusted.parsing(path, f"give {FORMS}", wrong="cannot be used"):
        codes = _codes(path, columns) if encode is None else encode(_texts(path, columns))
    for name, values in columns.items():
        if name.lower() in LABELS and values.shape != codes.shape[:1]:
            one_each = f"there are {len(codes):,} codes: give one for each"
            raise UserError(f"{path}: '{name}' has the shape {values.shape}, and {one_each}")
    columns = {name: readers.as_column(values) for name, values in columns.items() if values.shape == codes.shape[:1]}
    classes = (name for name in columns if name.lower() in LABELS and columns[name].dtype.kind != "f")
    labels = columns.pop(next(classes, ""), None)
    return Table(codes, labels, None if names is None else names.tolist(), columns)


def of_csv(path: Path, wanted: str) -> dict[str, np.ndarray]:
    """The columns of a `.csv`: numbers, with NaN where there is none, or strings.

    Args:
        wanted: what to give if it is no such table.

    Raises:
        UserError: it is missing, damaged or too large.
    """
    with untrusted.opened(path) as file:
        untrusted.check_room(GROWTH * os.fstat(file.fileno()).st_size, path, FEWER)
    return {printable(name, LONGEST_NAME): readers.as_column(each) for name, each in _csv(path, wanted).items()}


def _texts(path: Path, columns: dict[str, np.ndarray]) -> list[str]:
    """The texts in one of these columns, which becomes the first one. Raises UserError if none can be used."""
    names = [name for name, values in columns.items() if name.lower() not in LABELS and values.dtype.kind in "OU"]
    name = next((name for name in columns if name.lower() in TEXTS), "") or next(iter(names), "")
    texts = [str(text) for text in columns.pop(name).tolist()] if name else []
    if len(texts) < 3:
        raise UserError(f"{path} holds {len(texts) or 'no'} text{'s' * (len(texts) != 1)}, and a map needs 3: {LINES}")
    longest = max(texts, key=len)
    if len(longest) > LONGEST_TEXT:
        raise UserError(
            f"{path} has a text of {len(longest):,} letters ('{longest[:20]}…'): break it into shorter ones"
        )
    untrusted.check_room(4 * len(texts) * (min(len(longest), SHOWN) + MOST_DIMENSIONS), path, FEWER)
    others = {each: columns.pop(each) for each in list(columns)}
    columns |= {TEXT: np.array([text[:SHOWN] for text in texts])} | others
    return texts


def _lines(path: Path) -> dict[str, np.ndarray]:
    """The lines of a file that hold anything, as a column."""
    with untrusted.parsing(path, LINES, wrong="is no text"):
        lines = path.read_text(encoding="utf-8-sig").split("\n")
        return {TEXT: np.array([line.strip() for line in lines if line.strip()], object)}


def _codes(path: Path, columns: dict[str, np.ndarray]) -> np.ndarray:
    """Takes the codes out of columns: a matrix, or several columns. Raises UserError if there are none."""
    wide = [name for name in CODES if name in columns and columns[name].ndim == 2]
    wide += [name for name, values in columns.items() if values.ndim == 2]
    if wide:
        return columns.pop(wide[0])
    if not (names := _code_columns(columns)):
        has = ", ".join(list(columns)[:12]) or "nothing"
        raise UserError(f"{path} holds {has}: call those of the codes z1, z2, …, or one array of them 'codes'")
    return np.stack([columns.pop(name) for name in names], axis=1).astype(np.float32)


def _code_columns(columns: dict[str, np.ndarray]) -> list[str]:
    """The columns of the codes: numbered ones with the same beginning, else x and y, else all, if all are numbers."""
    numbers = [name for name, values in columns.items() if values.ndim == 1 and values.dtype.kind in "iuf"]
    families: dict[str, list[tuple[int, str]]] = {}
    for name in numbers:
        if match := NUMBERED.match(name):
            families.setdefault(match[1].lower(), []).append((int(match[2]), name))
    if families:
        largest = max(families, key=lambda each: (each == "z", len(families[each])))
        if len(families[largest]) > 1 or largest == "z":
            _check_numbers(largest, columns)
            return [name for _, name in sorted(families[largest])]
    lower = {name.lower(): name for name in numbers}
    if {"x", "y"} <= lower.keys():
        return [lower[name] for name in ("x", "y", "z") if name in lower]
    if CODES[0] in lower:
        return [lower[CODES[0]]]
    return numbers if len(numbers) == len(columns) else []


def _check_numbers(family: str, columns: dict[str, np.ndarray]) -> None:
    """Raises ValueError if one of the columns z1, z2, … holds something else than numbers: it would be left out."""
    for name, values in columns.items():
        match = NUMBERED.match(name)
        if match and match[1].lower() == family and values.dtype.kind == "U":
            odd = next((text for text in values.tolist() if _typed(np.array([text])).dtype.kind == "U"), "")
            raise ValueError(f"its column '{name}' holds '{odd[:20]}', which is no number")


def _csv(path: Path, wanted: str = FORMS) -> dict[str, np.ndarray]:
    """The columns of a table with commas, semicolons or tabs, or of word vectors. Without a line of names, they are
    z1, z2, …"""
    with untrusted.parsing(path, f"give {wanted}", wrong="is no table"):
        text = path.read_text(encoding="utf-8-sig")
        lines = [line.rstrip() for line in text.split("\n") if line.strip()]
        if not lines:
            raise ValueError("it is empty")
        delimiter = max(",;\t", key=lines[0].count)
        if delimiter not in lines[0] and any(map(_is_word_vector, lines[:2])):
            lines = lines[lines[0].replace(" ", "").isdecimal() :]  # of word2vec, the first line has two numbers
            length = lines[0].count(" ")
            rows = [["word", *(f"z{number}" for number in range(1, length + 1))]]
            rows += [line.rsplit(" ", length) for line in lines]  # a word may hold spaces
        else:
            rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
        names = [name.strip() for name in rows[0]]
        if _typed(np.array(names)).dtype.kind in "if":
            names = [f"z{number + 1}" for number in range(len(names))]
        else:
            rows = rows[1:]
        if not rows or len(set(names)) < len(names):
            raise ValueError("it has no rows" if not rows else "two of its columns have the same name")
        if odd := next((at for at, row in enumerate(rows, 1) if len(row) != len(names)), 0):
            raise ValueError(f"row {odd} has {len(rows[odd - 1])} values, not {len(names)}")
        return {name: _typed(np.array(values)) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


def _is_word_vector(line: str) -> bool:
    """Whether a line is a word and then numbers, with spaces between, as GloVe's."""
    kinds = [_typed(np.array([part])).dtype.kind for part in line.split()]
    return len(kinds) > 1 and kinds[0] == "U" and "U" not in kinds[1:]


def _parquet(path: Path) -> dict[str, np.ndarray]:
    """The columns of a Parquet file; a column of lists of the same length is a matrix."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise UserError(f"{path} needs pyarrow: install it with 'pip install pyarrow', or give a .csv") from None
    with untrusted.parsing(path, f"give {FORMS}"):
        held = pyarrow.parquet.ParquetFile(path).metadata
        sizes = [held.row_group(number).total_byte_size for number in range(held.num_row_groups)]
        untrusted.check_room(GROWTH * max(held.num_rows * held.num_columns, sum(sizes)), path, FEWER)
        table = pyarrow.parquet.read_table(path)
        return {name: _of_arrow(table[name]) for name in table.column_names}


def _of_arrow(column: Any) -> np.ndarray:
    values: np.ndarray = column.to_numpy()
    if values.dtype.kind in "iufb":
        return values
    if len(values) and isinstance(values[0], np.ndarray):
        return np.stack(list(values))
    return np.array(["" if value is None else str(value) for value in column.to_pylist()])


def _typed(texts: np.ndarray) -> np.ndarray:
    """A column of texts as integers or floats if all are numbers, empty ones NaN; as a matrix if all are JSON lists of
    as many numbers."""
    if len(texts) and texts[0].startswith("["):
        with contextlib.suppress(ValueError):
            return np.array([json.loads(text) for text in texts.tolist()], np.float32)
    for kind in (np.int64, np.float64):
        with contextlib.suppress(ValueError, OverflowError):
            return np.where(texts == "", "nan", texts).astype(kind)
    return texts
