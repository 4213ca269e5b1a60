"""A small plot beside the map, with a marker that moves without a redraw."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence

from explorer.drawing.curves import Curve, CurvePlot
from explorer.drawing.themes import THEMES
from explorer.session.state import SharedState
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later, Listener, figure_canvas, put_item

HEIGHT, RADIUS = 190, 5  # pixels
LATER_MS = 30  # after what asked for it, so that each stalls the window only briefly


class CurveView(Listener):
    """Curves with their names above, and a ring that marks a point.

    Args:
        parent: widget.
        shared: gives the theme.
        kind: of the plot.

    Attributes:
        plot: call `draw_later` after changing it.
    """

    def __init__(self, parent: tk.Misc, shared: SharedState, kind: type[CurvePlot] = CurvePlot) -> None:
        super().__init__(parent, height=px(HEIGHT))
        self._shared, self._marked = shared, None
        self.pack_propagate(False)
        self._canvas = figure_canvas(self)
        self.plot = kind(self._canvas.figure, shared.theme)
        self.widget: tk.Canvas = self._canvas.get_tk_widget()
        self.widget.configure(width=1, height=1, takefocus=False)
        self._ring = self.widget.create_oval(0, 0, 0, 0, width=px(2), state="hidden")
        self._canvas.mpl_connect("resize_event", lambda event: self.plot.fit())
        self._canvas.mpl_connect("draw_event", lambda event: self._put_marker())
        self.draw_later = Later(self, self._canvas.draw, LATER_MS)
        self.hear_now(self._apply_theme, shared.theme_changed)

    def destroy(self) -> None:
        self.draw_later.cancel()
        super().destroy()

    def show(self, curves: Sequence[Curve], x_title: str, y_title: str, log_x: bool = False) -> None:
        """Shows these curves: see `CurvePlot.show`."""
        self.plot.show(curves, x_title, y_title, log_x)
        self.draw_later()

    def mark(self, at: tuple[float, float] | None) -> None:
        """Marks a point, in the plot's units; None hides the marker."""
        self._marked = at
        self._put_marker()

    def pixel_at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the plot is on the widget, in pixels."""
        return self.plot.pixel_at(x, y)

    def _put_marker(self) -> None:
        self.widget.itemconfigure(self._ring, state="hidden" if self._marked is None else "normal")
        if self._marked is not None:
            (x, y), radius = self.plot.pixel_at(*self._marked), px(RADIUS)
            put_item(self.widget, self._ring, x - radius, y - radius, x + radius, y + radius)
            self.widget.tag_raise(self._ring)

    def _apply_theme(self) -> None:
        theme = THEMES[self._shared.theme]
        self.widget.configure(background=theme.paper)
        self.widget.itemconfigure(self._ring, outline=theme.warning)
        self.plot.apply_theme(self._shared.theme)
        self.draw_later()
