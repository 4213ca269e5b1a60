"""An independent judge of generated images: a classifier that has seen real ones alone."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from explorer.decoding import keras_runtime
from explorer.images import datasets
from explorer.training.models import convolutional

EPOCHS, BATCH = 3, 128


def trained(dataset: datasets.Dataset, seed: int = 0) -> keras.Model:
    """A convolutional classifier of the training images: (n, *image_shape) to probabilities (n, classes)."""
    keras.utils.set_random_seed(seed)
    network = keras.Sequential(
        [
            keras.Input(dataset.image_shape),
            *convolutional.features(dataset.image_shape, (32, 64), "relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(128, "relu"),
            layers.Dropout(0.3),
            layers.Dense(len(dataset.class_names), "softmax"),
        ]
    )
    steps = max(EPOCHS * len(dataset.x_train) // BATCH, 1)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    network.fit(datasets.as_float(dataset.x_train), dataset.y_train, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return network


def judged(dataset: datasets.Dataset, made: np.ndarray) -> dict[str, float]:
    """What such a classifier says of images (n, height, width[, 3]) float32 that a generator has made.

    Returns:
        `classes_made`, how many classes occur; `least_class_share`, of the rarest one, 0..1; `confidence`, mean
        probability of the class that it sees; `judge_accuracy`, its own on the real test images.
    """
    network = trained(dataset)
    says = keras_runtime.in_batches(lambda batch: network(batch, training=False), made)
    of_real = keras_runtime.in_batches(lambda batch: network(batch, training=False), datasets.as_float(dataset.x_test))
    counts = np.bincount(says.argmax(axis=1), minlength=len(dataset.class_names))
    return {
        "classes_made": int(np.count_nonzero(counts)),
        "least_class_share": float(counts.min() / len(made)),
        "confidence": float(says.max(axis=1).mean()),
        "judge_accuracy": float((of_real.argmax(axis=1) == dataset.y_test).mean()),
    }
