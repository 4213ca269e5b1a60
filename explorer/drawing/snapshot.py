"""The explorer's view as a PNG, and the map alone as PNG or SVG, drawn on Matplotlib's own canvases: no display,
no window."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context, rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from explorer.analysis import colouring
from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.backgrounds import BACKGROUNDS, Background
from explorer.analysis.colouring import Groups
from explorer.analysis.probe import TITLES, Decoding, SpaceProbe, Whereabouts, shortened
from explorer.apart import call_apart
from explorer.drawing import picture
from explorer.drawing.fonts import drawable, fonts_for
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.pair import COLUMNS, ERRORS, GAP, ROWS, Caption, Pictures, Sheet, captions
from explorer.drawing.themes import THEMES, class_colour
from explorer.errors import UserError
from explorer.session.comparison import counterpart
from explorer.session.state import MapState, SharedState
from explorer.space import files, prior
from explorer.space.files import LatentSpace
from explorer.space.point_index import PointIndex

DPI = 100
PICTURE_SHARE = 0.31  # of the width
PAIR_SHARE = 0.355  # of the width, for the pictures of two maps
HEADING = {"weight": "bold", "va": "baseline"}
RING, ARM = 6, 22  # points
PIN, BESIDE = 13, 10  # points: of a pin, and how far it stands from a place that it is not to cover
# Units: pixels of a file of 1280 × 800.
ROOM_FOR_TEXT = 160  # below the picture
BELOW = 90  # the map
NARROWEST = 250  # what the words beside the map need
HEAD, TOP = 34, 55  # baseline of what stands above the map and the picture, and where those begin
NAMES = 45  # above the pictures of two maps
ROOM_FOR_WORDS = 230  # above and below these
NARROWEST_COLUMN = 125  # what a code above one of these needs
AXIS = 62  # beside the map, for its numbers
BETWEEN_MAPS = 14
EDGE = 24
ROW = 24  # of the legend
FIRST_DOT = 30
AFTER_DOT, AFTER_NAME = 11, 24
BASELINE = 5  # below the middle of a row
LONGEST_NAME = 200
MOST_ROWS = 4


def save_map(
    path: Path,
    state: MapState,
    shared: SharedState,
    groups: Groups,
    field: Background | None,
    size: tuple[int, int],
    scale: float = 1.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Draws the map alone, as it is seen, with its pins, on opaque ground; in a process of its own, since all figures
    of one process share a lock, for which the window would wait.

    Args:
        path: ends in .png or .svg; appears complete or not at all. In an SVG the points are pixels, at twice the size
            at least: 70,000 shapes open nowhere.
        groups: what the points are coloured by.
        field: what is painted behind them.
        size: width and height of the map in the window, in pixels.
        scale: how many times as many the file has.
        cancelled: whether the picture is no longer wanted.

    Raises:
        UserError: the name has another ending, or the picture cannot be drawn.
        NotAllowed: the file cannot be written.
        Cancelled: it is no longer wanted; there is no file.
    """
    kind = path.suffix.lower()[1:]
    if kind not in ("png", "svg"):
        raise UserError(f"a picture is PNG or SVG: give a name that ends in .png or .svg, not {path.name}")
    settings = {name: value for name, value in rcParams.items() if "backend" not in name}
    content = call_apart(_map, kind, settings, state, shared, groups, field, size, scale, cancelled=cancelled)
    with files.writing(path) as file:
        file.write(content)


def _map(
    kind: str,
    settings: dict[str, Any],
    state: MapState,
    shared: SharedState,
    groups: Groups,
    field: Background | None,
    size: tuple[int, int],
    scale: float,
) -> bytes:
    """What is in the file that `save_map` writes.

    Args:
        kind: "png" or "svg".
        settings: of Matplotlib.
    """
    with rc_context(settings | {"svg.fonttype": "none"}):
        dpi = DPI * (scale if kind == "png" else max(scale, 2))
        figure = Figure((size[0] / DPI, size[1] / DPI), dpi=dpi)
        canvas = FigureCanvasAgg(figure)
        latent_map = LatentMap(figure, state, shared)
        latent_map.show_colouring(groups)
        latent_map.show_background(field)
        _draw_pins(latent_map)
        if kind == "svg":
            for line in latent_map.axes.lines:
                line.set_rasterized(True)
        content = io.BytesIO()
        canvas.print_figure(content, format=kind, dpi=dpi, facecolor=figure.get_facecolor(), edgecolor="none")
    return content.getvalue()


