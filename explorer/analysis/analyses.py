"""The analyses: results about a space that take longer than a frame, and are computed when they are needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.displacement import Displacements, displacements
from explorer.analysis.novelty import BATCH as SCORED
from explorer.analysis.novelty import NoveltyScore, calibrated, squared_error
from explorer.analysis.pixels import NearestPixels
from explorer.analysis.probe import Analysis, SpaceProbe
from explorer.errors import UserError
from explorer.images import datasets
from explorer.progress import Asked, Report, at_once, batches
from explorer.spaces.card import CODES, IMAGES
from explorer.spaces.point_index import PointIndex
from explorer.spaces.prior import divergences

BATCH = 1000  # images decoded at once: 20 ms, for which other threads wait
AMONG, POINTS = 10, 5000  # neighbours of each point that are compared; points per batch


def originals(probe: SpaceProbe, report: Report, cancelled: Asked) -> datasets.Dataset:
    """The images that the space was trained on, packed. Raises UserError if they are missing or have changed."""
    card = probe.space.card["data"]
    if sha256 := probe.space.card["files"].get(IMAGES):
        dataset = datasets.kept(probe.space.folder / IMAGES, sha256)
    elif card["source"]:
        dataset = datasets.load_again(card)
    else:
        raise UserError("these codes came without images")
    if dataset.fingerprint != card.get("fingerprint"):
        raise UserError(f"the images in {card['source']} are not the ones that this space was trained on")
    if (last := int(probe.space.rows.max())) >= len(dataset.labels):
        raise UserError(
            f"{probe.space.folder / CODES} has data row {last}, but there are only {len(dataset.labels)} images"
        )
    return dataset.packed()


def errors(probe: SpaceProbe, report: Report, cancelled: Asked) -> np.ndarray:
    """The reconstruction error of each image: the mean squared difference over its pixels, (n,) float32, 0..1."""
    space, dataset, decoder = probe.space, probe.known(ORIGINALS), probe.decoder
    assert decoder is not None  # else the analysis is unavailable
    found = np.empty(len(space.codes), np.float32)
    for some in batches(len(found), at_once(dataset.image_shape, BATCH), report, cancelled):
        found[some] = squared_error(datasets.as_float(dataset.images(space.rows[some])), decoder(space.codes[some]))
    return found


@dataclass(frozen=True)
class LabelDisagreement:
    """Which points lie among points of other classes.

    Attributes:
        share: of the `AMONG` nearest points of each point, those with another label, (n,) float32, 0..1.
        distance: mean distance of each point to these, (n,) float32, in data coordinates.
    """

    share: np.ndarray
    distance: np.ndarray


def label_disagreement(probe: SpaceProbe, report: Report, cancelled: Asked) -> LabelDisagreement:
    """Compares the label of each point with those of its neighbours. Raises UserError if there are no classes, or too
    few points."""
    space = probe.space
    if len(space.class_names) < 2:
        raise UserError("these images have no classes, so labels cannot be compared")
    if len(space.places) < 2:
        raise UserError("there is only one image")
    all_points = probe.all_points or PointIndex(space.places)
    k = min(AMONG, len(space.places) - 1)
    share, distance = np.empty((2, len(space.places)), np.float32)
    for some in batches(len(share), POINTS, report, cancelled):
        found, distances = all_points.others(k, some)
        share[some] = (space.labels[found] != space.labels[some, None]).mean(axis=1)
        distance[some] = distances.mean(axis=1)
    return LabelDisagreement(share, distance)


def spread(probe: SpaceProbe, report: Report, cancelled: Asked) -> np.ndarray:
    """The distance of each point to its 10th nearest neighbour, or to the farthest point if there are fewer,
    (n,) float32, in data coordinates."""
    places = probe.space.places
    all_points = probe.all_points or PointIndex(places)
    k = min(AMONG, len(places) - 1)
    found = np.zeros(len(places), np.float32)
    for some in batches(len(found) if k else 0, POINTS, report, cancelled):
        found[some] = all_points.others(k, some)[1][:, -1]
    return found


def split(probe: SpaceProbe, report: Report, cancelled: Asked) -> np.ndarray:
    """Which points are test images, (n,) bool."""
    return probe.space.rows >= len(probe.known(ORIGINALS).x_train)


def pixel_index(probe: SpaceProbe, report: Report, cancelled: Asked) -> NearestPixels:
    """An index of all original images, by data row, that finds those with similar pixels."""
    dataset = probe.known(ORIGINALS)
    return NearestPixels(dataset.images, len(dataset.labels), report, cancelled)


def displaced(probe: SpaceProbe, report: Report, cancelled: Asked) -> Displacements:
    """How far each point's neighbours move between this space and the one it is compared with. Raises UserError if
    there is no other space, or if too few images are in both."""
    if probe.beside is None:
        raise UserError("no second space is open to compare with")
    return displacements(probe.space, probe.beside, report, cancelled)


def novelty(probe: SpaceProbe, report: Report, cancelled: Asked) -> NoveltyScore:
    """The novelty score of this space, calibrated. Raises UserError without test images."""
    assert probe.decoder is not None  # else the analysis is unavailable
    return calibrated(probe.space, probe.known(ORIGINALS), probe.known(PIXEL_INDEX), probe.decoder, report, cancelled)


def novelty_parts(probe: SpaceProbe, report: Report, cancelled: Asked) -> np.ndarray:
    """The parts of the novelty score of each test image, (n, 2): see `NoveltyScore.parts`; NaN for training images."""
    space, dataset, decoder, score = probe.space, probe.known(ORIGINALS), probe.decoder, probe.known(NOVELTY)
    assert decoder is not None  # else the analysis is unavailable
    tests, found = np.flatnonzero(space.rows >= len(dataset.x_train)), np.full((len(space.rows), 2), np.nan)
    for batch in batches(len(tests), at_once(dataset.image_shape, SCORED), report, cancelled):
        some = tests[batch]
        found[some] = score.parts(datasets.as_float(dataset.images(space.rows[some])), decoder(space.codes[some]))
    return found


NOTHING_DECODES = "no decoder is loaded yet"
ORIGINALS = Analysis("originals", "reading the images", originals, of="images")
PIXEL_INDEX = Analysis("pixel index", "indexing the images", pixel_index, (ORIGINALS,), of="images")
ERRORS = Analysis("errors", "reconstructing all images", errors, (ORIGINALS,), of="codes", no_decoder=NOTHING_DECODES)
SPREAD = Analysis("spread", "measuring distances to neighbours", spread)
SPLIT = Analysis("split", "finding the test images", split, (ORIGINALS,), of="codes")
LABEL_DISAGREEMENT = Analysis("label disagreement", "comparing neighbours", label_disagreement)
DIVERGENCES = Analysis(
    "KL per dimension",
    "measuring the dimensions",
    lambda probe, report, cancelled: divergences(probe.space),
    of="codes",
)
DISPLACEMENTS = Analysis("displacements", "comparing neighbourhoods", displaced, of="codes", of_pair=True)
NOVELTY = Analysis(
    "novelty", "measuring typical {images}", novelty, (ORIGINALS, PIXEL_INDEX), of="codes", no_decoder=NOTHING_DECODES
)
NOVELTY_PARTS = Analysis(
    "novelty parts", "scoring the test {images}", novelty_parts, (NOVELTY,), of="codes", no_decoder=NOTHING_DECODES
)
