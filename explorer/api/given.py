"""Checks what is given to the functions of the API."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.errors import UserError
from explorer.files import untrusted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from explorer.session.open_map import OpenMap

NameOrFolder = str | os.PathLike[str]
SIZE = (1280, 800)  # pixels, of windows and snapshots
THEMES = ("light", "dark")


def folder_of(space: NameOrFolder) -> Path:
    """The folder of a name or a path. Raises UserError if there is no such space."""
    from explorer.spaces import folder

    text = os.fspath(space)
    is_name = isinstance(space, str) and text == os.path.basename(text) and text[:1] not in (".", "~", "")
    if is_name and (text in folder.shipped_and_trained() or not os.path.exists(text)):
        return folder.folder_of(text)
    return untrusted.absolute(text)


def position_of(position: Sequence[float], dimensions: int = 2) -> tuple[float, ...]:
    """Checks that a position is two numbers, or a code, which has more. Raises UserError for anything else."""
    import numpy as np

    from explorer.spaces.latent_space import LARGEST_CODE

    given = np.asarray(position)
    shapes = {(2,), (max(dimensions, 2),)}
    if given.shape not in shapes or given.dtype.kind not in "iuf" or not (np.abs(given) <= LARGEST_CODE).all():
        or_code = f", or the {dimensions} of a code" if dimensions > 2 else ""
        raise UserError(f"{position!r} is not a position: give two numbers{or_code}")
    return tuple(given.astype(np.float64).tolist())


def place_of(position: Sequence[float], shown: OpenMap) -> tuple[float, float]:
    """The place of a position on a map: of a code of more than two numbers, on the plane that it lies on, which is
    shown if it can be. Raises UserError like `position_of`."""
    import numpy as np

    numbers = position_of(position, shown.state.space.dimensions)
    return (numbers[0], numbers[1]) if len(numbers) == 2 else shown.reach(np.array(numbers))


def checked_size(size: tuple[int, int]) -> tuple[int, int]:
    from explorer.command_line import LARGEST, SMALLEST

    width, height = size
    if not (SMALLEST[0] <= width <= LARGEST[0] and SMALLEST[1] <= height <= LARGEST[1]):
        raise UserError(f"the size {width} × {height} is not between 640 × 400 and 8192 × 8192 pixels")
    return int(width), int(height)


def one_of(what: str, name: str, names: Sequence[str]) -> Any:
    if name not in names:
        raise UserError(f"there is no {what} '{name}': give {', '.join(names)}")
    return name


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only view of the same memory."""
    seen = array.view()
    seen.flags.writeable = False
    return seen
