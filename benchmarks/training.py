"""The speed of training: our loop, Keras's `fit`, and the machine's peak for matrix products.

python -m benchmarks.training ours | keras  shipped | narrow | plain     prints images/s
python -m benchmarks.training peak                               prints floating-point operations/s
"""

import sys
import time

import numpy as np

from explorer.decoding import keras_runtime
from explorer.images import datasets
from explorer.training import loop, models

EPOCHS = 3  # the first one compiles
SIDE, PRODUCTS = 2048, 12
SIZES = {"shipped": (768, 384, 192), "narrow": (512, 256, 128, 64), "plain": (384, 192, 96)}


def networks(hidden: tuple[int, ...]):
    """A kind of space and its config: reconstruction only, without augmentation."""
    kind = models.kind("autoencoder")
    return kind, kind.Config(hidden=hidden, epochs=EPOCHS, neighbour_weight=0.0, augmentation=0.0)


def operations_per_image(hidden: tuple[int, ...]) -> int:
    """Floating-point operations of a training step per image: 2 per weight forwards, 4 backwards, without the gradient
    of the images."""
    kind, config = networks(hidden)
    space = kind(config, (28, 28))
    weights = space.encoder.weights + space.decoder.weights
    kernels = [weight.shape for weight in weights if len(weight.shape) == 2]
    return 6 * sum(a * b for a, b in kernels) - 2 * kernels[0][0] * kernels[0][1]


def ours(hidden: tuple[int, ...]) -> float:
    kind, config = networks(hidden)
    trainer = loop.Trainer(kind, config, datasets.load("mnist"), None, seed=0, strategy=loop.strategy())
    seconds = []
    for epoch in range(1, EPOCHS + 1):
        started = time.perf_counter()
        trainer.epoch(epoch, lambda images, losses: None)
        seconds.append(time.perf_counter() - started)
    return trainer.images_per_epoch / min(seconds[1:])


def keras(hidden: tuple[int, ...]) -> float:
    keras = keras_runtime.import_keras()
    kind, config = networks(hidden)
    x = datasets.as_float(datasets.load("mnist").x_train)
    steps = len(x) // config.batch_size * EPOCHS
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=config.learning_rate, warmup_steps=steps // EPOCHS
    )
    space = kind(config, x.shape[1:])
    network = keras.Sequential([space.encoder, space.decoder])
    network.compile(keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay), "mse")
    seconds = []
    for _ in range(EPOCHS):
        started = time.perf_counter()
        network.fit(x, x, batch_size=config.batch_size, verbose=0)
        seconds.append(time.perf_counter() - started)
    return len(x) / min(seconds[1:])


def peak() -> float:
    keras_runtime.import_keras()
    import tensorflow as tf

    square = tf.constant(np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32))
    seconds = []
    for _ in range(PRODUCTS):
        started = time.perf_counter()
        tf.matmul(square, square).numpy()
        seconds.append(time.perf_counter() - started)
    return 2 * SIDE**3 / min(seconds)


if __name__ == "__main__":
    what, *sizes = sys.argv[1:]
    print({"ours": ours, "keras": keras, "peak": peak}[what](*map(SIZES.get, sizes)))
