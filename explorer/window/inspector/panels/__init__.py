"""Panels of the Space tab that suit only some kinds of space.

noise: denoising autoencoders: an image under noise, its reconstruction, and where it lands.
turning: more than two dimensions: the plane turns through the principal components.
prior: spaces with a normal prior: new images drawn from it, and the map through its quantiles.
"""
