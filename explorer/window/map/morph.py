"""The morph in the window: plays it, follows changes of state, and finds the image under the mouse. A base for other
panels of points that move."""

from __future__ import annotations

import math
import time
import tkinter as tk
from collections.abc import Callable

from explorer.analysis.colouring import Groups
from explorer.drawing.morph import MorphMap
from explorer.drawing.themes import THEMES
from explorer.session.state import MapState, SharedState
from explorer.window.base.scale import scale
from explorer.window.base.widgets import Later, Listener, figure_canvas
from explorer.window.map.marks import Mark, Marks

SAME = 1e-9  # shares that differ by less are equal: a slider reports the value that it was set to
BREATH = 1  # ms between two frames; with 0 ms, Tk would handle nothing else
NEEDED = ("<Configure>", "<Map>")  # the bindings of Matplotlib's canvas that are kept


class MorphPanel(Listener):
    """Covers the first of two maps with the points on their way to the second.

    Both spaces and their images must stay the same; their coordinates may change.

    Args:
        parent: widget.
        first, second: the states of the two maps.
        shared: the state that all maps share.
        groups: groups of the first space's points by colour.
        hovered: is called with the data row of the dot under the mouse when the mouse has moved.
        moved: is called with the share whenever it changes; it may call `show` with the same value.
        played: is called when a play has ended, with its frames, its seconds, and the number of points.

    Attributes:
        morph: the drawing.
        marks: the marks on it.
        share: share of the way, 0..1.
        playing: whether the morph is being played.
        frame_ms: the time of each frame of the last play, from reading the clock to the end of drawing.
        drawing: the class of the drawing.
        seconds: of a play from one end to the other.
    """

    drawing: type[MorphMap] = MorphMap
    seconds = 2.0

    def __init__(
        self,
        parent: tk.Misc,
        first: MapState,
        second: MapState,
        shared: SharedState,
        *,
        groups: Groups,
        hovered: Callable[[int], None],
        moved: Callable[[float], None] = lambda share: None,
        played: Callable[[int, float, int], None] = lambda frames, seconds, points: None,
    ) -> None:
        super().__init__(parent)
        self.shared = shared
        self._hovered, self._moved, self._played = hovered, moved, played
        self._mouse: tuple[int, int] | None = None  # widget pixels of a move that is not handled yet
        self._redraw = Later(self, self._draw)
        self._hover = Later(self, self._look)
        self._next_frame = Later(self, self._play_frame, BREATH)
        self.playing = False
        self.frame_ms: list[float] = []

        self.canvas = figure_canvas(self)
        self.canvas.draw_idle = self._redraw  # Matplotlib's own function is not cancelled with the panel
        self.widget = self.canvas.get_tk_widget()
        self.widget.configure(background=THEMES[shared.theme].paper)
        for sequence in self.widget.bind():
            if sequence not in NEEDED:
                self.widget.unbind(sequence)
        self.morph = self.drawing(self.canvas.figure, first, second, shared, groups, scale=scale())
        self.marks = Marks(self.widget, self.morph, shared)
        self._show_pins()
        self._is_drawn = False
        self.lower()  # until it is drawn: an empty panel would hide the map
        self.widget.bind("<Motion>", self._on_motion)
        self.widget.bind("<Leave>", self._on_leave)
        self.bind("<Map>", lambda event: self._redraw())
        self.canvas.mpl_connect("resize_event", self._on_resize)
        follow = self._follow
        self.hear(lambda: follow(self.morph.show_views), first.limits_changed, second.limits_changed)
        self.hear(lambda: follow(self.morph.show_coordinates), first.coordinates_changed, second.coordinates_changed)
        rows = shared.hidden_changed, shared.selection_changed, shared.pins_changed
        self.hear(lambda: follow(self.morph.show_rows), *rows)
        self.hear(self._apply_theme, shared.theme_changed)
        self.hear(self._redraw, shared.layers_changed)

    def destroy(self) -> None:
        """Stops the morph and all listening."""
        self.playing = False
        for later in (self._redraw, self._hover, self._next_frame):
            later.cancel()
        super().destroy()

    # ---- moving ----------------------------------------------------------------------------------

    @property
    def share(self) -> float:
        return self.morph.share

    def show(self, share: float) -> None:
        """Shows the points at a share of their way, 0..1. This ends a play, unless the share is already shown."""
        share = min(max(float(share), 0.0), 1.0)
        if not math.isclose(share, self.share, abs_tol=SAME):
            self.stop()
            self._move(share)
            self._redraw()
            self._moved(share)

    def play(self, end: float | None = None) -> None:
        """Plays the morph to one end, 0 or 1, by default to the farther one. Does nothing while it is playing."""
        if not self.playing:
            self.playing = True
            self.frame_ms = []
            self._start, self._end = self.share, float(self.share <= 0.5) if end is None else end
            self._began = time.perf_counter()
            self._next_frame()

    def stop(self) -> None:
        """Stops the points where they are; `played` is not called."""
        self.playing = False
        self._next_frame.cancel()

    def _play_frame(self) -> None:
        """Shows the points at their current place by the clock, then requests the next frame."""
        started = time.perf_counter()
        passed = (started - self._began) / (self.seconds * abs(self._end - self._start))
        over = passed >= 1
        way = 1.0 if over else passed * passed * (3 - 2 * passed)
        share = self._end if over else self._start + (self._end - self._start) * way
        self._move(share)
        self._draw()
        self.widget.update_idletasks()
        if not self.playing:  # stopped by something else that ran when Tk was idle
            return
        ended = time.perf_counter()
        self.frame_ms.append((ended - started) * 1000)
        self._moved(share)
        if not self.playing:  # stopped by a listener
            return
        self.playing = not over
        if not over:
            self._next_frame()
        else:
            self._played(len(self.frame_ms), ended - self._began, len(self.morph.rows))

    def _move(self, share: float) -> None:
        self.morph.share = share
        self._show_pins()

    # ---- changes of state -------------------------------------------------------------------------------

    def show_colouring(self, groups: Groups) -> None:
        """Colours the points by groups of the first space's points."""
        self.morph.show_colouring(groups)
        self._redraw()

    def _follow(self, change: Callable[[], None]) -> None:
        """Applies a change of state with `change`, and redraws."""
        change()
        self._show_pins()
        self._redraw()

    def _apply_theme(self) -> None:
        self.morph.apply_theme()
        self.widget.configure(background=THEMES[self.shared.theme].paper)
        self.marks.place()
        self._redraw()

    def _on_resize(self, event) -> None:
        self.morph.fit()
        self._show_pins()
        self.marks.place()  # Matplotlib puts new pictures on top

    def _show_pins(self) -> None:
        """Marks the pinned images that both spaces have, with the same numbers as on the maps."""
        places = [(number, self.morph.place_of(row)) for number, row in enumerate(self.shared.pins, 1)]
        self.marks.show("pins", tuple(Mark(place, str(number)) for number, place in places if place is not None))

    # ---- mouse -----------------------------------------------------------------------------------

    def _on_motion(self, event: tk.Event) -> None:
        """Stores the latest mouse move, which is handled when Tk is idle."""
        self._mouse = event.x, event.y
        self._hover()

    def _on_leave(self, event: tk.Event) -> None:
        self._mouse = None

    def _look(self) -> None:
        if self._mouse is not None and (row := self.morph.nearest(*self._mouse)) is not None:
            self._hovered(row)

    # ---- drawing ---------------------------------------------------------------------------------

    def _draw(self) -> None:
        """Draws the current state, if the panel is visible."""
        self._redraw.cancel()
        if self.winfo_ismapped():
            self.morph.draw()
            self.canvas.blit()
            if not self._is_drawn:
                self._is_drawn = True
                self.lift()
