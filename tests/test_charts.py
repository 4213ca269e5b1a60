"""The map through the prior's quantiles: places and codes are inverse to each other, and nothing else changes."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image
from scipy import stats

from explorer.analysis import backgrounds, colouring, outline
from explorer.analysis.analyses import (
    DISPLACEMENTS,
    ERRORS,
    LABEL_DISAGREEMENT,
    NOVELTY,
    ORIGINALS,
    PIXEL_INDEX,
    SPLIT,
    SPREAD,
)
from explorer.analysis.backgrounds import BACKGROUNDS
from explorer.analysis.probe import SpaceProbe, lasting
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.decoding.engines import Engine
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.map_file import DrawnMap, save_map
from explorer.session.state import MapState, SharedState
from explorer.spaces import prior, view
from explorer.spaces.card import DECODER
from explorer.spaces.point_index import PointIndex
from tests.spaces import RESOLUTION, context_of, decode, make_space

N = 4000
SHAPE = (6, 5)
latent = st.floats(-6.5, 6.5)
anywhere = st.one_of(
    st.floats(-0.5, 1.5), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.0, 1.0])
)


@pytest.fixture(scope="module")
def normal(tmp_path_factory):
    """A space with a normal prior, and a cloud around each code."""
    sigma = np.random.default_rng(4).uniform(0.02, 0.4, (2, N)).astype(np.float16)
    columns = dict(zip(prior.columns(2), sigma, strict=True))
    return make_space(tmp_path_factory.mktemp("spaces") / "normal", SHAPE, n=N, prior="normal", columns=columns)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return make_space(tmp_path_factory.mktemp("spaces") / "plain", SHAPE, n=300)


@given(codes=st.lists(st.tuples(latent, latent), min_size=1, max_size=20))
def test_places_are_the_priors_quantiles_and_lead_back_to_the_codes(normal, codes):
    space, codes = normal.in_coordinates("quantiles"), np.array(codes)
    places = space.places_of(codes)
    np.testing.assert_allclose(places, stats.norm.cdf(codes), rtol=1e-10)
    np.testing.assert_allclose(space.codes_at(places), codes, rtol=1e-5, atol=1e-5)
    order = np.argsort(codes[:, 0], kind="stable")
    assert (np.diff(places[order, 0]) >= 0).all()
    assert space.place_of(codes[0]) == tuple(places[0])
    assert not space.beyond(places).any()


@given(places=st.lists(st.tuples(anywhere, anywhere), min_size=1, max_size=20))
def test_codes_are_finite_wherever_the_mouse_is(normal, places):
    space, places = normal.in_coordinates("quantiles"), np.array(places)
    codes = space.codes_at(places)
    assert codes.dtype == np.float32 and np.isfinite(codes).all() and np.abs(codes).max() < 7.1
    inside = ((places > 1e-9) & (places < 1 - 1e-9)).all(axis=1)
    np.testing.assert_allclose(codes[inside], stats.norm.ppf(places[inside]), rtol=1e-5, atol=1e-6)
    assert (space.beyond(places) == ((places <= 0) | (places >= 1)).any(axis=1)).all()


def test_the_points_fill_the_square_evenly_and_the_plain_chart_is_the_codes(normal):
    space = normal.in_coordinates("quantiles")
    assert stats.kstest(space.places[:, 0], "uniform").pvalue > 0.01
    np.testing.assert_allclose(space.codes_at(space.places), normal.codes, atol=1e-5)
    assert (
        space.codes is normal.codes and space.in_coordinates("quantiles") is space and space.coordinates == "quantiles"
    )
    again = space.in_coordinates("plain")
    assert (again.places == normal.codes).all() and not again.beyond(again.places * 1e6).any()
    assert view.home(space) == pytest.approx((-0.05, 1.05, -0.05, 1.05))


def test_a_space_without_a_prior_has_no_other_chart(plain):
    assert plain.all_coordinates == ("plain",) and plain.in_coordinates("quantiles") is plain
    assert not plain.has_prior and not dataclasses.replace(plain, card=plain.card | {"prior": "laplace"}).has_prior
    state, heard = MapState(plain), []
    state.coordinates_changed.connect(lambda sender: heard.append(sender))
    before = state.limits, state.cursor
    state.use_coordinates("quantiles")
    assert state.space is plain and not heard and (state.limits, state.cursor) == before


@given(code=st.tuples(latent, latent), moves=st.lists(st.sampled_from(["plain", "quantiles", "zoom"]), max_size=8))
def test_the_cursor_keeps_its_code_and_each_chart_begins_at_its_whole(normal, code, moves):
    state, heard = MapState(normal), []
    for name in ("coordinates_changed", "space_replaced", "limits_changed", "cursor_moved"):
        getattr(state, name).connect(lambda sender, name=name: heard.append(name))
    state.move_cursor(code)
    for move in moves:
        heard.clear()
        before = state.space.coordinates
        if move == "zoom":
            state.zoom(state.cursor, 2.0)
            continue
        state.use_coordinates(move)
        assert heard == ([] if move == before else ["coordinates_changed"])
        if heard:
            assert state.limits == state.home == view.home(state.space)
        assert state.space.coordinates == move
        np.testing.assert_allclose(state.space.codes_at(np.array([state.cursor]))[0], code, rtol=1e-5, atol=1e-4)


def test_the_same_code_is_decoded_the_same_through_either_chart(normal):
    decoder = GridDecoder(grid.load(normal))
    one, other = SpaceProbe(normal, decoder), SpaceProbe(normal.in_coordinates("quantiles"), decoder)
    for point in range(0, N, 97):
        code = normal.codes[point]
        plainly, through = (probe.decode(probe.space.place_of(code)) for probe in (one, other))
        np.testing.assert_allclose(through.code, plainly.code, atol=1e-5)
        np.testing.assert_allclose(through.image, plainly.image, atol=1e-4)
        assert through.outside == plainly.outside
        assert one.words(plainly, one.locate((0, 0)))["z"] == other.words(through, other.locate((0, 0)))["z"]
    beyond = other.decode((1.2, 0.5))
    assert beyond.outside and np.isfinite(beyond.image).all()
    assert "beyond the grid" in other.words(beyond, other.locate((1.2, 0.5)))["note"]
    beyond = dataclasses.replace(beyond, source="live")
    assert "beyond the prior" in other.words(beyond, other.locate((1.2, 0.5)))["note"]


def test_the_way_back_is_a_code(normal):
    probe = SpaceProbe(normal.in_coordinates("quantiles"), GridDecoder(grid.load(normal)))
    probe.encoder = lambda images: np.array([[1.0, -1.0]], np.float32)
    decoding = probe.decode(probe.space.place_of(np.array([0.0, 0.0])))
    back = probe.comes_back(decoding)
    assert probe.words(decoding, probe.locate((0, 0)), back)["back"] == f"round trip lands {math.sqrt(2):.2f} away"
    assert probe.space.place_of(back) == pytest.approx(tuple(stats.norm.cdf([1, -1])))


def test_a_grid_is_of_codes_through_whatever_chart(normal):
    fingerprint = normal.card["files"][DECODER]
    found = []
    for chart in ("plain", "quantiles"):
        engine = Engine(normal.in_coordinates(chart), RESOLUTION)
        lattice = engine._compute_grid(lambda codes: decode(codes, SHAPE), lambda said: None, lambda: False)
        assert (
            lattice.extent == grid.extent_for(view.default_limits(normal.codes)) and lattice.fingerprint == fingerprint
        )
        found.append(GridDecoder(lattice)(normal.codes[:50]))
    assert (found[0] == found[1]).all() and (found[0] == GridDecoder(grid.load(normal))(normal.codes[:50])).all()


def test_what_holds_for_codes_lasts_and_what_depends_on_places_does_not(normal, plain):
    through = normal.in_coordinates("quantiles")
    lasts = lasting(normal, through)
    assert lasts == lasting(through, normal)
    for analysis in (*BACKGROUNDS.values(), SPREAD, LABEL_DISAGREEMENT):
        assert analysis.of not in lasts, analysis.name
    for analysis in (ORIGINALS, PIXEL_INDEX, ERRORS, SPLIT, NOVELTY, DISPLACEMENTS):
        assert analysis.of in lasts, analysis.name
    grown = dataclasses.replace(normal, codes=2 * normal.codes)
    assert lasting(normal, grown) == (ORIGINALS.of,) == (PIXEL_INDEX.of,) and lasting(normal, plain) == ()


def test_neighbours_are_those_of_the_chart(normal):
    space = normal.in_coordinates("quantiles")
    probe = SpaceProbe(space, None)
    spread = SPREAD.work_out(probe, lambda share: None, lambda: False)
    distances = np.sort(np.linalg.norm(space.places - space.places[7], axis=1))
    assert spread[7] == pytest.approx(distances[10], rel=1e-4)
    probe.know_points(PointIndex(space.places))
    assert probe.locate(tuple(space.places[11])).nearest == 11


class Held:
    """In place of a window's workers: what is started is finished when the test says so."""

    def __init__(self):
        self.works, self.started = {}, 0

    def start(self, slot, work, done, failed, heard=None, poll_ms=0):
        self.works[slot] = work, done
        self.started += 1

    def cancel(self, slot):
        return self.works.pop(slot, None) is not None

    def finish(self):
        while self.works:
            work, done = self.works.pop("analyses")
            done(work(lambda message: None, lambda: False))


