"""The trace: one JSON object per line about what the window does, for benchmarks and tests."""

from __future__ import annotations

import copy
import json
import os
import time
from pathlib import Path

from explorer.errors import UserError


class Trace:
    """Appends events to a file, each flushed at once. Without a file it does nothing.

    Every line has `event` and `t`, seconds since the process started.

    Raises:
        UserError: the file cannot be opened for writing.
    """

    def __init__(self, path: Path | None) -> None:
        self._file = None
        self._fields: dict[str, str] = {}
        if path is not None:
            self._started = time.perf_counter() - process_age()
            try:
                self._file = open(path, "a", buffering=1, encoding="utf-8")  # noqa: SIM115, open as long as we run
            except OSError as error:
                raise UserError(f"cannot write the trace {path}: {error.strerror}") from None

    def also(self, **fields: str) -> Trace:
        """The same trace, with these fields in every line."""
        other = copy.copy(self)
        other._fields = self._fields | fields
        return other

    def __bool__(self) -> bool:
        """Whether there is a file."""
        return self._file is not None

    def write(self, event: str, **fields) -> None:
        if self._file is not None:
            line = {"event": event, "t": round(time.perf_counter() - self._started, 4)} | self._fields | fields
            self._file.write(json.dumps(line) + "\n")


def process_age() -> float:
    """Seconds since this process was started, to a hundredth."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])  # proc(5): starttime
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):  # not Linux
        import psutil  # whose Linux figure is off by up to a second: it adds a boot time in whole seconds

        return time.time() - psutil.Process().create_time()
