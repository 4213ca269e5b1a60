"""Affine maps of images, against SciPy's."""

import numpy as np
import pytest
from scipy import ndimage

from explorer.decoding import keras_runtime

keras_runtime.import_keras()
from explorer.training import augment  # noqa: E402


@pytest.fixture
def images():
    return np.random.default_rng(0).random((6, 12, 20)).astype(np.float32)


@pytest.fixture
def moves():
    return np.random.default_rng(1).normal(size=(augment.MOVES, 6)).astype(np.float32)


def test_no_move_changes_nothing(images, moves):
    np.testing.assert_allclose(augment.warp(images, moves * 0), images, atol=1e-5)


def test_each_move_does_what_it_is_called():
    image = np.zeros((1, 28, 28), np.float32)
    image[0, 12:16, 5] = 1  # left of the middle
    where = lambda **moves: ndimage.center_of_mass(  # noqa: E731
        np.asarray(augment.warp(image, np.array([[moves.get(name, 0)] for name in NAMES], np.float32)))[0]
    )
    row, column = where()
    turned, slanted = where(turn=2), where(slant=2)
    assert abs(turned[0] - row) > 1 and abs(slanted[0] - row) < 0.1
    assert where(across=2)[1] > column + 0.5 and abs(where(up=2)[1] - column) < 0.1
    assert where(right=-1)[1] == pytest.approx(column + 0.6, abs=0.01)
    assert where(down=-1)[0] == pytest.approx(row + 0.6, abs=0.01)


NAMES = ("turn", "slant", "across", "up", "right", "down")


def test_each_map_is_scipys_affine_transform(images, moves):
    """The six numbers of each map are read off warped coordinates, then SciPy warps the images."""
    height, width = images.shape[1:]
    ramps = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=0).astype(np.float32)[:, None]
    ramps = np.broadcast_to(ramps, (2, 6, height, width))
    maps = [np.asarray(augment.warp(ramp, moves / 2)) for ramp in ramps]
    warped = np.asarray(augment.warp(images, moves / 2))
    inner = np.s_[4:8, 6:14]  # where no map reaches over the edge
    rows, columns = np.mgrid[inner]
    for index, image in enumerate(images):
        design = np.stack([rows.ravel(), columns.ravel(), np.ones(rows.size)], axis=1)
        to_column, to_row = (np.linalg.lstsq(design, ramp[index][inner].ravel(), rcond=None)[0] for ramp in maps)
        np.testing.assert_allclose(design @ to_column, maps[0][index][inner].ravel(), atol=1e-3)  # it is affine
        matrix, offset = np.array([to_row[:2], to_column[:2]]), (to_row[2], to_column[2])
        expected = ndimage.affine_transform(image, matrix, offset, order=1, mode="constant")
        np.testing.assert_allclose(warped[index][inner], expected[inner], atol=2e-3)
    assert warped.min() >= 0 and warped.max() <= 1


def test_colours_move_together(images, moves):
    colours = np.stack([images, images / 2, images * 0], axis=-1)
    warped = np.asarray(augment.warp(colours, moves))
    assert warped.shape == colours.shape
    np.testing.assert_allclose(warped[..., 0], augment.warp(images, moves), atol=1e-6)
    np.testing.assert_allclose(warped[..., 1], warped[..., 0] / 2, atol=1e-6)
    assert (warped[..., 2] == 0).all()
