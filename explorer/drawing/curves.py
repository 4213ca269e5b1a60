"""A few curves in a small plot, such as the PSNR of several methods over their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from explorer.drawing.themes import THEMES, class_colour, paint_axes
from explorer.session.state import ThemeName

LEFT, RIGHT, ROW = 0.54, 0.1, 0.2  # margins in inches; at the top, a row for the names
LETTER, SIGN = 0.075, 0.34  # inches of a letter in a name, and of the line before it
SMALL = 9  # points
FEW = 600  # times the smallest value: beyond that, only the powers of ten are labelled


@dataclass(frozen=True)
class Curve:
    """One line of a plot.

    Attributes:
        name: of the line.
        x, y: of its points, finite, as many of each; a single point is a dot.
        first: whether it is the line in question, which gets the colour of the map's dots; the others are fainter.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    first: bool = False


class CurvePlot:
    """Curves with their names above.

    Args:
        figure: to be filled.
        theme: of the colours.
    """

    bottom = 0.44  # inches below the axes
    grid: Literal["both", "y"] = "both"  # across which axis there are lines

    def __init__(self, figure: Figure, theme: ThemeName) -> None:
        self.figure = figure
        self._curves: Sequence[Curve] = ()
        self.axes = figure.add_axes((0, 0, 1, 1))
        self.axes.spines[["top", "right"]].set_visible(False)
        self.apply_theme(theme)

    def show(self, curves: Sequence[Curve], x_title: str, y_title: str, log_x: bool = False) -> None:
        """Shows these curves.

        Args:
            x_title, y_title: what the axes mean, with their unit.
            log_x: whether the horizontal axis is logarithmic; its values are then above 0.
        """
        self._curves, axes = curves, self.axes
        axes.set_xscale("log" if log_x else "linear")
        axes.set_xlabel(x_title, fontsize=SMALL, labelpad=1)
        axes.set_ylabel(y_title, fontsize=SMALL, labelpad=2)
        xs = [x for curve in curves for x in curve.x]
        few = log_x and max(xs, default=1) > FEW * min(xs, default=1)
        logarithmic = LogLocator(subs=(1,) if few else (1, 2, 5), numticks=8)
        axes.xaxis.set_major_locator(logarithmic if log_x else MaxNLocator(5))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_locator(MaxNLocator(4))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}".replace("-", "−")))
        self._draw()
        axes.relim()
        axes.autoscale()

    def pixel_at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the plot is in the figure, in pixels from its left and upper edge."""
        across, up = self.axes.transData.transform((x, y))
        return float(across), float(self.figure.bbox.height - up)

    def fit(self) -> None:
        """Lays out the axes for the figure's size; the names take as many rows as they need."""
        width, height = self.figure.get_size_inches()
        names = [curve.name for curve in self._curves]
        columns = max(min(int((width - LEFT) / self._name_width(names)), len(names)), 1)
        top = ROW * -(-len(names) // columns) + 0.04
        box = LEFT / width, self.bottom / height, (width - LEFT - RIGHT) / width, (height - self.bottom - top) / height
        self.axes.set_position((*box[:2], max(box[2], 0.01), max(box[3], 0.01)))
        if legend := self.axes.get_legend():
            legend.remove()
        if names:
            style = {"fontsize": SMALL, "handlelength": 1.0, "labelcolor": self._theme.ink, "frameon": False}
            place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2, "borderpad": 0}
            legend = self.axes.legend(self.axes.lines, names, ncols=columns, **style, **place)
            for text in legend.get_texts():
                text.set_parse_math(False)  # a "$" in a name begins no formula

    def apply_theme(self, theme: ThemeName) -> None:
        self._theme = THEMES[theme]
        paint_axes(self.axes, self._theme, self._theme.paper)
        self.axes.grid(True, axis=self.grid, color=self._theme.lines, linewidth=0.8)
        for label in (self.axes.xaxis.label, self.axes.yaxis.label):
            label.set_color(self._theme.faint)
        self._draw()

    def _draw(self) -> None:
        for line in list(self.axes.lines):
            line.remove()
        for number, curve in enumerate(self._curves):
            self.axes.plot(curve.x, curve.y, marker="o", clip_on=False, **self._style_of(number, curve))
        self.fit()

    def _name_width(self, names: Sequence[str]) -> float:
        """The width of a name with its line, in inches."""
        return SIGN + LETTER * max(map(len, names), default=1)

    def _style_of(self, number: int, curve: Curve) -> dict[str, Any]:
        """How the line of a curve is drawn, by its number."""
        colour = self._theme.dots if curve.first else class_colour(3 * number + 1)  # not alike
        return {"color": colour, "markersize": 3, "linewidth": 2.2 if curve.first else 1.3}
