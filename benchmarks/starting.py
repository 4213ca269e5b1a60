"""The start of the programs, and their memory."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.driving import SCRIPTS, opened, python, sweep
from benchmarks.figures import Figures, add
from tests.screen import Program, Screen

MB = 1e6


def start(screen: Screen, rounds: int) -> Figures:
    """From the start of the process to the usable window and to the live decoder, in s, and the ratio to bare programs.
    Each round starts all of them."""
    figures: Figures = {}

    def note(row: str, seconds: float, bare: float) -> None:
        add(figures, row, {"this program": seconds, "bare": bare, "ratio": seconds / bare})

    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(rounds):
            window, keras = (python(screen, "benchmarks.bare", what) for what in ("window", "keras"))
            for script in SCRIPTS:
                program = Program(screen, script, [], Path(scratch) / f"{script}{turn}.jsonl")
                note(f"{script}, window", program.wait_for("window")["t"], window)
                if script == "ae.py":
                    note("ae.py, live decoder", program.wait_for("live")["t"], keras)
                program.settle()
                program.finish()
    return figures


def memory(screen: Screen, rounds: int, events: int = 10_000) -> Figures:
    """Resident memory at rest, beside that of a bare program with the same networks, and its growth over this many
    mouse moves, in MB."""
    figures: Figures = {}
    for _ in range(rounds):
        bare = python(None, "benchmarks.bare", "models")
        for script in SCRIPTS:
            with opened(screen, script) as program:
                resident = psutil.Process(program.process.pid).memory_info
                found = {"at rest": resident().rss / MB}
                if script == "ae.py":
                    found |= {"bare": bare, "ratio": found["at rest"] / bare}
                x, y, width, height = program.layout()["map"]
                sweep(program, 300, 250)
                warm = resident().rss / MB
                for step in range(events):
                    screen.move(x + 5 + step % (width - 10), y + 5 + (step // 7) % (height - 10))
                    time.sleep(0.0015)
                program.settle()
                found |= {"growth": resident().rss / MB - warm, "mouse moves": events}
                add(figures, script, found)
    return figures
