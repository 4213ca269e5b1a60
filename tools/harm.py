"""Ways to damage a file. Each function takes the path of a file and a random generator, and changes the file."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import socket
import struct
import subprocess
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from explorer.training import places

Harm = Callable[[Path, random.Random], None]

BIG = (0, 1, 127, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1)  # limits of integer types


# ---- any bytes -----------------------------------------------------------------------------------


def _content(path: Path) -> bytearray:
    return bytearray(path.read_bytes() if path.is_file() else b"")


def flip(path: Path, chance: random.Random) -> None:
    """Changes some bits."""
    content = _content(path)
    for _ in range(chance.choice((1, 1, 2, 8, 64)) if content else 0):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def flip_start(path: Path, chance: random.Random) -> None:
    """Changes bits at the start, where headers are."""
    content = _content(path)
    for _ in range(chance.choice((1, 2, 4)) if content else 0):
        content[chance.randrange(min(len(content), 64))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def cut(path: Path, chance: random.Random) -> None:
    """Cuts the end off."""
    content = _content(path)
    path.write_bytes(content[: chance.randrange(len(content) + 1)])


def splice(path: Path, chance: random.Random) -> None:
    """Removes, repeats or moves a part."""
    content = _content(path)
    begin, end = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    to = chance.randrange(len(content) + 1)
    kept = content if chance.random() < 0.5 else content[:begin] + content[end:]
    path.write_bytes(kept[:to] + content[begin:end] + kept[to:])


def number(path: Path, chance: random.Random) -> None:
    """Writes a limit of an integer type somewhere."""
    content = _content(path)
    packed = struct.pack(chance.choice("<>") + "I", chance.choice(BIG))[: chance.choice((1, 2, 4))]
    at = chance.randrange(min(len(content), chance.choice((40, 10**9))) + 1)
    path.write_bytes(content[:at] + packed + content[at + len(packed) :])


def other(path: Path, chance: random.Random) -> None:
    """Replaces the file by something else."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("readme.txt", "nothing")
    contents = (
        b"",
        b"\0",
        b"\0" * 5000,
        b"PK",
        b"\xff\xfe",
        b"[" * 5000,
        b"{}",
        b"null",
        archive.getvalue(),
        b"x" * 999,
    )
    path.write_bytes(chance.choice((*contents, chance.randbytes(2000))))


BYTES: tuple[Harm, ...] = (flip, flip, flip_start, cut, splice, number, other)


# ---- other things in its place --------------------------------------------------------------------


def no_file(path: Path, chance: random.Random) -> None:
    """Replaces the file by something that is not a file."""
    places.remove(path)
    kind = chance.choice(("nothing", "pipe", "folder", "loop", "device", "dangling", "socket"))
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind in ("loop", "device", "dangling"):
        path.symlink_to({"loop": path.name, "device": "/dev/zero", "dangling": "nowhere"}[kind])
    elif kind == "socket":
        here = os.open(path.parent, os.O_RDONLY)
        with socket.socket(socket.AF_UNIX) as made:  # names of sockets must be short
            made.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)


PLACES: tuple[Harm, ...] = (no_file,)


# ---- JSON ----------------------------------------------------------------------------------------

SURROGATE = "\ud800"


