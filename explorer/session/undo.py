"""Undo and redo of what a person marks: pins, selection, hidden classes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from explorer.session.state import SharedState

MOST = 100  # actions that can be undone; each may hold the rows of a selection


@dataclass(frozen=True, eq=False)
class Marked:
    """What is marked at one moment; the names are those of `SharedState`."""

    pins: tuple[int, ...]
    passing: int | None
    selection: np.ndarray
    hidden: frozenset[int]


def marked(shared: SharedState) -> Marked:
    """What is marked now."""
    return Marked(shared.pins, shared.passing, shared.selection, shared.hidden)


class History:
    """Remembers what was marked before each action of a person, and brings it back.

    Every change of the state is an action of its own, unless it happens inside `together`. Pins that replace each
    other in passing count as one action, and so do the selections of one gesture.

    Args:
        shared: the state that is watched.
    """

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared
        self._now = marked(shared)
        self._before: list[Marked] = []  # the latest at the end
        self._after: list[Marked] = []  # of what was undone, the next one to redo at the end
        self._together = 0
        self._gesture: object = None  # of the last action
        for signal in (shared.pins_changed, shared.selection_changed, shared.hidden_changed):
            signal.connect(self._on_change)

    @property
    def can_undo(self) -> bool:
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        return bool(self._after)

    def undo(self) -> str:
        """Takes back the last action. Returns what that had done, in words; empty where there is none."""
        return self._step(self._before, self._after)

    def redo(self) -> str:
        """Does again what was undone last. Returns what that does, in words; empty where there is none."""
        return self._step(self._after, self._before)

    def forget(self) -> None:
        """Begins anew with what is marked now: the rows and classes before it belong to other images."""
        self._now = marked(self._shared)
        self._before, self._after = [], []
        self._gesture = None

    def kept(self) -> tuple[list[Marked], list[Marked]]:
        """What can be undone and redone now, for `resume`."""
        return list(self._before), list(self._after)

    def resume(self, kept: tuple[list[Marked], list[Marked]]) -> None:
        """Goes on from there: what was marked then must be marked again."""
        self.forget()
        self._before, self._after = (list(each) for each in kept)

    @contextmanager
    def together(self) -> Iterator[None]:
        """All changes inside are one action."""
        self._together += 1
        try:
            yield
        finally:
            self._together -= 1
            self._on_change()

    @contextmanager
    def unnoticed(self) -> Iterator[None]:
        """Changes inside are no action: they cannot be undone."""
        self._together += 1
        try:
            yield
        finally:
            self._together -= 1
            self._now = marked(self._shared)

    def _on_change(self) -> None:
        if self._together:
            return
        before, self._now = self._now, marked(self._shared)
        if not words(before, self._now) or _in_passing(before, self._now):
            return
        gesture = self._shared.gesture if _selects_only(before, self._now) else None
        goes_on = gesture is not None and gesture is self._gesture
        self._gesture, self._after = gesture, []
        if not goes_on:
            self._before = [*self._before, before][-MOST:]
        elif not words(self._before[-1], self._now):  # back where it began
            self._before.pop()
            self._gesture = None

    def _step(self, source: list[Marked], target: list[Marked]) -> str:
        if not source:
            return ""
        self._gesture = None
        here, there = marked(self._shared), source.pop()
        target.append(here)
        with self.unnoticed():
            self._shared.passing = there.passing
            self._shared.set_pins(there.pins)
            self._shared.select(there.selection)
            self._shared.hidden = there.hidden
        return words(there, here) if source is self._before else words(here, there)


def words(before: Marked, after: Marked) -> str:
    """What one action did, such as "3 pins removed"; empty where nothing has changed."""
    said = []
    added, removed = set(after.pins) - set(before.pins), set(before.pins) - set(after.pins)
    for pins, what in ((added, "added"), (removed, "removed")):
        if pins:
            said.append(f"{_counted(len(pins), 'pin')} {what}")
    if before.pins != after.pins and not said:
        said.append("pins in another order")
    if not np.array_equal(before.selection, after.selection):
        chosen = len(after.selection)
        said.append(f"{_counted(chosen, 'image')} selected" if chosen else "selection cleared")
    for classes, what in ((after.hidden - before.hidden, "hidden"), (before.hidden - after.hidden, "shown")):
        if classes:
            said.append(f"{_counted(len(classes), 'class', 'classes')} {what}")
    return ", ".join(said)


def _in_passing(before: Marked, after: Marked) -> bool:
    """Whether one pin in passing has replaced another, and nothing else has changed."""
    if before.passing is None or after.passing is None:
        return False
    lasting = [tuple(pin for pin in each.pins if pin != each.passing) for each in (before, after)]
    same_selection = np.array_equal(before.selection, after.selection)
    return lasting[0] == lasting[1] and same_selection and before.hidden == after.hidden


def _selects_only(before: Marked, after: Marked) -> bool:
    return before.pins == after.pins and before.hidden == after.hidden


def _counted(number: int, one: str, more: str = "") -> str:
    return f"1 {one}" if number == 1 else f"{number:,} {more or one + 's'}"
