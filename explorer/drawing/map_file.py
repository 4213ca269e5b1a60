"""One map, or two side by side, as a PNG or SVG file."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context, rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from explorer.analysis.backgrounds import Background
from explorer.analysis.colouring import Groups
from explorer.analysis.probe import shortened
from explorer.apart import call_apart
from explorer.drawing.fonts import drawable, fonts_for, text_width
from explorer.drawing.latent_map import AREA, LatentMap
from explorer.drawing.themes import THEMES, palette, use_palette
from explorer.errors import UserError
from explorer.files.writing import writing
from explorer.session.state import MapState, Place, SharedState
from explorer.spaces import prior

DPI = 100
PIN, BESIDE = 13, 10  # points: radius of a pin, and its distance from a place that it must not cover
HEAD, HEADING = 34, 13  # pixels above a map for its name, and the size of that in points


@dataclass(frozen=True)
class DrawnMap:
    """A map as it is seen in the window.

    Attributes:
        state: its space and its view.
        groups: what the points are coloured by.
        background: what is painted behind them.
        size: width and height in the window, in pixels.
        name: stands above it; empty for none.
        marks: letters of drawings and their places.
        nearness: of the points to the map's plane, by which they fade; None if none does.
    """

    state: MapState
    groups: Groups
    background: Background | None
    size: tuple[int, int]
    name: str = ""
    marks: tuple[tuple[str, Place], ...] = ()
    nearness: np.ndarray | None = None


def picture_size(maps: Sequence[DrawnMap]) -> tuple[int, int]:
    """Width and height of a picture of these maps side by side, at scale 1, in pixels."""
    return sum(each.size[0] for each in maps), max(each.size[1] + HEAD * bool(each.name) for each in maps)


def save_map(
    path: Path,
    maps: Sequence[DrawnMap],
    shared: SharedState,
    scale: float = 1.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Draws maps side by side, with their pins and drawings, on opaque ground. It runs in a separate process, because
    all figures of a process share a lock for which the window would wait.

    Args:
        path: ends in .png or .svg; appears complete or not at all. In an SVG the points are pixels, at least at twice
            the size: no program opens 70,000 shapes.
        maps: from left to right.
        scale: pixels of the file per pixel of the window.
        cancelled: returns whether to stop.

    Raises:
        UserError: the name has another ending, or the picture cannot be drawn.
        NotAllowed: the file cannot be written.
        Cancelled: `cancelled()` was true; no file is written.
    """
    kind = path.suffix.lower()[1:]
    if kind not in ("png", "svg"):
        raise UserError(f"a picture is PNG or SVG: give a name that ends in .png or .svg, not {path.name}")
    settings = {name: value for name, value in rcParams.items() if "backend" not in name}
    content = call_apart(_picture, kind, settings, palette(), tuple(maps), shared, scale, cancelled=cancelled)
    with writing(path) as file:
        file.write(content)


def _picture(
    kind: str,
    settings: dict[str, Any],
    own_colours: tuple[str, ...],
    maps: tuple[DrawnMap, ...],
    shared: SharedState,
    scale: float,
) -> bytes:
    """The content of the file that `save_map` writes.

    Args:
        kind: "png" or "svg".
        settings: of Matplotlib.
        own_colours: of the first classes.
    """
    use_palette(own_colours)
    with rc_context(settings | {"svg.fonttype": "none"}):
        dpi = DPI * (scale if kind == "png" else max(scale, 2))
        width, height = picture_size(maps)
        figure = Figure((width / DPI, height / DPI), dpi=dpi)
        canvas = FigureCanvasAgg(figure)
        left = 0
        for each in maps:
            _draw(figure, each, shared, left, kind)
            left += each.size[0]
        content = io.BytesIO()
        canvas.print_figure(content, format=kind, dpi=dpi, facecolor=figure.get_facecolor(), edgecolor="none")
    return content.getvalue()


def _draw(figure: Figure, drawn: DrawnMap, shared: SharedState, left: int, kind: str) -> None:
    """Draws a map so many pixels from the left of a picture."""
    width, height = figure.get_size_inches()
    right, below = width - (left + drawn.size[0]) / DPI, height - (drawn.size[1] + HEAD * bool(drawn.name)) / DPI
    area = AREA[0] + left / DPI, AREA[1] + below, AREA[2] + right, AREA[3] + HEAD * bool(drawn.name) / DPI
    latent_map = LatentMap(figure, drawn.state, shared, area=area)
    latent_map.show_colouring(drawn.groups)
    latent_map.show_background(drawn.background)
    latent_map.show_nearness(drawn.nearness)
    draw_pins(latent_map)
    for text, place in drawn.marks:
        _draw_pin(latent_map, place, text)
    if drawn.name:
        room = (drawn.size[0] / DPI - AREA[0] - AREA[2]) * 72
        name = shortened(drawn.name, room, lambda text: text_width(text, HEADING, "bold"))
        families, missing = fonts_for(name)
        style = {"fontsize": HEADING, "weight": "bold", "family": families, "parse_math": False, "va": "center"}
        x, y = area[0] / width, 1 - (HEAD / 2 + 4) / DPI / height
        figure.text(x, y, drawable(name, missing), color=THEMES[shared.theme].ink, **style)
    if kind == "svg":
        for line in latent_map.axes.lines:
            line.set_rasterized(True)


def draw_pins(latent_map: LatentMap) -> None:
    """Draws the numbered pins of the pinned images that are on the map."""
    theme, space = THEMES[latent_map.shared.theme], latent_map.state.space
    for number, row in enumerate(latent_map.shared.pins, 1):
        point = space.index_of(row)
        if point is None:
            continue
        around = prior.outline(space, point)
        if around is not None:
            corners = np.concatenate([around, around[:1]])
            latent_map.axes.add_artist(Line2D(*corners.T, color=theme.crosshair, linewidth=1.5, zorder=6.9))
        place = tuple(space.places[point].tolist())
        _draw_pin(latent_map, place, str(number), 0.0 if around is None else BESIDE / 72)


def _draw_pin(latent_map: LatentMap, place: Place, text: str, beside: float = 0.0) -> None:
    """Draws a pin at a place, or so many inches right of it and above."""
    theme, axes = THEMES[latent_map.shared.theme], latent_map.axes
    where = axes.transData + ScaledTranslation(beside, beside, latent_map.figure.dpi_scale_trans)
    dot = {"marker": "o", "markersize": PIN, "color": theme.canvas, "zorder": 7}
    edge = {"markeredgecolor": theme.crosshair, "markeredgewidth": 1.5, "transform": where}
    axes.add_artist(Line2D([place[0]], [place[1]], **dot, **edge))
    style = {"ha": "center", "va": "center_baseline", "clip_on": True, "zorder": 7.1, "transform": where}
    axes.text(*place, text, color=theme.ink, fontsize=8, weight="bold", **style)
