"""The latent map: a Matplotlib figure of the encoded points, for a window or for a file."""

from __future__ import annotations

from itertools import chain

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnchoredOffsetbox
from matplotlib.patches import Rectangle
from matplotlib.transforms import blended_transform_factory

from explorer.analysis import colouring
from explorer.analysis.axes import names as axis_names
from explorer.analysis.backgrounds import Background
from explorer.analysis.fading import STEPS
from explorer.drawing.fonts import text_width
from explorer.drawing.labels import ClassNames
from explorer.drawing.scales import colour_bar, name_list
from explorer.drawing.themes import THEMES, background_colours, class_colour, paint_axes, step_colours
from explorer.session.state import MapState, Place, SharedState, ThemeName
from explorer.spaces import view

LAYERS = 3  # each group of points is drawn in so many parts, by turns, so that none hides behind the last
MOST_LINES = 150  # then in fewer parts: each takes 0.05 ms to draw, however few points it has
TINT = 0.1  # how far the colour of a background's least value is from the canvas, which shows where there is none
TRAIN_AND_TEST = (8, 3)  # the classes whose colours they have
MANY = 20_000  # points; fewer are drawn larger
SMALLEST, LARGEST = 1.0, 5.0  # diameters of dots in points
FAINT = (0.2, 0.5, 1.0)  # opacity of points at each step of `explorer.analysis.fading`
VEIL = 0.82  # how much of what is not selected is covered
BELOW_POINTS, ABOVE_POINTS = 1.8, 2.2  # Matplotlib gives lines 2 and texts 3
POINTS = {"marker": "o", "linestyle": "none", "markeredgewidth": 0}
AREA = (0.62, 0.5, 0.15, 0.15)  # left, bottom, right, top margins in inches
AXIS_NAME = AXIS_NUMBER = 9  # sizes of text in points
NAME_BESIDE, NUMBERS_BESIDE = 0.42, 0.35  # inches: from the vertical axis to its name, and room for its numbers
NAME_BELOW = (3.5 + AXIS_NUMBER + 4) / 72  # inches: from the horizontal axis to its name; where Matplotlib puts it
Box = tuple[float, float, float, float]


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
        colouring: which points have the same colour.
        background: what is painted behind them, or None.
        nearness: how near the map's plane each point is, see `explorer.analysis.fading`; None if no point fades.
        names: of the classes, on the map.
        has_colour_bar: whether a colour bar says what numbers the dots' colours stand for.
    """

    has_colour_bar = True

    def __init__(self, figure: Figure, state: MapState, shared: SharedState, area=AREA) -> None:
        self.figure = figure
        self.state = state
        self.shared = shared
        self._area = area
        self.axes = figure.add_axes((0, 0, 1, 1))
        self.axes.set_axisbelow(True)
        self.axes.tick_params(bottom=False, left=False)  # of length 0, yet they would take time
        self.axes.ticklabel_format(scilimits=(-3, 3))  # longer numbers would not fit
        for axis in (self.axes.xaxis, self.axes.yaxis):
            axis.get_offset_text().set_fontsize(9)
        self._lines: list[list[Line2D]] = []  # of each group, the rest last
        self._selected: list[Line2D] = []
        veil = {"transform": self.axes.transAxes, "alpha": VEIL, "linewidth": 0, "zorder": ABOVE_POINTS}
        self._veil = self.axes.add_patch(Rectangle((0, 0), 1, 1, **veil))
        self._square = self.axes.add_patch(Rectangle((0, 0), 1, 1, fill=False, linewidth=1.2, zorder=BELOW_POINTS))
        self._order: list[int] = []  # of groups that these lines are for, see `turns`
        self.background: Background | None = None
        self.nearness: np.ndarray | None = None
        self._painted: AxesImage | None = None
        self._scales: list[AnchoredOffsetbox] = []  # of the points, of the background
        self.names = ClassNames(self.axes)
        self._names_taken = False  # whether a person names the classes, so that their names are not shown
        self.names.apply_theme(THEMES[shared.theme])
        self.box = (0.0, 0.0, 1.0, 1.0)
        self.show_space()
        self.apply_theme()

    def show_space(self) -> None:
        """Takes on the state's space, coloured by class: the same lines with other points, or others where it has
        other classes. Nothing is painted behind them. The prior's quantiles reach as far as a square does."""
        self._square.set_visible(self.state.space.coordinates != "plain")
        if self.nearness is not None and len(self.nearness) != len(self.state.space.codes):
            self.nearness = None
        self.names.show_space(self.state.space)
        self.show_colouring(colouring.by_class(self.state.space))
        self.show_background(None)
        self.fit()

    def show_colouring(self, groups: colouring.Groups) -> None:
        """Colours the points by these groups of them."""
        self.colouring = groups
        self._members = all_groups(groups)
        order = turns(groups, self.nearness is not None)
        if self._order != order:
            self._order = order
            self._make_lines()
        self.show_selection()
        self._style_markers()
        self._show_scales()
        if self._names_taken != (groups.name == colouring.NAMED):
            self._names_taken = not self._names_taken
            self._place_names()

    @property
    def faint(self) -> tuple[float, ...]:
        """How opaque points are by their distance to the map's plane, the farthest first; empty if none fades."""
        return () if self.nearness is None else FAINT

    def show_nearness(self, steps: np.ndarray | None) -> None:
        """Fades the points by these steps, (n,), or none of them. The nearest ones are drawn last."""
        if steps is not self.nearness:
            self.nearness = steps
            self.show_colouring(self.colouring)

    def show_background(self, background: Background | None) -> None:
        """Paints this behind the points in the theme's colours, or nothing."""
        self.background = background
        if self._painted is not None:
            self._painted.remove()
            self._painted = None
        if background is not None:
            a0, a1, b0, b1 = background.extent
            ny, nx = background.values.shape
            da, db = (a1 - a0) / (nx - 1) / 2, (b1 - b0) / (ny - 1) / 2  # nodes are in the middle of what is painted
            around = a0 - da, a1 + da, b0 - db, b1 + db
            low, high = background.limits
            known = np.isfinite(background.values)
            values = np.clip(np.where(known, background.values, low), low, high)
            shares = TINT + (1 - TINT) * colouring.shares(values, low, high, background.logarithmic)
            colours = ListedColormap(background_colours(self.shared.theme, 256))
            style = {"origin": "lower", "interpolation": "bilinear", "zorder": 0}
            self._painted = AxesImage(self.axes, cmap=colours, extent=around, **style)
            self._painted.set_data(np.where(known, shares, 0.0).astype(np.float32))  # the canvas where there is none
            self._painted.set_clim(0, 1)
            self.axes.add_artist(self._painted)
        self._show_scales()

    def _show_scales(self) -> None:
        """Says in the corners what the colours stand for, unless they are those of the classes, which have a legend
        of their own."""
        for scale in self._scales:
            scale.remove()
        self._scales.clear()
        theme, groups, background = THEMES[self.shared.theme], self.colouring, self.background
        if "points" in self.shared.layers and groups.limits is not None and self.has_colour_bar:
            colours = step_colours(self.shared.theme, len(groups.members))
            self._scales.append(colour_bar(self.axes, "upper right", theme, groups, colours))
        elif "points" in self.shared.layers and groups.limits is None and groups.name not in ("class", colouring.NAMED):
            names = (*groups.categories, groups.rest_title) if len(groups.rest) else groups.categories
            colours = colours_of(groups, self.shared.theme)
            self._scales.append(name_list(self.axes, "upper right", theme, groups.title, colours, names))
        if background is not None:
            colours = background_colours(self.shared.theme, 64)[round(TINT * 64) :]
            self._scales.append(colour_bar(self.axes, "lower right", theme, background, colours))

    def _make_lines(self) -> None:
        for line in chain(*self._lines):
            line.remove()
        self._lines = [[] for _ in self._members]
        for group in self._order:
            # what `plot` does, less finding limits that the state gives
            self._lines[group].append(self.axes.add_artist(Line2D([], [], **POINTS)))

    @property
    def groups(self) -> list[tuple[str, np.ndarray]]:
        """Colour, #rrggbb, and points, (m,) intp, of each group; points of hidden classes are left out."""
        shown = self.shared.shown(self.state.space.labels)
        return [
            (colour, members if shown is None else members[shown[members]])
            for colour, members in zip(colours_of(self.colouring, self.shared.theme), self._members, strict=True)
        ]

    def show_selection(self) -> None:
        """Gives the lines the points of the shown classes, in the colours of now. Where some are selected, veils the
        others, and stamps those above the veil."""
        places, groups, selection = self.state.space.places, self.groups, self.shared.selection
        chosen = np.isin(self.state.space.rows, selection) if len(selection) else None
        has_points = "points" in self.shared.layers
        for (colour, members), lines in zip(groups, self._lines, strict=True):
            others = members if chosen is None else members[~chosen[members]]
            steps = None if self.nearness is None else np.minimum(self.nearness[others], len(lines) - 1)
            for layer, line in enumerate(lines):
                line.set(color=colour, visible=has_points)
                line.set_data(*places[others[layer :: len(lines)] if steps is None else others[steps == layer]].T)
        for line in self._selected:
            line.remove()
        self._selected = []
        self._veil.set_visible(has_points and chosen is not None)
        if has_points and chosen is not None:
            self._stamp([(colour, places[members[chosen[members]]]) for colour, members in groups])

    def _stamp(self, groups: list[tuple[str, np.ndarray]]) -> None:
        """Stamps places, (m, 2), in colours; groups take turns."""
        style = POINTS | {"markersize": self._lines[0][0].get_markersize(), "zorder": ABOVE_POINTS + 0.1}
        parts = _parts(len(groups))
        for part in range(parts):
            for colour, places in groups:
                if len(places) > part:
                    self._selected.append(self.axes.add_artist(Line2D(*places[part::parts].T, color=colour, **style)))

    def fit(self) -> None:
        """Takes on the figure's size and the state's limits: margins in inches, equal aspect."""
        self.box = put_axes(self.axes, self._area)
        a0, a1, b0, b1 = self.limits = view.fitted(self.state.limits, self.box[2] / self.box[3])
        self.axes.set_xlim(a0, a1)
        self.axes.set_ylim(b0, b1)
        self._style_markers()
        self._name_axes()
        self._place_names()

    def _name_axes(self) -> None:
        """Names the axes, shortly where they are short. The numbers beside the vertical axis are as large as there is
        room for between the axis and its name, which has a fixed place."""
        axes, (_, _, width, height) = self.axes, self.box
        for axis, names, room in zip(
            (axes.xaxis, axes.yaxis), axis_names(self.state.space), (width, height), strict=True
        ):
            points = room / self.figure.dpi * 72
            axis.set_label_text(next((name for name in names if text_width(name, AXIS_NAME) <= points), names[-1]))
        left, bottom, *_ = self._area
        # Fixed places, so that Matplotlib does not measure all numbers to find some
        inches = self.figure.dpi_scale_trans
        axes.xaxis.set_label_coords(0.5, bottom - NAME_BELOW, blended_transform_factory(axes.transAxes, inches))
        axes.yaxis.set_label_coords(left - NAME_BESIDE, 0.5, blended_transform_factory(inches, axes.transAxes))
        numbers = axes.yaxis.get_major_formatter().format_ticks(axes.yaxis.get_majorticklocs())
        widest = max((text_width(number, AXIS_NUMBER) for number in numbers), default=0.0)
        size = AXIS_NUMBER * min(1.0, NUMBERS_BESIDE * 72 / max(widest, 1.0))
        axes.yaxis.set_tick_params(labelsize=size)

    def _place_names(self) -> None:
        size = self.box[2] / self.figure.dpi * 72, self.box[3] / self.figure.dpi * 72
        everything = frozenset(range(len(self.state.space.class_names)))
        shown = "labels" in self.shared.layers and not self._names_taken
        self.names.place(self.limits, size, self.shared.hidden if shown else everything)

    def show_layers(self) -> None:
        """Shows points and names, or hides them."""
        self.show_selection()
        self._show_scales()
        self._place_names()

    def _style_markers(self) -> None:
        inches = min(self.box[2:]) / self.figure.dpi
        size, alpha = marker_style(inches, self.state, len(self.state.space.places), self.colouring)
        for lines in self._lines:
            for layer, line in enumerate(lines):
                line.set_markersize(size)
                fades = self.nearness is not None and len(lines) == STEPS
                line.set_alpha((alpha or 1.0) * FAINT[layer] if fades else alpha)
        for line in self._selected:
            line.set_markersize(size)

    def show_classes(self) -> None:
        """Shows the points of the classes that are not hidden."""
        self.show_selection()
        self._place_names()

    def apply_theme(self) -> None:
        theme = THEMES[self.shared.theme]
        paint_axes(self.axes, theme, theme.canvas)
        self._veil.set_facecolor(theme.canvas)
        self._square.set_edgecolor(theme.faint)
        self.show_selection()
        self.names.apply_theme(theme)
        self.show_background(self.background)
        self.axes.grid(True, color=theme.lines, linewidth=0.8)
        for label in (self.axes.xaxis.label, self.axes.yaxis.label):
            label.set(color=theme.faint, fontsize=AXIS_NAME)
        self._name_axes()

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


