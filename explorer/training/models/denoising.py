"""The denoising autoencoder: it sees noisy images and reconstructs the clean ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from explorer.analysis import metrics
from explorer.decoding import keras_runtime
from explorer.images import datasets, noise
from explorer.training.models import autoencoder, autoencoder_plain, base


@dataclass(frozen=True)
class Config(autoencoder_plain.Config):
    """See `autoencoder.Config`.

    Attributes:
        noise: largest standard deviation of the noise in the pixels. Each image's own is drawn from 0 to this, so that
            clean images are included.
    """

    epochs: int = 80
    augmentation: float = 1.0
    noise: float = noise.STRONGEST


class Denoising(autoencoder.Autoencoder):
    """Vincent et al. 2008."""

    title = "Denoising autoencoder"
    about = (
        "The encoder sees noisy images, and the decoder learns to return the clean ones. Random noise does not get "
        "through two numbers."
    )
    look = "Add noise to a digit below: it moves on the map, but its reconstruction stays clean."
    paper = "Vincent et al.: Extracting and Composing Robust Features with Denoising Autoencoders. ICML 2008"
    compiled = False  # XLA draws random numbers on one core
    history_frames = 24
    Config = Config

    def seen(self, batch: base.Batch):
        """The images with noise; like `noise.noisy`, but with random strengths."""
        images = tf.shape(batch.x)
        strength = tf.random.stateless_uniform(images[:1], batch.seed, 0.0, self.config.noise)
        normal = tf.random.stateless_normal(images, batch.seed + 1)
        each = tf.reshape(strength, (-1, *(1,) * len(self.image_shape)))  # (n, 1, 1[, 1])
        return tf.clip_by_value(batch.x + each * normal, 0.0, 1.0)

    @staticmethod
    def extra_metrics(dataset: datasets.Dataset, encoder, decoder) -> dict[str, float]:
        """`noisy_psnr_db` of the test images with noise of `noise.USUAL`, and `denoised_psnr_db` of their
        reconstructions. Both are means over the images."""
        x = datasets.as_float(dataset.x_test)
        noisy = noise.noisy(x, noise.USUAL)
        rebuilt = keras_runtime.in_batches(
            lambda batch: decoder(keras_runtime.codes_of(encoder(batch, training=False))), noisy
        )
        return {
            "noisy_psnr_db": float(metrics.psnr_db(x, noisy).mean()),
            "denoised_psnr_db": float(metrics.psnr_db(x, np.clip(rebuilt, 0, 1).reshape(x.shape)).mean()),
        }
