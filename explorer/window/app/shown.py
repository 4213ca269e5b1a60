"""Shows the window, handles its events, and closes it."""

from __future__ import annotations

import gc
import importlib
import sys

from explorer.decoding import keras_runtime
from explorer.trace import Trace
from explorer.window.base.rest import Rest
from explorer.window.base.tk_thread import Root
from explorer.window.base.workers import Asked, Tell, Workers
from explorer.window.inspector.frames import Frames
from explorer.window.inspector.inspector import Inspector
from explorer.window.inspector.tabs.late import TABS
from explorer.window.pane.dialogs import exists
from explorer.window.pane.map_pane import MapPane

SOON = (  # modules that the first frame does not need, and the first use of a tab or a dialog does
    *(f"explorer.window.inspector.tabs.{title.lower()}" for title in TABS),
    "explorer.window.inspector.tabs.compare",
    "explorer.window.inspector.pair_panel",
    "explorer.window.app.dialogs",
    "explorer.window.app.help",
    "explorer.window.app.returning",
    "explorer.window.tour.touring",
)
# Seconds. Python's switch interval. Each call into Tk releases Python's lock; while a thread imports Keras, getting the
# lock back takes this long, and a hover frame makes thirty calls. Python's own interval is 5 ms.
SWITCH_INTERVAL = 0.0002


class Shown:
    """The life of a window, from the first frame to closing.

    Attributes:
        root, workers, trace, inspector, frames, pane: parts of the window.
        exit_status: of the program.
        busy: whether a thread was still running after the window was closed.
    """

    root: Root
    workers: Workers
    trace: Trace
    inspector: Inspector
    frames: Frames
    pane: MapPane
    exit_status: int
    busy: bool
    _waits: bool

    def run(self) -> int:
        """Shows the window until it is closed. Returns the exit status."""
        self.open()
        self.wait()
        return self.exit_status

    def open(self) -> None:
        """Shows the window. Its events must then be handled: by `wait`, by `update`, or by another loop in the same
        thread."""
        self.frames.show(self.pane)
        self.root.update_idletasks()  # all parts ask for their room, so that the map is drawn once
        self.root.deiconify()
        self.root.update()  # the first frame
        if self.is_open:  # it may have been closed in the meantime
            self.root.focus_force()
            if self.trace:
                Rest(self.root, self.workers, self.trace)
            self._trace_layout("window")
            if keras_runtime.process_is_ours:
                gc.enable()  # `entry` has switched it off until now
            self.workers.start("modules", _import_soon, lambda result: None, _raise)
            self.root.after_idle(self._start_work)

    def wait(self) -> None:
        """Handles all events until the window is closed."""
        if not self.is_open:
            return
        interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._waits = True
        try:
            self.root.mainloop()
        finally:
            self._waits = False
            sys.setswitchinterval(interval)  # the process may belong to another program

    def update(self) -> bool:
        """Handles all pending events. Returns whether the window is still open."""
        if self.is_open:
            self.root.update()
        return self.is_open

    @property
    def is_open(self) -> bool:
        return exists(self.root)

    def close(self) -> None:
        """Closes the window at once. A thread that is importing Keras cannot be stopped: then `busy` is True."""
        self.busy = self.workers.close()
        for pending in self.root.tk.splitlist(self.root.tk.call("after", "info")):
            self.root.tk.call("after", "cancel", pending)  # otherwise Tk goes on calling it inside `update`
        self.root.tk.eval("proc ttk::ThemeChanged {} {}")  # otherwise Tk calls it after all commands are gone
        self.root.destroy()
        if self._waits:
            self.root.quit()  # otherwise the loop goes on for other windows of the process

    def _start_work(self) -> None:
        """Starts the work that takes longer than a frame."""
        raise NotImplementedError

    def _trace_layout(self, event: str) -> None:
        """Writes the positions of all parts into the trace."""
        raise NotImplementedError


def _import_soon(tell: Tell, cancelled: Asked) -> None:
    for name in SOON:
        if not cancelled():
            importlib.import_module(name)


def _raise(error: BaseException) -> None:
    raise error
