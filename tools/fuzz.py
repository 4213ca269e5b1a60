"""A fuzzer of every file that comes from outside: `make fuzz ARGS="--seed 1 --count 2500"`.

Each case takes a valid file, damages it in one to three ways, and reads it with the program's own functions in a
separate process. They may succeed, or raise UserError with one printable line. Everything else is a finding: another
exception, output on stderr, too much memory or time, or a crash. The seed and the case's number decide everything.

`TARGETS` lists the kinds of files. A new kind is one more entry.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import os
import random
import resource
import selectors
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from explorer import errors
from explorer.analysis.metrics import in_words
from explorer.decoding import grid
from explorer.files.writing import write_arrays
from explorer.images import handwriting
from explorer.session import state, workspace
from explorer.space import following
from explorer.space.card import CARD, CODES, GRID, HISTORY, read_card, write_card
from explorer.space.catalogue import Catalogue
from explorer.space.folder import check_decoder, open_space, sums
from explorer.space.latent_space import LatentSpace
from tests.spaces import make_space
from tools import harm

MOST_BYTES = 10**9  # memory above the start of a case
MOST_SECONDS = 10.0  # of processor time
PATIENCE = 60.0  # seconds until a case counts as hanging; generous, because the machine may be busy
ADDRESSES = 6 * 10**9  # bytes of address space of the process: stops a runaway
COMMAND = [sys.executable, "-c", "from tools.fuzz import _answer; _answer()"]
POINTS, SHAPE = 60, (8, 8)


@dataclass(frozen=True)
class Target:
    """A kind of file.

    Attributes:
        make: writes a valid sample into an empty folder; returns the file or folder to damage.
        read: reads it like the program.
        harms: ways to damage it, see `tools.harm`.
    """

    make: Callable[[Path], Path]
    read: Callable[[Path], object]
    harms: tuple[harm.Harm, ...]


# ---- samples -------------------------------------------------------------------------------------


def _space(folder: Path) -> LatentSpace:
    columns = {"weight": np.arange(float(POINTS)), "place": np.array(["here", "there"] * (POINTS // 2))}
    run = {"run": {"epoch": 2, "epochs": 5, "losses": {"rebuilt": [0.5, 0.25]}}, "metrics": {"mse": 0.1}}
    return make_space(folder / "space", SHAPE, tuple("abcd"), n=POINTS, columns=columns, more=run)


def _card(folder: Path) -> Path:
    return _space(folder).folder / CARD


def _codes(folder: Path) -> Path:
    return _space(folder).folder / CODES


def _grid(folder: Path) -> Path:
    return _space(folder).folder / GRID


def _history(folder: Path) -> Path:
    path = _space(folder).folder / HISTORY
    losses = {"loss_rebuilt": np.linspace(1, 0.5, 5, dtype=np.float32)}
    write_arrays(path, epochs=np.arange(5, dtype=np.int32), codes=np.zeros((5, 9, 2), np.float16), **losses)
    _vouch(path)
    return path


def _workspace(folder: Path) -> Path:
    space = _space(folder)
    shared = state.SharedState()
    shared.pin(3)
    shared.select(np.arange(5))
    workspace.save(folder / "workspace.json", workspace.taken(state.MapState(space), shared))
    return folder / "workspace.json"


def _checkpoint(folder: Path) -> Path:
    path = folder / "out.partial" / "checkpoint.npz"
    path.parent.mkdir()
    settings = {"space": "pca", "source": "mnist", "seed": 0, "config": {"latent_dim": 2, "grid_resolution": 24}}
    progress = {"epoch": 1, "losses": {"rebuilt": [0.5]}, "seconds": 1.5, "fingerprint": "0" * 64}
    texts = {"settings": np.array(json.dumps(settings)), "progress": np.array(json.dumps(progress))}
    np.savez(path, **texts, state_0=np.ones((8, 2), np.float32), state_1=np.zeros(2, np.float32))
    return path


def _images() -> tuple[np.ndarray, np.ndarray]:
    return np.random.default_rng(0).integers(0, 256, (20, *SHAPE), np.uint8), np.arange(20, dtype=np.uint8) % 3


def _npz(folder: Path) -> Path:
    images, labels = _images()
    names = {"class_names": np.array(["ant", "bee", "cat"]), "weight": np.arange(20.0)}
    np.savez_compressed(folder / "data.npz", images=images, labels=labels, **names)
    return folder / "data.npz"


def _idx(folder: Path, gzipped: bool = False) -> Path:
    for kind, array in zip(("images-idx3", "labels-idx1"), _images(), strict=True):
        content = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()
        path = folder / f"train-{kind}-ubyte"
        path.write_bytes(gzip.compress(content) if gzipped else content)
    return folder / "train-images-idx3-ubyte"


def _gzipped_idx(folder: Path) -> Path:
    return _idx(folder, gzipped=True)


def _picture(end: str, mode: str = "L") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        ink = np.zeros((40, 50), np.uint8)
        ink[10:30, 20:28] = 255
        picture = Image.fromarray(ink.astype(np.uint16) * 257 if mode == "I;16" else ink)
        picture.convert(mode).save(folder / f"picture.{end}")
        return folder / f"picture.{end}"

    return make


def _pictures(folder: Path) -> Path:
    for number, (image, label) in enumerate(zip(*_images(), strict=True)):
        path = folder / "pictures" / f"class {label}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return folder / "pictures"


def _folder(folder: Path) -> Path:
    return _space(folder).folder


# ---- reading -------------------------------------------------------------------------------------


def _vouch(path: Path) -> None:
    """Writes the checksums of a space's files into its card, so that their content is read."""
    card = read_card(path.parent)
    write_card(path.parent, card | {"files": sums(path.parent)})