def _draw_pins(latent_map: LatentMap) -> None:
    theme, space = THEMES[latent_map.shared.theme], latent_map.state.space
    axes, inch = latent_map.axes, latent_map.figure.dpi_scale_trans
    for number, row in enumerate(latent_map.shared.pins, 1):
        point = space.index_of(row)
        if point is None:
            continue
        around, beside = prior.outline(space, point), 0.0
        if around is not None:  # it is not to be covered
            corners, beside = np.concatenate([around, around[:1]]), BESIDE / 72
            axes.add_artist(Line2D(*corners.T, color=theme.crosshair, linewidth=1.5, zorder=6.9))
        where = axes.transData + ScaledTranslation(beside, beside, inch)
        dot = {"marker": "o", "markersize": PIN, "color": theme.canvas, "zorder": 7}
        edge = {"markeredgecolor": theme.crosshair, "markeredgewidth": 1.5, "transform": where}
        axes.add_artist(Line2D(*space.places[point : point + 1].T, **dot, **edge))
        style = {"ha": "center", "va": "center_baseline", "clip_on": True, "zorder": 7.1, "transform": where}
        place = tuple(space.places[point].tolist())
        axes.text(*place, str(number), color=theme.ink, fontsize=8, weight="bold", **style)


def save(
    path: Path,
    probe: SpaceProbe,
    state: MapState,
    shared: SharedState,
    size: tuple[int, int],
    beside: tuple[SpaceProbe, MapState] | None = None,
) -> None:
    """Draws the map, its cursor, the picture decoded there and the legend; or two maps side by side and the pictures
    of both.

    What the colouring and the backgrounds of the states need has to be known to the readers; where the originals are
    known to the first one, the real image is seen between the pictures of two maps.

    Args:
        path: of the PNG; it appears complete or not at all.
        probe: with its decoder; the neighbours are found here.
        size: width and height in pixels.
        beside: a second map, of the same images: its cursor is put on the image nearest to that of the first one.

    Raises:
        NotAllowed: the file cannot be written.
    """
    space = state.space
    all_points = PointIndex(space.places)
    shown = shared.shown(space.labels)
    probe.know_points(all_points)
    if shown is not None:
        probe.neighbours = PointIndex(space.places, shown)
    decoding, whereabouts = probe.decode(state.cursor), probe.locate(state.cursor)

    who = "live decoder" if decoding.source == "live" else "grid"
    titles = (space.title,) if beside is None else (space.title, beside[1].space.title)
    page = _Page(size, shared, space, titles, f"{who}  ·  {len(space.codes):,} points of {space.data_title}")
    if beside is None:
        _draw_alone(page, probe, state, decoding, whereabouts)
    else:
        _draw_pair(page, (probe, state), beside, decoding, whereabouts)
    content = io.BytesIO()
    page.canvas.print_png(content)  # before anything lies in the folder
    with files.writing(path) as file:
        file.write(content.getvalue())


