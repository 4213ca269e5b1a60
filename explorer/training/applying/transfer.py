"""How far a few labels reach: by the nearest named code, and by features of another data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from explorer.decoding import keras_runtime
from explorer.errors import UserError
from explorer.files import locations
from explorer.images import datasets
from explorer.spaces.folder import open_space
from explorer.training.applying.bench import Bench
from explorer.training.loop import encode
from explorer.training.terminal import say
from explorer.uses.measured import Row
from explorer.uses.naming import RIVALS, Questions, nearest

DRAWS, SEEDS = 100, 10  # of one random label per class, and of the images that are asked for
ASKED = (20, 50)
FEATURES = ("autoencoder", "autoencoder-32", "classifier")  # spaces whose encoders see the other data set
OTHER, FEW = "fashion_mnist", (10, 30, 100, 300, 1000)  # and how many of its images have labels
LINEAR_DRAWS, SCRATCH_DRAWS = 5, 3
STEPS, EPOCHS, BATCH, RATE = 300, 30, 32, 1e-3  # of a training from scratch: at least so many steps and epochs
SHARE = "{:.1%}"
OF_RIVALS = {"pixels": ("on pixels", SHARE)} | {name: (f"on {title}", SHARE) for name, title in RIVALS.items()}
COLUMNS = {"accuracy": ("accuracy", SHARE), "sd": ("sd", SHARE), "draws": ("draws", "{:d}")} | OF_RIVALS
Codes = tuple[Callable[[np.ndarray], np.ndarray], np.ndarray]  # of training images by index, and of the test images


def measure(bench: Bench) -> Iterator[Row]:
    """Yields the accuracy on the test images, by how many labels there are and how they were chosen. Beside it stands
    that of the same labels on raw pixels and in other spaces."""
    if len(bench.dataset.class_names) >= 2:
        yield from _named(bench)
    if bench.dataset.source != OTHER:
        yield from _across(bench)


def one_of_each(labels: np.ndarray, random: np.random.Generator, each: int = 1) -> np.ndarray:
    """Indices of so many random images of each class, (classes · each,) intp."""
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    return np.concatenate([random.choice(some, min(each, len(some)), replace=False) for some in members])


def _named(bench: Bench) -> Iterator[Row]:
    """Images get the label of the nearest one with a label."""
    x_train, y_train = bench.dataset.x_train, bench.dataset.y_train
    rivals = {name: _codes(locations.WEIGHTS / name, bench) for name in RIVALS}
    rivals["pixels"] = lambda rows: _flat(x_train[rows]), _flat(bench.x_test)

    def row(name: str, draws: list[np.ndarray], how: str) -> Row:
        def accuracies(codes: Codes) -> list[float]:
            named = [y_train[rows][nearest(codes[1], codes[0](rows))] for rows in draws]
            return [float(np.mean(labels == bench.y_test)) for labels in named]

        about = {"space": name, "method": "nearest named code", "labels": len(draws[0]), "how": how}
        others = {other: _summary(accuracies(each))["accuracy"] for other, each in rivals.items() if each}
        return about | _summary(accuracies(codes)) | others

    random = np.random.default_rng(bench.seed)
    drawn = [one_of_each(y_train, random) for _ in range(DRAWS)]
    for name, folder in bench.folders.items():
        if codes := _codes(folder, bench):
            yield row(name, drawn, "random")
            train = np.arange(len(x_train))
            seeds = range(bench.seed, bench.seed + SEEDS)
            asked = [Questions(codes[0](train), train, seed).first(max(ASKED)) for seed in seeds]
            for count in ASKED:
                yield row(name, [np.array(rows[:count]) for rows in asked], "asked for")


def _codes(folder: Path, bench: Bench) -> Codes | None:
    """The codes in a space; None if it is missing, or does not have all images of this data set."""
    try:
        space = open_space(folder)
    except UserError:
        return None
    if space.images != bench.dataset.fingerprint or len(space.rows) != len(bench.dataset.labels):
        return None
    codes = space.codes[np.argsort(space.rows)]
    return codes.__getitem__, codes[len(bench.dataset.x_train) :][: bench.images]


def _across(bench: Bench) -> Iterator[Row]:
    """A linear classifier of another data set, by features of encoders that have only seen the images of the spaces;
    beside it the encoder's layers trained from scratch."""
    encoders = {name: bench.open(name).encoder_network for name in FEATURES if name in bench.folders}
    try:
        other = datasets.load(OTHER)
    except UserError as error:
        say(f"nothing is measured on {datasets.SOURCES[OTHER]}: {error}", error=True)
        return
    if not encoders or other.image_shape != bench.dataset.image_shape:
        return
    keras, x_test, classes = keras_runtime.import_keras(), other.x_test[: bench.images], len(other.class_names)

    def linear(features: Callable[[np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
        from sklearn.linear_model import LogisticRegression

        test = features(x_test)
        scale = test.std()
        return lambda x, y, _: LogisticRegression(max_iter=200).fit(features(x) / scale, y).predict(test / scale)

    def from_scratch(encoder: Any) -> Callable[..., np.ndarray]:
        def predict(x: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
            keras.utils.set_random_seed(seed)
            hidden = [_new(layer) for layer in encoder.layers[:-1]]
            network = keras.Sequential([keras.Input(x.shape[1:]), *hidden, keras.layers.Dense(classes, "softmax")])
            network.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy")
            random, epochs = np.random.default_rng(seed), max(EPOCHS, STEPS * BATCH // len(x))
            order = np.concatenate([random.permutation(len(x)) for _ in range(epochs)])  # one call: no overhead
            network.fit(datasets.as_float(x[order]), y[order], BATCH, 1, shuffle=False, verbose=0)
            return encode(network, x_test).argmax(axis=1)

        return predict

    methods = [("", "linear on pixels", LINEAR_DRAWS, linear(_flat))]
    for name, encoder in encoders.items():
        before = keras.Model(encoder.inputs, encoder.layers[-2].output)  # the last layer makes the code
        methods += [
            (name, "linear on its features", LINEAR_DRAWS, linear(lambda x, before=before: encode(before, x))),
            (name, "its layers from scratch", SCRATCH_DRAWS, from_scratch(encoder)),
        ]
    for name, method, draws, predict in methods:
        for labels in FEW:
            random = np.random.default_rng(bench.seed)  # the same images for all methods
            drawn = [one_of_each(other.y_train, random, labels // classes) for _ in range(draws)]
            found = [predict(other.x_train[rows], other.y_train[rows], seed) for seed, rows in enumerate(drawn)]
            about = {"space": name, "method": f"{other.title}: {method}", "labels": labels, "how": "random"}
            yield about | _summary([float(np.mean(each == other.y_test[: len(each)])) for each in found])


def _new(layer: Any) -> Any:
    """A layer with new weights; a network that was loaded would begin with zeros."""
    config = layer.get_config()
    return type(layer).from_config(config | ({"kernel_initializer": "he_normal"} if layer.weights else {}))


def _flat(images: np.ndarray) -> np.ndarray:
    return datasets.as_float(images).reshape(len(images), -1)


def _summary(accuracies: list[float]) -> Row:
    mean, spread = round(float(np.mean(accuracies)), 4), round(float(np.std(accuracies)), 4)
    return {"accuracy": mean, "sd": spread, "draws": len(accuracies)}
