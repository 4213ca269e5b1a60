"""Turns the plane of a map through the principal components of its codes: PC 1/2, PC 3/4, and so on."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from explorer.session.open_map import OpenMap
from explorer.session.state import MapState
from explorer.signals import Evented, Signal
from explorer.spaces import view
from explorer.spaces.projection import STEPS, Pair, Projection, principal, stops, turned
from explorer.trace import Trace
from explorer.window.base.widgets import Later
from explorer.window.map.map_panel import MapPanel
from explorer.window.map.turn import TurnPanel

REST_MS = 1200  # at each stop of a play
SETTLING_MS = 300  # without a change, after which the map takes on the plane that a slider was dragged to
TWO_NUMBERS = "codes of one or two numbers have no other plane"
TWO_MAPS = "close the second map first (key v)"


class Turning(Evented):
    """Turns the plane of a map from stop to stop. A stop is the plane of two principal components.

    While the plane turns, the map is covered by a `TurnPanel`. Whenever it stops, the map itself is the plane.

    Args:
        opened: the open map.
        panel: the map.
        decoded: is called with the code at the cursor, (d,), when that has changed while the plane turns.
        say: shows why it cannot turn.
        trace: gets an event for each turn.

    Attributes:
        playing: whether it is played; also during the rest at a stop.
        changed: sent after a move, and when a play begins or ends.
    """

    changed = Signal(object)

    def __init__(
        self,
        opened: OpenMap,
        panel: MapPanel,
        decoded: Callable[[np.ndarray], None],
        say: Callable[[str], None],
        trace: Trace,
    ) -> None:
        self._opened, self._panel, self._decoded, self._say, self._trace = opened, panel, decoded, say, trace
        self._state = opened.state
        self._turn: TurnPanel | None = None
        self._leg = 0  # the stop from which it turns
        self._ends: dict[int, MapState] = {}  # the map at the stops
        self._anchor = self._state.code
        self._began = 0.0
        self.playing = self._moves_plane = False
        self._go_on_later = Later(panel, self._go_on, REST_MS)
        self._arrive_later = Later(panel, self._arrive)
        self._settle_later = Later(panel, self.stop, SETTLING_MS)
        panel.hear(self._on_plane, self._state.coordinates_changed)
        panel.hear(self.leave, self._state.space_replaced)
        panel.hear(self.stop, opened.ready, only=("beside",))

    # ---- where it is -----------------------------------------------------------------------------

    @property
    def stops(self) -> tuple[Pair, ...]:
        """The components of each stop, from 0; empty with codes of two numbers or fewer."""
        space = self._state.space
        return () if space.dimensions < 3 else stops(space.moments)

    @property
    def position(self) -> float | None:
        """The number of the stop, from 0, and a share of the way to the next one; None on another plane."""
        if self._turn is not None:
            return self._leg + self._turn.share
        plane, found = self._state.space.projection, self.stops
        if plane is None or plane.kind not in ("principal", "turned") or plane.chosen[:2] not in found:
            return None
        return found.index(plane.chosen[:2]) + (plane.chosen[4] / STEPS if plane.kind == "turned" else 0)

    @property
    def code(self) -> np.ndarray | None:
        """The code at the cursor, (d,), while the plane turns; otherwise None."""
        return None if self._turn is None or self._moves_plane else self._turn.code

    def _plane_at(self, position: float) -> Projection:
        stop, steps = divmod(round(position * STEPS), STEPS)
        moments, found = self._state.space.moments, self.stops
        return turned(moments, *found[stop], *found[stop + 1], steps) if steps else principal(moments, *found[stop])

    @property
    def why_not(self) -> str:
        """Why the plane cannot turn, one line; empty if it can."""
        if not self.stops:
            return TWO_NUMBERS
        return self._opened.opened.plane_fixed or (TWO_MAPS if self._opened.probe.beside is not None else "")

    # ---- moving ----------------------------------------------------------------------------------

    def play(self) -> None:
        """Plays the turns from here to the last stop, from the first one if it is the last; or stops playing."""
        if self.playing:
            self.stop()
        elif self._is_possible():
            at = self.position
            self.stop()
            self._anchor = self._state.code
            self.playing = True
            self._go_on(0.0 if at is None or at >= len(self.stops) - 1 else at)

    def show(self, position: float) -> None:
        """Shows the plane at a position. It becomes that of the map when the position does not change any more."""
        if self._turn is None or self.playing:
            if not self._is_possible():
                self.changed.emit(self)
                return
            self.stop()
            self._anchor = self._state.code
        self._cover(position)
        self._settle_later.cancel()
        self._settle_later()
        self.changed.emit(self)

    def stop(self) -> bool:
        """Makes the plane as it is now that of the map. Returns whether it was turning."""
        was_turning = self.playing or self._turn is not None
        turn, at = self._turn, self.position
        self.playing = False
        self._cancel()
        if turn is not None:
            turn.stop()
            self._use(self._plane_at(at), turn)
        if was_turning:
            self.changed.emit(self)
        return was_turning

    def leave(self) -> None:
        """Shows the map as it was at the last stop."""
        self.playing = False
        self._cancel()
        self._ends.clear()
        self._uncover()
        self.changed.emit(self)

    def _is_possible(self) -> bool:
        if self.why_not:
            self._say(self.why_not)
        return not self.why_not

    def _cancel(self) -> None:
        for later in (self._go_on_later, self._arrive_later, self._settle_later):
            later.cancel()

    def _go_on(self, at: float | None = None) -> None:
        """Turns to the next stop."""
        self._cover(self.position if at is None else at)
        self._began = time.perf_counter()
        self._turn.play(1.0)
        self.changed.emit(self)

    def _cover(self, position: float) -> None:
        """Covers the map with the plane at a position."""
        leg = min(int(position), len(self.stops) - 2)
        share = position - leg
        if self._turn is None:
            if not self._panel.follows_mouse():  # otherwise the cursor is on no code that somebody chose
                self._anchor = self._state.code
            self._covered = self._state.space.projection
            self._turn = TurnPanel(
                self._panel,
                *map(self._end, (leg, leg + 1)),
                share,
                anchor=self._anchor,
                began=self.position == position,
                decoded=self._decoded,
                stopped=self.stop,
                moved=lambda share: self.changed.emit(self),
                played=lambda frames, seconds, points: self._arrive_later(),
            )
            self._turn.place(relwidth=1, relheight=1)
        elif leg != self._leg:
            self._turn.show_turn(*map(self._end, (leg, leg + 1)), share)
        else:
            self._turn.show(share)
        self._leg = leg

    def _end(self, stop: int) -> MapState:
        """The whole map at a stop."""
        if stop not in self._ends:
            plane = principal(self._state.space.moments, *self.stops[stop])
            self._ends[stop] = MapState(self._state.space.on_plane(plane))
        return self._ends[stop]

    def _arrive(self) -> None:
        """Shows the map at the stop that was reached, and goes on after a rest."""
        turn, stop = self._turn, self._leg + 1
        self._use(self._plane_at(stop), turn)
        self.playing = stop < len(self.stops) - 1
        if self.playing:
            self._go_on_later()
        self.changed.emit(self)

    def _use(self, plane: Projection, turn: TurnPanel) -> None:
        """Makes a plane that of the map, which looks as it does now, and uncovers it."""
        frames, seconds = len(turn.frame_ms), time.perf_counter() - self._began
        self._anchor, limits = turn.anchor, turn.limits
        self._moves_plane = True
        self._state.use_plane(plane, turn.code)
        self._moves_plane = False
        if turn.morph.faint:
            self._panel.show_nearness(turn.morph.nearness())
        if not view.alike(limits, self._panel.map.limits):
            self._state.show_view(limits)
        self._panel.update_idletasks()  # draws the map
        self._uncover()
        at = {"frames": frames, "seconds": round(seconds, 3), "points": len(turn.morph.rows)}
        self._trace.write("turn", position=self.position, **at)

    def _uncover(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.destroy()

    def _on_plane(self) -> None:
        """Goes on in other coordinates; a plane that something else has chosen stays."""
        if self._moves_plane:
            return
        self._ends.clear()
        if self._turn is not None and self._state.space.projection.is_parallel(self._covered):
            self._turn.show_turn(*map(self._end, (self._leg, self._leg + 1)), self._turn.share)
        else:
            self.leave()
