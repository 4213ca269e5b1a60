"""Names of classes on the map, each at the densest part of its class."""

from __future__ import annotations

import functools

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import Stroke
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from explorer.drawing.fonts import drawable, fonts_for, truncated
from explorer.drawing.themes import Theme
from explorer.spaces import view
from explorer.spaces.latent_space import LatentSpace, once_per_space

NODES = 64  # along each side of the default view, for counting points
SMOOTHED = 1.5  # standard deviation of the kernel in nodes
MOST = 250  # only the largest classes get names; more would never fit
LONGEST = 20  # letters of a name
SIZE, OUTLINE = 12, 3.5  # points
APART = 3  # points between two names
ABOVE = 4  # in the order of drawing: above all points


class ClassNames:
    """Names on the axes, as many as fit, those of the largest classes first.

    Args:
        axes: of the map.
    """

    def __init__(self, axes: Axes) -> None:
        self._axes = axes
        self._pool: list[tuple[Text, Text]] = []  # outline and text apart: together they would not be text in an SVG
        self._names: list[str] = []
        self.shown: list[int] = []  # classes whose names are shown

    def show_space(self, space: LatentSpace) -> None:
        """Sets the names of a space and their places in its default view; `place` shows them."""
        self._classes, self._places = where_named(space)
        names = [truncated(space.class_names[index], LONGEST) for index in self._classes]
        families, missing = fonts_for("".join(names))
        self._names = [drawable(name, missing).strip() for name in names]
        self._font = FontProperties(family=families, size=SIZE, weight="bold")

    def place(self, limits: view.Limits, size: tuple[float, float], left_out: frozenset[int]) -> None:
        """Shows the names that fit.

        Args:
            limits: of the axes, in latent units.
            size: of the axes in points.
            left_out: classes without a name.
        """
        a0, a1, b0, b1 = limits
        at = (self._places - (a0, b0)) / (a1 - a0, b1 - b0) * size  # (n, 2) points
        taken, chosen = np.empty((0, 4)), []
        for index in np.flatnonzero(((at > 0) & (at < size)).all(axis=1)):
            name = self._names[index]
            if not name or self._classes[index] in left_out:
                continue
            half = np.array(_extent(name, self._font)) / 2 + APART / 2
            box = np.concatenate([at[index] - half, at[index] + half])
            inside = (box[:2] >= 0).all() and (box[2:] <= size).all()
            if inside and not ((box[:2] < taken[:, 2:]) & (box[2:] > taken[:, :2])).all(axis=1).any():
                taken = np.vstack([taken, box])
                chosen.append(index)
        self.shown = [int(self._classes[index]) for index in chosen]
        self._write(chosen)

    def _write(self, chosen: list[int]) -> None:
        while len(self._pool) < len(chosen):
            style = {"ha": "center", "va": "center", "parse_math": False, "clip_on": True}
            self._pool.append(tuple(self._axes.text(0, 0, "", zorder=order, **style) for order in (ABOVE, ABOVE + 0.1)))
            self._colour(*self._pool[-1])
        for number, pair in enumerate(self._pool):
            for text in pair:
                text.set_visible(number < len(chosen))
                if number < len(chosen):
                    index = chosen[number]
                    text.set(text=self._names[index], position=self._places[index], font=self._font)

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        for pair in self._pool:
            self._colour(*pair)

    def _colour(self, outline: Text, text: Text) -> None:
        outline.set_color(self._theme.canvas)
        outline.set_path_effects([Stroke(linewidth=OUTLINE, foreground=self._theme.canvas, joinstyle="round")])
        text.set_color(self._theme.ink)


@once_per_space
def where_named(space: LatentSpace) -> tuple[np.ndarray, np.ndarray]:
    """The classes that get names, the largest first, (m,) integers, and their places in the default view, (m, 2)
    float64."""
    counts = np.bincount(space.labels, minlength=len(space.class_names))[: len(space.class_names)]
    order = np.argsort(-counts, kind="stable")[:MOST]
    classes = order[counts[order] > 0]
    return classes, densest(space.places, space.labels, classes, view.home(space))


def densest(places: np.ndarray, labels: np.ndarray, classes: np.ndarray, limits: view.Limits) -> np.ndarray:
    """The densest place of each class, (len(classes), 2) float64, in data coordinates; NaN for a class without points
    within the limits.

    Args:
        places: of all points, (n, 2).
        labels: (n,) integers.
        classes: the classes to locate.
        limits: only points within them count.
    """
    a0, a1, b0, b1 = limits
    position = np.full(max(int(labels.max(initial=0)), int(classes.max(initial=0))) + 1, -1)
    position[classes] = np.arange(len(classes))
    counted = view.inside(places, limits) & (position[labels] >= 0)
    which, node = position[labels[counted]], (places[counted] - (a0, b0)) / (a1 - a0, b1 - b0) * NODES
    column, row = np.minimum(node.astype(np.intp).T, NODES - 1)
    cells = len(classes) * NODES**2
    sums = np.bincount((which * NODES + row) * NODES + column, minlength=cells)[:cells].astype(np.float32)
    kernel = _kernel()
    best = (kernel @ sums.reshape(-1, NODES, NODES) @ kernel).reshape(len(classes), NODES**2)
    row, column = np.divmod(best.argmax(axis=1), NODES)
    found = np.stack([a0 + (column + 0.5) / NODES * (a1 - a0), b0 + (row + 0.5) / NODES * (b1 - b0)], axis=-1)
    found[best.max(axis=1) == 0] = np.nan
    return found


@functools.cache
def _kernel() -> np.ndarray:
    """Smooths along one axis, (NODES, NODES) float32."""
    distances = np.subtract.outer(np.arange(NODES), np.arange(NODES))
    weights = np.exp(-0.5 * (distances / SMOOTHED) ** 2) * (abs(distances) <= 4 * SMOOTHED)
    return weights.astype(np.float32)


@functools.lru_cache(maxsize=1024)
def _extent(name: str, font: FontProperties) -> tuple[float, float]:
    """Width and height of a name in points."""
    width, height, _ = text_to_path.get_text_width_height_descent(name, font, ismath=False)
    return width, height
