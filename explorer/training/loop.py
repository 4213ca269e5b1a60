"""The training loop: compiled steps over images in memory, on one device or on several machines."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from explorer.analysis import metrics
from explorer.decoding import keras_runtime
from explorer.errors import UserError
from explorer.images import datasets
from explorer.progress import at_once, batches
from explorer.training.models.base import Batch, Fitted, Objective, Trained, Weight

MEASURED = 60_000  # images compared with their reconstructions at once; fewer if they are large
CHUNK = 8  # steps in one call of the compiled function; the weights stay inside between them, which saves a tenth


@contextlib.contextmanager
def _cluster() -> Iterator[tuple[dict[str, list[str]], str, int]]:
    """The cluster of TF_CONFIG, and this process's task in it by type and index. Raises UserError if it does not
    describe a cluster, also if the code in the `with` block finds so."""
    try:
        config = json.loads(os.environ["TF_CONFIG"])
        cluster, type_, index = config["cluster"], config["task"]["type"], config["task"]["index"]
        if not 0 <= index < len(cluster[type_]):
            raise ValueError(f"there is no machine {index}")
        yield cluster, type_, index
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"TF_CONFIG does not describe a cluster ({error}): see docs/training.md") from None


def strategy():
    """The strategy for the steps: all machines in TF_CONFIG, otherwise all local GPUs, otherwise the one device.

    Raises:
        UserError: TF_CONFIG does not describe a cluster.
    """
    keras_runtime.import_keras()
    import tensorflow as tf

    if "TF_CONFIG" in os.environ:
        with _cluster():
            return tf.distribute.MultiWorkerMirroredStrategy()
    if len(tf.config.list_logical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


def is_chief() -> bool:
    """Whether this process writes the files, by TF_CONFIG. Raises UserError if that describes no cluster."""
    if "TF_CONFIG" not in os.environ:
        return True
    with _cluster() as (cluster, type_, index):
        return index == 0 and (type_ == "chief" or "chief" not in cluster)


def check_agreement(strategy, epoch: int) -> None:
    """Checks that all machines continue from the same epoch.

    Raises:
        UserError: they do not. All machines raise it, so that none waits for the others.
    """
    import tensorflow as tf

    def both(number):  # only equal numbers have this sum and this sum of squares
        return tf.distribute.get_replica_context().all_reduce("SUM", tf.stack([number, number * number]))

    replicas, resolver = strategy.num_replicas_in_sync, strategy.cluster_resolver
    if resolver is not None and resolver.cluster_spec().jobs:
        sums = strategy.run(tf.function(both, autograph=False), (tf.constant(epoch, tf.int64),))
        total, squares = strategy.experimental_local_results(sums)[0].numpy().tolist()
        if total != epoch * replicas or squares != epoch * epoch * replicas:
            raise UserError("the machines do not see the same unfinished run: --out must be one folder, shared by all")


class _Resumable:
    """Networks and optimizers whose state can be saved and restored.

    Attributes:
        _parts: networks and optimizers, in the order of their variables in a state.
    """

    _parts: list[Any]

    def state(self) -> list[np.ndarray]:
        """Everything that the next epoch depends on: weights and the optimizers' moments."""
        return [variable.numpy() for part in self._parts for variable in part.variables]

    def restore(self, state: list[np.ndarray]) -> None:
        """Restores a result of `state`. Raises ValueError if shapes do not fit."""
        variables = [variable for part in self._parts for variable in part.variables]
        if [tuple(variable.shape) for variable in variables] != [array.shape for array in state]:
            raise ValueError("the saved state belongs to other networks")
        for variable, array in zip(variables, state, strict=True):
            variable.assign(array)


