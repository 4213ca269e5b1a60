"""What the axes of a map are, in words."""

from __future__ import annotations

from explorer.space.latent_space import LatentSpace

NUMBERS = "The axes are the two numbers of the latent code. They have no unit and no meaning of their own."
OF_KIND = {
    "pca": "The axes are the first and the second principal component: the two directions in pixel space along which "
    "the images vary most. 0 is the mean image.",
    "lda": "The axes are the first and the second linear discriminant: the two directions in pixel space along which "
    "the classes are farthest apart for their width.",
}
PRIOR = "The prior is a standard normal distribution: 95 % of it lies between −1.96 and 1.96 on each axis."
QUANTILES = (
    "Each axis shows the share of the prior that lies below a number of the code: 0.5 is the middle of the prior, and "
    "equal areas of the map hold equal shares of it."
)


def explanation(space: LatentSpace) -> str:
    """One or two sentences about the axes of a space's map, in the coordinates in which it is shown."""
    if space.coordinates == "quantiles":
        return QUANTILES
    words = OF_KIND.get(space.card.get("kind", ""), NUMBERS)
    return f"{words} {PRIOR}" if space.has_prior else words
