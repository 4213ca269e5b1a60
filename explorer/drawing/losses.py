"""The loss curves of a training run: each loss over the epochs, small, beside the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from explorer.drawing.curves import Curve, CurvePlot
from explorer.drawing.themes import class_colour
from explorer.spaces.following import Run

NAME_WIDTH = 1.5  # inches of a name with its value
WIDE_RANGE = 3.0  # from this ratio of largest to smallest value, the axis is logarithmic


class LossPlot(CurvePlot):
    """One line per loss on axes that cover the whole run, with name and latest value above."""

    bottom = 0.24
    grid = "y"

    def show_run(self, run: Run) -> None:
        """Shows the losses of all epochs so far."""
        losses = {name: values for name, values in run.losses.items() if values}
        self._curves = [
            Curve(f"{name} {values[-1]:.3g}", range(1, len(values) + 1), values) for name, values in losses.items()
        ]
        self._draw()
        self._scale(run)

    def _scale(self, run: Run) -> None:
        values = [value for values in run.losses.values() for value in values] or [0.0, 1.0]
        low, high = min(values), max(values)
        self.axes.set_xlim(min(1, run.epochs - 1), run.epochs)
        self.axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        if low > 0 and high / low > WIDE_RANGE:
            self.axes.set_yscale("log")
            self.axes.set_ylim(low / 1.3, high * 1.15)
            self.axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 100 else (1,), numticks=5))
            self.axes.yaxis.set_minor_locator(NullLocator())
        else:
            margin = 0.1 * (high - low) or abs(high) or 1.0
            self.axes.set_yscale("linear")
            self.axes.set_ylim(low - margin, high + margin)
            self.axes.yaxis.set_major_locator(MaxNLocator(3))
        self.axes.yaxis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}"))

    def _name_width(self, names: Sequence[str]) -> float:
        return NAME_WIDTH

    def _style_of(self, number: int, curve: Curve) -> dict[str, Any]:
        first = self._theme.dots, self._theme.warning, self._theme.good
        colour = first[number] if number < len(first) else class_colour(number)
        # the marker shows a single epoch, which makes no line
        return {"color": colour, "linewidth": 1.5, "markersize": 4, "markevery": [-1]}
