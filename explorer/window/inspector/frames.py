"""Frames: crosshair and picture are shown first, everything beside them when no newer move of the mouse waits."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from explorer.trace import Trace
from explorer.window.inspector.inspector import Inspector
from explorer.window.pane.map_pane import MapPane

LONGEST = 0.008  # seconds that the rest of a frame may wait while the mouse keeps moving


@dataclass(frozen=True)
class Frame:
    """A hover frame whose picture is on the screen, and whose rest is due.

    Attributes:
        started: when the move of the mouse was handled, in `time.perf_counter` seconds.
        fields: of the trace's event.
    """

    started: float
    fields: dict[str, Any]


class Frames:
    """Shows what is at a map's cursor in two parts: crosshair and picture at once, then the rest, which takes longer:
    the nearest images, the texts and the round trip.

    A newer move of the mouse comes before the rest of an older one, for at most `LONGEST`. The rest of a later place
    then stands for both.

    Args:
        inspector: shows both parts.
        trace: gets every hover frame, once its rest is on the screen.
    """

    def __init__(self, inspector: Inspector, trace: Trace) -> None:
        self._inspector, self._trace = inspector, trace
        self._pane: MapPane | None = None  # the map whose rest is due
        self._frames: list[Frame] = []
        self._command = inspector.register(self._on_idle)  # registered once; `after_idle` registers it each time

    def show(self, pane: MapPane) -> None:
        """Shows the place under a map's cursor; the rest when Tk is idle."""
        self._inspector.show_picture(pane)
        self.show_rest_soon(pane)

    def show_picture(self, pane: MapPane, started: float) -> float:
        """Shows the place under the mouse; the hot path. Returns the ms since `started`, when crosshair and picture are
        on the screen."""
        self._put_off()
        self._inspector.show_picture(pane)
        self._inspector.update_idletasks()
        return (time.perf_counter() - started) * 1000

    def show_rest_soon(self, pane: MapPane, frame: Frame | None = None) -> None:
        """Shows the rest of a frame when Tk is idle, or now if earlier frames have waited too long."""
        self._pane = pane
        if frame is not None:
            self._frames.append(frame)
        if self._is_late():
            self._show_rest()
        else:
            self._when_idle()

    def _is_late(self) -> bool:
        return bool(self._frames) and time.perf_counter() - self._frames[0].started > LONGEST

    def _when_idle(self) -> None:
        self._put_off()
        self._inspector.tk.call("after", "idle", self._command)

    def _put_off(self) -> None:
        """Cancels the pending call: `update_idletasks` would run it before the picture is shown."""
        self._inspector.tk.call("after", "cancel", self._command)

    def _on_idle(self) -> None:
        if self._pane is not None and self._pane.panel.is_moving() and not self._is_late():
            self._when_idle()  # after the newer move, which may put it off
        else:
            self._show_rest()

    def _show_rest(self) -> None:
        pane, self._pane = self._pane, None
        if pane is not None:
            self._inspector.show_rest(pane)
        if self._frames:
            self._inspector.update_idletasks()  # which may show a newer frame, and all that waits with it
        now = time.perf_counter()
        frames, self._frames = self._frames, []
        for frame in frames:
            self._trace.write("hover", **frame.fields, ms=round((now - frame.started) * 1000, 3))
