"""Signals that tell of changes, and attributes that send one when they get another value.

`state.theme_changed.connect(method)` holds the method weakly, so a closed view drops out by itself. Handlers get what
was emitted, the sender first, or as much of it as they take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import psygnal


class BoundSignal(psygnal.SignalInstance):
    """The signal of one object. Handlers are called in the order in which they were connected, each once."""

    def connect(self, slot: Callable[..., object]) -> None:
        """Calls `slot` whenever the signal is emitted. Functions and lambdas are held, methods only weakly."""
        super().connect(slot, unique=True)

    def emit(self, *arguments: object) -> None:
        """Calls the handlers, but for those that another one has disconnected meanwhile: its window may be gone.

        Raises:
            Exception: of a handler, as the handler raised it; those after it are not called.
        """
        # Not psygnal's loop: that wraps the error, and calls handlers that were disconnected while it runs.
        if not self._is_blocked:
            for slot in list(self._slots):
                if slot in self._slots:
                    slot.cb(arguments)


def Signal(*types: type) -> psygnal.Signal:  # noqa: N802  # a class to those who declare signals
    """Declares a signal in a class body, with the types of what it emits; each object gets its own."""
    return psygnal.Signal(*types, signal_instance_class=BoundSignal)


class Evented:
    """Sends `x_changed`, with itself, after its attribute `x` has got another value.

    Copies are heard by those only who connect to them: connections are not copied, also not into another process.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        before = vars(self).get(name, value)  # the first value is no change
        super().__setattr__(name, value)
        if before is not value and hasattr(type(self), signal := f"{name}_changed") and not _same(before, value):
            getattr(self, signal).emit(self)

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if not isinstance(value, psygnal.SignalInstance)}


def _same(before: Any, value: Any) -> bool:
    return np.array_equal(before, value) if isinstance(value, np.ndarray) else before == value
