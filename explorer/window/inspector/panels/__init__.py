"""Panels of the Space tab that suit only some spaces.

compression: an image as few bytes, beside PCA, JPEG and WebP.
image_panel: what the panels about one image have in common.
naming: images of a few classes: some that a person names colour all others.
noise: denoising autoencoders: an image under noise, its reconstruction, and where it lands.
phrase: texts: a typed phrase, where it lands, and the texts nearest to it.
plane: codes of more than two numbers: which plane the map shows.
plane_sliders: the numbers along the directions that are not on it.
plane_strips: what its two axes do.
turning: it turns through the principal components.
ratings: titles that were rated: what somebody would like who likes the pinned ones.
prior: spaces with a decoder: new images from a prior or the density of the codes, the map through a prior's quantiles.
"""
