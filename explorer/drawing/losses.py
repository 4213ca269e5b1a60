"""The loss curves of a training run: each loss over the epochs, small, beside the map."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from explorer.drawing.themes import THEMES, class_colour, paint_axes
from explorer.session.state import ThemeName
from explorer.spaces.following import Run

LEFT, BOTTOM, RIGHT, ROW = 0.54, 0.24, 0.06, 0.2  # margins in inches; at the top, a row for the names
NAME_WIDTH = 1.5  # inches of a name with its value
WIDE_RANGE = 3.0  # from this ratio of largest to smallest value, the axis is logarithmic


class LossPlot:
    """One line per loss on axes that cover the whole run, with name and latest value above.

    Args:
        figure: to be filled.
        theme: of the colours.
    """

    def __init__(self, figure: Figure, theme: ThemeName) -> None:
        self.figure = figure
        self._lines: list[Line2D] = []
        self._names: list[str] = []  # of the losses, with their latest values
        self.axes = figure.add_axes((0, 0, 1, 1))
        self.axes.spines[["top", "right"]].set_visible(False)
        self.apply_theme(theme)

    def show(self, run: Run) -> None:
        """Shows the losses of all epochs so far."""
        losses = {name: values for name, values in run.losses.items() if values}
        self._names = [f"{name} {values[-1]:.3g}" for name, values in losses.items()]
        for line in self._lines:
            line.remove()
        # the marker is not cut off, and shows a single epoch, which makes no line
        style = {"linewidth": 1.5, "marker": "o", "markersize": 4, "markevery": [-1], "clip_on": False}
        self._lines = [
            line for values in losses.values() for line in self.axes.plot(range(1, len(values) + 1), values, **style)
        ]
        self._colour_lines()
        self._scale(run)
        self.fit()

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

    def fit(self) -> None:
        """Lays out the axes for the figure's size; the names take as many rows as they need."""
        width, height = self.figure.get_size_inches()
        columns = max(int((width - LEFT) // NAME_WIDTH), 1)
        top = ROW * -(-len(self._names) // columns) + 0.04
        box = LEFT / width, BOTTOM / height, (width - LEFT - RIGHT) / width, (height - BOTTOM - top) / height
        self.axes.set_position((*box[:2], max(box[2], 0.01), max(box[3], 0.01)))
        if legend := self.axes.get_legend():
            legend.remove()
        if self._names:
            style = {"fontsize": 9, "handlelength": 1.0, "labelcolor": self._theme.ink, "frameon": False}
            place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2, "borderpad": 0}
            legend = self.axes.legend(self._lines, self._names, ncols=columns, **style, **place)
            for text in legend.get_texts():
                text.set_parse_math(False)  # a "$" in a name begins no formula

    def apply_theme(self, theme: ThemeName) -> None:
        self._theme = THEMES[theme]
        paint_axes(self.axes, self._theme, self._theme.paper)
        self.axes.grid(True, axis="y", color=self._theme.lines, linewidth=0.8)
        self._colour_lines()
        self.fit()

    def _colour_lines(self) -> None:
        first = self._theme.dots, self._theme.warning, self._theme.good
        for index, line in enumerate(self._lines):
            line.set_color(first[index] if index < len(first) else class_colour(index))
