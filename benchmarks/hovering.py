"""Hovering: one map, two maps, and the first ten seconds."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.driving import (
    DECODERS,
    RATES,
    SCRIPTS,
    answer,
    competent,
    in_dimensions,
    opened,
    path_over,
    python,
    sweep,
    times,
    with_points,
)
from benchmarks.figures import Figures, add, percentiles
from explorer.spaces.folder import WEIGHTS
from tests.screen import Program, Screen

POINTS = 10_000, 70_000
WARM_UP = 50  # events
BESIDE = 1300  # pixels: where a second window is on the screen
FIRST = 10.0  # seconds since the start of the process


def one_map(screen: Screen, rounds: int, seconds: float = 1.6, naive_events: int = 5) -> Figures:
    """From the mouse event to crosshair and picture, and to everything beside them, in ms: this program and the
    competent one alternate, with an ordinary and a fast mouse.

    With an ordinary mouse the processor sleeps between events, and every frame starts cold.
    """
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        for points in POINTS:
            folder = with_points(Path(scratch) / str(points), points)
            for decoder, script in DECODERS.items():
                with opened(screen, script, folder) as ours, competent(screen, "hover", points, decoder) as other:
                    for _ in range(rounds):
                        for rate in RATES:
                            row = f"{decoder}, {points:,} points, {rate} Hz"
                            add(figures, row, by_turns(ours, other, rate, seconds))
            spent = python(screen, "benchmarks.naive", str(points), str(naive_events))
            for rate in RATES:
                add(figures, f"live, {points:,} points, {rate} Hz", {"naive p50": float(np.median(spent))})
    return figures


def by_turns(ours: Program, other: Program, rate: int, seconds: float, where: str = "map") -> dict[str, float]:
    """One round of hovering over a map of both programs."""
    found: dict[str, float] = {}
    for name, program in (("ours ", ours), ("competent ", other)):
        sweep(program, WARM_UP, rate, where)
        events = sweep(program, round(seconds * rate), rate, where)
        found |= percentiles(times(events), name)
        if program is ours:
            found |= percentiles(times(events, "ms"), "beside ")
    return found | {f"ratio {p}": found[f"competent {p}"] / found[f"ours {p}"] for p in ("p50", "p99")}


def two_maps(screen: Screen, rounds: int, seconds: float = 1.6, naive_events: int = 5) -> Figures:
    """As `one_map`, with two maps of 70,000 points each."""
    figures: Figures = {}
    for decoder, script in DECODERS.items():
        with opened(screen, script) as ours, competent(screen, "compare", POINTS[-1], decoder) as other:
            beside(screen, ours, script)
            for _ in range(rounds):
                for rate in RATES:
                    for where, name in (("map", "first"), ("second", "second")):
                        found = by_turns(ours, other, rate, seconds, where)
                        add(figures, f"{decoder}, {rate} Hz, over the {name} map", found)
    spent = python(screen, "benchmarks.naive", "compare", str(naive_events))
    for rate in RATES:
        add(figures, f"live, {rate} Hz, over the first map", {"naive p50": float(np.median(spent))})
    return figures


def beside(screen: Screen, program: Program, script: str) -> None:
    """Opens a second map, and waits until everything that it prepares is there."""
    answer(program, "compare", lambda: screen.key("v"))
    if script == "ae.py":
        program.wait(lambda: any(live.get("map") for live in program.events("live")), "both decoders")
    program.settle()
    time.sleep(3)  # neighbours are compared, an encoder is loaded
    program.settle()


def morph(screen: Screen, rounds: int, plays: int = 3, frames: int = 15) -> Figures:
    """Frames per second of a morph between two maps of 70,000 points, and the dots that each frame draws."""
    figures: Figures = {}
    with opened(screen, "ae.py") as program:
        beside(screen, program, "ae.py")
        for _ in range(rounds):
            before = len(program.events("morph"))
            for _ in range(plays):
                answer(program, "morph", lambda: screen.key("m"))
                program.settle()
            played = program.events("morph")[before:]
            rates = [play["frames"] / play["seconds"] for play in played]
            found = {"dots": played[0]["points"], "median": float(np.median(rates)), "least": min(rates)}
            spent = 1000 / np.array(python(screen, "benchmarks.competent", "morph", str(frames)))
            found |= {"competent median": float(np.median(spent)), "competent least": float(spent.min())}
            add(figures, "morph", found | {"ratio": found["median"] / found["competent median"]})
    spent = python(screen, "benchmarks.naive", "morph", "5")
    add(figures, "morph", {"naive median": 1000 / float(np.median(spent))})
    return figures


def turn(screen: Screen, rounds: int, seconds: float = 1.6) -> Figures:
    """Frames per second while the plane of a space of 16 dimensions turns with 70,000 dots, and decodes what is under
    the mouse. Then the mouse hovers over such a plane and over a map of two dimensions, one after the other, in ms."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = in_dimensions(Path(scratch) / "pca", 16)
        with opened(screen, "ae.py", WEIGHTS / "pca") as flat, opened(screen, "ae.py", folder) as plane:
            flat.window().configure(x=BESIDE)
            flat.settle()
            x, y, width, height = plane.layout()["map"]
            for _ in range(rounds):
                before = len(plane.events("turn"))
                screen.move(x + width // 2, y + height // 3)
                answer(plane, "turn", lambda: screen.key("w"))
                plane.settle()  # at the last stop; the next round begins at the first one
                turned = plane.events("turn")[before:]
                rates = [each["frames"] / each["seconds"] for each in turned]
                found = {"dots": turned[0]["points"], "median": float(np.median(rates)), "least": min(rates)}
                add(figures, "turn", found)
                for rate in RATES:
                    spent: dict[str, float] = {}
                    for name, program in (("plane ", plane), ("map ", flat)):
                        sweep(program, WARM_UP, rate)
                        spent |= percentiles(times(sweep(program, round(seconds * rate), rate)), name)
                    ratios = {f"ratio {p}": spent[f"plane {p}"] / spent[f"map {p}"] for p in ("p50", "p99")}
                    add(figures, f"hover, {rate} Hz", spent | ratios)
    return figures


def first_seconds(screen: Screen, rounds: int) -> Figures:
    """Hovering while the window starts, until ten seconds after the start of the process, in ms: Keras, encoder, images
    and caches are loaded meanwhile. The pause is the longest time between two frames."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(rounds):
            for script in SCRIPTS:
                program = Program(screen, script, [], Path(scratch) / f"{script}{turn}.jsonl")
                window = program.wait_for("window")
                ends = time.monotonic() + FIRST - window["t"]
                for place in path_over(window["map"], RATES[0]):
                    screen.move(*place)
                    time.sleep(1 / RATES[0])
                    if time.monotonic() > ends:
                        break
                program.settle()
                frames = program.events("hover")
                found = percentiles(times(frames))
                pauses = np.diff([window["t"], *(frame["t"] for frame in frames)]) * 1000
                add(figures, script, found | {"slowest": max(times(frames)), "longest pause": max(pauses)})
                program.finish()
    return figures
