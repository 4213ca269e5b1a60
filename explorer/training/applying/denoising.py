"""Denoising of the test images: the PSNR over the strength of the noise, of spaces, filters and PCA.

The number of each filter is the best for this noise on training images; PCA is fitted to clean ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from explorer.analysis import metrics
from explorer.images import datasets, noise
from explorer.training.applying.bench import Bench
from explorer.uses import denoising
from explorer.uses.compression import Components
from explorer.uses.measured import Row

COLUMNS = {
    "strength": ("strength", "{:.1f}"),
    "chosen": ("chosen", "{:g}"),  # the number of the filter
    "psnr_db": ("PSNR dB", "{:.2f}"),
}
STRENGTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
SPACES = ("autoencoder-plain", "denoising", "vae-16")  # of all bundled ones; the others answer like these
TUNED_ON = 1000  # training images for which the numbers of the filters are chosen
FITTED_TO = 20_000  # training images of the PCA, at most


def measure(bench: Bench) -> Iterator[Row]:
    """Yields a row for each kind and strength of noise, and each method; the seed is that of the noise."""
    names = [name for name in bench.folders if name in SPACES] or list(bench.folders)
    train, clean = (datasets.as_float(x) for x in (bench.dataset.x_train[:TUNED_ON], bench.x_test))
    fitted = Components.of(bench.dataset.x_train[:FITTED_TO], max(denoising.COMPONENTS))
    filters = denoising.filters(fitted)
    measured = lambda images: {"psnr_db": metrics.psnr_of(metrics.mse(clean, images))}  # noqa: E731
    for (name, kind), strength in itertools.product(noise.KINDS.items(), STRENGTHS):
        noisy, seen = kind.add(clean, strength, bench.seed), kind.add(train, strength, bench.seed + 1)
        about: Row = {"noise": name, "strength": strength}
        yield {"space": "", "method": "noisy"} | about | measured(noisy)
        for method, (function, choices) in filters.items():
            chosen = denoising.best(train, seen, function, choices)
            yield {"space": "", "method": method} | about | {"chosen": chosen} | measured(function(noisy, chosen))
        for space in names:
            yield {"space": space, "method": ""} | about | measured(bench.open(space).rebuilt(noisy))
