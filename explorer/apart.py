"""Runs a function in a separate Python process, so that it shares neither locks nor interpreter with the window."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from explorer.errors import Cancelled, UserError

POLL_S = 0.02
# The child takes over this process's import path before it imports anything but the standard library.
CHILD = "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); from explorer.apart import answer; answer()"


def call_apart(function: Callable[..., Any], *arguments: Any, cancelled: Callable[[], bool] = lambda: False) -> Any:
    """Calls a function in a separate Python process, and waits for it.

    The process ends when this one ends, however that happens. It prints nothing, and does not receive Ctrl-C.

    Args:
        function: a function of a module; arguments and result are pickled.
        cancelled: returns whether to stop; called repeatedly.

    Returns:
        The result of the function.

    Raises:
        UserError: the function raised it, or the process could not be started, or was killed.
        Cancelled: `cancelled()` was true.
        RuntimeError: the function raised another exception; the message is its traceback.
    """
    command = [sys.executable, "-P", "-c", CHILD]  # -P: nothing is imported from the working folder
    options = {"start_new_session": True} if os.name == "posix" else {"creationflags": subprocess.CREATE_NO_WINDOW}
    try:
        with (
            tempfile.TemporaryFile() as said,  # not a pipe, which would have to be emptied while the child runs
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=said, stderr=subprocess.DEVNULL, **options
            ) as child,
        ):
            try:
                with contextlib.suppress(BrokenPipeError):  # already killed
                    pickle.dump(sys.path, child.stdin)
                    pickle.dump((function, arguments), child.stdin)
                    child.stdin.flush()  # it stays open: when it closes, the child knows that this process has ended
                while child.poll() is None:
                    if cancelled():
                        raise Cancelled
                    time.sleep(POLL_S)
            finally:
                child.kill()
                with contextlib.suppress(BrokenPipeError):
                    child.stdin.close()
            said.seek(0)
            content = said.read()
    except OSError as error:
        raise UserError(f"a separate process could not be started ({error.strerror or error})") from None
    try:
        result, error = pickle.loads(content)
    except (EOFError, pickle.UnpicklingError):
        raise UserError(f"the separate process ended too early (status {child.returncode})") from None
    if isinstance(error, str):
        raise RuntimeError(error)
    if error is not None:
        raise error
    return result


def answer() -> None:
    """The child's side: reads one call from standard input, and writes its result or its error to standard output."""
    function, arguments = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    result, error = None, None
    try:
        result = function(*arguments)
    except UserError as raised:
        error = raised
    except Exception:
        error = traceback.format_exc()
    pickle.dump((result, error), sys.stdout.buffer)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)
