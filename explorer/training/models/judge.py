"""The judge of generated images: a classifier that has seen real images only."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from explorer.decoding import keras_runtime
from explorer.images import datasets
from explorer.training.models import convolutional

EPOCHS, BATCH, WIDTH = 3, 128, 128


@dataclass(frozen=True)
class Judge:
    """A trained classifier.

    Attributes:
        body: from images (n, height, width[, 3]) to features (n, `WIDTH`).
        head: from features to probabilities (n, classes).
    """

    body: keras.Model
    head: keras.Layer

    def features(self, images: np.ndarray) -> np.ndarray:
        """What the classifier decides by: the `WIDTH` numbers before its last layer, (n, `WIDTH`) float32.

        Args:
            images: (n, height, width[, 3]) float32 in [0, 1].
        """
        return keras_runtime.in_batches(lambda batch: self.body(batch, training=False), images)

    def classes(self, features: np.ndarray) -> np.ndarray:
        """The probabilities of the classes, (n, classes) float32, of images with these features."""
        return np.asarray(self.head(features))


def judge(dataset: datasets.Dataset) -> Judge:
    """Trains a judge on the training images of a data set with classes, always in the same way."""
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            keras.Input(dataset.image_shape),
            *convolutional.features(dataset.image_shape, (32, 64), "relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(WIDTH, "relu", name="features"),
            layers.Dropout(0.3),
            layers.Dense(len(dataset.class_names), "softmax"),
        ]
    )
    steps = max(EPOCHS * len(dataset.x_train) // BATCH, 1)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    network.fit(datasets.as_float(dataset.x_train), dataset.y_train, BATCH, EPOCHS, verbose=0)
    return Judge(keras.Model(network.inputs[0], network.get_layer("features").output), network.layers[-1])
