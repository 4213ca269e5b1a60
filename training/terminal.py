"""What training says on the terminal, and Ctrl-C there. No work is lost because nobody can read about it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from explorer import interrupt

STOPPED = "model.py: stopped; go on with the same command and --resume"

_failed: OSError | None = None  # the first that standard output raised


def begin() -> None:
    """Prepares a program's standard files and Ctrl-C; to be called before anything slow is imported."""
    # descriptors 0 to 2 that are closed would go to the next files that are opened, with all that is printed
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, open as long as we run
        getattr(sys, name).reconfigure(errors="replace")
    interrupt.heed()
    if sys.argv[1:2] == ["train"]:
        interrupt.at_end(_tell_how_to_go_on)


def say(text: str, error: bool = False) -> None:
    """Prints a line. What cannot be written is left out, and `run` tells of it at the end.

    Args:
        error: it goes to standard error.
    """
    stream = sys.stderr if error else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        print(text.encode(encoding, "replace").decode(encoding), file=stream, flush=True)
    except OSError as reason:
        _give_up(stream, reason)


def run(main: Callable[[], int]) -> int:
    """Runs a program; returns its exit status: 2, with one line on stderr, where standard output cannot be written."""
    try:
        status = main()
    except SystemExit as end:  # --help, or wrong arguments
        status = end.code
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as reason:
            _give_up(stream, reason)
    if _failed is not None and not status:
        say(f"model.py: standard output cannot be written ({_failed.strerror}); everything else is done", error=True)
        return 2
    return status


def _give_up(stream, reason: OSError) -> None:
    """Sends all further output of a stream nowhere; otherwise Python would try to write it again when it ends."""
    global _failed
    if stream is sys.stdout:
        _failed = _failed or reason
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _tell_how_to_go_on() -> None:
    line_end = "\n" if sys.stderr.isatty() else ""  # the progress bar's line is still open
    os.write(sys.stderr.fileno(), f"{line_end}{STOPPED}\n".encode())
