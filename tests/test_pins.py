"""Pins: which image a click means, what its card shows, and that they stay right under any mix of actions."""

import dataclasses
import tkinter as tk

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.analysis.analyses import ERRORS, ORIGINALS
from explorer.analysis.best_places import BEST_PLACES
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing import pin_card
from explorer.images import datasets
from explorer.session import finding
from explorer.session.state import MapState, SharedState
from explorer.spaces.point_index import PointIndex
from explorer.window.base.workers import Workers
from explorer.window.inspector.tabs.pins import PinsTab
from explorer.window.map.marks import show_pins
from tests.spaces import context_of, make_space

places = st.tuples(st.floats(-8, 8), st.floats(-8, 8))
actions = st.lists(
    st.one_of(
        st.tuples(st.just("pin"), places),
        st.tuples(st.just("pass"), st.integers(0, 299)),
        st.tuples(st.just("unpin"), st.integers(0, 9)),
        st.tuples(st.just("unpin_all")),
        st.tuples(st.just("toggle_class"), st.integers(0, 9)),
        st.tuples(st.just("isolate_class"), st.integers(0, 9), st.just(10)),
        st.tuples(st.just("select"), st.lists(st.integers(0, 299), max_size=9), st.sampled_from(["add", "remove"])),
        st.tuples(st.just("zoom"), places, st.floats(0.2, 5)),
        st.tuples(st.just("space"), st.integers(0, 1)),
    ),
    max_size=40,
)


@pytest.fixture(scope="module")
def spaces(tmp_path_factory):
    """A space, and another one of fewer of its images, at other places and in another order."""
    first = make_space(tmp_path_factory.mktemp("pins") / "space", n=300)
    some = np.random.default_rng(2).permutation(300)[:180]
    second = dataclasses.replace(first, codes=-first.codes[some], labels=first.labels[some], rows=first.rows[some])
    return first, second


def nearest_row(space, hidden, place) -> int | None:
    """By looking at one point after the other."""
    best = None
    for code, label, row in zip(space.codes.tolist(), space.labels.tolist(), space.rows.tolist(), strict=True):
        distance = (code[0] - place[0]) ** 2 + (code[1] - place[1]) ** 2
        if label not in hidden and (best is None or distance < best[0]):
            best = distance, row
    return best and best[1]


@given(actions=actions)
def test_pins_are_right_after_any_mix_of_actions(spaces, actions):
    state, shared = MapState(spaces[0]), SharedState()
    expected, passing, heard = [], None, []
    shared.pins_changed.connect(lambda sender: heard.append(sender.pins))
    for name, *arguments in actions:
        before = shared.pins
        if name == "pin":
            row = nearest_row(state.space, shared.hidden, arguments[0])
            assert finding.pin_nearest(state.space, shared, arguments[0]) == row
            if row is not None:
                expected = [pin for pin in expected if pin != row] + [row]
                passing = None if passing == row else passing
        elif name == "pass":
            row = arguments[0]
            by_hand = [pin for pin in expected if pin != passing]
            expected, passing = (by_hand, None) if row in by_hand else ([*by_hand, row], row)
            shared.pin_in_passing(row)
        elif name == "unpin" and expected:
            row = expected.pop(arguments[0] % len(expected))
            passing = None if passing == row else passing
            shared.unpin(row)
        elif name == "unpin_all":
            expected, passing = [], None
            shared.unpin_all()
        elif name == "space":
            state.show_space(spaces[arguments[0]], same_images=True)
        elif name == "zoom":
            state.zoom(*arguments)
        elif name != "unpin":
            getattr(shared, name)(*arguments)
        assert shared.pins == tuple(expected)
        assert (shared.pins != before) == bool(heard) and (not heard or heard.pop() == shared.pins)
        assert not heard


def test_nothing_is_pinned_where_all_is_hidden(spaces):
    shared = SharedState()
    for label in range(10):
        shared.toggle_class(label)
    assert finding.pin_nearest(spaces[0], shared, (0.0, 0.0)) is None and shared.pins == ()


