"""A canvas that lays out each text once. Matplotlib does so at every draw, which takes half of the time that a map
needs beside its dots.

Much of what is used here is not public. Where it does not give Matplotlib's own pixels, Matplotlib draws all text.
"""

from __future__ import annotations

import functools

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg, get_hinting_flag
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.patheffects import Normal, Stroke
from matplotlib.textpath import TextToPath

MOST = 4096  # texts, each in one font


class _Outlines(TextToPath):
    def get_text_path(self, prop, s, ismath=False, **options):
        if ismath:
            return super().get_text_path(prop, s, ismath, **options)
        return _outline(s, prop.copy())


class KeepingRenderer(RendererAgg):
    """Draws the same pixels as Matplotlib's renderer. Fonts, and so what is kept, belong to the thread that draws."""

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(width, height, dpi)
        self._text2path = _Outlines()

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        if ismath:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        else:
            self._draw_text_glyphs_and_boxes(gc, x, y, angle, _glyphs(s, prop.copy(), self.dpi), ())

    def get_text_width_height_descent(self, s, prop, ismath):
        if ismath:
            return super().get_text_width_height_descent(s, prop, ismath)
        return _size(s, prop.copy(), self.dpi)

    def _get_font_height_metrics(self, prop):
        """Matplotlib asks for ascent, descent and gap between lines, in pixels; without them it reads the font."""
        return _heights(prop.copy(), self.dpi)


class KeepingCanvas(FigureCanvasAgg):
    """Gives a canvas of Agg this renderer, if that draws what Matplotlib's does."""

    _kept_for: tuple[int, int, float] | None = None

    def get_renderer(self) -> RendererAgg:
        if not can_keep():
            return super().get_renderer()
        key = (*self.get_width_height(physical=True), self.figure.dpi)
        if key != self._kept_for:
            self._kept_for, self.renderer = key, KeepingRenderer(*key)
        return self.renderer


@functools.cache
def can_keep() -> bool:
    """Whether both renderers draw the same pixels: tries it once, in 3 ms."""
    theirs, ours = (kind(40, 40, 100) for kind in (RendererAgg, KeepingRenderer))
    figure = Figure((0.4, 0.4))
    for effects in ([], [Stroke(linewidth=1), Normal()]):  # with effects, text is drawn as outlines
        text = figure.text(0.5, 0.5, "A\ng", ha="center", va="center", path_effects=effects)
        text.draw(theirs)
        try:
            text.draw(ours)
        except Exception:  # a change of what is not public may raise anything
            return False
    return bytes(ours.buffer_rgba()) == bytes(theirs.buffer_rgba())


@functools.lru_cache(MOST)
def _glyphs(text: str, font: FontProperties, dpi: float) -> list[tuple]:
    """The glyphs of a text and where they are, as Agg's renderer takes them."""
    found = RendererAgg(1, 1, dpi)._prepare_font(font)
    size = font.get_size_in_points()
    laid_out = found._layout(text, flags=get_hinting_flag())
    return [(each.ft_object, size, each.glyph_index, 0, 1, each.x, each.y) for each in laid_out]


@functools.lru_cache(MOST)
def _outline(text: str, font: FontProperties) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and codes of the outline of a text, as a path takes them."""
    vertices, codes = TextToPath().get_text_path(font, text)
    return np.reshape(vertices, (-1, 2)), np.array(codes, np.uint8)


@functools.lru_cache(MOST)
def _size(text: str, font: FontProperties, dpi: float) -> tuple[float, float, float]:
    return RendererAgg(1, 1, dpi).get_text_width_height_descent(text, font, ismath=False)


@functools.lru_cache(64)
def _heights(prop: FontProperties, dpi: float) -> tuple[float | None, ...]:
    """Ascent, descent and gap between lines, in pixels; None each where the font does not have them."""
    font = get_font(fontManager._find_fonts_by_props(prop))
    for name, *keys in (
        ("OS/2", "sTypoAscender", "sTypoDescender", "sTypoLineGap"),
        ("hhea", "ascent", "descent", "lineGap"),
    ):
        if (table := font.get_sfnt_table(name)) is not None:
            units = font.get_sfnt_table("head")["unitsPerEm"]
            scale = 1 / units * prop.get_size_in_points() * dpi / 72
            ascent, descent, gap = (table[key] * scale for key in keys)
            return ascent, -descent, gap
    return None, None, None
