"""What else users do: redraws, selections, colourings, other spaces, drawing a digit; and the grid."""

from __future__ import annotations

import os
import time
import tkinter as tk
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.driving import SCRIPTS, SHIPPED, answer, milliseconds, opened, python
from benchmarks.figures import Figures, add, percentiles
from explorer.analysis.outline import caught
from explorer.decoding import grid, keras_runtime
from explorer.session.state import MapState, SharedState
from explorer.spaces import view
from explorer.spaces.card import DECODER
from explorer.spaces.folder import open_space, shipped_and_trained
from explorer.window.map.map_panel import MapPanel
from tests.screen import Screen


def redraw(screen: Screen, rounds: int, times: int = 20) -> Figures:
    """A full redraw of 70,000 points after a zoom or a resize, in ms."""
    figures: Figures = {}
    os.environ["DISPLAY"] = screen.name
    root = tk.Tk()
    root.geometry("860x700")
    state = MapState(open_space(SHIPPED))
    unheard = dict.fromkeys(("hovered", "changed", "clicked", "selected"), lambda *told: None)
    MapPanel(root, state, SharedState(), **unheard).pack(fill="both", expand=True)
    root.update()

    def zoom(turn: int) -> None:
        state.zoom(state.cursor, 1.25 if turn % 20 < 10 else 0.8)
        root.update()

    def resize(turn: int) -> None:
        root.geometry(f"{860 + 7 * (turn % 9)}x{700 + 5 * (turn % 7)}")
        root.update()

    for _ in range(rounds):
        for act in (zoom, resize):
            spent = [milliseconds(partial(act, turn)) for turn in range(times)]
            p50, p95 = np.percentile(spent, (50, 95))
            add(figures, act.__name__, {"p50": p50, "p95": p95})
    root.destroy()
    return figures


def lasso(screen: Screen, rounds: int, times: int = 8) -> Figures:
    """From the release of the button to the end of the redraw, for a lasso of 100 corners around most of 70,000 points
    and around a few; and the part for finding the points inside; in ms."""
    space, figures = open_space(SHIPPED), {}
    limits = a0, a1, b0, b1 = MapState(space).home
    with opened(screen, "ae_precomp.py") as program:
        x, y, width, height = program.layout()["map"]
        screen.key("s")

        def draw_around(path: np.ndarray) -> None:
            screen.move(*path[0])
            screen.press()
            for corner in path[1:]:
                screen.move(*corner)
                time.sleep(0.004)
            screen.release()

        for _ in range(rounds):
            for name, share in (("most points", 0.45), ("a few points", 0.05)):
                spent = []
                for turn in range(times):
                    angles = np.linspace(0, 2 * np.pi, 100) + turn
                    radii = min(width, height) * share * (1 + 0.1 * np.sin(7 * angles))
                    path = np.stack(
                        [x + width / 2 + radii * np.cos(angles), y + height / 2 + radii * np.sin(angles)], 1
                    )
                    spent.append(answer(program, "selection", partial(draw_around, path))["ms"])
                    program.settle()
                add(figures, name, percentiles(spent))
                middle, size = np.array([(a0 + a1) / 2, (b0 + b1) / 2]), min(a1 - a0, b1 - b0) * share
                outline = middle + size * np.stack([np.cos(angles), np.sin(angles)], 1)
                inside = partial(caught, space, outline, limits, None)
                add(figures, f"{name}, finding them", percentiles([milliseconds(inside) for _ in range(times)]))
    return figures


def colours(screen: Screen, rounds: int) -> Figures:
    """From a key to the last pixel of another colouring or background, in ms, after it was computed once."""
    figures: Figures = {}
    with opened(screen, "ae_precomp.py") as program:
        for event, key, choices in (("colouring", "c", 4), ("background", "b", 4)):
            for turn in range(choices * (rounds + 1)):
                shown = answer(program, event, partial(screen.key, key))
                if turn >= choices:  # by then everything is computed
                    add(figures, f"{event} {shown['name']}", {"time": shown["ms"]})
    return figures


