"""Colours of the light and the dark theme, and of the classes on both."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex

# Searched for: ten colours that people call by ten names (by the answers to the XKCD survey), no two of which are
# nearer than 0.11 in OKLab, as seen with normal vision, protanopia, deuteranopia and tritanopia by Machado et al. 2009,
# with a contrast of at least 1.8 to both backgrounds. tests/test_themes.py measures it. Digits that are often
# neighbours (4 7 9, 3 5 8) got colours far apart.
CLASS_COLOURS = (
    "#af72fb",
    "#772a00",
    "#ff88bb",
    "#b23c44",
    "#f66608",
    "#ccc455",
    "#2a33a2",
    "#11aa6e",
    "#007790",
    "#4cc4ff",
)
# Then always the colour that is farthest, in OKLab, from all before it, among those of 16 levels per channel with a
# contrast of 2.3 to either canvas and a chroma of 0.05; tests/test_themes.py works them out again. (Glasbey et al.:
# Colour displays for categorical images. Color Research & Application 32(4), 2007.)
FURTHER_COLOURS = """
90a 16f 060 f0d 970 f27 979 70f 647 b97 b0f 09d c4a 75c 7b0 31f b9d 480 664 916 e00 e7f 699 c66 058 a90 0bb 36b f5b 53c
79f f87 065 486 965 67e c7a c06 8ac 0a0 668 a4c d4f 959 d92 b50 845 8a7 f68 85f 940 90d c70 b09 88c 550 04c c0c c9a a00
73a 54f 986 790 48a b6c d58 e0a f44 08f c00 70c 274 67b 672 559 d35 f82 838 d85 a04 5b6 b57 2af 696 d8d 07d 4ac d52 d5c
ba5 96d a37 35d f5e 743 862 d28 0a9 a5f f7d 44a b75 86b 750 51e d78 b88 8a4 c8f 92f 98e 457 854 857 167 494 a7b 783 a9b
15a 269 78a c4d a83 759 088 270 933 c6e 69d 7aa 908 56d 0b4 04f 376 5b9 87f b69 73d a9f c43 55b 09a d98 e65 875 463 a4a
d0e a77 e89 7ae 5a4 58d c14 e7a 091 56f c7c 836 93b 097 f2f 967 08c 084 f29 99d 37a f04 b48 786 679 995 649 84a 675 869
d5a a55 69b 66a 661 588 a7d a46 b8a b07 80b 657 a1c a60 e46 65e e6d 95b 68f ba0 94e 29f d0b 80e 33d 897 b3b 653 a31 87d
98a c29 e4d f74 a2a 64c d8b 76d 935 f59 6a6 b2d 61d 0b8 b85 f2b e06 74f a8c 87b 83c c95 a73 b4e c62 746 63e aa7 584 163
b03 748 939 7a0 a58 63b
"""  # one hexadecimal digit per channel
ALL_COLOURS = CLASS_COLOURS + tuple("#" + "".join(2 * level for level in colour) for colour in FURTHER_COLOURS.split())


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb. `paper` is behind the window's widgets, `canvas` behind the points, which
    have the colour `dots` where there are no classes."""

    paper: str
    canvas: str
    ink: str
    faint: str
    lines: str
    crosshair: str
    good: str
    warning: str
    dots: str


THEMES = {
    "light": Theme("#fafafa", "#ffffff", "#1c1c1c", "#5f6368", "#e6e6e6", "#1c1c1c", "#0f7b0f", "#9d5d00", "#3d6c9e"),
    "dark": Theme("#1c1c1c", "#141414", "#fafafa", "#a0a4a8", "#303030", "#fafafa", "#6ccb5f", "#fce100", "#8fb4dc"),
}


# Which part of viridis, whose steps look alike in size, stands out from the canvas: not its yellow from white, nor
# its violet from black.
STEPS_OF_VIRIDIS = {"light": (0.0, 0.88), "dark": (0.25, 1.0)}


# What is painted behind the dots: from the canvas to a tone that every class's colour stands out from.
BACKGROUNDS = {"light": ("#ffffff", "#8fa3bf"), "dark": ("#141414", "#566a86")}


def paint_axes(axes: Axes, theme: Theme, ground: str) -> None:
    """Gives axes and their figure the colours of a theme.

    Args:
        ground: colour behind what is drawn, #rrggbb.
    """
    axes.figure.set_facecolor(theme.paper)
    axes.set_facecolor(ground)
    axes.spines[:].set_color(theme.lines)
    axes.tick_params(colors=theme.faint, labelsize=9, length=0)


@functools.cache
def step_colours(theme: str, steps: int) -> list[str]:
    """The colours of a continuous quantity from low to high, #rrggbb each."""
    return [to_hex(colour) for colour in colormaps["viridis"](np.linspace(*STEPS_OF_VIRIDIS[theme], steps))]


@functools.cache
def background_colours(theme: str, steps: int) -> list[str]:
    """The colours of what is painted behind the dots, from low to high, #rrggbb each."""
    colours = LinearSegmentedColormap.from_list("background", BACKGROUNDS[theme], steps)
    return [to_hex(colour) for colour in colours(range(steps))]


_own: tuple[str, ...] = ()


def use_palette(colours: tuple[str, ...]) -> None:
    """Gives the first classes other colours, #rrggbb, in this process; none brings back the usual ones."""
    global _own
    _own = colours


def palette() -> tuple[str, ...]:
    """The colours that `use_palette` was given."""
    return _own


def class_colour(index: int) -> str:
    """The colour of a class, #rrggbb, on both themes; after 256 classes they begin again."""
    index %= len(ALL_COLOURS)
    return _own[index] if index < len(_own) else ALL_COLOURS[index]
