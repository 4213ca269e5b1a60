"""How real, how varied and how new the images are that spaces generate, from their prior or the density of their codes.

Images are compared by the features of a judge that has seen real images only; near-copies by pixels.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.decoding import keras_runtime
from explorer.images import datasets
from explorer.training.applying.bench import Bench
from explorer.training.loop import encode
from explorer.uses import generation
from explorer.uses.measured import Row

COLUMNS = {name: (title, form) for name, (title, form, _) in generation.MEASURES.items()}


def measure(bench: Bench) -> Iterator[Row]:
    """Measures as many generated images as there are test images, at temperature 1. The first row is the floor: as many
    training images.

    Raises:
        UserError: a space cannot be measured, or its images have no classes.
    """
    real, count = datasets.as_float(bench.x_test), len(bench.x_test)
    training, judge = datasets.as_float(bench.dataset.x_train), bench.judge
    features = judge.features(real)
    reach, likeness = generation.reach(features), generation.likeness(real, training)

    def row(space: str, source: str, images: np.ndarray, of_images: np.ndarray) -> Row:
        made, of_row = judge.features(images), {"space": space, "source": source}
        of_row |= {"frechet": generation.frechet(made, features), **generation.coverage(made, features, reach)}
        copies = generation.near_copies(of_images, likeness)
        return of_row | {"rarest": generation.rarest(judge.classes(made)), "near_copies": copies}

    some = np.random.default_rng(bench.seed).choice(len(training), min(count, len(training)), replace=False)
    yield row("", generation.REAL, training[some], likeness)
    for name in bench.folders:
        opened = bench.open(name)
        codes = encode(opened.encoder_network, bench.dataset.x_train)
        for source in generation.sources(opened.space):
            random = np.random.default_rng(bench.seed)
            middles, noise = generation.drawn(source, codes, count, random)
            images = keras_runtime.in_batches(opened.decoder, middles + noise)
            yield row(name, source, images, generation.likeness(images, training))