@given(values=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=50), index=st.integers(0, 49))
def test_the_percentile_is_numpys(values, index):
    values, index = np.array(values, np.float32), index % len(values)
    percent = finding.percentile(values, index)
    assert percent == pytest.approx(100 * np.count_nonzero(values < values[index]) / len(values))
    ranks = np.linspace(0, 100, len(values))
    if len(np.unique(values)) == len(values) > 1:  # so many of the n − 1 others lie below
        rank = min(percent * len(values) / (len(values) - 1), 100.0)  # rounding apart
        assert np.percentile(values, rank) == pytest.approx(values[index], abs=1e-5) and rank <= ranks[-1] + 1e-9


def test_percent_is_never_rounded_to_all():
    assert [finding.rounded(value) for value in (0, 72.4, 99.04, 99.96, 99.9986)] == ["0", "72", "99.0", "99.9", "99.9"]


@pytest.mark.parametrize("shape", [(28, 28), (8, 20), (12, 12, 3)])
def test_the_pictures_of_a_card(shape):
    generator = np.random.default_rng(0)
    original = generator.integers(0, 256, shape, np.uint8)
    rebuilt = generator.random(shape, np.float32)
    made = np.asarray(pin_card.row(original, rebuilt, shape, 84, "#102030", "#405060"))
    factor, (height, width) = 84 // max(shape[:2]), shape[:2]
    off = np.abs(datasets.as_float(original) - rebuilt)
    off = off.mean(axis=2) if off.ndim == 3 else off
    levels = np.rint(255 * rebuilt).astype(np.uint8)
    for column, wanted in enumerate((original, levels, None)):
        left = column * (width * factor + pin_card.GAP)
        shown = made[: height * factor : factor, left : left + width * factor : factor]
        if wanted is None:
            colours = matplotlib.colormaps[pin_card.COLOURS](np.rint(255 * off).astype(int), bytes=True)
            assert (shown == colours[..., :3]).all()
        else:
            assert np.abs(shown.astype(int) - (wanted if wanted.ndim == 3 else wanted[..., None])).max() <= 1
    assert made.shape[1::-1] == pin_card.row_size(shape, 84)
    empty = np.asarray(pin_card.row(None, None, shape, 84, "#102030", "#405060"))
    assert (empty[0, 0] == (0x40, 0x50, 0x60)).all() and (empty[0, width * factor + 1] == (0x10, 0x20, 0x30)).all()


# ---- the tab alone ---------------------------------------------------------------------------------------------------


class Marked:
    """Stands for the marks over a map."""

    def __init__(self):
        self.groups = {}

    def show(self, group, marks=()):
        self.groups[group] = marks
        self.marks = {mark.text: mark.place for mark in marks}


@pytest.fixture
def tab(root, spaces):
    root.geometry("420x300")
    space = spaces[0]
    probe = SpaceProbe(space, GridDecoder(grid.load(space)))
    context = context_of(probe, Workers(root))
    context.marks = Marked()
    context.need = lambda name: None
    tab = PinsTab(root, context)
    tab.pack(fill="both", expand=True)
    root.update()
    tab.context = context
    return tab


def texts(tab) -> list[str]:
    canvas = next(child for child in tab.winfo_children() if isinstance(child, tk.Canvas))
    return [canvas.itemcget(item, "text") for item in canvas.find_all() if canvas.type(item) == "text"]


def learn(tab, known):
    """Lets the tab know the results of some analyses."""
    for analysis, result in known.items():
        tab.context.take(analysis, result)
    tab.update()


