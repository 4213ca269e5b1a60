"""How well the novelty score separates other images from those of the test set: areas under the ROC curve.

python -m benchmarks oddness
"""

from __future__ import annotations

import numpy as np

from benchmarks.figures import Figures, add
from explorer.analysis.novelty import SAMPLE, calibrated
from explorer.analysis.pixels import NearestPixels
from explorer.decoding import keras_runtime
from explorer.images import datasets
from explorer.spaces.card import DECODER, ENCODER
from explorer.spaces.folder import folder_of, open_space
from tests.screen import Screen

BATCH = 500
NOISE = 0.3


def others(test: np.ndarray) -> dict[str, np.ndarray]:
    """Images other than MNIST's test set, (n, 28, 28) float32 each."""
    noise = np.random.default_rng(0).normal(0, NOISE, test.shape)
    return {
        "Fashion-MNIST test": datasets.as_float(datasets.load("fashion_mnist").x_test),
        "inverted": 1 - test,
        "rotated by 90°": np.rot90(test, axes=(1, 2)).copy(),
        f"noise of σ = {NOISE}": np.clip(test + noise, 0, 1).astype(np.float32),
    }


def areas(screen: Screen, rounds: int) -> Figures:
    """The AUROC of the test images against each of the others, for our score and for the reconstruction error alone.

    Test images that calibrated the score are left out.
    """
    from sklearn.metrics import roc_auc_score

    space = open_space(folder_of("autoencoder"))
    dataset = datasets.load("mnist")
    keras_runtime.process_is_ours = True  # TensorFlow is silent
    decoder = keras_runtime.load_decoder(space.folder / DECODER, space.image_shape)
    encoder = keras_runtime.load_encoder(space.folder / ENCODER, space.image_shape)
    pixels = NearestPixels(dataset.images, len(dataset.labels))
    novelty_score = calibrated(space, dataset, pixels, decoder)

    def scores(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = []
        for start in range(0, len(images), BATCH):
            some = images[start : start + BATCH]
            rebuilt = decoder(encoder(some))
            errors = np.square(rebuilt - some).mean(axis=(1, 2))
            found.append((novelty_score.parts(some, rebuilt).sum(axis=1), errors))
        ours, alone = zip(*found, strict=True)
        return np.concatenate(ours), np.concatenate(alone)

    test = datasets.as_float(dataset.x_test)
    unseen = np.ones(len(test), bool)
    unseen[:: max(len(test) // SAMPLE, 1)] = False
    usual = scores(test[unseen])
    figures: Figures = {}
    for name, images in others(test).items():
        unusual = scores(images)
        for what, a, b in zip(("score", "error alone"), usual, unusual, strict=True):
            area = roc_auc_score(np.repeat([0, 1], [len(a), len(b)]), np.concatenate([a, b]))
            add(figures, name, {what: area})
    return figures
