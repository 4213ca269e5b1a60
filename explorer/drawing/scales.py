"""Scales in the corners of a map: a colour bar with its limits, or a list of names."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.offsetbox import AnchoredOffsetbox, DrawingArea, HPacker, TextArea, VPacker
from matplotlib.patches import Circle
from matplotlib.text import Text

from explorer.analysis.backgrounds import Background
from explorer.analysis.colouring import Groups
from explorer.drawing.fonts import drawable, fonts_for, truncated
from explorer.drawing.themes import Theme

WIDTH, HEIGHT, NUMBERS = 150, 9, 11  # points: of a bar, and of the numbers below it
TITLE, SMALL = 9, 8  # sizes of text in points
DOT = 7  # points
MOST_NAMES, LONGEST_NAME = 12, 24


def colour_bar(
    axes: Axes, corner: str, theme: Theme, shown: Groups | Background, colours: Sequence[str]
) -> AnchoredOffsetbox:
    """Draws a colour bar in a corner of the axes, with the values at its ends and in its middle below it.

    Args:
        corner: "upper right", "lower right" and so on.
        shown: its title, unit, limits, and whether it is logarithmic.
        colours: from low to high.
    """
    low, high = shown.limits
    middle = (low * high) ** 0.5 if shown.logarithmic else low / 2 + high / 2
    numbers = "≤ " * shown.beyond[0] + spoken(low), spoken(middle), "≥ " * shown.beyond[1] + spoken(high)
    area = DrawingArea(WIDTH, NUMBERS + HEIGHT)
    edges = [WIDTH * index / len(colours) for index in range(len(colours))]
    # each one reaches to the right end, below the next one, so that there are no gaps
    strips = [[(x, NUMBERS), (WIDTH, NUMBERS), (WIDTH, NUMBERS + HEIGHT), (x, NUMBERS + HEIGHT)] for x in edges]
    area.add_artist(PolyCollection(strips, facecolors=list(colours), linewidths=0, transform=area.get_transform()))
    for x, align, number in zip((0, WIDTH / 2, WIDTH), ("left", "center", "right"), numbers, strict=True):
        style = {"fontsize": SMALL, "color": theme.ink, "parse_math": False, "ha": align, "va": "baseline"}
        area.add_artist(Text(x, 1, number, **style))
    unit = [_text(shown.unit, SMALL, theme.faint)] if shown.unit else []
    lines = [_text(shown.title, TITLE, theme.ink), *unit, area]
    return _put(axes, corner, theme, VPacker(children=lines, align="left", pad=0, sep=3))


def name_list(
    axes: Axes, corner: str, theme: Theme, title: str, colours: Sequence[str], names: Sequence[str]
) -> AnchoredOffsetbox:
    """Draws a list of names with dots in a corner of the axes; of many names, only the first ones."""
    rows = [_text(title, TITLE, theme.ink)]
    for colour, name in list(zip(colours, names, strict=True))[:MOST_NAMES]:
        area = DrawingArea(DOT, DOT)
        area.add_artist(Circle((DOT / 2, DOT / 2), DOT / 2, facecolor=colour, linewidth=0))
        text = _text(truncated(name, LONGEST_NAME), SMALL, theme.ink)
        rows.append(HPacker(children=[area, text], align="center", pad=0, sep=5))
    if len(names) > MOST_NAMES:
        rows.append(_text(f"and {len(names) - MOST_NAMES} more", SMALL, theme.faint))
    return _put(axes, corner, theme, VPacker(children=rows, align="left", pad=0, sep=3))


def spoken(value: float) -> str:
    """A number with three digits, or with two and a power of ten."""
    text = f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"
    if "e" in text:
        text = f"{value:.1e}".replace("e+", "e")
    return text.replace("-", "−")


def _text(text: str, size: float, colour: str) -> TextArea:
    families, missing = fonts_for(text)
    style = {"fontsize": size, "color": colour, "parse_math": False, "fontfamily": families}
    return TextArea(drawable(text, missing), textprops=style)


def _put(axes: Axes, corner: str, theme: Theme, content: VPacker) -> AnchoredOffsetbox:
    box = AnchoredOffsetbox(corner, child=content, pad=0.6, borderpad=0.7, prop={"size": TITLE})
    box.patch.set(facecolor=theme.canvas, edgecolor=theme.lines, alpha=0.9, boxstyle="round,pad=0,rounding_size=0.3")
    box.set_zorder(6)
    axes.add_artist(box)
    return box
