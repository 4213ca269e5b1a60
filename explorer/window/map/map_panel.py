"""The latent map in the window. The mouse sets cursor and view of the state; the crosshair follows."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable

import numpy as np

from explorer.analysis.backgrounds import Background
from explorer.analysis.colouring import Groups
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.themes import THEMES
from explorer.session.state import MapState, Place, SharedState
from explorer.window.base.mouse import bind_zoom
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later, Listener, figure_canvas
from explorer.window.map.crosshair import Crosshair
from explorer.window.map.lasso import Selecting
from explorer.window.map.marks import Marks

ZOOM_STEP = 1.25
CURSOR_STEP = 0.01  # of the view's width, per press of an arrow key
CLICK = 3  # pixels that the mouse may move during a click


class MapPanel(Listener):
    """The map with its crosshair.

    Matplotlib draws the points. The crosshair consists of items on the Tk canvas of that picture,
    which move without a redraw. Only the latest mouse move is handled: handling waits until Tk is
    idle, and by then later moves have overwritten earlier ones.

    Args:
        parent: widget.
        state: the state of this map.
        shared: the state that all maps share.
        hovered: is called on the Tk thread when an event has moved the cursor, with the time in
            `time.perf_counter` seconds at which the event was handled, and its screen pixel.
        changed: is called when the map has another size or view.
        clicked: is called with the position of a click with the tool "explore".
        selected: is called when a selection made with the mouse is visible, with the ms since the release.

    Attributes:
        marks: the marks on the map.
        selecting: the lasso or rectangle.
        held: whether the cursor is frozen.
    """

    def __init__(
        self,
        parent: tk.Misc,
        state: MapState,
        shared: SharedState,
        *,
        hovered: Callable[[float, tuple[int, int]], None],
        changed: Callable[[], None],
        clicked: Callable[[Place], None],
        selected: Callable[[float], None],
    ) -> None:
        super().__init__(parent)
        self.state, self.shared = state, shared
        self._hovered, self._changed, self._clicked, self._selected = hovered, changed, clicked, selected
        self._released_at: float | None = None  # when the button was released; None if the selection is visible
        self._mouse: tuple[int, int] | None = None  # widget pixels; None after the keys have moved the cursor
        self._moved_at: float | None = None
        self._drag: tuple[int, int] | None = None
        self._pressed: tuple[int, int] | None = None  # where the button was pressed, while it may become a click
        self._moving = False  # whether mouse or keys are moving the cursor
        self._redraw = Later(self, self._draw)
        self._pointer = ""
        self.held = False

        self.canvas = figure_canvas(self)
        self.canvas.draw_idle = self._redraw  # Matplotlib's own function would draw once more after a resize
        self.widget = self.canvas.get_tk_widget()
        self._follow_command = self.register(self._follow_mouse)  # registered once; `after_idle` registers it each time
        self.map = LatentMap(self.canvas.figure, state, shared)
        self.map.has_colour_bar = False  # the window has a `RangeCard`
        self.marks = Marks(self.widget, self.map, shared)
        self.selecting = Selecting(self.widget, self.map, state, shared, self._on_selected)
        self._crosshair = Crosshair(self.widget, self.map)
        self._bind_mouse()
        self.canvas.mpl_connect("resize_event", self._on_resize)
        self.hear(self._on_cursor, state.cursor_moved)
        self.hear(self._fit, state.limits_changed)
        self.hear(self._on_space, state.space_replaced)
        self.hear(self._on_coordinates, state.coordinates_changed)
        self.hear(self.map.show_classes, shared.hidden_changed)
        self.hear(self.map.show_layers, shared.layers_changed)
        self.hear(self.map.show_selection, shared.selection_changed)
        self.hear(self._on_theme, shared.theme_changed)
        self.hear(self._on_tool, shared.tool_changed)
        self.hear(self._redraw, state.limits_changed, shared.hidden_changed, shared.layers_changed)
        self.hear(self._redraw, shared.selection_changed, shared.theme_changed)
        self._colour_crosshair()

    def destroy(self) -> None:
        self._redraw.cancel()
        super().destroy()

    # ---- mouse -----------------------------------------------------------------------------------

    def _bind_mouse(self) -> None:
        """Replaces Matplotlib's own bindings: its tools are not used, and they cost 0.2 ms per move."""
        bind = self.widget.bind
        bind("<Motion>", self._on_motion)
        bind("<Enter>", self._on_motion)
        bind("<Leave>", self._on_leave)
        bind("<ButtonPress-1>", self._on_press)
        bind("<ButtonRelease-1>", self._on_release)
        bind("<Double-Button-1>", self._on_press)
        for of_matplotlib in ("<Button-4>", "<Button-5>"):
            self.widget.unbind(of_matplotlib)
        bind_zoom(self.widget, self._on_wheel)

    def _on_motion(self, event: tk.Event) -> None:
        if (event.x, event.y) == self._mouse:  # Tk reports a move onto the map twice: <Enter> and <Motion>
            return
        self._mouse = event.x, event.y
        if self._pressed and max(abs(event.x - self._pressed[0]), abs(event.y - self._pressed[1])) > px(CLICK):
            self._pressed = None
        if self.selecting.active:
            self.selecting.extend(event.x, event.y)
        self._follow_when_idle()

    def _follow_when_idle(self) -> None:
        if self._moved_at is None and self._mouse is not None:
            self._moved_at = time.perf_counter()
            self.tk.call("after", "idle", self._follow_command)

    def _on_leave(self, event: tk.Event) -> None:
        if not self._drag:
            self._mouse = None  # the cursor stays where it was

    def _on_press(self, event: tk.Event) -> None:
        self.widget.focus_set()
        if self._over_axes(event.x, event.y):
            self._pressed = event.x, event.y
            if self.selecting.pointer:
                self.selecting.begin(event.x, event.y)
            else:
                self._drag = self._pressed

    def _on_release(self, event: tk.Event) -> None:
        self._drag = None
        if self.selecting.active:
            self.selecting.finish(event)
        self._on_motion(event)
        self._follow_when_idle()  # after a drag, wherever the mouse is
        pressed, self._pressed = self._pressed, None
        if pressed and self.shared.tool == "explore":
            self._clicked(self.map.place_at(*pressed))

    def _on_wheel(self, notches: float, event: tk.Event) -> None:
        if self._over_axes(event.x, event.y):
            self._mouse = event.x, event.y
            self.state.zoom(self.map.place_at(event.x, event.y), ZOOM_STEP**notches)

    def _follow_mouse(self) -> None:
        """Handles the latest mouse move, when Tk is idle."""
        moved_at, self._moved_at = self._moved_at, None
        if self._mouse is None:
            return
        x, y = self._mouse
        over = self._over_axes(x, y)
        dragged = self._drag and not self._pressed
        self._show_pointer("fleur" if dragged else self.selecting.pointer or "none" if over and not self.held else "")
        if dragged and (x, y) != self._drag:
            (a0, b0), (a1, b1) = self.map.place_at(*self._drag), self.map.place_at(x, y)
            self._drag = x, y
            self.state.pan(a0 - a1, b0 - b1)
        elif over and not self._drag and not self.selecting.active and not self.held:
            self._move_cursor(self.map.place_at(x, y))
            self._hovered(moved_at, (self.widget.winfo_rootx() + x, self.widget.winfo_rooty() + y))

    def _show_pointer(self, name: str) -> None:
        if name != self._pointer:
            self._pointer = name
            self.widget.configure(cursor=name)

    def _over_axes(self, x: float, y: float) -> bool:
        left, top, width, height = self.map.box
        return left <= x < left + width and top <= y < top + height

    # ---- keys ------------------------------------------------------------------------------------

    def step_cursor(self, right: int, up: int) -> None:
        """Moves the cursor by this many steps of 1 % of the view, within the axes."""
        a0, a1, b0, b1 = self.map.limits
        step = CURSOR_STEP * (a1 - a0)
        a, b = self.state.cursor
        self._mouse = None
        started = time.perf_counter()
        place = min(max(a + right * step, a0), a1), min(max(b + up * step, b0), b1)
        self._move_cursor(place)
        self._show_what_is_there(started)

    def _move_cursor(self, place: Place) -> None:
        self._moving = True
        self.state.move_cursor(place)
        self._moving = False

    def _on_cursor(self) -> None:
        """Draws the crosshair at the cursor. If something else than the mouse moved it, the mouse position no longer
        counts."""
        self._place_crosshair()
        if not self._moving:
            self._mouse = None
            if not self.state.led:
                self.after_idle(self._show_what_is_there)

    def _show_what_is_there(self, started: float | None = None) -> None:
        started = time.perf_counter() if started is None else started
        x, y = self.map.pixel_at(self.state.cursor)
        self._hovered(started, (self.widget.winfo_rootx() + round(x), self.widget.winfo_rooty() + round(y)))

    def hold_cursor(self, held: bool) -> None:
        """Freezes or unfreezes the cursor."""
        self.held = held
        self._follow_when_idle()

    def zoom_at_cursor(self, notches: int) -> None:
        self.state.zoom(self.state.cursor, ZOOM_STEP**notches)

    # ---- drawing ---------------------------------------------------------------------------------

    def box_on_screen(self) -> list[int]:
        """The position of the axes in screen pixels: x, y, width, height."""
        left, top, width, height = (round(value) for value in self.map.box)
        return [self.widget.winfo_rootx() + left, self.widget.winfo_rooty() + top, width, height]

    def _on_resize(self, event) -> None:
        self._crosshair.lift()  # Matplotlib puts new pictures on top
        self._fit()
        self._redraw()

    def _on_space(self) -> None:
        """Redraws the map, with the cursor at the mouse. The caller that replaced the space decodes there."""
        self.selecting.cancel()
        self.map.show_space()
        if self._mouse is not None and not self.held and self._over_axes(*self._mouse):
            self._move_cursor(self.map.place_at(*self._mouse))
        self._place_crosshair()
        self.marks.place()
        self._redraw()

    def _on_coordinates(self) -> None:
        """Redraws the map. The cursor stays on its code, no longer at the mouse."""
        self._mouse = None
        self._on_space()

    def _fit(self) -> None:
        """Adapts to another size or view, and decodes what is now under the mouse."""
        self.map.fit()
        self._place_crosshair()
        self.marks.place()
        self.selecting.place()
        self._follow_when_idle()

    def _on_selected(self, released_at: float) -> None:
        self._released_at = released_at
        self._redraw()

    def _on_tool(self) -> None:
        """Changes the mouse pointer to the tool's, and drops an outline of another tool."""
        self.selecting.cancel()
        self._follow_when_idle()

    def show_colouring(self, groups: Groups) -> None:
        """Colours the points by group."""
        self.map.show_colouring(groups)
        self._redraw()

    def show_nearness(self, steps: np.ndarray | None) -> None:
        """Fades the points that are far from the map's plane: see `LatentMap.show_nearness`."""
        if steps is not self.map.nearness:
            self.map.show_nearness(steps)
            self._redraw()

    def show_background(self, field: Background | None) -> None:
        """Paints a background behind the points, or none."""
        self.map.show_background(field)
        self._redraw()

    def _on_theme(self) -> None:
        self.map.apply_theme()
        self._colour_crosshair()
        self.marks.place()

    def _colour_crosshair(self) -> None:
        theme = THEMES[self.shared.theme]
        self.widget.configure(background=theme.paper)
        self._crosshair.colour(theme)

    def follows_mouse(self) -> bool:
        """Whether the cursor is where the mouse is."""
        return self._mouse is not None and not self.held

    def is_moving(self) -> bool:
        """Whether a move of the mouse waits to be handled."""
        return self._moved_at is not None

    def is_redrawing(self) -> bool:
        """Whether a redraw is pending."""
        return self._redraw.due is not None

    def is_settled(self) -> bool:
        """Whether the map is drawn in its current state and size."""
        drawn = [round(inches * self.map.figure.dpi) for inches in self.map.figure.get_size_inches()]
        return not self.is_redrawing() and drawn == [self.widget.winfo_width(), self.widget.winfo_height()]

    def _draw(self) -> None:
        self.canvas.draw()
        if self._released_at is not None:
            released_at, self._released_at = self._released_at, None
            self.widget.update_idletasks()  # this may draw once more
            self._selected((time.perf_counter() - released_at) * 1000)
        self._changed()

    def _place_crosshair(self) -> None:
        self._crosshair.show(None if self.state.astray else self.state.cursor)
