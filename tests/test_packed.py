"""Images without their background, against the arrays that they were made of."""

import numpy as np
import pytest

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.probe import SpaceProbe
from explorer.images import datasets
from explorer.images.packed import BATCH, PackedImages, packed


def sparse(*shape: int) -> np.ndarray:
    """Images of which a fifth of the pixels is not 0."""
    rng = np.random.default_rng(0)
    return rng.integers(1, 256, shape, np.uint8) * (rng.random(shape) < 0.2)


@pytest.mark.parametrize("shape", [(1, 4, 4), (7, 5, 3, 3), (BATCH, 9, 5), (2 * BATCH + 1, 4, 6)])
def test_gives_back_the_same_images(shape):
    images = sparse(*shape)
    images[0] = 0
    images[-1] = 255
    kept, count = PackedImages(images), len(images)
    assert kept.shape == shape and len(kept) == count
    for rows in (np.arange(count), np.arange(count)[::-1], np.array([0, count - 1, 0]), np.arange(0)):
        given = kept[rows]
        assert given.dtype == np.uint8 and np.array_equal(given, images[rows])


def test_what_is_given_is_the_callers_own():
    kept = PackedImages(sparse(3, 4, 4))
    before = kept[np.arange(3)]
    kept[np.arange(3)][:] = 1
    assert np.array_equal(kept[np.arange(3)], before)


def test_images_without_background_stay_as_they_are():
    photos = np.random.default_rng(0).integers(1, 256, (20, 8, 8, 3), np.uint8)
    assert packed(photos) is photos
    assert isinstance(packed(sparse(20, 8, 8, 3)), PackedImages)


def test_the_window_keeps_the_digits_in_a_third_of_their_size_and_only_there(space):
    digits = datasets.load()
    kept = ORIGINALS.work_out(SpaceProbe(space, None))
    for whole, small in ((digits.x_train, kept.x_train), (digits.x_test, kept.x_test)):
        assert isinstance(small, PackedImages) and small.nbytes < whole.nbytes / 2.9
        assert not any(np.shares_memory(whole, each) for each in vars(small).values() if isinstance(each, np.ndarray))
    rows = np.random.default_rng(0).permutation(70_000)[:5000]
    assert np.array_equal(kept.images(rows), digits.images(rows))
    assert kept.image_shape == (28, 28) and kept.fingerprint == digits.fingerprint
