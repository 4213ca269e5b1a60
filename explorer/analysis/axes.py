"""What the axes of a map are, in words."""

from __future__ import annotations

import numpy as np

from explorer.spaces.latent_space import LatentSpace

NUMBERS = "The axes are the two numbers of the latent code. They have no unit and no meaning of their own."
OF_KIND = {
    "pca": "The axes are the first and the second principal component: the two directions in pixel space along which "
    "the images vary most. 0 is the mean image.",
    "lda": "The axes are the first and the second linear discriminant: the two directions in pixel space along which "
    "the classes are farthest apart for their width.",
}
ONE = "The horizontal axis is the one number of the latent code. The vertical axis is without meaning."
OF_PLANE = {  # of codes of more than two numbers
    "principal": "The map is a plane through the space of codes. Its axes are {0} and {1}, principal components of the "
    "codes, which have {d} numbers each. ",
    "axes": "The map is a plane through the space of codes. Its axes are {0} and {1} of a code's {d} numbers. ",
    "turned": "The map is a plane on the way from two principal components to two others. Codes have {d} numbers. ",
    "through": "The map is the plane through the codes of three images, or a parallel one. Codes have {d} numbers. ",
}
OFF_PLANE = (
    "The numbers along all other directions are the same everywhere on the map: the tab Space has sliders for them. "
    "Dots are drawn where their codes lie when seen along a right angle; distances are measured on the map."
)
PRIOR = "The prior is a standard normal distribution: 95 % of it lies between −1.96 and 1.96 on each axis."
QUANTILES = (
    "Each axis shows the share of the prior that lies below a number of the code: 0.5 is the middle of the prior, and "
    "equal areas of the map hold equal shares of it."
)


def names(space: LatentSpace) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a map's horizontal and vertical axis, the longest first."""
    if space.projection is None:
        along: list[tuple[str, ...]] = [(f"latent {letter}", letter) for letter in "ab"]
    else:
        along = [
            (f"{name} ({100 * share:.0f} % of the variance)", name)
            for name, share in zip(space.projection.names[:2], shares(space).tolist(), strict=False)
        ]
        along += [("",)] * (2 - len(along))  # codes of one number
    if space.coordinates != "plain":
        short = (each[-1] for each in along)
        titles = along if space.projection is None else [(each[-1],) for each in along]
        along = [
            (f"quantile of {title[0]}", f"quantile {name}", name) if name else ("",)
            for title, name in zip(titles, short, strict=True)
        ]
    return along[0], along[1]


def shares(space: LatentSpace) -> np.ndarray:
    """The shares of the codes' variance along the axes of a plane, (2,), or (1,) for codes of one number, 0..1."""
    assert space.projection is not None and space.moments is not None
    plane, covariance = space.projection.plane, space.moments.covariance
    return np.asarray(np.einsum("ai,ij,aj->a", plane, covariance, plane) / (np.trace(covariance) or 1.0))


def explanation(space: LatentSpace) -> str:
    """A few sentences about the axes of a space's map, in the coordinates in which it is shown."""
    if space.coordinates == "quantiles":
        return QUANTILES
    if space.projection is not None:
        words = OF_PLANE[space.projection.kind] + OFF_PLANE if space.dimensions > 2 else ONE
        words = words.format(*space.projection.names, d=space.dimensions)
        return f"{words} {PRIOR}" if space.has_prior else words
    words = OF_KIND.get(space.card.get("kind", ""), NUMBERS)
    return f"{words} {PRIOR}" if space.has_prior else words