def _draw_alone(page: _Page, probe: SpaceProbe, state: MapState, decoding: Decoding, whereabouts: Whereabouts) -> None:
    """One map, and on its right the picture and the words about the place under its cursor."""
    pen, unit, theme = page.pen, page.unit, page.theme
    room = min(round(page.size[0] * PICTURE_SHARE), round(page.size[1] - (ROOM_FOR_TEXT + page.below) * unit))
    image = picture.scaled(picture.to_bytes(decoding.image), room)
    left = page.width - EDGE - max(image.width / unit, NARROWEST)
    page.draw_map(probe, state, AXIS, page.width - left + EDGE)
    page.put(np.asarray(image.convert("RGB")), round(left * unit), round(TOP * unit))

    words = probe.words(decoding, whereabouts)
    pen.write(16, HEAD, pen.short(state.space.title, left - 40, 13, **HEADING), 13, theme.ink, **HEADING)
    pen.write(left, HEAD, "Decoded at the cursor", 12, theme.ink, **HEADING)
    y = TOP + image.height / unit + 20
    for name, title in TITLES.items():
        pen.write(left, y, title, 10, theme.faint)
        pen.write(left + 130, y, pen.short(words[name], page.width - EDGE - left - 130, 11), 11, theme.ink)
        y += 26
    pen.write(left, y, words["cue"], 11, theme.good if whereabouts.on_map else theme.warning)
    pen.write(left, y + 26, words["note"], 10, theme.warning)


def _draw_pair(
    page: _Page,
    first: tuple[SpaceProbe, MapState],
    second: tuple[SpaceProbe, MapState],
    decoding: Decoding,
    whereabouts: Whereabouts,
) -> None:
    """Two maps below their names, and on their right what both decoders make of the real image that is nearest to the
    first one's cursor.

    Args:
        first, second: reader and state of each.
        decoding, whereabouts: of the place under the first one's cursor.
    """
    pen, theme = page.pen, page.theme
    found = counterpart(first[0], whereabouts, second[0])
    second[1].lead_cursor(found.place)
    columns = _Columns(page, first[1].space.image_shape)

    across = (columns.left - EDGE - BETWEEN_MAPS) / 2 - AXIS  # of each map's axes
    for start, (probe, state) in zip((AXIS, 2 * AXIS + across + BETWEEN_MAPS), (first, second), strict=True):
        _draw_pins(page.draw_map(probe, state, start, page.width - start - across))
        pen.write(start, HEAD, pen.short(state.space.title, across, 13, **HEADING), 13, theme.ink, **HEADING)

    images = first[0].result(ORIGINALS)
    original = None if images is None or found.row is None else images.images(np.array([found.row]))[0]
    shown = Pictures(decoding.image, original, None if found.decoding is None else found.decoding.image)
    pen.write(columns.left, HEAD, "Decoded side by side", 12, theme.ink, **HEADING)
    columns.draw_pictures(shown)
    columns.write_captions(captions(first[0], second[0], decoding, whereabouts, found))
    columns.write_errors(shown.errors())

    words, y = first[0].words(decoding, whereabouts), columns.end + 34
    for name, size, ink in (
        ("cue", 11, theme.good if whereabouts.on_map else theme.warning),
        ("odds", 10, theme.faint),
        ("note", 10, theme.warning),
    ):
        pen.write(columns.left, y, pen.short(words[name], page.width - EDGE - columns.left, size), size, ink)
        y += 26


