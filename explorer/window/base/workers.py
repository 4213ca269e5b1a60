"""Threads for work that takes longer than a frame. They report to the Tk thread through a queue."""

from __future__ import annotations

import queue
import threading
import tkinter as tk
from collections.abc import Callable
from typing import Any

from explorer.window.base.widgets import Later

POLL_MS = 15

Tell = Callable[[Any], None]
Asked = Callable[[], bool]


class Part:
    """The workers of one part of the window, which may be closed earlier than the window.

    Args:
        workers: of the window.
        name: of the part.
    """

    def __init__(self, workers: Workers, name: str) -> None:
        self._workers, self._name = workers, name
        self._slots: set[str] = set()

    def start(self, slot: str, *arguments, **options) -> None:
        """See `Workers.start`."""
        self._slots.add(slot)
        self._workers.start(f"{self._name} {slot}", *arguments, **options)

    def cancel(self, slot: str) -> bool:
        """See `Workers.cancel`."""
        return self._workers.cancel(f"{self._name} {slot}")

    def cancel_all(self) -> None:
        """Cancels everything that this part has started."""
        for slot in self._slots:
            self.cancel(slot)


class Workers:
    """Owns the threads of a window.

    Each piece of work has a slot. New work in the same slot cancels the old: the old work's flag is set,
    and its further reports are dropped. All callbacks run on the Tk thread.

    Args:
        root: whose event loop empties the queue.
    """

    def __init__(self, root: tk.Misc) -> None:
        self._said: queue.SimpleQueue[tuple[str, threading.Event, Callable, Any, bool]] = queue.SimpleQueue()
        self._running: dict[str, tuple[threading.Event, int, bool]] = {}  # by slot: its flag, `poll_ms`, and `lasting`
        self._threads: list[threading.Thread] = []
        self._look = Later(root, self._drain)

    def start(
        self,
        slot: str,
        work: Callable[[Tell, Asked], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        heard: Callable[[Any], None] = lambda message: None,
        poll_ms: int = POLL_MS,
        lasting: bool = False,
    ) -> None:
        """Runs `work(tell, cancelled)` in a thread.

        Args:
            slot: work in the same slot is cancelled.
            done: is called with the result of `work`.
            failed: is called with the exception of `work`.
            heard: is called with everything that `work` passes to `tell`.
            poll_ms: how long a report may wait in the queue. Frequent polling costs 2 % of a core.
            lasting: whether the work lasts as long as something outside the program, such as a training run.
        """
        self.cancel(slot)
        flag = threading.Event()
        self._running[slot] = flag, poll_ms, lasting

        def run() -> None:
            try:
                result = work(lambda message: self._said.put((slot, flag, heard, message, False)), flag.is_set)
            except BaseException as error:  # the Tk thread must learn of every exception
                self._said.put((slot, flag, failed, error, True))
            else:
                self._said.put((slot, flag, done, result, True))

        thread = threading.Thread(target=run, name=slot, daemon=True)
        self._threads = [other for other in self._threads if other.is_alive()] + [thread]
        thread.start()
        self._schedule()

    def cancel(self, slot: str) -> bool:
        """Cancels the work in a slot. Returns whether there was any."""
        running = self._running.pop(slot, None)
        if running is not None:
            running[0].set()
        return running is not None

    def lasting_poll(self) -> str | None:
        """Tk's id of the next poll of the queue, if all current work is `lasting`."""
        return self._look.due if all(lasting for *_, lasting in self._running.values()) else None

    def close(self) -> bool:
        """Cancels everything. Returns whether a thread that cannot be interrupted is still running."""
        for slot in list(self._running):
            self.cancel(slot)
        self._look.cancel()
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        """Waits, after `close`, for the threads that could not be interrupted."""
        for thread in self._threads:
            thread.join()

    def _drain(self) -> None:
        try:
            while not self._said.empty():
                slot, flag, callback, message, last = self._said.get_nowait()
                if flag.is_set():
                    continue
                if last:
                    del self._running[slot]
                callback(message)
        finally:
            self._schedule()

    def _schedule(self) -> None:
        """Schedules the next poll of the queue, by the smallest `poll_ms`."""
        self._look.cancel()
        if self._running:
            self._look(min(poll_ms for _, poll_ms, _ in self._running.values()))
