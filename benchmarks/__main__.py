"""Runs benchmarks, prints their tables, and writes the results to benchmarks/results/.

python -m benchmarks [--quick] [TOPIC ...]          runs all topics, or some
python -m benchmarks diff A.json B.json             compares two results
python -m benchmarks table RESULT.json [PAGE ...]   prints the tables in Markdown, or fills the pages with them
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from benchmarks import acting, figures, hovering, learning, starting
from benchmarks.figures import Figures
from explorer.errors import UserError
from tests.screen import Screen

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Topic:
    """What is measured together.

    Attributes:
        measure: takes a screen and the number of rounds.
        title: what is measured, with the unit.
        rounds, quick: how many times; the same for a quick run.
        shorter: other arguments of `measure` for a quick run.
    """

    measure: Callable[..., Figures]
    title: str
    rounds: int = 3
    quick: int = 1
    shorter: Mapping[str, object] = field(default_factory=dict)


BRIEF = {"seconds": 1.0}
TOPICS = {
    "hover": Topic(hovering.one_map, "one map, from the mouse event to the screen, ms", shorter=BRIEF),
    "compare": Topic(
        hovering.two_maps, "two maps of 70,000 points, from the mouse event to the screen, ms", shorter=BRIEF
    ),
    "morph": Topic(hovering.morph, "morph of 70,000 points, frames per second", shorter={"plays": 2}),
    "turn": Topic(
        hovering.turn,
        "a plane through 16 dimensions that turns, frames per second; hovering over it and over a flat map, ms",
        shorter=BRIEF,
    ),
    "start": Topic(starting.start, "from the start of the process, s", 7, 2),
    "first": Topic(hovering.first_seconds, "hovering in the first ten seconds, ms", 5),
    "memory": Topic(starting.memory, "resident memory, MB", shorter={"events": 3000}),
    "redraw": Topic(acting.redraw, "full redraw of 70,000 points, ms"),
    "switch": Topic(acting.switch, "from the choice of another space to the screen, ms", shorter={"others": 5}),
    "colours": Topic(acting.colours, "another colouring or background at 70,000 points, ms", 7),
    "lasso": Topic(acting.lasso, "selecting with a lasso among 70,000 points, ms"),
    "draw": Topic(acting.draw, "from a move of the pen to the screen, ms"),
    "grid": Topic(acting.grid_computation, "grid of 180 × 180 nodes, s"),
    "watch": Topic(learning.watch, "training while a window follows it, images per second", 8),
    "training": Topic(
        learning.training, "training without a neighbour loss, images per second", shorter={"sizes": ["shipped"]}
    ),
}


class Parser(argparse.ArgumentParser):
    """Its errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise UserError(message)


def main(arguments: list[str]) -> int:
    try:
        {"diff": diff, "table": table}.get(next(iter(arguments), ""), run)(arguments)
    except UserError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    return 0


def run(arguments: list[str]) -> None:
    topics = "\n".join(f"  {name:<10}{topic.title}" for name, topic in TOPICS.items())
    parser = Parser(
        prog="python -m benchmarks",
        usage=__doc__.partition("\n\n")[2].strip().replace("\n", "\n       "),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"topics:\n{topics}",
    )
    parser.add_argument("topics", metavar="TOPIC", nargs="*", help="what to measure; all by default")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: all topics in less than ten minutes")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.topics) - set(TOPICS)):
        raise UserError(f"unknown topic {', '.join(unknown)}: known are {', '.join(TOPICS)}")
    results = {
        "command": " ".join(["python -m benchmarks", *arguments]),
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine(),
        "cores": os.cpu_count(),
        "quick": options.quick,
        "topics": {},
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    failed = []
    with Screen() as screen:
        for name in options.topics or TOPICS:
            topic = TOPICS[name]
            rounds, shorter = (topic.quick, topic.shorter) if options.quick else (topic.rounds, {})
            started = time.monotonic()
            try:
                found = topic.measure(screen, rounds, **shorter)
            except UserError as error:  # such as a data set that cannot be downloaded; the others do not need it
                failed.append(f"{name}: {error}")
                continue
            seconds = round(time.monotonic() - started)
            about = {"title": topic.title, "rounds": rounds, "shorter": shorter, "seconds": seconds}
            results["topics"][name] = about | {"figures": found}
            path.write_text(json.dumps(results, indent=1) + "\n")  # also what is measured so far
            print(f"\n{topic.title}\n{figures.aligned(figures.table(found))}", flush=True)
    if results["topics"]:
        print(f"\n{path}")
    if failed:
        raise UserError("; ".join(failed))


def diff(arguments: list[str]) -> None:
    about = "Compares two results. B : A is the ratio of the medians; * marks figures whose ranges do not overlap."
    parser = Parser(prog="python -m benchmarks diff", description=about)
    for name in "AB":
        parser.add_argument(name, type=Path, metavar=f"{name}.json")
    options = parser.parse_args(arguments[1:])
    print(figures.aligned(figures.compared(figures.read(options.A), figures.read(options.B))))


def table(arguments: list[str]) -> None:
    about = "Prints the tables of a result in Markdown, or fills the pages that have places for them."
    parser = Parser(prog="python -m benchmarks table", description=about)
    parser.add_argument("result", type=Path, metavar="RESULT.json")
    parser.add_argument("pages", type=Path, nargs="*", metavar="PAGE")
    options = parser.parse_args(arguments[1:])
    results = figures.read(options.result)
    filled = {page: figures.filled(figures.text_of(page), results) for page in options.pages}
    for page, text in filled.items():
        page.write_text(text, encoding="utf-8")
    if not filled:
        tables = (
            f"## {topic['title']}\n\n{figures.markdown(topic['figures'])}" for topic in results["topics"].values()
        )
        print("\n\n".join([figures.about(results), *tables]))


def machine() -> str:
    """The processor's name."""
    cpuinfo = Path("/proc/cpuinfo")
    names = re.findall(r"^model name\s*: (.+)$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.exists() else []
    return next(iter(names), platform.processor() or platform.machine())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
