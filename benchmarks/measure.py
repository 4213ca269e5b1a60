"""The measurements, one function each. They return figures in ms, s or MB, of the program and of a naive one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tkinter as tk
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import psutil

from explorer.analysis.outline import caught
from explorer.decoding import grid, keras_runtime
from explorer.files.writing import write_arrays
from explorer.session.state import MapState, SharedState
from explorer.space import view
from explorer.space.card import CARD, CODES, DECODER, write_card
from explorer.space.folder import WEIGHTS, open_space, shipped_and_trained, sums
from explorer.window.map.map_panel import MapPanel
from tests.screen import Program, Screen

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = WEIGHTS / "autoencoder"


def python(screen: Screen | None, *arguments: str):
    """The parsed output of `python -m ...`."""
    environment = os.environ | ({"DISPLAY": screen.name} if screen else {})
    command = [sys.executable, "-m", *arguments]
    result = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    return json.loads(result.stdout)


def percentiles(values) -> dict[str, float]:
    return {f"p{q}": round(float(np.percentile(values, q)), 3) for q in (50, 95, 99)}


def with_points(folder: Path, points: int) -> Path:
    """A copy of the bundled space with only this many of its points, evenly spaced."""
    space = open_space(SHIPPED)
    shutil.copytree(SHIPPED, folder)
    kept = slice(None, None, len(space.codes) // points)
    write_arrays(folder / CODES, codes=space.codes[kept], labels=space.labels[kept], rows=space.rows[kept])
    write_card(folder, space.card | {"files": sums(folder)})
    return folder


@contextlib.contextmanager
def opened(screen: Screen, script: str, folder: Path = SHIPPED) -> Iterator[Program]:
    """A program on the screen, at rest, with its decoder ready and its images read; closed at the end."""
    with tempfile.TemporaryDirectory() as scratch:
        program = Program(screen, script, ["--weights", str(folder)], Path(scratch) / "trace.jsonl")
        program.wait_for("window")
        if script == "ae.py":
            program.wait_for("live")
        strip = lambda: program.events("strip")[-1:]  # noqa: E731
        program.wait(lambda: any(shown["rows"] or "no images" in shown["text"] for shown in strip()), "the real images")
        program.settle()
        time.sleep(1)
        yield program
        program.finish()


def answer(program: Program, event: str, act: Callable[[], None]) -> dict:
    """The first event of this name after `act`."""
    before = len(program.events(event))
    act()
    return program.wait(lambda: program.events(event)[before:], event)[0]


def milliseconds(act: Callable[[], object]) -> float:
    """The time that `act` takes, in ms."""
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def sweep(program: Program, events: int, interval: float, where: str = "map") -> list[dict]:
    """Moves the mouse over a map on a smooth path, an event every `interval` s; returns the frames."""
    x, y, width, height = program.layout()[where]
    before = len(program.events("hover"))
    for step in np.arange(events) * interval:  # about 600 pixels a second
        px = x + width * (0.5 + 0.45 * np.sin(1.7 * step))
        py = y + height * (0.5 + 0.45 * np.sin(2.3 * step + 1))
        program.screen.move(px, py)
        time.sleep(interval)
    program.settle()
    return program.events("hover")[before:]


def hover(screen: Screen, seconds: float = 6.0, naive_events: int = 15) -> dict:
    """The time from motion event to pixels, in ms, with an ordinary and a fast mouse; and of a naive program.

    With an ordinary mouse the processor sleeps between events, and every frame starts cold.
    """
    figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        for points in (10_000, 70_000):
            folder = with_points(Path(scratch) / str(points), points)
            for script in ("ae.py", "ae_precomp.py"):
                with opened(screen, script, folder) as program:
                    for rate in (125, 1000):
                        sweep(program, 100, 1 / rate)
                        frames = sweep(program, int(seconds * rate), 1 / rate)
                        figures[f"{script} {points} at {rate} Hz"] = percentiles([frame["ms"] for frame in frames])
            naive = percentiles(python(screen, "benchmarks.naive", str(points), str(naive_events)))
            figures[f"naive {points}"] = naive
            for rate in (125, 1000):
                ours = figures[f"ae.py {points} at {rate} Hz"]["p50"]
                figures[f"ratio {points} at {rate} Hz"] = round(naive["p50"] / ours, 1)
    for rate in (125, 1000):
        few, many = (figures[f"ae.py {points} at {rate} Hz"]["p50"] for points in (10_000, 70_000))
        figures[f"70,000 to 10,000 points at {rate} Hz"] = round(many / few, 2)
    return figures


def draw(screen: Screen, strokes: int = 12, events: int = 90) -> dict:
    """The time from a move of the pen to its result on the map, with reconstruction, gauge and neighbours, in ms."""
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

        stroke(0)
        gauged = lambda: program.events("drawing")[-1].get("oddness") is not None  # noqa: E731
        program.wait(gauged, "the gauge")
        program.settle()
        time.sleep(1)
        before = len(program.events("drawing"))
        for turn in range(strokes):
            screen.click(left + 88, top + height - 20)  # Clear
            stroke(turn)
            program.settle()
        frames = [frame["ms"] for frame in program.events("drawing")[before:] if frame.get("oddness") is not None]
    return {"frames": len(frames), "stroke to map": percentiles(frames)}


def start(screen: Screen, runs: int = 7) -> dict:
    """The time from the start of the process to the usable window and to the live decoder, in s; medians."""
    seconds: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        seconds.setdefault(name, []).append(value)

    with tempfile.TemporaryDirectory() as scratch:
        for run in range(runs):
            note("bare window", python(screen, "benchmarks.bare", "window"))
            note("bare keras", python(screen, "benchmarks.bare", "keras"))
            for script in ("ae.py", "ae_precomp.py"):
                program = Program(screen, script, [], Path(scratch) / f"{script}{run}.jsonl")
                note(f"{script} window", program.wait_for("window")["t"])
                if script == "ae.py":
                    note("ae.py live", program.wait_for("live")["t"])
                program.settle()
                program.finish()
    figures = {name: round(float(np.median(values)), 3) for name, values in seconds.items()}
    for script in ("ae.py", "ae_precomp.py"):
        figures[f"ratio {script} window"] = round(figures[f"{script} window"] / figures["bare window"], 2)
    figures["ratio live"] = round(figures["ae.py live"] / figures["bare keras"], 2)
    return figures


def stall(screen: Screen, runs: int = 5, interval: float = 0.01) -> dict:
    """The longest pause between two hover frames while Keras loads and the mouse moves, in ms."""
    longest = []
    with tempfile.TemporaryDirectory() as scratch:
        for run in range(runs):
            program = Program(screen, "ae.py", [], Path(scratch) / f"{run}.jsonl")
            x, y, width, height = program.wait_for("window")["map"]
            step = 0
            while not program.events("live"):
                screen.move(x + 10 + step % (width - 20), y + height // 2)
                step += 3
                time.sleep(interval)
            moments = [event["t"] for event in program.events() if event["event"] in ("window", "hover", "live")]
            longest.append(max(np.diff(moments)) * 1000)
            program.settle()
            program.finish()
    return {"median of the longest": round(float(np.median(longest)), 1), "worst": round(max(longest), 1)}


def grid_computation(nodes: int = 180, sample: int = 40) -> dict:
    """The time for a whole grid in batches, in s, and for one `predict` per node, measured on a sample."""
    space = open_space(SHIPPED)
    decoder = keras_runtime.load_decoder(SHIPPED / DECODER, space.image_shape)
    extent = grid.extent_for(view.default_limits(space.places))
    started = time.perf_counter()
    grid.compute(decoder, extent, nodes, "")
    ours = time.perf_counter() - started
    naive = python(None, "benchmarks.naive", "grid", str(sample)) / sample * nodes**2
    return {"ours s": round(ours, 3), "naive s": round(naive, 1), "ratio": round(naive / ours)}


def redraw(screen: Screen, times: int = 60) -> dict:
    """The time for a full redraw of 70,000 points after a zoom or a resize, in ms."""
    space = open_space(SHIPPED)
    os.environ["DISPLAY"] = screen.name
    root = tk.Tk()
    root.geometry("860x700")
    state = MapState(space)
    unheard = dict.fromkeys(("hovered", "changed", "clicked", "selected"), lambda *told: None)
    panel = MapPanel(root, state, SharedState(), **unheard)
    panel.pack(fill="both", expand=True)
    root.update()
    figures = {}
    for name in ("zoom", "resize"):

        def turned(turn: int, name: str = name) -> None:
            if name == "zoom":
                state.zoom(state.cursor, 1.25 if turn % 20 < 10 else 0.8)
            else:
                root.geometry(f"{860 + 7 * (turn % 9)}x{700 + 5 * (turn % 7)}")
            root.update()

        figures[name] = percentiles([milliseconds(partial(turned, turn)) for turn in range(times)])
    root.destroy()
    return figures


def lasso(screen: Screen, times: int = 25) -> dict:
    """The time from the release of the button to the end of the redraw, in ms, for a lasso of 100 corners around most
    of 70,000 points and around a few; and the part for finding the points inside."""
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

        for name, share in (("most", 0.45), ("few", 0.05)):
            spent = []
            for turn in range(times):
                angles = np.linspace(0, 2 * np.pi, 100) + turn
                radii = min(width, height) * share * (1 + 0.1 * np.sin(7 * angles))
                path = np.stack([x + width / 2 + radii * np.cos(angles), y + height / 2 + radii * np.sin(angles)], 1)
                spent.append(answer(program, "selection", partial(draw_around, path))["ms"])
                program.settle()
            figures[f"{name}, to the end of the redraw"] = percentiles(spent)
            middle, size = np.array([(a0 + a1) / 2, (b0 + b1) / 2]), min(a1 - a0, b1 - b0) * share
            outline = middle + size * np.stack([np.cos(angles), np.sin(angles)], 1)
            inside = partial(caught, space, outline, limits, None)
            figures[f"{name}, what lies inside"] = percentiles([milliseconds(inside) for _ in range(times)])
    return figures


def colours(screen: Screen, rounds: int = 6) -> dict:
    """The time from a key to the last pixel of another colouring or background, in ms, for each of them."""
    spent: dict[str, list[float]] = {}
    with opened(screen, "ae_precomp.py") as program:
        for event, key, choices in (("colouring", "c", 4), ("background", "b", 4)):
            for turn in range(choices * (rounds + 1)):
                shown = answer(program, event, partial(screen.key, key))
                if turn >= choices:  # by then everything is computed
                    spent.setdefault(f"{event} {shown['name']}", []).append(shown["ms"])
    return {name: percentiles(values) for name, values in spent.items()}


def switch(screen: Screen, rounds: int = 3) -> dict:
    """The time from the choice of another space to its map drawn and its first picture decoded, in ms: for spaces that
    are shown for the first time, and again for cached ones."""
    figures = {}
    others = len(shipped_and_trained()) - 1
    for script in ("ae.py", "ae_precomp.py"):
        spent: dict[str, list[float]] = {"first": [], "again": []}
        for _ in range(rounds):
            with opened(screen, script) as program:
                for turn in range(2 * (others + 1)):
                    lives = len(program.events("live"))
                    shown = answer(program, "space", partial(screen.key, "Next"))
                    if script == "ae.py":
                        program.wait(lambda: program.events("live")[lives:], "its live decoder")  # noqa: B023
                    program.settle()
                    if turn != others:  # not the way back to the first one
                        spent["first" if turn < others else "again"].append(shown["ms"])
        for name, values in spent.items():
            p50, most = round(float(np.median(values)), 1), round(max(values), 1)
            figures[f"{script}, {name}"] = {"p50": p50, "max": most, "switches": len(values)}
    return figures


def memory(screen: Screen, events: int = 20_000) -> dict:
    """Resident memory at rest, and its growth over this many motion events, in MB."""
    figures = {}
    for script in ("ae.py", "ae_precomp.py"):
        with opened(screen, script) as program:
            process = psutil.Process(program.process.pid)
            x, y, width, height = program.layout()["map"]
            rest = process.memory_info().rss / 1e6
            sweep(program, 300, 0.004)
            warm = process.memory_info().rss / 1e6
            for step in range(events):
                screen.move(x + 5 + step % (width - 10), y + 5 + (step // 7) % (height - 10))
                time.sleep(0.0015)
            program.settle()
            growth, frames = process.memory_info().rss / 1e6 - warm, len(program.events("hover"))
            figures[script] = {"at rest": round(rest), "growth": round(growth, 1), "frames": frames}
    return figures


def watch(screen: Screen, pairs: int = 8) -> dict:
    """Images per second of a real training of the bundled network, watched by a window and not. The window is stopped
    in every other epoch, because a machine's speed varies more from one training to the next than the expected
    effect."""
    seconds: dict[bool, list[float]] = {False: [], True: []}
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(scratch) / "a.partial"
        options = ["--epochs", "1000", "--neighbour-weight", "0", "--out", str(Path(scratch) / "a")]
        training = subprocess.Popen(
            [sys.executable, str(ROOT / "model.py"), "train", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

        def next_epoch() -> float:
            """Waits for the end of an epoch. Returns the time at which its card was written."""
            before = os.stat(run / CARD).st_mtime
            while (written := os.stat(run / CARD).st_mtime) == before:
                time.sleep(0.02)
            return written

        while not (run / CARD).exists():
            time.sleep(0.1)
        with opened(screen, "ae.py", run) as program:
            written = next_epoch()
            for turn in range(2 * pairs):
                watched = turn % 2 == 1
                program.process.send_signal(signal.SIGCONT if watched else signal.SIGSTOP)
                began, written = written, next_epoch()
                seconds[watched].append(written - began)
        training.send_signal(signal.SIGINT)
        training.wait()
    alone, followed = (60_000 / float(np.median(seconds[watched])) for watched in (False, True))
    return {
        "alone, images/s": round(alone),
        "watched, images/s": round(followed),
        "slowdown, %": round(100 * (1 - followed / alone), 1),
    }


def training(rounds: int = 2) -> dict:
    """Images per second of our loop and of Keras's `fit`, alternating, for two sizes; and the share of the machine's
    peak."""
    from benchmarks.training import SIZES, operations_per_image

    peak = max(python(None, "benchmarks.training", "peak") for _ in range(rounds))
    figures = {"matrix-multiply peak, GFLOP/s": round(peak / 1e9)}
    for size, hidden in SIZES.items():
        speeds: dict[str, list[float]] = {"ours": [], "keras": []}
        for _ in range(rounds):
            for what, found in speeds.items():
                found.append(python(None, "benchmarks.training", what, size))
        ours, keras = (max(found) for found in speeds.values())
        share = operations_per_image(hidden) / peak
        figures[f"{size}: {'-'.join(map(str, hidden))}"] = {
            "ours images/s": round(ours),
            "Keras fit images/s": round(keras),
            "ratio": round(ours / keras, 2),
            "ours of the peak": round(ours * share, 2),
            "Keras fit of the peak": round(keras * share, 2),
        }
    return figures
