"""A range of numbers that select images and span colours, from the arrays up to the window."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.analysis import colouring
from explorer.errors import UserError
from explorer.session.state import SharedState
from explorer.session.undo import History
from explorer.session.value_range import BINS, OPEN, ValueRange
from explorer.window.map.range_card import RangeCard
from tests.screen import settle
from tests.spaces import make_space

VALUES = np.array([5, 1, np.nan, 9, 3, 7, -100, 100], np.float32)


@pytest.fixture
def some() -> ValueRange:
    return ValueRange(VALUES, (0.0, 10.0))


def test_an_open_range_holds_every_image(some):
    assert some.is_open and some.inside().all() and some.end_shares == (0, 1)
    assert some.counts.sum() == 7 and len(some.counts) == BINS and some.counts[0] == some.counts[-1] == 1


def test_ends_move_as_far_as_each_other(some):
    some.move(0, 0.3)
    assert some.ends == (3, np.inf) and VALUES[some.inside()].tolist() == [5, 9, 3, 7, 100]
    some.move(1, 0.7)
    assert some.ends == (3, 7) and VALUES[some.inside()].tolist() == [5, 3, 7]
    some.move(1, 0.1)
    assert some.ends == (3, 3)
    some.move(1, 2.0)
    some.move(0, -1.0)
    assert some.is_open


@given(shares=st.lists(st.tuples(st.integers(0, 1), st.floats(-0.5, 1.5)), max_size=9), logarithmic=st.booleans())
def test_what_lies_inside_is_what_lies_between_the_ends(shares, logarithmic):
    values = np.abs(VALUES)
    some = ValueRange(values, (0.5, 50.0), logarithmic)
    for end, share in shares:
        some.move(end, share)
        low, high = some.ends
        assert low <= high
        if OPEN[end] != some.ends[end]:
            assert some.end_shares[end] == pytest.approx(some.shares_of(np.array([some.ends[end]]))[0])
    if not some.is_open:
        np.testing.assert_array_equal(some.inside(), [low <= value <= high for value in values.tolist()])


@pytest.mark.parametrize(
    "low, high, ends",
    [("3", "7.5", (3, 7.5)), ("", "7", (-np.inf, 7)), ("\u22123", "", (-3, np.inf)), ("1,000", "1e4", (1000, 1e4))],
)
def test_values_can_be_typed(some, low, high, ends):
    some.type(low, high)
    assert some.ends == ends


@pytest.mark.parametrize(
    "low, high, part", [("7", "3", "empty"), ("x", "", "'x' is no number"), ("nan", "", "no number")]
)
def test_what_is_no_range_is_said(some, low, high, part):
    with pytest.raises(UserError, match=part):
        some.type(low, high)
    assert some.is_open


def test_colours_span_the_range_if_they_are_to(some):
    some.type("3", "70")
    assert some.colour_limits == (0, 10)
    some.spans_colours = True
    assert some.colour_limits == (3, 10)
    some.type("4", "4")
    assert some.colour_limits == (0, 10), "of one value there are no colours"


def test_colours_of_other_limits(tmp_path):
    space = make_space(tmp_path / "space", n=90, columns={"size": np.arange(90.0)})
    groups = colouring.groups(space, "column size", {}, (30.0, 60.0))
    assert groups.limits == (30, 60) and groups.beyond == (True, True)
    np.testing.assert_array_equal(groups.members[0], np.arange(31))
    np.testing.assert_array_equal(np.sort(np.concatenate(groups.members)), np.arange(90))
    assert colouring.numbers(space, "class", {}) is None
    np.testing.assert_array_equal(colouring.numbers(space, "column size", {}), np.arange(90))


# ---- the card --------------------------------------------------------------------------------------------------------


@pytest.fixture
def card(root, tmp_path):
    values = np.linspace(0, 100, 300)
    values[:5] = np.nan
    space = make_space(tmp_path / "space", n=300, columns={"size": values})
    root.geometry("500x400")
    recoloured = []
    card = RangeCard(root, SharedState(), lambda: recoloured.append(card.limits), recoloured.append)
    card.recoloured, card.space, card.values = recoloured, space, values
    card.show(space, colouring.groups(space, "column size", {}), values)
    settle(root)
    return card


def drag(card, screen, *shares):
    """Drags from one place in the histogram to the others."""
    left, top = card.canvas.winfo_rootx(), card.canvas.winfo_rooty()
    for number, share in enumerate(shares):
        screen.move(round(left + 8 + 204 * share), top + 20)
        if number == 0:
            screen.press()
        settle(card)
    screen.release()
    settle(card)


def test_dragging_selects_what_lies_in_the_range(card, screen):
    shared = card._shared
    history = History(shared)
    drag(card, screen, 0.02, 0.4, 0.5)
    low, high = card.range.ends
    assert 47 < low < 53 and high == np.inf
    assert shared.selection.tolist() == np.flatnonzero(card.values >= low).tolist()
    shared.toggle_class(3)
    settle(card)
    assert shared.selection.tolist() == np.flatnonzero((card.values >= low) & (card.space.labels != 3)).tolist()
    drag(card, screen, 0.5, -0.1)
    assert card.range.is_open and not len(shared.selection)
    assert history.undo() == "selection cleared" and history.undo().endswith("1 class hidden")
    assert history.undo().endswith("images selected"), "one drag is one action"
    assert not history.can_undo and not len(shared.selection)


def test_events_that_arrive_after_the_card_was_hidden_do_nothing(card):
    card.show(card.space, colouring.groups(card.space, "class", {}), None)
    for event in ("<ButtonPress-1>", "<ButtonRelease-1>", "<ButtonPress-1>"):  # a double click
        card.canvas.event_generate(event, x=9, y=9)
    card.canvas.event_generate("<B1-Motion>", x=99, y=9)
    card.canvas.focus_force()
    for key in ("<Left>", "<Shift-Right>", "<Up>", "<Down>"):
        card.canvas.event_generate(key)
    card._check.invoke()
    settle(card)
    assert card.range is None and not len(card._shared.selection)


def test_keys_move_the_end_and_values_are_typed(card, screen):
    card.canvas.focus_force()
    settle(card)
    for key, *modifiers in (("Right", "Shift_L"), ("Right",), ("Up",), ("Left", "Shift_L")):
        screen.key(key, *modifiers)
        settle(card)
    low, high = card.range.limits
    shares = [(end - low) / (high - low) for end in card.range.ends]
    assert shares == pytest.approx([0.11, 0.9])
    entry = card._entries[0]
    entry.focus_force()
    settle(card)
    entry.delete(0, "end")
    for key in ("2", "5", "Return"):
        screen.key(key)
        settle(card)
    assert card.range.ends[0] == 25 and shares[1] == pytest.approx((card.range.ends[1] - low) / (high - low))
    entry.delete(0, "end")
    screen.key("x")
    screen.key("Return")
    settle(card)
    assert card.recoloured[-1] == "'x' is no number" and card.range.ends[0] == 25


def test_the_range_opens_when_something_else_is_selected(card):
    shared = card._shared
    card.range.move(0, 0.5)
    settle(card)
    assert len(shared.selection) > 100
    shared.select(np.array([1, 2, 3]))
    settle(card)
    assert card.range.is_open and shared.selection.tolist() == [1, 2, 3]


def test_colours_span_the_range_while_it_moves(card):
    card._check.invoke()
    card.range.move(0, 0.5)
    settle(card)
    assert card.recoloured[-1] == (card.range.ends[0], card.range.limits[1])
    card._check.invoke()
    assert card.recoloured[-1] == card.range.limits


def test_nothing_is_cut_and_everything_is_explained(card, screen):
    closed = card.winfo_height()
    screen.move(card.canvas.winfo_rootx() + 50, card.canvas.winfo_rooty() + 20)
    settle(card)
    assert card._check.winfo_ismapped() and card.winfo_height() > closed + 40
    for widget in card.inner.winfo_children():
        assert widget.winfo_width() >= widget.winfo_reqwidth()
    assert card._rest.cget("text") == "● no value: 5" and card._rest.winfo_ismapped()
    for widget in (card.canvas, *card._entries, card._check):
        assert widget.bind("<Enter>") and str(widget.cget("takefocus")) != "0"


def test_it_opens_under_the_mouse_and_where_tab_leads_into_it(card, screen):
    """The histogram stays where it is; a click into it does not keep the card open."""
    left, top = card.canvas.winfo_rootx(), card.canvas.winfo_rooty()
    screen.move(left - 200, top + 200)
    settle(card)
    assert not card._check.winfo_ismapped() and card._below_title.cget("text") == "2.68 – 99"
    screen.click(left + 8, top + 20)
    settle(card)
    assert card._check.winfo_ismapped() and (card.canvas.winfo_rootx(), card.canvas.winfo_rooty()) == (left, top)
    screen.move(left - 200, top + 200)
    settle(card)
    assert not card._check.winfo_ismapped() and card.focus_get() is card.canvas
    for widget in (card._entries[0], card._entries[1], card._check):
        screen.key("Tab")
        settle(card)
        assert card.focus_get() is widget and widget.winfo_viewable()
    card.master.focus_set()
    settle(card)
    assert not card._check.winfo_ismapped()


def test_it_is_small_on_a_narrow_map(card):
    wide = card.winfo_width(), card.winfo_height()
    card.master.geometry("240x220")
    settle(card)
    assert card.winfo_width() < 0.75 * wide[0] and card.winfo_height() < wide[1]
    left = card.canvas.winfo_rootx()
    card._unfold(True)
    settle(card)
    assert card.winfo_x() >= 0 and card.canvas.winfo_rootx() == left
    assert all(widget.winfo_width() >= widget.winfo_reqwidth() for widget in card.inner.winfo_children())


def test_a_card_without_numbers_is_gone(card):
    card.show(card.space, colouring.by_class(card.space), None)
    settle(card)
    assert not card.winfo_ismapped() and card.limits is None


def test_in_the_window(program):
    """Coloured by the distance to the tenth nearest image, a drag selects; one undo takes it back."""
    program.screen.key("c")
    program.screen.key("c")
    program.settle()
    assert program.events("colouring")[-1]["name"] == "spread"
    left, top, width, _ = program.layout()["map"]
    program.catch_up()
    before = program.screen.grab(program.layout()["map"]).astype(int)
    x, y = left + width - 12 - 8 - 7 - 15, top + 75
    program.screen.move(x, y)
    program.screen.press()
    program.screen.move(x - 40, y)
    program.screen.move(x - 120, y)
    program.screen.release()
    program.settle()
    after = program.screen.grab(program.layout()["map"]).astype(int)
    changed = (np.abs(after - before).sum(axis=2) > 60)[:, : width - 260]
    assert changed.mean() > 0.02, "what lies outside the range is veiled"
    program.screen.key("z", "Control_L")
    program.settle()
    assert re.fullmatch(r"undone: [\d,]+ images selected", program.events("said")[-1]["text"])
    program.screen.key("z", "Control_L")
    program.settle()
    assert program.events("said")[-1]["text"] == "there is nothing to undo"
    program.screen.key("Escape")
    program.catch_up()
    left, top, width, height = program.layout()["map"]
    again = program.screen.grab([left, top + 60, width - 260, height - 60]).astype(int)
    assert (again == before[60:, : width - 260]).all(), "nothing is veiled"