def switch(screen: Screen, rounds: int, others: int | None = None) -> Figures:
    """From the choice of another space to its map drawn and decoded, for spaces shown for the first time and again;
    and to both maps drawn, where it is opened beside the first; in ms. Each round has `others` bundled spaces, by
    default all but the first."""
    figures: Figures = {}
    others = others or len(shipped_and_trained()) - 1

    def note(row: str, spent: list[float]) -> None:
        add(figures, row, {"p50": float(np.median(spent)), "slowest": max(spent), "times": len(spent)})

    for _ in range(rounds):
        for script in SCRIPTS:
            with opened(screen, script) as program:
                spent = []
                for key in (*others * ["Next"], *others * ["Prior"]):
                    lives = len(program.events("live"))
                    spent.append(answer(program, "space", partial(screen.key, key))["ms"])
                    if script == "ae.py":
                        program.wait(lambda: program.events("live")[lives:], "its live decoder")  # noqa: B023
                    program.settle()
                note(f"{script}, first time", spent[:others])
                note(f"{script}, again", spent[others:])
            with opened(screen, script) as program:
                spent = []
                for _ in range(others):  # v opens the next one, and closes it
                    spent.append(answer(program, "compare", partial(screen.key, "Next", "Shift_L"))["ms"])
                    program.settle()
                    screen.key("v")
                    program.settle()
                note(f"{script}, second map", spent)
    return figures


def draw(screen: Screen, rounds: int, strokes: int = 4, events: int = 90) -> Figures:
    """From a move of the pen to its place on the map, with reconstruction, gauge and neighbours, in ms."""
    figures: Figures = {}
    with opened(screen, "ae.py") as program:
        screen.key("d")
        x, y, side, _ = program.wait_for("drawing")["pad"]
        left, top, _, height = program.layout()["tabs"]

        def stroke(turn: int) -> None:
            angles = np.linspace(0, 6, events)
            path = np.stack([0.5 + 0.3 * np.sin(angles * (1 + turn % 3)), 0.5 - 0.35 * np.cos(angles)], axis=-1)
            screen.move(*(x + side * path[0, 0], y + side * path[0, 1]))
            screen.press()
            for a, b in path:
                screen.move(x + side * a, y + side * b)
                time.sleep(1 / 125)
            screen.release()

        gauged: Callable[[dict], bool] = lambda frame: frame.get("oddness") is not None  # noqa: E731
        stroke(0)
        program.wait(lambda: gauged(program.events("drawing")[-1]), "the gauge")
        program.settle()
        time.sleep(1)
        for _ in range(rounds):
            before = len(program.events("drawing"))
            for turn in range(strokes):
                screen.click(left + 88, top + height - 20)  # Clear
                stroke(turn)
                program.settle()
            frames = [frame["ms"] for frame in program.events("drawing")[before:] if gauged(frame)]
            add(figures, "stroke to map", percentiles(frames))
    return figures


def grid_computation(screen: Screen, rounds: int, nodes: int = 180, sample: int = 40) -> Figures:
    """A grid of 180 × 180 nodes in batches, in s; and with one `predict` per node, measured on a sample."""
    figures: Figures = {}
    space = open_space(SHIPPED)
    keras_runtime.process_is_ours = True  # TensorFlow is silent
    decoder = keras_runtime.load_decoder(SHIPPED / DECODER, space.image_shape)
    extent = grid.extent_for(view.default_limits(space.places))
    naive = python(None, "benchmarks.naive", "grid", str(sample)) / sample * nodes**2
    for _ in range(rounds):
        ours = milliseconds(lambda: grid.compute(decoder, extent, nodes, "")) / 1000
        add(figures, "grid", {"this program": ours, "naive": naive, "ratio": naive / ours})
    return figures
