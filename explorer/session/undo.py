"""Undo and redo of what a person marks: pins, selection, hidden classes, names of images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
    gesture: object
    hidden: frozenset[int]
    names: tuple[tuple[int, int], ...] | None


def marked(shared: SharedState) -> Marked:
    """What is marked now."""
    return Marked(shared.pins, shared.passing, shared.selection, shared.gesture, shared.hidden, shared.names)


class History:
    """Remembers what was marked before each action of a person, and brings it back.

    Every change of the state is an action of its own, unless it happens inside `together`. Pins that replace each
    other in passing count as one action, and so do the selections of one gesture.

    Args:
        shared: the state that is watched.
    """

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared
        self._together = 0
        self.forget()
        for signal in (shared.pins_changed, shared.selection_changed, shared.hidden_changed, shared.names_changed):
            signal.connect(self._on_change)

    @property
    def can_undo(self) -> bool:
        return self._now > 0

    @property
    def can_redo(self) -> bool:
        return self._now < len(self._moments) - 1

    def undo(self) -> str:
        """Takes back the last action. Returns what that had done, in words; empty where there is none."""
        return words(*self._go(self._now - 1)[::-1]) if self.can_undo else ""

    def redo(self) -> str:
        """Does again what was undone last. Returns what that does, in words; empty where there is none."""
        return words(*self._go(self._now + 1)) if self.can_redo else ""

    def forget(self) -> None:
        """Begins anew with what is marked now: the rows and classes before it belong to other images."""
        self._moments, self._now = [marked(self._shared)], 0

    def kept(self) -> tuple[list[Marked], int]:
        """What can be undone and redone now, for `resume`."""
        return list(self._moments), self._now

    def resume(self, kept: tuple[list[Marked], int]) -> None:
        """Goes on from there: what was marked then must be marked again."""
        self._moments, self._now = list(kept[0]), kept[1]

    def together(self) -> AbstractContextManager[None]:
        """All changes inside are one action."""
        return self._held(self._on_change)

    def unnoticed(self) -> AbstractContextManager[None]:
        """Changes inside are no action: they cannot be undone."""
        return self._held(self._accept)

    @contextmanager
    def _held(self, then: Callable[[], None]) -> Iterator[None]:
        self._together += 1
        try:
            yield
        finally:
            self._together -= 1
            then()

    def _on_change(self) -> None:
        before, after = self._moments[self._now], marked(self._shared)
        if self._together:
            return
        if not words(before, after):
            self._accept()
            return
        lasting = self._moments[: self._now + (not _in_passing(before, after))]
        went_back = bool(lasting) and not words(lasting[-1], after)  # a gesture that ends where it began
        self._moments = lasting if went_back else [*lasting, after][-MOST - 1 :]
        self._now = len(self._moments) - 1

    def _accept(self) -> None:
        self._moments[self._now] = marked(self._shared)

    def _go(self, moment: int) -> tuple[Marked, Marked]:
        """Marks what was marked at another moment. Returns what was marked until now, and what is from now on."""
        here, there = self._moments[self._now], self._moments[moment]
        self._now = moment
        with self.unnoticed():
            self._shared.passing = there.passing
            self._shared.set_pins(there.pins)
            self._shared.select(there.selection)
            self._shared.hidden = there.hidden
            self._shared.names = there.names
        return here, there


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
    if (before.names is None) != (after.names is None):
        said.append("labels back" if after.names is None else "labels taken away")
    elif before.names != after.names:
        said.append("image named" if set(after.names or ()) - set(before.names or ()) else "name removed")
    return ", ".join(said)


def _in_passing(before: Marked, after: Marked) -> bool:
    """Whether only pins or selections that give way to each other have changed."""
    lasting = [tuple(pin for pin in each.pins if pin != each.passing) for each in (before, after)]
    pins_pass = lasting[0] == lasting[1] and (before.passing is None) == (after.passing is None)
    one_gesture = after.gesture is not None and after.gesture is before.gesture
    same_selection = one_gesture or np.array_equal(before.selection, after.selection)
    return pins_pass and same_selection and (before.hidden, before.names) == (after.hidden, after.names)


def _counted(number: int, one: str, more: str = "") -> str:
    return f"1 {one}" if number == 1 else f"{number:,} {more or one + 's'}"
