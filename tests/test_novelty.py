"""How unusual an image is, on small made-up data: smooth stripes are usual, anything else is not."""

import dataclasses

import numpy as np
import pytest

from explorer.analysis import novelty
from explorer.analysis.pixels import NearestPixels
from explorer.errors import Cancelled, UserError
from explorer.images import datasets
from explorer.spaces.latent_space import LatentSpace
from tests.spaces import decode

SHAPE = (12, 10)
TRAIN, TEST = 300, 60


@pytest.fixture(scope="module")
def parts():
    """A data set that the decoder rebuilds up to some noise; its space; its index of pixels."""
    random = np.random.default_rng(0)
    codes = random.normal(size=(TRAIN + TEST, 2)).astype(np.float32) * 3
    images = decode(codes, SHAPE) + random.normal(0, 0.03, (len(codes), *SHAPE))
    images = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
    nothing = np.zeros(len(codes), np.int32)
    dataset = datasets.Dataset("", "", images[:TRAIN], nothing[:TRAIN], images[TRAIN:], nothing[TRAIN:], (), {}, "")
    rows = random.permutation(TRAIN + TEST)
    space = LatentSpace("", None, {}, codes[rows], nothing, rows)
    return space, dataset, NearestPixels(dataset.images, len(codes))


def rebuild(codes):
    return decode(codes, SHAPE)


def test_test_images_are_spread_evenly_over_the_gauge(parts):
    space, dataset, pixels = parts
    novelty_score = novelty.calibrated(space, dataset, pixels, rebuild)
    tests = np.flatnonzero(space.rows >= TRAIN)
    images = datasets.as_float(dataset.images(space.rows[tests]))
    readings = [
        novelty_score.read(image, rebuilt) for image, rebuilt in zip(images, rebuild(space.codes[tests]), strict=True)
    ]
    for name in ("share", "rebuilt", "apart"):
        shares = np.sort([getattr(reading, name) for reading in readings])
        np.testing.assert_allclose(shares, np.arange(len(tests)) / len(tests), atol=0.02)
    np.testing.assert_allclose(
        [reading.score for reading in readings],
        novelty_score.parts(images, rebuild(space.codes[tests])).sum(axis=1),
        rtol=1e-4,
        atol=1e-4,
    )
    assert abs(np.mean([reading.score for reading in readings])) < 1e-3


def test_each_measure_tells_what_it_is_for(parts):
    space, dataset, pixels = parts
    novelty_score = novelty.calibrated(space, dataset, pixels, rebuild)
    train = datasets.as_float(dataset.x_train[:1])[0]
    known = novelty_score.read(train, train)
    assert known.share == 0 and known.words() == "typical"
    badly = novelty_score.read(train, 1 - train)
    assert badly.rebuilt == 1 and badly.apart == 0
    strange = np.random.default_rng(1).integers(0, 2, SHAPE).astype(np.float32)
    far = novelty_score.read(strange, strange)
    assert far.apart == 1 and far.rebuilt == 0
    both = novelty_score.read(strange, rebuild(np.zeros((1, 2)))[0])
    assert both.share == 1 and both.words().startswith("very unusual")
    blank = novelty_score.read(np.zeros(SHAPE, np.float32), rebuild(np.zeros((1, 2)))[0])
    assert np.isfinite(blank.score)


def test_the_words_grow_with_the_share():
    reading = novelty.Novelty(0.0, 0.5, 0.5, 0.5)
    words = [dataclasses.replace(reading, share=share).words() for share in (0.0, 0.89, 0.9, 0.98, 0.99, 1.0)]
    assert words[0] == words[1] == "typical"
    assert words[2] == words[3] and words[2].startswith("rather unusual")
    assert words[4] == words[5] and words[4].startswith("very unusual")


def test_the_likely_image_is_mostly_the_nearest(parts):
    _, dataset, pixels = parts
    images = datasets.as_float(dataset.x_test)
    rows, distances = pixels.likely(images, novelty.LIKELY, TRAIN)
    flat = datasets.as_float(dataset.x_train).reshape(TRAIN, -1)
    exact = np.linalg.norm(flat[None] - images.reshape(TEST, 1, -1), axis=2)
    assert rows.max() < TRAIN
    np.testing.assert_allclose(distances, exact[np.arange(TEST), rows], rtol=1e-4)
    assert (rows == exact.argmin(axis=1)).mean() >= 0.95
    np.testing.assert_array_equal(pixels.likely(images, 10 * TRAIN, TRAIN)[0], exact.argmin(axis=1))


def test_what_cannot_be_calibrated_says_so(parts):
    space, dataset, pixels = parts
    kept = space.rows < TRAIN
    without = dataclasses.replace(space, codes=space.codes[kept], labels=space.labels[kept], rows=space.rows[kept])
    with pytest.raises(UserError, match="no test images"):
        novelty.calibrated(without, dataset, pixels, rebuild)
    with pytest.raises(Cancelled):
        novelty.calibrated(space, dataset, pixels, rebuild, cancelled=lambda: True)
