"""Two maps of the same images side by side: an image on both of them, and linked views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.analysis import outline
from explorer.analysis.probe import Decoding, SpaceProbe, Whereabouts
from explorer.errors import printable
from explorer.session.state import MapState, Place, SharedState
from explorer.signals import Signal
from explorer.spaces import view
from explorer.spaces.catalogue import label_of
from explorer.spaces.latent_space import LatentSpace

LEFT, RIGHT = "left map", "right map"  # what the two maps are called where there is no room for their names
TAIL = 0.02  # share of the images left out at each end of each axis: a few strays would make the view too large
CLOSEST = 1 / 200  # smallest view, as a share of the default view


@dataclass(frozen=True)
class Counterpart:
    """The real image nearest to a place on one map, and where it lies on another map.

    Attributes:
        row: its data row; None if no image is shown, or before the points are known.
        place: its place on the other map, in data coordinates; None if it is not there.
        decoding: its code there, decoded; None if it is not there.
    """

    row: int | None = None
    place: Place | None = None
    decoding: Decoding | None = None


def counterpart(here: SpaceProbe, whereabouts: Whereabouts, there: SpaceProbe) -> Counterpart:
    """Finds the image nearest to a place of this map on the other map; part of the hot path."""
    if whereabouts.nearest is None:
        return Counterpart()
    row = int(here.space.rows[whereabouts.nearest])
    point = there.space.index_of(row)
    if point is None:
        return Counterpart(row)
    a, b = there.space.places[point].tolist()
    return Counterpart(row, (a, b), there.decode_code(there.space.codes[point]))


def unavailable(first: LatentSpace, second: LatentSpace) -> str:
    """Why two spaces cannot be compared, one line; empty if they can."""
    if first.images == second.images:
        return ""
    return (
        f"'{second.name}' is made of other images ({second.data_title}) than '{first.name}' ({first.data_title}): only "
        "spaces of the same images can be compared"
    )


def names_of(first: LatentSpace, second: LatentSpace) -> tuple[str, str]:
    """What two maps are called: see `catalogue.label_of`. Equal labels of different spaces become as much of
    the folders' paths as tells them apart."""
    names = label_of(first.folder, first.title), label_of(second.folder, second.title)
    folders = first.folder.parts, second.folder.parts
    for count in range(1, max(map(len, folders)) + 1):
        if names[0] != names[1] or first.folder == second.folder:
            break
        names = printable("/".join(folders[0][-count:])), printable("/".join(folders[1][-count:]))
    return names


def visible(space: LatentSpace, limits: view.Limits, shared: SharedState) -> np.ndarray:
    """The data rows of the shown images in a view, (m,) integers."""
    return space.rows[outline.visible(space, limits, shared.shown(space.labels))]


def view_of(state: MapState, rows: np.ndarray) -> view.Limits:
    """The rectangle of a map that holds these images, without strays; the default view if it has none of them.

    Args:
        rows: data rows, (m,) integers.
    """
    space = state.space
    points = space.indices_of(rows)
    if not len(points):
        return state.home
    places = space.places[points].astype(np.float64)
    low = np.quantile(
        places, TAIL, axis=0, method="higher"
    )  # places of images, not between them: otherwise few strays would count
    high = np.maximum(np.quantile(places, 1 - TAIL, axis=0, method="lower"), low)
    a0, a1, b0, b1 = state.home
    least = np.array([a1 - a0, b1 - b0]) * CLOSEST
    middle, half = (low + high) / 2, np.maximum((high - low) * (0.5 + view.MARGIN), least / 2)
    (left, lower), (right, upper) = (middle - half).tolist(), (middle + half).tolist()
    return left, right, lower, upper


class LinkedViews:
    """Keeps the views of two maps on the same images while they are linked.

    The view that changes leads: the other one shows the images that are visible in it. A map that gets another space,
    or other coordinates, follows.

    Args:
        first, second: the maps.
        shared: of both.
        seen: the visible part of a map, which may be larger than its limits.

    Attributes:
        on: whether the views are linked.
        changed: sent when that changes.
    """

    changed = Signal(object)

    def __init__(
        self,
        first: MapState,
        second: MapState,
        shared: SharedState,
        seen: Callable[[MapState], view.Limits] = lambda state: state.limits,
    ) -> None:
        self._shared, self._seen = shared, seen
        self._leader = first
        self._other = {id(first): second, id(second): first}
        self._leading = False
        self.on = False
        for state in (first, second):
            state.limits_changed.connect(self._lead)
            state.space_replaced.connect(self._follow)
            state.coordinates_changed.connect(self._follow)
        shared.hidden_changed.connect(self._on_visibility)

    def link(self, leader: MapState) -> None:
        """Links the views; the other map follows this one at once."""
        self.on = True
        self.changed.emit(self)
        self._lead(leader)

    def unlink(self) -> None:
        """Ends the link; each map keeps its view."""
        self.on = False
        self.changed.emit(self)

    def close(self) -> None:
        """Ends the link silently."""
        self.on = False

    def _lead(self, leader: MapState) -> None:
        if not self.on or self._leading:
            return
        self._leader, follower = leader, self._other[id(leader)]
        self._leading = True
        try:
            if view.alike(leader.limits, leader.home):
                follower.reset_view()
            else:
                follower.show_view(view_of(follower, visible(leader.space, self._seen(leader), self._shared)))
        finally:
            self._leading = False

    def _on_visibility(self, shared: SharedState) -> None:
        self._lead(self._leader)

    def _follow(self, follower: MapState) -> None:
        self._lead(self._other[id(follower)])
