"""Colours of the light and the dark theme, and of the classes on both."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

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
MOST_COLOURS = 256  # then they begin again
STANDING_OUT = 2.3  # the least contrast of a further colour to either canvas; a lower one leaves dots too dark
COLOURFUL = 0.05  # the least chroma of a further colour
# Ottosson: A perceptual color space for image processing. 2020. Linear RGB to LMS; its cube roots to OKLab.
TO_LMS = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
TO_LAB = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])


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


@functools.cache
def step_colours(theme: str, steps: int) -> list[str]:
    """The colours of a continuous quantity from low to high, #rrggbb each."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colour) for colour in colormaps["viridis"](np.linspace(*STEPS_OF_VIRIDIS[theme], steps))]


@functools.cache
def background_colours(theme: str, steps: int) -> list[str]:
    """The colours of what is painted behind the dots, from low to high, #rrggbb each."""
    low, high = (_rgb(colour) for colour in BACKGROUNDS[theme])
    levels = np.rint(low + (high - low) * np.linspace(0, 1, steps)[:, None]).astype(int)
    return ["#{:02x}{:02x}{:02x}".format(*level) for level in levels]


def class_colour(index: int) -> str:
    """The colour of a class, #rrggbb, on both themes."""
    if index < len(CLASS_COLOURS):
        return CLASS_COLOURS[index]
    return _many_colours()[index % MOST_COLOURS]


@functools.cache
def _many_colours() -> list[str]:
    """The ten, then always the colour that is farthest from all before it; takes 20 ms.

    Glasbey et al.: Colour displays for categorical images. Color Research & Application 32(4), 2007.
    """
    levels = np.arange(0, 256, 17)
    candidates = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 3)
    luminance, lab = _seen(candidates)
    dark, light = (_seen(_rgb(THEMES[name].canvas))[0] + 0.05 for name in ("dark", "light"))  # as in WCAG 2.2
    usable = (luminance + 0.05 >= STANDING_OUT * dark) & (luminance + 0.05 <= light / STANDING_OUT)
    usable &= np.hypot(*lab.T[1:]) >= COLOURFUL
    candidates, lab = candidates[usable], lab[usable]
    colours = list(CLASS_COLOURS)
    distances = np.full(len(lab), np.inf)  # of each candidate to the nearest colour that was taken
    for colour in colours:
        distances = np.minimum(distances, np.linalg.norm(lab - _seen(_rgb(colour))[1], axis=1))
    while len(colours) < MOST_COLOURS:
        farthest = int(distances.argmax())
        colours.append("#{:02x}{:02x}{:02x}".format(*candidates[farthest]))
        distances = np.minimum(distances, np.linalg.norm(lab - lab[farthest], axis=1))
    return colours


def _rgb(colour: str) -> np.ndarray:
    """#rrggbb as (3,) levels, 0..255."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])


def _seen(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Relative luminance, (...), 0..1, and OKLab coordinates, (..., 3), of sRGB levels (..., 3), 0..255."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722), np.cbrt(linear @ TO_LMS.T) @ TO_LAB.T
