"""Spaces that lie in memory only: somebody else's codes and models, which no folder holds yet."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.spaces.latent_space import LatentSpace

PLACE = Path(os.path.abspath(os.sep)) / "in memory"  # no such folder is ever made or read


@dataclass(frozen=True)
class Held:
    """A space in memory, and what a folder would hold beside its codes.

    Attributes:
        space: its folder is a path below `PLACE`, which only stands for it.
        decode: its `explorer.decoding.decoders.Decoder`; None for codes alone.
        encode: its `explorer.decoding.decoders.Encoder`; None where there is none.
        images: the data set of its images, as `explorer.images.datasets.Dataset`; None without images.
    """

    space: LatentSpace
    decode: Any = None
    encode: Any = None
    images: Any = None


_held: dict[Path, Held] = {}  # by folder


def hold(held: Held) -> None:
    """Makes a space known by its folder, until `drop`."""
    _held[held.space.folder] = held


def drop(folder: Path) -> None:
    """Forgets a space, if it is known."""
    _held.pop(folder, None)


def at(folder: Path) -> Held | None:
    """The space that a folder stands for; None if it is a real folder."""
    return _held.get(folder)


def everything() -> list[Held]:
    """All spaces in memory."""
    return list(_held.values())


def new_folder(name: str) -> Path:
    """A path that stands for a space called `name`; with a number behind it if there is one already."""
    name = name.replace(os.sep, "-").strip() or "space"
    names = [name, *(f"{name} {number}" for number in range(2, len(_held) + 3))]
    return next(PLACE / each for each in names if PLACE / each not in _held)
