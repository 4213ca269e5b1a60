"""Noise of all kinds: what its strength means, and that a larger one changes what a smaller one has changed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.images import noise

SHAPES = ((3, 9, 12), (2, 8, 8, 3))
kinds = pytest.mark.parametrize("name", noise.KINDS)
shares = st.floats(0, 1)


def images(shape, seed=0):
    return np.random.default_rng(seed).uniform(0.2, 0.8, shape).astype(np.float32)


@kinds
@settings(max_examples=25, deadline=None)
@given(strength=shares, seed=st.integers(0, 2**31), shape=st.sampled_from(SHAPES))
def test_noise_is_the_same_for_a_seed_and_leaves_the_images_alone(name, strength, seed, shape):
    x = images(shape)
    before, add = x.copy(), noise.KINDS[name].add
    noisy = add(x, strength, seed)
    np.testing.assert_array_equal(noisy, add(x, strength, seed))
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(add(x, 0.0, seed), x)
    assert noisy.dtype == np.float32 and noisy.shape == shape and noisy.min() >= 0 and noisy.max() <= 1


@pytest.mark.parametrize("name", ["Salt and pepper", "Occlusion"])
@settings(max_examples=40, deadline=None)
@given(weak=shares, strong=shares, seed=st.integers(0, 2**31), shape=st.sampled_from(SHAPES))
def test_a_larger_strength_keeps_what_a_smaller_one_has_hidden(name, weak, strong, seed, shape):
    x, add = images(shape), noise.KINDS[name].add
    weak, strong = sorted((weak, strong))
    little, much = add(x, weak, seed), add(x, strong, seed)
    hit = little != x
    np.testing.assert_array_equal(much[hit], little[hit])


@kinds
def test_another_seed_gives_other_noise_and_images_differ_in_theirs(name):
    x = np.full((6, 28, 28), 0.5, np.float32)
    one, other = (noise.KINDS[name].add(x, 0.4, seed) for seed in (1, 2))
    assert (one != other).any()
    assert (one[:-1] != one[1:]).any(axis=(1, 2)).all()


def test_gaussian_noise_has_the_standard_deviation_that_is_asked_for():
    noisy = noise.noisy(np.full((20, 28, 28), 0.5, np.float32), 0.1)
    assert noisy.std() == pytest.approx(0.1, rel=0.02) and noisy.mean() == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize("shape", [(30, 28, 28), (30, 28, 28, 3)])
def test_salt_and_pepper_hits_a_share_of_the_pixels_in_all_colours(shape):
    x = images(shape)
    noisy = noise.salt_and_pepper(x, 0.3)
    hit = (noisy != x).reshape(*shape[:3], -1)
    assert (hit.all(axis=3) == hit.any(axis=3)).all() and hit.mean() == pytest.approx(0.3, abs=0.01)
    changed = noisy[noisy != x]
    assert set(np.unique(changed)) == {0.0, 1.0} and (changed == 1).mean() == pytest.approx(0.5, abs=0.02)


def test_an_occlusion_is_one_black_square_of_the_side_that_is_asked_for():
    x = images((40, 20, 30))
    for strength, side in ((0.25, 5), (0.5, 10), (1.0, 20)):
        for hidden in noise.occluded(x, strength) == 0:
            rows, columns = np.flatnonzero(hidden.any(axis=1)), np.flatnonzero(hidden.any(axis=0))
            assert len(rows) == np.ptp(rows) + 1 == side and len(columns) == np.ptp(columns) + 1 == side
            assert hidden.sum() == side**2
