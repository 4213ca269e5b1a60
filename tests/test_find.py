"""Ways to images: by index, and lists to step through, from the arrays up to the window."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.analysis import analyses
from explorer.analysis.analyses import DISPLACEMENTS, ERRORS, LABEL_DISAGREEMENT, ORIGINALS
from explorer.analysis.displacement import Displacements
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.errors import Cancelled, UserError
from explorer.images import datasets
from explorer.session import finding
from explorer.spaces.point_index import PointIndex
from explorer.window.base.workers import Workers
from explorer.window.inspector.tabs.find import FindTab
from tests.spaces import context_of, make_space


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make_space(tmp_path_factory.mktemp("find") / "space", n=300)


def label_disagreement(space, all_points=None) -> analyses.LabelDisagreement:
    probe = SpaceProbe(space, None)
    if all_points is not None:
        probe.know_points(all_points)
    return analyses.label_disagreement(probe, lambda share: None, lambda: False)


# ---- among another class ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 8, 300])
def test_strangers_are_what_brute_force_finds(small, n):
    space = dataclasses.replace(small, codes=small.codes[:n], labels=small.labels[:n], rows=small.rows[:n])
    for found in (label_disagreement(space), label_disagreement(space, PointIndex(space.places))):
        for point in range(n):
            distances = np.linalg.norm(space.places.astype(float) - space.places[point], axis=1)
            distances[point] = np.inf
            nearest = np.argsort(distances)[: min(10, n - 1)]
            share = np.mean(space.labels[nearest] != space.labels[point])
            assert found.share[point] == pytest.approx(share, abs=1e-6)
            assert found.distance[point] == pytest.approx(distances[nearest].mean(), rel=1e-5)


def test_points_at_one_place_are_not_their_own_neighbours(small):
    codes = np.zeros((30, 2), np.float32)
    for labels, share in ((np.arange(30), 1.0), (np.zeros(30, int), 0.0)):
        space = dataclasses.replace(small, codes=codes, labels=labels, rows=np.arange(30))
        assert (label_disagreement(space).share == share).all()
    indices, distances = PointIndex(codes).others(10)
    assert (indices != np.arange(30)[:, None]).all() and (distances == 0).all()


def test_there_are_no_strangers_without_classes_and_the_search_can_be_stopped(tmp_path, small):
    with pytest.raises(UserError, match="no classes"):
        label_disagreement(make_space(tmp_path / "space", classes=(), n=50))
    with pytest.raises(Cancelled):
        analyses.label_disagreement(SpaceProbe(small, None), lambda share: None, lambda: True)


def test_the_lists_are_in_order(small):
    worst, strange, unusual, far = finding.LISTINGS
    errors = np.random.default_rng(0).random(300).astype(np.float32)
    assert (np.diff(errors[worst.ranked(errors)]) <= 0).all() and worst.worded(errors, 0) == f"{errors[0]:.4f}"
    found = label_disagreement(small)
    ranked = strange.ranked(found)
    keys = [(-found.share[point], found.distance[point]) for point in ranked]
    assert keys == sorted(keys) and set(ranked) == set(np.flatnonzero(found.share > 0))
    scatter = np.array([0.5, np.nan, 1.256, 0.5, 0], np.float32)
    displacements = Displacements(np.zeros(5, np.float32), scatter)
    assert far.ranked(displacements).tolist() == [2, 0, 3, 4] and far.worded(displacements, 2) == "1.26"
    parts = np.array([[0, 1], [np.nan, np.nan], [3.04, 2], [-1, -2]])
    assert unusual.ranked(parts).tolist() == [2, 0, 3]
    assert unusual.worded(parts, 2) == "5.0, large error" and unusual.worded(parts, 0) == "1.0, unlike all others"


# ---- by index --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everything(space):
    """All of MNIST, with a column of each type."""
    number = np.arange(len(space.rows))
    columns = {
        "writer": np.array(["Ann", "Bob", "Anna"])[number % 3],
        "slant": (number / 10).astype(np.float32),
        "Strokes": number % 5,
        "checked": number % 7 == 0,
    }
    return dataclasses.replace(space, columns=columns)


SIZES = 60_000, 10_000


@given(row=st.integers(0, 69_999), form=st.sampled_from(["{} {}", "{}{}", " {}  #{} "]), large=st.booleans())
def test_an_image_is_found_by_what_it_goes_by(everything, row, form, large):
    split, number = finding.name_of(row, 60_000).split()
    for text in (form.format(split.upper() if large else split, number), f"#{row}", f"{row}", f"row {row}"):
        found = finding.search(text, everything, SIZES)
        assert found.single and everything.rows[found.points].tolist() == [row]
        assert found.title == finding.name_of(row, 60_000)
    without = finding.search(finding.name_of(row, None), everything, None)
    assert everything.rows[without.points].tolist() == [row] and without.title == f"#{row}"


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2), st.sampled_from(["{}, {}", "({},{})", "{} {}", "[{}; {}]"])
)
def test_a_code_is_found_as_it_was_typed(everything, code, form):
    for text in (form.format(*code), form.format(*code).replace("-", "−")):
        found = finding.search(text, everything, SIZES)
        assert found.code.tolist() == code and not len(found.points)


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("class 7", lambda space: space.labels == 7),
        ("LABEL: 7", lambda space: space.labels == 7),
        ("class=7", lambda space: space.labels == 7),
        ("writer = ann", lambda space: space.columns["writer"] == "Ann"),
        ("writer=nn", lambda space: space.columns["writer"] != "Bob"),
        ("bob", lambda space: space.columns["writer"] == "Bob"),
        ("slant=0.3", lambda space: np.arange(len(space.rows)) == 3),
        ("strokes = 4", lambda space: space.columns["Strokes"] == 4),
        ("checked: yes", lambda space: space.columns["checked"]),
        ("checked=False", lambda space: ~space.columns["checked"]),
    ],
)
def test_classes_and_values_are_found(everything, text, wanted):
    found = finding.search(text, everything, SIZES)
    assert not found.single and found.code is None
    np.testing.assert_array_equal(found.points, np.flatnonzero(wanted(everything)))


def test_a_class_goes_by_a_part_of_its_name_unless_one_has_just_that_name(small):
    names = ["Boot", "Ankle boot", "Bag", "Straße", *"456789"]
    space = dataclasses.replace(small, card=small.card | {"data": small.card["data"] | {"classes": names}})
    of = lambda text: set(space.labels[finding.search(text, space, (270, 30)).points].tolist())  # noqa: E731
    assert (of("boot"), of("ANKLE"), of("class a"), of("STRASSE")) == ({0}, {1}, {1, 2, 3}, {3})


@pytest.mark.parametrize(
    "text, part",
    [
        ("", "type an image"),
        ("abc", "nothing found for 'abc'"),
        ("-3", "nothing found"),
        ("1.5", "nothing found"),
        ("99999999999999999999", "nothing found"),
        ("test 10000", "the last one is 9999"),
        ("train 60000", "the last one is 59999"),
        ("70000", "the last one is 69999"),
        ("1, 2, 3", "2 numbers, not 3"),
        ("1e300, 0", "beyond every map"),
        ("class 11", "no class '11'"),
        ("slant=high", "no image has slant = high"),
        ("strokes=5", "no image has Strokes = 5"),
        ("size=3", "nothing found"),
    ],
)
def test_what_is_not_found_is_said_in_one_line(everything, text, part):
    with pytest.raises(UserError, match=re.escape(part)) as raised:
        finding.search(text, everything, SIZES)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 140


def test_splits_are_not_known_without_the_images(everything):
    with pytest.raises(UserError, match="#17"):
        finding.search("test 17", everything, None)


# ---- the tab alone ---------------------------------------------------------------------------------------------------


@pytest.fixture
def tab(root, small):
    root.geometry("420x300")
    probe = SpaceProbe(small, GridDecoder(grid.load(small)))
    probe.results[ORIGINALS] = datasets.load(small.card["data"]["source"])
    context = context_of(probe, Workers(root))
    context.asked = []
    context.need = context.asked.append
    tab = FindTab(root, context)
    tab.pack(fill="both", expand=True)
    root.update()
    tab.context = context
    return tab


def go(tab, text) -> str:
    """Searches; returns what is said over the map."""
    said = []
    tab.context.say = said.append
    tab.search(text)
    tab.update()
    return "".join(said)


def learn_errors(tab) -> np.ndarray:
    errors = np.random.default_rng(3).random(300).astype(np.float32)
    tab.context.probe.results[ERRORS] = errors
    tab.context.tell(ERRORS)
    tab.update()
    return errors


def listed(tab) -> list[int]:
    return [int(row) for row in tab._table.get_children()]


def test_going_to_an_image(tab, small):
    shared, state = tab.context.shared, tab.context.state
    assert go(tab, "test 17") == ""
    assert shared.pins == (287,) and state.cursor == tuple(small.places[287].tolist())
    assert go(tab, "train 17") == "" and shared.pins == (287, 17)
    for text, part in (("seventeen", "nothing found"), ("test 30", "is 29"), ("300", "is 299")):
        assert part in go(tab, text)
    shared.toggle_class(int(small.labels[5]))
    assert "hidden" in go(tab, "5")
    assert shared.pins == (287, 17)
    fewer = dataclasses.replace(small, codes=small.codes[:9], labels=small.labels[:9], rows=small.rows[:9])
    originals = tab.context.probe.results[ORIGINALS]
    tab.context.state.show_space(fewer, same_images=True)
    tab.context.use_probe(SpaceProbe(fewer, None))
    assert tab.context.probe.results[ORIGINALS] is originals
    assert "test 17 is not on this map" in go(tab, "test 17")


def test_a_code_moves_the_cursor(tab):
    assert go(tab, "0.5, -0.25") == "" and tab.context.state.cursor == (0.5, -0.25)
    assert tab.context.shared.pins == () and "Search" not in offered(tab)


def test_several_images_are_listed_and_stepped_through(tab, small):
    shared = tab.context.shared
    members = np.flatnonzero(small.labels == 4).tolist()
    assert "Search" not in offered(tab)
    go(tab, "class 4")
    assert offered(tab)[-1] == "Search" and listed(tab) == members and shared.pins == (members[0],)
    assert tab._note.cget("text").startswith(f"class 4: {len(members)} images")
    tab.step(1)
    assert shared.pins == (members[1],) and tab.context.state.cursor == tuple(small.places[members[1]].tolist())
    go(tab, "class 5")
    assert listed(tab) == np.flatnonzero(small.labels == 5).tolist()
    shared.toggle_class(5)
    tab.update()
    assert listed(tab) == [] and "class 5: hidden" in go(tab, "class 5")
    tab.context.use_probe(SpaceProbe(dataclasses.replace(small, codes=2 * small.codes), None))
    assert "Search" not in offered(tab) and chosen(tab) == "Large errors"


def test_the_list_holds_shown_images_in_order(tab, small):
    assert tab.context.asked == [ERRORS]
    errors = learn_errors(tab)
    order = np.argsort(-errors)
    assert listed(tab) == order[:200].tolist()
    first = tab._table.item(str(order[0]))
    assert first["text"].strip() == "1" and first["values"][2] == f"{errors.max():.4f}"
    tab.context.shared.toggle_class(int(small.labels[order[0]]))
    tab.update()
    assert listed(tab) == [row for row in order if small.labels[row] != small.labels[order[0]]][:200]
    for label in range(10):
        tab.context.shared.isolate_class(label, 10)
        tab.update()
        assert {int(small.labels[row]) for row in listed(tab)} == {label}


def test_steps_pin_one_image_and_leave_those_pinned_by_hand(tab, small):
    shared, state = tab.context.shared, tab.context.state
    order = np.argsort(-learn_errors(tab)).tolist()
    shared.pin(order[1])
    seen = []
    for _ in range(4):
        tab.step(1)
        tab.update()
        assert state.cursor == tuple(small.places[tab._row].tolist())
        assert tab._table.selection() == (str(tab._row),)
        seen.append(shared.pins)
    assert seen == [(order[1], order[0]), (order[1],), (order[1], order[2]), (order[1], order[3])]
    shared.pin(order[3])  # by hand: the step's own becomes his
    tab.step(-1)
    assert shared.pins == (order[1], order[3], order[2])
    tab._table.selection_set(str(order[7]))
    tab.update()
    assert shared.pins == (order[1], order[3], order[7])
    for _ in range(9):
        tab.step(-1)
    assert tab._row == order[0]


def test_a_step_waits_for_the_list_and_a_list_that_cannot_be_had_says_so(tab):
    tab.step(1)
    assert tab.context.shared.pins == ()
    errors = learn_errors(tab)
    assert tab.context.shared.pins == (int(errors.argmax()),)
    tab._chosen.set(1)
    tab._choose()
    tab.context.probe.failures[LABEL_DISAGREEMENT] = "these images have no classes"
    tab.context.tell(LABEL_DISAGREEMENT)
    tab.update()
    assert tab._status.cget("text") == "these images have no classes" and tab._status.winfo_ismapped()
    assert listed(tab) == []


def offered(tab) -> list[str]:
    tab.update()
    return [str(choice.cget("text")) for choice in tab._choices if choice.winfo_ismapped()]


def chosen(tab) -> str:
    return "Search" if tab._listing is None else finding.LISTINGS[tab._chosen.get()].title


def learn_travels(tab, seed: int = 4) -> np.ndarray:
    scatter = np.random.default_rng(seed).random(300).astype(np.float32)
    scatter[::7] = np.nan
    tab.context.probe.results[DISPLACEMENTS] = Displacements(scatter / 2, scatter)
    tab.context.tell(DISPLACEMENTS)
    tab.update()
    return scatter


def test_another_list_is_shown_from_its_beginning(tab):
    learn_errors(tab)
    tab._table.yview_moveto(0.5)
    tab.update()
    assert tab._table.yview()[0] > 0.3
    tab.choose_listing(finding.LISTINGS[0].title)
    tab.update()
    assert tab._table.yview()[0] == 0


def test_what_travelled_far_is_offered_beside_another_space_only(tab, small):
    usual, context = ["Large errors", "Wrong label?", "Unusual"], tab.context
    order = np.argsort(-learn_errors(tab)).tolist()
    assert offered(tab) == usual
    tab.choose_listing("Travelled far")
    assert chosen(tab) == "Large errors" and listed(tab) == order[:200], "it is not offered"
    context.compare_with(small)
    assert offered(tab) == [*usual, "Travelled far"]
    assert chosen(tab) == "Large errors" and listed(tab) == order[:200] and DISPLACEMENTS not in context.asked
    tab.choose_listing("Travelled far")
    assert chosen(tab) == "Travelled far" and context.asked[-1] == DISPLACEMENTS and listed(tab) == []
    assert "comparing neighbourhoods" in tab._status.cget("text")
    scatter = learn_travels(tab)
    order_far = [int(point) for point in np.argsort(-scatter) if scatter[point] >= 0]
    assert listed(tab) == order_far[:200] and tab._table.heading("value")["text"] == "scatter"
    assert str(tab._table.item(str(order_far[9]))["values"][2]) == f"{scatter[order_far[9]]:.2f}"
    context.compare_with(None)
    assert offered(tab) == usual and chosen(tab) == "Large errors" and listed(tab) == order[:200]
    context.compare_with(small)
    assert offered(tab) == [*usual, "Travelled far"] and chosen(tab) == "Large errors"


def test_all_lists_fit_into_the_row(tab, small):
    tab.context.compare_with(small)
    tab.winfo_toplevel().geometry("392x300")
    tab.search("class 4")
    assert len(offered(tab)) == 5
    for choice in tab._choices:
        assert choice.winfo_width() == choice.winfo_reqwidth()
        assert choice.winfo_x() + choice.winfo_width() <= choice.master.winfo_width()


def test_a_step_leads_through_what_travelled_far(tab, small):
    tab.context.compare_with(small)
    tab.choose_listing("Travelled far")
    tab.step(1)
    assert tab.context.shared.pins == ()
    order = np.argsort(-learn_travels(tab))
    assert tab.context.shared.pins == (int(order[0]),)
    tab.step(1)
    assert tab.context.shared.pins == (int(order[1]),)
    assert tab.context.state.cursor == tuple(small.places[order[1]].tolist())


def test_another_space_beside_has_another_list(tab, small):
    context, asked = tab.context, tab.context.asked
    context.compare_with(small)
    tab.choose_listing("Travelled far")
    learn_travels(tab)
    context.compare_with(dataclasses.replace(small, coordinates="quantiles"))  # of the same codes
    before = listed(tab)
    assert len(before) == 200 and asked.count(DISPLACEMENTS) == 1
    context.compare_with(dataclasses.replace(small, codes=small.codes[::-1]))
    tab.update()
    assert chosen(tab) == "Travelled far" and listed(tab) == [] and asked.count(DISPLACEMENTS) == 2
    scatter = learn_travels(tab, 5)
    assert listed(tab)[0] == np.nanargmax(scatter) and listed(tab) != before
    context.compare_with(dataclasses.replace(small, codes=small.codes + 1))
    context.fail(DISPLACEMENTS, "too few")
    tab.update()
    assert listed(tab) == [] and tab._status.cget("text") == "too few"


def test_another_reader_goes_on_with_what_travelled_far_as_long_as_two_are_compared(tab, small):
    context = tab.context
    context.compare_with(small)
    tab.choose_listing("Travelled far")
    learn_travels(tab)
    probe = SpaceProbe(dataclasses.replace(small, codes=2 * small.codes), None)
    context.state.show_space(probe.space, same_images=True)
    context.use_probe(probe)
    assert len(offered(tab)) == 4 and chosen(tab) == "Travelled far"
    assert context.asked[-1] == DISPLACEMENTS and listed(tab) == []
    context.compare_with(None)
    assert len(offered(tab)) == 3 and chosen(tab) == "Large errors"


def test_what_is_learnt_while_nobody_looks_is_listed_when_somebody_does(tab, small):
    tab.context.compare_with(small)
    tab.choose_listing("Travelled far")
    tab.pack_forget()
    tab.update()
    tab.context.compare_with(dataclasses.replace(small, codes=small.codes + 1))
    scatter = learn_travels(tab)
    tab.pack(fill="both", expand=True)
    tab.update()
    assert listed(tab)[0] == np.nanargmax(scatter)


# ---- the window ------------------------------------------------------------------------------------------------------


@pytest.fixture
def program(program):
    left, top, *_ = program.layout()["tabs"]
    program.screen.click(left + 172, top + 24)  # the tab
    program.settle()
    return program


def pinned(program, count: int) -> list[int]:
    return program.wait(lambda: program.events("pins")[count - 1 :], f"change {count} of the pins")[0]["rows"]


def test_n_steps_through_the_worst(program, space):
    decoder, images = GridDecoder(grid.load(space)), datasets.load().images(space.rows)
    errors = np.empty(len(images), np.float32)
    for start in range(0, len(images), 1000):
        some = slice(start, start + 1000)
        errors[some] = np.square(decoder(space.codes[some]) - datasets.as_float(images[some])).mean(axis=(1, 2))
    worst = space.rows[np.argsort(-errors)[:3]].tolist()
    program.screen.key("n")
    assert pinned(program, 1) == worst[:1]
    program.screen.key("n")
    program.screen.key("n")
    assert pinned(program, 3) == worst[2:]
    program.screen.key("n", "Shift_L")
    assert pinned(program, 4) == worst[1:2]
    program.settle()
    np.testing.assert_allclose(
        program.events("hover")[-1]["z"], space.codes[space.index_of(worst[1])], atol=1e-5, err_msg="it is shown"
    )


def test_the_search_field_takes_keys_until_something_is_found(program, space):
    screen, box = program.screen, program.layout()["map"]

    def picture():
        program.catch_up()
        return screen.grab(box)

    def type_(*keys):
        for key in keys:
            screen.key(key)

    before = picture()
    left, top, width, height = program.layout()["search"]
    screen.click(left + width // 2, top + height // 2)
    type_("a", "1", "r", "n", "t", "Right")
    assert (picture() == before).all() and program.events("pins") == []
    type_("Return")  # nothing is called so: the field keeps the keys
    assert "nothing found for 'a1rnt'" in program.wait_for("said")["text"]
    type_(*5 * ["BackSpace"], "t", "e", "s", "t", "space", "1", "7", "Return")
    assert pinned(program, 1) == [60_017]
    program.settle()
    np.testing.assert_allclose(program.events("hover")[-1]["z"], space.codes[60_017], atol=1e-5)
    screen.key("f", "Control_L")  # what was typed is replaced
    type_("1", "period", "5", "comma", "minus", "2", "Return")
    program.settle()
    np.testing.assert_allclose(program.events("hover")[-1]["z"], [1.5, -2], atol=1e-5)
    type_("slash", "c", "l", "a", "s", "s", "space", "7", "Return")
    sevens = space.rows[space.labels == 7]
    assert pinned(program, 2) == [60_017, sevens[0]]
    type_("n")  # the keys are the window's again
    assert pinned(program, 3) == [60_017, sevens[1]]
    type_("Escape", "Escape", "Escape")
    program.settle()


def test_a_search_goes_to_the_map_under_the_mouse(start):
    program = start("ae_precomp.py", "--compare", "pca", tensorflow=False)
    program.wait_for("compare")
    program.settle()
    for name, there in (("second", "first"), ("first", "second")):
        x, y, width, height = program.layout()["second" if name == "second" else "map"]
        program.hover(x + width // 2, y + height // 2)
        for key in ("slash", "2", "comma", "minus", "1", "Return"):
            program.screen.key(key)
        program.settle()
        shown = program.events("hover")[-1]
        assert shown["map"] == name, f"not on the {there} map"
        np.testing.assert_allclose(shown["z"], [2, -1], atol=1e-5)
        for key in ("slash", "t", "e", "s", "t", "space", "1", "7", "Return"):
            program.screen.key(key)
        program.settle()
        shown = program.events("hover")[-1]
        assert shown["map"] == name and shown["row"] == 60_017
        program.screen.key("Escape")
        program.settle()
