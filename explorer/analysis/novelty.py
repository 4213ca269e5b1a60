"""How unusual an image is, compared with the test images of a data set.

Two things are measured: the reconstruction error of the image, and how far it is from the training image that
looks most like it. Both are mean squared differences over the pixels, divided by the root mean square of the image's
pixels: else little ink would always seem usual and much ink unusual. Their logarithms, each in standard deviations of
the test images, are added up. `python -m benchmarks novelty` measures how well that tells other images from digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.pixels import NearestPixels
from explorer.decoding.decoders import Decoder
from explorer.errors import UserError
from explorer.images import datasets
from explorer.progress import Asked, Report, at_once, batches, never, unheard
from explorer.space.latent_space import LatentSpace

SAMPLE = 2000  # test images that others are compared with: a tenth of a percent can be told
LIKELY = 20  # training images that each is compared with
BATCH = 50  # images at once: about 15 ms, in which other threads wait
BLANK, EXACT = 1e-3, 1e-6  # what the division and the logarithms need
RATHER, VERY = 0.9, 0.99  # from which share on an image is rather, or very, unusual


@dataclass(frozen=True)
class Novelty:
    """How unusual one image is.

    Attributes:
        score: the sum of both measures, in standard deviations; 0 is the mean of the test images.
        share: of the test images that have a lower score, 0..1.
        rebuilt: share of the test images that have a smaller reconstruction error, 0..1.
        apart: share of the test images that are nearer to a training image, 0..1.
    """

    score: float
    share: float
    rebuilt: float
    apart: float

    def words(self) -> str:
        """What a person reads first."""
        if self.share < RATHER:
            return "like many others"
        why = "badly rebuilt" if self.rebuilt > self.apart else "far from all others"
        return f"{'very' if self.share >= VERY else 'rather'} unusual: {why}"


class NoveltyScore:
    """Scores how unusual images are, compared with the test images.

    Args:
        pixels: finds the training images that look alike.
        train: how many training images there are; they are the first rows.
        measures: of test images, (n, 2) float64, as `measured` gives them.
    """

    def __init__(self, pixels: NearestPixels, train: int, measures: np.ndarray) -> None:
        self._pixels, self._train = pixels, train
        self._mean, self._deviation = measures.mean(axis=0), measures.std(axis=0) + EXACT
        self._measures, self._scores = np.sort(measures, axis=0), np.sort(self.scores(measures))

    def scores(self, measures: np.ndarray) -> np.ndarray:
        """Measures (n, 2) to scores (n,) float64; a higher one is more unusual."""
        standardized = (measures - self._mean) / self._deviation
        return np.asarray(standardized.sum(axis=1))

    def score(self, images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
        """The scores (n,) of images and their reconstructions, both (n, height, width[, 3]) float32 in [0, 1]."""
        return self.scores(measured(images, reconstructions, self._pixels, self._train))

    def read(self, image: np.ndarray, reconstruction: np.ndarray) -> Novelty:
        """All about one image and its reconstruction, both (height, width[, 3]) float32 in [0, 1]."""
        measures = measured(image[None], reconstruction[None], self._pixels, self._train)
        score = self.scores(measures)[0]
        badly, apart = (_share(known, value) for known, value in zip(self._measures.T, measures[0], strict=True))
        return Novelty(float(score), _share(self._scores, score), badly, apart)


def measured(images: np.ndarray, reconstructions: np.ndarray, pixels: NearestPixels, train: int) -> np.ndarray:
    """Measures images (n, height, width[, 3]) and their reconstructions, both float32 in [0, 1].

    Returns:
        (n, 2) float64, the logarithms of reconstruction error and distance to the nearest training image, both
        relative to the image's ink.
    """
    flat = images.reshape(len(images), -1)
    ink = np.sqrt(np.square(flat).mean(axis=1)) + BLANK
    error = np.square(flat - reconstructions.reshape(flat.shape)).mean(axis=1)
    _, distances = pixels.likely(images, LIKELY, train)
    measures = np.column_stack([error, np.square(distances) / flat.shape[1]]) / ink[:, None]
    return np.asarray(np.log(measures + EXACT))


def calibrated(
    space: LatentSpace,
    dataset: datasets.Dataset,
    pixels: NearestPixels,
    decoder: Decoder,
    report: Report = unheard,
    cancelled: Asked = never,
) -> NoveltyScore:
    """A novelty score that is calibrated with a sample of the space's test images, at even distances.

    Raises:
        UserError: the space has too few test images.
        Cancelled: `cancelled()` was true.
    """
    train = len(dataset.x_train)
    tests = np.flatnonzero(space.rows >= train)
    if len(tests) < 2 or not train:
        raise UserError("this space has no test images to compare with")
    tests = tests[:: max(len(tests) // SAMPLE, 1)]
    found = []
    for batch in batches(len(tests), at_once(dataset.image_shape, BATCH), report, cancelled):
        some = tests[batch]
        images = datasets.as_float(dataset.images(space.rows[some]))
        found.append(measured(images, decoder(space.codes[some]), pixels, train))
    return NoveltyScore(pixels, train, np.concatenate(found))


def _share(known: np.ndarray, value: float) -> float:
    """Share of sorted values that lie below one, 0..1."""
    return float(np.searchsorted(known, value) / len(known))
