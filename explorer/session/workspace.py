"""A workspace: view, pins, selection and colours, saved as a JSON file; it can be opened on another map."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from explorer.analysis import backgrounds, colouring
from explorer.errors import UserError
from explorer.files import schema, untrusted
from explorer.files.writing import writing
from explorer.session.state import DEEPEST, LAYERS, WIDEST, MapState, SharedState, ThemeName
from explorer.spaces import view
from explorer.spaces.latent_space import LARGEST_CODE, Coordinates, LatentSpace
from explorer.spaces.projection import Kind

FORMAT = 1
LARGEST = 64 * 10**6  # bytes; the selection of a million images takes 8
FARTHEST = 1e3 * LARGEST_CODE  # latent units: limits of a view may lie so far away

_Coordinate = Annotated[float, msgspec.Meta(gt=-FARTHEST, lt=FARTHEST)]


@dataclass(frozen=True)
class Plane:
    """The plane of a map: see `explorer.spaces.projection.Projection`."""

    kind: Kind
    chosen: tuple[schema.Count, ...]
    rest: tuple[_Coordinate, ...]

    def on(self, space: LatentSpace) -> LatentSpace | None:
        """A space on this plane; None if it does not have it."""
        plane = space.plane(self.kind, self.chosen)
        if plane is None or len(plane.rest) != len(self.rest):
            return None
        return space.on_plane(plane.with_rest(np.array(self.rest)))


@dataclass(frozen=True)
class Workspace:
    """The parts of a state that are saved.

    Attributes:
        space: the name of the space's folder.
        data: the fingerprint of the images.
        chart: the coordinates of the map.
        view, cursor: in these coordinates; None if they do not fit the space that it is opened for.
        pins, selection: data rows.
        hidden: indices of classes.
        colouring, background, layers, theme: as in the state.
        beside: the name of the space to compare with; empty for none.
        plane: of the map; None if codes have two numbers, in older files, and if it does not fit.
    """

    space: schema.Text
    data: schema.Text
    chart: Coordinates = dataclasses.field(default="plain", kw_only=True)  # missing in older files
    view: tuple[_Coordinate, _Coordinate, _Coordinate, _Coordinate] | None
    cursor: tuple[_Coordinate, _Coordinate] | None
    pins: tuple[schema.Count, ...]
    hidden: frozenset[schema.Count]
    colouring: schema.Text
    background: schema.Text
    layers: frozenset[Literal[LAYERS]]
    theme: ThemeName
    selection: tuple[schema.Count, ...]
    beside: schema.Text = ""  # missing in older files, too
    plane: Plane | None = None  # missing in older files, too


def taken(state: MapState, shared: SharedState, beside: str = "") -> Workspace:
    """The current workspace, with the name of the space beside it."""
    at = state.space.projection
    return Workspace(
        state.space.name,
        state.space.images,
        state.limits,
        state.cursor,
        shared.pins,
        shared.hidden,
        shared.colouring,
        state.background,
        shared.layers,
        shared.theme,
        tuple(shared.selection.tolist()),
        beside,
        chart=state.space.coordinates,
        plane=None if at is None else Plane(at.kind, at.chosen, tuple(at.rest.tolist())),
    )


def save(path: Path, workspace: Workspace) -> None:
    """Writes it in one piece. Raises NotAllowed if the file cannot be written."""
    sets = {"hidden": sorted(workspace.hidden), "layers": sorted(workspace.layers)}
    with writing(path) as file:
        file.write(schema.encoded({"format": FORMAT} | dataclasses.asdict(workspace) | sets, indent=None))


def read(path: Path) -> Workspace:
    """Reads a workspace of any space.

    Raises:
        UserError: the file cannot be read, or is no valid workspace.
    """
    try:
        content = untrusted.read(path, LARGEST)
    except untrusted.Missing:
        raise UserError(f"there is no workspace {path}") from None
    with untrusted.parsing(path, wrong="is no workspace, or incomplete"):
        members = schema.decoded(content)
    with untrusted.parsing(path, wrong=f"is damaged, or no workspace of format {FORMAT}"):
        schema.checked(members, _Format)
        workspace = schema.checked(members, Workspace)
        _check(workspace, members)
    return workspace


def fitted(workspace: Workspace, space: LatentSpace, plane_fixed: str = "") -> tuple[Workspace, list[str]]:
    """The part of a workspace that fits a space, and a line for each part that does not.

    Args:
        plane_fixed: why only the plane that the space is on can be shown; empty if others can.

    Raises:
        UserError: it is of other images, or names classes or images that do not exist.
    """
    if workspace.data != space.images:
        raise UserError(
            f"this workspace is of other images than {space.data_title}: open it with the space that it was saved for"
        )
    classes = len(space.class_names)
    if any(index >= classes for index in workspace.hidden):
        raise UserError(f"this workspace hides class {max(workspace.hidden)}, but there are only {classes} classes")
    notes, known = [], frozenset(space.rows.tolist())
    absent = [row for row in (*workspace.pins, *workspace.selection) if row not in known]
    if workspace.space != space.name:
        notes.append(f"view and cursor belong to the map '{workspace.space}' and are ignored")
        here = {name: tuple(row for row in getattr(workspace, name) if row in known) for name in ("pins", "selection")}
        workspace = dataclasses.replace(workspace, view=None, cursor=None, plane=None, **here)
        if absent:
            notes.append(f"{len(set(absent)):,} of its images are not on this map")
    elif absent:
        raise UserError(f"this workspace contains image #{absent[0]}, which is not on this map")
    elif workspace.chart not in space.all_coordinates:
        raise UserError(f"this workspace is damaged: this map has no chart '{workspace.chart}'")
    elif (there := space if workspace.plane is None else workspace.plane.on(space)) is None:
        raise UserError("this workspace is damaged: its plane is not one of this map")
    elif not _sane(workspace.view, view.home(there.in_coordinates(workspace.chart))):
        raise UserError("this workspace is damaged: its view is not one of this map")
    elif plane_fixed and not _same_plane(there, space):
        notes.append(f"plane, view and cursor are ignored: {plane_fixed}")
        workspace = dataclasses.replace(workspace, view=None, cursor=None, plane=None)
    for part, known, usual in (
        ("chart", space.all_coordinates, "plain"),
        ("colouring", colouring.names(space), "class"),
        ("background", backgrounds.NAMES, "none"),
    ):
        wanted = getattr(workspace, part)
        if wanted != usual and wanted not in known:
            notes.append(f"there is no {part} '{wanted}' here")
            workspace = dataclasses.replace(workspace, **{part: usual})
    return workspace, notes


def apply(workspace: Workspace, state: MapState, shared: SharedState) -> None:
    """Applies a workspace to a state. It must have been `fitted` to the state's space."""
    shared.passing = shared.names = None
    shared.hidden = workspace.hidden
    shared.theme = workspace.theme
    shared.set_pins(workspace.pins)
    shared.select(np.array(workspace.selection, np.intp))
    shared.colour_by(workspace.colouring)
    shared.layers = workspace.layers
    if workspace.plane is not None and (there := workspace.plane.on(state.space)) is not None:
        assert there.projection is not None
        state.use_plane(there.projection)
        state.hold_rest(there.projection.rest)
    state.use_coordinates(workspace.chart)
    state.paint(workspace.background)
    if workspace.view is not None:
        state.show_view(workspace.view)
    if workspace.cursor is not None:
        state.move_cursor(workspace.cursor)


