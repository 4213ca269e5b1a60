"""Two maps of 70,000 points each: opening the second one, hovering over either, and the morph; beside the naive way."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measure import SHIPPED, opened, percentiles, python, sweep
from explorer.space.folder import shipped_and_trained
from tests.screen import Screen

OTHER = "pca"


def compare(screen: Screen, seconds: float = 6.0, naive_events: int = 15, plays: int = 6) -> dict:
    """From the choice of a second space to both maps drawn, and from a motion event to the pixels of both, in ms; the
    frames of a morph in a second."""
    figures = {}
    others = [name for name in shipped_and_trained() if name != SHIPPED.name]
    naive = percentiles(python(screen, "benchmarks.naive", "compare", str(naive_events)))
    with tempfile.TemporaryDirectory() as scratch:
        for script in ("ae.py", "ae_precomp.py"):
            spent = []
            program = opened(screen, script, SHIPPED, Path(scratch))
            for _ in others:  # v opens the next one, and closes it
                before = len(program.events("compare"))
                screen.key("Next", "Shift_L")
                event = program.wait(lambda: program.events("compare")[before:], "a comparison")[0]  # noqa: B023
                spent.append(event["ms"])
                program.settle()
                screen.key("v")
                program.settle()
            figures[f"{script} opening"] = {
                "p50": round(float(np.median(spent)), 1),
                "max": round(max(spent), 1),
                "openings": len(spent),
            }
            screen.key("v")
            program.wait(lambda: program.events("compare")[-1]["name"], "a comparison")  # noqa: B023
            if script == "ae.py":
                program.wait(lambda: any(live.get("map") for live in program.events("live")), "both decoders")  # noqa: B023
            program.settle()
            time.sleep(3)  # neighbours are compared, an encoder is loaded
            for where in ("map", "second"):
                for rate in (125, 1000):
                    sweep(program, 100, 1 / rate, where)
                    frames = sweep(program, int(seconds * rate), 1 / rate, where)
                    name = "first" if where == "map" else "second"
                    figures[f"{script} hover {name} at {rate} Hz"] = percentiles([frame["ms"] for frame in frames])
            if script == "ae.py":
                ours = figures["ae.py hover first at 125 Hz"]["p50"]
                figures["naive hover"] = naive
                figures["ratio hover"] = round(naive["p50"] / ours, 1)
                for _ in range(plays):
                    before = len(program.events("morph"))
                    screen.key("m")
                    program.wait(lambda: program.events("morph")[before:], "the end of a morph")  # noqa: B023
                    program.settle()
                played = program.events("morph")
                rates = [play["frames"] / play["seconds"] for play in played]
                figures["morph"] = {
                    "points": played[0]["points"],
                    "frames/s, median": round(float(np.median(rates)), 1),
                    "frames/s, least": round(min(rates), 1),
                }
                alone = percentiles(python(screen, "benchmarks.naive", "morph", str(naive_events)))
                figures["naive morph"] = alone
                figures["ratio morph"] = round(float(np.median(rates)) * alone["p50"] / 1000, 1)
            program.finish()
    return figures
