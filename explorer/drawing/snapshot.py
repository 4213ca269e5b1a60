"""The explorer's view as a PNG, and the map alone as PNG or SVG, drawn on Matplotlib's own canvases: no display,
no window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from explorer import colouring, fields, files, prior
from explorer.colouring import Groups
from explorer.drawing import picture
from explorer.drawing.fonts import drawable, fonts_for
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.themes import THEMES, class_colour
from explorer.errors import UserError
from explorer.fields import Field
from explorer.neighbours import NearestDigits
from explorer.reading import TITLES, Reader, shortened
from explorer.state import MapState, SharedState

DPI = 100
PICTURE_SHARE = 0.31  # of the width
RING, ARM = 6, 22  # points
PIN, BESIDE = 13, 10  # points: of a pin, and how far it stands from a place that it is not to cover
# Units: pixels of a file of 1280 × 800.
ROOM_FOR_TEXT = 160  # below the picture
BELOW = 90  # the map
NARROWEST = 250  # what the words beside the map need
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
    field: Field | None,
    size: tuple[int, int],
    scale: float = 1.0,
) -> None:
    """Draws the map alone, as it is seen, with its pins, on opaque ground.

    Args:
        path: ends in .png or .svg; appears complete or not at all. In an SVG the points are pixels, at twice the size
            at least: 70,000 shapes open nowhere.
        groups: what the points are coloured by.
        field: what is painted behind them.
        size: width and height of the map in the window, in pixels.
        scale: how many times as many the file has.

    Raises:
        UserError: the name has another ending.
        NotAllowed: the file cannot be written.
    """
    kind = path.suffix.lower()
    if kind not in (".png", ".svg"):
        raise UserError(f"a picture is PNG or SVG: give a name that ends in .png or .svg, not {path.name}")
    dpi = DPI * (scale if kind == ".png" else max(scale, 2))
    figure = Figure((size[0] / DPI, size[1] / DPI), dpi=dpi)
    canvas = FigureCanvasAgg(figure)
    latent_map = LatentMap(figure, state, shared)
    latent_map.show_colouring(groups)
    latent_map.show_background(field)
    _draw_pins(latent_map)
    if kind == ".svg":
        for line in latent_map.axes.lines:
            line.set_rasterized(True)
    with files.writing(path) as file, rc_context({"svg.fonttype": "none"}):
        how = {"facecolor": figure.get_facecolor(), "edgecolor": "none"}
        canvas.print_figure(file, format=kind[1:], dpi=dpi, **how)


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


def save(path: Path, reader: Reader, state: MapState, shared: SharedState, size: tuple[int, int]) -> None:
    """Draws the map, its cursor, the picture decoded there and the legend.

    What the colouring and the background of the state need has to be known to the reader.

    Args:
        path: of the PNG; it appears complete or not at all.
        reader: with its decoder; the neighbours are found here.
        size: width and height in pixels.

    Raises:
        NotAllowed: the file cannot be written.
    """
    space, theme = state.space, THEMES[shared.theme]
    every = NearestDigits(space.places)
    shown = shared.shown(space.labels)
    reader.know_points(every)
    if shown is not None:
        reader.neighbours = NearestDigits(space.places, shown)
    decoding, whereabouts = reader.decode(state.cursor), reader.locate(state.cursor)
    words = reader.words(decoding, whereabouts)

    # everything but the picture is laid out in units of a pixel at 1280 × 800, and grows with the file
    unit = min(size[0] / 1280, size[1] / 800)
    width, height = size[0] / unit, size[1] / unit
    figure = Figure((width / DPI, height / DPI), dpi=DPI * unit)
    canvas = FigureCanvasAgg(figure)
    pen = _Pen(figure, unit, (space.title, space.data_title, *space.class_names))
    who = "live decoder" if decoding.source == "live" else "grid"
    status = f"{who}  ·  {len(space.codes):,} points of {space.data_title}"
    status = pen.short(status, width - 2 * EDGE, 10)
    rows = _legend(space.class_names, pen, width - EDGE, width - EDGE - pen.width(status, 10) - 20)
    below = BELOW + ROW * (len(rows) - 1)

    room = min(round(size[0] * PICTURE_SHARE), round(size[1] - (ROOM_FOR_TEXT + below) * unit))
    image = picture.scaled(picture.to_bytes(decoding.image), room)
    left, top = width - EDGE - max(image.width / unit, NARROWEST), 55
    latent_map = LatentMap(figure, state, shared, area=(0.62, below / DPI, (width - left + EDGE) / DPI, top / DPI))
    latent_map.show_colouring(colouring.groups(space, shared.colouring, reader.facts))
    latent_map.show_background(reader.facts.get(fields.fact(state.background)))
    _draw_crosshair(latent_map, theme.crosshair)
    corner = round(left * unit), size[1] - round(top * unit) - image.height
    figure.figimage(np.asarray(image.convert("RGB"))[::-1], *corner, origin="lower")

    heading = {"weight": "bold", "va": "baseline"}
    pen.write(16, 34, pen.short(space.title, left - 40, 13, **heading), 13, theme.ink, **heading)
    pen.write(left, 34, "Decoded at the cursor", 12, theme.ink, **heading)
    y = top + image.height / unit + 20
    for name, title in TITLES.items():
        pen.write(left, y, title, 10, theme.faint)
        pen.write(left + 130, y, pen.short(words[name], width - EDGE - left - 130, 11), 11, theme.ink)
        y += 26
    pen.write(left, y, words["cue"], 11, theme.good if whereabouts.on_map else theme.warning)
    pen.write(left, y + 26, words["note"], 10, theme.warning)

    row = height - 22 - ROW * (len(rows) - 1)
    for entries in rows:
        for x, index, text in entries:
            if index is not None:
                colour = class_colour(index)
                face = "none" if index in shared.hidden else colour
                style = {"marker": "o", "markersize": 8, "color": colour, "markerfacecolor": face}
                figure.add_artist(Line2D([x / width], [1 - row / height], **style))
            ink = theme.faint if index is None else theme.ink
            pen.write(x + AFTER_DOT, row + BASELINE, text, 10, ink, va="baseline")
        row += ROW
    pen.write(width - EDGE, height - 22 + BASELINE, status, 10, theme.faint, va="baseline", ha="right")
    with files.writing(path) as file:
        canvas.print_png(file)


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
