"""The precomputed grid: decoded images of a regular lattice of places.

A place of the grid is a code of two numbers, whatever the coordinates of the map; codes of more numbers lie on a plane,
which the grid belongs to. Nodes are stored as uint8, so each is exact up to half a grey level (1/510).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import NotAllowed, UserError
from explorer.files.arrays import read_arrays, sha256_of
from explorer.files.writing import write_arrays
from explorer.progress import Asked, Report, at_once, batches, never, unheard
from explorer.spaces.card import DECODERS, GRID, file_of, read_card, write_card
from explorer.spaces.latent_space import LatentSpace
from explorer.spaces.projection import Projection

RESOLUTIONS = range(2, 513)  # allowed resolutions, if the grid has no more than MOST_BYTES
MOST_BYTES = 10**9
USUAL_RESOLUTIONS = (128, 96, 64, 48, 32, 24, 16)
USUAL_BYTES = 128 * 128 * 28 * 28  # 13 MB: 128 × 128 images of MNIST's size
SETTLED_BYTES = 10**8  # largest grid whose resolution comes from its kind of space
BATCH = 2048  # nodes decoded at once; fewer for images larger than MNIST's
Extent = tuple[float, float, float, float]


@dataclass(frozen=True)
class Grid:
    """Decoded images of ny × nx places.

    Attributes:
        images: (ny, nx, height, width[, 3]) uint8, 255 stands for 1.0; row 0 lies at the lowest b.
        extent: (a0, a1, b0, b1) in latent units, the places of the outermost nodes.
        fingerprint: SHA-256 of the decoder's file that made the images, in hex; empty if it was none.
        base, plane: the code (d,) at the place (0, 0) and the directions (2, d), or (1, d), of the places; None if
            places are codes.
    """

    images: np.ndarray
    extent: Extent
    fingerprint: str
    base: np.ndarray | None = None
    plane: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        return self.images.shape[:2]

    def places_of(self, codes: np.ndarray) -> np.ndarray:
        """The places of codes, (n, d), on the grid, (n, 2) float64."""
        codes = np.asarray(codes, np.float64)
        if self.base is None or self.plane is None:
            return codes
        places = (codes - self.base) @ self.plane.T
        return np.pad(places, ((0, 0), (0, 2 - len(self.plane))))

    def on_plane(self, codes: np.ndarray) -> np.ndarray:
        """The codes, (n, d) float32, of the grid's plane that are nearest to codes (n, d)."""
        if self.base is None or self.plane is None:
            return np.asarray(codes, np.float32)
        away = np.asarray(codes, np.float64) - self.base
        return np.asarray(self.base + away @ self.plane.T @ self.plane, np.float32)

    def distances(self, codes: np.ndarray) -> np.ndarray:
        """How far codes, (n, d), lie from the grid's plane, (n,) float64, in latent units."""
        if self.base is None or self.plane is None:
            return np.zeros(len(codes))
        away = np.asarray(codes, np.float64) - self.base
        return np.asarray(np.linalg.norm(away - away @ self.plane.T @ self.plane, axis=1))


def resolution_for(image_shape: tuple[int, ...]) -> int:
    """The usual number of nodes along each side: the largest whose grid is no larger than MNIST's."""
    fitting = (n for n in USUAL_RESOLUTIONS if n * n * math.prod(image_shape) <= USUAL_BYTES)
    return next(fitting, USUAL_RESOLUTIONS[-1])


def resolution_of(asked: int | None, image_shape: tuple[int, ...]) -> int:
    """The resolution of a kind of space, or the usual one where there is none, or its grid would be too large."""
    usual = resolution_for(image_shape)
    return asked if asked and asked * asked * math.prod(image_shape) <= SETTLED_BYTES else usual


