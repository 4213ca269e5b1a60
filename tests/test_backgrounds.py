"""Backgrounds against oracles: brute-force kernels, the analytic Jacobian of a known decoder, an encoder that is its
inverse."""

import dataclasses

import numpy as np
import pytest

from explorer.analysis import backgrounds
from explorer.analysis.analyses import ERRORS
from explorer.analysis.backgrounds import BACKGROUNDS
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.errors import Cancelled, UserError
from explorer.spaces import view
from tests.spaces import make_space

SHAPE = (6, 5)


class Waves:
    """Each pixel is a wave over the plane, so that the Jacobian is known."""

    source = "live"

    def __init__(self, shape=SHAPE):
        self.shape = shape
        self.directions = np.random.default_rng(3).normal(size=(int(np.prod(shape)), 2))

    def __call__(self, codes):
        waves = 0.5 + 0.5 * np.sin(np.asarray(codes, np.float64) @ self.directions.T)
        return waves.reshape(-1, *self.shape).astype(np.float32)

    def outside(self, codes):
        return np.zeros(len(codes), bool)

    def norm(self, places):
        slope = 0.5 * np.cos(places @ self.directions.T)  # (n, pixels)
        return np.sqrt((slope[:, :, None] ** 2 * self.directions**2).sum(axis=(1, 2)))


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    return make_space(tmp_path_factory.mktemp("spaces") / "space", SHAPE, n=500)


def computed(name, probe, cancelled=lambda: False):
    shares = []
    found = BACKGROUNDS[name].work_out(probe, shares.append, cancelled)
    assert shares == sorted(shares) and (not shares or shares[-1] == pytest.approx(1))
    return found


def nodes(field) -> np.ndarray:
    """The places of the nodes, (ny, nx, 2) float64."""
    ny, nx = field.values.shape
    a0, a1, b0, b1 = field.extent
    return np.stack(np.meshgrid(np.linspace(a0, a1, nx), np.linspace(b0, b1, ny)), axis=-1)


def kernels(space, field) -> np.ndarray:
    """The kernel of every point at every node, by brute force, (ny, nx, n)."""
    a0, a1, b0, b1 = view.default_limits(space.places)
    width = backgrounds.BANDWIDTH * np.sqrt((a1 - a0) * (b1 - b0))
    squares = ((nodes(field)[:, :, None] - space.places.astype(float)) ** 2).sum(axis=-1)
    return np.exp(-squares / (2 * width**2)) / (2 * np.pi * width**2)


def test_density_is_the_sum_of_all_kernels(few):
    field = computed("density", SpaceProbe(few, None))
    wanted = kernels(few, field).sum(axis=-1)
    assert field.values.shape == wanted.shape
    assert np.abs(field.values - wanted).max() < 0.02 * wanted.max()


def test_density_counts_every_point_of_the_map(few):
    """Integrated over the area, the shipped scale left aside: as many points as lie well within."""
    field = computed("density", SpaceProbe(few, None))
    a0, a1, b0, b1 = field.extent
    ny, nx = field.values.shape
    total = field.values.sum() * (a1 - a0) / (nx - 1) * (b1 - b0) / (ny - 1)
    assert total == pytest.approx(view.inside(few.places, field.extent).sum(), rel=0.02)


def test_a_place_shows_its_density_whichever_side_is_longer(tmp_path):
    """Rows are b and columns a."""
    space = make_space(tmp_path / "space", SHAPE, classes=(), n=400)
    codes = (np.random.default_rng(0).normal(size=(400, 2)) * (8, 1) + (50, -3)).astype(np.float32)
    field = computed("density", SpaceProbe(dataclasses.replace(space, codes=codes), None))
    row, column = np.unravel_index(field.values.argmax(), field.values.shape)
    place = nodes(field)[row, column]
    assert np.linalg.norm((place - (50, -3)) / (8, 1)) < 1.5


def test_error_is_the_kernel_weighted_mean(few):
    probe = SpaceProbe(few, None)
    probe.results[ERRORS] = np.random.default_rng(1).random(500).astype(np.float32)
    field = computed("error", probe)
    near = kernels(few, field)
    known = np.isfinite(field.values)
    assert known.any() and not known.all()
    wanted = (near @ probe.results[ERRORS])[known] / near.sum(axis=-1)[known]
    assert np.abs(field.values[known] - wanted).mean() < 0.01
    probe.results[ERRORS] = np.full(500, 0.25, np.float32)
    np.testing.assert_allclose(computed("error", probe).values[known], 0.25, rtol=1e-5)