def test_a_card_says_what_is_known_of_its_image(tab, spaces):
    space, shared = spaces[0], tab.context.shared
    shared.pin(280)
    tab.update()
    assert "#280" in texts(tab) and "…" in texts(tab)
    dataset = datasets.load(space.card["data"]["source"])
    errors = np.random.default_rng(0).random(300).astype(np.float32)
    learn(tab, {ORIGINALS: dataset, ERRORS: errors})
    decoded = GridDecoder(grid.load(space))(space.codes[280:281])[0]
    error = np.square(decoded - datasets.as_float(dataset.x_test[10])).mean()
    share = 100 * (errors < errors[280]).mean()
    assert {"test 10", "0", f"error {error:.4f}", f"worse than\n{share:.0f} % of all"} <= set(texts(tab))
    shared.pin(7)
    tab.update()
    assert {"test 10", "train 7"} <= set(texts(tab))
    shared.unpin(280)
    tab.update()
    assert "test 10" not in texts(tab)
    shared.unpin_all()
    tab.update()
    assert texts(tab) == []


def test_arrow_and_card_say_where_the_decoder_draws_best(tab, spaces):
    context, dataset = tab.context, datasets.load(spaces[0].card["data"]["source"])
    context.shared.pin(280)
    tab.update()
    assert "at best …" in texts(tab)
    show_pins(context.marks, context.probe, context.shared)
    assert context.marks.groups["best places"] == ()
    learn(tab, {ORIGINALS: dataset})
    learn(tab, {BEST_PLACES: BEST_PLACES.work_out(context.probe)})
    show_pins(context.marks, context.probe, context.shared)
    (arrow,) = context.marks.groups["best places"]
    assert arrow.place == tuple(spaces[0].places[280])
    drawn = context.probe.decoder(np.array([arrow.to], np.float32))[0]
    error = np.square(drawn - datasets.as_float(dataset.x_test[10])).mean()
    assert f"at best {error:.4f}" in texts(tab)


def test_a_card_says_why_images_are_lacking(tab):
    tab.context.shared.pin(3)
    tab.context.probe.failures[ORIGINALS] = "the images are gone"
    tab.context.tell(ORIGINALS)
    tab.update()
    assert "the images are gone" in texts(tab)


def test_the_neighbours_of_a_card_are_those_of_all_points(tab, spaces):
    space, all_points = spaces[0], PointIndex(spaces[0].places)
    assert not len(tab._nearest(5))
    tab.context.probe.know_points(all_points)
    for point in range(0, 300, 7):
        distances = np.linalg.norm(space.places - space.places[point], axis=1)
        distances[point] = np.inf
        assert set(tab._nearest(point)) == set(np.argsort(distances)[:10])


def test_marks_follow_the_images_to_another_space(tab, spaces):
    first, second = spaces
    unavailable = next(row for row in range(300) if row not in second.rows)
    row = int(second.rows[0])
    context = tab.context
    for pin in (unavailable, row):
        context.shared.pin(pin)
    show_pins(context.marks, context.probe, context.shared)
    assert tab.context.marks.marks == {"1": tuple(first.places[unavailable]), "2": tuple(first.places[row])}
    tab.context.shared.toggle_class(int(first.labels[row]))
    tab.context.state.show_space(second)
    tab.context.use_probe(SpaceProbe(second, None))
    tab.update()
    show_pins(context.marks, context.probe, context.shared)
    assert tab.context.marks.marks == {"2": tuple(second.places[0])}
    assert f"#{row}" in texts(tab) and f"#{unavailable}" not in texts(tab)


def test_twenty_pins_keep_their_order_and_numbers(tab):
    for row in range(20):
        tab.context.shared.pin(row)
    tab.context.shared.unpin(4)
    tab.context.shared.pin(0)
    tab.update()
    names = [text for text in texts(tab) if text.startswith("#")]
    assert sorted(names) == sorted(f"#{row}" for row in range(20) if row != 4)
    cards = sorted(tab._cards.items(), key=lambda item: item[1].top)
    assert [row for row, _ in cards] == [0, *range(19, 4, -1), 3, 2, 1]
    assert [card.number for _, card in cards] == list(range(19, 0, -1))


# ---- the window ------------------------------------------------------------------------------------------------------


def pinned(program, count: int) -> list[int]:
    """The pins after so many changes of them."""
    return program.wait(lambda: program.events("pins")[count - 1 :], f"change {count} of the pins")[0]["rows"]


