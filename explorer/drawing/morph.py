"""The morph: the points of two maps on their ways from one to the other, fast enough to be watched."""

from __future__ import annotations

import functools
import math

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke

from explorer.analysis import colouring
from explorer.drawing.fonts import drawable, fonts_for, truncated
from explorer.drawing.labels import LONGEST, OUTLINE
from explorer.drawing.labels import SIZE as NAME_SIZE
from explorer.drawing.latent_map import AREA, LARGEST, Box, all_groups, colours_of, marker_style, put_axes, turns
from explorer.drawing.stamps import Ground
from explorer.drawing.themes import THEMES, paint_axes
from explorer.session.state import MapState, Place, SharedState
from explorer.spaces import view

MOST = 100_000  # points: each takes 0.15 µs, and a frame of 1/30 s is to leave room for a slower machine
SEED = 0  # of the sample
NEAR = 12  # pixels, at scale 1, from the mouse to the dot that it means
MOST_NAMES = 24  # classes; more names would hide the dots
CAPTION_SIZE = 10  # points
INSET = 8  # pixels, at scale 1, between the axes and a caption
CAPITAL = 0.36  # half of a capital's height, as a share of the font's size


class MorphMap:
    """Points on straight ways from their places on one map to those on another; follows both states when told to.

    The axes are drawn when they have changed, and kept as pixels. A frame paints the dots over these, as large and
    opaque as on the maps; letters are pixels by then, too.

    Args:
        figure: to be filled, on a canvas of Matplotlib's Agg.
        first, second: the maps' states, both with spaces of the same images.
        shared: of all maps.
        groups: of the first space's points by their colours.
        most: so many points are drawn at most.
        area: left, bottom, right, top margins in inches, those of the maps.
        scale: of lengths in pixels.

    Attributes:
        share: of the way, 0..1: 0 is exactly the first map as it is seen now, 1 exactly the second. `draw` draws the
            points there once it is set.
        rows: the data rows of the points that are drawn, (m,) integers, ascending.
        total: how many rows both spaces have whose classes are not hidden.
        box: the axes in figure pixels from the top left: x, y, width, height.
        limits: of the places in the axes, which are shares of width and height from the bottom left.
    """

    limits: view.Limits = (0.0, 1.0, 0.0, 1.0)

    def __init__(
        self,
        figure: Figure,
        first: MapState,
        second: MapState,
        shared: SharedState,
        groups: colouring.Groups,
        *,
        most: int = MOST,
        area: Box = AREA,
        scale: float = 1.0,
    ) -> None:
        self.figure, self.states, self.shared, self.groups = figure, (first, second), shared, groups
        self.share = 0.0
        self._most, self._area = most, area
        self._near, self._inset = NEAR * scale, INSET * scale
        self.axes = figure.add_axes((0, 0, 1, 1))
        self.axes.set(xticks=[], yticks=[])
        self.axes.grid(False)
        self._drawn = None  # the axes as pixels; None where they are to be drawn anew
        self.show_coordinates()
        self.fit()
        self.apply_theme()
        figure.canvas.mpl_connect("draw_event", self._on_drawn)

    # ---- what is shown ---------------------------------------------------------------------------

    def show_coordinates(self) -> None:
        """Takes on the states' spaces, as they are seen now. Those must have the points that they had before."""
        self._spaces = first, second = tuple(state.space for state in self.states)
        self._common, *points = np.intersect1d(first.rows, second.rows, return_indices=True)
        self._points_of_common = np.stack(points)
        self._turn = np.random.default_rng(SEED).permutation(len(self._common))  # the order in which rows are taken
        labels = first.labels[self._points_of_common[0]]
        classes = np.unique(labels) if 0 < len(first.class_names) <= MOST_NAMES else ()
        self._middles = {  # of the classes that have points, on either map
            int(index): [
                np.median(space.places[points[labels == index]], axis=0)
                for space, points in zip(self._spaces, self._points_of_common, strict=True)
            ]
            for index in classes
        }
        self.box = put_axes(self.axes, self._area)
        self.show_rows()

    def show_rows(self) -> None:
        """Chooses the points: of hidden classes none, of too many a sample, always the same one. Pinned images are
        always among them; the selected ones come before others, up to half of all."""
        shown = self.shared.shown(self._spaces[0].labels[self._points_of_common[0]])
        kept = np.arange(len(self._common)) if shown is None else np.flatnonzero(shown)
        self.total = len(kept)
        if len(kept) > self._most:
            turn = self._turn[kept]
            selected = np.flatnonzero(np.isin(self._common[kept], self.shared.selection))
            turn[selected[np.argsort(turn[selected])][: self._most // 2]] -= len(self._turn)
            turn[np.isin(self._common[kept], self.shared.pins)] -= 2 * len(self._turn)
            kept = np.sort(kept[np.argpartition(turn, self._most)[: self._most]])
        self.rows = self._common[kept]
        self._points = self._points_of_common[:, kept]
        self.show_views()
        self._arrange()

    def show_views(self) -> None:
        """Takes on the parts of the two maps that are seen."""
        aspect = self.box[2] / self.box[3]
        self._limits = [view.fitted(state.limits, aspect) for state in self.states]
        places = [self._place(end, self._spaces[end].places[self._points[end]]) for end in (0, 1)]
        self._ends = [np.asfortranarray(each) for each in places]  # sums with a pair are then three times as fast

    def show_colouring(self, groups: colouring.Groups) -> None:
        """Colours the points by these groups of the first space's points."""
        self.groups = groups
        self._arrange()

    def fit(self) -> None:
        """Takes on the figure's size."""
        self.box = put_axes(self.axes, self._area)
        self.show_views()
        self._drawn = None

    def apply_theme(self) -> None:
        theme = THEMES[self.shared.theme]
        paint_axes(self.axes, theme, theme.canvas)
        self._arrange()
        self._drawn = None

    def _arrange(self) -> None:
        """Puts the points in the order in which they are stamped, in parts of one colour each, as on the maps. Where
        some are selected, the others have lost their colours and lie below."""
        group, part = self._grouped()
        colours = colours_of(self.groups, self.shared.theme)
        selected = np.isin(self.rows, self.shared.selection)
        if selected.any():
            colours = [THEMES[self.shared.theme].lines, *colours]
            part = np.where(selected, part + 1, 0)
            group = [0, *(index + 1 for index in group)]
        self._order = np.argsort(part, kind="stable")
        self._bounds = np.searchsorted(part[self._order], np.arange(len(group) + 1))
        self._colours = [colours[index] for index in group]

    def _grouped(self) -> tuple[list[int], np.ndarray]:
        """The group that each part is of, and the part of each point, (m,) integers."""
        group = turns(self.groups)
        part_of = np.zeros(len(self._spaces[0].places), np.intp)
        for index, points in enumerate(all_groups(self.groups)):
            parts = [part for part, its in enumerate(group) if its == index]
            part_of[points] = np.resize(parts, len(points))  # repeats the parts until every point has one
        return group, part_of[self._points[0]]

    # ---- where it is -----------------------------------------------------------------------------

    def pixels(self, share: float | None = None) -> np.ndarray:
        """The figure pixels of all rows at a share of the way, that of now by default, (m, 2) float64 from the top
        left."""
        return self._pixels(self._on_way(*self._ends, self.share if share is None else share))

    def pixel_at(self, place: Place) -> tuple[float, float]:
        """The figure pixel, from the top left, of a place in the axes."""
        x, y = self._pixels(np.array([place], np.float64))[0].tolist()
        return x, y

    def place_of(self, row: int) -> Place | None:
        """The place in the axes, as it is now, of a data row, also of a hidden class or beside the sample; None where
        one of the spaces lacks it."""
        points = [space.index_of(row) for space in self._spaces]
        if None in points:
            return None
        ends = [self._place(end, self._spaces[end].places[point]) for end, point in enumerate(points)]
        a, b = self._on_way(*ends, self.share).tolist()
        return a, b

    def nearest(self, x: float, y: float) -> int | None:
        """The data row whose dot in the axes is nearest to a figure pixel; None where none is within `NEAR` pixels."""
        at = self.pixels()
        left, top, width, height = self.box
        distances = np.hypot(at[:, 0] - x, at[:, 1] - y)
        distances[~view.inside(at, (left, left + width, top, top + height))] = np.inf
        if not len(at) or distances.min() > self._near:
            return None
        return int(self.rows[distances.argmin()])

    def _on_way(self, start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
        """Places in the axes, (..., 2), at a share of the ways between two of `_place`."""
        return _between(start, end, share)

    def _place(self, end: int, places: np.ndarray) -> np.ndarray:
        """Places on one of the maps, (..., 2), as places in the axes, (..., 2) float64."""
        a0, a1, b0, b1 = self._limits[end]
        return (np.asarray(places, np.float64) - (a0, b0)) / (a1 - a0, b1 - b0)

    def _pixels(self, places: np.ndarray) -> np.ndarray:
        """Places in the axes, (n, 2), as figure pixels from the top left, (n, 2) float64."""
        left, top, width, height = self.box
        return places * (width, -height) + (left, top + height)

    # ---- drawing ---------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draws everything as it is now into the pixels of the figure's canvas."""
        canvas = self.figure.canvas
        if self._drawn is None:
            canvas.draw()  # which leads to `_on_drawn`
        else:
            canvas.restore_region(self._drawn)
            self._stamp(canvas.get_renderer())

    def _on_drawn(self, event) -> None:
        """Keeps the axes that Matplotlib has just drawn, and stamps the rest over them."""
        self._drawn = event.canvas.copy_from_bbox(self.figure.bbox)
        left, top, width, height = self.box
        frame = max(round(event.renderer.points_to_pixels(self.axes.spines["left"].get_linewidth()) / 2), 1)
        self._corner = x, y = round(left) + frame, round(top) + frame  # the frame lies above the dots, as on the maps
        inside = slice(y, round(top + height) - frame), slice(x, round(left + width) - frame)
        reach = math.ceil(event.renderer.points_to_pixels(LARGEST) / 2) + 1
        self._ground = Ground(np.asarray(event.renderer.buffer_rgba())[inside], reach)
        self._stamp(event.renderer)

    def _stamp(self, renderer: RendererAgg) -> None:
        gc = renderer.new_gc()
        gc.set_clip_rectangle(self.axes.bbox)
        self._stamp_dots(renderer)
        if "labels" in self.shared.layers:
            self._stamp_names(renderer, gc)
        self._stamp_captions(renderer, gc)
        gc.restore()

    def _stamp_dots(self, renderer: RendererAgg) -> None:
        size, alpha = self._marker_style()
        at = self.pixels()[self._order] - self._corner
        colours = np.array([to_rgba(colour, alpha) for colour in self._colours]).reshape(-1, 4)
        self._ground.paint(at, self._bounds, colours, renderer.points_to_pixels(size))

    def _marker_style(self) -> tuple[float, float | None]:
        """Size, in points, and alpha: on the way between those of the two maps, with as many points as there may be."""
        inches = min(self.box[2:]) / self.figure.dpi
        (size0, alpha0), (size1, alpha1) = (
            marker_style(inches, state, min(len(space.places), self._most), self.groups)
            for state, space in zip(self.states, self._spaces, strict=True)
        )
        alpha = None if alpha0 is None or alpha1 is None else _between(alpha0, alpha1, self.share)
        return _between(size0, size1, self.share), alpha

    def _stamp_names(self, renderer: RendererAgg, gc) -> None:
        """The names of the first space's classes, each on the way between the middles of its points."""
        for index, middles in self._middles.items():
            place = self._on_way(*(self._place(end, middle) for end, middle in enumerate(middles)), self.share)
            if index not in self.shared.hidden and view.inside(place[None], self.limits)[0]:
                picture = self._picture(truncated(self._spaces[0].class_names[index], LONGEST), NAME_SIZE, name=True)
                rows, columns, _ = picture.shape
                x, y = self.pixel_at(place)
                self._put(renderer, gc, picture, x - columns / 2, y - rows / 2)

    def _stamp_captions(self, renderer: RendererAgg, gc) -> None:
        """How far the points are, top left; how many of them are drawn, bottom left. The heading above the map names
        the space."""
        left, top, _, height = self.box
        x = left + self._inset
        for text in (f"{self._way()}, ", f"{round(100 * self.share)} %"):  # the first part stays the same picture
            picture = self._fitting(text)
            self._put(renderer, gc, picture, x, top + self._inset)
            x += picture.shape[1]
        points = f"{self.total:,} point{'s' * (self.total != 1)}"
        drawn = f"{len(self.rows):,}"
        some = (f"{drawn} of {points}", f"{drawn} of {self.total:,}", drawn)
        picture = self._fitting(*(some if len(self.rows) < self.total else (points, drawn)))
        self._put(renderer, gc, picture, left + self._inset, top + height - self._inset - len(picture))

    def _way(self) -> str:
        """From where to where, in words."""
        return "left → right"

    def _fitting(self, *texts: str) -> np.ndarray:
        """The letters of the first text that fits into the axes, else of the last one."""
        room = self.box[2] - 2 * self._inset
        for text in texts:
            picture = self._picture(text, CAPTION_SIZE)
            if picture.shape[1] <= room:
                break
        return picture

    def _put(self, renderer: RendererAgg, gc, picture: np.ndarray, x: float, y: float) -> None:
        """Puts a picture where its upper left corner is at a figure pixel, from the top left."""
        renderer.draw_image(gc, round(x), round(self.figure.bbox.height - y) - len(picture), picture[::-1])

    def _picture(self, text: str, size: float, name: bool = False) -> np.ndarray:
        """See `_letters`."""
        return _letters(text, size, name, self.shared.theme, self.figure.dpi)


def _between(start, end, share: float):
    """On the straight way from the start, share 0, to the end, share 1; exact at both."""
    return (1 - share) * start + share * end


@functools.lru_cache(maxsize=512)
def _letters(text: str, size: float, name: bool, theme_name: str, dpi: float) -> np.ndarray:
    """Letters as pixels, (rows, columns, 4) uint8, with a capital's middle in the middle.

    Args:
        size: of the font, in points.
        name: of a class: bold, with an outline, on nothing; otherwise on the canvas's colour.
    """
    theme = THEMES[theme_name]
    families, missing = fonts_for(text)
    figure = Figure(dpi=dpi, facecolor="none" if name else theme.canvas)
    canvas = FigureCanvasAgg(figure)
    style = {"fontsize": size, "fontfamily": families, "fontweight": "bold" if name else "normal", "parse_math": False}
    drawn = figure.text(0, 0, drawable(text, missing), color=theme.ink if name else theme.faint, **style)
    margin = OUTLINE * dpi / 72 if name else 0
    if name:
        drawn.set_path_effects([Stroke(linewidth=OUTLINE, foreground=theme.canvas, joinstyle="round"), Normal()])
    advance = drawn.get_window_extent(canvas.get_renderer()).width
    columns, rows = math.ceil(advance + 2 * margin), math.ceil(2 * size * dpi / 72)
    figure.set_size_inches(columns / dpi, rows / dpi)
    drawn.set_position((margin / columns, 0.5 - CAPITAL * size * dpi / 72 / rows))
    canvas.draw()
    return np.array(canvas.buffer_rgba())
