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


def slant(x) -> np.ndarray:
    """Of each image, columns per row, from its second moments, by loops over its pixels."""
    found = []
    for image in x.astype(float):
        total = image.sum()
        rows, columns = np.indices(image.shape)
        row, column = (rows * image).sum() / total, (columns * image).sum() / total
        found.append(((rows - row) * (columns - column) * image).sum() / ((rows - row) ** 2 * image).sum())
    return np.array(found)


def test_upright_images_have_no_slant_and_lie_in_the_middle(digits):
    x = digits[0][:200]
    made = embedding.upright(x)
    assert made.shape == x.shape and made.dtype == np.uint8
    assert np.abs(slant(x)).mean() > 0.2 and np.abs(slant(made)).max() < 0.05
    weights = made / made.sum(axis=(1, 2), keepdims=True, dtype=float)
    rows, columns = np.indices((28, 28))
    middles = np.stack([(weights * rows).sum(axis=(1, 2)), (weights * columns).sum(axis=(1, 2))])
    assert np.abs(middles - 13.5).max() < 0.3


def test_the_channels_of_a_colour_image_move_together(digits):
    x = np.stack([digits[0][:20], digits[0][:20] // 2, digits[0][:20]], axis=3)
    made = embedding.upright(x)
    np.testing.assert_array_equal(made[..., 0], made[..., 2])
    assert np.abs(made[..., 0] / 2.0 - made[..., 1]).max() <= 2
    assert np.abs(slant(made.mean(axis=3))).max() < 0.05


def test_upright_digits_have_more_neighbours_of_their_class(digits):
    x, y = digits
    assert np.isfinite(embedding.features(x, 0)).all()

    def score(found) -> float:
        return KNeighborsClassifier(5).fit(found[:1000], y[:1000]).score(found[1000:], y[1000:])

    assert score(embedding.features(x, 0)) > score(x.reshape(len(x), -1) / 255)


def test_images_are_left_as_they_are_where_upright_ones_have_other_neighbours(digits, monkeypatch):
    x = digits[0][:300]
    assert embedding.features(x, 0).shape[1] == 2 * embedding.COMPONENTS
    scrambled = np.random.default_rng(0).permutation(len(x))
    monkeypatch.setattr(embedding, "AS_THEY_ARE", 0.0)
    monkeypatch.setattr(embedding, "upright", lambda some: x[scrambled][: len(some)])
    assert embedding.features(x, 0).shape[1] == embedding.COMPONENTS


def test_equal_images_do_not_divide_by_nothing():
    assert np.isfinite(embedding.embed(np.zeros((30, 5, 7, 3), np.uint8), 0)).all()
