"""A figure for a file with the layout of the window: legend and status at the bottom, maps and pictures above."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, IdentityTransform

from explorer.analysis import colouring
from explorer.analysis.backgrounds import BACKGROUNDS
from explorer.analysis.fading import NEARNESS
from explorer.analysis.probe import shortened
from explorer.drawing.fonts import drawable, fonts_for
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.themes import THEMES, class_colour
from explorer.session.open_map import OpenMap
from explorer.session.state import SharedState
from explorer.spaces.latent_space import LatentSpace

DPI = 100
RING, ARM = 6, 22  # points, of the cursor
# In units: pixels of a file of 1280 × 800.
BELOW = 90  # the map
TOP = 55  # where the map and the picture begin
EDGE = 24
ROW = 24  # of the legend
FIRST_DOT = 30
AFTER_DOT, AFTER_NAME = 11, 24
BASELINE = 5  # below the middle of a row
LONGEST_NAME = 200
MOST_ROWS = 4
Entry = tuple[float, int | None, str]  # of the legend: place of its dot, index of its class, text


class Page:
    """A figure with the legend and the status at its bottom.

    Everything except the pictures is laid out in units, pixels at 1280 × 800, from the top left, and grows with the
    file.

    Args:
        size: width and height in pixels.
        space: whose classes the legend names.
        titles: of the maps.
        status: the text right of the legend.

    Attributes:
        unit: in pixels.
        width, height: in units.
        below: height of the legend, in units.
    """

    def __init__(
        self, size: tuple[int, int], shared: SharedState, space: LatentSpace, titles: tuple[str, ...], status: str
    ) -> None:
        self.size, self.shared, self.theme = size, shared, THEMES[shared.theme]
        self.unit = min(size[0] / 1280, size[1] / 800)
        self.width, self.height = size[0] / self.unit, size[1] / self.unit
        self.figure = Figure((self.width / DPI, self.height / DPI), dpi=DPI * self.unit)
        self.canvas = FigureCanvasAgg(self.figure)
        self._units = Affine2D().scale(self.unit, -self.unit).translate(0, size[1])
        families, self._missing = fonts_for("".join((*titles, space.data_title, *space.class_names)))
        self._style = {"va": "top", "family": families, "parse_math": False, "transform": self._units}
        status = self.short(status, self.width - 2 * EDGE, 10)
        beside = self.width - EDGE - self.text_width(status, 10) - 20
        rows = self._legend(space.class_names, self.width - EDGE, beside)
        self.below = BELOW + ROW * (len(rows) - 1)
        y = self.height - 22 - ROW * (len(rows) - 1)
        for entries in rows:
            for x, index, text in entries:
                if index is not None:
                    self.dot(x, y, index, filled=index not in shared.hidden)
                ink = self.theme.faint if index is None else self.theme.ink
                self.write(x + AFTER_DOT, y + BASELINE, text, 10, ink, va="baseline")
            y += ROW
        style = {"va": "baseline", "ha": "right"}
        self.write(self.width - EDGE, self.height - 22 + BASELINE, status, 10, self.theme.faint, **style)

    def dot(self, x: float, y: float, label: int, filled: bool = True) -> None:
        """A dot in the colour of a class, or a ring."""
        colour = class_colour(label)
        style = {"color": colour, "markerfacecolor": colour if filled else "none", "transform": self._units}
        self.figure.add_artist(Line2D([x], [y], marker="o", markersize=8, **style))

    def put(self, levels: np.ndarray, left: int, top: int) -> None:
        """An image, (height, width, 3) uint8, whose corner lies at a pixel from the top left."""
        self.figure.figimage(levels[::-1], left, self.size[1] - top - len(levels), origin="lower")

    def write(self, x: float, y: float, text: str, size: float, colour: str, **style: Any) -> Text:
        """Text, its top left corner at x, y unless `style` says otherwise; a letter without a font becomes a box."""
        style = self._style | style
        return self.figure.text(x, y, drawable(text, self._missing), fontsize=size, color=colour, **style)

    def text_width(self, text: str, size: float, **style: Any) -> float:
        """The width of a text, in units."""
        written = self.write(0, 0, text, size, "k", **style)
        pixels = written.get_window_extent(self.canvas.get_renderer()).width
        written.remove()
        return pixels / self.unit

    def short(self, text: str, room: float, size: float, **style: Any) -> str:
        """The text, shortened with an ellipsis if it is wider than `room`."""
        return shortened(text, room, lambda part: self.text_width(part, size, **style))

    def draw_map(self, shown: OpenMap, left: float, right: float, below: float | None = None) -> LatentMap:
        """A map and its cursor, with margins of so many units on its left and right, and below it instead of the usual
        one."""
        area = tuple(margin / DPI for margin in (left, below or self.below, right, TOP))
        state, results = shown.state, shown.probe.results
        latent_map = LatentMap(self.figure, state, self.shared, area=area)
        latent_map.show_colouring(colouring.groups(state.space, self.shared.colouring, results))
        latent_map.show_background(results.get(BACKGROUNDS.get(state.background)))
        latent_map.show_nearness(results.get(NEARNESS))
        if not state.astray:
            _draw_crosshair(latent_map, self.theme.crosshair)
        return latent_map

    def _legend(self, names: tuple[str, ...], room: float, beside: float) -> list[list[Entry]]:
        """The legend, row by row; see `Entry`.

        Entries that do not fit into `MOST_ROWS` are counted in a last entry without an index. The status is at the end
        of the last row, which has no entries if there is not enough room for both.

        Args:
            room: the end of a row.
            beside: the end of a row with the status in it.
        """
        rows: list[list[Entry]] = [[]]
        x = FIRST_DOT
        for index, name in enumerate(names):
            text = self.short(name, LONGEST_NAME, 10)
            end = x + AFTER_DOT + self.text_width(text, 10) + AFTER_NAME
            if end > room and rows[-1] and len(rows) == MOST_ROWS:
                left = len(names) - index
                while x + self.text_width(f"and {left} more", 10) > room and rows[-1]:
                    x, left = rows[-1].pop()[0], left + 1
                rows[-1].append((x - AFTER_DOT, None, f"and {left} more"))
                break
            if end > room and rows[-1]:
                rows.append([])
                x, end = FIRST_DOT, end - x + FIRST_DOT
            rows[-1].append((x, index, text))
            x = end
        if rows[0] and (len(rows) > 1 or x > beside):
            rows.append([])
        return rows


def _draw_crosshair(latent_map: LatentMap, colour: str) -> None:
    x, y = latent_map.pixel_at(latent_map.state.cursor)
    left, top, width, height = latent_map.box
    if not (left <= x <= left + width and top <= y <= top + height):
        return
    figure = latent_map.figure
    y, point = figure.bbox.height - y, figure.dpi / 72
    style = {"color": colour, "transform": IdentityTransform()}
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        lengths = np.array([RING, ARM]) * point
        figure.add_artist(Line2D(x + lengths * dx, y + lengths * dy, linewidth=1.5, **style))
    ring = {"marker": "o", "markersize": 2 * RING, "markerfacecolor": "none", "markeredgewidth": 1.5}
    figure.add_artist(Line2D([x], [y], **ring, **style))