def _same_plane(one: LatentSpace, other: LatentSpace) -> bool:
    return one.projection is None or (
        other.projection is not None
        and one.projection.is_parallel(other.projection)
        and np.array_equal(one.projection.rest, other.projection.rest)
    )


def _sane(limits: view.Limits, home: view.Limits) -> bool:
    """Whether a view can be drawn: not much deeper than one can zoom (the map may have grown since), or around an
    outlier as deep as its numbers allow."""
    smaller = view.zoomed(limits, view.middle(limits), 4)
    if view.drawable(limits) == limits and view.drawable(smaller) != smaller:
        return True
    return all(
        WIDEST / 10 <= (home[axis + 1] - home[axis]) / (limits[axis + 1] - limits[axis]) <= DEEPEST * 10
        for axis in (0, 2)
    )


class _Format(msgspec.Struct):
    """The members of the file besides those of `Workspace`."""

    format: Literal[1]


def _check(workspace: Workspace, members: dict[str, Any]) -> None:
    """Raises ValueError if the members of a file make no valid workspace."""
    a0, a1, b0, b1 = workspace.view or (0, 0, 0, 0)
    for name, sound in {
        "beside": workspace.beside == Path(workspace.beside).name and workspace.beside != "..",
        "view": a0 < a1 and b0 < b1,
        "cursor": workspace.cursor is not None,
        "pins": len(set(workspace.pins)) == len(workspace.pins),
        "hidden": len(workspace.hidden) == len(members["hidden"]),
        "selection": list(workspace.selection) == sorted(set(workspace.selection)),
    }.items():
        if not sound:
            raise ValueError(f"'{name}' is invalid")
