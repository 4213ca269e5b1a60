"""The trace: events of the window as JSON lines, for benchmarks and tests."""

from __future__ import annotations

import copy
import json
import os
import time
from pathlib import Path

from explorer.errors import UserError


class Trace:
    """Appends events to a file, each flushed at once. Without a file it does nothing. A context, which closes the file.

    Every line has `event` and `t`, seconds since the process started. If a line cannot be written, for example on a
    full disk, no more are written.

    Raises:
        UserError: the file cannot be opened for writing.
    """

    def __init__(self, path: Path | None) -> None:
        self._file = None
        self._fields: dict[str, str] = {}
        if path is not None:
            self._started = time.perf_counter() - process_age()
            try:
                # non-blocking: a named pipe without a reader fails at once, and a full one does not make us wait
                opener = lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0), 0o666)  # noqa: E731
                self._file = open(path, "ab", buffering=0, opener=opener)  # noqa: SIM115
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or error
                raise UserError(f"cannot write the trace {path}: {reason}") from None

    def __enter__(self) -> Trace:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._file is not None:
            self._file.close()

    def also(self, **fields: str) -> Trace:
        """The same trace, with these fields in every line."""
        other = copy.copy(self)
        other._fields = self._fields | fields
        return other

    def __bool__(self) -> bool:
        """Whether there is a file."""
        return self._file is not None

    def write(self, event: str, **fields) -> None:
        if self._file is not None and not self._file.closed:
            line = {"event": event, "t": round(time.perf_counter() - self._started, 4)} | self._fields | fields
            text = json.dumps(line).encode() + b"\n"
            try:
                whole = self._file.write(text) == len(text)
            except OSError:
                whole = False
            if not whole:
                self._file.close()  # for all traces that share it


def process_age() -> float:
    """Seconds since this process was started, to a hundredth."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])  # proc(5): starttime
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):  # not Linux
        import psutil  # on Linux it is wrong by up to a second, because it adds a boot time in whole seconds

        return time.time() - psutil.Process().create_time()
