"""What the panels about one image have in common."""

from __future__ import annotations

import tkinter as tk
from typing import Any

from explorer.analysis.probe import What
from explorer.session import finding
from explorer.window.base.widgets import Later
from explorer.window.inspector.part import Part
from explorer.window.pane.context import MapContext


class ImagePanel(Part):
    """A panel about the image that was pinned last, or else the one nearest to the cursor; see `row_in_question`.

    A subclass has `suits`, and a method `_look`, which is called when it may be another image, or be shown otherwise.
    Of several moves, only the latest is handled.

    Args:
        parent: widget.
        context: of the map.
        late: how many ms after a move.
        needed: what must be ready to show an image.
    """

    def __init__(self, parent: tk.Misc, context: MapContext, late: int, *needed: What) -> None:
        super().__init__(parent, context)
        self._seen = False
        self._looked_at: Any = None  # row and settings of what is shown
        self._look_later = Later(self, self._look, late)
        self.hear(self._look_anew, context.ready, only=needed)
        self.hear(self._look_soon, self._state.cursor_moved, self._shared.pins_changed, self._shared.hidden_changed)

    def attend(self, seen: bool) -> None:
        """Tells the panel whether it is visible from now on."""
        self._seen = seen
        self._look_anew()

    def _look_anew(self) -> None:
        self._looked_at = None
        self._look_soon()

    def _look_soon(self) -> None:
        if self._seen and self.suits(self._probe.space):
            self._look_later()

    def _row_in_question(self) -> int | None:
        return finding.row_in_question(self._probe.space, self._shared, self._state.cursor)

    def _why_none(self, to: str, why: str, ready: bool) -> str:
        """Why there is no picture, for people.

        Args:
            to: what would be done with the image.
            why: why it is unavailable; "" if it may come.
            ready: whether all that is needed is there.
        """
        if why:
            return f"No image to {to}: {why}."
        return f"Every class is hidden: no image to {to}." if ready else "the images are being read …"

    def _where(self, row: int) -> str:
        """Why the image of a row is shown, for people."""
        return "pinned last" if row in self._shared.pins else "nearest to the cursor"
