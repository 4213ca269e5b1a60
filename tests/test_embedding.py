"""The neighbour embedding: like images lie close, without labels; the same seed gives the same places."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from explorer.images import datasets
from explorer.training import embedding


@pytest.fixture(scope="module")
def digits():
    mnist = datasets.load("mnist")
    return mnist.x_train[:1500], mnist.y_train[:1500]


@pytest.mark.slow
def test_it_puts_like_digits_together(digits):
    x, y = digits
    shares = []
    places = embedding.embed(x, 0, shares.append)
    assert places.shape == (1500, 2) and places.dtype == np.float32
    np.testing.assert_allclose(places.mean(axis=0), 0, atol=1e-4)
    assert places.std() == pytest.approx(1, abs=1e-3)
    assert shares == sorted(shares) and shares[-1] == 1.0
    score = KNeighborsClassifier(5).fit(places[:1000], y[:1000]).score(places[1000:], y[1000:])
    assert score > 0.8  # two principal components give 0.4

    np.testing.assert_array_equal(embedding.embed(x, 0), places)


@pytest.mark.slow
@pytest.mark.parametrize("count", [embedding.FEWEST, 20])
def test_few_images_have_an_embedding_too(digits, count):
    assert np.isfinite(embedding.embed(digits[0][:count], 1)).all()


def test_equal_images_do_not_divide_by_nothing():
    assert np.isfinite(embedding.embed(np.zeros((30, 5, 7, 3), np.uint8), 0)).all()
