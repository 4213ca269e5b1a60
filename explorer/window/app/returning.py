"""Restores what was shown before the tour."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from explorer.errors import UserError
from explorer.session import workspace
from explorer.session.undo import History
from explorer.spaces import view
from explorer.spaces.latent_space import Coordinates
from explorer.window.compare.controller import ComparisonController
from explorer.window.inspector.inspector import Inspector
from explorer.window.pane.map_pane import MapPane


@dataclass(frozen=True)
class _Second:
    """The state of the second map."""

    folder: Path
    coordinates: Coordinates
    limits: view.Limits
    linked: bool


class Return:
    """Remembers space, view, cursor, marks, names, colouring, tab and second map; `go` restores them.

    The theme is not restored: a change during the tour is meant to last.

    Args:
        pane: the first map.
        beside: opens the second map.
        inspector: has the tabs.
        history: what can be undone.
    """

    def __init__(self, pane: MapPane, beside: ComparisonController, inspector: Inspector, history: History) -> None:
        self._pane, self._beside, self._inspector, self._history = pane, beside, inspector, history
        self._folder = pane.switching.opening or pane.switching.folder
        self._workspace = workspace.taken(pane.state, pane.shared)
        self._passing, self._names, self._kept = pane.shared.passing, pane.shared.names, history.kept()
        self._tab = inspector.shown_tab
        self._second = None
        if beside.now is not None:
            state = beside.now.second.state
            self._second = _Second(state.space.folder, state.space.coordinates, state.limits, beside.now.views.on)

    def go(self) -> None:
        """Restores everything, as soon as the space is open again."""
        self._beside.leave()
        self._pane.switching.choose(self._folder, self._arrive)

    def _arrive(self) -> None:
        pane = self._pane
        kept = dataclasses.replace(self._workspace, theme=pane.shared.theme)
        try:
            kept, _ = workspace.fitted(kept, pane.state.space, pane.context.opened.plane_fixed)
        except UserError as error:  # its files have changed in the meantime
            pane.context.say(str(error))
            return
        with self._history.unnoticed():
            workspace.apply(kept, pane.state, pane.shared)
            pane.shared.passing, pane.shared.names = self._passing, self._names
        self._history.resume(self._kept)
        if self._second is None:
            self._inspector.show_tab(self._tab)
        else:
            self._beside.choose(self._second.folder, self._show_second)

    def _show_second(self) -> None:
        second, now = self._second, self._beside.now
        if now is not None:
            now.second.state.use_coordinates(second.coordinates)
            now.second.state.show_view(second.limits)
            if second.linked:
                now.views.link(self._pane.state)
        self._inspector.show_tab(self._tab)
