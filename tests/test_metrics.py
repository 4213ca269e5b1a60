"""Measures against their definitions."""

import numpy as np
import pytest

from explorer.analysis import metrics


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


def test_one_label_names_its_island_and_nothing_where_classes_mix():
    rng = np.random.default_rng(3)
    labels = np.repeat([3, 5, 9], 100)
    islands = np.array([[0, 0], [40, 0], [0, 40]]).repeat(100, axis=0) + rng.normal(size=(300, 2))
    assert metrics.one_label_accuracy(islands, labels, islands, labels) == 1
    mixed = rng.normal(size=(300, 2))
    assert metrics.one_label_accuracy(mixed, labels, mixed, labels) == pytest.approx(1 / 3, abs=0.05)


def test_one_label_equals_brute_force():
    codes, labels = np.random.default_rng(4).normal(size=(60, 2)), np.arange(60) % 3
    random, shares = np.random.default_rng(0), []
    for _ in range(20):
        rows = [random.choice(np.flatnonzero(labels == each)) for each in range(3)]
        distances = np.linalg.norm(codes[:, None] - codes[rows], axis=2)
        shares.append((distances.argmin(axis=1) == labels).mean())
    assert metrics.one_label_accuracy(codes, labels, codes, labels, 20) == pytest.approx(np.mean(shares))


def test_neighbourhoods_that_stay_and_that_are_torn():
    x = np.random.default_rng(0).normal(size=(60, 2))
    assert metrics.trustworthiness(x, x * 3, 5) == metrics.continuity(x, x * 3, 5) == 1
    flat = x[:, :1]  # folds the plane: strangers become neighbours, few neighbours become strangers
    assert metrics.trustworthiness(x, flat, 5) < metrics.continuity(x, flat, 5) < 1


def test_trustworthiness_equals_its_definition():
    rng = np.random.default_rng(1)
    x, codes, n, k = rng.normal(size=(40, 5)), rng.normal(size=(40, 2)), 40, 4
    ranks = np.argsort(np.argsort(np.linalg.norm(x[:, None] - x, axis=-1), axis=1), axis=1)  # 0 is the point itself
    nearest = np.argsort(np.linalg.norm(codes[:, None] - codes, axis=-1), axis=1)[:, 1 : k + 1]
    excess = np.maximum(np.take_along_axis(ranks, nearest, axis=1) - k, 0).sum()
    expected = 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * excess
    assert metrics.trustworthiness(x, codes, k) == pytest.approx(expected)


def test_silhouette_of_classes_far_apart_and_of_none():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 50)
    codes = rng.normal(size=(100, 2))
    assert abs(metrics.silhouette(codes, labels)) < 0.1
    assert metrics.silhouette(codes + 100 * labels[:, None], labels) > 0.9