def largest_resolution(image_shape: tuple[int, ...]) -> int:
    """The largest allowed number of nodes along each side: their images take at most `MOST_BYTES`."""
    return max(min(math.isqrt(MOST_BYTES // math.prod(image_shape)), RESOLUTIONS[-1]), RESOLUTIONS[0])


def extent_for(view: Extent, margin: float = 0.06) -> Extent:
    """The default view, widened by a share of its sides, in latent units."""
    a0, a1, b0, b1 = view
    da, db = margin * (a1 - a0), margin * (b1 - b0)
    return a0 - da, a1 + da, b0 - db, b1 + db


def nodes(extent: Extent, shape: tuple[int, int]) -> np.ndarray:
    """The places of all nodes, (ny · nx, 2) float32, row by row from the lowest b."""
    a = np.linspace(extent[0], extent[1], shape[1], dtype=np.float32)
    b = np.linspace(extent[2], extent[3], shape[0], dtype=np.float32)
    return np.stack(np.meshgrid(a, b), axis=-1).reshape(-1, 2)


def compute(
    decode: Callable[[np.ndarray], np.ndarray],
    extent: Extent,
    resolution: int,
    fingerprint: str,
    report: Report = unheard,
    cancelled: Asked = never,
    plane: Projection | None = None,
) -> Grid:
    """Decodes resolution × resolution nodes in batches.

    Args:
        decode: codes (n, d) float32 to images (n, ...) float32 in [0, 1].
        plane: on which the nodes lie; None if places are codes.
        report: takes the finished share, 0..1, after each batch.
        cancelled: returns whether to stop; called before each batch.

    Raises:
        Cancelled: `cancelled()` was true.
    """
    places = nodes(extent, (resolution, resolution))
    codes = places if plane is None else plane.codes_at(places)
    image_shape = decode(codes[:1]).shape[1:]
    images = np.empty((len(codes), *image_shape), np.uint8)
    for some in batches(len(codes), at_once(image_shape, BATCH), report, cancelled):
        images[some] = np.rint(decode(codes[some]) * 255)
    lies = (None, None) if plane is None else (plane.base, plane.plane)
    return Grid(images.reshape(resolution, resolution, *image_shape), extent, fingerprint, *lies)


def save(folder: Path, grid: Grid) -> None:
    """Writes `grid.npz` in one piece. Raises NotAllowed if the folder cannot be written."""
    extent, fingerprint = np.array(grid.extent, np.float64), np.array(grid.fingerprint)
    lies = {} if grid.base is None else {"base": grid.base, "plane": grid.plane}
    write_arrays(folder / GRID, images=grid.images, extent=extent, fingerprint=fingerprint, **lies)


def keep(space: LatentSpace, grid: Grid) -> None:
    """Saves a grid beside its decoder and enters its hash in the card.

    Raises:
        NotAllowed: the folder cannot be written, is missing, or contains another space by now. Each file is then the
            old or the new one; a grid whose hash is not in the card counts as damaged and is computed again.
    """
    path = space.folder / GRID
    try:
        card = read_card(space.folder)  # another program may have changed it
        if fingerprint_of(card) != fingerprint_of(space.card):
            raise UserError("the folder contains another space by now")
        save(space.folder, grid)
        sums = card["files"] | {GRID: sha256_of(path)}
        write_card(space.folder, card | {"files": sums})
    except NotAllowed:
        raise
    except UserError as error:
        raise NotAllowed(f"cannot write {path}: {error}") from None
    space.card["files"][GRID] = sums[GRID]


def fingerprint_of(card: dict[str, Any]) -> str:
    """SHA-256, in hex, of the decoder's file that a card names; empty if it names none."""
    return str(card["files"].get(file_of(card, DECODERS), ""))


def load(space: LatentSpace) -> Grid:
    """Reads a space's grid, and checks that its decoder made it.

    Raises:
        UserError: it is missing, damaged, of another decoder, or of another image shape.
    """
    path = space.folder / GRID
    on_plane = ("base", "plane") if space.projection is not None else ()
    arrays = read_arrays(path, ("images", "extent", "fingerprint", *on_plane), space.card["files"].get(GRID))
    images, extent, fingerprint = arrays["images"], arrays["extent"], str(arrays["fingerprint"])
    if fingerprint != fingerprint_of(space.card):
        raise UserError(f"{path} was made by another decoder")
    if images.dtype != np.uint8 or images.shape[2:] != space.image_shape or min(images.shape[:2]) < 2:
        raise UserError(f"{path} holds {images.dtype} {images.shape}, not images of {space.image_shape}")
    if not _is_extent(extent):
        raise UserError(f"{path} has no usable extent")
    lies = [arrays[name].astype(np.float64) for name in on_plane if arrays[name].dtype.kind == "f"]
    d = space.dimensions
    if on_plane and ([each.shape for each in lies] != [(d,), (min(d, 2), d)] or not _is_plane(*lies)):
        raise UserError(f"{path} has no usable plane")
    return Grid(images, tuple(extent.astype(np.float64).tolist()), fingerprint, *lies)


def _is_plane(base: np.ndarray, plane: np.ndarray) -> bool:
    """Whether a code is finite and directions are orthonormal."""
    return bool(np.isfinite(base).all() and np.allclose(plane @ plane.T, np.eye(len(plane)), atol=1e-4))


def _is_extent(extent: np.ndarray) -> bool:
    """Whether an array of any kind is (a0, a1, b0, b1) in finite numbers."""
    if extent.shape != (4,) or extent.dtype.kind not in "iuf":
        return False
    a0, a1, b0, b1 = extent.astype(np.float64).tolist()
    return all(map(math.isfinite, (a0, a1, b0, b1))) and a0 < a1 and b0 < b1
