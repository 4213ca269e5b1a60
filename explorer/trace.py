"""The trace: one JSON object per line about what the window does, for benchmarks and tests."""

from __future__ import annotations

import json
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
        if path is not None:
            import psutil

            self._started = psutil.Process().create_time()
            try:
                self._file = open(path, "a", buffering=1, encoding="utf-8")  # noqa: SIM115, open as long as we run
            except OSError as error:
                raise UserError(f"cannot write the trace {path}: {error.strerror}") from None

    def write(self, event: str, **fields) -> None:
        if self._file is not None:
            line = {"event": event, "t": round(time.time() - self._started, 4)} | fields
            self._file.write(json.dumps(line) + "\n")