class _Columns:
    """Where the pictures of two maps stand, the real image between them, and what is written above and below each.

    Args:
        page: to be drawn on.
        shape: of the images.

    Attributes:
        left: where the first column begins, in units.
        end: where the pictures end, in units from the top.
    """

    def __init__(self, page: _Page, shape: tuple[int, ...]) -> None:
        self._page = page
        wide = (round(page.size[0] * PAIR_SHARE) - (COLUMNS - 1) * GAP) // COLUMNS
        high = (round(page.size[1] - (ROOM_FOR_WORDS + page.below) * page.unit) - (ROWS - 1) * GAP) // ROWS
        self._sheet = Sheet(shape, max(min(wide, high), 1), page.theme.paper, page.theme.lines)
        factor = self._sheet.factor
        width = max(self._sheet.each[0] * factor, round(NARROWEST_COLUMN * page.unit))  # pixels, as the next ones
        pitch = width + self._sheet.gap * factor
        start = page.size[0] - round(EDGE * page.unit) - (COLUMNS - 1) * pitch - width
        self._lefts = [start + number * pitch for number in range(COLUMNS)]
        self._top = round((TOP + NAMES) * page.unit)
        self._room = width / page.unit
        self.left = start / page.unit
        self.end = (self._top + self._sheet.size[1] * factor) / page.unit

    def draw_pictures(self, shown: Pictures) -> None:
        factor, (width, height) = self._sheet.factor, self._sheet.each
        levels = self._sheet.levels(shown)
        for number, (x, y) in enumerate(self._sheet.corners()):
            part = levels[y : y + height, x : x + width].repeat(factor, axis=0).repeat(factor, axis=1)
            self._page.put(part, self._lefts[number % COLUMNS], self._top + y * factor)

    def write_captions(self, written: tuple[Caption, Caption, Caption]) -> None:
        """Writes a name and a word below it above each column, with the dot of a class before the real image."""
        page, pen = self._page, self._page.pen
        for column, caption in enumerate(written):
            x, after = self._lefts[column] / page.unit, 0
            style = {"weight": "bold" if column == 0 else "normal"}  # the map that leads
            if caption.label is not None:
                page.dot(x + 5, TOP + 8, caption.label)
                after = 5 + AFTER_DOT
            pen.write(
                x + after, TOP, pen.short(caption.name, self._room - after, 11, **style), 11, page.theme.ink, **style
            )
            pen.write(x, TOP + 21, pen.short(caption.below, self._room, 9), 9, page.theme.faint)

    def write_errors(self, errors: list[float | None]) -> None:
        """Writes below each column how different its two images are."""
        page = self._page
        for x, what, error in zip(self._lefts, ERRORS, errors, strict=True):
            text = "" if error is None else f"{what} {error:.4f}"
            page.pen.write(x / page.unit, self.end + 6, text, 9, page.theme.faint)


class _Page:
    """A figure with the legend and the status at its bottom. Everything but the pictures is laid out in units of a
    pixel at 1280 × 800, from the top left, and grows with the file.

    Args:
        size: width and height in pixels.
        space: whose classes the legend names.
        titles: of the maps.
        status: stands at the right of the legend.

    Attributes:
        unit: in pixels.
        width, height: in units.
        below: what the maps leave for the legend, in units.
    """

    def __init__(
        self,
        size: tuple[int, int],
        shared: SharedState,
        space: LatentSpace,
        titles: tuple[str, ...],
        status: str,
    ) -> None:
        self.size, self.shared, self.theme = size, shared, THEMES[shared.theme]
        self.unit = min(size[0] / 1280, size[1] / 800)
        self.width, self.height = size[0] / self.unit, size[1] / self.unit
        self.figure = Figure((self.width / DPI, self.height / DPI), dpi=DPI * self.unit)
        self.canvas = FigureCanvasAgg(self.figure)
        self.pen = pen = _Pen(self.figure, self.unit, (*titles, space.data_title, *space.class_names))
        status = pen.short(status, self.width - 2 * EDGE, 10)
        beside = self.width - EDGE - pen.width(status, 10) - 20
        rows = _legend(space.class_names, pen, self.width - EDGE, beside)
        self.below = BELOW + ROW * (len(rows) - 1)
        y = self.height - 22 - ROW * (len(rows) - 1)
        for entries in rows:
            for x, index, text in entries:
                if index is not None:
                    self.dot(x, y, index, filled=index not in shared.hidden)
                ink = self.theme.faint if index is None else self.theme.ink
                pen.write(x + AFTER_DOT, y + BASELINE, text, 10, ink, va="baseline")
            y += ROW
        style = {"va": "baseline", "ha": "right"}
        pen.write(self.width - EDGE, self.height - 22 + BASELINE, status, 10, self.theme.faint, **style)

    def dot(self, x: float, y: float, label: int, filled: bool = True) -> None:
        """A dot in the colour of a class, or a ring."""
        colour = class_colour(label)
        face = colour if filled else "none"
        style = {"marker": "o", "markersize": 8, "color": colour, "markerfacecolor": face}
        self.figure.add_artist(Line2D([x / self.width], [1 - y / self.height], **style))

    def put(self, levels: np.ndarray, left: int, top: int) -> None:
        """An image, (height, width, 3) uint8, whose corner lies at a pixel from the top left."""
        self.figure.figimage(levels[::-1], left, self.size[1] - top - len(levels), origin="lower")

    def draw_map(self, probe: SpaceProbe, state: MapState, left: float, right: float) -> LatentMap:
        """A map and its cursor, with margins of so many units on its left and right."""
        area = tuple(margin / DPI for margin in (left, self.below, right, TOP))
        latent_map = LatentMap(self.figure, state, self.shared, area=area)
        latent_map.show_colouring(colouring.groups(state.space, self.shared.colouring, probe.results))
        latent_map.show_background(probe.results.get(BACKGROUNDS.get(state.background)))
        if not state.astray:
            _draw_crosshair(latent_map, self.theme.crosshair)
        return latent_map


