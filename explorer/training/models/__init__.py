"""The kinds of latent space that can be trained: one file per kind, and this list, in historical order.

Each file has one subclass of `explorer.training.models.base.Kind`, except `dense`, which builds layers that several
kinds share, and `judge`, a classifier that measures generated images.
"""

from __future__ import annotations

import importlib

from explorer.decoding import keras_runtime
from explorer.errors import UserError

KINDS = {
    "pca": "explorer.training.models.pca.PCA",
    "lda": "explorer.training.models.lda.LDA",
    "autoencoder": "explorer.training.models.autoencoder.Autoencoder",
    "autoencoder-plain": "explorer.training.models.autoencoder_plain.PlainAutoencoder",
    "denoising": "explorer.training.models.denoising.Denoising",
    "vae": "explorer.training.models.vae.VAE",
    "gan": "explorer.training.models.gan.GAN",
    "convolutional": "explorer.training.models.convolutional.Convolutional",
    "transformer": "explorer.training.models.transformer.Transformer",
    "classifier": "explorer.training.models.classifier.Classifier",
}


def kind(name: str) -> type:
    """The class of a kind; importing it imports Keras. Raises UserError for an unknown name."""
    if name not in KINDS:
        raise UserError(f"unknown space '{name}': known are {', '.join(KINDS)}")
    keras_runtime.import_keras()  # without messages, before the module imports it
    module, _, title = KINDS[name].rpartition(".")
    return getattr(importlib.import_module(module), title)
