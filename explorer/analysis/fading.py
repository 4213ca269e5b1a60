"""How near the map's plane codes of more than two numbers lie: the map's dots fade with the distance."""

from __future__ import annotations

import numpy as np

from explorer.analysis.probe import Analysis, SpaceProbe
from explorer.progress import Asked, Report, batches

STEPS = 3
BATCH = 8192  # points at once: 30 MB of codes with 512 numbers
SLACK = 1e-5  # of the farthest distance: rounding does not tell equal distances apart


def nearness(probe: SpaceProbe, report: Report, cancelled: Asked) -> np.ndarray:
    """The step of each point, (n,) uint8: 0 is far from the map's plane, `STEPS` - 1 is near.

    On the parallel plane through the mean of the codes, each step has the same number of points. The other parallel
    planes have the same bounds, so all points can be far from one.
    """
    space, plane = probe.space, probe.space.projection
    assert plane is not None and space.moments is not None  # else nothing is asked for
    usual, now = np.empty((2, len(space.codes)))
    middle = plane.through_code(space.moments.mean)
    for some in batches(len(space.codes), BATCH, cancelled=cancelled):
        usual[some], now[some] = middle.distances(space.codes[some]), plane.distances(space.codes[some])
    bounds = np.quantile(usual, np.arange(1, STEPS) / STEPS) + SLACK * usual.max()
    return np.asarray((now[:, None] <= bounds).sum(axis=1), np.uint8)


NEARNESS = Analysis("distance to the plane", "measuring distances to the plane", nearness, of="plane")
