"""Backgrounds: one number for each node of a lattice over the map, painted behind the dots.

Kernels are Gaussian. Each point is shared out to the four nodes around it, and the sums are smoothed. That takes 10 ms
for 70,000 points; a kernel for every point would take much longer.
"""

from __future__ import annotations

import functools
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from explorer.analysis.analyses import ERRORS
from explorer.analysis.colouring import robust_limits
from explorer.analysis.probe import Analysis, SpaceProbe
from explorer.decoding import grid
from explorer.files import locations
from explorer.progress import Asked, Report, batches
from explorer.spaces import view

MARGIN = 0.06  # of the default view, on each side; a grid has the same
ASPECT = 1.35  # width / height of the lattice: that of the map in a window of usual size
NODES = 160  # from left to right; fewer for large images, or decoding would take minutes
FEWEST = 24
VALUES = 128**2 * 32 * 32 * 3  # of all decoded images together
BATCH_VALUES = 256 * 28 * 28  # decoded at once: 5 ms, for which a hover frame may wait
BANDWIDTH = 0.015  # standard deviation of the kernel as a share of the default view's mean side
NARROWEST = 1.2  # least standard deviation, in steps: the lattice cannot show a narrower kernel
REACH = 4  # standard deviations: points so far beyond the lattice still count
TRUNCATE = 8  # standard deviations at which a kernel is cut off
DEEPEST = 300  # ratio between the limits of a logarithmic scale: smaller values look like the lowest one
TOO_FEW = 1.5  # images around a node, each weighted by its kernel: with fewer there is no mean

DENSITY_UNITS = {"plain": "images per square latent unit", "quantiles": "images per unit of probability"}
SENSITIVITY_UNITS = {
    "plain": "change of the picture per latent unit",
    "quantiles": "change of the picture per quantile",
}


@dataclass(frozen=True)
class Background:
    """A number for each node of a lattice.

    Attributes:
        values: (ny, nx) float32 or float64, row 0 at the lowest b; NaN where it is unknown.
        extent: (a0, a1, b0, b1) in data coordinates, the places of the outermost nodes.
        title: its name on the screen.
        unit: of the values.
        logarithmic: whether colours stand for ratios of the values, not for differences.
    """

    values: np.ndarray
    extent: view.Limits
    title: str
    unit: str
    logarithmic: bool = False

    @functools.cached_property
    def limits(self) -> tuple[float, float]:
        """The values of the first and the last colour."""
        low, high = robust_limits(self.values)
        return (max(low, high / DEEPEST), high) if self.logarithmic else (low, high)

    @property
    def beyond(self) -> tuple[bool, bool]:
        """Whether some values lie below, and above, the limits."""
        known, (low, high) = self.values[np.isfinite(self.values)], self.limits
        return bool((known < low).any()), bool((known > high).any())


def density(probe: SpaceProbe, report: Report, cancelled: Asked) -> Background:
    """The density of all points: images per square unit of the map. In the prior's quantiles nothing lies beyond the
    unit square, so kernels are divided by their part within it."""
    space, lattice = probe.space, _lattice(probe)
    values = _smoothed(space.places, np.ones(len(space.places)), lattice)
    if space.coordinates != "plain":
        beyond = _beyond(probe, lattice)
        values[beyond] = np.nan
        values[~beyond] /= _within(lattice)[~beyond]
    return Background(values, lattice.extent, "density", DENSITY_UNITS[space.coordinates], logarithmic=True)


def error(probe: SpaceProbe, report: Report, cancelled: Asked) -> Background:
    """The mean reconstruction error of the images around each node."""
    places, errors = probe.space.places, probe.known(ERRORS)
    lattice = _lattice(probe)
    weights = _smoothed(places, np.ones(len(places)), lattice)
    sums = _smoothed(places, errors.astype(np.float64), lattice)
    enough = (weights * 2 * math.pi * lattice.bandwidth**2 >= TOO_FEW) & ~_beyond(probe, lattice)
    values = np.full(lattice.shape, np.nan, np.float32)
    values[enough] = sums[enough] / weights[enough]
    return Background(values, lattice.extent, "reconstruction error", "mean squared difference")


