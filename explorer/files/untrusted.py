"""Files from outside the program: each is opened and parsed through these functions, and any harm in it is one line.

A file is a regular one of bounded size, or it is refused before it is read. Whatever a parser raises inside
`parsing` becomes a UserError that names the file.
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
MEMBERS = 10_000  # of an archive, at most
INFLATION = 1100  # times its own size that deflated data can grow to; the format ends at 1032
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
    """A file, open for reading from its start. Never waits: a pipe or a device is refused.

    Args:
        most: its size in bytes, at most.

    Raises:
        Missing: there is none.
        UserError: it is no regular file, is larger than `most`, or the system does not let it be read.
    """
    with readable(path), open(path, "rb", opener=_regular) as file:
        size = os.fstat(file.fileno()).st_size
        if most is not None and size > most:
            raise UserError(f"{path} is too large: it has {amount(size)}, at most {amount(most)} are read")
        yield file


def _regular(path: str, flags: int) -> int:
    """Opens a regular file, and nothing else; returns its descriptor."""
    try:
        descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a named pipe opens at once, to be refused
    except OSError as error:
        if error.errno == errno.ENXIO:  # only sockets, and pipes opened for writing
            raise UserError(f"{path} is a socket, not a file") from None
        raise
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise UserError(f"{path} is {_KINDS.get(stat.S_IFMT(mode), 'something else')}, not a file")
    return descriptor


def read(path: Path, most: int) -> bytes:
    """All bytes of a file, `most` of them at most. Raises as `opened` does."""
    with opened(path, most) as file:
        content = file.read(most + 1)  # a file may grow, and some of the system's own have no size
    if len(content) > most:
        raise UserError(f"{path} is too large: at most {amount(most)} are read")
    return content


@contextlib.contextmanager
def readable(path: Path | str) -> Iterator[None]:
    """Turns whatever the file system raises into a UserError that names the path.

    Raises:
        Missing: there is no such file.
        UserError: any other OSError, and paths that no system takes.
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
    """Turns whatever a parser raises into a UserError: "PATH is damaged (REASON): REMEDY".

    Args:
        path: the file, as a message names it.
        remedy: what to do; nothing is said by default.
        wrong: what the file is then.
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
    except Exception as error:  # parsers of damaged files raise anything
        if isinstance(error, OSError) and error.errno:
            raise UserError(f"{_named(error, path)} cannot be read ({error.strerror}){remedy}") from None
        raise UserError(f"{path} {wrong} ({reason(error)}){remedy}") from None


def reason(error: BaseException) -> str:
    """What a library said: its first line, printable and short; the kind of error where it said nothing."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # a message that cannot be made
        lines = []
    return printable(lines[0] if lines else type(error).__name__, LONGEST_REASON)


def absolute(path: Path | str) -> Path:
    """The path without links, also where nothing is there. Raises UserError where the working folder is gone."""
    with readable(path):
        return Path(os.path.realpath(os.path.expanduser(path)))


def check_room(
    size: int, name: Path | str, remedy: str = "give fewer or smaller images, or close other programs"
) -> None:
    """Raises UserError where so many bytes are more than the memory that is free now.

    Args:
        name: of what takes them.
        remedy: what to do then.
    """
    import psutil

    if size > (free := psutil.virtual_memory().available):
        raise UserError(f"{name} does not fit into memory: it needs {amount(size)}, {amount(free)} are free: {remedy}")


def amount(size: int) -> str:
    """A number of bytes for a person."""
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if size >= 10**power:
            return f"{size / 10**power:,.1f} {unit}" if size < 10**12 else f"{size // 10**power:,} {unit}"
    return f"{size} bytes"


def archive(file: BinaryIO, most: int | None = None) -> zipfile.ZipFile:
    """A zip archive, after a look at its directory; nothing is inflated. To be used within `parsing`.

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
    """The path in an error, or else the path that was asked for."""
    return str(path) if not isinstance(error.filename, str | os.PathLike) else os.fsdecode(error.filename)
