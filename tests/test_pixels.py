"""Nearest images by their pixels against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.analysis.pixels import COMPONENTS, NearestPixels
from explorer.errors import Cancelled
from explorer.images import datasets


def brute_force(images, image, k, shown=None):
    """Rows and distances of the k nearest, of equally near ones the lower row first."""
    difference = images.reshape(len(images), -1).astype(np.float64) / 255 - image.reshape(1, -1).astype(np.float64)
    distances = np.sqrt(np.square(difference).sum(axis=1))
    rows = np.arange(len(images)) if shown is None else np.flatnonzero(shown)
    rows = rows[np.lexsort((rows, distances[rows]))][:k]
    return rows, distances[rows]


def index_of(images) -> NearestPixels:
    return NearestPixels(lambda rows: images[rows], len(images))


def check(index, images, image, k, shown=None):
    rows, distances = index.closest(image, k, shown)
    wanted, wanted_distances = brute_force(images, image, k, shown)
    np.testing.assert_allclose(distances, wanted_distances, atol=2e-5)
    assert len(set(rows.tolist())) == len(rows) and (np.diff(distances) >= 0).all()
    assert shown is None or shown[rows].all()
    if not len(rows):
        return
    found = brute_force(images[rows], image, len(rows))[1]  # each is as far as it is said to be
    np.testing.assert_allclose(np.sort(found), distances, atol=2e-5)
    close = np.isclose(distances, distances[-1], atol=2e-5)  # of those in the last place, any may be missing
    assert set(rows[~close].tolist()) <= set(wanted.tolist())


@pytest.fixture(scope="module")
def digits():
    return datasets.load("mnist")


@pytest.fixture(scope="module")
def some(digits):
    """6,000 digits and their index."""
    images = digits.x_train[:6000]
    return images, index_of(images)


def test_equals_brute_force_among_digits(some, digits):
    images, index = some
    rng = np.random.default_rng(0)
    for number in range(40):
        kind = number % 4
        image = datasets.as_float(digits.x_test[number])
        if kind == 1:  # between two digits, as a decoder's pictures are
            image = (image + datasets.as_float(digits.x_test[number + 50])) / 2
        elif kind == 2:
            image = rng.random((28, 28), np.float32)
        elif kind == 3:
            image = datasets.as_float(images[number])
        check(index, images, image, int(rng.integers(1, 20)))
    check(index, images, np.zeros((28, 28), np.float32), 9)
    check(index, images, np.ones((28, 28), np.float32), 9)


def test_only_what_is_shown_counts(some, digits):
    images, index = some
    for hidden in ([0], [1, 2, 3, 4], list(range(9))):
        shown = ~np.isin(digits.y_train[:6000], hidden)
        for number in range(8):
            check(index, images, datasets.as_float(digits.x_test[number]), 7, shown)
    shown = np.zeros(6000, bool)
    rows, distances = index.closest(datasets.as_float(images[0]), 5, shown)
    assert rows.shape == distances.shape == (0,)
    shown[[17, 4000]] = True
    rows, _ = index.closest(datasets.as_float(images[17]), 5, shown)
    assert rows.tolist() == [17, 4000]


def test_few_images_are_looked_at(some, digits):
    images, _ = some
    looked_at = []

    def pick(rows):
        looked_at.append(len(rows))
        return images[rows]

    index = NearestPixels(pick, len(images))
    looked_at.clear()
    index.closest(datasets.as_float(digits.x_test[3]), 8)
    assert sum(looked_at) < len(images) / 10


@pytest.mark.slow
@given(
    shape=st.sampled_from([(4, 4), (9, 5), (8, 8, 3), (32, 32, 3), (61, 40), (30, 90, 3)]),
    n=st.integers(1, 60),
    k=st.integers(1, 80),
    seed=st.integers(0, 2**16),
    levels=st.sampled_from([2, 256]),
    masked=st.booleans(),
)
def test_equals_brute_force_for_images_of_any_shape(shape, n, k, seed, levels, masked):
    """Also more than there are, also where many are alike."""
    rng = np.random.default_rng(seed)
    images = (rng.integers(0, levels, (n, *shape)) * (255 // (levels - 1))).astype(np.uint8)
    images[rng.integers(0, n, n // 2)] = images[0]
    shown = rng.random(n) < 0.6 if masked else None
    index = index_of(images)
    image = datasets.as_float(images[n // 2]) if seed % 2 else rng.random(shape, np.float32)
    check(index, images, image, k, shown)


def test_of_equally_near_images_the_lower_row_comes_first():
    images = np.zeros((500, 12, 12), np.uint8)
    images[::50] = 255
    rows, distances = index_of(images).closest(np.ones((12, 12), np.float32), 12)
    assert rows.tolist() == [*range(0, 500, 50), 1, 2]
    assert (distances[:10] == 0).all() and np.allclose(distances[10:], 12)


def test_bounds_never_exceed_the_distances(some, digits):
    images, index = some
    for image in datasets.as_float(digits.x_test[:5]):
        feature = index._project(image.reshape(1, -1))
        bounds = np.linalg.norm(index._features - feature, axis=1)
        assert index._features.shape == (6000, COMPONENTS + 1)
        distances = np.linalg.norm(datasets.as_float(images).reshape(6000, -1) - image.reshape(1, -1), axis=1)
        assert (bounds <= distances + 1e-4).all() and np.median(bounds / distances) > 0.8


def test_stops_when_told():
    images = np.random.default_rng(0).integers(0, 256, (3000, 8, 8), np.uint8)
    with pytest.raises(Cancelled):
        NearestPixels(lambda rows: images[rows], len(images), cancelled=lambda: True)
    shares = []
    index = NearestPixels(lambda rows: images[rows], len(images), shares.append)
    assert shares == sorted(shares) and shares[-1] == 1
    with pytest.raises(Cancelled):
        index.closest(datasets.as_float(images[0]), 3, cancelled=lambda: True)