@pytest.mark.parametrize("when", ["before", "while", "after"])
def test_what_is_known_of_images_is_not_worked_out_again_for_another_chart(normal, when):
    """Nor what is wanted: it is worked out once, whenever the chart is changed."""
    workers, decoder = Held(), GridDecoder(grid.load(normal))
    context = context_of(SpaceProbe(normal, decoder), workers)
    for analysis in (ERRORS, SPLIT, SPREAD):
        context.need(analysis)
    if when == "while":
        work, done = workers.works.pop("analyses")
        done(work(lambda message: None, lambda: False))  # the images; errors are on their way
    elif when == "after":
        workers.finish()
    context.state.use_coordinates("quantiles")
    context.follow_coordinates()
    workers.finish()
    assert workers.started == (4 if when == "after" else 3)
    assert context.probe.results.keys() == {ORIGINALS, ERRORS, SPLIT}
    context.need(SPREAD)
    workers.finish()
    assert SPREAD in context.probe.results


# ---- what is painted -------------------------------------------------------------------------------------------------


class Waves:
    """Each pixel is a wave over the plane of codes, so that the Jacobian is known."""

    source = "live"
    directions = np.random.default_rng(3).normal(size=(int(np.prod(SHAPE)), 2))

    def __call__(self, codes):
        return (0.5 + 0.5 * np.sin(codes.astype(float) @ self.directions.T)).reshape(-1, *SHAPE).astype(np.float32)

    def outside(self, codes):
        return np.zeros(len(codes), bool)


