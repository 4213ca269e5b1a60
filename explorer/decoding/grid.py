"""The precomputed grid: decoded images of a regular lattice of codes.

The grid does not depend on the coordinates of the map: a place is a code here. Nodes are stored as uint8, so each is
exact up to half a grey level (1/510).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.errors import NotAllowed, UserError
from explorer.files.arrays import read_arrays, sha256_of
from explorer.files.writing import write_arrays
from explorer.progress import Asked, Report, batches, never, unheard
from explorer.space.card import DECODER, GRID, read_card, write_card
from explorer.space.latent_space import LatentSpace

RESOLUTIONS = range(2, 513)  # allowed resolutions, if the grid has no more than MOST_BYTES
MOST_BYTES = 10**9
USUAL_RESOLUTIONS = (128, 96, 64, 48, 32, 24, 16)
USUAL_BYTES = 128 * 128 * 28 * 28  # 13 MB: 128 × 128 images of MNIST's size
BATCH = 2048  # nodes decoded at once; fewer for images larger than MNIST's
BATCH_VALUES = BATCH * 28 * 28
Extent = tuple[float, float, float, float]


@dataclass(frozen=True)
class Grid:
    """Decoded images of ny × nx places.

    Attributes:
        images: (ny, nx, height, width[, 3]) uint8, 255 stands for 1.0; row 0 lies at the lowest b.
        extent: (a0, a1, b0, b1) in latent units, the places of the outermost nodes.
        fingerprint: SHA-256 of the `decoder.keras` that made the images, in hex.
    """

    images: np.ndarray
    extent: Extent
    fingerprint: str

    @property
    def shape(self) -> tuple[int, int]:
        return self.images.shape[:2]


def resolution_for(image_shape: tuple[int, ...]) -> int:
    """The usual number of nodes along each side: the largest whose grid is no larger than MNIST's."""
    fitting = (n for n in USUAL_RESOLUTIONS if n * n * math.prod(image_shape) <= USUAL_BYTES)
    return next(fitting, USUAL_RESOLUTIONS[-1])


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
) -> Grid:
    """Decodes resolution × resolution nodes in batches.

    Args:
        decode: places (n, 2) float32 to images (n, ...) float32 in [0, 1].
        report: takes the finished share, 0..1, after each batch.
        cancelled: returns whether to stop; called before each batch.

    Raises:
        Cancelled: `cancelled()` was true.
    """
    places = nodes(extent, (resolution, resolution))
    image_shape = decode(places[:1]).shape[1:]
    images = np.empty((len(places), *image_shape), np.uint8)
    batch = min(max(BATCH_VALUES // math.prod(image_shape), 1), BATCH)
    for some in batches(len(places), batch, report, cancelled):
        images[some] = np.rint(decode(places[some]) * 255)
    return Grid(images.reshape(resolution, resolution, *image_shape), extent, fingerprint)


def save(folder: Path, grid: Grid) -> None:
    """Writes `grid.npz` in one piece. Raises NotAllowed if the folder cannot be written."""
    extent, fingerprint = np.array(grid.extent, np.float64), np.array(grid.fingerprint)
    write_arrays(folder / GRID, images=grid.images, extent=extent, fingerprint=fingerprint)


def keep(space: LatentSpace, grid: Grid) -> None:
    """Saves a grid beside its decoder and enters its hash in the card.

    Raises:
        NotAllowed: the folder cannot be written, is missing, or contains another space by now. Each file is then the
            old or the new one; a grid whose hash is not in the card counts as damaged and is computed again.
    """
    path = space.folder / GRID
    try:
        card = read_card(space.folder)  # another program may have changed it
        if card["files"][DECODER] != space.card["files"][DECODER]:
            raise UserError("the folder contains another space by now")
        save(space.folder, grid)
        sums = card["files"] | {GRID: sha256_of(path)}
        write_card(space.folder, card | {"files": sums})
    except NotAllowed:
        raise
    except UserError as error:
        raise NotAllowed(f"cannot write {path}: {error}") from None
    space.card["files"][GRID] = sums[GRID]


def load(space: LatentSpace) -> Grid:
    """Reads a space's grid, and checks that its decoder made it.

    Raises:
        UserError: it is missing, damaged, of another decoder, or of another image shape.
    """
    path = space.folder / GRID
    arrays = read_arrays(path, ("images", "extent", "fingerprint"), space.card["files"].get(GRID))
    images, extent, fingerprint = arrays["images"], arrays["extent"], str(arrays["fingerprint"])
    if fingerprint != space.card["files"][DECODER]:
        raise UserError(f"{path} was made by another decoder")
    if images.dtype != np.uint8 or images.shape[2:] != space.image_shape or min(images.shape[:2]) < 2:
        raise UserError(f"{path} holds {images.dtype} {images.shape}, not images of {space.image_shape}")
    if not _is_extent(extent):
        raise UserError(f"{path} has no usable extent")
    return Grid(images, tuple(extent.astype(np.float64).tolist()), fingerprint)


def _is_extent(extent: np.ndarray) -> bool:
    """Whether an array of any kind is (a0, a1, b0, b1) in finite numbers."""
    if extent.shape != (4,) or extent.dtype.kind not in "iuf":
        return False
    a0, a1, b0, b1 = extent.astype(np.float64).tolist()
    return all(map(math.isfinite, (a0, a1, b0, b1))) and a0 < a1 and b0 < b1
