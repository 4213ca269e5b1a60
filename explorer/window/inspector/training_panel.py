"""The training run that the window follows: its progress and its losses."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

from explorer.drawing.losses import LossPlot
from explorer.drawing.themes import THEMES
from explorer.session.state import SharedState
from explorer.spaces.following import Run
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later, Listener, figure_canvas, packed

LATER_MS = 30  # how long after the map the plot is drawn, so that each stalls the window only briefly


class TrainingPanel(Listener):
    """A title and a small plot. The caller sets its height.

    Args:
        parent: widget.
        shared: gives the theme.
    """

    def __init__(self, parent: tk.Misc, shared: SharedState) -> None:
        super().__init__(parent, padding=px(2, 10, 2, 2))
        self._shared = shared
        self.pack_propagate(False)
        self._title = packed(ttk.Label(self, style="Title.TLabel"), anchor="w", pady=px(0, 4))
        self._canvas = figure_canvas(self)
        self._plot = LossPlot(self._canvas.figure, shared.theme)
        self._widget = self._canvas.get_tk_widget()
        self._widget.configure(width=1, height=1, takefocus=False)
        self._canvas.mpl_connect("resize_event", lambda event: self._plot.fit())
        self._draw_later = Later(self, self._canvas.draw, LATER_MS)
        self.hear_now(self._apply_theme, shared.theme_changed)

    def show(self, run: Run) -> None:
        """Shows the state of a run after an epoch, or at its end."""
        self._title.configure(text=f"Training · {words(run)}")
        self._plot.show(run)
        self._draw_later()

    def _apply_theme(self) -> None:
        self._widget.configure(background=THEMES[self._shared.theme].paper)
        self._plot.apply_theme(self._shared.theme)
        self._canvas.draw_idle()


def words(run: Run) -> str:
    """The progress of a run."""
    return "complete" if run.complete else f"epoch {run.epoch} of {run.epochs}"
