"""Undo and redo of pins, selection and hidden classes, under any mix of actions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.session.state import SharedState
from explorer.session.undo import MOST, History

rows = st.integers(0, 30)
actions = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["pin", "unpin", "toggle_class"]), rows),
        st.tuples(st.just("select"), st.lists(rows, max_size=5), st.sampled_from(["replace", "add", "remove"])),
        st.tuples(st.sampled_from(["unpin_all", "show_all_classes"])),
        st.tuples(st.just("isolate_class"), st.integers(0, 9), st.just(10)),
    ),
    max_size=30,
)


def seen(shared: SharedState) -> tuple:
    return shared.pins, tuple(shared.selection.tolist()), shared.hidden


@given(actions)
def test_undo_goes_back_through_every_state_and_redo_forward_again(actions):
    shared = SharedState()
    history, states = History(shared), [seen(shared)]
    for name, *arguments in actions:
        getattr(shared, name)(*arguments)
        if seen(shared) != states[-1]:
            states.append(seen(shared))
    for before in states[-2::-1]:
        assert history.can_undo and history.undo()
        assert seen(shared) == before
    assert not history.can_undo and not history.undo() and seen(shared) == states[0]
    for after in states[1:]:
        assert history.can_redo and history.redo()
        assert seen(shared) == after
    assert not history.can_redo and not history.redo() and seen(shared) == states[-1]


def test_it_says_what_is_undone_and_what_is_done_again():
    shared = SharedState()
    history = History(shared)
    for row in (5, 7, 9):
        shared.pin(row)
    shared.unpin_all()
    shared.select(np.arange(1234))
    shared.select(np.empty(0, np.intp))
    shared.toggle_class(3)
    shared.isolate_class(3, 10)
    said = [history.undo() for _ in range(5)]
    assert said == [
        "9 classes hidden, 1 class shown",
        "1 class hidden",
        "selection cleared",
        "1,234 images selected",
        "3 pins removed",
    ]
    assert shared.pins == (5, 7, 9)
    assert history.redo() == "3 pins removed" and not shared.pins


def test_a_new_action_ends_what_could_be_done_again():
    shared = SharedState()
    history = History(shared)
    shared.pin(1)
    history.undo()
    shared.pin(2)
    assert not history.can_redo
    history.undo()
    assert shared.pins == ()


def test_pins_in_passing_are_one_action():
    shared = SharedState()
    history = History(shared)
    shared.pin(1)
    for row in range(10, 20):
        shared.pin_in_passing(row)
    shared.unpin_all()
    assert history.undo() == "2 pins removed" and shared.pins == (1, 19)
    shared.pin_in_passing(20)
    assert shared.pins == (1, 20), "it still gives way to the next one"
    history.undo()
    assert shared.pins == (1,)


def test_selections_of_one_gesture_are_one_action():
    shared = SharedState()
    history, drag, other = History(shared), object(), object()
    shared.select([1])
    for rows in ([2], [2, 3], [2, 3, 4]):
        shared.select(rows, gesture=drag)
    assert history.undo() == "3 images selected" and seen(shared)[1] == (1,)
    assert history.redo() and seen(shared)[1] == (2, 3, 4)
    shared.select([5], gesture=drag)
    assert history.undo() and seen(shared)[1] == (2, 3, 4), "it was over with the undo"
    shared.select([6], gesture=other)
    shared.pin(9)
    shared.select([7], gesture=other)
    said = [history.undo() for _ in range(4)]
    assert said == ["1 image selected", "1 pin added", "1 image selected", "3 images selected"]
    assert seen(shared)[1] == (1,)


def test_a_gesture_that_ends_where_it_began_is_no_action():
    shared = SharedState()
    history, drag = History(shared), object()
    for rows in ([2], [2, 3], []):
        shared.select(rows, gesture=drag)
    assert not history.can_undo
    shared.select([4], gesture=drag)
    assert history.undo() == "1 image selected" and not history.can_undo


def test_changes_together_are_one_action_and_unnoticed_ones_are_none():
    shared = SharedState()
    history = History(shared)
    with history.together():
        shared.pin(1)
        shared.select([2, 3])
        shared.toggle_class(0)
    with history.unnoticed():
        shared.show_all_classes()
    assert history.undo() == "1 pin added, 2 images selected" and not history.can_undo
    assert seen(shared) == ((), (), frozenset())


def test_it_is_bounded_and_forgets_other_images():
    shared = SharedState()
    history = History(shared)
    for row in range(MOST + 20):
        shared.pin(row)
    steps = 0
    while history.undo():
        steps += 1
    assert steps == MOST and len(shared.pins) == 20
    shared.forget_images()
    history.forget()
    assert not history.can_undo and not history.can_redo
