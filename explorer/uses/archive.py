"""Archives of images as codes: one file that names the decoder it needs.

| bytes | what |
|---|---|
| 8 | `MAGIC` |
| 32 | SHA-256 of the decoder |
| 20 | format, n, d, bits per number, bytes of the names: uint32 each |
| 4 d + 4 d | the ranges of the numbers: all lows, then all highs, float32 |
| … | the names of the images, UTF-8, one line each, deflated |
| n times | a code: d × bits, filled up to whole bytes |
| 4 | CRC-32 of all before it |

Numbers are little-endian. See `compression.Quantiser` for the codes.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.errors import UserError
from explorer.files import untrusted
from explorer.files.writing import writing
from explorer.spaces.projection import MOST_DIMENSIONS
from explorer.uses.compression import BITS, Quantiser

MAGIC, FORMAT = b"\x89LSEzip\n", 1
HEAD = struct.Struct("<8s32s5I")
MOST, MOST_NAMES = 256 * 10**6, 64 * 10**6  # bytes of a file, and of the names in it
LONGEST_NAME = 255  # letters of a part of a name
SAFE = re.compile(r"[^\x00-\x1f\x7f/\\:]+")  # a part of a name that is one on every system


@dataclass(frozen=True)
class Archive:
    """Images as codes.

    Attributes:
        decoder: SHA-256 of the decoder that it needs, 64 hex digits.
        quantiser: of the codes.
        names: of the images: relative paths with "/", each of them once.
        packed: the codes as bytes, (n, bytes of a code) uint8.
    """

    decoder: str
    quantiser: Quantiser
    names: tuple[str, ...]
    packed: np.ndarray

    def write(self, path: Path) -> int:
        """Writes the file in one piece; returns its bytes.

        Raises:
            UserError: it would have more bytes than are read.
            NotAllowed: as `writing` does.
        """
        names, quantiser = "\n".join(self.names).encode(), self.quantiser
        if len(names) > MOST_NAMES or self.packed.nbytes > MOST - MOST_NAMES:
            raise UserError(f"{len(self.names):,} images are too many for one file: give fewer, or fewer --bits")
        names = zlib.compress(names, 9)
        counts = FORMAT, len(self.names), len(quantiser.low), quantiser.bits, len(names)
        ranges = np.concatenate([quantiser.low, quantiser.high]).astype("<f4").tobytes()
        content = HEAD.pack(MAGIC, bytes.fromhex(self.decoder), *counts) + ranges + names + self.packed.tobytes()
        with writing(path) as file:
            file.write(content + struct.pack("<I", zlib.crc32(content)))
        return len(content) + 4


def read(path: Path) -> Archive:
    """Reads an archive. Raises UserError if it is missing, damaged, or could write outside of a folder."""
    content = untrusted.read(path, MOST)
    with untrusted.parsing(path, "it must have been made by 'compress'", "is no archive"):
        if content[: len(MAGIC)] != MAGIC:
            raise ValueError("it begins otherwise")
    with untrusted.parsing(path, "get it again"):
        _, sha256, version, n, d, bits, long = HEAD.unpack_from(content)
        if version != FORMAT:
            raise ValueError(f"its format is {version}, not {FORMAT}")
        if struct.unpack("<I", content[-4:])[0] != zlib.crc32(content[:-4]):
            raise ValueError("its checksum is wrong")
        if not (n and 1 <= d <= MOST_DIMENSIONS and bits in BITS):
            raise ValueError(f"it has {n:,} images of {d:,} numbers with {bits:,} bits")
        ranges = np.frombuffer(content, "<f4", 2 * d, HEAD.size).reshape(2, d).astype(np.float32)
        if not (np.isfinite(ranges).all() and (ranges[0] <= ranges[1]).all()):
            raise ValueError("its ranges are no ranges")
        quantiser = Quantiser(ranges[0], ranges[1], bits)
        first = HEAD.size + 8 * d + long
        if len(content) != first + n * quantiser.bytes + 4:
            raise ValueError("its length is wrong")
        packed = np.frombuffer(content, np.uint8, n * quantiser.bytes, first).reshape(n, -1)
        return Archive(sha256.hex(), quantiser, _names(content[first - long : first], n), packed)


def _names(deflated: bytes, n: int) -> tuple[str, ...]:
    """The names of n images. Raises ValueError unless each is the name of another file, in one folder."""
    inflate = zlib.decompressobj()
    names = inflate.decompress(deflated, MOST_NAMES + 1).decode().split("\n")
    if not inflate.eof or len(names) != n or len(set(names)) < n:
        raise ValueError("its names are not one for each image")
    if unsafe := [name for name in names if not is_safe(name)]:
        raise ValueError(f"'{unsafe[0]}' is no name for a picture")
    return tuple(names)


def is_safe(name: str) -> bool:
    """Whether a relative path leads to a file below its folder, on every system."""
    parts = name.split("/")
    return all(SAFE.fullmatch(part) and part not in (".", "..") and len(part) <= LONGEST_NAME for part in parts)
