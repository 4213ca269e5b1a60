"""The latent map: a Matplotlib figure of the encoded points, for a window or for a file."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from explorer import view
from explorer.drawing.themes import THEMES, class_colour
from explorer.files import LatentSpace
from explorer.state import MapState, Place, SharedState

LAYERS = 3  # each class is drawn in so many parts, by turns, so that none hides behind the last
MOST_LINES = 150  # then in fewer parts: each takes 0.05 ms to draw, however few points it has
MANY = 20_000  # points; fewer are drawn larger


class LatentMap:
    """Points and axes of one map; follows its state when told to.

    Points are stamped: `plot` with a marker draws 70,000 of them in 30 ms, `scatter` in 1,200.

    Args:
        figure: to be filled; the map uses all of it, or `area`.
        state: of this map.
        shared: of all maps.
        area: left, bottom, right, top margins in inches.

    Attributes:
        limits: what is to be seen, (a0, a1, b0, b1) in latent units: the state's limits and what else fits.
        box: the axes in figure pixels from the top left: x, y, width, height.
    """

    def __init__(self, figure: Figure, state: MapState, shared: SharedState, area=(0.62, 0.5, 0.15, 0.15)) -> None:
        self.figure = figure
        self.state = state
        self.shared = shared
        self._area = area
        self.axes = figure.add_axes((0, 0, 1, 1))
        self.axes.set_xlabel("latent a")
        self.axes.set_ylabel("latent b")
        self.axes.set_axisbelow(True)
        self.axes.ticklabel_format(scilimits=(-3, 3))  # longer numbers would not fit
        for axis in (self.axes.xaxis, self.axes.yaxis):
            axis.get_offset_text().set_fontsize(9)
        self._points: dict[int, list[Line2D]] = {}  # the lines of each class; without classes, of all points
        self._classes: int | None = None
        self.show_space()
        self.apply_theme()

    def show_space(self) -> None:
        """Takes on the state's space: the same lines with other points, or others where it has other classes."""
        space = self.state.space
        if len(space.class_names) != self._classes:
            self._make_lines(len(space.class_names))
        for label, places in enumerate(_members(space)):
            for layer, line in enumerate(self._points[label]):
                line.set_data(*places[layer :: len(self._points[label])].T)
        self.fit()
        self.show_classes()

    def _make_lines(self, classes: int) -> None:
        for lines in self._points.values():
            for line in lines:
                line.remove()
        self._classes = classes
        self._points = {label: [] for label in range(max(classes, 1))}
        for _ in range(min(max(MOST_LINES // len(self._points), 1), LAYERS)):
            for label, lines in self._points.items():
                colour = class_colour(label) if classes else THEMES[self.shared.theme].dots
                style = {"marker": "o", "linestyle": "none", "markeredgewidth": 0, "color": colour}
                lines.append(Line2D([], [], **style))
                self.axes.add_artist(lines[-1])  # what `plot` does, less finding limits that the state gives

    def fit(self) -> None:
        """Takes on the figure's size and the state's limits: margins in inches, equal aspect."""
        width, height = self.figure.get_size_inches()
        left, bottom, right, top = self._area
        w, h = max(width - left - right, 0.1), max(height - bottom - top, 0.1)
        self.axes.set_position((left / width, bottom / height, w / width, h / height))
        a0, a1, b0, b1 = self.limits = view.fitted(self.state.limits, w / h)
        self.axes.set_xlim(a0, a1)
        self.axes.set_ylim(b0, b1)
        self.box = tuple(inches * self.figure.dpi for inches in (left, top, w, h))
        self._style_markers(min(w, h))

    def _style_markers(self, inches: float) -> None:
        """Larger windows, deeper zooms and fewer points get larger ones, up to a limit.

        Without classes, points are the more transparent the closer they lie: else many would look like more.
        """
        a0, a1, *_ = self.state.limits
        depth = (self.state.home[1] - self.state.home[0]) / (a1 - a0)
        scarcity = MANY / len(self.state.space.places)
        size = float(np.clip(0.28 * inches * (max(depth, 0.25) * max(scarcity, 1.0)) ** 0.25, 1.0, 5.0))  # in points
        alpha = None if self.state.space.class_names else min(0.5 * max(depth, 1.0) * scarcity**0.5, 1.0)
        for lines in self._points.values():
            for line in lines:
                line.set_markersize(size)
                line.set_alpha(alpha)

    def show_classes(self) -> None:
        """Shows the classes that are not hidden."""
        for label, lines in self._points.items():
            for line in lines:
                line.set_visible(label not in self.shared.hidden)

    def apply_theme(self) -> None:
        theme = THEMES[self.shared.theme]
        self.figure.set_facecolor(theme.paper)
        self.axes.set_facecolor(theme.canvas)
        if not self.state.space.class_names:
            for line in self._points[0]:
                line.set_color(theme.dots)
        self.axes.grid(True, color=theme.lines, linewidth=0.8)
        self.axes.tick_params(colors=theme.faint, labelsize=9, length=0)
        for label in (self.axes.xaxis.label, self.axes.yaxis.label):
            label.set(color=theme.faint, fontsize=9)
        for spine in self.axes.spines.values():
            spine.set_color(theme.lines)

    def place_at(self, x: float, y: float) -> Place:
        """The place at a figure pixel from the top left, also beyond the axes."""
        left, top, width, height = self.box
        a0, a1, b0, b1 = self.limits
        return a0 + (x - left) / width * (a1 - a0), b1 - (y - top) / height * (b1 - b0)

    def pixel_at(self, place: Place) -> tuple[float, float]:
        """The figure pixel, from the top left, of a place; the inverse of `place_at`."""
        left, top, width, height = self.box
        a0, a1, b0, b1 = self.limits
        return left + (place[0] - a0) / (a1 - a0) * width, top + (b1 - place[1]) / (b1 - b0) * height


def _members(space: LatentSpace) -> list[np.ndarray]:
    """The places of each class, (n, 2) float32; without classes, all points are those of one."""
    order = np.argsort(space.labels, kind="stable")
    bounds = np.searchsorted(space.labels[order], range(1, max(len(space.class_names), 1)))
    return np.split(space.places[order], bounds)
