"""Tells the tests when the window has handled all events and when it is idle."""

from __future__ import annotations

import tkinter as tk

from explorer.trace import Trace
from explorer.window.base.widgets import Later
from explorer.window.base.workers import Workers

QUESTION = "_LATENT_SPACE_EXPLORER_REST"  # a protocol message to the window, like WM_DELETE_WINDOW
AGAIN_MS = 3
UNAWAITED = ("show_tip", "leave_by_itself")  # functions that only wait for time to pass: tooltips, passing messages


class Rest:
    """Answers the protocol `QUESTION` with trace events, so that a test need not guess how long to wait.

    `handled`: all events before the question are handled, and their changes are on the screen.
    `rest`: in addition, no worker is running and Tk has no calls pending. A worker that follows a training run does
    not count. Both have the field `asked`, the number of questions so far.

    Args:
        root: the window.
        workers: of the window.
        trace: gets the answers.
    """

    def __init__(self, root: tk.Tk, workers: Workers, trace: Trace) -> None:
        self._root, self._workers, self._trace = root, workers, trace
        self._asked = self._handled = 0
        self._look_soon = Later(
            root, self._look, 0
        )  # not `after_idle`, which may run in the middle of a frame that draws
        root.protocol(QUESTION, self._on_question)

    def _on_question(self) -> None:
        self._asked += 1
        self._look_soon()

    def _look(self) -> None:
        asked = self._asked  # a dialog that opens within `update` stays in it, and further questions may come
        try:
            self._root.update()  # Tk's own `update` also waits for the X server and its answers
            at_rest = not awaited(self._root, self._workers.lasting_poll())
        except tk.TclError:  # the window was closed in the meantime
            return
        if self._handled < asked:
            self._handled = asked
            self._trace.write("handled", asked=asked)
        if at_rest:
            self._trace.write("rest", asked=asked)
        if not at_rest or self._asked > asked:
            self._look_soon(AGAIN_MS)


def awaited(root: tk.Misc, besides: str | None = None) -> bool:
    """Whether Tk has a function to call later, other than `UNAWAITED` and the one with the id `besides`."""
    for name in root.tk.splitlist(root.tk.call("after", "info")):
        script, _ = root.tk.splitlist(root.tk.call("after", "info", name))
        if name != besides and not str(script).endswith(UNAWAITED):
            return True
    return False
