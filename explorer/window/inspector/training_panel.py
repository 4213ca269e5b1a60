"""The training run that the window follows: its progress and its losses."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

from explorer.drawing.losses import LossPlot
from explorer.session.state import SharedState
from explorer.spaces.following import Run
from explorer.window.base.scale import px
from explorer.window.base.widgets import Listener, packed
from explorer.window.inspector.curve_view import CurveView


class TrainingPanel(Listener):
    """A title and a small plot. The caller sets its height.

    Args:
        parent: widget.
        shared: gives the theme.
    """

    def __init__(self, parent: tk.Misc, shared: SharedState) -> None:
        super().__init__(parent, padding=px(2, 10, 2, 2))
        self.pack_propagate(False)
        self._title = packed(ttk.Label(self, style="Title.TLabel"), anchor="w", pady=px(0, 4))
        self._losses = packed(CurveView(self, shared, LossPlot), fill="both", expand=True)

    def show(self, run: Run) -> None:
        """Shows the state of a run after an epoch, or at its end."""
        self._title.configure(text=f"Training · {words(run)}")
        self._losses.plot.show_run(run)
        self._losses.draw_later()


def words(run: Run) -> str:
    """The progress of a run."""
    return "complete" if run.complete else f"epoch {run.epoch} of {run.epochs}"
