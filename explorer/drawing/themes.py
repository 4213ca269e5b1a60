"""Colours of the light and the dark theme, and of the classes on both."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb. `paper` is behind the window's widgets, `canvas` behind the points."""

    paper: str
    canvas: str
    ink: str
    faint: str
    lines: str
    crosshair: str
    good: str
    warning: str


THEMES = {
    "light": Theme("#fafafa", "#ffffff", "#1c1c1c", "#5f6368", "#e6e6e6", "#1c1c1c", "#0f7b0f", "#9d5d00"),
    "dark": Theme("#1c1c1c", "#141414", "#fafafa", "#a0a4a8", "#303030", "#fafafa", "#6ccb5f", "#fce100"),
}


def class_colour(index: int) -> str:
    """The colour of a class; classes beyond the tenth begin again."""
    return CLASS_COLOURS[index % len(CLASS_COLOURS)]
