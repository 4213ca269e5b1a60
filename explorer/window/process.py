"""What a window changes of the process that it runs in, which may be somebody else's program."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def settings_kept() -> Iterator[None]:
    """Puts back afterwards how often Python's threads take turns, what Ctrl-C does, and where signals are written."""
    interval = sys.getswitchinterval()
    in_main = threading.current_thread() is threading.main_thread()  # only there signals can be set
    interrupted = signal.getsignal(signal.SIGINT)
    if in_main:
        signal.set_wakeup_fd(wakeup := signal.set_wakeup_fd(-1))
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if in_main:
            signal.set_wakeup_fd(wakeup)
            if interrupted is not None:  # a handler of another language's cannot be put back from here
                signal.signal(signal.SIGINT, interrupted)
