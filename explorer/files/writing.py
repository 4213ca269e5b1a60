"""Writes files and folders in one piece: each appears under its name complete, or not at all.

The content is written to a temporary file beside it, flushed and renamed, so that nobody reads half a file.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from explorer import interrupt
from explorer.errors import NotAllowed

_unfinished: set[Path] = set()
_numbers = itertools.count()  # of temporary files


@contextlib.contextmanager
def allowed(what: str) -> Iterator[None]:
    """Turns exceptions of the file system into NotAllowed: "cannot WHAT: REASON"."""
    try:
        yield
    except OSError as error:
        raise NotAllowed(f"cannot {what}: {error.strerror or error}") from None


@contextlib.contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A binary file that appears under `path` complete or not at all, even if others write it at the same time.

    Temporary files of killed programs are removed.

    Raises:
        NotAllowed: the folder cannot be written or the disk is full; nothing is left behind.
    """
    with allowed(f"write {path}"), _temporary(path) as (temporary, file):
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)


@contextlib.contextmanager
def writing_folder(path: Path) -> Iterator[Path]:
    """A new folder that appears as `path` complete or not at all. Yields the temporary folder to write into.

    Raises:
        NotAllowed: `path` exists, its parent cannot be written, or the disk is full; nothing is left behind.
    """
    check_new(path)
    with allowed(f"write {path}"):
        _remove_leftovers(path)
        temporary = _name_temporary(path)
        try:
            temporary.mkdir()
            yield temporary
            os.rename(temporary, path)
        finally:
            _remove(temporary)


def check_new(path: Path) -> None:
    """Raises NotAllowed unless a new file or folder can be made as `path`; leaves nothing behind."""
    with allowed(f"write {path}"):
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "it exists already: choose another name")
        with _temporary(path) as (_, file):
            file.close()


def check_writable(path: Path) -> None:
    """Raises NotAllowed if a file cannot be written under `path`; leaves nothing behind."""
    with allowed(f"write {path}"):
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with _temporary(path) as (_, file):
            file.close()


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file beside `path`: its path, and the file open for writing. It is removed at the end if not renamed."""
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    _remove_leftovers(path)
    temporary, file = _new_temporary(path)
    try:
        yield temporary, file
    finally:
        _remove(temporary)


def _remove(temporary: Path) -> None:
    """Removes a temporary file or folder, if it is still there."""
    with contextlib.suppress(OSError):
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink()
    _unfinished.discard(temporary)


def _name_temporary(path: Path) -> Path:
    """A name beside `path`, which contains the id of the process. Whatever has it is unfinished."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{next(_numbers)}.tmp")
    _unfinished.add(temporary)
    return temporary


def _new_temporary(path: Path) -> tuple[Path, BinaryIO]:
    """A new file beside `path`, with a unique name."""
    while True:
        temporary = _name_temporary(path)
        try:
            return temporary, open(temporary, "xb")
        except BaseException as error:
            _unfinished.discard(temporary)
            if isinstance(error, ValueError):  # a null character
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL)) from None
            if not isinstance(error, FileExistsError):
                raise


def _remove_leftovers(path: Path) -> None:
    """Removes the temporary files of `path` whose process has ended."""
    name = re.compile(rf"\.{re.escape(path.name)}\.(\d{{1,9}})\.(\d+\.)?tmp")
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            found = name.fullmatch(entry.name)
            if found and _has_ended(int(found[1]), entry.name):
                _remove(Path(entry.path))


def _has_ended(process: int, name: str) -> bool:
    """Whether the process that wrote a temporary file of this name has ended."""
    import psutil  # only if files were left

    if process == os.getpid():  # perhaps an earlier process with the same id
        return name not in {temporary.name for temporary in list(_unfinished)}
    return not psutil.pid_exists(process)


def discard_unfinished() -> None:
    """Removes the files that are being written: for a program that ends without waiting."""
    for temporary in list(_unfinished):
        _remove(temporary)


interrupt.at_end(discard_unfinished)


def write_arrays(path: Path, **members: Any) -> None:
    """Writes arrays, by name, as a compressed `.npz` in one piece. Raises NotAllowed as `writing` does."""
    with writing(path) as file:
        np.savez_compressed(file, **members)
