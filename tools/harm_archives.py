"""Ways to damage archives of arrays: see `tools.harm`."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np

from tools.harm import BIG, Harm, content_of, edited

CENTRAL, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"
# where the fields of a record are: (offset, bytes)
FIELDS = {
    CENTRAL: ((4, 2), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (38, 4), (42, 4)),
    LOCAL: ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)),
    END: ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)),
}


def directory(path: Path, chance: random.Random) -> None:
    """Changes a field of the archive's directory, or of a member's own header."""
    content = content_of(path)
    kind = chance.choice((CENTRAL, CENTRAL, LOCAL, END))
    records = [at for at in range(len(content) - 3) if content[at : at + 4] == kind]
    if records:
        at, (offset, size) = chance.choice(records), chance.choice(FIELDS[kind])
        value = chance.choice((*BIG, 8, 9, 12, 14, 93, 1 << chance.randrange(32), len(content)))
        content[at + offset : at + offset + size] = (value % 256**size).to_bytes(size, "little")
    path.write_bytes(content)


ZIP: tuple[Harm, ...] = (directory, directory, directory)


def _members(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as file:
            return {name: file.read(name) for name in file.namelist()}
    except Exception:  # already damaged
        return {}


def _pack(path: Path, members: list[tuple[str, bytes]], chance: random.Random) -> None:
    how = chance.choices((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2), (8, 8, 1))[0]
    with zipfile.ZipFile(path, "w", how) as file, warnings.catch_warnings(action="ignore"):
        for name, content in members:  # a name may occur twice
            file.writestr(name, content)


SHAPES = (
    "()",
    "(0,)",
    "(1,)",
    "(60,)",
    "(60, 2)",
    "(60, 3)",
    "(2, 60)",
    "(2**40,)",
    "(1099511627776,)",
    "(-1,)",
    "(60,",
)
SHAPES += (f"({2**70},)", f"({2**31}, {2**31})", f"(0, {2**70})", "(True,)", "'60'", "(60.0,)", "(20, 8, 8)", "[60]")
DTYPES = ("<f4", "<f8", ">f4", "<f2", "|b1", "|u1", "<i8", "<u8", ">i4", "|O", "<M8[s]", "<m8[D]", "<c16", "<U5", "|S5")
DTYPES += ("|V8", "<U0", "|S0", "|V0", "<U999999999", "<f16", "x", "<f4,<i4", "", "i4" * 2000)


def header(path: Path, chance: random.Random) -> None:
    """Changes an array's header."""
    members = _members(path)
    arrays = [name for name, content in members.items() if content.startswith(b"\x93NUMPY")]
    if not arrays:
        return
    name = chance.choice(arrays)
    old = io.BytesIO(members[name])
    version = np.lib.format.read_magic(old)
    try:
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(old)
    except ValueError:
        return
    values = members[name][old.tell() :]
    descr, text = repr(np.lib.format.dtype_to_descr(dtype)), repr(shape)
    how = chance.randrange(6)
    if how in (0, 1):
        text = chance.choice(SHAPES).replace("2**40", str(2**40))
    if how in (1, 2):
        descr = repr(chance.choice(DTYPES)) if chance.random() < 0.9 else "[('a', '<f4'), ('b', '|O')]"
    said = (
        f"{{'descr': {descr}, 'fortran_order': {chance.choice((fortran, fortran, True, 1, None))}, 'shape': {text}, }}"
    )
    if how == 3:
        said = chance.choice(("", "{", "{}", "None", "(" * 3000, "-" * 9000 + "1", "__import__('os')", "{'shape': 1}"))
    if how == 4:
        version = chance.choice(((1, 0), (2, 0), (3, 0), (9, 9), (0, 0)))
    content = said.encode("latin-1") + b"\n"
    length = struct.pack("<H" if version == (1, 0) else "<I", min(len(content), 65535))
    if how == 5:
        length = chance.choice((b"\xff\xff", b"\xff\xff\xff\xff", b"\0\0", b"\0\0\0\0"))
    members[name] = b"\x93NUMPY" + bytes(version) + length + content + values
    _pack(path, list(members.items()), chance)


