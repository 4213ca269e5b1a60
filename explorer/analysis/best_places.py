"""Where on the map the decoder draws an image best. It is often not where the encoder places the image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from explorer.analysis.analyses import NOTHING_DECODES, ORIGINALS
from explorer.analysis.probe import Analysis, SpaceProbe
from explorer.decoding import grid
from explorer.images import datasets
from explorer.progress import Asked, Report, at_once, batches
from explorer.spaces import view

MOST, FEWEST = 64, 8  # nodes along each side of the default view
VALUES = 32_000_000  # of the pictures of all nodes: large images have fewer
BATCH = 256  # nodes decoded at once: 5 ms, for which a hover frame may wait
CLOSER = 9, 4, 3  # nodes along each side of a finer lattice, how much finer each is, and how many follow


@dataclass(frozen=True)
class BestPlace:
    """The place whose picture differs least from an image.

    Attributes:
        place: in data coordinates.
        error: the mean squared difference there, 0..1.
    """

    place: tuple[float, float]
    error: float


class BestPlaces:
    """Finds the best places of images: the best of a lattice over the default view, then of ever finer ones around it.

    Args:
        probe: has a decoder.
        report: takes the finished share, 0..1.
        cancelled: returns whether to stop.

    Raises:
        Cancelled: `cancelled()` was true.
    """

    def __init__(self, probe: SpaceProbe, report: Report, cancelled: Asked) -> None:
        self._probe, shape = probe, probe.space.image_shape
        side = min(max(math.isqrt(VALUES // math.prod(shape)), FEWEST), MOST)
        extent = view.home(probe.space)
        self._steps = (extent[1] - extent[0]) / (side - 1), (extent[3] - extent[2]) / (side - 1)
        self._places = grid.nodes(extent, (side, side))
        self._pictures = np.empty((side * side, math.prod(shape)), np.uint8)
        self._squares = np.empty(len(self._places), np.float32)  # of the lengths of the pictures
        for some in batches(len(self._places), at_once(shape, BATCH), report, cancelled):
            self._pictures[some] = np.rint(255 * self._decoded(self._places[some]))
            pictures = datasets.as_float(self._pictures[some])
            self._squares[some] = np.einsum("ij,ij->i", pictures, pictures)
        self._found: dict[int, BestPlace] = {}  # by data row

    def of(self, row: int, x: np.ndarray) -> BestPlace:
        """The best place of an image; the encoder's is among those that are tried.

        Args:
            row: the image's data row.
            x: the image, (height, width[, 3]) uint8.
        """
        if row not in self._found:
            self._found[row] = self._search(datasets.as_float(x).reshape(-1), self._probe.space.index_of(row))
        return self._found[row]

    def _search(self, x: np.ndarray, point: int | None) -> BestPlace:
        start = self._places[self._errors_of_nodes(x).argmin()]
        tried = start[None] if point is None else np.stack([start, self._probe.space.places[point]])
        best = self._best(x, tried)
        side, finer, times = CLOSER
        for turn in range(times):
            (a, b), (da, db) = best.place, np.divide(self._steps, finer**turn)
            around = grid.nodes((a - da, a + da, b - db, b + db), (side, side))
            best = min(best, self._best(x, around), key=lambda each: each.error)
        return best

    def _best(self, x: np.ndarray, places: np.ndarray) -> BestPlace:
        errors = np.square(self._decoded(places) - x).mean(axis=1)
        a, b = places[errors.argmin()].tolist()
        return BestPlace((a, b), float(errors.min()))

    def _errors_of_nodes(self, x: np.ndarray) -> np.ndarray:
        """Up to the same summand and factor for all nodes, (m,) float32."""
        errors = np.empty(len(self._pictures), np.float32)
        for some in batches(len(errors), at_once(self._probe.space.image_shape, BATCH)):
            errors[some] = self._squares[some] - 2 * (datasets.as_float(self._pictures[some]) @ x)
        return errors

    def _decoded(self, places: np.ndarray) -> np.ndarray:
        """The pictures at places, (m, 2), as (m, pixels) float32."""
        decoder = self._probe.decoder
        assert decoder is not None  # else the analysis is unavailable
        return decoder(self._probe.space.codes_at(places)).reshape(len(places), -1)


BEST_PLACES = Analysis("best places", "decoding the map", BestPlaces, of="plane", no_decoder=NOTHING_DECODES)


def best_place(probe: SpaceProbe, row: int) -> BestPlace | None:
    """Where the decoder draws the image of a data row best; None until images and `BEST_PLACES` are there."""
    images, best = probe.result(ORIGINALS), probe.result(BEST_PLACES)
    if images is None or best is None:
        return None
    return best.of(row, images.images(np.array([row]))[0])
