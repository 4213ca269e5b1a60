"""What the person is looking at. Mouse and keys change it; views subscribe to the part they draw.

What belongs to one map is apart from what all maps share, because two maps will stand side by side.
Signals are blinker's: `state.view_changed.connect(method)` holds the method weakly, so a closed
view drops out by itself.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from blinker import Signal

from explorer import view
from explorer.files import LatentSpace

Place = tuple[float, float]
ThemeName = Literal["light", "dark"]
DEEPEST = 1000.0  # times the default view
WIDEST = 1 / 8


class SharedState:
    """What all maps have in common.

    Attributes:
        hidden: indices of the classes that are not shown.
        theme: of window and map.
        visibility_changed, theme_changed: sent after `hidden` or `theme` has changed.
    """

    def __init__(self, theme: ThemeName = "light") -> None:
        self.hidden: frozenset[int] = frozenset()
        self.theme: ThemeName = theme
        self.visibility_changed = Signal()
        self.theme_changed = Signal()

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

    def toggle_theme(self) -> None:
        self.theme = "dark" if self.theme == "light" else "light"
        self.theme_changed.send(self)

    def _hide(self, hidden: frozenset[int]) -> None:
        if hidden != self.hidden:
            self.hidden = hidden
            self.visibility_changed.send(self)


class MapState:
    """One map: its space, the rectangle that it shows, and the place under the cursor.

    Attributes:
        space: what is shown.
        home: the default view, (a0, a1, b0, b1) in latent units.
        limits: the view asked for; the map shows it and, with equal aspect, what else fits.
        cursor: the place that is decoded, in data coordinates. It stays where the mouse left the map.
        cursor_moved, view_changed: sent after `cursor` or `limits` has changed.
        space_changed: sent after `space` has been replaced, and with it perhaps all the others; alone.
    """

    def __init__(self, space: LatentSpace) -> None:
        self.space = space
        self.home = view.default_limits(space.places)
        self.limits = self.home
        self.cursor: Place = opening_place(space)
        self._placed = False  # whether somebody has put the cursor where it is
        self.cursor_moved = Signal()
        self.view_changed = Signal()
        self.space_changed = Signal()

    def show_space(self, space: LatentSpace, same_images: bool = False) -> None:
        """Replaces the space.

        Args:
            same_images: on their way to other places, as in a training run: a view that was zoomed or moved, and a
                cursor that was put somewhere, stay. The default view goes along with the points.
        """
        followed = not same_images or self.limits == self.home
        self._placed = self._placed and same_images
        self.space, self.home = space, view.default_limits(space.places)
        if followed:
            self.limits = self.home
        if not self._placed:
            self.cursor = opening_place(space)
        self.space_changed.send(self)

    def move_cursor(self, place: Place) -> None:
        """Puts the cursor anywhere, also beyond the view."""
        self._placed = True
        self.cursor = (float(place[0]), float(place[1]))
        self.cursor_moved.send(self)

    def zoom(self, place: Place, factor: float) -> None:
        """Zooms in by `factor` with `place` kept where it is; stops at the deepest and the widest."""
        width, home_width = self.limits[1] - self.limits[0], self.home[1] - self.home[0]
        depth = float(np.clip(home_width / width * factor, WIDEST, DEEPEST))
        self._show(view.zoomed(self.limits, place, depth * width / home_width))

    def pan(self, da: float, db: float) -> None:
        """Moves the view by latent units, never so far that it leaves the points behind."""
        a0, a1, b0, b1 = self.home
        a, b = view.middle(self.limits)
        self._show(
            view.centred(self.limits, _within(a + da, min(a0, a), max(a1, a)), _within(b + db, min(b0, b), max(b1, b)))
        )

    def reset_view(self) -> None:
        self._show(self.home)

    def _show(self, limits: view.Limits) -> None:
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
    places, best = space.places, None
    labels, sizes = np.unique(space.labels, return_counts=True)
    for label in labels[2 * sizes >= np.median(sizes)]:
        members = places[space.labels == label]
        distances = np.linalg.norm(members - members.mean(axis=0), axis=1)
        spread = distances.mean()
        if best is None or spread < best[0]:
            best = spread, members[np.argmin(distances)]
    return float(best[1][0]), float(best[1][1])
