"""The memory that a run needs: worked out from shapes alone, told in one line, and a batch that fits."""

import dataclasses
import importlib

import numpy as np
import pytest

from explorer.decoding import grid, keras_runtime
from explorer.errors import UserError
from explorer.files import untrusted
from explorer.images import datasets
from explorer.progress import at_once
from explorer.training import cli as model
from explorer.training import loop, need
from explorer.training.models import KINDS, kind

PHOTO = (480, 640, 3)


def images(n: int, *shape: int) -> datasets.Dataset:
    """As many blank training images, which take no memory until they are written to, and a tenth to test with."""
    x, y = np.zeros((n, *shape), np.uint8), np.arange(n, dtype=np.int32) % 4
    return datasets.Dataset("", "", x, y, x[: n // 10], y[: n // 10], tuple("abcd"), {}, "")


def needed(name: str, dataset: datasets.Dataset, **choices) -> need.Need:
    keras_runtime.import_keras()
    return need.of(kind(name), kind(name).Config(**choices), dataset)


def test_the_weights_are_counted_from_shapes():
    dense = needed("autoencoder", images(100, 28, 28), hidden=(10,))
    weights = 784 * 10 + 10 + 10 * 2 + 2 + 2 * 10 + 10 + 10 * 784 + 784
    assert dense.networks == 4 * need.WEIGHT_COPIES * weights
    assert dense.total(5) - dense.total(3) == 2 * dense.image


@pytest.mark.parametrize("name", [name for name in KINDS if name not in ("pca", "lda")])
@pytest.mark.parametrize("shape", [(28, 28), (32, 32, 3)])
def test_images_like_those_that_are_shipped_keep_their_batch(name, shape):
    found = needed(name, images(1000, *shape))
    batch = kind(name).Config().batch_size
    assert found.usual_batch(batch) == batch and found.total(batch) < 1.5e9 and not found.unopened


def test_linear_maps_of_as_many_images_as_cifar_10_has_fit_into_four_gigabytes():
    """Measured: PCA takes 1.3 GB, LDA 2.7 GB."""
    found = {name: needed(name, images(50_000, 32, 32, 3)).total(0) for name in ("pca", "lda")}
    assert 1.3e9 < found["pca"] < 2e9 and 2.7e9 < found["lda"] < 4e9


@pytest.mark.parametrize("name", KINDS)
def test_photos_are_refused_or_take_a_batch_that_fits(name, monkeypatch):
    """Four gigabytes are free; all kinds but PCA, filters and patches need more."""
    monkeypatch.setattr("psutil.virtual_memory", lambda: dataclasses.make_dataclass("Free", ["available"])(4 * 10**9))
    own, photos = kind(name), images(900, *PHOTO)
    found = needed(name, photos)
    config = own.Config()
    if hasattr(config, "batch_size"):
        config = dataclasses.replace(config, batch_size=found.usual_batch(config.batch_size))
    if name in ("pca", "convolutional", "transformer"):
        need.check(found, own, config, photos)
        assert name == "pca" or 2 <= config.batch_size <= 16
        return
    with pytest.raises(UserError) as caught:
        need.check(found, own, config, photos)
    said = str(caught.value)
    assert "\n" not in said and "480 × 640 × 3 does not fit into memory: it needs" in said
    assert "--resize" in said and "--space convolutional" in said


def test_a_network_that_could_not_be_opened_is_refused_where_memory_is_no_matter(monkeypatch):
    monkeypatch.setattr(untrusted, "check_room", lambda *given: None)
    photos = images(3, *PHOTO)
    with pytest.raises(UserError, match=r"its weights take 2\.8 GB, at most 210\.0 MB are read: give --resize"):
        need.check(needed("autoencoder", photos), kind("autoencoder"), kind("autoencoder").Config(), photos)


def test_a_run_that_does_not_fit_leaves_no_folder(tmp_path, monkeypatch):
    np.savez(tmp_path / "x.npz", images=np.zeros((20, 400, 400), np.uint8))
    with pytest.raises(UserError, match=r"^Autoencoder on 18 images of 400 × 400"):
        model.train(tmp_path / "a", source=str(tmp_path / "x.npz"), epochs=1)
    assert {path.name for path in tmp_path.iterdir()} == {"x.npz"}


@pytest.mark.parametrize(
    "shape, levels", [((28, 28), 2), ((32, 32, 3), 2), ((64, 64), 2), ((65, 64), 3), ((4, 4), 2), (PHOTO, 6)]
)
def test_filters_of_large_images_have_further_levels(shape, levels):
    own = kind("convolutional")
    networks = own(own.Config(), shape)
    for network in (networks.encoder, networks.decoder):
        assert sum(layer.name.startswith("level_") for layer in network.layers) == levels
        assert network.count_params() < 3_000_000
    assert networks.decoder.output_shape == (None, *shape) and networks.encoder.output_shape == (None, 2)


def test_a_grid_of_photos_is_a_coarse_one():
    assert [grid.resolution_of(60, shape) for shape in ((28, 28), (32, 32, 3), (64, 64, 3), PHOTO)] == [60, 60, 60, 16]
    assert grid.resolution_of(None, (28, 28)) == 128


def test_large_images_are_worked_on_a_few_at_a_time():
    assert [at_once(shape, 4096) for shape in ((28, 28), (2,), (10, 10), PHOTO, (2000, 2000))] == [
        4096,
        4096,
        4096,
        3,
        1,
    ]
    seen = []
    rows = np.arange(7 * 500 * 500, dtype=np.float32).reshape(7, 500, 500)
    found = keras_runtime.in_batches(lambda batch: seen.append(len(batch)) or batch[:, 0, 0], rows, 1000)
    assert seen == [3, 3, 1] and (found == rows[:, 0, 0]).all()


def test_codes_of_rows_are_those_of_their_images():
    x = np.random.default_rng(0).integers(0, 256, (30, 8, 8), np.uint8)
    dataset = dataclasses.replace(images(20, 8, 8), x_train=x[:20], x_test=x[20:])
    own = kind("convolutional")
    encoder = own(own.Config(), (8, 8)).encoder
    rows = np.array([25, 3, 19, 20])
    np.testing.assert_array_equal(loop.encode_rows(encoder, dataset, rows), loop.encode(encoder, x[rows]))


def test_pca_of_few_large_images_is_the_usual_one(monkeypatch):
    pca = importlib.import_module("explorer.training.models.pca")
    x = np.random.default_rng(0).integers(0, 256, (30, 20, 25), np.uint8)
    usual, wide = (pca.PCA(pca.PCA.Config(), (20, 25)) for _ in range(2))
    usual.fit(x, np.zeros(30))
    monkeypatch.setattr(pca, "WIDE", 0)
    monkeypatch.setattr(pca, "BLOCK", 1000)
    wide.fit(x, np.zeros(30))
    codes, others = (loop.encode(space.encoder, x) for space in (usual, wide))
    np.testing.assert_allclose(np.abs(codes), np.abs(others), atol=1e-4)
    np.testing.assert_allclose(usual.decoder(codes), wide.decoder(others), atol=1e-5)