class Trainer(_Resumable):
    """Networks, optimizers and the compiled step of one run: AdamW, a warm-up, a cosine down to zero.

    The same seed gives the same weights on the same machine. An epoch depends only on the state before
    it, so a resumed run ends with the same weights as an uninterrupted one.

    Args:
        kind: a class of `explorer.training.models` that is trained in epochs.
        config: its `Config`.
        dataset: has the training images.
        targets: targets of the neighbour loss, (n, d) float32; None without such a loss.
        seed: random seed for the weights, the order of the images, and everything random in a step.
        strategy: strategy of `tf.distribute`; each of its replicas gets a part of every batch.

    Attributes:
        encoder, decoder: Keras models.
        images_per_epoch: images in the whole batches of an epoch.

    Raises:
        UserError: the batch cannot be divided among the replicas, or the images do not suit the kind.
    """

    def __init__(
        self,
        kind: type[Trained],
        config: Any,
        dataset: datasets.Dataset,
        targets: np.ndarray | None,
        *,
        seed: int,
        strategy: Any,
    ) -> None:
        kind.check(config, dataset)
        keras = keras_runtime.import_keras()
        import tensorflow as tf

        from explorer.training import augment  # imports Keras

        keras.utils.set_random_seed(seed)
        tf.config.experimental.enable_op_determinism()
        self._tf, self._seed, self._count = tf, seed, len(dataset.x_train)
        replicas = strategy.num_replicas_in_sync
        self._batch_size = min(config.batch_size, self._count // replicas * replicas)
        if self._batch_size % replicas or self._batch_size == 0:
            raise UserError(f"--batch-size {self._batch_size} cannot be divided among {replicas} replicas")
        self._steps = self._count // self._batch_size
        self.images_per_epoch = self._steps * self._batch_size
        total = config.epochs * self._steps
        with strategy.scope():
            space = kind(config, dataset.image_shape, len(dataset.class_names))
            self.encoder, self.decoder = space.encoder, space.decoder
            objectives = space.objectives()
            variables = [
                [v for network in objective.networks for v in network.trainable_variables] for objective in objectives
            ]
            optimizers = [_optimizer(keras, config, objective, total, self._steps) for objective in objectives]
            for optimizer, own in zip(optimizers, variables, strict=True):
                optimizer.build(own)
        networks = dict.fromkeys(network for objective in objectives for network in objective.networks)
        self._parts = [*networks, *optimizers]
        self._images, labels = dataset.x_train, tf.constant(dataset.y_train)
        aims = None if targets is None else tf.constant(targets)
        share = self._batch_size // replicas
        warp = augment.warp if kind.compiled else tf.function(augment.warp, jit_compile=True, autograph=False)

        @tf.function(jit_compile=kind.compiled, autograph=False)
        def gradients(x, rows, moves, random, progress):
            x = tf.cast(x, tf.float32) / 255
            if config.augmentation:
                x = warp(x, space.augmentation(progress) * moves)
            near = None if aims is None else tf.gather(aims, rows)
            with tf.GradientTape(persistent=len(objectives) > 1) as tape:
                losses = space.losses(Batch(x, tf.gather(labels, rows), near, random, progress))
                sums = [_weighted(tf, objective.minimises, losses, progress) / replicas for objective in objectives]
            return [tape.gradient(loss, own) for loss, own in zip(sums, variables, strict=True)], losses

        def replica_step(x, rows, moves):
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            x = tf.reshape(x, (replicas, share, *dataset.image_shape))
            rows, moves = tf.reshape(rows, (replicas, share)), tf.reshape(moves, (augment.MOVES, replicas, share))
            step = optimizers[0].iterations
            progress = tf.cast(step, tf.float32) / total
            random = tf.stack([seed % 2**31, tf.cast(step, tf.int32) * replicas + replica])
            steps, losses = gradients(x[replica], rows[replica], moves[:, replica], random, progress)
            for optimizer, direction, own in zip(optimizers, steps, variables, strict=True):
                optimizer.apply(direction, own)  # sums them over the replicas
            return losses

        @tf.function(autograph=False)
        def one_step(x, rows, moves, count):
            losses = strategy.run(replica_step, (x[0], rows[0], moves[0]))
            return {name: strategy.reduce("MEAN", value, axis=None)[None] for name, value in losses.items()}

        @tf.function(jit_compile=True, autograph=False)
        def steps(x, rows, moves, count):
            def body(index, values):
                losses = replica_step(x[index], rows[index], moves[index])
                column = tf.one_hot(index, CHUNK)
                return index + 1, {name: values[name] + column * losses[name] for name in values}

            state = tf.constant(0), {name: tf.zeros(CHUNK) for name in names}
            return tf.while_loop(lambda index, values: index < count, body, state)[1]

        self._moves = augment.MOVES
        if replicas > 1 or not kind.compiled:
            self._run, self._chunk = one_step, 1
        else:
            x = tf.TensorSpec([share, *dataset.image_shape], tf.uint8)
            a_batch = x, tf.TensorSpec([share], tf.int32), tf.TensorSpec([augment.MOVES, share])
            others = tf.TensorSpec([2], tf.int32), tf.TensorSpec([])
            names = list(gradients.get_concrete_function(*a_batch, *others).structured_outputs[1])
            self._run, self._chunk = steps, CHUNK

    def epoch(self, number: int, report: Callable[[int, dict[str, float]], None]) -> dict[str, float]:
        """One pass over the images, in an order that depends only on the seed and the number.

        Args:
            number: number of the epoch, from 1.
            report: is called after each step with its number of images and its losses.

        Returns:
            The mean of each loss, by its name.
        """
        random = np.random.default_rng([self._seed, number])
        order = random.permutation(self._count)[: self.images_per_epoch].astype(np.int32)
        losses: list[dict[str, float]] = []
        for start in range(0, self._steps, self._chunk):
            count = min(self._chunk, self._steps - start)
            rows = np.zeros((self._chunk, self._batch_size), np.int32)
            moves = np.zeros((self._chunk, self._moves, self._batch_size), np.float32)
            rows[:count] = order.reshape(self._steps, -1)[start : start + count]
            for step in range(count):
                moves[step] = random.standard_normal(moves.shape[1:], np.float32)
                moves[step] *= random.random(self._batch_size, np.float32)
            x = self._images[rows]  # only these are copied to the device: all images may be gigabytes
            values = self._run(*map(self._tf.constant, (x, rows, moves, count)))
            columns = {name: column.numpy().tolist() for name, column in values.items()}
            for step in range(count):
                losses.append({name: column[step] for name, column in columns.items()})
                report(self._batch_size, losses[-1])
        return {name: float(np.mean([parts[name] for parts in losses])) for name in losses[0]}


def _optimizer(keras, config, objective: Objective, total: int, steps_per_epoch: int):
    """AdamW for one objective. Before `objective.since` and from `objective.until` on its learning rate is zero, so
    that it leaves the weights as they are."""
    first = round(objective.since * total)
    steps = max(round(objective.until * total) - first, 1)
    peak = objective.rate * config.learning_rate
    warmup = min(int(config.warmup_epochs * steps_per_epoch), steps // 10)  # short runs have no time for it
    cosine = keras.optimizers.schedules.CosineDecay(0.0, steps - warmup, warmup_target=peak, warmup_steps=warmup)

    class Schedule(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return keras.ops.where(step < first, 0.0, cosine(keras.ops.maximum(step - first, 0)))

    beta_1, beta_2 = objective.momentum
    rate = Schedule() if first else cosine
    return keras.optimizers.AdamW(rate, weight_decay=config.weight_decay, beta_1=beta_1, beta_2=beta_2)


def _weighted(tf, minimises: Mapping[str, Weight], losses: dict[str, Any], progress: Any) -> Any:
    """What an objective minimises: the weighted sum of its losses."""
    weights = {name: weight(progress) if callable(weight) else weight for name, weight in minimises.items()}
    return tf.add_n([weights[name] * losses[name] for name in weights if name in losses])


class Fit(_Resumable):
    """Like `Trainer`, for a kind that is computed directly, in a single epoch."""

    def __init__(self, kind: type[Fitted], config: Any, dataset: datasets.Dataset) -> None:
        kind.check(config, dataset)
        self._space = kind(config, dataset.image_shape, len(dataset.class_names))
        self.encoder, self.decoder = self._parts = [self._space.encoder, self._space.decoder]
        self.images_per_epoch = len(dataset.x_train)
        self._dataset = dataset

    def epoch(self, number: int, report: Callable[[int, dict[str, float]], None]) -> dict[str, float]:
        """Fits the networks; `mse` is the reconstruction error of the training images."""
        images = self._dataset.x_train
        self._space.fit(images, self._dataset.y_train)
        errors = 0.0
        for some in batches(len(images), at_once(images.shape[1:], MEASURED)):
            x = datasets.as_float(images[some])
            rebuilt = keras_runtime.in_batches(lambda batch: self.decoder(self.encoder(batch)), x)
            errors += metrics.mse(x, rebuilt) * len(x)
        losses = {"mse": errors / len(images)}
        report(len(images), losses)
        return losses


def encode_rows(encoder, dataset: datasets.Dataset, rows: np.ndarray) -> np.ndarray:
    """Codes, (n, d) float32, of data rows (n,). Only a batch of images is copied."""
    size = at_once(dataset.image_shape, keras_runtime.BATCH)
    return np.concatenate([encode(encoder, dataset.images(rows[some])) for some in batches(len(rows), size)])


def encode(encoder, x: np.ndarray) -> np.ndarray:
    """Codes, (n, d) float32, of images, (n, height, width[, 3]) uint8."""
    return keras_runtime.in_batches(
        lambda batch: keras_runtime.codes_of(encoder(datasets.as_float(batch), training=False)), x
    )
