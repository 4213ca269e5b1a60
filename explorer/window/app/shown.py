"""The window on the screen: shown, its events handled, closed."""

from __future__ import annotations

import sys

from explorer.trace import Trace
from explorer.window.base.rest import Rest
from explorer.window.base.tk_thread import Root
from explorer.window.base.workers import Workers
from explorer.window.inspector.inspector import Inspector
from explorer.window.pane.dialogs import exists
from explorer.window.pane.map_pane import MapPane

# Seconds. Each call into Tk gives up Python's lock; while Keras is imported in a thread, getting it back
# takes so long, and a hover frame makes thirty calls. Python's own interval is 5 ms.
SWITCH_INTERVAL = 0.0002


class Shown:
    """What a window does from its first frame to its last.

    Attributes:
        root, workers, trace, inspector, pane: parts of the window.
        exit_status: of the program.
        busy: whether a thread could not be stopped when the window was closed.
    """

    root: Root
    workers: Workers
    trace: Trace
    inspector: Inspector
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
        """Shows the window. From then on its events have to be handled: by `wait`, `update`, or somebody else's loop
        in the same thread."""
        self.inspector.show_cursor(self.pane)
        self.root.update_idletasks()  # all parts ask for their room, so that the map is drawn once
        self.root.deiconify()
        self.root.update()  # the first frame
        if self.is_open:  # it may have been closed meanwhile
            self.root.focus_force()
            if self.trace:
                Rest(self.root, self.workers, self.trace)
            self._trace_layout("window")
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
            sys.setswitchinterval(interval)  # the process may be somebody else's program

    def update(self) -> bool:
        """Handles the events that there are. Returns whether the window is still open."""
        if self.is_open:
            self.root.update()
        return self.is_open

    @property
    def is_open(self) -> bool:
        return exists(self.root)

    def close(self) -> None:
        """Ends everything at once. A thread that is importing Keras cannot be stopped: `busy` tells of it."""
        self.busy = self.workers.close()
        for pending in self.root.tk.splitlist(self.root.tk.call("after", "info")):
            self.root.tk.call("after", "cancel", pending)  # inside `update`, Tk would go on calling it
        self.root.destroy()
        if self._waits:
            self.root.quit()  # the loop would go on for other windows of the process

    def _start_work(self) -> None:
        """Begins what takes longer than a frame."""
        raise NotImplementedError

    def _trace_layout(self, event: str) -> None:
        """Tells the trace where everything is."""
        raise NotImplementedError
