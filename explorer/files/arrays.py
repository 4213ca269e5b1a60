"""Reads arrays of `.npz` files; their types and sizes are checked before they are inflated."""

from __future__ import annotations

import hashlib
import io
import math
import os
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

from explorer import errors
from explorer.errors import UserError
from explorer.files import untrusted

MAGIC = b"\x93NUMPY"
HEADER = 10_000  # most bytes of a header, as in NumPy
AT_ONCE = 1 << 20  # bytes inflated between two checks
MOST_BYTES = 10**9  # most bytes of the arrays of a file, unless the file itself is larger
KINDS = "buifcSUMmV"  # types without Python objects


@dataclass(frozen=True)
class Header:
    """The header of a member.

    Attributes:
        name: of the array.
        shape, dtype: of the array.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    member: zipfile.ZipInfo

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return math.prod(self.shape) * self.dtype.itemsize


class PythonObjects(ValueError):
    """An array contains Python objects, which could only be read by running code."""

    def __init__(self, name: str) -> None:
        super().__init__(f"its array '{name}' holds Python objects")
        self.name = name


def read(
    file: BinaryIO,
    names: Iterable[str] | None,
    choose: Callable[[list[Header]], Iterable[Header]],
    arrays_alone: bool = True,
) -> dict[str, np.ndarray]:
    """Arrays of an `.npz`, by name. To be used within `untrusted.parsing`. Nothing is unpickled.

    Args:
        names: of the arrays, which must exist; None for all.
        choose: takes their headers before any array is read; returns the headers of those to read, or raises.
        arrays_alone: whether other members than arrays are an error; otherwise they are ignored.

    Raises:
        KeyError: there is no array of a name.
        ValueError: the archive or one of the arrays is invalid.
        PythonObjects: one of the arrays contains them.
        Others, as `zipfile` and NumPy raise them.
    """
    with untrusted.archive(file) as archive:
        members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
        wanted = list(members if names is None else names)
        for name in wanted:
            if name not in members:
                raise KeyError(f"it has no array '{name}'")
        found = [_header(archive, name, members[name]) for name in wanted]
        headers = [header for header in found if header is not None]
        if arrays_alone and len(headers) < len(found):
            raise ValueError(f"its member '{wanted[found.index(None)]}' is no array")
        return {header.name: _values(archive, header) for header in choose(headers)}


def read_arrays(path: Path, names: Iterable[str] | None = None, sha256: str | None = None) -> dict[str, np.ndarray]:
    """Reads the named arrays of an `.npz`, all of them by default, never unpickling anything.

    Raises:
        UserError: the file is missing, truncated or too large, has another hash than `sha256` (hex), or contains
            pickled objects; or an array is missing.
    """
    with untrusted.opened(path) as file:
        if sha256 is not None and hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise UserError(f"{path} is damaged (its SHA-256 is not the one in card.json)")
        most = max(MOST_BYTES, os.fstat(file.fileno()).st_size)

        def all_if_they_fit(headers: list[Header]) -> list[Header]:
            if (size := sum(header.size for header in headers)) > most:
                raise ValueError(f"it claims {untrusted.amount(size)}, at most {untrusted.amount(most)} are read")
            return headers

        with untrusted.parsing(path):
            return read(file, names, all_if_they_fit)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises UserError if it cannot be read."""
    with untrusted.opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def filled(file: IO[bytes], size: int) -> np.ndarray:
    """The remaining bytes of a file, (size,) uint8.

    Raises:
        EOFError: it has fewer.
        ValueError: it has more.
    """
    values = np.empty(size, np.uint8)  # Linux allocates the memory as it is filled
    done = 0
    while part := file.read(AT_ONCE):  # to the end, so that the checksum is compared
        if done + len(part) > size:
            raise ValueError(f"it holds more than {size:,} bytes")
        values[done : done + len(part)] = np.frombuffer(part, np.uint8)
        done += len(part)
    if done < size:
        raise EOFError(f"it holds {done:,} bytes")
    return values


def _header(archive: zipfile.ZipFile, name: str, member: zipfile.ZipInfo) -> Header | None:
    """The header of a member; None if it is no array."""
    with archive.open(member) as file:
        start = io.BytesIO(file.read(len(MAGIC) + 6 + HEADER))
    if not start.getvalue().startswith(MAGIC):
        return None
    version = np.lib.format.read_magic(start)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"its array '{name}' has an unknown format")
    shape, _, dtype = readers[version](start, HEADER)
    if dtype.hasobject:
        raise PythonObjects(name)
    header = Header(name, shape, dtype, member)
    sound = dtype.kind in KINDS and dtype.itemsize > 0 and all(side >= 0 for side in shape)
    if not sound or start.tell() + header.size != member.file_size:
        raise ValueError(f"its array '{name}' is not as long as its header says")
    return header


def _values(archive: zipfile.ZipFile, header: Header) -> np.ndarray:
    with archive.open(header.member) as file:
        array: np.ndarray = np.lib.format.read_array(file, max_header_size=HEADER)
    if array.dtype.kind == "U" and not _are_letters(array):
        raise ValueError(f"its array '{header.name}' is no text")
    return array


def printable(array: np.ndarray) -> np.ndarray:
    """An array of texts with control characters as Python's escapes; any other array as it is."""
    if array.dtype.kind != "U" or not _any_letter(
        array, lambda numbers: (numbers > 0) & (numbers < 32) | (numbers >= 127) & (numbers < 160)
    ):
        return array
    return np.array([errors.printable(text) for text in array.ravel().tolist()]).reshape(array.shape)


def _are_letters(array: np.ndarray) -> bool:
    """Whether all texts are valid Unicode, without lone surrogates."""
    return not _any_letter(array, lambda numbers: (numbers > 0x10FFFF) | (numbers >= 0xD800) & (numbers < 0xE000))


def _any_letter(array: np.ndarray, are: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether a condition on code points is true for any letter of an array of texts."""
    numbers = array.ravel(order="K").view(np.dtype(np.uint32).newbyteorder(array.dtype.byteorder))
    return any(are(numbers[start : start + AT_ONCE]).any() for start in range(0, len(numbers), AT_ONCE))
