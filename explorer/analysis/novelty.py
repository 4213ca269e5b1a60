"""How unusual an image is, compared with the test images of a data set.

Two things are measured: the reconstruction error of the image, and its distance to the most similar training image.
Both are mean squared differences over the pixels, divided by the root mean square of the image's pixels; otherwise
images with little ink would always seem typical. The score is the sum of their logarithms, each in standard deviations
of the test images. `python model.py apply anomaly` measures how well it separates digits from other images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.pixels import NearestPixels
from explorer.decoding.decoders import Decoder
from explorer.errors import UserError
from explorer.images import datasets
from explorer.progress import Asked, Report, at_once, batches, never, unheard
from explorer.spaces.latent_space import LatentSpace

SAMPLE = 2000  # test images to compare with: enough for shares of a tenth of a percent
LIKELY = 20  # training images that each image is compared with
BATCH = 50  # images at once: about 15 ms, for which other threads wait
BLANK, EXACT = 1e-3, 1e-6  # keep divisors and logarithms finite
RATHER, VERY = 0.9, 0.99  # shares from which an image is rather, or very, unusual


REASONS = "large error", "unlike all others"  # why an image is unusual, for the two measures


@dataclass(frozen=True)
class Novelty:
    """How unusual one image is.

    Attributes:
        score: the sum of both measures, in standard deviations; 0 is the mean of the test images.
        share: of test images with a lower score, 0..1.
        rebuilt: share of test images with a smaller reconstruction error, 0..1.
        apart: share of test images that are nearer to a training image, 0..1.
    """

    score: float
    share: float
    rebuilt: float
    apart: float

    def words(self) -> str:
        """The headline, for people."""
        if self.share < RATHER:
            return "typical"
        why = REASONS[0 if self.rebuilt > self.apart else 1]
        return f"{'very' if self.share >= VERY else 'rather'} unusual: {why}"


class NoveltyScore:
    """Scores how unusual an image is, compared with the test images.

    Args:
        pixels: finds similar training images.
        train: how many training images there are; they are the first rows.
        measures: of test images, (n, 2) float64, from `measured`.
    """

    def __init__(self, pixels: NearestPixels, train: int, measures: np.ndarray) -> None:
        self._pixels, self._train = pixels, train
        self._mean, self._deviation = measures.mean(axis=0), measures.std(axis=0) + EXACT
        self._measures, self._scores = np.sort(measures, axis=0), np.sort(self.scores(measures))

    def scores(self, measures: np.ndarray) -> np.ndarray:
        """Scores (n,) float64 from measures (n, 2); a higher one is more unusual."""
        return np.asarray(self._standardized(measures).sum(axis=1))

    def parts(self, images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
        """What error and distance contribute to the scores, (n, 2) float64, of images and their reconstructions, both
        (n, height, width[, 3]) float32 in [0, 1]."""
        return self._standardized(measured(images, reconstructions, self._pixels, self._train))

    def _standardized(self, measures: np.ndarray) -> np.ndarray:
        return np.asarray((measures - self._mean) / self._deviation)

    def read(self, image: np.ndarray, reconstruction: np.ndarray) -> Novelty:
        """The novelty of one image with its reconstruction, both (height, width[, 3]) float32 in [0, 1]."""
        measures = measured(image[None], reconstruction[None], self._pixels, self._train)
        score = self.scores(measures)[0]
        badly, apart = (_share(known, value) for known, value in zip(self._measures.T, measures[0], strict=True))
        return Novelty(float(score), _share(self._scores, score), badly, apart)


def measured(images: np.ndarray, reconstructions: np.ndarray, pixels: NearestPixels, train: int) -> np.ndarray:
    """Measures images (n, height, width[, 3]) and their reconstructions, both float32 in [0, 1].

    Returns:
        (n, 2) float64: logarithms of the reconstruction error and of the distance to the nearest training image,
        both divided by the root mean square of the pixels.
    """
    _, distances = pixels.likely(images, LIKELY, train)
    squares = squared_error(images, reconstructions), np.square(distances) / images[0].size
    return np.column_stack([relative(images, each) for each in squares])


def squared_error(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """The mean squared difference over the pixels of each image, (n,) float32."""
    return np.asarray(np.square(images - reconstructions).reshape(len(images), -1).mean(axis=1))


def relative(images: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Logarithms of mean squared differences, (n,), divided by the root mean square of each image's pixels."""
    ink = np.sqrt(np.square(images).reshape(len(images), -1).mean(axis=1)) + BLANK
    return np.asarray(np.log(squares / ink + EXACT))


def calibrated(
    space: LatentSpace,
    dataset: datasets.Dataset,
    pixels: NearestPixels,
    decoder: Decoder,
    report: Report = unheard,
    cancelled: Asked = never,
) -> NoveltyScore:
    """A novelty score, calibrated with an evenly spaced sample of the test images.

    Raises:
        UserError: there are too few test images.
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
    """Share of sorted values below one value, 0..1."""
    return float(np.searchsorted(known, value) / len(known))
