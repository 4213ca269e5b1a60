"""Writes files in one piece: a file appears under its name complete, or not at all.

Everything is written to a temporary name beside it, flushed and renamed, so that a reader never meets half a file.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
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
    """Turns what the file system raises into NotAllowed: "cannot WHAT: REASON"."""
    try:
        yield
    except OSError as error:
        raise NotAllowed(f"cannot {what}: {error.strerror or error}") from None


@contextlib.contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A binary file that appears under `path` complete or not at all, whatever else writes it at the same time.

    What a killed program has left of an earlier writing is removed.

    Raises:
        NotAllowed: the folder cannot be written or the disk is full; nothing is left behind.
    """
    with allowed(f"write {path}"), _temporary(path) as (temporary, file):
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)


def check_writable(path: Path) -> None:
    """Raises NotAllowed where a file cannot be written under `path`; leaves nothing behind."""
    with allowed(f"write {path}"):
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with _temporary(path) as (_, file):
            file.close()


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file beside `path`, by its own path and open for writing; it is gone in the end, unless it was renamed."""
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    _remove_leftovers(path)
    temporary, file = _new_temporary(path)
    try:
        yield temporary, file
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
        _unfinished.discard(temporary)


def _new_temporary(path: Path) -> tuple[Path, BinaryIO]:
    """A new file beside `path`; its name tells the process, and no other writing has it."""
    for number in _numbers:
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{number}.tmp")
        _unfinished.add(temporary)
        try:
            return temporary, open(temporary, "xb")
        except BaseException as error:
            _unfinished.discard(temporary)
            if isinstance(error, ValueError):  # a null character
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL)) from None
            if not isinstance(error, FileExistsError):
                raise
    raise AssertionError("numbers do not end")


def _remove_leftovers(path: Path) -> None:
    """Removes the temporary files of `path` whose process has ended."""
    name = re.compile(rf"\.{re.escape(path.name)}\.(\d{{1,9}})\.(\d+\.)?tmp")
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            found = name.fullmatch(entry.name)
            if found and _has_ended(int(found[1]), entry.name):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)


def _has_ended(process: int, name: str) -> bool:
    """Whether nobody writes the temporary file of this name any more."""
    import psutil  # only where something was left

    if process == os.getpid():  # or one that had the same number
        return name not in {temporary.name for temporary in list(_unfinished)}
    return not psutil.pid_exists(process)


def discard_unfinished() -> None:
    """Removes what is being written at this moment: for a program that ends without waiting."""
    for temporary in list(_unfinished):
        with contextlib.suppress(OSError):
            temporary.unlink()


interrupt.at_end(discard_unfinished)


def write_arrays(path: Path, **members: Any) -> None:
    """Writes arrays, by name, as a compressed `.npz` in one piece. Raises NotAllowed as `writing` does."""
    with writing(path) as file:
        np.savez_compressed(file, **members)
