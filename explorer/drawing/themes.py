"""Colours of the light and the dark theme, and of the classes on both."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex

# Searched for: the smallest distance between any two (in OKLab, as seen with normal vision,
# protanopia, deuteranopia and tritanopia by Machado et al. 2009) is 1.9 times that of Petroff's
# ten, with a contrast of at least 1.8 to both backgrounds. tests/test_themes.py measures it.
# Digits that are often neighbours (4 7 9, 3 5 8) got colours far apart.
CLASS_COLOURS = (
    "#af72fb",
    "#953a0b",
    "#ff99f7",
    "#d23561",
    "#c98414",
    "#b1c712",
    "#6c4093",
    "#41c09b",
    "#0e8aa6",
    "#5c25f8",
)
# Then always the colour that is farthest, in OKLab, from all before it, among those of 16 levels per channel with a
# contrast of 2.3 to either canvas and a chroma of 0.05; tests/test_themes.py works them out again. (Glasbey et al.:
# Colour displays for categorical images. Color Research & Application 32(4), 2007.)
FURTHER_COLOURS = """
060 f0c 390 5af a0c f78 07f a8a 774 05b 266 916 f40 76c d6b 957 c09 aa7 d0f 650 5b0 f6f b50 f08 b9e 597 7ab 02f f83
94f 70c 569 a76 a5b 990 b02 745 d98 88d 085 939 058 d66 d20 c3c 25e 09d b69 37c 74d 570 5a5 76f f25 54b d8b 0aa 879
d5e d61 ba2 f7c 781 b16 a44 d8f f59 f2f 68b 960 58f b48 984 80a 854 80f d49 b0f b7c 33d 477 7a8 85a 564 923 d91 657
7b6 2bc a4d b56 d85 96d f5c f65 97b 07a 89f 99c 064 760 073 742 65a 081 395 55f c89 e1a b5f 59a 966 588 d07 847 268
459 768 b86 a08 69d 83b b9b 786 c54 b78 56d 8ae 375 0b7 d7d 7a0 b30 850 a0a c7a 3ad 54d b94 561 795 b8f e47 457 08e
16c d4b a70 74f e70 828 187 c04 0a8 82d 56b 996 969 f01 099 40f e44 b6d a64 06a 764 e68 9a5 679 585 3a0 19f 870 f87
77b 67d 87e b3a 65c 692 935 a04 96f a8d 62d b74 f7a 94b f3a b2d 85d 647 38c 79b 974 d0b 76a 45c 88a d0d e16 9ac a46
a37 553 04c a59 483 a20 c76 c6f 98f c58 09b c96 9a1 c4e c8d 04f d34 68d c5c e3d b1b f61 b28 f7e d78 a80 7a6 c5a 078
96b e89 36e 909 c41 097 549 74a 34b 849 e5a e5d 844 948
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


def class_colour(index: int) -> str:
    """The colour of a class, #rrggbb, on both themes; after 256 classes they begin again."""
    return ALL_COLOURS[index % len(ALL_COLOURS)]
