"""A classifier with a layer of two numbers, and a decoder that shows what these numbers still contain."""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers, ops

from explorer.training.models import base, convolutional, dense

FEATURES = (128,)  # widths of the layers between the filters and the code


@dataclass(frozen=True)
class Config(base.Config):
    """See `base.Config`.

    Attributes:
        filters: filters of the classifier's two levels.
        hidden: widths of the decoder's layers.
        classified_until: the share of the training after which the classifier is frozen; the decoder trains on.
    """

    filters: tuple[int, int] = (16, 32)
    hidden: tuple[int, ...] = (96, 192, 384)
    epochs: int = 40
    augmentation: float = 1.0
    classified_until: float = 0.5


class Classifier(base.Trained):
    """LeCun et al. 1998, through a feature layer of two numbers as in Wen et al. 2016."""

    title = "Classifier (CNN)"
    about = (
        "A convolutional network learned only to name the class of an image, through a layer of two numbers. The "
        "decoder was trained afterwards, and had no influence on the codes."
    )
    look = (
        "Look at the ten rays: along one of them all pictures are almost the same digit, because slant and stroke "
        "are lost."
    )
    paper = (
        "LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document Recognition. Proc. IEEE 86, 1998; "
        "two-number features: Wen et al.: A Discriminative Feature Learning Approach. ECCV 2016"
    )
    supervised = True
    compiled = False
    history_frames = 20
    Config = Config

    def build(self) -> None:
        config = self.config
        self.encoder = convolutional.encoder(self.image_shape, config.filters, FEATURES, config.latent_dim)
        self.head = keras.Sequential(
            [keras.Input((config.latent_dim,), name="code"), layers.Dense(self.classes, name="logits")], name="head"
        )
        self.decoder = dense.decoder(self.image_shape, config.hidden, config.latent_dim)

    def objectives(self) -> tuple[base.Objective, ...]:
        return (
            base.Objective((self.encoder, self.head), {"cross_entropy": 1.0}, until=self.config.classified_until),
            base.Objective((self.decoder,), {"mse": 1.0}),
        )

    def losses(self, batch: base.Batch) -> dict:
        """`cross_entropy` of the classes, in nats; `mse` of the reconstructions, as in `autoencoder`. Its gradient does
        not reach the classifier."""
        z = self.encoder(batch.x, training=True)
        each = keras.losses.sparse_categorical_crossentropy(batch.y, self.head(z, training=True), from_logits=True)
        rebuilt = self.decoder(ops.stop_gradient(z), training=True)
        return {"cross_entropy": ops.mean(each), "mse": ops.mean(ops.square(batch.x - rebuilt))}
