"""Spaces with a standard normal prior: random codes, and the cloud of codes of each image."""

from __future__ import annotations

import numpy as np

from explorer.space.latent_space import LatentSpace

COLUMNS = ("posterior σ1", "posterior σ2")  # standard deviations of each image's cloud along both axes, latent units
WIDTH = 2.0  # standard deviations from the middle of a cloud to its outline: in two dimensions it holds 86 %
CORNERS = 120  # of an outline


def drawn(random: np.random.Generator, count: int, dimensions: int) -> np.ndarray:
    """Random codes from the prior, (count, dimensions) float32."""
    return random.standard_normal((count, dimensions), np.float32)


def deviations(space: LatentSpace, point: int) -> tuple[float, float] | None:
    """The standard deviations of the cloud of a point, in latent units; None if it has no cloud."""
    if any(name not in space.columns or space.columns[name].dtype.kind != "f" for name in COLUMNS):
        return None
    along_a, along_b = (float(space.columns[name][point]) for name in COLUMNS)
    return (along_a, along_b) if 0 < along_a < np.inf and 0 < along_b < np.inf else None


def outline(space: LatentSpace, point: int) -> np.ndarray | None:
    """The corners, (m, 2), of the line around the cloud of a point on the map; None if it has no cloud."""
    along = deviations(space, point)
    if along is None:
        return None
    angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return space.places_of(space.codes[point, :2] + WIDTH * np.array(along) * circle)