def test_sensitivity_is_the_norm_of_the_jacobian(few):
    decoder = Waves()
    field = computed("sensitivity", SpaceProbe(few, decoder))
    places = nodes(field)
    wanted = decoder.norm(places.reshape(-1, 2)).reshape(field.values.shape)
    assert np.abs(field.values - wanted).max() < 0.02 * wanted.max()


def test_sensitivity_of_a_linear_decoder_is_the_same_everywhere(few):
    class Linear(Waves):
        def __call__(self, codes):
            return (np.asarray(codes, np.float64) @ self.directions.T).reshape(-1, *SHAPE).astype(np.float32)

    decoder = Linear()
    values = computed("sensitivity", SpaceProbe(few, decoder)).values
    np.testing.assert_allclose(values, np.linalg.norm(decoder.directions), rtol=1e-3)


def test_nothing_is_said_where_a_grid_repeats_its_edge(few):
    decoder = GridDecoder(grid.load(few))
    field = computed("sensitivity", SpaceProbe(few, decoder))
    outside = decoder.outside(nodes(field).reshape(-1, 2)).reshape(field.values.shape)
    assert outside.any() and np.isnan(field.values[outside]).all()
    assert view.inside(nodes(field)[np.isfinite(field.values)], decoder.grid.extent).all()
    home = view.default_limits(few.places)
    assert np.isfinite(field.values[view.inside(nodes(field).reshape(-1, 2), home).reshape(outside.shape)]).all()


class Codes:
    """A decoder whose pictures hold their code, and an encoder that reads it off, moved by a step."""

    source = "live"

    def __init__(self, step=(0.0, 0.0)):
        self.step = step

    def __call__(self, codes):
        images = np.zeros((len(codes), *SHAPE), np.float32)
        images[:, 0, :2] = codes
        return images

    def outside(self, codes):
        return np.zeros(len(codes), bool)

    def encode(self, images):
        return images[:, 0, :2] + np.array(self.step, np.float32)


@pytest.mark.parametrize("step", [(0.0, 0.0), (3.0, 4.0)])
def test_drift_is_the_way_from_a_place_to_where_it_comes_back(few, step):
    decoder = Codes(step)
    probe = SpaceProbe(few, decoder)
    probe.encoder = decoder.encode
    np.testing.assert_allclose(computed("drift", probe).values, np.hypot(*step), atol=1e-5)


def test_what_is_lacking(few):
    probe = SpaceProbe(few, None)
    assert probe.unavailable(BACKGROUNDS["density"]) == ""
    assert all("decode" in probe.unavailable(BACKGROUNDS[name]) for name in ("error", "sensitivity", "drift"))
    probe.decoder = Codes()
    assert probe.unavailable(BACKGROUNDS["sensitivity"]) == ""
    assert "encoder" in probe.unavailable(BACKGROUNDS["drift"])
    with pytest.raises(UserError, match="encoder"):
        computed("drift", probe)


@pytest.mark.parametrize("name", ["sensitivity", "drift"])
def test_can_be_cancelled(few, name):
    probe = SpaceProbe(few, Codes())
    probe.encoder = probe.decoder.encode
    asked = []
    with pytest.raises(Cancelled):
        BACKGROUNDS[name].work_out(probe, lambda share: None, lambda: asked.append(0) or len(asked) > 3)
    assert len(asked) == 4


@pytest.mark.slow
def test_large_images_have_fewer_nodes(tmp_path):
    space = make_space(tmp_path / "space", (300, 300, 3), classes=(), n=30)
    decoder = Waves((300, 300, 3))
    assert computed("sensitivity", SpaceProbe(space, decoder)).values.shape[1] == backgrounds.FEWEST


def test_a_usual_window_shows_nothing_beyond(space):
    field = computed("density", SpaceProbe(space, None))
    a0, a1, b0, b1 = view.fitted(view.default_limits(space.places), 765 / 650)
    assert field.extent[0] <= a0 and field.extent[1] >= a1 and field.extent[2] <= b0 and field.extent[3] >= b1


def test_identical_points(few):
    codes = np.ones_like(few.codes)
    field = computed("density", SpaceProbe(dataclasses.replace(few, codes=codes), None))
    assert np.isfinite(field.values).all() and field.values.max() > 0
