"""What is worked out about a space only when somebody asks for it, because it takes longer than a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.displacement import Displacements, displacements
from explorer.analysis.novelty import NoveltyScore, calibrated
from explorer.analysis.pixels import NearestPixels
from explorer.analysis.probe import Analysis, SpaceProbe
from explorer.errors import UserError
from explorer.images import datasets
from explorer.progress import Asked, Report, at_once, batches
from explorer.space.card import CODES
from explorer.space.point_index import PointIndex

BATCH = 1000  # images decoded at once: 20 ms, in which other threads wait
AMONG, POINTS = 10, 5000  # neighbours that are compared, and points at once


def originals(probe: SpaceProbe, report: Report, cancelled: Asked) -> datasets.Dataset:
    """The images that the space was made of. Raises UserError where they are gone or others."""
    card = probe.space.card["data"]
    dataset = datasets.load(card["source"])
    if dataset.fingerprint != card.get("fingerprint"):
        raise UserError(f"the images in {card['source']} are not those that this space was made of")
    if (last := int(probe.space.rows.max())) >= len(dataset.labels):
        raise UserError(f"{probe.space.folder / CODES} has data row {last}, but there are {len(dataset.labels)}")
    return dataset


def errors(probe: SpaceProbe, report: Report, cancelled: Asked) -> np.ndarray:
    """How well each point's image is rebuilt: the mean squared difference over its pixels, (n,) float32, 0..1."""
    space, dataset, decoder = probe.space, probe.known(ORIGINALS), probe.decoder
    assert decoder is not None  # else the analysis is unavailable
    found = np.empty(len(space.codes), np.float32)
    for some in batches(len(found), at_once(dataset.image_shape, BATCH), report, cancelled):
        difference = decoder(space.codes[some]) - datasets.as_float(dataset.images(space.rows[some]))
        found[some] = np.square(difference).reshape(len(difference), -1).mean(axis=1)
    return found


@dataclass(frozen=True)
class LabelDisagreement:
    """Which points lie among others' classes.

    Attributes:
        share: of the `AMONG` nearest points of each that have another label, (n,) float32, 0..1.
        distance: of each to them on average, (n,) float32, in data coordinates.
    """

    share: np.ndarray
    distance: np.ndarray


def label_disagreement(probe: SpaceProbe, report: Report, cancelled: Asked) -> LabelDisagreement:
    """How far each point lies among other classes than its own. Raises UserError where there are none, or too few
    points."""
    space = probe.space
    if len(space.class_names) < 2:
        raise UserError("these images have no classes, so that none lies among another")
    if len(space.places) < 2:
        raise UserError("there is one image only")
    all_points = probe.all_points or PointIndex(space.places)
    k = min(AMONG, len(space.places) - 1)
    share, distance = np.empty((2, len(space.places)), np.float32)
    for some in batches(len(share), POINTS, report, cancelled):
        found, distances = all_points.others(k, some)
        share[some] = (space.labels[found] != space.labels[some, None]).mean(axis=1)
        distance[some] = distances.mean(axis=1)
    return LabelDisagreement(share, distance)


def spread(probe: SpaceProbe, report: Report, cancelled: Asked) -> np.ndarray:
    """How far each point lies from its 10th nearest, or from the farthest where there are fewer, (n,) float32, in data
    coordinates."""
    places = probe.space.places
    all_points = probe.all_points or PointIndex(places)
    k = min(AMONG, len(places) - 1)
    found = np.zeros(len(places), np.float32)
    for some in batches(len(found) if k else 0, POINTS, report, cancelled):
        found[some] = all_points.others(k, some)[1][:, -1]
    return found


def split(probe: SpaceProbe, report: Report, cancelled: Asked) -> np.ndarray:
    """Which points are of images that are no training images, (n,) bool."""
    return probe.space.rows >= len(probe.known(ORIGINALS).x_train)


def pixel_index(probe: SpaceProbe, report: Report, cancelled: Asked) -> NearestPixels:
    """The original images by their data rows, also those that the space has no point of, to be found by pixels."""
    dataset = probe.known(ORIGINALS)
    return NearestPixels(dataset.images, len(dataset.labels), report, cancelled)


def displaced(probe: SpaceProbe, report: Report, cancelled: Asked) -> Displacements:
    """What becomes of each point's neighbours in the other space. Raises UserError where there is none, or too few
    images are in both."""
    if probe.beside is None:
        raise UserError("no other space is compared with this one")
    return displacements(probe.space, probe.beside, report, cancelled)


def novelty(probe: SpaceProbe, report: Report, cancelled: Asked) -> NoveltyScore:
    """What tells how unusual an image is. Raises UserError without test images."""
    assert probe.decoder is not None  # else the analysis is unavailable
    return calibrated(probe.space, probe.known(ORIGINALS), probe.known(PIXEL_INDEX), probe.decoder, report, cancelled)


NOTHING_DECODES = "nothing can decode yet"
ORIGINALS = Analysis("originals", "reading the images", originals, of="images")
PIXEL_INDEX = Analysis("pixel index", "comparing the images", pixel_index, (ORIGINALS,), of="images")
ERRORS = Analysis("errors", "rebuilding every image", errors, (ORIGINALS,), of="codes", no_decoder=NOTHING_DECODES)
SPREAD = Analysis("spread", "measuring distances to neighbours", spread)
SPLIT = Analysis("split", "telling training and test images apart", split, (ORIGINALS,), of="codes")
LABEL_DISAGREEMENT = Analysis("label disagreement", "comparing neighbours", label_disagreement)
DISPLACEMENTS = Analysis("displacements", "comparing neighbourhoods", displaced, of="codes", of_pair=True)
NOVELTY = Analysis(
    "novelty", "learning what is usual", novelty, (ORIGINALS, PIXEL_INDEX), of="codes", no_decoder=NOTHING_DECODES
)
