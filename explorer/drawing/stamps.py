"""Dots painted straight into pixels by NumPy: several times as fast as Matplotlib's markers, and within three levels of
them."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

MOST = 40  # dots of one colour on the same pixel; more look the same
# A pixel is an integer of 64 bits, 16 for each of its channels: one product blends all four.
LEVELS, SHIFT = np.uint64(0x00FF_00FF_00FF_00FF), np.uint64(8)
ONE = np.uint32(1)  # of the type that is counted in; a conversion would take 25 times as long
ALL = 1 << 8  # the share of a colour that covers everything


class Ground:
    """Part of an opaque picture, over which dots are painted again and again.

    Args:
        levels: the part, (height, width, 4) uint8, which `paint` overwrites.
        reach: how many pixels of a dot are at most on each side of its middle.
    """

    def __init__(self, levels: np.ndarray, reach: int) -> None:
        self._levels, self._reach = levels, reach
        height, width, _ = levels.shape
        # With an edge, so that every pixel exists of a dot whose middle is at most `reach` pixels away.
        self._empty = np.zeros((height + 4 * reach, width + 4 * reach), np.uint64)
        self._inner = slice(2 * reach, 2 * reach + height), slice(2 * reach, 2 * reach + width)
        self._empty[self._inner] = _packed(levels)
        self._painted = np.empty_like(self._empty)
        self._counts = np.zeros(self._empty.size, np.uint32)

    def paint(self, at: np.ndarray, bounds: Sequence[int], colours: np.ndarray, size: float) -> None:
        """Takes all dots away, and paints others. The order of dots of one colour does not matter.

        Args:
            at: the middles of the dots in pixels from the top left corner of the part: x, y, (n, 2) float64.
            bounds: where the dots of each colour start, and where the last ones end, (m + 1,).
            colours: those of the dots, the later ones above, (m, 4) RGBA in [0, 1].
            size: diameter in pixels.
        """
        np.copyto(self._painted, self._empty)
        rows, columns = self._empty.shape
        column, row = np.floor(at.T + (2 * self._reach + 0.5))  # as Agg does
        far = self._reach
        seen = (column >= far) & (column < columns - far) & (row >= far) & (row < rows - far)
        ends = np.concatenate([[0], np.cumsum(seen)])[bounds]
        middles = (row[seen] * columns + column[seen]).astype(np.intp)
        full, edges = _disc(size)
        for start, end, colour in zip(ends[:-1], ends[1:], colours, strict=True):
            if start < end:
                self._stamp(middles[start:end], columns, full, edges, colour)
        # 64 bits are four numbers of 16 bits, in the order in which they were put together
        levels = self._painted[self._inner].view(np.uint16).reshape(self._levels.shape)
        np.copyto(self._levels, levels, casting="unsafe")

    def _stamp(self, middles: np.ndarray, columns: int, full: np.ndarray, edges: list, colour: np.ndarray) -> None:
        """Paints dots of one colour around some of the pixels. Where several are around the same one, each read the
        pixels before any of them is there; so each gets the coverage of all."""
        pixels, counts = self._painted.reshape(-1), self._counts
        opaque = _packed(np.rint(255 * np.append(colour[:3], 1.0)).astype(np.uint8))
        np.add.at(counts, middles, ONE)
        count = np.minimum(counts[middles], MOST)
        counts[middles] = 0
        parts = edges if colour[3] == 1 else [*edges, (1.0, full)]
        for coverage, offsets in parts:
            shares = np.rint(ALL * (1 - (1 - coverage * colour[3]) ** np.arange(MOST + 1))).astype(np.uint64)
            share = shares[count]
            rest, added = np.uint64(ALL) - share, share * opaque
            for down, right in offsets:
                where = middles + (down * columns + right)
                mixed = pixels[where]
                mixed *= rest
                mixed += added
                mixed >>= SHIFT
                mixed &= LEVELS
                pixels[where] = mixed
        if colour[3] == 1:
            pixels[middles[:, None] + (full[:, 0] * columns + full[:, 1])] = opaque


def _packed(levels: np.ndarray) -> np.ndarray:
    """Pixels, (..., 4) uint8, as one integer each, (...) uint64."""
    return levels.astype(np.uint16).view(np.uint64)[..., 0]


@functools.lru_cache(maxsize=64)
def _disc(size: float) -> tuple[np.ndarray, list[tuple[float, np.ndarray]]]:
    """The pixels of a dot as Agg stamps it, as offsets from its middle, (k, 2) integers down and right: those that it
    covers in full; and the others, with their coverage in ]0, 1[.

    Args:
        size: diameter in pixels.
    """
    middle = int(size / 2) + 2
    renderer = RendererAgg(2 * middle + 1, 2 * middle + 1, 72)
    gc = renderer.new_gc()
    gc.set_linewidth(0)
    gc.set_snap(False)
    marker = MarkerStyle("o")
    path, transform = marker.get_path(), marker.get_transform().scale(size)
    place = Path([[middle, middle + 1]])  # Agg counts rows from below, and adds one half before it rounds down
    renderer.draw_markers(gc, path, transform, place, IdentityTransform(), (0.0, 0.0, 0.0, 1.0))
    levels = np.asarray(renderer.buffer_rgba())[..., 3]
    offsets = {level: np.argwhere(levels == level) - middle for level in np.unique(levels[levels > 0])}
    full = offsets.pop(255, np.empty((0, 2), np.intp))
    return full, [(level / 255, where) for level, where in offsets.items()]
