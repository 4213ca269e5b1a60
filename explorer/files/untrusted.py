"""Opens and parses files from outside the program; a damaged or hostile file causes one line, a UserError.

Only regular files of limited size are read. Any exception of a parser inside `parsing` becomes a UserError that names
the file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import zipfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from explorer.errors import UserError, printable

LONGEST_REASON = 200  # characters
MEMBERS = 10_000  # most members of an archive
INFLATION = 1100  # deflated data can grow by 1032 at most
FLAGS_ENCRYPTED = 0x1 | 0x40  # of an archive's member

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Missing(UserError):
    """There is no such file."""


@contextlib.contextmanager
def opened(path: Path, most: int | None = None) -> Iterator[BufferedReader]:
    """A file, open for reading. Never waits: pipes and devices are refused.

    Args:
        most: its largest size in bytes.

    Raises:
        Missing: there is none.
        UserError: it is no regular file, is larger than `most`, or cannot be read.
    """
    with readable(path), open(path, "rb", opener=_regular) as file:
        size = os.fstat(file.fileno()).st_size
        if most is not None and size > most:
            raise UserError(f"{path} is too large: it has {amount(size)}, at most {amount(most)} are read")
        yield file


def _regular(path: str, flags: int) -> int:
    """Opens a regular file, and nothing else; returns its descriptor."""
    try:
        descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # so that opening a named pipe does not wait
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket, or a pipe opened for writing
            raise UserError(f"{path} is a socket, not a file") from None
        raise
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise UserError(f"{path} is {_KINDS.get(stat.S_IFMT(mode), 'something else')}, not a file")
    return descriptor


def read(path: Path, most: int) -> bytes:
    """The content of a file of at most `most` bytes. Raises what `opened` raises."""
    with opened(path, most) as file:
        content = file.read(most + 1)  # a file may grow, and some system files have no size
    if len(content) > most:
        raise UserError(f"{path} is too large: at most {amount(most)} are read")
    return content


@contextlib.contextmanager
def readable(path: Path | str) -> Iterator[None]:
    """Turns exceptions of the file system into a UserError that names the path.

    Raises:
        Missing: there is no such file.
        UserError: any other OSError, or an invalid path.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise Missing(f"{_named(error, path)} is missing") from None
    except OSError as error:
        raise UserError(f"{_named(error, path)} cannot be read ({error.strerror or reason(error)})") from None
    except ValueError as error:
        if "null" not in str(error):
            raise
        raise UserError(f"{path} is no path") from None


@contextlib.contextmanager
def parsing(path: Path | str, remedy: str = "", wrong: str = "is damaged") -> Iterator[None]:
    """Turns any exception of a parser into a UserError: "PATH is damaged (REASON): REMEDY".

    Args:
        path: the name of the file in the message.
        remedy: what to do; by default nothing.
        wrong: what the message says of the file.
    """
    remedy = f": {remedy}" if remedy else ""
    try:
        yield
    except UserError:
        raise
    except MemoryError:
        raise UserError(f"{path} does not fit into memory: give a smaller one") from None
    except RecursionError:
        raise UserError(f"{path} {wrong} (it is nested too deep){remedy}") from None
    except Exception as error:  # parsers may raise anything on damaged files
        if isinstance(error, OSError) and error.errno:
            raise UserError(f"{_named(error, path)} cannot be read ({error.strerror}){remedy}") from None
        raise UserError(f"{path} {wrong} ({reason(error)}){remedy}") from None


def reason(error: BaseException) -> str:
    """The first line of an exception's message, printable and short; the type of the exception if it has none."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # the message itself fails
        lines = []
    return printable(lines[0] if lines else type(error).__name__, LONGEST_REASON)


def absolute(path: Path | str) -> Path:
    """The absolute path without links, also of a missing file. Raises UserError without a working folder."""
    with readable(path):
        return Path(os.path.realpath(os.path.expanduser(path)))


def check_room(size: int, name: Path | str) -> None:
    """Raises UserError if this is more than the free memory.

    Args:
        size: in bytes.
        name: of what needs it.
    """
    import psutil

    if size > (free := psutil.virtual_memory().available):
        raise UserError(
            f"{name} does not fit into memory: it needs {amount(size)}, {amount(free)} are free: "
            "give fewer or smaller images, or close other programs"
        )


def amount(size: int) -> str:
    """A number of bytes, for people."""
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if size >= 10**power:
            return f"{size / 10**power:,.1f} {unit}" if size < 10**12 else f"{size // 10**power:,} {unit}"
    return f"{size} bytes"


def archive(file: BinaryIO, most: int | None = None) -> zipfile.ZipFile:
    """A zip archive whose directory has been checked; nothing is inflated. To be used within `parsing`.

    Its members have names of their own, are stored or deflated and not encrypted, and claim no more bytes than the
    file can hold. `zipfile` never inflates more than a member claims.

    Args:
        most: bytes of all members together.

    Raises:
        ValueError: the directory says otherwise.
        zipfile.BadZipFile, OSError and others: as `zipfile` does.
    """
    found = zipfile.ZipFile(file)
    members = found.infolist()
    if len(members) > MEMBERS:
        raise ValueError(f"it has {len(members):,} members")
    if len({member.filename for member in members}) < len(members):
        raise ValueError("two of its members have the same name")
    size = file.seek(0, os.SEEK_END)
    for member in members:
        if member.flag_bits & FLAGS_ENCRYPTED:
            raise ValueError(f"its member '{member.filename}' is encrypted")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"its member '{member.filename}' is compressed by an unknown method")
        holds = member.compress_size * (1 if member.compress_type == zipfile.ZIP_STORED else INFLATION)
        if member.compress_size > size or member.file_size > holds:
            raise ValueError(f"its member '{member.filename}' claims more bytes than it has")
    claimed = sum(member.file_size for member in members)
    if most is not None and claimed > most:
        raise ValueError(f"it claims {amount(claimed)}, at most {amount(most)} are read")
    return found


def _named(error: OSError, path: Path | str) -> str:
    """The path in an error, or else the given path."""
    return str(path) if not isinstance(error.filename, str | os.PathLike) else os.fsdecode(error.filename)
