"""How fast training is: our loop, Keras's `fit`, and what the machine can multiply.

python -m benchmarks.training ours | keras | peak      prints images/s, or floating-point operations/s
"""

import sys
import time

import numpy as np

import data
from explorer.spaces import kind, live
from training import loop

EPOCHS = 3  # the first one compiles
SIDE, PRODUCTS = 2048, 12


def networks():
    """The shipped networks' sizes, reconstruction alone, images as they are."""
    space = kind("autoencoder")
    return space, space.Config(epochs=EPOCHS, neighbour_weight=0.0, augmentation=0.0)


def operations_per_image() -> int:
    """Of one training step: 2 per weight forwards, 4 backwards, but no gradient of the images."""
    space, config = networks()
    encoder, decoder = space.networks(config, (28, 28))
    kernels = [weight.shape for network in (encoder, decoder) for weight in network.weights if len(weight.shape) == 2]
    return 6 * sum(a * b for a, b in kernels) - 2 * kernels[0][0] * kernels[0][1]


def ours() -> float:
    space, config = networks()
    trainer = loop.Trainer(space, config, data.load("mnist").x_train, None, 0, loop.strategy())
    seconds = []
    for epoch in range(1, EPOCHS + 1):
        started = time.perf_counter()
        trainer.epoch(epoch, lambda images, losses: None)
        seconds.append(time.perf_counter() - started)
    return trainer.images_per_epoch / min(seconds[1:])


def keras() -> float:
    keras = live.import_keras()
    space, config = networks()
    x = data.as_float(data.load("mnist").x_train)
    steps = len(x) // config.batch_size * EPOCHS
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=config.learning_rate, warmup_steps=steps // EPOCHS
    )
    network = keras.Sequential(space.networks(config, x.shape[1:]))
    network.compile(keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay), "mse")
    seconds = []
    for _ in range(EPOCHS):
        started = time.perf_counter()
        network.fit(x, x, batch_size=config.batch_size, verbose=0)
        seconds.append(time.perf_counter() - started)
    return len(x) / min(seconds[1:])


def peak() -> float:
    live.import_keras()
    import tensorflow as tf

    square = tf.constant(np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32))
    seconds = []
    for _ in range(PRODUCTS):
        started = time.perf_counter()
        tf.matmul(square, square).numpy()
        seconds.append(time.perf_counter() - started)
    return 2 * SIDE**3 / min(seconds)


if __name__ == "__main__":
    print({"ours": ours, "keras": keras, "peak": peak}[sys.argv[1]]())