def put_axes(axes: Axes, area: Box) -> Box:
    """Puts the axes within margins, in inches, of their figure. Returns them in figure pixels from the top left: x, y,
    width, height."""
    width, height = axes.figure.get_size_inches()
    left, bottom, right, top = area
    w, h = max(width - left - right, 0.1), max(height - bottom - top, 0.1)
    axes.set_position((left / width, bottom / height, w / width, h / height))
    return tuple(inches * axes.figure.dpi for inches in (left, top, w, h))


def all_groups(groups: colouring.Groups) -> list[np.ndarray]:
    """The points of each group, (m,) intp, the rest last where there is one."""
    return [*groups.members, groups.rest] if len(groups.rest) else list(groups.members)


def turns(groups: colouring.Groups, faded: bool = False) -> list[int]:
    """The order of drawing. Groups take turns, part by part; the rest is drawn first, below them.

    Args:
        faded: whether the parts of a group are its points at ever smaller distances from the map's plane.
    """
    count = len(groups.members)
    parts = STEPS if faded and count <= MOST_LINES else _parts(count)
    return [*([count] if len(groups.rest) else []), *parts * [*range(count)]]


def _parts(groups: int) -> int:
    """In how many parts each of so many groups is drawn."""
    return min(max(MOST_LINES // max(groups, 1), 1), LAYERS)


def colours_of(groups: colouring.Groups, theme_name: ThemeName) -> list[str]:
    """The colour, #rrggbb, of each group, that of the rest last where there is one."""
    theme = THEMES[theme_name]
    if groups.limits is not None:
        colours = step_colours(theme_name, len(groups.members))
    elif groups.name == "split":
        colours = [class_colour(index) for index in TRAIN_AND_TEST]
    elif groups.categories or not groups.members:
        colours = [class_colour(index) for index in range(len(groups.members))]
    else:
        colours = [theme.dots]
    return [*colours, theme.faint] if len(groups.rest) else colours


def marker_style(inches: float, state: MapState, points: int, groups: colouring.Groups) -> tuple[float, float | None]:
    """Size, in points, and alpha of the markers. Larger windows, deeper zooms and fewer points get larger ones, up to a
    limit. Without classes, points are the more transparent the closer they lie: else many would look like more.

    Args:
        inches: the shorter side of the axes.
        state: of the map, for how deep it is zoomed.
        points: how many there are.
        groups: of the points by their colours.
    """
    a0, a1, *_ = state.limits
    depth = (state.home[1] - state.home[0]) / (a1 - a0)
    scarcity = MANY / points
    size = float(np.clip(0.28 * inches * (max(depth, 0.25) * max(scarcity, 1.0)) ** 0.25, SMALLEST, LARGEST))
    alike = groups.name == "class" and not groups.categories
    return size, min(0.5 * max(depth, 1.0) * scarcity**0.5, 1.0) if alike else None
