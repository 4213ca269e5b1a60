"""Training: beside a window that watches it, and beside Keras's `fit`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

from benchmarks.driving import ROOT, opened, python
from benchmarks.figures import Figures, add
from benchmarks.training import SIZES, operations_per_image
from explorer.spaces.card import CARD
from tests.screen import Screen


def watch(screen: Screen, rounds: int) -> Figures:
    """Images per second of a real training of the bundled network, watched by a window and not. The window is stopped
    in every other epoch, because a machine's speed varies more from one training to the next than the expected
    effect."""
    figures: Figures = {}
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
            for _ in range(rounds):
                speeds = []
                for what in (signal.SIGSTOP, signal.SIGCONT):
                    program.process.send_signal(what)
                    began, written = written, next_epoch()
                    speeds.append(60_000 / (written - began))
                alone, watched = speeds
                add(figures, "training", {"alone": alone, "watched": watched, "ratio": watched / alone})
        training.terminate()  # SIGINT is ignored where this runs in the background of a script
        training.wait()
    return figures


def training(screen: Screen, rounds: int, sizes: Collection[str] = tuple(SIZES)) -> Figures:
    """Images per second of our loop, of Keras's `fit` at its best, and of `fit` with its defaults; and the shares of
    the machine's peak. Each round measures all three."""
    figures: Figures = {}
    for _ in range(rounds):
        peak = python(None, "benchmarks.training", "peak")
        add(figures, "matrix products, GFLOP/s", {"this program": peak / 1e9})
        for size in sizes:
            ours, way, usual = (python(None, "benchmarks.training", what, size) for what in ("ours", "best", "fit"))
            best = max(way.pop("images/s"), usual)
            hidden = SIZES[size]
            share = operations_per_image(hidden) / peak
            found = {"this program": ours, "fit at its best": best, "ratio": ours / best}
            found |= {"of the peak": ours * share, "fit, of the peak": best * share}
            found |= {"fit by default": usual, "ratio to that": ours / usual}
            add(figures, "-".join(map(str, (784, *hidden, 2))), found | way)
    return figures
