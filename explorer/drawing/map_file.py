"""The map alone as a PNG or SVG file."""

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

from explorer.analysis.backgrounds import Background
from explorer.analysis.colouring import Groups
from explorer.apart import call_apart
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.themes import THEMES
from explorer.errors import UserError
from explorer.files.writing import writing
from explorer.session.state import MapState, SharedState
from explorer.space import prior

DPI = 100
PIN, BESIDE = 13, 10  # points: radius of a pin, and its distance from a place that it must not cover


def save_map(
    path: Path,
    state: MapState,
    shared: SharedState,
    groups: Groups,
    background: Background | None,
    size: tuple[int, int],
    scale: float = 1.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Draws the map alone, as it is shown, with its pins, on opaque ground. It runs in a separate process, because all
    figures of a process share a lock for which the window would wait.

    Args:
        path: ends in .png or .svg; appears complete or not at all. In an SVG the points are pixels, at least at twice
            the size: no program opens 70,000 shapes.
        groups: the points by colour.
        background: is painted behind the points.
        size: width and height of the map in the window, in pixels.
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
    content = call_apart(_map, kind, settings, state, shared, groups, background, size, scale, cancelled=cancelled)
    with writing(path) as file:
        file.write(content)


def _map(
    kind: str,
    settings: dict[str, Any],
    state: MapState,
    shared: SharedState,
    groups: Groups,
    background: Background | None,
    size: tuple[int, int],
    scale: float,
) -> bytes:
    """The content of the file that `save_map` writes.

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
        latent_map.show_background(background)
        draw_pins(latent_map)
        if kind == "svg":
            for line in latent_map.axes.lines:
                line.set_rasterized(True)
        content = io.BytesIO()
        canvas.print_figure(content, format=kind, dpi=dpi, facecolor=figure.get_facecolor(), edgecolor="none")
    return content.getvalue()


def draw_pins(latent_map: LatentMap) -> None:
    """Draws the numbered pins of the pinned images that are on the map."""
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