def shown_nearest(space, place, hidden=()) -> int:
    distances = np.linalg.norm(space.places.astype(float) - place, axis=1)
    distances[np.isin(space.labels, hidden)] = np.inf
    return int(space.rows[distances.argmin()])


def test_a_click_pins_what_brute_force_finds(program, space):
    """At rest, zoomed, with hidden classes, at once after hiding; a drag pins nothing, a trembling hand does."""
    screen, (x, y, w, h) = program.screen, program.layout()["map"]
    expected = []

    def click(px, py, hidden=()):
        place = program.hover(px, py)["z"]
        row = shown_nearest(space, place, hidden)
        screen.click(px, py)
        if not expected or expected[-1] != row:
            expected[:] = [pin for pin in expected if pin != row] + [row]
        return row

    for count, (u, v) in enumerate(((0.3, 0.3), (0.52, 0.5), (0.7, 0.6)), 1):
        click(x + int(u * w), y + int(v * h))
        assert pinned(program, count) == expected
    for _ in range(8):
        screen.press(4)
        screen.release(4)
    program.settle()
    click(x + w // 2, y + h // 3)
    assert pinned(program, 4) == expected
    screen.key("r")
    program.settle()
    row = click(x + w // 4, y + h // 2)
    assert pinned(program, 5) == expected
    hidden = int(space.labels[space.index_of(row)])
    screen.key(str(hidden))
    click(x + w // 4, y + h // 2, hidden)  # the tree of the shown points may not be there yet
    assert pinned(program, 6) == expected and row in expected

    screen.move(x + 200, y + 200)
    screen.press()
    for there_and_back in (230, 200):
        screen.move(x + there_and_back, y + 200)
        program.handled()  # Tk leaves out moves that are followed by others at once
    screen.release()
    program.settle()
    assert len(program.events("pins")) == 6
    place = program.hover(x + 300, y + 300)["z"]
    screen.press()
    screen.move(x + 302, y + 301)
    screen.release()
    expected.append(shown_nearest(space, place, hidden))
    assert pinned(program, 7) == expected


def test_enter_pins_and_escape_removes_all(program, space):
    screen, (x, y, w, h) = program.screen, program.layout()["map"]
    program.hover(x + w // 2, y + h // 2)
    screen.key("Right", "Shift_L")
    program.settle()
    place = program.events("hover")[-1]["z"]
    screen.key("Return")
    assert pinned(program, 1) == [shown_nearest(space, place)]
    screen.key("Return")
    screen.click(x + w // 3, y + h // 3)
    assert len(pinned(program, 2)) == 2
    for _ in range(2):  # the first one may go to the errors that are being worked out
        screen.key("Escape")
    assert pinned(program, 3) == []


def test_cards_show_their_place_and_can_be_removed(program, space):
    screen, (x, y, w, h) = program.screen, program.layout()["map"]
    for number, share in enumerate((0.3, 0.5, 0.7), 1):
        screen.click(x + int(share * w), y + h // 2)
        rows = pinned(program, number)
    program.settle()
    left, top, width, _ = program.layout()["tabs"]
    screen.click(left + 40, top + 90)  # the first card, on its original
    program.settle()
    shown = program.events("hover")[-1]
    np.testing.assert_allclose(shown["z"], space.codes[space.index_of(rows[-1])], atol=1e-5)
    screen.click(left + width - 31, top + 67)  # ✕ of the newest
    assert pinned(program, 4) == rows[:-1]
    screen.click(left + width - 31, top + 67)
    assert pinned(program, 5) == rows[:-2]


def test_a_pin_is_marked_on_the_map_also_when_its_class_is_hidden(program, space):
    screen, (x, y, w, h) = program.screen, program.layout()["map"]
    screen.click(x + w // 4, y + h // 2)
    row = pinned(program, 1)[0]
    program.catch_up()
    screen.key(str(space.labels[space.index_of(row)]))
    program.catch_up()
    around = screen.grab([x + w // 4 - 20, y + h // 2 - 20, 40, 40]).astype(int)
    assert (np.abs(around - 0x1C).max(axis=2) <= 2).sum() >= 40  # the ring and its number
