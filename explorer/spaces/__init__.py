"""The kinds of latent space that can be trained: one file per kind, and this list, in historical order.

Each file has one class of `explorer.spaces.base.Kind`.
"""

from __future__ import annotations

import importlib

from explorer.errors import UserError
from explorer.spaces import live

KINDS = {
    "pca": "explorer.spaces.pca.PCA",
    "lda": "explorer.spaces.lda.LDA",
    "autoencoder": "explorer.spaces.autoencoder.Autoencoder",
    "autoencoder-plain": "explorer.spaces.autoencoder_plain.PlainAutoencoder",
    "denoising": "explorer.spaces.denoising.Denoising",
    "vae": "explorer.spaces.vae.VAE",
    "gan": "explorer.spaces.gan.GAN",
    "convolutional": "explorer.spaces.convolutional.Convolutional",
    "transformer": "explorer.spaces.transformer.Transformer",
    "classifier": "explorer.spaces.classifier.Classifier",
}


def kind(name: str) -> type:
    """The class of a kind; importing it imports Keras. Raises UserError for an unknown name."""
    if name not in KINDS:
        raise UserError(f"unknown space '{name}': known are {', '.join(KINDS)}")
    live.import_keras()  # silently, before the module does it
    module, _, title = KINDS[name].rpartition(".")
    return getattr(importlib.import_module(module), title)
