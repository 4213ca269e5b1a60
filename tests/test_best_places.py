"""Where the decoder draws an image best, against a decoder whose pictures are known."""

import itertools

import numpy as np
import pytest

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.best_places import BEST_PLACES, best_place
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.errors import Cancelled
from explorer.spaces import view
from tests.spaces import make_space

SHAPE = (6, 5)


class Bumps:
    """The brightness of each pixel falls with the distance between the code and the pixel's own place, so that every
    place has another picture."""

    source = "live"

    def __init__(self, limits, shape=SHAPE):
        self.shape, (a0, a1, b0, b1) = shape, limits
        self.middles = np.array(list(itertools.product(np.linspace(a0, a1, shape[0]), np.linspace(b0, b1, shape[1]))))
        self.width = (a1 - a0) / 4

    def __call__(self, codes):
        distances = np.square(np.asarray(codes, np.float64)[:, None] - self.middles).sum(axis=2)
        return np.exp(-distances / self.width**2).reshape(-1, *self.shape).astype(np.float32)

    def outside(self, codes):
        return np.zeros(len(codes), bool)


class Images:
    """Pictures of known places, each brightened by noise."""

    def __init__(self, decoder, places):
        noise = np.random.default_rng(1).normal(0, 0.02, (len(places), *SHAPE))
        self.x = np.rint(255 * np.clip(decoder(places) + noise, 0, 1)).astype(np.uint8)

    def images(self, rows):
        return self.x[rows]


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    return make_space(tmp_path_factory.mktemp("spaces") / "space", SHAPE, n=200)


@pytest.fixture
def probe(space):
    """Of a space whose images lie elsewhere than the encoder says."""
    probe = SpaceProbe(space, Bumps(view.home(space)))
    a0, a1, b0, b1 = view.home(space)
    truly = np.random.default_rng(2).uniform((a0, b0), (a1, b1), (200, 2))
    probe.results[ORIGINALS] = Images(probe.decoder, truly)
    probe.results[BEST_PLACES] = BEST_PLACES.work_out(probe)
    probe.truly = truly
    return probe


def error_at(probe, place, row) -> float:
    x = probe.results[ORIGINALS].images(np.array([row]))[0] / np.float32(255)
    return float(np.square(probe.decoder(np.array([place]))[0] - x).mean())


def test_the_place_is_found_where_the_picture_was_made(probe):
    width = np.ptp(view.home(probe.space)[:2])
    for row in range(0, 200, 7):
        best = best_place(probe, row)
        assert best.error == pytest.approx(error_at(probe, best.place, row), rel=1e-4)
        assert np.linalg.norm(best.place - probe.truly[row]) < 0.05 * width
        assert best.error <= error_at(probe, probe.truly[row], row) + 1e-6


def test_no_node_of_a_fine_lattice_is_better(probe):
    everywhere = grid.nodes(view.home(probe.space), (200, 200))
    pictures = probe.decoder(everywhere)
    for row in range(3, 200, 23):
        x = probe.results[ORIGINALS].images(np.array([row]))[0] / np.float32(255)
        assert best_place(probe, row).error <= np.square(pictures - x).mean(axis=(1, 2)).min() + 1e-6


def test_it_is_never_worse_than_the_place_of_the_encoder(probe):
    space = probe.space
    probe.results[ORIGINALS] = Images(probe.decoder, space.codes)
    probe.results[BEST_PLACES] = BEST_PLACES.work_out(probe)
    for row in range(0, 200, 11):
        assert best_place(probe, row).error <= error_at(probe, space.places[space.index_of(row)], row) + 1e-7


def test_it_waits_for_images_and_decoder(space, probe):
    assert best_place(SpaceProbe(space, None), 3) is None
    assert SpaceProbe(space, None).unavailable(BEST_PLACES)
    del probe.results[ORIGINALS]
    assert best_place(probe, 3) is None
    with pytest.raises(Cancelled):
        BEST_PLACES.work_out(probe, cancelled=lambda: True)
