"""Measures against their definitions."""

import numpy as np
import pytest

from explorer import metrics


def test_mse_and_psnr():
    x, other = np.zeros((2, 4, 4), np.float32), np.zeros((2, 4, 4), np.float32)
    other[0] = 0.1
    assert metrics.mse(x, other) == pytest.approx(0.005)
    np.testing.assert_allclose(metrics.psnr_db(x, other), [20, 100], atol=1e-4)


def test_knn_equals_brute_force():
    rng = np.random.default_rng(0)
    train, codes = rng.normal(size=(300, 2)), rng.normal(size=(100, 2))
    labels, truth = rng.integers(0, 3, 300), rng.integers(0, 3, 100)
    nearest = np.argmin(np.linalg.norm(codes[:, None] - train[None], axis=-1), axis=1)
    assert metrics.knn_accuracy(train, labels, codes, truth, 1) == pytest.approx((labels[nearest] == truth).mean())
