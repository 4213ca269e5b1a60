"""A fuzzer of every file that comes from outside: `make fuzz ARGS="--seed 1 --count 2500"`.

Each case takes a valid file, damages it in one to three ways, and reads it with the program's own functions in a
separate process. They may succeed, or raise UserError with one printable line. Everything else is a finding: another
exception, output on stderr, too much memory or time, or a crash. The seed and the case's number decide everything.

`TARGETS` in `tools.targets` lists the kinds of files. A new kind is one more entry.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import random
import resource
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from explorer import errors
from tools import harm
from tools.targets import TARGETS

MOST_BYTES = 10**9  # memory above the start of a case
MOST_SECONDS = 10.0  # of processor time
PATIENCE = 60.0  # seconds until a case counts as hanging; generous, because the machine may be busy
ADDRESSES = 6 * 10**9  # bytes of address space of the process: stops a runaway
COMMAND = [sys.executable, "-c", "from tools.fuzz import _answer; _answer()"]


# ---- the reading process ----------------------------------------------------------------------


def _answer() -> None:
    """Reads a target's name and a path per line from stdin, and writes each result as a JSON line."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # all output counts as output on stderr
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    for line in sys.stdin:
        name, path = json.loads(line)
        before, started = _memory("VmRSS"), time.process_time()
        Path("/proc/self/clear_refs").write_text("5")  # resets the peak of memory
        outcome, words = "read", ""
        try:
            TARGETS[name].read(Path(path))
        except errors.UserError as error:
            outcome, words = "refused", str(error)
        except BaseException as error:
            trace = error.__traceback__
            while trace.tb_next:
                trace = trace.tb_next
            where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
            outcome, words = "raised", f"{type(error).__name__} in {where}: {error}"[:500]
        used = _memory("VmHWM") - before
        seconds = time.process_time() - started
        answers.write(json.dumps([outcome, words, used, seconds]) + "\n")


def _memory(name: str) -> int:
    """A size from proc(5)'s status, in bytes."""
    text = Path("/proc/self/status").read_text()
    return 1024 * int(next(line.split()[1] for line in text.splitlines() if line.startswith(name)))


class Reader:
    """A process that reads files. After a crash, a new one is started."""

    def __init__(self) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115, open as long as we run
        self._process: subprocess.Popen | None = None

    def read(self, name: str, path: Path) -> tuple[str, str, int, float]:
        """The result: "read", "refused", "raised" or "broke"; the message; bytes of memory; seconds."""
        if self._process is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._said}
            self._process = subprocess.Popen(COMMAND, cwd=Path(__file__).parent.parent, text=True, bufsize=1, **pipes)
        self._said.seek(0, os.SEEK_END)
        begin = self._said.tell()
        self._process.stdin.write(json.dumps([name, str(path)]) + "\n")
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            answered = selector.select(PATIENCE)
        line = self._process.stdout.readline() if answered else ""
        self._said.seek(begin)
        said = self._said.read().decode(errors="replace").strip()
        if not line:
            status = "hangs" if not answered else f"status {self._process.wait()}"
            self.close()
            return "broke", f"{status}: {said[-300:]}", 0, 0.0
        outcome, words, used, seconds = json.loads(line)
        return (outcome, words, used, seconds) if not said else ("raised", f"on stderr: {said[:500]}", used, seconds)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None


# ---- cases ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """The result for one damaged file.

    Attributes:
        number: number of the case; with the seed, it decides everything.
        target: one of `TARGETS`.
        harms: how the file was damaged.
        outcome, words, used, seconds: see `Reader.read`.
        wrong: why it is a finding; empty if it is none.
    """

    number: int
    target: str
    harms: list[str]
    outcome: str
    words: str
    used: int
    seconds: float
    wrong: str


def run_case(reader: Reader, seed: int, number: int, names: list[str], scratch: Path) -> Case:
    """Makes one sample in an empty folder, damages it, and reads it."""
    chance = random.Random(f"{seed}/{number}")
    name = names[number % len(names)]
    target = TARGETS[name]
    scratch.mkdir()
    path, done = target.make(scratch), []
    is_folder = path.is_dir()
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        how = chance.choice(target.harms)
        done.append(how.__name__)
        how(path, chance)
        if not (path.is_dir() if is_folder else path.is_file()):
            break
    outcome, words, used, seconds = reader.read(name, path)
    wrong = ""
    if outcome not in ("read", "refused"):
        wrong = outcome
    elif words and errors.printable(words) != words:
        wrong = "not one printable line"
    elif len(words) > 1000 + 2 * len(str(path)):
        wrong = "a line too long to be read"
    elif used > MOST_BYTES:
        wrong = f"{used / 1e9:.1f} GB"
    elif seconds > MOST_SECONDS:
        wrong = f"{seconds:.1f} s"
    return Case(number, name, done, outcome, words, used, seconds, wrong)


def fuzz(seed: int, numbers: range, names: list[str], report: Callable[[Case], None], keep: Path | None = None) -> None:
    """Runs cases one after the other.

    Args:
        names: names in `TARGETS`, used in turn.
        report: is called with each case.
        keep: a folder for the files of findings.
    """
    reader = Reader()
    try:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
            for number in numbers:
                folder = Path(scratch) / str(number)
                case = run_case(reader, seed, number, names, folder)
                if case.wrong and keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    subprocess.run(["cp", "-a", "--", folder, keep], check=True)
                harm.remove(folder)
                report(case)
    finally:
        reader.close()


def main() -> int:
    """Prints findings as they occur, and counts at the end. The exit status is 1 if there were any."""
    parser = argparse.ArgumentParser(prog="tools.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--count", type=int, default=2500, metavar="N", help="cases (%(default)s)")
    parser.add_argument("--only", type=int, metavar="N", help="one case, by its number")
    parser.add_argument("--targets", default=",".join(TARGETS), metavar="A,B", help="(all)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="for the files of findings")
    options = parser.parse_args()
    names = options.targets.split(",")
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"unknown target '{unknown[0]}': known are {', '.join(TARGETS)}")
    numbers = range(options.count) if options.only is None else range(options.only, options.only + 1)
    counts, findings, most, longest = collections.Counter(), [], 0, 0.0

    def report(case: Case) -> None:
        nonlocal most, longest
        counts[case.target, case.outcome] += 1
        most, longest = max(most, case.used), max(longest, case.seconds)
        if case.wrong or options.only is not None:
            print(f"case {case.number}: {case.target}, {' + '.join(case.harms)}: {case.wrong or case.outcome}")
            print(f"    {errors.printable(case.words)}")
        if case.wrong:
            findings.append(case)
            chosen = "" if options.targets == ",".join(TARGETS) else f" --targets '{options.targets}'"
            print(f"    again: python -m tools.fuzz --seed {options.seed} --only {case.number}{chosen}", flush=True)

    started = time.monotonic()
    fuzz(options.seed, numbers, names, report, options.keep)
    for name in names:
        each = {outcome: counts[name, outcome] for outcome in ("read", "refused", "raised", "broke")}
        print(f"{name:>12}: " + ", ".join(f"{number} {outcome}" for outcome, number in each.items() if number))
    print(
        f"seed {options.seed}: {len(numbers)} files, {len(findings)} findings, {time.monotonic() - started:.0f} s; "
        f"at most {most / 1e6:.0f} MB and {longest:.1f} s for one"
    )
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
