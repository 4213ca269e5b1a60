"""Filters against loops over pixels, PCA against projections, and the choice that is best on training images."""

import math

import numpy as np
import pytest

from explorer.analysis import metrics
from explorer.images import noise
from explorer.uses import denoising
from explorer.uses.compression import Components


def images(n=5, shape=(9, 11), seed=0):
    return np.random.default_rng(seed).random((n, *shape)).astype(np.float32)


@pytest.mark.parametrize("shape", [(9, 11), (7, 8, 3)])
@pytest.mark.parametrize("size", [1, 3, 5])
def test_the_median_filter_takes_the_median_of_a_square(shape, size):
    x, margin = images(3, shape), size // 2
    edges = [(0, 0), (margin, margin), (margin, margin), *[(0, 0)] * (len(shape) - 2)]
    wide = np.pad(x, edges, mode="symmetric")
    height, width = shape[:2]
    wanted = np.empty_like(x)
    for row in range(height):
        for column in range(width):
            wanted[:, row, column] = np.median(wide[:, row : row + size, column : column + size], axis=(1, 2))
    np.testing.assert_array_equal(denoising.median(x, size), wanted)


@pytest.mark.parametrize("shape", [(9, 11), (7, 8, 3)])
@pytest.mark.parametrize("sigma", [0.5, 1.0])
def test_the_gaussian_filter_weighs_the_pixels_around_by_a_bell(shape, sigma):
    x, reach = images(3, shape), round(4 * sigma)
    weights = np.exp(-np.square(np.arange(-reach, reach + 1)) / (2 * sigma**2))
    weights = np.outer(weights, weights) / weights.sum() ** 2
    edges = [(0, 0), (reach, reach), (reach, reach), *[(0, 0)] * (len(shape) - 2)]
    wide = np.pad(x.astype(np.float64), edges, mode="symmetric")
    wanted = np.zeros(x.shape)
    for row in range(2 * reach + 1):
        for column in range(2 * reach + 1):
            wanted += weights[row, column] * wide[:, row : row + shape[0], column : column + shape[1]]
    np.testing.assert_allclose(denoising.gaussian(x, sigma), wanted, atol=1e-5)


def test_filters_with_their_least_number_leave_images_as_they_are():
    x = images()
    np.testing.assert_array_equal(denoising.gaussian(x, 0.0), x)
    np.testing.assert_array_equal(denoising.median(x, 1), x)


def test_pca_keeps_what_lies_in_its_components():
    mean, components = np.full(99, 0.5, np.float32), np.linalg.qr(np.random.default_rng(0).normal(size=(99, 4)))[0].T
    weights = np.random.default_rng(1).normal(scale=0.1, size=(5, 4))
    x = (mean + weights @ components).astype(np.float32).reshape(5, 9, 11)
    pca = Components(mean, components.astype(np.float32), weights.min(axis=0), weights.max(axis=0))
    np.testing.assert_allclose(pca.projected(x, 4), x, atol=1e-6)
    two = (mean + weights[:, :2] @ components[:2]).reshape(x.shape)
    np.testing.assert_allclose(pca.projected(x, 2), two, atol=1e-6)


def test_the_psnr_is_that_of_the_mean_squared_error_over_all_images():
    clean, noisy = images(), images(seed=1)
    squares = [(float(a) - float(b)) ** 2 for a, b in zip(clean.ravel(), noisy.ravel(), strict=True)]
    psnr_db = metrics.psnr_of(metrics.mse(clean, noisy))
    assert psnr_db == pytest.approx(10 * math.log10(len(squares) / math.fsum(squares)))
    assert metrics.psnr_of(metrics.mse(clean, clean)) == 100


def test_the_best_choice_depends_on_the_noise_and_may_be_to_do_nothing():
    smooth = denoising.gaussian(images(20, (24, 24)), 3.0)
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    chosen = []
    for strength in (0.0, 0.05, 0.3):
        noisy = noise.noisy(smooth, strength)
        chosen.append(denoising.best(smooth, noisy, denoising.gaussian, denoising.SIGMAS))
        errors = [np.square(denoising.gaussian(noisy, sigma) - smooth).mean() for sigma in denoising.SIGMAS]
        assert chosen[-1] == denoising.SIGMAS[int(np.argmin(errors))]
    assert chosen[0] == 0.0 < chosen[1] < chosen[2]
    speckled = noise.salt_and_pepper(smooth, 0.2)
    assert denoising.best(smooth, speckled, denoising.median, denoising.SIZES) in (3, 5)
