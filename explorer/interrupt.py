"""Ends a program at once on Ctrl-C, on SIGTERM, and when its terminal is closed.

Python runs signal handlers only between instructions of its main thread. That can take seconds while a library loads or
a network is compiled, and KeyboardInterrupt can be raised anywhere. So the signal's number is also written into a pipe,
and a thread that reads from the pipe ends the process.

An entry script calls `heed()` before slow imports. Code that must clean up registers a function with `at_end` once,
when it is imported; so does a program that prints a last line. A child process calls `heed()` too, because Ctrl-C
reaches both.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable

PATIENCE = 1.0  # seconds for cleaning up, which may hang on a file system or terminal that does not respond
ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
SHELL = 128  # a shell's exit status is this plus the signal's number: Ctrl-C is 130

_last: list[Callable[[], None]] = []


def heed() -> None:
    """Makes the process end on each of these signals, with a shell's exit status: 130 for Ctrl-C.

    A signal that the process ignores from the start (`nohup`, or `&` in a shell script) is still ignored.
    Call it once, in the main thread.
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
    """Registers a function to call before a signal or `end` ends the process. The latest is called first, in any
    thread.

    Its exceptions are ignored. The process ends after a second, even if the function has not returned.
    """
    _last.append(callback)


def end(status: int) -> None:
    """Ends the process at once after calling the functions of `at_end`; does not wait for threads."""
    last = threading.Timer(PATIENCE, os._exit, (status,))
    last.daemon = True
    last.start()
    for callback in reversed(_last):
        with contextlib.suppress(Exception):
            callback()
    os._exit(status)


def _watch(read: int) -> None:
    while (number := os.read(read, 1)[0]) not in ENDING:
        pass
    end(SHELL + number)
