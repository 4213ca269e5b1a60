"""Spaces with a standard normal prior: random codes, and the cloud of codes of each image."""

from __future__ import annotations

import numpy as np

from explorer.spaces.latent_space import LatentSpace

WIDTH = 2.0  # standard deviations from the middle of a cloud to its outline: in two dimensions it holds 86 %
CORNERS = 120  # of an outline


def drawn(random: np.random.Generator, count: int, dimensions: int) -> np.ndarray:
    """Random codes from the prior, (count, dimensions) float32."""
    return random.standard_normal((count, dimensions), np.float32)


def columns(dimensions: int) -> tuple[str, ...]:
    """The names of the columns with the standard deviations of each image's cloud along the axes, in latent units."""
    return tuple(f"posterior σ{axis + 1}" for axis in range(dimensions))


def deviations(space: LatentSpace, point: int) -> np.ndarray | None:
    """The standard deviations of the cloud of a point, (d,), in latent units; None if it has no cloud."""
    if not has_clouds(space):
        return None
    along = np.array([space.columns[name][point] for name in columns(space.dimensions)], np.float64)
    return along if ((along > 0) & (along < np.inf)).all() else None


def has_clouds(space: LatentSpace) -> bool:
    """Whether a space has the columns about the cloud of each point."""
    return all(name in space.columns and space.columns[name].dtype.kind == "f" for name in columns(space.dimensions))


def divergences(space: LatentSpace) -> np.ndarray:
    """The KL divergence of each latent dimension from the prior, (d,), in nats: the mean over the clouds of all points.

    The space must have clouds. The formula is that of Kingma and Welling 2014, appendix B.
    """
    found = np.empty(space.dimensions)
    for axis, name in enumerate(columns(space.dimensions)):
        mean, variance = space.codes[:, axis].astype(np.float64), np.square(space.columns[name].astype(np.float64))
        known = (variance > 0) & (variance < np.inf)
        each = (np.square(mean[known]) + variance[known] - 1 - np.log(variance[known])) / 2
        found[axis] = each.mean() if known.any() else np.nan
    return found


def outline(space: LatentSpace, point: int) -> np.ndarray | None:
    """The corners, (m, 2), of the line around the cloud of a point on the map; None if it has no cloud."""
    along = deviations(space, point)
    if along is None:
        return None
    angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    if space.projection is None:
        return space.places_of(space.codes[point] + WIDTH * along * circle)
    plane = space.projection.plane  # the shadow of the cloud on it
    shape = np.linalg.cholesky(plane @ np.diag(along**2) @ plane.T)
    return space.places_of(space.codes[point] + WIDTH * circle[:, : len(plane)] @ shape.T @ plane)