def _deep(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


VALUES: tuple[Callable[[random.Random], Any], ...] = (
    lambda chance: None,
    lambda chance: chance.choice((True, False)),
    lambda chance: chance.choice((0, 1, -1, 3, 2**31, 2**63, 2**64, 10**30, 10**400, -(10**400))),
    lambda chance: chance.choice((0.5, -0.0, 1e308, -1e300, 1e-320, float("nan"), float("inf"), -float("inf"))),
    lambda chance: chance.choice(
        ("", "x", "../..", "/", "a/b", ".", "x" * 100_000, "\0", "\x1b[31m", "a\nb", SURROGATE)
    ),
    lambda chance: chance.choice(
        ([], [[]], [0] * 1000, [None], [1, 2, 3, 4], ["a", "a"], [-1], [28.0, 28], _deep(100))
    ),
    lambda chance: chance.choice(({}, {"a": {}}, {SURROGATE: 1}, {"": None}, {"x" * 5000: 1}, {"\0": []})),
)


def _nodes(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value, as its container and its key."""
    if isinstance(value, dict | list):
        keys = list(value) if isinstance(value, dict) else range(len(value))
        return [place for key in keys for place in ((value, key), *_nodes(value[key]))]
    return []


def _edited(text: str, chance: random.Random) -> str:
    """A JSON text with a few changes; unchanged if it is not JSON or nested too deeply."""
    try:
        value = json.loads(text)
        _nodes(value)
    except (ValueError, RecursionError):
        return text
    for _ in range(chance.choice((1, 1, 2, 4))):
        places = _nodes(value)
        if not places:
            break
        container, key = chance.choice(places)
        how = chance.random()
        if how < 0.15:
            del container[key]
        elif how < 0.25 and isinstance(container, list):
            container.extend(container * 3)
        else:
            container[key] = chance.choice(VALUES)(chance)
    return json.dumps(value, ensure_ascii=chance.random() < 0.5)


def edit(path: Path, chance: random.Random) -> None:
    """Changes a few places in it."""
    path.write_text(_edited(_content(path).decode(errors="replace"), chance), errors="surrogatepass")


def nested(path: Path, chance: random.Random) -> None:
    """Nests a member very deep."""
    depth = chance.choice((40, 900, 5000, 200_000))
    begin, end = chance.choice((("[", "]"), ('{"a":', "}")))
    inside = f"{begin * depth}1{end * depth}" if chance.random() < 0.7 else begin * depth
    text = _content(path).decode(errors="replace").strip()
    path.write_text(f'{{"more": {inside}, {text[1:]}' if chance.random() < 0.7 else inside, errors="replace")


def twice(path: Path, chance: random.Random) -> None:
    """Writes a member twice."""
    text = _content(path).decode(errors="replace").strip()
    path.write_text('{"format": 1, "title": 3, "view": null, ' + text[1:], errors="replace")


def coded(path: Path, chance: random.Random) -> None:
    """Writes the text in another encoding."""
    text = _content(path).decode(errors="replace")
    how = chance.choice(("utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252"))
    path.write_bytes(text.encode(how, errors="replace"))


JSON: tuple[Harm, ...] = (edit, edit, edit, edit, edit, edit, nested, twice, coded)


# ---- zip archives --------------------------------------------------------------------------------

CENTRAL, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"
# where the fields of a record are: (offset, bytes)
FIELDS = {
    CENTRAL: ((4, 2), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (38, 4), (42, 4)),
    LOCAL: ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)),
    END: ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)),
}


def directory(path: Path, chance: random.Random) -> None:
    """Changes a field of the archive's directory, or of a member's own header."""
    content = _content(path)
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
            edited = _edited(text, chance)
            np.save(content, np.array(edited if chance.random() < 0.9 else edited.encode("utf-8", "surrogatepass")))
            found[name] = content.getvalue()
    _pack(path, list(found.items()), chance)


TEXTS: tuple[Harm, ...] = (texts, texts, texts, texts)


# ---- IDX -----------------------------------------------------------------------------------------


def _idx_header(content: bytearray, chance: random.Random) -> bytearray:
    axes = content[3] if len(content) > 3 else 0
    at = chance.choice((2, 3, *range(4, 4 + 4 * min(axes, 8), 4)))
    value = struct.pack(">I", chance.choice((0, 1, 4, 20, 2**16, 2**31, 2**32 - 1)))
    size = 1 if at < 4 else 4
    content[at : at + size] = value[-1:] if size == 1 and chance.random() < 0.5 else value[:size]
    return content


def idx_header(path: Path, chance: random.Random) -> None:
    """Changes the header."""
    path.write_bytes(_idx_header(_content(path), chance))


def idx_labels(path: Path, chance: random.Random) -> None:
    """Damages the file of labels beside the images."""
    labels = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    chance.choice((flip, cut, other, idx_header, no_file))(labels, chance)


IDX: tuple[Harm, ...] = (idx_header, idx_header, idx_labels)


def gzip_header(path: Path, chance: random.Random) -> None:
    """Changes the header inside the compressed file."""
    try:
        content = bytearray(gzip.decompress(_content(path)))
    except Exception:  # already damaged
        return
    path.write_bytes(gzip.compress(_idx_header(content, chance)))


def gzip_bomb(path: Path, chance: random.Random) -> None:
    """Makes a small file that decompresses to a huge one, which its header may or may not say."""
    size = chance.choice((10**7, 3 * 10**8))
    sides = struct.pack(">III", chance.choice((20, size // 64, 2**32 - 1)), 8, 8)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"\0\0\x08\x03" + sides)
        for _ in range(size // 10**7):
            file.write(b"\0" * 10**7)


GZIP: tuple[Harm, ...] = (gzip_header, gzip_header, gzip_bomb, idx_labels)


# ---- folders -------------------------------------------------------------------------------------


def _files_in(path: Path) -> list[Path]:
    """The files in a folder and its direct sub-folders, sorted. Deeper ones may be too deep for Python."""
    return sorted(file for file in (*path.glob("*"), *path.glob("*/*")) if os.path.isfile(file))


def inside(path: Path, chance: random.Random) -> None:
    """Damages one of the files in a folder."""
    found = _files_in(path)
    if found:
        chance.choice((*BYTES, no_file))(chance.choice(found), chance)


def deep(path: Path, chance: random.Random) -> None:
    """Makes deeply nested folders, with a file in the last one."""
    home, here = os.open(".", os.O_RDONLY), path
    try:
        os.chdir(here)
        for _ in range(chance.choice((30, 100, 1500))):
            os.makedirs("d", exist_ok=True)
            os.chdir("d")
        Path("x.png").write_bytes(b"")
    finally:
        os.fchdir(home)
        os.close(home)


def strange_names(path: Path, chance: random.Random) -> None:
    """Adds files and folders whose names are not valid text."""
    names = (
        b"\xff\xfe.png",
        b"\x1b[31m.png",
        b"a\nb.png",
        b"x" * 250 + b".png",
        b"\xed\xa0\x80",
        b"-rf",
        b" ",
        b"$a$.png",
    )
    for name in chance.sample(names, 3):
        target = os.path.join(os.fsencode(path), name)
        if os.path.lexists(target):
            continue
        if chance.random() < 0.3:
            os.makedirs(target, exist_ok=True)
            target = os.path.join(target, name)
        pictures = [file for file in _files_in(path) if file.suffix == ".png"]
        with open(target, "wb") as file:
            file.write(pictures[0].read_bytes() if pictures else b"")


def loops(path: Path, chance: random.Random) -> None:
    """Adds links that form loops or are broken."""
    for name, to in (("loop.png", "loop.png"), ("up", ".."), ("card.json.png", "/dev/zero"), ("gone.png", "gone")):
        if chance.random() < 0.6 and not os.path.lexists(path / name):
            (path / name).symlink_to(to)


def neighbours(path: Path, chance: random.Random) -> None:
    """Adds things beside a folder that look like a similar folder."""
    for number_of, name in enumerate(("card.json", "codes.npz", "grid.npz")):
        folder = path.with_name(f"neighbour {number_of}")
        if chance.random() < 0.6 and not folder.exists():
            folder.mkdir()
            no_file(folder / name, chance)


FOLDER: tuple[Harm, ...] = (inside, inside, inside, deep, strange_names, loops, neighbours)


def remove(folder: Path) -> None:
    """Removes a folder, also if it is nested too deeply for Python's own function."""
    subprocess.run(["rm", "-rf", "--", str(folder)], check=True)
