"""How unusual an image is, compared with the test images of a data set.

Two things are measured: the reconstruction error of the image, and its distance to the most similar training image.
Both are mean squared differences over the pixels, divided by the root mean square of the image's pixels; otherwise
images with little ink would always seem typical. The score is the sum of their logarithms, each in standard deviations
of the test images. `python -m benchmarks oddness` measures how well it separates digits from other images.
"""

from __future__ import annotations

from collections.abc import Iterator
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
        return f"{'very' if self.share >= VERY else 'rather'} unusual: {self.reason}"

    @property
    def reason(self) -> str:
        """Which of the two measures makes it unusual, for people."""
        return "poorly reconstructed" if self.rebuilt > self.apart else "unlike all others"


@dataclass(frozen=True)
class Novelties:
    """How unusual all test images of a space are.

    Attributes:
        points: indices of the test images, (m,) intp.
        scores: of all points, (n,) float64; NaN for training images.
        rebuilt, apart: see `Novelty`, (n,) float64; 0 for training images.
    """

    points: np.ndarray
    scores: np.ndarray
    rebuilt: np.ndarray
    apart: np.ndarray

    def reason(self, point: int) -> str:
        """What makes an image unusual: see `Novelty.reason`."""
        return Novelty(0.0, 0.0, float(self.rebuilt[point]), float(self.apart[point])).reason


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
        standardized = (measures - self._mean) / self._deviation
        return np.asarray(standardized.sum(axis=1))

    def score(self, images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
        """The scores (n,) of images and their reconstructions, both (n, height, width[, 3]) float32 in [0, 1]."""
        return self.scores(measured(images, reconstructions, self._pixels, self._train))

    def shares(self, measures: np.ndarray) -> np.ndarray:
        """Of the test images, the shares with a smaller error and a smaller distance, (n, 2), from measures (n, 2)."""
        return np.column_stack(
            [_shares(known, values) for known, values in zip(self._measures.T, measures.T, strict=True)]
        )

    def read(self, image: np.ndarray, reconstruction: np.ndarray) -> Novelty:
        """The novelty of one image with its reconstruction, both (height, width[, 3]) float32 in [0, 1]."""
        measures = measured(image[None], reconstruction[None], self._pixels, self._train)
        score, (badly, apart) = self.scores(measures), self.shares(measures)[0]
        return Novelty(float(score[0]), float(_shares(self._scores, score)[0]), float(badly), float(apart))


def measured(images: np.ndarray, reconstructions: np.ndarray, pixels: NearestPixels, train: int) -> np.ndarray:
    """Measures images (n, height, width[, 3]) and their reconstructions, both float32 in [0, 1].

    Returns:
        (n, 2) float64: logarithms of the reconstruction error and of the distance to the nearest training image,
        both divided by the root mean square of the pixels.
    """
    _, distances = pixels.likely(images, LIKELY, train)
    return measures_of(images, squared_error(images, reconstructions), np.square(distances) / images[0].size)


def squared_error(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """The mean squared difference over the pixels of each image, (n,) float32."""
    return np.asarray(np.square(images - reconstructions).reshape(len(images), -1).mean(axis=1))


def measures_of(images: np.ndarray, errors: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """The measures (n, 2) of images with these mean squared errors and distances, (n,) each: see `measured`."""
    return np.column_stack([relative(images, each) for each in (errors, distances)])


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
    train, tests = len(dataset.x_train), _tests(space, dataset)
    if len(tests) < 2 or not train:
        raise UserError("this space has no test images to compare with")
    tests = tests[:: max(len(tests) // SAMPLE, 1)]
    found = [each for _, each in _measured(tests, space, dataset, pixels, decoder, report, cancelled)]
    return NoveltyScore(pixels, train, np.concatenate(found))


def of_tests(
    novelty_score: NoveltyScore,
    space: LatentSpace,
    dataset: datasets.Dataset,
    pixels: NearestPixels,
    decoder: Decoder,
    report: Report = unheard,
    cancelled: Asked = never,
) -> Novelties:
    """How unusual each test image is, by a calibrated score. Raises Cancelled if `cancelled()` was true."""
    tests, n = _tests(space, dataset), len(space.codes)
    scores, shares = np.full(n, np.nan), np.zeros((n, 2))
    for some, measures in _measured(tests, space, dataset, pixels, decoder, report, cancelled):
        scores[some], shares[some] = novelty_score.scores(measures), novelty_score.shares(measures)
    return Novelties(tests, scores, *shares.T)


def _tests(space: LatentSpace, dataset: datasets.Dataset) -> np.ndarray:
    """The points of the test images, (m,) intp."""
    return np.flatnonzero(space.rows >= len(dataset.x_train))


def _measured(
    points: np.ndarray,
    space: LatentSpace,
    dataset: datasets.Dataset,
    pixels: NearestPixels,
    decoder: Decoder,
    report: Report,
    cancelled: Asked,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Points, some at a time, and their measures: see `measured`."""
    for batch in batches(len(points), at_once(dataset.image_shape, BATCH), report, cancelled):
        some = points[batch]
        images = datasets.as_float(dataset.images(space.rows[some]))
        yield some, measured(images, decoder(space.codes[some]), pixels, len(dataset.x_train))


def _shares(known: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Shares of sorted values below each of some values, (n,) float64, 0..1."""
    return np.asarray(np.searchsorted(known, values) / len(known))
