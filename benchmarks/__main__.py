"""Runs the benchmarks, prints ratios, writes JSON to benchmarks/results/.

python -m benchmarks [hover] [start] [stall] [grid] [redraw] [colours] [switch] [lasso] [compare] [memory] [draw]
                     [oddness] [watch] [training]
"""

import json
import platform
import sys
import time
from pathlib import Path

from benchmarks import comparing, measure, novelty
from tests.screen import Screen

RESULTS = Path(__file__).resolve().parent / "results"
TOPICS = {
    "hover": (measure.hover, "motion event to pixels, ms"),
    "start": (measure.start, "start of the process to …, s"),
    "stall": (measure.stall, "longest stall of the window while Keras loads, ms"),
    "redraw": (measure.redraw, "full redraw of 70,000 points, ms"),
    "lasso": (measure.lasso, "selecting with a lasso among 70,000 points, ms"),
    "colours": (measure.colours, "change of colouring or background at 70,000 points, after first computing, ms"),
    "switch": (measure.switch, "from the choice of another space to its map drawn and decoded, ms"),
    "compare": (comparing.compare, "two maps of 70,000 points: opening, motion event to pixels, morph; ms"),
    "memory": (measure.memory, "resident memory, MB"),
    "draw": (measure.draw, "stroke to map, with reconstruction, gauge and neighbours shown, ms"),
    "grid": (measure.grid_computation, "grid of 180 × 180 nodes"),
    "oddness": (novelty.areas, "area under the ROC curve: MNIST's test images against others"),
    "watch": (measure.watch, "training of the shipped autoencoder while a window follows it, reconstruction alone"),
    "training": (measure.training, "training of the shipped autoencoder, reconstruction alone"),
}
WITHOUT_SCREEN = {"grid", "oddness", "training"}


def main(wanted: list[str]) -> int:
    if unknown := set(wanted) - set(TOPICS):
        print(f"benchmarks: unknown {', '.join(sorted(unknown))}: known are {', '.join(TOPICS)}", file=sys.stderr)
        return 2
    results = {"machine": platform.processor() or platform.machine(), "date": time.strftime("%Y-%m-%d")}
    with Screen() as screen:
        for topic in wanted or TOPICS:
            function, title = TOPICS[topic]
            figures = function() if topic in WITHOUT_SCREEN else function(screen)
            results[topic] = figures
            print(f"\n{title}")
            for name, value in figures.items():
                shown = "  ".join(f"{k} {v:g}" for k, v in value.items()) if isinstance(value, dict) else f"{value:g}"
                print(f"  {name:<38}{shown}", flush=True)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\n{path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
