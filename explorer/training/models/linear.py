"""Linear maps as networks: one dense layer without activation there, one back."""

from __future__ import annotations

import keras

from explorer.training.models import dense


def networks(image_shape: tuple[int, ...], latent_dim: int) -> tuple[keras.Model, keras.Model]:
    """Encoder, images (n, *image_shape) to codes (n, latent_dim), and decoder, which may leave [0, 1]."""
    return dense.encoder(image_shape, (), latent_dim), dense.decoder(image_shape, (), latent_dim, None)
