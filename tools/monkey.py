"""Random events over the whole window: `make monkey ARGS="--seed 3 --events 10000"`.

Opens the real program on its own virtual screen. Sends it keys, clicks, drags and wheel turns on every widget, uses
menus and dialogs, and changes the window's size. Reports every line on stderr, a window that no longer responds (with
the stacks of all threads), a wrong exit status, and memory. The exit status is 1 after one of the first three.

The same seed gives the same choices; the times of events depend on the machine.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from PIL import Image

from tests.screen import Program
from tools.driven import COMPARISONS, Counting, Hangs
from tools.random_events import Monkey

PROGRAMS = {"live": "ae.py", "precomp": "ae_precomp.py"}
MB = 1e6
SITE = """
import faulthandler, os, signal
faulthandler.register(signal.SIGUSR1, open(os.environ["MONKEY_STACKS"], "w"), all_threads=True)
import tkinter
add_command = tkinter.Menu.add_command
def add_all_but_quit(menu, **options):
    add_command(menu, **options | ({"command": ""} if options["label"] == "Quit" else {}))
tkinter.Menu.add_command = add_all_but_quit
"""


@dataclass
class Report:
    """The result of a run; memory in bytes."""

    events: int = 0
    seconds: float = 0.0
    status: int | None = None
    stderr: str = ""
    hang: str = ""
    third: int = 0
    end: int = 0
    comparisons: list[int] = field(default_factory=list)
    last: list[str] = field(default_factory=list)
    traced: Counter[str] = field(default_factory=Counter)  # how often each event happened, by the trace

    @property
    def grown(self) -> float:
        """Growth of memory from the first third to the end, in MB."""
        return (self.end - self.third) / MB

    @property
    def grown_by_comparisons(self) -> float:
        """Growth of memory over the last five comparisons, in MB: all is loaded by then, on a slow machine too."""
        return (self.comparisons[-1] - self.comparisons[COMPARISONS // 2]) / MB if self.comparisons else 0.0

    @property
    def failed(self) -> bool:
        return bool(self.stderr or self.hang or self.status != 0)


def prepare(folder: Path) -> None:
    """Writes files that can be opened in dialogs into a folder."""
    (folder / "notes.txt").write_text("no workspace, no picture")
    (folder / "bad.json").write_text('{"format": 1')
    Image.new("L", (40, 30), 200).save(folder / "grey.png")


def run(script: str, seed: int, events: int, seconds: float, patience: float, compare: bool) -> Report:
    """Runs one program for this many events or seconds, whichever ends first."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="monkey-") as temporary, Counting() as screen:
        home = Path(temporary)
        folder = home / "in" / "a" / "deep" / "folder"
        folder.mkdir(parents=True)
        prepare(folder)
        (home / "sitecustomize.py").write_text(SITE)
        os.environ["MONKEY_STACKS"] = str(home / "stacks")
        before = Path.cwd()
        os.chdir(folder)
        try:
            program = Program(screen, script, [], home / "trace.jsonl", path=home)
        finally:
            os.chdir(before)
        process = psutil.Process(program.process.pid)
        memory = lambda: process.memory_info().rss  # noqa: E731
        monkey = Monkey(screen, program, folder, seed, patience)
        started = time.monotonic()
        try:
            program.wait_for("window")
            if script == PROGRAMS["live"]:
                program.wait_for("live")
            monkey.visit()
            screen.sent, begun = 0, time.monotonic()
            third = 0
            while screen.sent < events and time.monotonic() - begun < seconds:
                monkey.act()
                if not third and (screen.sent >= events / 3 or time.monotonic() - begun >= seconds / 3):
                    sent = screen.sent
                    monkey.rest()
                    third, screen.sent = memory(), sent
            report.events, report.third = screen.sent, third
            monkey.rest()
            report.end = memory()
            if compare:
                report.comparisons = monkey.compare_often(memory)
        except (Hangs, AssertionError) as hang:
            report.events = report.events or screen.sent
            if program.process.poll() is None:
                os.kill(program.process.pid, signal.SIGUSR1)
                time.sleep(2)
                stacks = (home / "stacks").read_text()
                program.process.kill()
                report.hang = f"{hang}\n{stacks}"
            else:
                report.hang = str(hang)
        except BaseException:
            program.process.kill()
            raise
        else:
            program.close()
        try:
            report.status = program.process.wait(patience)
        except Exception as late:
            report.hang = report.hang or f"it does not end: {late}"
            program.process.kill()
        report.stderr, report.seconds, report.last = program.stderr(), time.monotonic() - started, list(monkey.done)
        report.traced = Counter(event["event"] for event in program.events())
    return report


def tell(name: str, seed: int, report: Report) -> None:
    print(f"{name}, seed {seed}: {report.events:,} events in {report.seconds:.0f} s, exit status {report.status}")
    print(f"  memory at one third {report.third / MB:.0f} MB, at the end {report.end / MB:.0f} MB: {report.grown:+.0f}")
    print("  happened:", ", ".join(f"{name} {count}" for name, count in sorted(report.traced.items())))
    if report.comparisons:
        each = " ".join(f"{used / MB:.0f}" for used in report.comparisons)
        print(f"  memory over {COMPARISONS} comparisons: {each}; the last five {report.grown_by_comparisons:+.0f} MB")
    if report.stderr:
        print(f"  on stderr:\n{report.stderr}")
    if report.hang:
        print(f"  it hangs: {report.hang}")
    if report.failed:
        print("  the last that was done:", *report.last, sep="\n    ")
        print(f"  again: python -m tools.monkey --program {name} --seed {seed} --events {report.events}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.monkey", description="Random events over the whole window.")
    parser.add_argument("--program", choices=(*PROGRAMS, "both"), default="both")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="the longest time for each program")
    parser.add_argument("--patience", type=float, default=60, help="seconds until a window that is silent hangs")
    parser.add_argument("--no-comparisons", action="store_true", help="leave out the ten comparisons at the end")
    options = parser.parse_args(arguments)
    failed = False
    for name in PROGRAMS if options.program == "both" else (options.program,):
        report = run(
            PROGRAMS[name],
            options.seed,
            options.events,
            options.seconds,
            options.patience,
            not options.no_comparisons,
        )
        tell(name, options.seed, report)
        failed |= report.failed
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
