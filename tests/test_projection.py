"""Planes through codes of any number of dimensions: places, codes, and what leaves the plane."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.session.state import MapState
from explorer.spaces import prior, view
from explorer.spaces.folder import open_space
from explorer.spaces.projection import Moments, axes, principal, through
from tests.spaces import decode, make_space

DIMENSIONS = 1, 2, 3, 16, 64


def drawn_codes(d: int, n: int = 400) -> np.ndarray:
    random = np.random.default_rng(d)
    return (random.standard_normal((n, d)) @ random.standard_normal((d, d)) + random.standard_normal(d)).astype("f4")


@st.composite
def planes(draw):
    d = draw(st.sampled_from(DIMENSIONS))
    codes = drawn_codes(d)
    moments = Moments.of(codes)
    numbers = st.integers(0, d - 1)
    kinds = ["principal", "axes"] if d < 3 else ["principal", "axes", "through"]
    made = None
    if (kind := draw(st.sampled_from(kinds))) == "through":
        rows = draw(st.lists(st.integers(0, len(codes) - 1), min_size=3, max_size=3, unique=True))
        made = through(moments, codes[rows], rows)
        assert made is not None
    else:
        first = draw(numbers)
        second = draw(numbers.filter(lambda each: each != first)) if d > 1 else 0
        made = (principal if kind == "principal" else axes)(moments, first, second)
    rest = draw(st.lists(st.floats(-3, 3), min_size=max(d - 2, 0), max_size=max(d - 2, 0)))
    return codes, made.with_rest(np.array(rest))


@settings(deadline=None, max_examples=60)
@given(planes(), st.floats(-5, 5), st.floats(-5, 5))
def test_a_place_is_the_code_that_the_formula_gives(plane, a, b):
    codes, made = plane
    d = codes.shape[1]
    assert made.basis @ made.basis.T == pytest.approx(np.eye(d), abs=1e-9) and made.rest.shape == (max(d - 2, 0),)
    code = made.origin + a * made.basis[0]
    if d > 1:
        code = code + b * made.basis[1]
    for number, direction in zip(made.rest, made.basis[2:], strict=True):
        code = code + number * direction
    found = made.codes_at(np.array([[a, b]]))
    assert found.dtype == np.float32 and found[0] == pytest.approx(code, abs=1e-4)
    assert made.places_of(found)[0] == pytest.approx((a, b if d > 1 else 0), abs=1e-4)
    assert made.distances(found) == pytest.approx(0, abs=1e-3)


@settings(deadline=None, max_examples=40)
@given(planes(), st.integers(0, 399))
def test_a_plane_moved_through_a_code_holds_it(plane, index):
    codes, made = plane
    moved = made.through_code(codes[index])
    assert moved.is_parallel(made)
    assert moved.codes_at(moved.places_of(codes[index : index + 1]))[0] == pytest.approx(codes[index], abs=1e-3)
    distances = np.linalg.norm(codes - moved.codes_at(moved.places_of(codes)), axis=1)  # to their shadows
    assert moved.distances(codes) == pytest.approx(distances, abs=1e-3)


def test_principal_components_are_those_of_a_singular_value_decomposition():
    codes = drawn_codes(16)
    made = principal(Moments.of(codes))
    _, _, directions = np.linalg.svd(codes - codes.mean(axis=0), full_matrices=False)
    assert np.abs(made.basis @ directions.T) == pytest.approx(np.eye(16), abs=1e-3)
    assert made.places_of(codes).mean(axis=0) == pytest.approx(0, abs=1e-4) and made.names[:2] == ("PC 1", "PC 2")


def test_directions_beside_the_plane_follow_by_their_variance():
    codes = drawn_codes(16)
    moments = Moments.of(codes)
    for made in (principal(moments), axes(moments, 3, 7), through(moments, codes[:3], (0, 1, 2))):
        variances = np.var((codes - made.origin) @ made.basis[2:].T, axis=0)
        assert (np.diff(variances) <= 1e-3 * variances[:-1]).all(), made.kind
    assert axes(moments, 3, 7).names[:2] == ("z4", "z8")


def test_the_plane_through_three_codes_holds_them_and_three_on_a_line_have_none():
    codes = drawn_codes(16)
    made = through(Moments.of(codes), codes[:3], (0, 1, 2))
    assert made.distances(codes[:3]) == pytest.approx(0, abs=1e-3) and made.chosen == (0, 1, 2)
    assert made.distances(codes[3:4]) > 0.1
    line = np.stack([codes[0], codes[1], (codes[0] + codes[1]) / 2])
    assert through(Moments.of(codes), line, (0, 1, 2)) is None
    assert through(Moments.of(codes), codes[[0, 0, 0]], (0, 0, 0)) is None


def test_a_space_of_many_dimensions_lies_on_its_first_principal_components(tmp_path):
    space = make_space(tmp_path / "deep", dimensions=16)
    assert space.dimensions == 16 and space.projection.names[:2] == ("PC 1", "PC 2")
    assert space.places.shape == (2000, 2)
    decoder = GridDecoder(grid.load(space))
    on_plane = space.codes_at(space.places[:50])
    assert decoder(on_plane) == pytest.approx(decode(on_plane, (28, 28)), abs=0.2)
    assert not decoder.outside(on_plane).any() and decoder.outside(on_plane + 100).all()


def test_codes_of_one_number_lie_on_a_line(tmp_path):
    space = make_space(tmp_path / "line", dimensions=1)
    assert space.places[:, 1].tolist() == [0] * 2000
    assert space.places[:, 0] == pytest.approx(space.codes[:, 0] - space.codes.mean(), abs=1e-4)
    assert view.home(space)[2] < 0 < view.home(space)[3]
    assert GridDecoder(grid.load(space))(space.codes[:3]).shape == (3, 28, 28)


def test_a_grid_of_another_plane_or_without_one_is_refused(tmp_path):
    flat, deep = make_space(tmp_path / "flat"), make_space(tmp_path / "deep", dimensions=3)
    kept = grid.load(deep)
    for wrong in (
        dataclasses.replace(kept, base=None, plane=None),
        dataclasses.replace(kept, plane=kept.plane * 2),
        dataclasses.replace(kept, base=kept.base[:2]),
        dataclasses.replace(kept, base=kept.base * np.nan),
    ):
        grid.keep(deep, wrong)
        with pytest.raises(Exception, match=r"plane"):
            grid.load(open_space(deep.folder))
    assert grid.load(flat).base is None


def test_another_plane_keeps_the_code_under_the_cursor(tmp_path):
    state = MapState(make_space(tmp_path / "deep", dimensions=16))
    events = []
    state.coordinates_changed.connect(lambda _: events.append("plane"))
    state.rest_changed.connect(lambda _: events.append("rest"))
    state.move_cursor((1.5, -0.5))
    code, places = state.code, state.space.places
    state.use_plane(axes(state.space.moments, 5, 2))
    assert state.code == pytest.approx(code, abs=1e-4) and state.space.places is not places
    places, cursor = state.space.places, state.cursor
    state.hold_rest(np.zeros(14))
    assert state.space.places is places and state.cursor == cursor and events == ["plane", "rest"]
    assert np.flatnonzero(state.code).tolist() in ([2, 5], [5, 2])


def test_quantiles_on_a_plane_are_those_of_the_prior(tmp_path):
    space = make_space(tmp_path / "deep", dimensions=5, more={"prior": "normal"})
    seen = space.in_coordinates("quantiles")
    places = np.array([[0.1, 0.9], [0.5, 0.5]])
    along = (seen.codes_at(places) @ space.projection.plane.T)[:, 0]  # of a normal prior, along any direction
    from scipy.stats import norm

    assert norm.cdf(along) == pytest.approx(places[:, 0], abs=1e-5)
    assert seen.places_of(seen.codes_at(places)) == pytest.approx(places, abs=1e-5)


def test_the_cloud_of_an_image_is_seen_as_its_shadow(tmp_path):
    d, n = 3, 2000
    columns = dict(zip(prior.columns(d), np.full((d, n), 0.5, np.float32), strict=True))
    space = make_space(tmp_path / "deep", dimensions=d, columns=columns)
    outline = prior.outline(space, 7) - space.places[7]
    assert np.linalg.norm(outline, axis=1) == pytest.approx(0.5 * prior.WIDTH, abs=1e-4)
