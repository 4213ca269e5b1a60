"""The speed of training: our loop, Keras's `fit`, and the machine's peak for matrix products.

python -m benchmarks.training ours | fit  shipped | narrow | plain   prints images/s
python -m benchmarks.training best  shipped | narrow | plain         prints images/s of the best way to call `fit`
python -m benchmarks.training peak                                   prints floating-point operations/s
"""

import itertools
import json
import sys
import time

import numpy as np

from explorer.decoding import keras_runtime
from explorer.images import datasets
from explorer.training import loop, models

EPOCHS = 3  # the first one compiles
SIDE, PRODUCTS = 2048, 12
STEPS = 8, 32  # of one execution
TRIED = 32  # batches with which the ways are compared
SIZES = {"shipped": (768, 384, 192), "narrow": (512, 256, 128, 64), "plain": (384, 192, 96)}


def networks(hidden: tuple[int, ...]):
    """A kind of space and its config: reconstruction only, by both networks, without augmentation."""
    kind = models.kind("autoencoder")
    only = {"neighbour_weight": 0.0, "augmentation": 0.0, "decoder_until": 1.0}
    return kind, kind.Config(hidden=hidden, epochs=EPOCHS, **only)


def operations_per_image(hidden: tuple[int, ...]) -> int:
    """Floating-point operations of a training step per image: 2 per weight forwards, 4 backwards, without the gradient
    of the images."""
    sides = (28 * 28, *hidden, 2)
    weights = sum(a * b for a, b in itertools.pairwise(sides))  # of the encoder; the decoder has as many
    return 6 * 2 * weights - 2 * sides[0] * sides[1]


def ours(hidden: tuple[int, ...]) -> float:
    kind, config = networks(hidden)
    trainer = loop.Trainer(kind, config, datasets.load("mnist"), None, seed=0, strategy=loop.strategy())
    seconds = []
    for epoch in range(1, EPOCHS + 1):
        started = time.perf_counter()
        trainer.epoch(epoch, lambda images, losses: None)
        seconds.append(time.perf_counter() - started)
    return trainer.images_per_epoch / min(seconds[1:])


def fit(hidden: tuple[int, ...]) -> float:
    """Keras's `fit` with its defaults and the images in memory."""
    x = datasets.as_float(datasets.load("mnist").x_train)
    return max(_speeds(_compiled(hidden, len(x)), len(x), x, x, batch_size=_config(hidden).batch_size))


def best(hidden: tuple[int, ...]) -> dict[str, float]:
    """The fastest of the ways to call `fit`: the steps of one execution, XLA or not, and the images as an array or as
    tensors that a pipeline of `tf.data` shuffles and gathers."""
    keras_runtime.import_keras()
    import tensorflow as tf

    x = datasets.as_float(datasets.load("mnist").x_train)
    batch = _config(hidden).batch_size
    images = tf.constant(x)
    gather = lambda rows: (tf.gather(images, rows),) * 2  # noqa: E731
    order = tf.data.Dataset.range(len(x)).shuffle(len(x)).batch(batch, drop_remainder=True)
    pipeline = order.map(gather).prefetch(tf.data.AUTOTUNE)
    some = pipeline.take(TRIED)

    def way(steps: int, jit: bool, tensors: bool) -> tuple:
        return steps, jit, tensors, _compiled(hidden, len(x), steps_per_execution=steps, jit_compile=jit)

    def tried(way: tuple) -> float:
        *_, tensors, network = way
        few = x[: TRIED * batch]
        return max(
            _speeds(network, len(few), some) if tensors else _speeds(network, len(few), few, few, batch_size=batch)
        )

    ways = [way(*each) for each in itertools.product(STEPS, (True, False), (True, False))]
    steps, jit, tensors, network = max(ways, key=tried)
    whole = len(x) // batch * batch
    speeds = _speeds(network, whole, pipeline) if tensors else _speeds(network, len(x), x, x, batch_size=batch)
    return {"images/s": max(speeds), "steps_per_execution": steps, "jit_compile": jit, "tensors": tensors}


def _config(hidden: tuple[int, ...]):
    return networks(hidden)[1]


def _compiled(hidden: tuple[int, ...], images: int, **options):
    """The networks as one model, with the optimizer of our loop."""
    keras = keras_runtime.import_keras()
    kind, config = networks(hidden)
    steps = images // config.batch_size * EPOCHS
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=config.learning_rate, warmup_steps=steps // EPOCHS
    )
    space = kind(config, (28, 28))
    network = keras.Sequential([space.encoder, space.decoder])
    network.compile(keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay), "mse", **options)
    return network


def _speeds(network, images: int, *data, **options) -> list[float]:
    """Images per second of each epoch after the first, in which Keras compiles."""
    speeds = []
    for _ in range(EPOCHS):
        started = time.perf_counter()
        network.fit(*data, verbose=0, **options)
        speeds.append(images / (time.perf_counter() - started))
    return speeds[1:]


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
    print(json.dumps({"ours": ours, "fit": fit, "best": best, "peak": peak}[what](*map(SIZES.get, sizes))))
