"""Small random affine transformations of training images, so that the encoder generalises to unseen images."""

from __future__ import annotations

import math

from keras import ops

# the amount of a 1 in each row of `moves`
ROTATION = 0.10  # radians
SHEAR = 0.12
SCALE = 0.06  # of either side
SHIFT = 0.6 / 28  # of a side
MOVES = 6  # rows: rotation, shear, two scales, two shifts


def warp(images, moves):
    """Transforms each image by its own affine map: rotation, shear, scale, shift. Zeros fill the edges.

    Args:
        images: (n, height, width[, 3]) float32 in [0, 1].
        moves: (MOVES, n) float32, the amounts in units of the constants above; usually standard normal numbers
            times a strength. 0 leaves the images unchanged.

    Returns:
        The same shape, interpolated bilinearly.
    """
    count, height, width = images.shape[:3]
    moves = moves[:, :, None, None]
    turn, slant = moves[0] * ROTATION, moves[1] * SHEAR
    x = (ops.arange(width, dtype="float32") - (width - 1) / 2)[None, None, :]
    y = (ops.arange(height, dtype="float32") - (height - 1) / 2)[None, :, None]
    across, up = (x + slant * y) * (1 + moves[2] * SCALE), y * (1 + moves[3] * SCALE)
    column = ops.cos(turn) * across - ops.sin(turn) * up + moves[4] * SHIFT * width + (width - 1) / 2
    row = ops.sin(turn) * across + ops.cos(turn) * up + moves[5] * SHIFT * height + (height - 1) / 2
    channels = math.prod(images.shape[3:])  # every channel is a plane, with the map of its image
    planes = ops.reshape(ops.moveaxis(ops.reshape(images, (count, height, width, channels)), 3, 0), (-1, height, width))
    row, column = (ops.tile(coordinate, (channels, 1, 1)) for coordinate in (row, column))
    plane = ops.broadcast_to(ops.arange(channels * count, dtype="float32")[:, None, None], row.shape)
    warped = ops.image.map_coordinates(planes, ops.stack([plane, row, column]), order=1, fill_mode="constant")
    return ops.reshape(ops.moveaxis(ops.reshape(warped, (channels, count, height, width)), 0, 3), images.shape)
