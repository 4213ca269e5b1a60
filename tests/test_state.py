"""What is looked at, under any mix of actions."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.session.state import DEEPEST, WIDEST, MapState, SharedState, opening_place
from explorer.spaces import view
from tests.spaces import make_space

actions = st.lists(
    st.one_of(
        st.tuples(st.just("zoom"), st.tuples(st.floats(-50, 50), st.floats(-50, 50)), st.floats(0.01, 100)),
        st.tuples(st.just("pan"), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
        st.tuples(st.just("reset_view")),
    ),
    max_size=30,
)


@given(actions=actions)
def test_the_view_stays_sane_after_any_mix_of_moves(space, actions):
    state = MapState(space)
    heard = []
    state.limits_changed.connect(lambda sender: heard.append(sender.limits))
    for name, *arguments in actions:
        before = state.limits
        getattr(state, name)(*arguments)
        assert (state.limits != before) == (len(heard) > 0 and heard[-1] == state.limits and state.limits != before)
        a0, a1, b0, b1 = state.limits
        depth = (state.home[1] - state.home[0]) / (a1 - a0)
        assert WIDEST * 0.999 <= depth <= DEEPEST * 1.001
        assert (a1 - a0) / (b1 - b0) == pytest.approx(
            (state.home[1] - state.home[0]) / (state.home[3] - state.home[2]), rel=1e-6
        )
    state.reset_view()
    assert state.limits == state.home


def test_the_first_drag_does_not_jump(space):
    """Also where the view has been zoomed to a place beyond the default one."""
    state = MapState(space)
    a1 = state.home[1]
    for _ in range(15):
        state.zoom((a1 + 5.0, 0.0), 1.25)
    before = state.limits
    state.pan(1e-6, 0.0)
    assert state.limits == pytest.approx(before, abs=1e-5)
    state.pan(-0.5, 0.0)
    assert state.limits == pytest.approx((before[0] - 0.5, before[1] - 0.5, *before[2:]), abs=1e-5)


def test_panning_never_loses_the_points(space):
    state = MapState(space)
    for _ in range(100):
        state.pan(10.0, -10.0)
    a, b = view.middle(state.limits)
    assert state.home[0] <= a <= state.home[1] and state.home[2] <= b <= state.home[3]


@given(st.lists(st.tuples(st.sampled_from(["toggle", "isolate", "all"]), st.integers(0, 9)), max_size=40))
def test_hidden_classes(actions):
    shared, heard = SharedState(), []
    shared.hidden_changed.connect(lambda sender: heard.append(sender.hidden))
    labels = np.arange(10)
    for name, index in actions:
        before = shared.hidden
        if name == "toggle":
            shared.toggle_class(index)
            assert shared.hidden ^ before == {index}
        elif name == "isolate":
            shared.isolate_class(index, 10)
            assert shared.hidden in (frozenset(), frozenset(range(10)) - {index})
        else:
            shared.show_all_classes()
            assert not shared.hidden
        shown = shared.shown(labels)
        assert (shown is None) == (not shared.hidden)
        assert shown is None or set(np.flatnonzero(~shown)) == shared.hidden
        if shared.hidden != before:
            assert heard[-1] == shared.hidden


def test_isolating_twice_shows_all():
    shared = SharedState()
    shared.isolate_class(3, 10)
    assert shared.hidden == frozenset(range(10)) - {3}
    shared.isolate_class(3, 10)
    assert shared.hidden == frozenset()


def test_a_closed_view_drops_out_by_itself():
    class View:
        def __init__(self, shared):
            shared.theme_changed.connect(self.hear)

        def hear(self, sender):
            heard.append(sender.theme)

    heard, shared = [], SharedState("light")
    view_of_it = View(shared)
    shared.toggle_theme()
    del view_of_it
    shared.toggle_theme()
    assert heard == ["dark"]


def test_the_window_opens_on_an_image(space):
    assert (space.places == opening_place(space)).all(axis=1).any()


def test_it_does_not_open_on_a_class_of_a_few_outliers(tmp_path):
    space = make_space(tmp_path / "space", classes=["many", "more", "one"], n=300)
    labels, codes = np.where(space.labels == 2, 0, space.labels), space.codes.copy()
    labels[7], codes[7] = 2, (1e3, 1e3)
    assert max(opening_place(dataclasses.replace(space, labels=labels, codes=codes))) < 10


def test_it_opens_without_classes(tmp_path):
    space = make_space(tmp_path / "space", classes=[], n=300)
    assert np.linalg.norm(opening_place(space)) < 0.5


def test_another_space_begins_at_its_own_view_and_place(space, tmp_path):
    state, heard = MapState(space), []
    for signal in (state.space_replaced, state.limits_changed, state.cursor_moved):
        signal.connect(lambda sender, signal=signal: heard.append(signal))
    state.zoom((1.0, 2.0), 3.0)
    state.move_cursor((5.0, 5.0))
    heard.clear()
    other = make_space(tmp_path / "space", n=300)
    state.show_space(other)
    assert heard == [state.space_replaced] and state.space is other
    fresh = MapState(other)
    assert (state.home, state.limits, state.cursor) == (fresh.home, fresh.limits, fresh.cursor)


@pytest.mark.parametrize("zoomed", [False, True])
@pytest.mark.parametrize("placed", [False, True])
def test_the_same_images_elsewhere_keep_what_the_person_chose(tmp_path, zoomed, placed):
    space = make_space(tmp_path / "space", n=300)
    grown = dataclasses.replace(space, codes=3 * space.codes)
    state, fresh = MapState(space), MapState(grown)
    if zoomed:
        state.zoom((1.0, 2.0), 3.0)
    if placed:
        state.move_cursor((1.0, 2.0))
    limits, cursor = state.limits, state.cursor
    for _ in range(2):
        state.show_space(grown, same_images=True)
        assert state.home == fresh.home
        assert state.limits == (limits if zoomed else fresh.home)
        assert state.cursor == (cursor if placed else fresh.cursor)
    state.reset_view()
    assert state.limits == fresh.home
