"""Signals: who hears what, and what becomes of errors and copies."""

import gc
import pickle

import numpy as np
import pytest

from explorer.session.state import SharedState
from explorer.signals import Signal


class Bell:
    rung = Signal(object, str)


class Ear:
    def __init__(self):
        self.heard = []

    def hear(self, sender, name):
        self.heard.append(name)


def test_methods_are_held_weakly_and_called_once():
    bell, ear = Bell(), Ear()
    heard = ear.heard
    bell.rung.connect(ear.hear)
    bell.rung.connect(ear.hear)
    bell.rung.emit(bell, "one")
    del ear
    gc.collect()
    bell.rung.emit(bell, "two")
    assert heard == ["one"] and len(bell.rung) == 0


def test_a_handler_that_is_disconnected_by_the_one_before_it_is_not_called():
    bell, ear = Bell(), Ear()
    bell.rung.connect(lambda sender: bell.rung.disconnect(ear.hear))
    bell.rung.connect(ear.hear)
    bell.rung.emit(bell, "one")
    assert ear.heard == []


def test_an_error_of_a_handler_arrives_as_it_is_also_through_two_signals():
    def fail(sender):
        raise KeyError("mine")

    first, second = Bell(), Bell()
    first.rung.connect(lambda sender: second.rung.emit(second, "two"))
    second.rung.connect(fail)
    with pytest.raises(KeyError, match="mine"):
        first.rung.emit(first, "one")


def test_assigning_tells_of_other_values_only():
    shared, heard = SharedState(), []
    for name in ("theme", "selection", "layers"):
        getattr(shared, f"{name}_changed").connect(lambda sender, name=name: heard.append(getattr(sender, name)))
    shared.theme = "light"
    shared.selection = np.empty(0, np.intp)
    shared.layers = frozenset(shared.layers)
    assert heard == []
    shared.theme = "dark"
    shared.selection = np.arange(3)
    shared.selection = np.arange(3)
    assert heard[0] == "dark" and heard[1].tolist() == [0, 1, 2] and len(heard) == 2


def test_a_copy_has_the_values_but_not_the_handlers():
    shared, heard = SharedState("dark"), []
    shared.theme_changed.connect(lambda sender: heard.append(sender))
    copy = pickle.loads(pickle.dumps(shared))
    assert copy.theme == "dark"
    copy.theme = "light"
    assert heard == [] and shared.theme == "dark"
    shared.theme = "light"
    assert heard == [shared]
