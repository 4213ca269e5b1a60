"""A plane that turns, in the window: what is at the cursor is decoded in every frame."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import numpy as np

from explorer.drawing.themes import THEMES
from explorer.drawing.turn import TurnMap
from explorer.session.state import MapState
from explorer.spaces import view
from explorer.spaces.latent_space import LatentSpace
from explorer.spaces.projection import STEPS, turned
from explorer.window.map.crosshair import Crosshair
from explorer.window.map.map_panel import MapPanel
from explorer.window.map.morph import MorphPanel


class TurnPanel(MorphPanel):
    """Covers a map while its plane turns. Mouse and crosshair do what they do on the map; a press or the wheel stops
    the turn.

    Args:
        parent: the map.
        first, second: states of its space on the planes of two principal components each.
        share: of the turn between them, 0..1.
        anchor: the code, (d,), that every plane goes through.
        began: whether the view begins with the limits of the map.
        decoded: is called with the code at the cursor, (d,), when that has changed.
        stopped: is called when the turn is to stop.
        moved, played: see `MorphPanel`.

    Attributes:
        space: the space on the plane that is shown.
        code: the code at the cursor, (d,) float32.
    """

    drawing = TurnMap
    morph: TurnMap
    seconds = 3.0

    def __init__(
        self,
        parent: MapPanel,
        first: MapState,
        second: MapState,
        share: float,
        *,
        anchor: np.ndarray,
        began: bool,
        decoded: Callable[[np.ndarray], None],
        stopped: Callable[[], object],
        moved: Callable[[float], None],
        played: Callable[[int, float, int], None],
    ) -> None:
        super().__init__(
            parent,
            first,
            second,
            parent.shared,
            groups=parent.map.colouring,
            hovered=lambda row: None,
            moved=moved,
            played=played,
        )
        self._below, self._decoded = parent, decoded
        self.anchor = anchor
        self.code: np.ndarray | None = None
        self.crosshair = Crosshair(self.widget, self.morph)
        self.crosshair.colour(THEMES[self.shared.theme])
        if began:
            self.morph.began = share, parent.state.limits
        self.widget.bind("<Enter>", self._on_motion)
        for sequence in ("<ButtonPress>", "<MouseWheel>"):
            self.widget.bind(sequence, lambda event: stopped())
        self.hear(self._on_code, parent.state.cursor_moved, parent.state.rest_changed)
        self._move(share)

    def show_turn(self, first: MapState, second: MapState, share: float) -> None:
        """Shows a share of the turn between two other planes."""
        self._follow(lambda: self.morph.show_turn(first, second))
        self._fade()
        self._move(share)

    @property
    def limits(self) -> view.Limits:
        """The part of the turned plane that is seen, in data coordinates."""
        return self.morph.seen(self.share)

    def _move(self, share: float) -> None:
        if self.morph.groups is not self._below.map.colouring:
            self.show_colouring(self._below.map.colouring)
        if self.morph.faint != self._below.map.faint:
            self._fade()
        steps = round(share * STEPS)
        super()._move(steps / STEPS)
        space, end = (state.space for state in self.morph.states)
        plane = turned(space.moments, *space.projection.chosen, *end.projection.chosen, steps)
        self.space: LatentSpace = space.on_plane(plane.through_code(self.anchor))
        self._look()

    def _fade(self) -> None:
        self.morph.fade(self._below.map.faint, self.anchor)

    def _on_code(self) -> None:
        """Turns the planes through the code to which something else than the mouse has moved the cursor."""
        self.anchor = self._below.state.code
        self._fade()
        self._move(self.share)
        self._redraw()

    def _on_motion(self, event: tk.Event) -> None:
        super()._on_motion(event)
        over = self.morph.place_at(event.x, event.y) is not None and not self._below.held
        self.widget.configure(cursor="none" if over else "")

    def _on_leave(self, event: tk.Event) -> None:
        super()._on_leave(event)
        self._hover()

    def _look(self) -> None:
        """Moves the crosshair, and decodes the place under the mouse, or the code that all planes go through."""
        place = None if self._mouse is None or self._below.held else self.morph.place_at(*self._mouse)
        code = self.anchor if place is None else self.space.codes_at(np.array([place]))[0]
        self.crosshair.show(self.morph.in_axes(self.space.place_of(code) if place is None else place))
        if self.code is None or not np.array_equal(code, self.code):
            self.code = code
            self._decoded(code)

    def _apply_theme(self) -> None:
        super()._apply_theme()
        self.crosshair.colour(THEMES[self.shared.theme])

    def _on_resize(self, event) -> None:
        super()._on_resize(event)
        self.crosshair.lift()
        self._look()
