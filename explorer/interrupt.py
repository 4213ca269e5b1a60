"""Ends a program at once on Ctrl-C, on SIGTERM, and when its terminal is closed.

Python runs the handler of a signal only when its main thread comes back from what it does, which takes seconds while a
library is loaded or a network compiled, and raises KeyboardInterrupt in the middle of anything. So the signal's number
is also written into a pipe, and a thread that reads from it ends the process.

An entry script calls `heed()` before it imports anything that takes time. Code that leaves something to be tidied up
registers it once, when it is imported, with `at_end`; so does a program that has a last line to print. A process that
is started by another one, to draw for example, calls `heed()` as well: Ctrl-C reaches both.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable

PATIENCE = 1.0  # seconds for tidying up, which may hang on a file system or a terminal that does not answer
ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
SHELL = 128  # a shell adds the signal's number to it: Ctrl-C is 130

_last: list[Callable[[], None]] = []


def heed() -> None:
    """Has the process end on each of these signals, with the exit status that a shell gives it: 130 for Ctrl-C.

    A signal that the process was started to ignore (`nohup`, or `&` in a shell script) is still ignored.
    To be called once, in the main thread.
    """
    read, write = os.pipe()
    if os.name == "posix":
        os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, frame: None)
    threading.Thread(target=_watch, args=(read,), name="interrupt", daemon=True).start()


def at_end(callback: Callable[[], None]) -> None:
    """Has something called, in another thread than the main one, before a signal ends the process; the latest first.

    What it raises is dropped. The process ends after a second, whether or not it has returned.
    """
    _last.append(callback)


def _watch(read: int) -> None:
    while (number := os.read(read, 1)[0]) not in ENDING:
        pass
    last = threading.Timer(PATIENCE, os._exit, (SHELL + number,))
    last.daemon = True
    last.start()
    for callback in reversed(_last):
        with contextlib.suppress(Exception):
            callback()
    os._exit(SHELL + number)
