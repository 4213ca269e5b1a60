"""Panels of the Space tab that suit only some spaces.

noise: denoising autoencoders: an image under noise, its reconstruction, and where it lands.
plane: codes of more than two numbers: which plane the map shows.
plane_sliders: the numbers along the directions that are not on it.
plane_strips: what its two axes do.
turning: it turns through the principal components.
prior: spaces with a decoder: new images from a prior or the density of the codes, the map through a prior's quantiles.
"""
