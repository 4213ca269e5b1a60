"""A generator, a discriminator, and an encoder that learns to invert the generator."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from explorer.decoding import keras_runtime
from explorer.images import datasets
from explorer.training.models import base, convolutional, dense
from explorer.training.models.judge import judge

DRAWN = 10_000  # new images for the metrics


@dataclass(frozen=True)
class Config(base.Config):
    """See `base.Config`.

    Attributes:
        filters: filters of the discriminator's two levels; the generator has them in reverse.
        hidden: widths of the generator's dense layers; the encoder has them in reverse.
        penalty: weight of the discriminator's squared gradient at real images (R1).
        information: weight of the generator's loss that lets its code be recovered from the image; without it, a
            generator with two inputs leaves out some classes.
    """

    filters: tuple[int, int] = (16, 32)
    hidden: tuple[int, ...] = (128, 256)
    epochs: int = 40
    batch_size: int = 128
    learning_rate: float = 4e-4
    weight_decay: float = 0.0
    penalty: float = 2.0
    information: float = 0.5
    grid_resolution: int | None = 56


class GAN(base.Trained):
    """Goodfellow et al. 2014, with the non-saturating loss; R1 penalty of Mescheder et al. 2018; recovery
    of the code from the image as in InfoGAN, Chen et al. 2016."""

    title = "GAN"
    about = (
        "A generator makes pictures from random codes, while a discriminator learns to tell them from real images. "
        "An encoder, trained to invert the generator, puts real images on the map."
    )
    look = (
        "Look at how sharp the pictures are even between digits, and at how far a reconstruction may be from its digit."
    )
    paper = (
        "Goodfellow et al.: Generative Adversarial Nets. NeurIPS 2014; R1 penalty: Mescheder, Geiger, Nowozin: Which "
        "Training Methods for GANs do actually Converge? ICML 2018"
    )
    prior = "normal"
    compiled = False
    history_frames = 16
    Config = Config

    def build(self) -> None:
        config = self.config
        # the generator
        self.decoder = convolutional.decoder(self.image_shape, config.filters, config.hidden, config.latent_dim)
        self.encoder = dense.encoder(self.image_shape, config.hidden[::-1], config.latent_dim)
        self.discriminator = keras.Sequential(
            [
                keras.Input(self.image_shape, name="image"),
                *convolutional.features(self.image_shape, config.filters, "leaky_relu"),
                layers.Flatten(name="features"),
                layers.Dense(config.hidden[-1], "leaky_relu", name="judge"),
                layers.Dense(1, name="realness"),  # (n, 1)
            ],
            name="discriminator",
        )

    def objectives(self) -> tuple[base.Objective, ...]:
        momentum = (0.0, 0.99)
        return (
            base.Objective(
                (self.discriminator,), {"told_apart": 1.0, "penalty": self.config.penalty}, momentum=momentum
            ),
            base.Objective((self.decoder,), {"fooled": 1.0, "code": self.config.information}, momentum=momentum),
            base.Objective((self.encoder,), {"code": 1.0, "mse": 10.0}),
        )

    def losses(self, batch: base.Batch) -> dict:
        """`told_apart`: the discriminator's cross-entropy. `penalty`: half its squared gradient at real images (R1).
        `fooled`: the generator's cross-entropy. `code`: squared distance from drawn codes to the encoder's codes of
        their images. `mse`: reconstruction error of real images."""
        z = tf.random.stateless_normal((tf.shape(batch.x)[0], self.config.latent_dim), batch.seed)
        made = self.decoder(z, training=True)
        with tf.GradientTape() as tape:
            tape.watch(batch.x)
            real = self.discriminator(batch.x, training=True)
        slope = tape.gradient(real, batch.x)
        judged_apart = self.discriminator(ops.stop_gradient(made), training=True)
        fooled = ops.mean(ops.softplus(-self.discriminator(made, training=True)))
        again = self.decoder(self.encoder(batch.x, training=True), training=True)
        return {
            "told_apart": ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(judged_apart)),
            "penalty": 0.5 * ops.mean(ops.sum(ops.reshape(ops.square(slope), (-1, np.prod(self.image_shape))), axis=1)),
            "fooled": fooled,
            "code": ops.mean(ops.square(self.encoder(made, training=True) - z)),
            "mse": ops.mean(ops.square(batch.x - again)),
        }

    @staticmethod
    def extra_metrics(dataset: datasets.Dataset, encoder, decoder) -> dict[str, float]:
        """Metrics of `DRAWN` new images by a classifier that was trained on real ones. `classes_made`: the number of
        classes that occur. `least_class_share`: the share of the rarest. `confidence`: mean probability of the
        predicted class. `judge_accuracy`: the classifier's accuracy on test images. Empty without classes."""
        if len(dataset.class_names) < 2:
            return {}
        z = np.random.default_rng(0).standard_normal((DRAWN, decoder.input_shape[-1]), np.float32)
        made = keras_runtime.in_batches(decoder, z).reshape(-1, *dataset.image_shape)
        trained = judge(dataset)
        says, of_real = (
            trained.classes(trained.features(images)) for images in (made, datasets.as_float(dataset.x_test))
        )
        counts = np.bincount(says.argmax(axis=1), minlength=len(dataset.class_names))
        return {
            "classes_made": int(np.count_nonzero(counts)),
            "least_class_share": float(counts.min() / len(made)),
            "confidence": float(says.max(axis=1).mean()),
            "judge_accuracy": float((of_real.argmax(axis=1) == dataset.y_test).mean()),
        }
