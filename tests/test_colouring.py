"""What dots can be coloured by: every point in one group, limits that a stray value does not move."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.analysis import analyses, colouring
from explorer.analysis.analyses import SPLIT, SPREAD
from explorer.analysis.probe import SpaceProbe
from explorer.decoding.decoders import GridDecoder
from explorer.decoding.grid import load
from explorer.errors import UserError
from tests.spaces import make_space


def with_column(space, values):
    return dataclasses.replace(space, columns={"x": np.asarray(values)})


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    return make_space(tmp_path_factory.mktemp("spaces") / "space", n=60)


def all_points(groups) -> np.ndarray:
    return np.sort(np.concatenate([*groups.members, groups.rest]))


def test_by_class(space):
    groups = colouring.groups(space, "class", {})
    assert groups.categories == space.class_names and groups.limits is None
    for label, members in enumerate(groups.members):
        np.testing.assert_array_equal(members, np.flatnonzero(space.labels == label))


def test_without_classes_all_are_alike(tmp_path):
    space = make_space(tmp_path / "space", classes=(), n=40)
    groups = colouring.groups(space, "class", {})
    assert len(groups.members) == 1 and len(groups.members[0]) == 40 and not groups.categories
    assert colouring.title(space, "class") == "none"


@given(arrays(np.float32, 60, elements=st.floats(width=32)))
def test_any_numbers(few, values):
    """Each point has one step, more never is a lower one; without a number it is apart."""
    groups = colouring.groups(with_column(few, values), "column x", {})
    low, high = groups.limits
    assert low < high and len(groups.members) == colouring.STEPS
    np.testing.assert_array_equal(all_points(groups), np.arange(60))
    np.testing.assert_array_equal(groups.rest, np.flatnonzero(np.isnan(values)))
    highest = -np.inf
    for members in groups.members:
        if len(members):
            assert values[members].min() >= highest
            highest = values[members].max()


def test_steps_are_as_wide_as_each_other(few):
    values = np.linspace(0.0, 1.0, 60)
    groups = colouring.groups(with_column(few, values), "column x", {})
    low, high = groups.limits
    for step, members in enumerate(groups.members):
        inside = values[members][(values[members] > low) & (values[members] < high)]
        assert (inside >= low + step * (high - low) / colouring.STEPS - 1e-12).all()
        assert (inside <= low + (step + 1) * (high - low) / colouring.STEPS + 1e-12).all()


def test_stray_values_do_not_move_the_limits():
    usual = np.random.default_rng(0).normal(size=10_000)
    strays = usual.copy()
    strays[:50] = 1e9
    strays[50:60] = np.inf
    for found, wanted in zip(colouring.robust_limits(strays), colouring.robust_limits(usual), strict=True):
        assert abs(found - wanted) < 0.4


@pytest.mark.parametrize("values", [np.full(60, 3.5), np.full(60, np.nan), np.full(60, np.inf), np.zeros(60)])
def test_limits_of_what_does_not_differ(few, values):
    low, high = colouring.groups(with_column(few, values), "column x", {}).limits
    assert low < high and np.isfinite([low, high]).all()


@pytest.mark.parametrize(
    "values, names",
    [
        (["b", "a", "c"] * 20, ("a", "b", "c")),
        ([True, False] * 30, ("no", "yes")),
        ([7, 3, 5] * 20, ("3", "5", "7")),
    ],
)
def test_categories(few, values, names):
    groups = colouring.groups(with_column(few, values), "column x", {})
    assert groups.categories == names and groups.limits is None and len(groups.rest) == 0
    spoken = [{"True": "yes", "False": "no"}.get(str(value), str(value)) for value in values]
    for name, members in zip(names, groups.members, strict=True):
        assert members.tolist() == [index for index, value in enumerate(spoken) if value == name]


def test_many_integers_are_numbers_and_empty_strings_no_value(few):
    assert colouring.groups(with_column(few, np.arange(60)), "column x", {}).limits is not None
    groups = colouring.groups(with_column(few, ["", "a"] * 30), "column x", {})
    assert groups.categories == ("a",) and groups.rest_title == "no value" and len(groups.rest) == 30


def test_of_many_strings_the_most_frequent_ones_have_colours(few):
    values = [f"id {index}" for index in range(58)] + ["id 50", "id 50"]
    groups = colouring.groups(with_column(few, values), "column x", {})
    assert len(groups.members) == colouring.MOST_CATEGORIES and "id 50" in groups.categories
    assert groups.rest_title == "others"
    np.testing.assert_array_equal(all_points(groups), np.arange(60))


def test_names_of_columns(few):
    space = dataclasses.replace(few, columns={"error": np.zeros(60), "x": np.zeros(60)})
    assert colouring.names(space) == ("class", "error", "spread", "split", "column error", "column x")
    assert colouring.named(space, "error") == "error" and colouring.named(space, "x") == "column x"
    assert colouring.title(space, "column error") == "error"
    with pytest.raises(UserError, match="class, error, spread, split"):
        colouring.named(few, "x")


def test_facts(few):
    """The distance to the 10th nearest equals brute force; train and test are the data set's."""
    probe = SpaceProbe(few, GridDecoder(load(few)))
    for name in ("spread", "split", "error"):
        for needed in probe.missing(colouring.NEEDED[name]):
            probe.results[needed] = needed.work_out(probe)
    distances = np.linalg.norm(few.places[:, None].astype(float) - few.places, axis=2)
    np.testing.assert_allclose(probe.results[SPREAD], np.sort(distances, axis=1)[:, 10], rtol=1e-5)
    assert probe.results[SPLIT].tolist() == [False] * 54 + [True] * 6
    for name in ("spread", "error"):
        groups = colouring.groups(few, name, probe.results)
        np.testing.assert_array_equal(all_points(groups), np.arange(60))
        assert groups.unit
    assert colouring.groups(few, "split", probe.results).categories == ("train", "test")


def test_the_spread_of_few_points(few):
    for count in (1, 2, 5):
        space = dataclasses.replace(few, codes=few.codes[:count], labels=few.labels[:count], rows=few.rows[:count])
        found = analyses.spread(SimpleNamespace(space=space, all_points=None), lambda share: None, lambda: False)
        distances = np.linalg.norm(space.places[:, None] - space.places, axis=2).max(axis=1)
        np.testing.assert_allclose(found, distances, rtol=1e-4)
