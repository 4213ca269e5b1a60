"""The bundled MNIST, and files that are not it."""

import hashlib

import numpy as np
import pytest

import data
from explorer.errors import UserError


def test_mnist_is_all_there():
    mnist = data.load("mnist")
    assert mnist.x_train.shape == (60_000, 28, 28) and mnist.x_test.shape == (10_000, 28, 28)
    assert mnist.x_train.dtype == np.uint8 and mnist.x_train.max() == 255 and mnist.x_train.min() == 0
    # published class counts of the two splits
    assert np.bincount(mnist.y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist.fingerprint == "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
    assert mnist.labels.shape == (70_000,) and mnist.image_shape == (28, 28)
    assert mnist.class_names == tuple("0123456789")


def test_scaling_keeps_both_ends():
    scaled = data.as_float(np.array([[0, 128, 255]], np.uint8))
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, [[0, 128 / 255, 1]], rtol=1e-6)


def arrays(**changes):
    images, labels = np.zeros((3, 28, 28), np.uint8), np.zeros(3, np.uint8)
    return {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels} | changes


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"x_train": np.zeros((3, 28, 28))}, "uint8"),
        ({"x_test": np.zeros((0, 28, 28), np.uint8), "y_test": np.zeros(0, np.uint8)}, "uint8"),
        ({"y_train": np.zeros(2, np.uint8)}, "label"),
        ({"y_test": np.array([0, 1, 10], np.uint8)}, "label"),
        ({"x_test": np.zeros((3, 20, 20), np.uint8)}, "size"),
        ({"y_test": np.array([0, 1, None], object)}, "damaged"),
    ],
)
def test_wrong_arrays_get_one_line(tmp_path, monkeypatch, changes, word):
    path = tmp_path / "images.npz"
    np.savez(path, **arrays(**changes))
    monkeypatch.setitem(data.SOURCES, "mnist", ("MNIST", path))
    with pytest.raises(UserError, match=word) as caught:
        data.load("mnist")
    assert "\n" not in str(caught.value)


def test_right_arrays_are_taken(tmp_path, monkeypatch):
    path = tmp_path / "images.npz"
    np.savez(path, **arrays())
    monkeypatch.setitem(data.SOURCES, "mnist", ("MNIST", path))
    assert data.load("mnist").fingerprint == hashlib.sha256(path.read_bytes()).hexdigest()


def test_damaged_and_missing_files(tmp_path, monkeypatch):
    path = tmp_path / "images.npz"
    monkeypatch.setitem(data.SOURCES, "mnist", ("MNIST", path))
    with pytest.raises(UserError, match="missing"):
        data.load("mnist")
    np.savez(path, **arrays())
    np.save(path.with_suffix(".npy"), np.zeros(3))
    path.with_suffix(".npy").rename(path)
    with pytest.raises(UserError, match="damaged"):
        data.load("mnist")
    np.savez(path, **arrays())
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match="damaged"):
        data.load("mnist")
    with pytest.raises(UserError, match="unknown data source"):
        data.load("nonsense")