def _read_card(path: Path) -> None:
    _list(path.parent)
    card = read_card(path.parent)
    following.run_of(card)
    in_words(card["metrics"])
    write_card(path.parent, card)
    open_space(path.parent)


def _list(folder: Path) -> None:
    """Lists the spaces beside another one, like the menu. This must never fail."""
    other = folder.parent / "other"
    if not other.exists():
        make_space(other, SHAPE, n=POINTS)
    try:
        catalogue = Catalogue(other, makes_grids=False)
        catalogue.check()
        entries = catalogue.entries()
    except errors.UserError as error:
        raise AssertionError(f"the menu cannot be shown: {error}") from error
    if not any(entry.folder.name == "other" and not entry.wrong for entry in entries):
        raise AssertionError("a sound space beside a harmed one cannot be chosen")
    for entry in entries:
        (entry.label + entry.note).encode()


def _read_codes(path: Path) -> None:
    _vouch_or_not(path)
    space = open_space(path.parent)
    for row in (0, 7, -1):
        space.index_of(row)
    [str(value).encode() for values in space.columns.values() for value in values.tolist()]


def _read_grid(path: Path) -> None:
    _vouch_or_not(path)
    grid.load(open_space(path.parent))


def _read_history(path: Path) -> None:
    _vouch_or_not(path)
    following.completed(open_space(path.parent))


def _vouch_or_not(path: Path) -> None:
    if zlib.crc32(path.read_bytes()) % 10:  # else the checksum stays wrong, which is damage, too
        _vouch(path)


def _read_workspace(path: Path) -> None:
    kept = workspace.read(path)
    space = open_space(path.parent / "space")
    kept, notes = workspace.fitted(kept, space)
    workspace.apply(kept, state.MapState(space), state.SharedState())


def _read_checkpoint(path: Path) -> None:
    from explorer.training import run

    run.Folder(path.parent.with_name("out")).checkpoint()


def _load(path: Path) -> None:
    from explorer.images import datasets

    found = datasets.load(str(path))
    json.dumps([found.title, found.source, found.class_names], ensure_ascii=False).encode()


def _load_folder(path: Path) -> None:
    _load(path.parent if path.is_file() else path)


def _read_space(folder: Path) -> None:
    _list(folder)
    space = open_space(folder)
    check_decoder(space)
    grid.load(space)


NPZ = (*harm.BYTES, *harm.ZIP, *harm.NPZ)
JSON = (*harm.BYTES, *harm.JSON)
TARGETS: dict[str, Target] = {
    "card": Target(_card, _read_card, (*JSON, *harm.PLACES)),
    "workspace": Target(_workspace, _read_workspace, (*JSON, *harm.PLACES)),
    "codes": Target(_codes, _read_codes, NPZ),
    "grid": Target(_grid, _read_grid, NPZ),
    "history": Target(_history, _read_history, NPZ),
    "checkpoint": Target(_checkpoint, _read_checkpoint, (*NPZ, *harm.TEXTS, *harm.PLACES)),
    "data npz": Target(_npz, _load, (*NPZ, *harm.PLACES)),
    "idx": Target(_idx, _load_folder, (*harm.BYTES, *harm.IDX, *harm.PLACES)),
    "idx gzipped": Target(_gzipped_idx, _load_folder, (*harm.BYTES, *harm.GZIP, *harm.PLACES)),
    "png": Target(_picture("png", "RGBA"), handwriting.read, (*harm.BYTES, *harm.PLACES)),
    "palette": Target(_picture("png", "P"), handwriting.read, harm.BYTES),
    "16 bits": Target(_picture("png", "I;16"), handwriting.read, harm.BYTES),
    "jpeg": Target(_picture("jpg"), handwriting.read, harm.BYTES),
    "gif": Target(_picture("gif"), handwriting.read, harm.BYTES),
    "tiff": Target(_picture("tif"), handwriting.read, harm.BYTES),
    "webp": Target(_picture("webp"), handwriting.read, harm.BYTES),
    "bmp": Target(_picture("bmp"), handwriting.read, harm.BYTES),
    "pgm": Target(_picture("pgm"), handwriting.read, harm.BYTES),
    "pictures": Target(_pictures, _load, harm.FOLDER),
    "space": Target(_folder, _read_space, harm.FOLDER),
}


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