class _Pen:
    """Writes on a figure. Places and widths are in units from the top left.

    Args:
        figure: of which a unit is so many pixels.
        texts: what may need letters that Matplotlib's own font lacks. Other fonts that are installed have
            them, or a box stands for them.
    """

    def __init__(self, figure: Figure, unit: float, texts: tuple[str, ...]) -> None:
        self._figure = figure
        self._unit = unit
        self._size = figure.get_size_inches() * DPI
        families, self._missing = fonts_for("".join(texts))
        self._style = {"va": "top", "family": families, "parse_math": False}

    def write(self, x: float, y: float, text: str, size: float, colour: str, **style) -> None:
        """Text whose top left corner lies at x, y, or what else `style` says."""
        place = x / self._size[0], 1 - y / self._size[1]
        style = self._style | style
        self._figure.text(*place, drawable(text, self._missing), fontsize=size, color=colour, **style)

    def width(self, text: str, size: float, **style) -> float:
        """How wide a text of this size is."""
        self.write(0, 0, text, size, "k", **style)
        drawn = self._figure.texts.pop()
        return drawn.get_window_extent(self._figure.canvas.get_renderer()).width / self._unit

    def short(self, text: str, room: float, size: float, **style) -> str:
        """The text, with an ellipsis where it is wider than `room`."""
        return shortened(text, room, lambda part: self.width(part, size, **style))


def _legend(names: tuple[str, ...], pen: _Pen, room: float, beside: float) -> list[list[tuple[float, int | None, str]]]:
    """The legend, row by row; an entry is the place of its dot, the index of its class, and its text.

    What `MOST_ROWS` cannot hold is counted in an entry without an index. The status stands at the end of
    the last row, which is empty where the legend leaves it no room.

    Args:
        room: where a row ends.
        beside: where it ends with the status in it.
    """
    rows: list[list[tuple[float, int | None, str]]] = [[]]
    x = FIRST_DOT
    for index, name in enumerate(names):
        text = pen.short(name, LONGEST_NAME, 10)
        end = x + AFTER_DOT + pen.width(text, 10) + AFTER_NAME
        if end > room and rows[-1] and len(rows) == MOST_ROWS:
            left = len(names) - index
            while x + pen.width(f"and {left} more", 10) > room and rows[-1]:
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
    width, height = figure.get_size_inches() * figure.dpi  # pixels
    point = figure.dpi / 72
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        ends = [(x + length * dx, y + length * dy) for length in (RING * point, ARM * point)]
        arm = Line2D([a / width for a, _ in ends], [1 - b / height for _, b in ends], color=colour, linewidth=1.5)
        figure.add_artist(arm)
    ring = Line2D([x / width], [1 - y / height], marker="o", markersize=2 * RING, markerfacecolor="none",
                  markeredgecolor=colour, markeredgewidth=1.5)  # fmt: skip
    figure.add_artist(ring)
