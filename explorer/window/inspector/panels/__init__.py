"""Panels of the Space tab that suit only some kinds of space.

noise: denoising autoencoders: an image under noise, its reconstruction, and where it lands.
prior: spaces with a normal prior: new images drawn from it, and the map through its quantiles.
"""
