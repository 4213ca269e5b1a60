"""One of several machines that train together: the loss of every step and its weights after two epochs, into an .npz.

python tests/machine.py OUT.npz [SAVED.npz]; TF_CONFIG says which machine it is.
"""

import dataclasses
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from explorer.images import datasets
from explorer.training import loop
from explorer.training.models import kind


def main(out: str) -> None:
    strategy = loop.strategy()
    space = kind("autoencoder")
    config = space.Config(hidden=(32, 16), epochs=2, batch_size=64)
    targets = np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32)
    mnist = datasets.load("mnist")
    few = dataclasses.replace(mnist, x_train=mnist.x_train[:400], y_train=mnist.y_train[:400])
    trainer = loop.Trainer(space, config, few, targets, seed=5, strategy=strategy)
    losses: list[float] = []
    for number in (1, 2):
        trainer.epoch(number, lambda images, parts: losses.append(parts["mse"]))
    weights = [array for network in (trainer.encoder, trainer.decoder) for array in network.get_weights()]
    analyses = {"replicas": strategy.num_replicas_in_sync, "chief": loop.is_chief()}
    np.savez(out, *weights, losses=losses, **analyses)


if __name__ == "__main__":
    main(sys.argv[1])