def sensitivity(probe: SpaceProbe, report: Report, cancelled: Asked) -> Background:
    """How fast the decoded image changes with its place: the Frobenius norm of the Jacobian, by central differences
    between neighbouring nodes. Images are vectors of values 0..1."""
    from scipy.ndimage import binary_dilation

    lattice = _lattice(probe, probe.space.image_shape)
    around, (step_a, step_b) = lattice.widened(1), lattice.steps
    values = np.empty(lattice.shape, np.float32)
    rows: deque[np.ndarray] = deque(maxlen=3)
    for done, row in enumerate(_decoded_rows(probe, around, report, cancelled)):
        rows.append(row.reshape(len(row), -1))
        if len(rows) == 3:
            below, here, above = rows
            along_a, along_b = here[2:] - here[:-2], above[1:-1] - below[1:-1]
            squares = np.square(along_a).sum(axis=1, dtype=np.float64) / (2 * step_a) ** 2
            squares += np.square(along_b).sum(axis=1, dtype=np.float64) / (2 * step_b) ** 2
            values[done - 2] = np.sqrt(squares)
    values[binary_dilation(_clamped(probe, around))[1:-1, 1:-1]] = np.nan
    return Background(values, lattice.extent, "sensitivity", SENSITIVITY_UNITS[probe.space.coordinates])


def round_trip_error(probe: SpaceProbe, report: Report, cancelled: Asked) -> Background:
    """The distance from each node's code to the code that the encoder gives its decoded image."""
    encoder, lattice = probe.encoder, _lattice(probe, probe.space.image_shape)
    assert encoder is not None  # else the analysis is unavailable
    ny, nx = lattice.shape
    codes = probe.space.codes_at(lattice.places()).reshape(ny, nx, -1)
    values = np.empty((ny, nx), np.float32)
    for done, row in enumerate(_decoded_rows(probe, lattice, report, cancelled)):
        back = np.concatenate([encoder(row[some]) for some in batches(nx, _batch(probe))])
        values[done] = np.linalg.norm(back.astype(np.float64) - codes[done], axis=1)
    values[_clamped(probe, lattice)] = np.nan
    return Background(values, lattice.extent, "round-trip error", "latent units", logarithmic=True)


_LIVE, _GRID = locations.program("ae.py"), locations.program("ae_precomp.py")
UNDECODED = "{} needs a decoder, and none is loaded yet"
BACKGROUNDS = {
    "density": Analysis("density", "counting points", density),
    "error": Analysis("error", "averaging errors", error, (ERRORS,)),
    "sensitivity": Analysis(
        "sensitivity",
        "measuring how pictures change",
        sensitivity,
        of="plane",
        no_decoder=UNDECODED.format("sensitivity"),
    ),
    "drift": Analysis(
        "drift",
        "measuring round trips",
        round_trip_error,
        of="plane",
        no_decoder=UNDECODED.format("drift"),
        no_encoder=f"drift needs the encoder: {_LIVE} loads it a few seconds after its start, {_GRID} has none",
    ),
}
NAMES = tuple(BACKGROUNDS)  # "drift" is short for the round-trip error


@dataclass(frozen=True)
class _Lattice:
    """Nodes at even distances.

    Attributes:
        extent: (a0, a1, b0, b1), the outermost nodes.
        shape: ny, nx.
        bandwidth: standard deviation of the kernels, in data coordinates.
    """

    extent: view.Limits
    shape: tuple[int, int]
    bandwidth: float

    @property
    def steps(self) -> tuple[float, float]:
        """Between two nodes along a and along b."""
        a0, a1, b0, b1 = self.extent
        return (a1 - a0) / (self.shape[1] - 1), (b1 - b0) / (self.shape[0] - 1)

    def widened(self, nodes: int) -> _Lattice:
        """The same nodes, and so many more on every side."""
        (da, db), (a0, a1, b0, b1) = self.steps, self.extent
        ny, nx = self.shape
        extent = a0 - nodes * da, a1 + nodes * da, b0 - nodes * db, b1 + nodes * db
        return _Lattice(extent, (ny + 2 * nodes, nx + 2 * nodes), self.bandwidth)

    def places(self) -> np.ndarray:
        """(ny · nx, 2) float32, row by row from the lowest b."""
        return grid.nodes(self.extent, self.shape)


