"""A neighbour embedding of the training images. It is the target of the neighbour loss, which places similar images
close together.

The embedding places each image by its nearest neighbours, without any label: t-SNE (van der Maaten, Hinton, JMLR 9,
2008), computed by openTSNE (Poličar, Stražar, Zupan, Journal of Statistical Software 109, 2024). Neighbours are images
that look alike when they stand upright, and to a lesser degree as they are. The embedding knows only the images it was
made of; the encoder learns from it to place new images.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from explorer.analysis import metrics, pixels
from explorer.progress import at_once, batches

COMPONENTS = 50
PERPLEXITY = 30
EXAGGERATION = 2.0  # of the attraction to neighbours: islands become more compact, and farther apart
FEWEST = 10  # images; fewer have no meaningful neighbourhoods
REPORT_EVERY = 10  # iterations
PARALLEL = 1000  # images; with fewer, cores mostly wait for each other, especially on a busy machine
AS_THEY_ARE = 0.5  # weight of the distance between images as they are, beside that of the upright ones
BLUR = 0.025  # of an image's height: standard deviation for upright images
BATCH = 1000  # images made upright at once
LEAST_TRUST = 0.95  # trustworthiness of the neighbours, below which images are left as they are
TRIED, AMONG = 2000, 12  # images and neighbours that it is measured with


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

    done = itertools.count(
        REPORT_EVERY, REPORT_EVERY
    )  # iterations; openTSNE restarts its count in the second of its two phases

    def tell(iteration: int, error: float, places: np.ndarray) -> None:
        report(min(1.0, next(done) / (tsne.early_exaggeration_iter + tsne.n_iter)))

    if (x == x[0]).all():  # one place
        return np.zeros((len(x), 2), np.float32)
    tsne = TSNE(
        perplexity=min(PERPLEXITY, (len(x) - 1) / 3),
        exaggeration=EXAGGERATION,
        n_jobs=-1 if len(x) >= PARALLEL else 1,
        random_state=seed,
        callbacks=tell,
        callbacks_every_iters=REPORT_EVERY,
    )
    places = np.asarray(tsne.fit(features(x, seed)), np.float32)
    places -= places.mean(axis=0)
    return places / max(float(places.std()), 1e-12)


def features(x: np.ndarray, seed: int) -> np.ndarray:
    """What the neighbours of images are found by: principal components of the upright images, and of the images as they
    are. Only the latter, where images that are neighbours upright do not look alike as they are.

    Args:
        x: images, (n, height, width[, 3]) uint8.

    Returns:
        (n, m) float32.
    """
    as_they_are = _components(pixels.comparable(x), seed)
    turned = [pixels.comparable(upright(x[some])) for some in batches(len(x), at_once(x.shape[1:], BATCH))]
    both = np.concatenate([_components(np.concatenate(turned), seed), AS_THEY_ARE * as_they_are], axis=1)
    few = np.random.default_rng(seed).permutation(len(x))[:TRIED]
    if len(few) > 2 * AMONG and metrics.trustworthiness(pixels.comparable(x[few]), both[few], AMONG) < LEAST_TRUST:
        return as_they_are
    return both


def _components(flat: np.ndarray, seed: int) -> np.ndarray:
    """The first principal components of (n, values) float32."""
    from sklearn.decomposition import PCA

    components = min(COMPONENTS, len(flat) - 1, flat.shape[1])
    found: np.ndarray = PCA(components, svd_solver="auto", random_state=seed).fit_transform(flat)
    return found


def upright(x: np.ndarray) -> np.ndarray:
    """Images without their slant, in the middle, and slightly blurred.

    The slant is that of the second moments of the brightness, as in LeCun, Bottou, Bengio, Haffner: Gradient-Based
    Learning Applied to Document Recognition. Proceedings of the IEEE 86, 1998.

    Args:
        x: images, (n, height, width[, 3]) uint8.

    Returns:
        The same shape, uint8.
    """
    from scipy import ndimage

    made = np.empty_like(x)
    grey = x.astype(np.float64) if x.ndim == 3 else x.mean(axis=3)
    weights = grey / np.maximum(grey.sum(axis=(1, 2), keepdims=True), 1e-9)
    rows, columns = (np.arange(side, dtype=np.float64) for side in x.shape[1:3])
    row, column = weights.sum(axis=2) @ rows, weights.sum(axis=1) @ columns  # the middle of each image's brightness
    down = rows - row[:, None]
    tall = (weights.sum(axis=2) * down**2).sum(axis=1)
    slant = ((weights @ columns - weights.sum(axis=2) * column[:, None]) * down).sum(axis=1) / np.maximum(tall, 1e-9)
    middle = (np.array(x.shape[1:3]) - 1) / 2
    for image in range(len(x)):
        matrix = np.array([[1, 0], [slant[image], 1]])
        shift = (row[image], column[image]) - matrix @ middle
        for channel in range(x.shape[3] if x.ndim == 4 else 1):
            where = (image, ..., channel) if x.ndim == 4 else (image,)
            made[where] = ndimage.affine_transform(x[where], matrix, shift, order=1)
    sigma = BLUR * x.shape[1]
    return ndimage.gaussian_filter(made, (0, sigma, sigma, 0)[: x.ndim])