def array(path: Path, chance: random.Random) -> None:
    """Replaces one array by another."""
    members = _members(path)
    if not members:
        return
    name = chance.choice(list(members))
    n = chance.choice((0, 1, 5, 20, 60, 61))
    odd = (
        np.zeros(()),
        np.full(n, np.nan),
        np.full((n, 2), np.inf, np.float32),
        np.full((n, 2), 1e38, np.float32),
        np.arange(n) - 5,
        np.full(n, 2**63, np.uint64),
        np.full(n, -(2**62)),
        np.array(["\0\x1b\n"] * n),
        np.array(["x" * 5000] * n),
        np.frombuffer(b"\x00\xd8\x00\x00\xff\xff\xff\x7f" * n, "<U2"),
        np.full(n, b"\xff\xfe", "S2"),
        np.zeros(n, "M8[s]"),
        np.zeros(n, [("a", "f4"), ("b", "i8")]),
        np.zeros(n, complex),
        np.zeros((n, 8, 8), np.uint8),
        np.zeros((n, 8, 8, 3), np.uint8),
        np.asfortranarray(np.zeros((n, 2), np.float32)),
        np.array([None] * n, object),
        np.array(["0", "1", "0", "1"]),
        np.array([0, np.nan, 0, 1]),
        np.array([1.0, 0, 1, 0]),
    )
    content = io.BytesIO()
    np.save(content, chance.choice(odd), allow_pickle=True)
    members[name] = content.getvalue()
    _pack(path, list(members.items()), chance)


def members(path: Path, chance: random.Random) -> None:
    """Adds, renames, repeats or removes members."""
    found = list(_members(path).items())
    how = chance.randrange(6)
    if not found:
        return
    at = chance.randrange(len(found))
    name, content = found[at]
    if how == 0:
        del found[at]
    elif how == 1:
        found[at] = (
            chance.choice((".npy", "../x.npy", "a\x00b.npy", "x" * 60_000, "\x1b.npy", "ü.npy", name[:-4])),
            content,
        )
    elif how == 2:
        found.append((name, content))
    elif how == 3:
        found.append(("more.txt", b"no array"))
    elif how == 4:
        found += [(f"{number}.npy", content) for number in range(chance.choice((50, 12_000)))]
    else:
        found[at] = name, chance.choice((b"", b"text", content[:8], content + b"\0", b"\x80\x04N."))
    _pack(path, found, chance)


def bomb(path: Path, chance: random.Random) -> None:
    """Adds an array of zeros with a huge size in its header, with or without the content."""
    found = _members(path)
    if not found:
        return
    name, size = chance.choice(list(found)), chance.choice((10**7, 10**8, 4 * 10**8))
    content = io.BytesIO()
    shape = (size // 64, 8, 8) if chance.random() < 0.5 else (size,)
    np.lib.format.write_array_header_1_0(content, {"descr": "|u1", "fortran_order": False, "shape": shape})
    if chance.random() < 0.5:
        content.write(b"\0" * size)
    found[name] = content.getvalue()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for member, values in found.items():
            file.writestr(member, values)


NPZ: tuple[Harm, ...] = (header, header, header, array, array, array, members, members, bomb)


def texts(path: Path, chance: random.Random) -> None:
    """Changes the JSON texts in an archive."""
    found = _members(path)
    for name in ("settings.npy", "progress.npy"):
        if name in found and chance.random() < 0.7:
            try:
                text = str(np.load(io.BytesIO(found[name])))
            except (ValueError, EOFError):
                continue
            content = io.BytesIO()
            text = edited(text, chance)
            np.save(content, np.array(text if chance.random() < 0.9 else text.encode("utf-8", "surrogatepass")))
            found[name] = content.getvalue()
    _pack(path, list(found.items()), chance)


TEXTS: tuple[Harm, ...] = (texts, texts, texts, texts)