def _lattice(probe: SpaceProbe, image_shape: tuple[int, ...] | None = None) -> _Lattice:
    """A lattice over the default view and the margins that a window of usual size shows around it.

    Args:
        image_shape: of the images decoded at each node; None if none are.
    """
    home = view.home(probe.space)
    extent = view.fitted(grid.extent_for(home, MARGIN), ASPECT)
    nodes = NODES
    if image_shape is not None:
        nodes = min(max(math.isqrt(VALUES // math.prod(image_shape)), FEWEST), NODES)
    shape = round(nodes / ASPECT), nodes
    side = math.sqrt((home[1] - home[0]) * (home[3] - home[2]))
    lattice = _Lattice(extent, shape, BANDWIDTH * side)
    return replace(lattice, bandwidth=max(lattice.bandwidth, NARROWEST * max(lattice.steps)))


def _smoothed(places: np.ndarray, weights: np.ndarray, lattice: _Lattice) -> np.ndarray:
    """The sum of all points' kernels, each of volume 1 and times the point's weight, at every node, (ny, nx) float64.

    Args:
        places: (n, 2).
        weights: (n,).
    """
    from scipy.ndimage import gaussian_filter  # slow to import (0.1 s)

    reach = math.ceil(REACH * lattice.bandwidth / min(lattice.steps))
    wide = lattice.widened(reach)  # points beyond the edge count as well
    (da, db), (ny, nx) = wide.steps, wide.shape
    at = (places.astype(np.float64) - (wide.extent[0], wide.extent[2])) / (da, db)  # in nodes
    inside = ((at >= 0) & (at < (nx - 1, ny - 1))).all(axis=1)
    at, weights = at[inside], weights[inside]
    corner = at.astype(np.intp)
    right, up = (at - corner).T
    node = corner[:, 1] * nx + corner[:, 0]
    nodes = np.stack([node, node + 1, node + nx, node + nx + 1])
    shares = np.stack([(1 - right) * (1 - up), right * (1 - up), (1 - right) * up, right * up])
    sums = np.bincount(nodes.ravel(), (weights * shares).ravel(), minlength=ny * nx).reshape(ny, nx)
    # sharing a point out to four nodes already widens it
    sigma = [math.sqrt((lattice.bandwidth / step) ** 2 - 1 / 6) for step in (db, da)]  # in nodes
    smooth = gaussian_filter(sums, sigma, mode="constant", truncate=TRUNCATE)
    return np.asarray(smooth[reach:-reach, reach:-reach] / (da * db))


def _batch(probe: SpaceProbe) -> int:
    return max(BATCH_VALUES // math.prod(probe.space.image_shape), 1)


def _decoded_rows(probe: SpaceProbe, lattice: _Lattice, report: Report, cancelled: Asked) -> Iterator[np.ndarray]:
    """Decodes the nodes row by row, (nx, height, width[, 3]) float32 each.

    Raises `Cancelled` if `cancelled()` was true.
    """
    decoder = probe.decoder
    assert decoder is not None  # else the analysis is unavailable
    ny, nx = lattice.shape
    for done, places in enumerate(lattice.places().reshape(ny, nx, 2), 1):
        codes = probe.space.codes_at(places)
        yield np.concatenate([decoder(codes[some]) for some in batches(nx, _batch(probe), cancelled=cancelled)])
        report(done / ny)


def _clamped(probe: SpaceProbe, lattice: _Lattice) -> np.ndarray:
    """Which nodes the decoder clamps to an edge, (ny, nx) bool."""
    assert probe.decoder is not None  # it has decoded
    outside = probe.decoder.outside(probe.space.codes_at(lattice.places())).reshape(lattice.shape)
    return np.asarray(outside | _beyond(probe, lattice))


def _beyond(probe: SpaceProbe, lattice: _Lattice) -> np.ndarray:
    """Which nodes lie beyond the prior's quantiles, (ny, nx) bool."""
    return probe.space.beyond(lattice.places()).reshape(lattice.shape)


def _within(lattice: _Lattice) -> np.ndarray:
    """The share of each node's kernel that lies in the unit square, (ny, nx) float64, 0..1."""
    from scipy.special import ndtr

    places = lattice.places().astype(np.float64)
    shares = ndtr((1 - places) / lattice.bandwidth) - ndtr(-places / lattice.bandwidth)  # along each axis
    return np.asarray(shares.prod(axis=1).reshape(lattice.shape))
