"""The training loop: compiled steps over images that stay in memory, on one device or on several machines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from types import ModuleType

import numpy as np

from explorer.errors import UserError
from explorer.spaces import live

ENCODE_BATCH = 4096
CHUNK = 8  # steps in one call of the compiled function: between them weights need not leave it, which saves a tenth


def strategy():
    """Where the steps run: all machines that TF_CONFIG names, else all local GPUs, else the one device.

    Raises:
        UserError: TF_CONFIG is no JSON of a cluster.
    """
    live.import_keras()
    import tensorflow as tf

    if "TF_CONFIG" in os.environ:
        try:
            config = json.loads(os.environ["TF_CONFIG"])
            machines, index = config["cluster"][config["task"]["type"]], config["task"]["index"]
            if not 0 <= index < len(machines):
                raise ValueError(f"there is no machine {index}")
            return tf.distribute.MultiWorkerMirroredStrategy()
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"TF_CONFIG does not describe a cluster ({error}): the README shows one") from None
    if len(tf.config.list_logical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


def is_multi_worker(strategy) -> bool:
    return strategy.cluster_resolver is not None and len(strategy.cluster_resolver.cluster_spec().jobs) > 0


def is_chief(strategy) -> bool:
    """Whether this process is the one that writes."""
    if not is_multi_worker(strategy):
        return True
    resolver = strategy.cluster_resolver
    return resolver.task_id == 0 and (resolver.task_type == "chief" or "chief" not in resolver.cluster_spec().jobs)


def check_agreement(strategy, epoch: int) -> None:
    """Makes sure that all machines go on from the same epoch.

    Raises:
        UserError: they do not; on every machine alike, so that none waits for the others.
    """
    import tensorflow as tf

    def both(number):  # only equal numbers have this sum and this sum of squares
        return tf.distribute.get_replica_context().all_reduce("SUM", tf.stack([number, number * number]))

    replicas = strategy.num_replicas_in_sync
    if is_multi_worker(strategy):
        sums = strategy.run(tf.function(both), (tf.constant(epoch, tf.int64),))
        total, squares = strategy.experimental_local_results(sums)[0].numpy().tolist()
        if total != epoch * replicas or squares != epoch * epoch * replicas:
            raise UserError("the machines do not see the same unfinished run: --out must be one folder, shared by all")


class Trainer:
    """Networks, optimizer and the compiled step of one run: AdamW, a warm-up, a cosine down to zero.

    The same seed gives the same weights on the same machine, and an epoch depends on nothing but the
    state before it: a run that goes on from a saved state ends where an uninterrupted one does.

    Args:
        space: a module of `explorer.spaces`.
        config: its `Config`.
        x: training images, (n, height, width[, 3]) uint8.
        targets: where the neighbour loss pulls the codes, (n, d) float32; None without such a loss.
        seed: of the weights and of the order of the images.
        strategy: of `tf.distribute`; each of its replicas takes its part of every batch.

    Attributes:
        encoder, decoder: Keras models.
        images_per_epoch: whole batches only.

    Raises:
        UserError: the batch cannot be divided among the replicas.
    """

    def __init__(self, space: ModuleType, config, x: np.ndarray, targets: np.ndarray | None, seed: int, strategy):
        keras = live.import_keras()
        import tensorflow as tf

        from training import augment  # imports Keras

        keras.utils.set_random_seed(seed)
        tf.config.experimental.enable_op_determinism()
        self._tf, self._seed, self._count = tf, seed, len(x)
        replicas = strategy.num_replicas_in_sync
        self._batch_size = min(config.batch_size, len(x) // replicas * replicas)
        if self._batch_size % replicas or self._batch_size == 0:
            raise UserError(f"--batch-size {self._batch_size} cannot be divided among {replicas} replicas")
        self._steps = len(x) // self._batch_size
        self.images_per_epoch = self._steps * self._batch_size
        total = config.epochs * self._steps
        warmup = min(int(config.warmup_epochs * self._steps), total // 10)  # short runs have no time for it
        with strategy.scope():
            self.encoder, self.decoder = encoder, decoder = space.networks(config, x.shape[1:])
            self._variables = variables = encoder.trainable_variables + decoder.trainable_variables
            schedule = keras.optimizers.schedules.CosineDecay(
                0.0, total - warmup, warmup_target=config.learning_rate, warmup_steps=warmup
            )
            self._optimizer = optimizer = keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay)
            optimizer.build(variables)
        images = tf.constant(x)
        aims = None if targets is None else tf.constant(targets)
        share = self._batch_size // replicas

        @tf.function(jit_compile=True, autograph=False)
        def gradients(rows, moves, progress):
            batch = tf.cast(tf.gather(images, rows), tf.float32) / 255
            if config.augmentation:
                batch = augment.warp(batch, space.augmentation(config, progress) * moves)
            with tf.GradientTape() as tape:
                codes = encoder(batch, training=True)
                rebuilt = decoder(codes, training=True)
                losses = space.losses(config, batch, codes, rebuilt, None if aims is None else tf.gather(aims, rows))
                weights = space.loss_weights(config, progress)
                loss = tf.add_n([weights[name] * value for name, value in losses.items()]) / replicas
            return tape.gradient(loss, variables), losses

        def replica_step(rows, moves):
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            rows, moves = tf.reshape(rows, (replicas, share)), tf.reshape(moves, (augment.MOVES, replicas, share))
            progress = tf.cast(optimizer.iterations, tf.float32) / total
            steps, losses = gradients(rows[replica], moves[:, replica], progress)
            optimizer.apply(steps, variables)  # sums them over the replicas
            return losses

        @tf.function(autograph=False)
        def one_step(rows, moves, count):
            losses = strategy.run(replica_step, (rows[0], moves[0]))
            return {name: strategy.reduce("MEAN", value, axis=None)[None] for name, value in losses.items()}

        @tf.function(jit_compile=True, autograph=False)
        def steps(rows, moves, count):
            def body(index, values):
                losses = replica_step(rows[index], moves[index])
                column = tf.one_hot(index, CHUNK)
                return index + 1, {name: values[name] + column * losses[name] for name in values}

            state = tf.constant(0), {name: tf.zeros(CHUNK) for name in names}
            return tf.while_loop(lambda index, values: index < count, body, state)[1]

        self._moves = augment.MOVES
        if replicas > 1:
            self._run, self._chunk = one_step, 1
        else:
            a_batch = tf.TensorSpec([share], tf.int32), tf.TensorSpec([augment.MOVES, share])
            names = list(gradients.get_concrete_function(*a_batch, tf.TensorSpec([])).structured_outputs[1])
            self._run, self._chunk = steps, CHUNK

    def epoch(self, number: int, report: Callable[[int, dict[str, float]], None]) -> dict[str, float]:
        """One pass over the images, in an order that depends on the seed and the number alone.

        Args:
            number: of the epoch, from 1.
            report: is given, after each step, the images it took and its losses.

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
            values = self._run(*map(self._tf.constant, (rows, moves, count)))
            columns = {name: column.numpy().tolist() for name, column in values.items()}
            for step in range(count):
                losses.append({name: column[step] for name, column in columns.items()})
                report(self._batch_size, losses[-1])
        return {name: float(np.mean([parts[name] for parts in losses])) for name in losses[0]}

    def state(self) -> list[np.ndarray]:
        """Everything that the next epoch depends on: weights and the optimizer's moments."""
        return [variable.numpy() for variable in self._all_variables()]

    def restore(self, state: list[np.ndarray]) -> None:
        """Goes back to what `state` gave. Raises ValueError where shapes do not fit."""
        variables = self._all_variables()
        if [tuple(variable.shape) for variable in variables] != [array.shape for array in state]:
            raise ValueError("the saved state belongs to other networks")
        for variable, array in zip(variables, state, strict=True):
            variable.assign(array)

    def _all_variables(self) -> list:
        return [*self.encoder.variables, *self.decoder.variables, *self._optimizer.variables]


def encode(encoder, x: np.ndarray) -> np.ndarray:
    """Codes, (n, d) float32, of images, (n, height, width[, 3]) uint8."""
    batches = (x[start : start + ENCODE_BATCH] for start in range(0, len(x), ENCODE_BATCH))
    return np.concatenate([encoder(batch.astype(np.float32) / np.float32(255), training=False) for batch in batches])
