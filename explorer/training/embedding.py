"""A neighbour embedding of the training images. It is the target of the neighbour loss, which places similar images
close together.

The embedding places each image by its nearest neighbours in pixel space, without any label: t-SNE
(van der Maaten, Hinton, JMLR 9, 2008) on the first principal components, computed by openTSNE
(Poličar, Stražar, Zupan, Journal of Statistical Software 109, 2024). It knows only the images it was made
of; the encoder learns from it to place new images.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from explorer.analysis import pixels

COMPONENTS = 50
PERPLEXITY = 30
FEWEST = 10  # images; fewer have no meaningful neighbourhoods
REPORT_EVERY = 10  # iterations
PARALLEL = 1000  # images; with fewer, cores mostly wait for each other, especially on a busy machine


def embed(x: np.ndarray, seed: int, report: Callable[[float], None] = lambda share: None) -> np.ndarray:
    """Computes places of images in the plane from their neighbourhoods.

    The same images and seed give the same places on the same machine.

    Args:
        x: images, (n, height, width[, 3]) uint8, n at least `FEWEST`.
        seed: random seed.
        report: is called now and then with the finished share, 0..1.

    Returns:
        (n, 2) float32 with mean 0 and, over both axes together, standard deviation 1;
        all zero if all images are equal.
    """
    from openTSNE import TSNE
    from sklearn.decomposition import PCA

    done = itertools.count(
        REPORT_EVERY, REPORT_EVERY
    )  # iterations; openTSNE restarts its count in the second of its two phases

    def tell(iteration: int, error: float, places: np.ndarray) -> None:
        report(min(1.0, next(done) / (tsne.early_exaggeration_iter + tsne.n_iter)))

    flat = pixels.comparable(x)
    if np.ptp(flat, axis=0).max() == 0:  # all images are equal: one place
        return np.zeros((len(flat), 2), np.float32)
    components = min(COMPONENTS, len(flat) - 1, flat.shape[1])
    flat = PCA(components, svd_solver="auto", random_state=seed).fit_transform(flat)
    tsne = TSNE(
        perplexity=min(PERPLEXITY, (len(flat) - 1) / 3),
        n_jobs=-1 if len(flat) >= PARALLEL else 1,
        random_state=seed,
        callbacks=tell,
        callbacks_every_iters=REPORT_EVERY,
    )
    places = np.asarray(tsne.fit(flat), np.float32)
    places -= places.mean(axis=0)
    return places / max(float(places.std()), 1e-12)
