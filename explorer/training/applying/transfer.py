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
FEATURES = ("autoencoder", "classifier")  # spaces whose encoders see the other data set
OTHER, FEW = "fashion_mnist", (10, 30, 100, 300, 1000)  # and how many of its images have labels
LINEAR_DRAWS, SCRATCH_DRAWS = 10, 3
STEPS, EPOCHS, BATCH, RATE = 300, 30, 32, 1e-3  # of a training from scratch: at least so many steps and epochs
SHARE = "{:.1%}"
Codes = tuple[Callable[[np.ndarray], np.ndarray], np.ndarray]  # of training images by index, and of the test images
COLUMNS = {
    "accuracy": ("accuracy", SHARE),
    "sd": ("± sd", SHARE),
    "pixels": ("same labels: pixels", SHARE),
    **{name: (name, SHARE) for name in RIVALS},
    "draws": ("draws", "{:d}"),
}


def measure(bench: Bench) -> Iterator[Row]:
    """Yields the accuracy on the test images, by how many labels there are and how they were chosen, and that of the
    same labels on raw pixels and in other spaces."""
    classes = len(bench.dataset.class_names)
    if classes >= 2:
        yield from _named(bench)
    if bench.dataset.source != OTHER and any(name in bench.folders for name in FEATURES):
        yield from _across(bench)


# ---- the nearest named image ---------------------------------------------------------------------


def one_of_each(labels: np.ndarray, random: np.random.Generator, each: int = 1) -> np.ndarray:
    """Indices of so many random images of each class, (classes · each,) intp."""
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    return np.concatenate([random.choice(some, min(each, len(some)), replace=False) for some in members])


def _named(bench: Bench) -> Iterator[Row]:
    dataset, n_train = bench.dataset, len(bench.dataset.x_train)
    rivals: dict[str, Codes] = {"pixels": (lambda rows: _flat(dataset.x_train[rows]), _flat(bench.x_test))}
    for name in RIVALS:
        if (codes := _codes(locations.WEIGHTS / name, bench)) is not None:
            rivals[name] = codes

    def accuracies(codes: Codes, draws: list[np.ndarray]) -> list[float]:
        codes_of, test = codes
        named = [dataset.y_train[rows][nearest(test, codes_of(rows))] for rows in draws]
        return [float(np.mean(labels == bench.y_test)) for labels in named]

    random = np.random.default_rng(bench.seed)
    drawn = [one_of_each(dataset.y_train, random) for _ in range(DRAWS)]
    beside = {name: _mean(accuracies(codes, drawn)) for name, codes in rivals.items()}
    for name, folder in bench.folders.items():
        if (codes := _codes(folder, bench)) is None:
            continue
        about = {"space": name, "method": "nearest named code"}
        found = accuracies(codes, drawn)
        yield about | {"labels": len(drawn[0]), "how": "random"} | _summary(found) | beside
        seeds = range(bench.seed, bench.seed + SEEDS)
        train = codes[0](np.arange(n_train))
        asked = [np.array(Questions(train, np.arange(n_train), seed).first(max(ASKED))) for seed in seeds]
        for count in ASKED:
            first = [rows[:count] for rows in asked]
            others = {rival: _mean(accuracies(each, first)) for rival, each in rivals.items()}
            yield about | {"labels": count, "how": "asked for"} | _summary(accuracies(codes, first)) | others


def _codes(folder: Path, bench: Bench) -> Codes | None:
    """The codes in a space; None if it is missing, or does not have all images of this data set."""
    try:
        space = open_space(folder)
    except UserError:
        return None
    rows, n_train = len(bench.dataset.labels), len(bench.dataset.x_train)
    if space.images != bench.dataset.fingerprint or len(space.rows) != rows:
        return None
    codes = space.codes[np.argsort(space.rows)]
    return codes.__getitem__, codes[n_train:][: bench.images]


# ---- another data set ----------------------------------------------------------------------------


def _across(bench: Bench) -> Iterator[Row]:
    """Features of encoders that have only seen the images of the spaces, for another data set."""
    try:
        other = datasets.load(OTHER)
    except UserError as error:
        say(f"nothing is measured on {datasets.SOURCES[OTHER]}: {error}", error=True)
        return
    if other.image_shape != bench.dataset.image_shape:
        return
    keras = keras_runtime.import_keras()
    x_test, y_test = other.x_test[: bench.images], other.y_test[: bench.images]
    classes, title = len(other.class_names), other.title

    def draws(count: int, labels: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        random = np.random.default_rng(bench.seed)
        for _ in range(count):
            rows = random.permutation(one_of_each(other.y_train, random, labels // classes))
            yield other.x_train[rows], other.y_train[rows]

    def linear(features: Any) -> Iterator[Row]:
        test = features(x_test)
        for labels in FEW:
            found = [_linear(features(x), y, test, y_test) for x, y in draws(LINEAR_DRAWS, labels)]
            yield {"labels": labels, "how": "random"} | _summary(found)

    for row in linear(_flat):
        yield {"space": "", "method": f"{title}: linear on pixels"} | row
    for name in FEATURES:
        if name not in bench.folders:
            continue
        encoder = bench.open(name).encoder_network
        before = keras.Model(encoder.inputs, encoder.layers[-2].output)  # the last layer makes the code
        for row in linear(lambda x, before=before: encode(before, x)):
            yield {"space": name, "method": f"{title}: linear on its features"} | row
        for labels in FEW:
            found = []
            for draw, (x, y) in enumerate(draws(SCRATCH_DRAWS, labels)):
                network = _from_scratch(keras, encoder, classes, x, y, bench.seed + draw)
                found.append(float(np.mean(encode(network, x_test).argmax(axis=1) == y_test)))
            about = {"space": name, "method": f"{title}: its network from scratch", "labels": labels, "how": "random"}
            yield about | _summary(found)


def _linear(x: np.ndarray, y: np.ndarray, x_test: np.ndarray, y_test: np.ndarray) -> float:
    """The accuracy of a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    scale = x.std() or 1.0
    return float(LogisticRegression(max_iter=2000).fit(x / scale, y).score(x_test / scale, y_test))


def _from_scratch(keras: Any, encoder: Any, classes: int, x: np.ndarray, y: np.ndarray, seed: int) -> Any:
    """The layers of an encoder with new weights and a softmax in place of its code, trained on a few images."""
    keras.utils.set_random_seed(seed)
    hidden = [type(layer).from_config(layer.get_config()) for layer in encoder.layers[:-1]]
    network = keras.Sequential([keras.Input(x.shape[1:]), *hidden, keras.layers.Dense(classes, "softmax")])
    network.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy")
    epochs = max(EPOCHS, STEPS * BATCH // len(x))
    random = np.random.default_rng(seed)
    order = np.concatenate([random.permutation(len(x)) for _ in range(epochs)])  # one call for all epochs: no overhead
    network.fit(datasets.as_float(x[order]), y[order], BATCH, 1, shuffle=False, verbose=0)
    return network


# ---- numbers -------------------------------------------------------------------------------------


def _flat(images: np.ndarray) -> np.ndarray:
    return datasets.as_float(images).reshape(len(images), -1)


def _mean(values: list[float]) -> float:
    return round(float(np.mean(values)), 4)


def _summary(accuracies: list[float]) -> Row:
    spread = round(float(np.std(accuracies)), 4)
    return {"accuracy": _mean(accuracies), "sd": spread, "draws": len(accuracies)}
