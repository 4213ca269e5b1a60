"""Signals, and attributes that send one when their value changes.

`state.theme_changed.connect(method)` holds the method weakly, so a closed view disconnects by itself. Handlers get the
emitted arguments, the sender first, or as many of them as they accept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import psygnal


class BoundSignal(psygnal.SignalInstance):
    """The signal of one object. Handlers are called in the order in which they were connected, each once."""

    def connect(self, slot: Callable[..., object]) -> None:
        """Calls `slot` whenever the signal is emitted. Functions and lambdas are held strongly, methods weakly."""
        super().connect(slot, unique=True)

    def emit(self, *arguments: object) -> None:
        """Calls the handlers, except those that another handler has just disconnected: their window may be gone.

        Raises:
            Exception: a handler raised it; the handlers after it are not called.
        """
        # Not psygnal's own loop, which wraps the error, and calls handlers that were disconnected while it runs.
        if not self._is_blocked:
            for slot in list(self._slots):
                if slot in self._slots:
                    slot.cb(arguments)


def Signal(*types: type) -> psygnal.Signal:  # noqa: N802  # a class to those who declare signals
    """Declares a signal in a class body, with the types of its arguments; each object gets its own."""
    return psygnal.Signal(*types, signal_instance_class=BoundSignal)


class Evented:
    """Sends `x_changed`, with itself as argument, after the value of its attribute `x` has changed.

    Connections are not copied, neither by `copy` nor by pickling.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        before = vars(self).get(name, value)  # the first value is not a change
        super().__setattr__(name, value)
        if before is not value and hasattr(type(self), signal := f"{name}_changed") and not _same(before, value):
            getattr(self, signal).emit(self)

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if not isinstance(value, psygnal.SignalInstance)}


def _same(before: Any, value: Any) -> bool:
    return np.array_equal(before, value) if isinstance(value, np.ndarray) else before == value
