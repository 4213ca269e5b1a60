"""Two maps of the same images: where an image of one lies on the other, and views that follow, whatever is done."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from explorer.analysis.probe import SpaceProbe, Whereabouts
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.files.writing import write_arrays
from explorer.session.comparison import (
    CLOSEST,
    TAIL,
    Counterpart,
    LinkedViews,
    counterpart,
    names_of,
    unavailable,
    view_of,
    visible,
)
from explorer.session.state import MapState, SharedState
from explorer.spaces import view
from explorer.spaces.card import CODES, read_card, write_card
from explorer.spaces.folder import WEIGHTS, open_space, sums
from explorer.spaces.point_index import PointIndex
from tests.spaces import make_space

SHAPE, CLASSES, IMAGES = (8, 8), tuple("abcde"), 240


def rearranged(space, rows, turn):
    """Leaves a space these data rows, in this order, at places that are turned by an angle and belong to others."""
    codes = space.codes[np.random.default_rng(len(rows)).permutation(len(space.codes))]
    away = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    codes = (codes[rows] @ away).astype(np.float32)
    write_arrays(space.folder / CODES, codes=codes, labels=space.labels[rows], rows=space.rows[rows])
    write_card(space.folder, read_card(space.folder) | {"files": sums(space.folder)})
    return open_space(space.folder)


@pytest.fixture(scope="module")
def spaces(tmp_path_factory):
    """Spaces of the same images: all of them, in their order and in another, and parts that lack each other's."""
    home, rng = tmp_path_factory.mktemp("spaces"), np.random.default_rng(5)

    def made(name, rows=None, turn=0.0, **more):
        space = make_space(home / name, SHAPE, CLASSES, n=IMAGES, images=IMAGES, **more)
        return space if rows is None else rearranged(space, rows, turn)

    return (
        made("whole"),
        made("turned", rng.permutation(IMAGES), 1.0, scale=3.0),
        made("half", rng.permutation(IMAGES)[: IMAGES // 2], 2.0, scale=0.01),
        made("end", np.arange(IMAGES - 1, IMAGES - 70, -1), 3.0, scale=1e3),
        made("few", rng.permutation(IMAGES)[:3], 4.0),
        made("normal", prior="normal"),
        made("part", rng.permutation(IMAGES)[: IMAGES // 3], 5.0, prior="normal"),
    )


def places_of(space):
    """Where the points lie, worked out beside what the space remembers."""
    return np.asarray(space.places_of(space.codes), np.float64)


class Comparing(RuleBasedStateMachine):
    """Two maps whose readers are replaced as the window does it. After each step, all that is said of one map about the
    other is compared with what is found by looking at every point."""

    which = st.integers(0, 1)
    place = st.tuples(st.floats(-1.2, 1.2), st.floats(-1.2, 1.2))  # in half widths of the default view

    def __init__(self, spaces):
        super().__init__()
        self.spaces, self.shared = spaces, SharedState()
        self.states = [MapState(spaces[0]), MapState(spaces[1])]
        self.links = LinkedViews(*self.states, self.shared)
        self.linked, self.told = False, [0, 0]
        self.readers = [self.probe_of(state.space) for state in self.states]
        for index, state in enumerate(self.states):
            state.limits_changed.connect(lambda sender, index=index: self.count(index))

    def count(self, index):
        self.told[index] += 1

    def probe_of(self, space):
        probe = SpaceProbe(space, GridDecoder(grid.load(space)))
        probe.know_points(PointIndex(space.places))
        self.plant(probe)
        return probe

    def plant(self, probe):
        """Puts the shown points in a tree."""
        shown = self.shared.shown(probe.space.labels)
        probe.neighbours = probe.all_points if shown is None else PointIndex(probe.space.places, shown)

    def scaled(self, index, place):
        """A place in data coordinates."""
        a0, a1, b0, b1 = self.states[index].home
        a, b = view.middle(self.states[index].home)
        return a + place[0] * (a1 - a0) / 2, b + place[1] * (b1 - b0) / 2

    # ---- what is done ----------------------------------------------------------------------------

    @rule(index=st.integers(0, len(CLASSES) - 1), alone=st.booleans())
    def hide(self, index, alone):
        if alone:
            self.shared.isolate_class(index, len(CLASSES))
        else:
            self.shared.toggle_class(index)
        self.plant_again()

    @rule()
    def hide_all(self):
        for index in set(range(len(CLASSES))) - self.shared.hidden:
            self.shared.toggle_class(index)
        self.plant_again()

    @rule()
    def show_all(self):
        self.shared.show_all_classes()
        self.plant_again()

    def plant_again(self):
        """Until the new tree is there, nothing is said."""
        for here, there in (self.readers, self.readers[::-1]):
            here.neighbours = None
            assert counterpart(here, here.locate((0.0, 0.0)), there) == Counterpart()
        for probe in self.readers:
            self.plant(probe)

    @rule(index=which, place=place, far=st.sampled_from([1.0, 1.0, 1e4]))
    def move(self, index, place, far):
        a, b = self.scaled(index, place)
        self.states[index].move_cursor((far * a, far * b))

    @rule(index=which, data=st.data())
    def move_to_an_image(self, index, data):
        places = self.states[index].space.places
        self.states[index].move_cursor(tuple(places[data.draw(st.integers(0, len(places) - 1))].tolist()))

    @rule(index=which)
    def lead(self, index):
        """The other cursor goes to the image, from where the same image is found."""
        here, there = self.readers[index], self.readers[1 - index]
        state, cursor = self.states[1 - index], self.states[1 - index].cursor
        found = counterpart(here, here.locate(self.states[index].cursor), there)
        state.lead_cursor(found.place)
        assert state.led and state.astray == (found.place is None)
        if found.place is None:
            assert state.cursor == cursor
            return
        assert state.cursor == found.place
        back = counterpart(there, there.locate(state.cursor), here)
        np.testing.assert_array_equal(there.space.places[there.space.index_of(back.row)], state.cursor)

    def looked(self, index, act):
        """After something that may change the view of a map, the other one follows, once, or stays as it is."""
        before, self.told = [state.limits for state in self.states], [0, 0]
        act()
        leads = self.states[index].limits != before[index]
        assert self.told[index] == leads and self.told[1 - index] <= 1
        if self.linked and leads:
            self.check_following(index)
        else:
            assert self.states[1 - index].limits == before[1 - index]

    @rule(index=which, place=place, factor=st.floats(0.05, 20))
    def zoom(self, index, place, factor):
        self.looked(index, lambda: self.states[index].zoom(self.scaled(index, place), factor))

    @rule(index=which, place=place)
    def pan(self, index, place):
        a0, a1, b0, b1 = self.states[index].limits
        self.looked(index, lambda: self.states[index].pan(place[0] * (a1 - a0), place[1] * (b1 - b0)))

    @rule(index=which)
    def reset(self, index):
        self.looked(index, self.states[index].reset_view)
        assert self.states[index].limits == self.states[index].home

    def replaced(self, index, act, changed=True):
        """After another space, or chart, on a map: that one follows where the views are linked."""
        other, self.told = self.states[1 - index].limits, [0, 0]
        act()
        self.readers[index] = self.probe_of(self.states[index].space)
        assert self.states[1 - index].limits == other and self.told[1 - index] == 0 and self.told[index] <= 1
        if self.linked and changed:
            self.check_following(1 - index)
        elif changed:
            assert self.states[index].limits == self.states[index].home

    @rule(index=which, data=st.data())
    def switch(self, index, data):
        space = data.draw(st.sampled_from(self.spaces))
        self.replaced(index, lambda: self.states[index].show_space(space))

    @rule(index=which, chart=st.sampled_from(["plain", "quantiles"]))
    def use_coordinates(self, index, chart):
        state = self.states[index]
        changed = chart != state.space.coordinates and chart in state.space.all_coordinates
        self.replaced(index, lambda: state.use_coordinates(chart), changed)

    @rule(index=which)
    def link(self, index):
        before = self.states[index].limits
        self.links.link(self.states[index])
        self.linked = True
        assert self.states[index].limits == before
        self.check_following(index)

    @rule()
    def unlink(self):
        before = [state.limits for state in self.states]
        self.links.unlink()
        self.linked = False
        assert [state.limits for state in self.states] == before

    # ---- what must hold --------------------------------------------------------------------------

    def check_following(self, leader):
        """The follower shows what the leader shows, as far as it has it and but for strays, and not much more."""
        leads, follows = self.states[leader], self.states[1 - leader]
        rows = {
            int(row)
            for (a, b), label, row in zip(places_of(leads.space), leads.space.labels, leads.space.rows, strict=True)
            if label not in self.shared.hidden
            and leads.limits[0] <= a <= leads.limits[1]
            and leads.limits[2] <= b <= leads.limits[3]
        }
        assert set(visible(leads.space, leads.limits, self.shared).tolist()) == rows
        members = places_of(follows.space)[[int(row) in rows for row in follows.space.rows]]
        a0, a1, b0, b1 = follows.limits
        held = ((members >= (a0, b0)) & (members <= (a1, b1))).all(axis=1).sum()
        if leads.limits == leads.home or not len(members):
            assert follows.limits == follows.home
            strays = view.TAIL * (len(follows.space.rows) - 1) if follows.space.coordinates == "plain" else 0
        else:
            strays = TAIL * (len(members) - 1)
            home = np.reshape(follows.home, (2, 2))
            low, high = members.min(axis=0), members.max(axis=0)
            most = np.maximum((high - low) * (1 + 2 * view.MARGIN), CLOSEST * np.diff(home, axis=1)[:, 0])
            assert (np.array([a1 - a0, b1 - b0]) <= most * (1 + 1e-6)).all(), "more than they take"
            middle = np.array(view.middle(follows.limits))
            assert ((middle >= low - 1e-6 * most) & (middle <= high + 1e-6 * most)).all()
        assert a0 < a1 and b0 < b1
        assert held >= len(members) - 4 * math.ceil(strays), "at each end of each axis so many may be cut off"

    @invariant()
    def counterparts(self):
        for index in range(2):
            here, there, cursor = self.readers[index], self.readers[1 - index], self.states[index].cursor
            found = counterpart(here, here.locate(cursor), there)
            shown = np.array([label not in self.shared.hidden for label in here.space.labels])
            if not shown.any():
                assert found == Counterpart()
                continue
            distances = np.hypot(*(places_of(here.space) - cursor).T)
            (point,) = np.flatnonzero(here.space.rows == found.row)
            assert shown[point] and distances[point] <= distances[shown].min() * (1 + 1e-9)
            (at,) = np.nonzero(there.space.rows == found.row)
            if not len(at):
                assert found == Counterpart(found.row)
                continue
            code = there.space.codes[at]
            assert found.place == tuple(there.space.places_of(code)[0].tolist())
            decoder = GridDecoder(there.decoder.grid)
            np.testing.assert_array_equal(found.decoding.code, code[0])
            np.testing.assert_array_equal(found.decoding.image, decoder(code)[0])
            assert found.decoding.source == "grid" and found.decoding.outside == decoder.outside(code)[0]

    @invariant()
    def readers_and_states_agree(self):
        assert [probe.space for probe in self.readers] == [state.space for state in self.states]


@pytest.mark.slow
def test_what_two_maps_say_of_each_other_after_any_mix_of_actions(spaces):
    few = settings(max_examples=100, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(lambda: Comparing(spaces), settings=few)


def test_strays_do_not_blow_up_the_view_that_follows(spaces):
    """One image in a hundred lies far off on the other map: those that lead are seen there in full size."""
    whole = spaces[0]
    codes = np.random.default_rng(0).uniform(-1, 1, (IMAGES, 2)).astype(np.float32)
    codes[0] = 50, -50
    state = MapState(dataclasses.replace(whole, codes=codes))
    a0, a1, b0, b1 = view_of(state, whole.rows[:100])
    assert a0 < -0.9 and a1 > 0.9 and a1 - a0 < 3 and b0 < -0.9 and b1 > 0.9 and b1 - b0 < 3
    one = view_of(state, whole.rows[5:6])
    assert view.middle(one) == pytest.approx(codes[5]) and one[1] - one[0] == pytest.approx(
        CLOSEST * (state.home[1] - state.home[0])
    )
    assert view_of(state, np.empty(0, np.intp)) == view_of(state, np.array([IMAGES + 7])) == state.home


def test_links_that_are_closed_follow_no_more_and_tell_of_themselves_meanwhile(spaces):
    first, second, heard = MapState(spaces[0]), MapState(spaces[1]), []
    links = LinkedViews(first, second, SharedState())
    links.changed.connect(lambda sender: heard.append(sender.on))
    first.zoom(first.cursor, 4.0)
    assert not links.on and second.limits == second.home
    links.link(first)
    followed = second.limits
    assert followed != second.home
    links.unlink()
    links.link(second)
    assert second.limits == followed and heard == [True, False, True]
    links.close()
    led = first.limits
    second.zoom(second.cursor, 2.0)
    first.show_space(spaces[2])
    assert first.limits == first.home != led and not links.on


def test_nothing_is_decoded_where_nothing_decodes_yet(spaces):
    """The image's place is known all the same."""
    here, there = SpaceProbe(spaces[0], None), SpaceProbe(spaces[1], None)
    assert counterpart(here, Whereabouts(), there) == Counterpart()
    found = counterpart(here, Whereabouts(7, 0.0, True), there)
    assert found.row == 7 and found.decoding.image is None
    assert found.place == tuple(spaces[1].codes[spaces[1].rows == 7][0].tolist())


def test_only_spaces_of_the_same_images_are_compared(spaces, tmp_path):
    for space in spaces:
        assert unavailable(spaces[0], space) == ""
    other = make_space(tmp_path / "other", SHAPE, n=60, data_title="other digits")
    why = unavailable(spaces[0], other)
    assert "'other'" in why and "'whole'" in why and "other digits" in why and "\n" not in why
    assert unavailable(other, spaces[0])


@pytest.mark.parametrize(
    "folders, names",
    [
        (("home/vae", "home/vae2"), ("vae", "vae2")),
        (("one/vae", "two/vae"), ("one/vae", "two/vae")),
        (("one/runs/vae", "two/runs/vae"), ("one/runs/vae", "two/runs/vae")),
    ],
)
def test_two_maps_of_one_title_go_by_as_much_of_their_folders_as_tells_them_apart(tmp_path, folders, names):
    first, second = (make_space(tmp_path / folder, n=40, title="VAE") for folder in folders)
    assert names_of(first, second) == names


def test_a_space_beside_itself_goes_by_its_title(space):
    assert names_of(space, space) == ("Autoencoder", "Autoencoder")


def test_bundled_maps_go_by_their_titles(space):
    assert names_of(space, open_space(WEIGHTS / "pca")) == ("Autoencoder", "PCA")
