"""Base classes and helpers of the tabs and panels about one map."""

from __future__ import annotations

import math
import tkinter as tk
from tkinter import ttk

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.metrics import Metric
from explorer.analysis.probe import SpaceProbe
from explorer.drawing.themes import THEMES, Theme
from explorer.errors import Cancelled, UserError
from explorer.images import datasets
from explorer.session.state import Place
from explorer.uses import texts
from explorer.window.base.scale import px
from explorer.window.base.widgets import Listener, explain
from explorer.window.map.crosshair import RING
from explorer.window.pane.context import MapContext
from explorer.window.pane.map_pane import MapPane


class Part(Listener):
    """A frame that shows something about one map.

    Args:
        parent: widget.
        context: of the map.
        options: of the frame.
    """

    def __init__(self, parent: tk.Misc, context: MapContext, **options) -> None:
        super().__init__(parent, **options)
        self._context, self._state, self._shared = context, context.state, context.shared

    @property
    def _probe(self) -> SpaceProbe:
        return self._context.probe

    @property
    def _theme(self) -> Theme:
        return THEMES[self._shared.theme]

    @property
    def _shows_classes(self) -> bool:
        """Whether images are called by their classes: there are some, and nobody is naming images."""
        return bool(self._probe.space.class_names) and self._shared.names is None

    def _name_of(self, row: int) -> str:
        """The name of an image: see `datasets.name_of`; the text where there are no images."""
        if (names := texts.of(self._probe.space)) is not None:
            return str(names[self._probe.space.index_of(row)])
        images = self._probe.result(ORIGINALS)
        return datasets.name_of(row, None if images is None else len(images.x_train))

    def _show_point(self, index: int, least: float = 0.0) -> None:
        """Moves the cursor to a point of the space, and the view so that it is visible: see `OpenMap.show_code`."""
        self._context.show_code(self._state.space.codes[index], least)

    def _on_failure(self, error: BaseException) -> None:
        """Shows the error of a worker: see `say_failure`."""
        say_failure(self._context, error)


class Tab(Part):
    """A part below the picture, with a title."""

    title: str

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context, padding=px(2, 10, 2, 2))


def metric_labels(parent: tk.Misc, metric: Metric, spaces: int) -> list[ttk.Label]:
    """A label for a metric's title, and one for its value in each space."""
    title = ttk.Label(parent, text=metric.title, style="Faint.TLabel")
    labels = [title, *(ttk.Label(parent, anchor="e") for _ in range(spaces))]
    for label in labels:
        explain(label, metric.explanation)
    return labels


def is_beyond_ring(pane: MapPane, place: Place) -> bool:
    """Whether a place is outside the ring of a map's crosshair. A mark inside the ring would hide the cursor."""
    pixel_at = pane.panel.map.pixel_at
    return math.dist(pixel_at(pane.state.cursor), pixel_at(place)) > px(RING)


def say_failure(context: MapContext, error: BaseException) -> None:
    """Shows the error of a worker as a message. Raises errors that are not meant for the user."""
    if isinstance(error, UserError):
        context.say(str(error))
    elif not isinstance(error, Cancelled):
        raise error
