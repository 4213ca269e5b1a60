"""A program whose window is driven and watched from outside: its widgets, and whether it responds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from Xlib import X, error

from tests.screen import Program, Screen

COMPARISONS = 10
FOR_FILES = ("TkFDialog", "Dialog")  # kinds of windows: the file dialog, and its question
DIALOGS = (*FOR_FILES, "Toplevel")


class Hangs(Exception):
    """The window has not responded for too long."""


class Counting(Screen):
    """A screen that counts the events that it is sent."""

    sent = 0

    def move(self, *path: int) -> None:
        self.sent += len(path) // 2
        super().move(*path)

    def press(self, button: int = 1) -> None:
        self.sent += 1
        super().press(button)

    def release(self, button: int = 1) -> None:
        self.sent += 1
        super().release(button)

    def key(self, name: str, *modifiers: str) -> None:
        self.sent += 2 * (1 + len(modifiers))
        super().key(name, *modifiers)


@dataclass(frozen=True)
class Top:
    """A window of the program with its visible widgets.

    Attributes:
        window: the window of the X server.
        kind: its class: the program's, "Menu", "TkFDialog", "Dialog", "Toplevel"; "Tip" of a tooltip.
        boxes: x, y, width, height of each widget, in screen pixels.
    """

    window: object
    kind: str
    boxes: list[tuple[int, int, int, int]]


class Driven:
    """A window that must go on responding.

    Args:
        screen: the screen of the program.
        program: the running program.
        patience: seconds without a response after which the window counts as hanging.
    """

    def __init__(self, screen: Counting, program: Program, patience: float) -> None:
        self._screen, self._program, self._patience = screen, program, patience
        self._tops: list[Top] = []
        self._read, self._latest = 0, {}  # bytes of the trace, and its latest layout
        self._stale = 0  # uses until the widgets are looked up again
        self._pings = 0
        root = screen.display.screen().root
        root.change_attributes(event_mask=X.SubstructureNotifyMask)  # responses to pings are sent there

    def look(self) -> list[Top]:
        """All windows of the program with their widgets."""
        tops = []
        for child in self._screen.display.screen().root.query_tree().children:
            try:
                attributes = child.get_attributes()
                if attributes.map_state == X.IsViewable:
                    name = child.get_wm_class()
                    kind = name[1] if name else ""
                    if kind == "Toplevel" and attributes.override_redirect:
                        kind = "Tip"
                    at = child.get_geometry()
                    boxes: list[tuple[int, int, int, int]] = []
                    _leaves(child, at.x, at.y, boxes)
                    tops.append(Top(child, kind, boxes))
            except error.XError:  # gone in the meantime
                continue
        return tops

    def _layout(self) -> dict:
        """Where things are, from the latest layout event of the trace."""
        with open(self._program.trace, encoding="utf-8") as trace:
            trace.seek(self._read)
            for line in iter(trace.readline, ""):
                if not line.endswith("\n"):
                    break
                self._read += len(line.encode())
                if (event := json.loads(line))["event"] in ("window", "layout"):
                    self._latest = event
        return self._latest

    def ping(self) -> None:
        """Asks the window whether it still handles events, as a window manager does. Raises Hangs."""
        display = self._screen.display
        main = self._screen.window("Latent Space Explorer · ")
        if main is None:
            raise Hangs("the window is gone")
        self._pings += 1
        self._screen.tell(main, "_NET_WM_PING", self._pings, main.id)
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            while display.pending_events():
                event = display.next_event()
                if event.type & 0x7F == X.ClientMessage:  # without the bit of events sent by a program
                    if event.data[1][1] == self._pings:
                        return
                elif event.type in (X.MapNotify, X.UnmapNotify, X.DestroyNotify):
                    self._stale = 0
            if self._program.process.poll() is not None:
                raise Hangs("the program has ended")
            time.sleep(0.002)
        raise Hangs(f"no answer for {self._patience:g} s")

    def visit(self, spaces: int = 10) -> None:
        """Shows one space after the other, so that the cache of recent spaces counts as memory of the start."""
        for _ in range(spaces):
            count = len(self._program.events("space"))
            self._screen.key("Next")

            def shown(count: int = count) -> bool:
                self.ping()
                return len(self._program.events("space")) > count

            self._program.wait(shown, "another space")
            self.wait(2)

    def rest(self) -> None:
        """Closes dialogs and menus, and ends tour, morph and comparison. Raises Hangs."""
        for _ in range(6):
            self._tops = self.look()
            for top in self._tops:
                if top.kind in DIALOGS:
                    self._screen.tell(top.window)
            self._screen.key("Escape")
            self.ping()
        x, y, width, height = self._layout()["map"]
        self._screen.click(x + width // 2, y + height // 2)  # gives the keyboard to the map
        self.ping()
        compared = [event for event in self._program.events("compare") if "map" not in event]
        if compared and compared[-1]["name"] is not None:
            self._screen.key("v")
        self.wait(2)

    def wait(self, seconds: float) -> None:
        """Does nothing but check that the window responds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.ping()
            time.sleep(0.1)

    def compare_often(self, memory: Callable[[], int]) -> list[int]:
        """Memory in bytes before and after each of ten comparisons, after one more as a warm-up."""
        used = []
        for _ in range(COMPARISONS + 1):
            for begun in (True, False):
                count = len(self._program.events("compare"))
                self._screen.key("v")

                def told(count: int = count, begun: bool = begun) -> bool:
                    self.ping()
                    new = self._program.events("compare")[count:]
                    return any((event["name"] is not None) == begun for event in new)

                self._program.wait(told, "a comparison")
                self.wait(1)
            used.append(memory())
        return used


def _leaves(window, x: int, y: int, boxes: list[tuple[int, int, int, int]]) -> None:
    """Collects the boxes of visible widgets without children."""
    children = window.query_tree().children
    shown = 0
    for child in children:
        if child.get_attributes().map_state != X.IsViewable:
            continue
        at = child.get_geometry()
        shown += 1
        _leaves(child, x + at.x, y + at.y, boxes)
    if not shown:
        at = window.get_geometry()
        boxes.append((x, y, at.width, at.height))