def painted(name, space, decoder=None):
    field = BACKGROUNDS[name].work_out(SpaceProbe(space, decoder), lambda share: None, lambda: False)
    ny, nx = field.values.shape
    a, b = np.meshgrid(np.linspace(*field.extent[:2], nx), np.linspace(*field.extent[2:], ny))
    inside = (a > 0) & (a < 1) & (b > 0) & (b < 1)
    return field, a, b, inside


def test_the_density_of_normal_codes_is_even_to_the_edge_of_the_square(tmp_path):
    space = make_space(tmp_path / "space", SHAPE, n=60_000, prior="normal").in_coordinates("quantiles")
    field, a, b, inside = painted("density", space)
    assert np.isnan(field.values[~inside]).all() and field.unit == backgrounds.DENSITY_UNITS["quantiles"]
    assert np.abs(field.values[inside] / 60_000 - 1).max() < 0.35
    edge = inside & ((a < 0.02) | (a > 0.98) | (b < 0.02) | (b > 0.98))
    assert field.values[edge].mean() == pytest.approx(60_000, rel=0.03)


def test_sensitivity_is_that_of_the_place(normal):
    """By the chain rule: a step on the map is a longer one in codes, the rarer they are."""
    decoder = Waves()
    field, a, b, inside = painted("sensitivity", normal.in_coordinates("quantiles"), decoder)
    assert np.isnan(field.values[~inside]).all()
    central = (np.abs(a - 0.5) < 0.4) & (np.abs(b - 0.5) < 0.4)
    places = np.stack([a[central], b[central]], axis=-1)
    codes = stats.norm.ppf(places)
    slope = 0.5 * np.cos(codes @ decoder.directions.T)[:, :, None] * decoder.directions / stats.norm.pdf(codes)[:, None]
    wanted = np.sqrt(np.square(slope).sum(axis=(1, 2)))
    np.testing.assert_allclose(field.values[central], wanted, rtol=0.05)


# ---- clouds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chart", ["plain", "quantiles"])
def test_the_outline_of_a_cloud_lies_two_deviations_off(normal, chart):
    space = normal.in_coordinates(chart)
    for point in range(0, N, 101):
        along = prior.deviations(space, point)
        assert along == pytest.approx([float(space.columns[name][point]) for name in prior.columns(2)])
        around = prior.outline(space, point)
        if chart == "quantiles":
            assert ((around > 0) & (around < 1)).all()
            around = stats.norm.ppf(around)
        np.testing.assert_allclose(np.hypot(*((around - space.codes[point]) / along).T), 2, rtol=1e-4)


@pytest.mark.parametrize("wrong", [0.0, np.nan, np.inf, -1.0])
def test_a_point_whose_cloud_is_not_known_has_none(normal, plain, wrong):
    values = normal.columns[prior.columns(2)[1]].copy()
    values[3] = wrong
    space = dataclasses.replace(normal, columns=normal.columns | {prior.columns(2)[1]: values})
    assert prior.deviations(space, 3) is None and prior.outline(space, 3) is None
    assert prior.deviations(space, 4) is not None
    words = dataclasses.replace(normal, columns=normal.columns | {prior.columns(2)[0]: np.array(["wide"] * N)})
    assert prior.deviations(words, 4) is None and prior.deviations(plain, 4) is None


