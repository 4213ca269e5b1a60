"""Rectangles of the plane, by their properties."""

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.spaces import view
from explorer.spaces.latent_space import once_per_space

number = st.floats(-100, 100)
size = st.floats(0.01, 100)
rectangles = st.builds(lambda a, b, w, h: (a, a + w, b, b + h), number, number, size, size)
places = st.tuples(number, number)


def test_default_limits_hold_nearly_all_points_and_ignore_outliers():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(70_000, 2)).astype(np.float32)
    points[:50] *= 1e4
    limits = view.default_limits(points)
    assert view.inside(points, limits).mean() >= 0.995
    assert max(map(abs, limits)) < 6


def test_shipped_map_opens_on_all_but_the_outliers(space):
    assert view.inside(space.places, view.default_limits(space.places)).mean() >= 0.995


def test_what_is_computed_once_per_space_goes_with_it(space):
    @once_per_space
    def result(space):
        computed.append(space)
        return len(computed)

    computed = []
    space = dataclasses.replace(space)
    assert [result(space), result(space), result(pickle.loads(pickle.dumps(space)))] == [1, 1, 1]
    assert [result(dataclasses.replace(space, coordinates="quantiles")), result(space)] == [2, 1]


@pytest.mark.parametrize("points", [np.zeros((1, 2)), np.ones((5, 2)), np.array([[0.0, 0], [1, 0]])])
def test_degenerate_points_get_a_rectangle(points):
    a0, a1, b0, b1 = view.default_limits(points)
    assert a0 < a1 and b0 < b1 and view.inside(points, (a0, a1, b0, b1)).all()


@given(rectangles, places, st.floats(0.2, 5))
def test_zooming_keeps_the_place_where_it_is_and_is_undone_by_the_inverse(limits, place, factor):
    share = lambda r: ((place[0] - r[0]) / (r[1] - r[0]), (place[1] - r[2]) / (r[3] - r[2]))  # noqa: E731
    zoomed = view.zoomed(limits, place, factor)
    assert zoomed[1] - zoomed[0] == pytest.approx((limits[1] - limits[0]) / factor)
    assert share(zoomed) == pytest.approx(share(limits), rel=1e-6, abs=1e-6)
    assert view.zoomed(zoomed, place, 1 / factor) == pytest.approx(limits, abs=1e-6)


@given(rectangles, st.floats(0.1, 10))
def test_fitting_keeps_the_middle_shows_everything_and_has_the_aspect(limits, aspect):
    a0, a1, b0, b1 = fitted = view.fitted(limits, aspect)
    assert (a1 - a0) / (b1 - b0) == pytest.approx(aspect)
    assert view.middle(fitted) == pytest.approx(view.middle(limits), abs=1e-6)
    assert a1 - a0 >= (limits[1] - limits[0]) * (1 - 1e-9) and b1 - b0 >= (limits[3] - limits[2]) * (1 - 1e-9)


@given(rectangles, places)
def test_centring_moves_without_resizing(limits, place):
    moved = view.centred(limits, *place)
    assert view.middle(moved) == pytest.approx(place, abs=1e-6)
    assert moved[1] - moved[0] == pytest.approx(limits[1] - limits[0])
