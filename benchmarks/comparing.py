"""Two maps of 70,000 points each: opening the second one, hovering, and the morph; with a naive program."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measure import SHIPPED, answer, opened, percentiles, python, sweep
from explorer.space.folder import shipped_and_trained
from tests.screen import Screen

OTHER = "pca"


def compare(screen: Screen, seconds: float = 6.0, naive_events: int = 15, plays: int = 6) -> dict:
    """The time from the choice of a second space to both maps drawn, and from a motion event to the pixels of both, in
    ms; and the frames per second of a morph."""
    figures = {}
    others = [name for name in shipped_and_trained() if name != SHIPPED.name]
    naive = percentiles(python(screen, "benchmarks.naive", "compare", str(naive_events)))
    for script in ("ae.py", "ae_precomp.py"):
        with opened(screen, script) as program:
            spent = []
            for _ in others:  # v opens the next one, and closes it
                spent.append(answer(program, "compare", lambda: screen.key("Next", "Shift_L"))["ms"])
                program.settle()
                screen.key("v")
                program.settle()
            p50, most = round(float(np.median(spent)), 1), round(max(spent), 1)
            figures[f"{script} opening"] = {"p50": p50, "max": most, "openings": len(spent)}
            screen.key("v")
            program.wait(lambda: program.events("compare")[-1]["name"], "a comparison")
            if script == "ae.py":
                program.wait(lambda: any(live.get("map") for live in program.events("live")), "both decoders")
            program.settle()
            time.sleep(3)  # neighbours are compared, an encoder is loaded
            for where, name in (("map", "first"), ("second", "second")):
                for rate in (125, 1000):
                    sweep(program, 100, 1 / rate, where)
                    frames = sweep(program, int(seconds * rate), 1 / rate, where)
                    figures[f"{script} hover {name} at {rate} Hz"] = percentiles([frame["ms"] for frame in frames])
            if script == "ae.py":
                figures["naive hover"] = naive
                figures["ratio hover"] = round(naive["p50"] / figures["ae.py hover first at 125 Hz"]["p50"], 1)
                for _ in range(plays):
                    answer(program, "morph", lambda: screen.key("m"))
                    program.settle()
                played = program.events("morph")
                rates = [play["frames"] / play["seconds"] for play in played]
                figures["morph"] = {
                    "points": played[0]["points"],
                    "frames/s, median": round(float(np.median(rates)), 1),
                    "frames/s, least": round(min(rates), 1),
                }
                figures["naive morph"] = percentiles(python(screen, "benchmarks.naive", "morph", str(naive_events)))
                figures["ratio morph"] = round(float(np.median(rates)) * figures["naive morph"]["p50"] / 1000, 1)
    return figures
