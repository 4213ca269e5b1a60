"""Output of training to the terminal, and Ctrl-C. Training goes on even if its output cannot be written."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable

from explorer import interrupt
from explorer.files import locations

PROGRAM = locations.program("model.py")
STOPPED = f"{PROGRAM}: stopped; go on with the same command and --resume"

_failed: Exception | None = None  # the first error of standard output


def begin() -> None:
    """Prepares a program's standard files, warnings and Ctrl-C. Call it before slow imports."""
    # if descriptors 0 to 2 are closed, the next opened files get them, and everything that is printed
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, open as long as we run
    sys.stdout.reconfigure(errors="replace")
    if sys.argv[1:2] == ["train"]:
        interrupt.at_end(_tell_how_to_go_on)  # first: from `heed` on, a signal ends the process
    interrupt.heed()
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # warnings of libraries are for their callers; users get our own messages


def say(text: str, error: bool = False) -> None:
    """Prints a line. If it cannot be written, `run` reports that at the end.

    Args:
        error: print to standard error.
    """
    global _failed
    stream, how = (sys.stderr, "backslashreplace") if error else (sys.stdout, "replace")
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        print(text.encode(encoding, how).decode(encoding), file=stream, flush=True)
    except (OSError, ValueError) as reason:
        if not error:
            _failed = _failed or reason


def run(main: Callable[[], int], program: str = PROGRAM) -> int:
    """Runs a program. Returns its exit status: 2, with one line on stderr, if standard output cannot be written."""
    try:
        status = main()
    except SystemExit as end:  # --help, or wrong arguments
        status = end.code
    failed = _flush(sys.stdout) or _failed
    if failed is not None and not status:
        reason = getattr(failed, "strerror", None) or failed
        say(f"{program}: standard output cannot be written ({reason}); everything else is done", error=True)
        status = 2
    _flush(sys.stderr)
    return status


def _flush(stream) -> OSError | None:
    """Flushes a stream. If that fails, its content is discarded; otherwise Python would try again at the end."""
    try:
        stream.flush()
    except OSError as reason:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return reason
    return None


def _tell_how_to_go_on() -> None:
    line_end = "\n" if sys.stderr.isatty() else ""  # the progress bar's line is still open
    os.write(sys.stderr.fileno(), f"{line_end}{STOPPED}\n".encode())
