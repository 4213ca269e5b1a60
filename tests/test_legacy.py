"""Whole models in `.h5` files: of Keras 2, made by hand, and of Keras 3."""

import json

import h5py
import numpy as np
import pytest

from explorer.decoding import keras_runtime
from explorer.decoding.model_files import stored
from tests import hostile_models
from tests.hostile_models import called, dense, entry, functional, layer, sequential
from tests.test_networks import networks

READ_BY_KERAS = ("sequence", "scaling", "norms", "half the digits", "filters", "attention", "steps", "nested")


@pytest.fixture(scope="module")
def keras():
    return keras_runtime.import_keras()


@pytest.fixture(scope="module")
def sound(keras):
    return networks(keras)


@pytest.mark.parametrize("name", [*READ_BY_KERAS, "trained"])
def test_a_model_of_keras_3(sound, tmp_path, name):
    network, path = sound[name], tmp_path / "model.keras"  # told by its content
    network.save(tmp_path / "model.h5")
    (tmp_path / "model.h5").rename(path)
    codes = np.random.default_rng(1).normal(size=(5, 2)).astype(np.float32)
    np.testing.assert_array_equal(stored.load(path)(codes), network(codes))


def write(path, config, **arrays):
    """A file of Keras 2: the weights of each layer by its name."""
    with h5py.File(path, "w") as root:
        root.attrs["keras_version"], root.attrs["backend"] = np.bytes_("2.3.1"), np.bytes_("tensorflow")
        root.attrs["model_config"] = json.dumps(config).encode()
        group = root.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in ("in", *arrays)]
        group.create_group("in").attrs["weight_names"] = []
        for name, given in arrays.items():
            group.create_group(name).attrs["weight_names"] = [f"{name}/{n}:0".encode() for n in range(len(given))]
            for number, array in enumerate(given):
                group[name][f"{name}/{number}:0"] = array


CODES = np.random.default_rng(2).normal(size=(5, 2)).astype(np.float32)
W, V = (np.random.default_rng(seed).normal(size=(2, 2)).astype(np.float32) for seed in (3, 4))
NONE = np.zeros(2, np.float32)


@pytest.mark.parametrize("kind", ["Functional", "Model"])
def test_a_functional_model_of_keras_2(keras, tmp_path, kind):
    norm = called("BatchNormalization", "norm", "sum", axis=[1], momentum=0.99, epsilon=0.0, center=True, scale=True)
    config = functional(
        entry(), called("Dense", "one", "in", units=2, activation="relu", dtype="float32"),
        called("Dense", "two", "in", units=2, activation={"class_name": "LeakyReLU", "config": {"alpha": 0.5}}),
        called("Add", "sum", "one", "two"), norm, out="norm", kind=kind,
    )  # fmt: skip
    ones = np.ones(2, np.float32)
    norms = [2 * ones, ones, NONE, 4 * ones]
    write(tmp_path / "model.h5", config, one=[W, NONE], two=[V, NONE], sum=[], norm=norms)
    two = CODES @ V
    expected = np.maximum(CODES @ W, 0) + np.where(two > 0, two, 0.5 * two) + 1
    np.testing.assert_allclose(stored.load(tmp_path / "model.h5")(CODES), expected, atol=1e-5)


@pytest.mark.parametrize("with_input", [True, False])
def test_a_sequential_model_of_keras_2(keras, tmp_path, with_input):
    first = layer("Dense", "one", units=2, activation="tanh", batch_input_shape=[None, 2])
    first["config"]["kernel_initializer"] = {"class_name": "VarianceScaling", "config": {"scale": 1.0}}
    config = layer("Sequential", "network", layers=[*([entry()] if with_input else []), first])
    write(tmp_path / "model.h5", config, one=[W, NONE])
    np.testing.assert_allclose(stored.load(tmp_path / "model.h5")(CODES), np.tanh(CODES @ W), atol=1e-6)


def test_the_optimizer_is_ignored(keras, tmp_path):
    path = tmp_path / "model.h5"
    hostile_models.whole(path, sequential(dense()), more=lambda root: root.create_group("optimizer_weights"))
    with h5py.File(path, "a") as root:
        root.attrs["training_config"] = '{"optimizer_config": {"class_name": "Evil", "config": {}}}'
        root["optimizer_weights/x"] = np.full(9, np.nan)
    assert stored.load(path)(CODES).shape == (5, hostile_models.PIXELS)
