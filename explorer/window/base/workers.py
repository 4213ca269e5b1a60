"""Work that takes longer than a frame: threads that talk to the Tk thread through a queue."""

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
    """Slots of a window's workers that belong to a part of it which comes and goes.

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
        """Drops all that this part has started."""
        for slot in self._slots:
            self.cancel(slot)


class Workers:
    """Owns the threads of a window.

    Each piece of work has a slot; starting another one in the same slot supersedes it: its flag is
    raised, and whatever it still says is dropped. All callbacks run on the Tk thread.

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
            slot: what is superseded.
            done: is given what `work` returns.
            failed: is given what `work` raises.
            heard: is given whatever `work` tells meanwhile.
            poll_ms: how long what it says may lie in the queue: looking there often costs 2 % of a core.
            lasting: whether it goes on as long as something outside the program does.
        """
        self.cancel(slot)
        flag = threading.Event()
        self._running[slot] = flag, poll_ms, lasting

        def run() -> None:
            try:
                result = work(lambda message: self._said.put((slot, flag, heard, message, False)), flag.is_set)
            except BaseException as error:  # whatever it is, the Tk thread must learn of it
                self._said.put((slot, flag, failed, error, True))
            else:
                self._said.put((slot, flag, done, result, True))

        thread = threading.Thread(target=run, name=slot, daemon=True)
        self._threads = [other for other in self._threads if other.is_alive()] + [thread]
        thread.start()
        self._schedule()

    def cancel(self, slot: str) -> bool:
        """Drops the work in a slot; says whether there was any."""
        running = self._running.pop(slot, None)
        if running is not None:
            running[0].set()
        return running is not None

    def lasting_poll(self) -> str | None:
        """Tk's id for the next look into the queue, if all work that is going on is of the lasting kind."""
        return self._look.due if all(lasting for *_, lasting in self._running.values()) else None

    def close(self) -> bool:
        """Drops everything. Returns whether a thread is still busy, which cannot be interrupted."""
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
        """Empties the queue again as soon as the least patient of the works wants it."""
        self._look.cancel()
        if self._running:
            self._look(min(poll_ms for _, poll_ms, _ in self._running.values()))