@pytest.mark.parametrize("chart", ["plain", "quantiles"])
def test_a_saved_map_has_the_clouds_of_its_pins(normal, tmp_path, chart):
    """And nothing else is drawn for them."""
    pictures = []
    point = int(np.argmax(normal.columns[prior.columns(2)[0]].astype(float) - np.abs(normal.codes).max(axis=1)))
    for columns in (normal.columns, {}):
        space = dataclasses.replace(normal, columns=columns).in_coordinates(chart)
        state, shared = MapState(space), SharedState()
        shared.toggle_layer("points")
        shared.toggle_layer("labels")
        shared.pin(int(space.rows[point]))
        save_map(tmp_path / "map.png", [DrawnMap(state, colouring.by_class(space), None, (800, 700))], shared)
        pictures.append(np.asarray(Image.open(tmp_path / "map.png").convert("L")).astype(int))
    figure = LatentMap(Figure((8, 7), dpi=100), MapState(normal.in_coordinates(chart)), SharedState())
    differs = pictures[0] != pictures[1]
    for place in prior.outline(normal.in_coordinates(chart), point)[::10]:
        x, y = (round(pixel) for pixel in figure.pixel_at(place))
        assert differs[y - 1 : y + 2, x - 1 : x + 2].any()
    a, b = np.nonzero(differs)
    around = np.array([figure.pixel_at(place) for place in prior.outline(normal.in_coordinates(chart), point)])
    assert b.min() > around[:, 0].min() - 25 and b.max() < around[:, 0].max() + 25
    assert a.min() > around[:, 1].min() - 25 and a.max() < around[:, 1].max() + 25


number = st.integers(-192, 192).map(lambda count: count / 64)  # pieces may lie on an edge, but not as good as on it
corner = st.tuples(number, number)


@given(corners=st.lists(corner, min_size=3, max_size=12), low=corner, size=st.tuples(number, number))
def test_what_is_left_of_an_outline_is_what_lies_in_the_rectangle(corners, low, size):
    """As long as what many steps along it find inside, and nowhere beyond."""
    size = np.abs(size) + 0.125
    corners, limits = np.array(corners), (low[0], low[0] + size[0], low[1], low[1] + size[1])
    parts = outline.parts(corners, limits)
    length = sum(np.linalg.norm(np.diff(part, axis=0), axis=1).sum() for part in parts)
    ways = np.roll(corners, -1, axis=0) - corners
    steps = (np.arange(400) + 0.5) / 400
    along = corners[:, None] + steps[:, None] * ways[:, None]  # (corners, steps, 2)
    inside = view.inside(along.reshape(-1, 2), limits).reshape(len(corners), -1).mean(axis=1)
    lengths = np.linalg.norm(ways, axis=1)
    assert length == pytest.approx((lengths * inside).sum(), abs=2 * lengths.sum() / 400 + 1e-9)
    for part in parts:
        assert len(part) >= 2
        assert view.inside(part, (limits[0] - 1e-6, limits[1] + 1e-6, limits[2] - 1e-6, limits[3] + 1e-6)).all()


def test_an_outline_within_the_rectangle_stays_whole():
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    (whole,) = outline.parts(square, (-1, 2, -1, 2))
    assert whole.tolist() == [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    assert outline.parts(square, (2, 3, 2, 3)) == []
    assert sorted(len(part) for part in outline.parts(square, (0.4, 0.6, -1, 2))) == [2, 2]
    (left,) = outline.parts(square, (0.5, 2, -1, 2))  # from the one cut over two corners to the other
    assert left.tolist() == [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]


# ---- on the command line ---------------------------------------------------------------------------------------------


def test_a_snapshot_through_a_chart(call, normal, plain, tmp_path):
    """A place to look at is given as a code."""
    pictures, out = {}, tmp_path / "out.png"
    for chart in ("plain", "quantiles"):
        arguments = ["--weights", normal.folder, "--snapshot", out, "--size", "640x400", "--at", "0.5,-1"]
        result = call("ae_precomp.py", *arguments, "--chart", chart)
        assert result.returncode == 0 and result.stderr == "", result.stderr
        pictures[chart] = np.asarray(Image.open(out).convert("RGB")).astype(int)
    assert (pictures["plain"][50:350, :400] != pictures["quantiles"][50:350, :400]).any()
    digits = [picture[60:130, -180:-100] for picture in pictures.values()]
    assert np.abs(digits[0] - digits[1]).max() <= 1
    out.unlink()
    arguments = ["--weights", plain.folder, "--snapshot", out, "--chart", "quantiles"]
    result = call("ae_precomp.py", *arguments)
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and "no normal prior" in result.stderr
    assert not out.exists()
