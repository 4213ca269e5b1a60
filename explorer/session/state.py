"""What the person is looking at. Mouse and keys change it; views subscribe to the part they draw.

What belongs to one map is apart from what all maps share, because two maps will stand side by side.
Signals are blinker's: `state.view_changed.connect(method)` holds the method weakly, so a closed
view drops out by itself.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from blinker import Signal

from explorer.space import view
from explorer.space.files import Chart, LatentSpace

Place = tuple[float, float]
ThemeName = Literal["light", "dark"]
Tool = Literal["explore", "lasso", "rectangle"]
How = Literal["replace", "add", "remove"]
LAYERS = ("points", "labels")
DEEPEST = 1000.0  # times the default view
WIDEST = 1 / 8


class _State:
    """What can be copied, also into another process: nobody hears of a copy but who connects to it."""

    def __getstate__(self) -> dict[str, object]:
        return {name: Signal() if isinstance(value, Signal) else value for name, value in vars(self).items()}


class SharedState(_State):
    """What all maps have in common. Images go by their data rows, which are the same in every space.

    Attributes:
        hidden: indices of the classes that are not shown.
        theme: of window and map.
        pins: data rows of the pinned images, in the order in which they were pinned.
        selection: data rows of the selected images, (m,) sorted integers without repetition.
        colouring: what the dots are coloured by, one of the names that `explorer.analysis.colouring.names` gives.
        layers: which parts of the map are shown, out of `LAYERS`.
        tool: what dragging on the map does.
        visibility_changed, theme_changed, pins_changed, selection_changed, colouring_changed, layers_changed,
            tool_changed: sent after what they are named for has changed.
    """

    def __init__(self, theme: ThemeName = "light") -> None:
        self.hidden: frozenset[int] = frozenset()
        self.theme: ThemeName = theme
        self.pins: tuple[int, ...] = ()
        self._passing: int | None = None  # the pin that gives way to the next one pinned in passing
        self.selection = np.empty(0, np.intp)
        self.colouring = "class"
        self.layers: frozenset[str] = frozenset(LAYERS)
        self.tool: Tool = "explore"
        self.visibility_changed = Signal()
        self.theme_changed = Signal()
        self.pins_changed = Signal()
        self.selection_changed = Signal()
        self.colouring_changed = Signal()
        self.layers_changed = Signal()
        self.tool_changed = Signal()

    def toggle_class(self, index: int) -> None:
        """Hides a class, or shows it again."""
        self._hide(self.hidden ^ {index})

    def isolate_class(self, index: int, classes: int) -> None:
        """Hides all other classes; where it is alone already, shows all."""
        others = frozenset(range(classes)) - {index}
        self._hide(frozenset() if self.hidden == others else others)

    def show_all_classes(self) -> None:
        self._hide(frozenset())

    def shown(self, labels: np.ndarray) -> np.ndarray | None:
        """Which points, by their labels (n,), are not hidden, (n,) bool; None stands for all."""
        return ~np.isin(labels, list(self.hidden)) if self.hidden else None

    def pin(self, row: int) -> None:
        """Pins an image; one that is pinned already comes last."""
        if row == self._passing:
            self._passing = None
        self.set_pins((*(pin for pin in self.pins if pin != row), int(row)))

    def pin_in_passing(self, row: int) -> None:
        """Pins an image until another one is pinned so; one that `pin` has pinned stays as it is."""
        pins = tuple(pin for pin in self.pins if pin != self._passing)
        if row in pins:
            self._passing = None
        else:
            pins, self._passing = (*pins, int(row)), int(row)
        self.set_pins(pins)

    def unpin(self, row: int) -> None:
        self.set_pins(tuple(pin for pin in self.pins if pin != row))

    def unpin_all(self) -> None:
        self.set_pins(())

    def set_pins(self, pins: tuple[int, ...]) -> None:
        """Replaces the pins by these data rows."""
        if self._passing not in pins:
            self._passing = None
        if pins != self.pins:
            self.pins = pins
            self.pins_changed.send(self)

    def select(self, rows: np.ndarray, how: How = "replace") -> None:
        """Selects images by their data rows, (m,) integers; adds them to the selection, or takes them out of it."""
        rows = np.unique(np.asarray(rows, np.intp))
        if how == "add":
            rows = np.union1d(self.selection, rows)
        elif how == "remove":
            rows = np.setdiff1d(self.selection, rows)
        if not np.array_equal(rows, self.selection):
            self.selection = rows
            self.selection_changed.send(self)

    def colour_by(self, colouring: str) -> None:
        if colouring != self.colouring:
            self.colouring = colouring
            self.colouring_changed.send(self)

    def toggle_layer(self, layer: str) -> None:
        """Shows a part of the map, or hides it."""
        self.layers ^= {layer}
        self.layers_changed.send(self)

    def use(self, tool: Tool) -> None:
        """Takes up a tool."""
        if tool != self.tool:
            self.tool = tool
            self.tool_changed.send(self)

    def take_over(
        self,
        hidden: frozenset[int],
        theme: ThemeName,
        pins: tuple[int, ...],
        selection: np.ndarray,
        colouring: str,
        layers: frozenset[str],
    ) -> None:
        """Sets all that is kept in a workspace; tells of what differs from before."""
        self._passing = None
        self._hide(hidden)
        if theme != self.theme:
            self.toggle_theme()
        self.set_pins(pins)
        self.select(selection)
        self.colour_by(colouring)
        if layers != self.layers:
            self.layers = layers
            self.layers_changed.send(self)

    def forget_images(self) -> None:
        """Drops pins and selection: for a space of other images."""
        self.unpin_all()
        self.select(np.empty(0, np.intp))

    def toggle_theme(self) -> None:
        self.theme = "dark" if self.theme == "light" else "light"
        self.theme_changed.send(self)

    def _hide(self, hidden: frozenset[int]) -> None:
        if hidden != self.hidden:
            self.hidden = hidden
            self.visibility_changed.send(self)


class MapState(_State):
    """One map: its space, the rectangle that it shows, and the place under the cursor.

    Attributes:
        space: what is shown, through one of its charts.
        home: the default view, (a0, a1, b0, b1) in data coordinates: latent units, unless the chart is another one.
        limits: the view asked for; the map shows it and, with equal aspect, what else fits.
        cursor: the place that is decoded, in data coordinates. It stays where the mouse left the map.
        led: the cursor is where the one of another map leads it.
        astray: it leads nowhere on this map, so that there is no cursor to be seen.
        background: what is painted behind the dots, one of `explorer.analysis.backgrounds.NAMES`, or "none".
        cursor_moved, view_changed, background_changed: sent after `cursor`, `limits` or `background` has changed.
        place_shown: sent after `show_place` has put the cursor somewhere, and after the others.
        space_changed: sent after `space` has been replaced, and with it perhaps all the others; alone.
        chart_changed: sent after the same space is shown through another chart, with another view and the cursor on
            the same code; alone.
    """

    def __init__(self, space: LatentSpace) -> None:
        self.space = space
        self.home = view.home(space)
        self.limits = self.home
        self.cursor: Place = opening_place(space)
        self.led = self.astray = False
        self.background = "none"
        self._placed = False  # whether somebody has put the cursor where it is
        self.cursor_moved = Signal()
        self.view_changed = Signal()
        self.background_changed = Signal()
        self.place_shown = Signal()
        self.space_changed = Signal()
        self.chart_changed = Signal()

    def show_space(self, space: LatentSpace, same_images: bool = False) -> None:
        """Replaces the space.

        Args:
            same_images: on their way to other places, as in a training run: a view that was zoomed or moved, and a
                cursor that was put somewhere, stay. The default view goes along with the points.
        """
        followed = not same_images or self.limits == self.home
        self._placed = self._placed and same_images
        self.space, self.home = space, view.home(space)
        if followed:
            self.limits = self.home
        if not self._placed:
            self.cursor = opening_place(space)
        self.space_changed.send(self)

    def see_through(self, chart: Chart) -> None:
        """Shows the same space through another of its charts, all of it: the cursor keeps its code."""
        before = self.space
        self.space = before.through(chart)
        if self.space is before:
            return
        self.cursor = self.space.place_of(before.codes_at(np.array([self.cursor]))[0])
        self.home = self.limits = view.home(self.space)
        self.chart_changed.send(self)

    def move_cursor(self, place: Place) -> None:
        """Puts the cursor anywhere, also beyond the view."""
        self._placed = True
        self.led = self.astray = False
        self.cursor = (float(place[0]), float(place[1]))
        self.cursor_moved.send(self)

    def lead_cursor(self, place: Place | None) -> None:
        """Puts the cursor where the one of another map leads it, or out of sight."""
        self.led, self.astray = True, place is None
        if place is not None:
            self._placed = True
            self.cursor = place
        self.cursor_moved.send(self)

    def zoom(self, place: Place, factor: float) -> None:
        """Zooms in by `factor` with `place` kept where it is; stops at the deepest and the widest."""
        width, home_width = self.limits[1] - self.limits[0], self.home[1] - self.home[0]
        before = home_width / width  # less than the widest where somebody was shown an outlier
        depth = float(np.clip(before * factor, min(before, WIDEST), DEEPEST))
        limits = view.zoomed(self.limits, place, depth / before)
        if limits == view.drawable(limits):
            self._show(limits)

    def pan(self, da: float, db: float) -> None:
        """Moves the view by latent units, never so far that it leaves the points behind."""
        a0, a1, b0, b1 = self.home
        a, b = view.middle(self.limits)
        self._show(
            view.centred(self.limits, _within(a + da, min(a0, a), max(a1, a)), _within(b + db, min(b0, b), max(b1, b)))
        )

    def reset_view(self) -> None:
        self._show(self.home)

    def show_view(self, limits: view.Limits) -> None:
        """Shows a rectangle of the plane, a larger one where it is too small for numbers so far from 0."""
        self._show(limits)

    def show_place(self, place: Place, least: float = 0.0) -> None:
        """Puts the cursor on a place, and moves the view there where it is out of sight.

        Args:
            least: how far in to zoom at least, as a multiple of the default view.
        """
        a0, a1, _, _ = self.limits
        depth = (self.home[1] - self.home[0]) / (a1 - a0)
        limits = view.zoomed(self.limits, place, least / depth) if depth < least else self.limits
        if not view.inside(np.array([place]), limits)[0]:
            limits = view.centred(limits, *place)
        self._show(limits)
        self.move_cursor(place)
        self.place_shown.send(self)

    def paint(self, background: str) -> None:
        """Chooses what is painted behind the dots."""
        if background != self.background:
            self.background = background
            self.background_changed.send(self)

    def _show(self, limits: view.Limits) -> None:
        limits = view.drawable(limits)
        if limits != self.limits:
            self.limits = limits
            self.view_changed.send(self)


def _within(value: float, lowest: float, highest: float) -> float:
    return min(max(value, lowest), highest)


def opening_place(space: LatentSpace) -> Place:
    """Where the window opens: the point in the middle of the class that lies closest together.

    There the decoder shows an image, which the middle of the plane does not promise. Classes of less
    than half the usual size do not count: a single point always lies close together.
    """
    places, best = space.places.astype(np.float64), None  # squares of float32 end at 1e38
    labels, sizes = np.unique(space.labels, return_counts=True)
    for label in labels[2 * sizes >= np.median(sizes)]:
        members = places[space.labels == label]
        distances = np.linalg.norm(members - members.mean(axis=0), axis=1)
        spread = distances.mean()
        if best is None or spread < best[0]:
            best = spread, members[np.argmin(distances)]
    return float(best[1][0]), float(best[1][1])
