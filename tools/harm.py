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
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explorer.training import places

Harm = Callable[[Path, random.Random], None]

BIG = (0, 1, 127, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1)  # limits of integer types


# ---- any bytes -----------------------------------------------------------------------------------


def content_of(path: Path) -> bytearray:
    """The bytes of a file; none if it is no file any more."""
    return bytearray(path.read_bytes() if path.is_file() else b"")


def flip(path: Path, chance: random.Random) -> None:
    """Changes some bits."""
    content = content_of(path)
    for _ in range(chance.choice((1, 1, 2, 8, 64)) if content else 0):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def flip_start(path: Path, chance: random.Random) -> None:
    """Changes bits at the start, where headers are."""
    content = content_of(path)
    for _ in range(chance.choice((1, 2, 4)) if content else 0):
        content[chance.randrange(min(len(content), 64))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def cut(path: Path, chance: random.Random) -> None:
    """Cuts the end off."""
    content = content_of(path)
    path.write_bytes(content[: chance.randrange(len(content) + 1)])


def splice(path: Path, chance: random.Random) -> None:
    """Removes, repeats or moves a part."""
    content = content_of(path)
    begin, end = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    to = chance.randrange(len(content) + 1)
    kept = content if chance.random() < 0.5 else content[:begin] + content[end:]
    path.write_bytes(kept[:to] + content[begin:end] + kept[to:])


def number(path: Path, chance: random.Random) -> None:
    """Writes a limit of an integer type somewhere."""
    content = content_of(path)
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


def edited(text: str, chance: random.Random) -> str:
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
    path.write_text(edited(content_of(path).decode(errors="replace"), chance), errors="surrogatepass")


def nested(path: Path, chance: random.Random) -> None:
    """Nests a member very deep."""
    depth = chance.choice((40, 900, 5000, 200_000))
    begin, end = chance.choice((("[", "]"), ('{"a":', "}")))
    inside = f"{begin * depth}1{end * depth}" if chance.random() < 0.7 else begin * depth
    text = content_of(path).decode(errors="replace").strip()
    path.write_text(f'{{"more": {inside}, {text[1:]}' if chance.random() < 0.7 else inside, errors="replace")


def twice(path: Path, chance: random.Random) -> None:
    """Writes a member twice."""
    text = content_of(path).decode(errors="replace").strip()
    path.write_text('{"format": 1, "title": 3, "view": null, ' + text[1:], errors="replace")


def coded(path: Path, chance: random.Random) -> None:
    """Writes the text in another encoding."""
    text = content_of(path).decode(errors="replace")
    how = chance.choice(("utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252"))
    path.write_bytes(text.encode(how, errors="replace"))


JSON: tuple[Harm, ...] = (edit, edit, edit, edit, edit, edit, nested, twice, coded)


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
    path.write_bytes(_idx_header(content_of(path), chance))


def idx_labels(path: Path, chance: random.Random) -> None:
    """Damages the file of labels beside the images."""
    labels = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    chance.choice((flip, cut, other, idx_header, no_file))(labels, chance)


IDX: tuple[Harm, ...] = (idx_header, idx_header, idx_labels)


def gzip_header(path: Path, chance: random.Random) -> None:
    """Changes the header inside the compressed file."""
    try:
        content = bytearray(gzip.decompress(content_of(path)))
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
