"""The state of the maps. Mouse and keys change it; views subscribe to the part that they draw.

`MapState` belongs to one map, `SharedState` to all maps, because two can stand side by side.
Assigning to an attribute `x` sends `x_changed` where that signal exists; see `explorer.signals`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from explorer.signals import Evented, Signal
from explorer.spaces import view
from explorer.spaces.latent_space import Coordinates, LatentSpace, once_per_space
from explorer.spaces.projection import Projection

Place = tuple[float, float]
ThemeName = Literal["light", "dark"]
Tool = Literal["explore", "lasso", "rectangle"]
How = Literal["replace", "add", "remove"]
LAYERS = ("points", "labels")
DEEPEST = 1000.0  # times the default view
WIDEST = 1 / 8


class SharedState(Evented):
    """What all maps have in common. Images go by their data rows, which are the same in every space.

    Attributes:
        hidden: indices of the classes that are not shown.
        theme: of window and map.
        pins: data rows of the pinned images, in the order in which they were pinned.
        passing: the pin that gives way to the next one pinned in passing; None where there is none.
        selection: data rows of the selected images, (m,) sorted integers without repetition.
        gesture: of which that selection is part, such as one drag; None where it stands alone.
        names: the classes that a person has given to images, as data row and class, in that order; None as long as
            the true classes are shown.
        colouring: what the dots are coloured by, one of the names that `explorer.analysis.colouring.names` gives.
        layers: which parts of the map are shown, out of `LAYERS`.
        tool: what dragging on the map does.
        hidden_changed, theme_changed, pins_changed, selection_changed, names_changed, colouring_changed,
            layers_changed, tool_changed: sent after what they are named for has changed.
    """

    hidden_changed = Signal(object)
    theme_changed = Signal(object)
    pins_changed = Signal(object)
    selection_changed = Signal(object)
    names_changed = Signal(object)
    colouring_changed = Signal(object)
    layers_changed = Signal(object)
    tool_changed = Signal(object)

    def __init__(self, theme: ThemeName = "light") -> None:
        self.hidden: frozenset[int] = frozenset()
        self.theme: ThemeName = theme
        self.pins: tuple[int, ...] = ()
        self.passing: int | None = None
        self.selection = np.empty(0, np.intp)
        self.gesture: object = None
        self.names: tuple[tuple[int, int], ...] | None = None
        self.colouring = "class"
        self.layers: frozenset[str] = frozenset(LAYERS)
        self.tool: Tool = "explore"

    def toggle_class(self, index: int) -> None:
        """Hides a class, or shows it again."""
        self.hidden = self.hidden ^ {index}

    def isolate_class(self, index: int, classes: int) -> None:
        """Hides all other classes; where it is alone already, shows all."""
        others = frozenset(range(classes)) - {index}
        self.hidden = frozenset() if self.hidden == others else others

    def show_all_classes(self) -> None:
        self.hidden = frozenset()

    def shown(self, labels: np.ndarray) -> np.ndarray | None:
        """Which points, by their labels (n,), are not hidden, (n,) bool; None stands for all."""
        return ~np.isin(labels, list(self.hidden)) if self.hidden else None

    def pin(self, row: int) -> None:
        """Pins an image; one that is pinned already comes last."""
        if row == self.passing:
            self.passing = None
        self.set_pins((*(pin for pin in self.pins if pin != row), int(row)))

    def pin_in_passing(self, row: int) -> None:
        """Pins an image until another one is pinned so; one that `pin` has pinned stays as it is."""
        pins = tuple(pin for pin in self.pins if pin != self.passing)
        if row in pins:
            self.passing = None
        else:
            pins, self.passing = (*pins, int(row)), int(row)
        self.set_pins(pins)

    def unpin(self, row: int) -> None:
        self.set_pins(tuple(pin for pin in self.pins if pin != row))

    def unpin_all(self) -> None:
        self.set_pins(())

    def set_pins(self, pins: tuple[int, ...]) -> None:
        """Replaces the pins by these data rows."""
        if self.passing not in pins:
            self.passing = None
        self.gesture = None  # what is selected next is another action
        self.pins = pins

    def select(self, rows: np.ndarray, how: How = "replace", gesture: object = None) -> None:
        """Selects images by their data rows, (m,) integers; adds them to the selection, or takes them out of it. All
        selections of one gesture count as one action."""
        rows = np.unique(np.asarray(rows, np.intp))
        if how == "add":
            rows = np.union1d(self.selection, rows)
        elif how == "remove":
            rows = np.setdiff1d(self.selection, rows)
        self.gesture = gesture
        self.selection = rows

    def colour_by(self, colouring: str) -> None:
        self.colouring = colouring

    def toggle_layer(self, layer: str) -> None:
        """Shows a part of the map, or hides it."""
        self.layers ^= {layer}

    def use(self, tool: Tool) -> None:
        """Takes up a tool."""
        self.tool = tool

    def forget_images(self) -> None:
        """Drops pins, selection and names: for a space of other images."""
        self.names = None
        self.unpin_all()
        self.select(np.empty(0, np.intp))

    def toggle_theme(self) -> None:
        self.theme = "dark" if self.theme == "light" else "light"


class MapState(Evented):
    """One map: its space, the visible rectangle, and the place under the cursor.

    Attributes:
        space: the space, in one of its coordinates.
        home: the default view, (a0, a1, b0, b1) in data coordinates, which are latent units or quantiles.
        limits: the view; with equal aspect, the map may show more around it.
        cursor: the place that is decoded, in data coordinates. It stays when the mouse leaves the map.
        led: whether the cursor follows that of another map.
        astray: whether it has no place on this map, so that no cursor is shown.
        background: the quantity behind the dots, one of `explorer.analysis.backgrounds.NAMES`, or "none".
        fades: whether dots are the fainter the farther their codes lie from the map's plane.
        cursor_moved, limits_changed, background_changed, fades_changed: sent after what they are named for has changed.
        place_shown: sent after `show_place` has moved the cursor, as the last signal.
        space_replaced: the only signal after `space` was replaced, although the others may have changed, too.
        coordinates_changed: the only signal after the coordinates or the plane of the space were changed; the view is
            another one, the cursor is on the same code.
        rest_changed: sent after `space` was replaced by the same one on a parallel plane: only what is decoded changes.
    """

    cursor_moved = Signal(object)
    limits_changed = Signal(object)
    background_changed = Signal(object)
    fades_changed = Signal(object)
    place_shown = Signal(object)
    space_replaced = Signal(object)
    coordinates_changed = Signal(object)
    rest_changed = Signal(object)

    def __init__(self, space: LatentSpace) -> None:
        self.space = space
        self.home = view.home(space)
        self.limits = self.home
        self.cursor: Place = opening_place(space)
        self.led = self.astray = False
        self.background = "none"
        self.fades = True
        self._placed = False  # whether the user has moved the cursor

    def show_space(self, space: LatentSpace, same_images: bool = False) -> None:
        """Replaces the space.

        Args:
            same_images: as in a training run, whose points move: a view or a cursor that the user has changed stays.
                Otherwise they follow the points.
        """
        followed = not same_images or self.limits == self.home
        self._placed = self._placed and same_images
        self.space, self.home = space, view.home(space)
        if followed:
            self._show_silently(self.home)
        if not self._placed:
            self.cursor = opening_place(space)
        self.space_replaced.emit(self)

    def use_coordinates(self, coordinates: Coordinates) -> None:
        """Shows the whole map in other coordinates; the cursor keeps its code."""
        self._show_otherwise(self.space.in_coordinates(coordinates), self.code)

    def use_plane(self, projection: Projection, code: np.ndarray | None = None) -> None:
        """Shows the map of another plane, which is moved so that the cursor keeps its code, or gets this one, (d,)."""
        code = self.code if code is None else code
        self._show_otherwise(self.space.on_plane(projection.through_code(code)), code)

    def hold_rest(self, rest: np.ndarray) -> None:
        """Holds other numbers, (d - 2,), along the directions that are not on the map. The points stay where they
        are."""
        assert self.space.projection is not None
        self.space = self.space.on_plane(self.space.projection.with_rest(rest))
        self.rest_changed.emit(self)

    def hold_code(self, code: np.ndarray) -> None:
        """Shows the parallel plane on which a code, (d,), lies."""
        plane = self.space.projection
        if plane is not None and not np.array_equal(rest := plane.rest_of(code), plane.rest):
            self.hold_rest(rest)

    @property
    def code(self) -> np.ndarray:
        """The code under the cursor, (d,) float32."""
        return self.space.codes_at(np.array([self.cursor]))[0]

    def _show_otherwise(self, space: LatentSpace, code: np.ndarray) -> None:
        """Shows the same codes at other places, with the cursor on one of them, (d,)."""
        if space is self.space:
            return
        self.cursor, self.space = space.place_of(code), space
        self.home = view.home(space)
        self._show_silently(self.home)
        self.coordinates_changed.emit(self)

    def move_cursor(self, place: Place) -> None:
        """Moves the cursor, also beyond the view."""
        self._placed = True
        self.led = self.astray = False
        self.cursor = (float(place[0]), float(place[1]))
        self.cursor_moved.emit(self)

    def lead_cursor(self, place: Place | None) -> None:
        """Moves the cursor to where the cursor of another map leads it; None hides it."""
        self.led, self.astray = True, place is None
        if place is not None:
            self._placed = True
            self.cursor = place
        self.cursor_moved.emit(self)

    def zoom(self, place: Place, factor: float) -> None:
        """Zooms in by `factor` around `place`, within the limits `DEEPEST` and `WIDEST`."""
        width, home_width = self.limits[1] - self.limits[0], self.home[1] - self.home[0]
        before = home_width / width  # less than `WIDEST` after `show_place` has shown an outlier
        depth = float(np.clip(before * factor, min(before, WIDEST), DEEPEST))
        limits = view.zoomed(self.limits, place, depth / before)
        if limits == view.drawable(limits):
            self.show_view(limits)

    def pan(self, da: float, db: float) -> None:
        """Moves the view by latent units; the points never disappear completely."""
        a0, a1, b0, b1 = self.home
        a, b = view.middle(self.limits)
        lowest, highest = np.minimum((a0, b0), (a, b)), np.maximum((a1, b1), (a, b))
        self.show_view(view.centred(self.limits, *np.clip((a + da, b + db), lowest, highest).tolist()))

    def reset_view(self) -> None:
        self.show_view(self.home)

    def show_view(self, limits: view.Limits) -> None:
        """Shows a rectangle of the plane, or a larger one if it is too small for numbers so far from 0."""
        self.limits = view.drawable(limits)

    def show_place(self, place: Place, least: float = 0.0) -> None:
        """Moves the cursor to a place, and the view if the place is out of sight.

        Args:
            least: the least zoom, as a multiple of the default view.
        """
        a0, a1, _, _ = self.limits
        depth = (self.home[1] - self.home[0]) / (a1 - a0)
        limits = view.zoomed(self.limits, place, least / depth) if depth < least else self.limits
        if not view.inside(np.array([place]), limits)[0]:
            limits = view.centred(limits, *place)
        self.show_view(limits)
        self.move_cursor(place)
        self.place_shown.emit(self)

    def paint(self, background: str) -> None:
        """Chooses what is painted behind the dots."""
        self.background = background

    def _show_silently(self, limits: view.Limits) -> None:
        with self.limits_changed.blocked():
            self.limits = limits


@once_per_space
def opening_place(space: LatentSpace) -> Place:
    """Where the window opens: the point in the middle of the most compact class.

    There the decoder shows a clear image, which is not certain in the middle of the plane. Classes of less than half
    the usual size do not count: a class of one point would be the most compact.
    """
    places, labels = space.places.astype(np.float64), space.labels  # float32 ends at 1e38
    sizes = np.bincount(labels)
    some = np.maximum(sizes, 1)
    middles = np.stack([np.bincount(labels, values) / some for values in places.T], axis=1)
    distances = np.linalg.norm(places - middles[labels], axis=1)
    counts = (sizes > 0) & (2 * sizes >= np.median(sizes[sizes > 0]))
    compact = np.where(counts, np.bincount(labels, distances) / some, np.inf).argmin()
    a, b = places[np.where(labels == compact, distances, np.inf).argmin()].tolist()
    return a, b
