"""The variational autoencoder: each image is a small cloud of codes, and all clouds together follow the prior."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from explorer.decoding import keras_runtime
from explorer.images import datasets
from explorer.training.models import base, dense

SAMPLES = 8  # codes drawn for each image to measure the ELBO
TINY = 1e-6  # keeps logarithms of pixels finite


@dataclass(frozen=True)
class Config(base.Config):
    """See `base.Config`.

    Attributes:
        hidden: widths of the encoder's layers; the decoder has them in reverse.
        beta: weight of the KL divergence from the prior; with 1 the loss is the negative ELBO, with more the map gets
            rounder and the pictures softer (Higgins et al.: beta-VAE. ICLR 2017).
    """

    hidden: tuple[int, ...] = (512, 256, 128)
    epochs: int = 120
    augmentation: float = 1.0
    beta: float = 1.0
    grid_resolution: int | None = 56


class VAE(base.Trained):
    """Kingma, Welling 2014: a Gaussian posterior with a diagonal covariance, a standard normal prior, and Bernoulli
    pixels whose probabilities are the grey values."""

    title = "VAE"
    about = (
        "Each image becomes a small Gaussian cloud of codes, and all clouds together follow one normal distribution. "
        "A random code from that distribution decodes to a new image."
    )
    look = "Draw some digits below, and pin a digit to see its cloud."
    paper = "Kingma, Welling: Auto-Encoding Variational Bayes. ICLR 2014"
    prior = "normal"
    history_frames = 10
    Config = Config

    def build(self) -> None:
        hidden, dimensions = self.config.hidden, self.config.latent_dim
        body = dense.encoder(self.image_shape, hidden, 2 * dimensions)
        h = body.layers[-2].output
        mean = layers.Dense(dimensions, name="code")(h)  # (n, latent_dim)
        log_variance = layers.Dense(dimensions, name="log_variance")(h)  # (n, latent_dim)
        self.encoder = keras.Model(body.inputs[0], [mean, log_variance], name="encoder")
        self.decoder = dense.decoder(self.image_shape, hidden[::-1], dimensions)

    def objectives(self) -> tuple[base.Objective, ...]:
        aims = {"reconstruction": 1.0, "kl": self.config.beta}
        return (base.Objective((self.encoder, self.decoder), aims),)

    def losses(self, batch: base.Batch) -> dict:
        """`reconstruction`, the negative log-likelihood of the pixels, and `kl`, both in nats per image. Their sum is
        the negative ELBO."""
        mean, log_variance = self.encoder(batch.x, training=True)
        noise = tf.random.stateless_normal(tf.shape(mean), batch.seed)
        z = mean + ops.exp(0.5 * log_variance) * noise
        rebuilt = self.decoder(z, training=True)
        return {
            "reconstruction": ops.mean(cross_entropy(ops, batch.x, rebuilt)),
            "kl": ops.mean(divergence(ops, mean, log_variance)),
        }

    @staticmethod
    def extra_metrics(dataset: datasets.Dataset, encoder, decoder) -> dict[str, float]:
        """Metrics of the test images, in nats per image: `elbo` and its parts, `reconstruction_nats` (over `SAMPLES`
        random codes for each image) and `kl_nats`."""
        x = datasets.as_float(dataset.x_test)
        mean, log_variance = posterior(encoder, x)
        random = np.random.default_rng(0)
        nats = []
        for _ in range(SAMPLES):
            z = mean + np.exp(0.5 * log_variance) * random.standard_normal(mean.shape, np.float32)
            rebuilt = keras_runtime.in_batches(decoder, z).reshape(x.shape)
            nats.append(cross_entropy(np, x, rebuilt).mean(dtype=np.float64))
        reconstruction = float(np.mean(nats))
        kl = float(divergence(np, mean, log_variance).mean(dtype=np.float64))
        return {"elbo": -reconstruction - kl, "reconstruction_nats": reconstruction, "kl_nats": kl}

    @staticmethod
    def columns(x: np.ndarray, encoder) -> dict[str, np.ndarray]:
        """The standard deviations of each posterior along the axes, in latent units."""
        _, log_variance = posterior(encoder, datasets.as_float(x))
        sigma = np.exp(0.5 * log_variance).astype(np.float16)
        return {f"posterior σ{axis + 1}": sigma[:, axis] for axis in range(sigma.shape[1])}


def posterior(encoder, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and log-variance of the posterior of each image, (n, d) float32 both, for images (n, …) float32."""
    both = keras_runtime.in_batches(lambda batch: ops.concatenate(encoder(batch, training=False), axis=1), x)
    return tuple(np.split(both, 2, axis=1))


def cross_entropy(math, x, rebuilt):
    """−ln p(x | z) of Bernoulli pixels with these probabilities, (n,) nats; `math` is NumPy or Keras's `ops`."""
    p = math.clip(rebuilt, TINY, 1 - TINY)
    each = x * math.log(p) + (1 - x) * math.log(1 - p)
    return -math.sum(math.reshape(each, (len(each) if math is np else -1, np.prod(each.shape[1:]))), axis=1)


def divergence(math, mean, log_variance):
    """KL divergence of N(mean, exp(log_variance)) from N(0, 1), (n,) nats (Kingma, Welling, appendix B)."""
    return 0.5 * math.sum(math.exp(log_variance) + math.square(mean) - 1 - log_variance, axis=1)
