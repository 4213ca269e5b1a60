"""Kills programs while they write, and checks that nothing is lost: `make kill ARGS="--kills 200 --seed 1"`.

Each trial forks a process that trains, computes a grid, draws a picture or exports, and ends it with SIGKILL: just
before a call that changes files, or after a random time. Then the old or the new result must open; the same command
must complete the work, with the same weights as an undisturbed run; and no half-written files may remain.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from explorer import cli  # noqa: E402
from explorer.analysis import exporting  # noqa: E402
from explorer.decoding import grid, keras_runtime  # noqa: E402
from explorer.files.arrays import read_arrays  # noqa: E402
from explorer.images import datasets  # noqa: E402
from explorer.session import workspace  # noqa: E402
from explorer.session.state import MapState, SharedState  # noqa: E402
from explorer.spaces import following  # noqa: E402
from explorer.spaces.card import CARD, DECODER, ENCODER  # noqa: E402
from explorer.spaces.folder import WEIGHTS, check_file, check_network, open_space  # noqa: E402
from explorer.spaces.latent_space import LatentSpace  # noqa: E402
from explorer.training import cli as model  # noqa: E402
from tests.spaces import make_space  # noqa: E402

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir")  # Python's audit events
LONGEST = 300.0  # seconds of one process
IMAGES = 60
Found = Callable[[bool], None]


# ---- processes -----------------------------------------------------------------------------------


def in_process(
    work: Callable[[], object], log: Path, call: int = 0, seconds: float = LONGEST
) -> tuple[int | None, int]:
    """Runs some work in a fork of this process.

    Args:
        log: gets its output.
        call: kills it before this file-changing call, counted from 1; 0: never.
        seconds: kills it after this time.

    Returns:
        Its exit status, None if it was killed; and the number of its calls, if it was not.
    """
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        status, calls = 1, 0

        def hook(event: str, arguments: tuple) -> None:
            nonlocal calls
            if event in CHANGES or (event == "open" and (arguments[2] or 0) & os.O_CREAT):
                calls += 1
                if calls == call:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.stdout = sys.stderr = open(log, "a", buffering=1)  # noqa: SIM115, the process ends with it
            sys.addaudithook(hook)
            status = int(work() or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            os.write(writing, str(calls).encode())
            os._exit(status)
    os.close(writing)
    timer = threading.Timer(seconds, os.kill, (process, signal.SIGKILL))
    timer.start()
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    timer.cancel()
    with os.fdopen(reading) as pipe:
        calls = int(pipe.read() or 0)
    return (None if status == -signal.SIGKILL else status), calls


# ---- work and checks ------------------------------------------------------------


class Work:
    """Something that writes files into its own folder.

    Attributes:
        name: its name in reports.
    """

    name: str

    def __init__(self, store: Path) -> None:
        """Makes the files that all trials need in `store`."""

    def prepare(self, home: Path, chance: random.Random) -> None:
        """Puts the old result into an empty folder."""

    def do(self, home: Path) -> int | None:
        """Does the work; a later call completes it. Returns an exit status."""
        raise NotImplementedError

    def check_killed(self, home: Path) -> None:
        """Raises an exception if something was lost by a kill."""

    def check_done(self, home: Path) -> None:
        """Raises an exception if the completed work is not as it should be."""


class Training(Work):
    """A training run, with or without an older result."""

    def __init__(self, store: Path) -> None:
        self.source = store / "images.npz"
        if not self.source.exists():
            mnist = datasets.load("mnist")
            count = IMAGES // 3
            splits = {"x_train": mnist.x_train[:IMAGES], "y_train": mnist.y_train[:IMAGES]}
            np.savez(self.source, **splits, x_test=mnist.x_test[:count], y_test=mnist.y_test[:count])
        self.old = make_space(store / f"{self.name} old", image_shape=(4, 4), n=20, title="old").folder
        self.reference: dict[str, np.ndarray] = {}

    choices: dict[str, object]

    def prepare(self, home: Path, chance: random.Random) -> None:
        if chance.random() < 0.5:
            shutil.copytree(self.old, home / "x")

    def do(self, home: Path) -> None:
        model.train(home / "x", resume=True, source=str(self.source), **self.choices)

    def check_killed(self, home: Path) -> None:
        names = [path.name for path in home.iterdir()]
        if "x" in names or "x.previous" in names:
            check_whole(following.opened(home / "x", open_space))

    def check_done(self, home: Path) -> None:
        space = open_space(home / "x")
        check_whole(space)
        assert space.title != "old" and "run" not in space.card, "it is not the new one"
        assert {path.name for path in home.iterdir()} == {"x"}, sorted(home.iterdir())
        names = {path.name for path in space.folder.iterdir()}
        assert names == {CARD, *space.card["files"]}, f"it holds {names}"
        found = weights(space.folder)
        self.reference = self.reference or found
        same = found.keys() == self.reference.keys()
        assert same and all(np.array_equal(found[name], self.reference[name]) for name in found), "other weights"


class Fitted(Training):
    name = "training (PCA)"
    choices: ClassVar = {"space": "pca"}


class InEpochs(Training):
    name = "training (autoencoder)"
    choices: ClassVar = {"space": "autoencoder-plain", "epochs": 3, "hidden": (8,), "batch_size": 30}


class Grids(Work):
    """`ae_precomp.py --rebuild`, with a picture."""

    name = "grid"

    def prepare(self, home: Path, chance: random.Random) -> None:
        shutil.copytree(WEIGHTS / "pca", home / "x")

    def do(self, home: Path) -> int:
        rebuild = ["--rebuild", "--resolution", "8", "--size", "640x400"]
        return cli.main_grid(["--weights", str(home / "x"), *rebuild, "--snapshot", str(home / "picture.png")])

    def check_killed(self, home: Path) -> None:
        space = open_space(home / "x")
        for name in (DECODER, ENCODER):
            check_network(space, name)

    def check_done(self, home: Path) -> None:
        space = open_space(home / "x")
        check_whole(space)
        assert grid.load(space).shape == (8, 8)
        check_picture(home / "picture.png")
        check_no_rest(home)


class Pictures(Work):
    """`ae_precomp.py --snapshot` over an older picture."""

    name = "picture"

    def __init__(self, store: Path) -> None:
        self.space = make_space(store / "picture space", image_shape=(8, 8), n=200).folder

    def prepare(self, home: Path, chance: random.Random) -> None:
        (home / "picture.png").write_bytes(b"old")

    def do(self, home: Path) -> int:
        arguments = ["--weights", str(self.space), "--size", "640x400"]
        return cli.main_grid([*arguments, "--snapshot", str(home / "picture.png")])

    def check_killed(self, home: Path) -> None:
        if (home / "picture.png").read_bytes() != b"old":
            check_picture(home / "picture.png")

    def check_done(self, home: Path) -> None:
        check_picture(home / "picture.png")
        check_no_rest(home)


class Exports(Work):
    """The exports of a selection and a workspace, over older ones."""

    name = "export"
    NAMES = ("a.csv", "a.npz", "a.json")

    def __init__(self, store: Path) -> None:
        space = make_space(store / "export space", image_shape=(4, 4), n=500)
        self.table = exporting.table(space, space.rows)
        self.workspace = workspace.taken(MapState(space), SharedState("light"))

    def prepare(self, home: Path, chance: random.Random) -> None:
        for name in self.NAMES:
            (home / name).write_bytes(b"old")

    def do(self, home: Path) -> None:
        exporting.write_csv(home / "a.csv", self.table)
        exporting.write_npz(home / "a.npz", self.table)
        workspace.save(home / "a.json", self.workspace)

    def check_killed(self, home: Path) -> None:
        for name in self.NAMES:
            if (home / name).read_bytes() != b"old":
                self._check(home / name)

    def check_done(self, home: Path) -> None:
        for name in self.NAMES:
            self._check(home / name)
        check_no_rest(home)

    def _check(self, path: Path) -> None:
        if path.suffix == ".csv":
            assert path.read_text().count("\n") == len(self.table["index"]) + 1
        elif path.suffix == ".npz":
            assert np.array_equal(read_arrays(path)["codes"], self.table["codes"])
        else:
            assert workspace.read(path) == self.workspace


def check_whole(space: LatentSpace) -> None:
    for name in space.card["files"]:
        check_file(space.folder, space.card, name)


def check_picture(path: Path) -> None:
    from PIL import Image

    with Image.open(path) as picture:
        picture.load()
        assert picture.size == (640, 400)


def check_no_rest(home: Path) -> None:
    rest = [str(path.relative_to(home)) for path in home.rglob(".*")]
    assert not rest, f"left over: {', '.join(rest)}"


def weights(folder: Path) -> dict[str, np.ndarray]:
    """All weights of both networks, read without Keras, which must not run in a process that forks."""
    import h5py

    found: dict[str, np.ndarray] = {}
    for network in (ENCODER, DECODER):

        def keep(name: str, value, network: str = network) -> None:
            if isinstance(value, h5py.Dataset):
                found[f"{network} {name}"] = value[()]

        with zipfile.ZipFile(folder / network) as archive, h5py.File(archive.open("model.weights.h5")) as members:
            members.visititems(keep)
    return found


# ---- trials --------------------------------------------------------------------------------------


def trial(work: Work, home: Path, log: Path, chance: random.Random, calls: int, seconds: float) -> tuple[bool, str]:
    """Kills the work once, and does it again.

    Args:
        calls, seconds: calls and time of the undisturbed work.

    Returns:
        Whether it was killed before it was done; and what was wrong, empty if nothing was.
    """
    log.write_text("")
    work.prepare(home, chance)
    if chance.random() < 0.75:
        how = {"call": chance.randint(1, calls)}
    else:
        how = {"seconds": seconds - chance.uniform(0, min(1.0, seconds))}
    status, _ = in_process(lambda: work.do(home), log, **how)
    words = f"{work.name}, killed at {how}: "
    if status:
        return False, f"{words}exit status {status}\n{log.read_text()}"
    try:
        work.check_killed(home)
        log.write_text("")
        again, _ = in_process(lambda: work.do(home), log)
        assert again == 0, f"exit status {again} when it was done again\n{log.read_text()}"
        work.check_done(home)
    except Exception as error:
        return status is None, f"{words}{type(error).__name__}: {error}"
    return status is None, ""


def run(kills: int, seed: int, kinds: dict[type[Work], int], say: Callable[[str], None]) -> list[str]:
    """Runs trials of each kind of work, in proportion to their numbers. Returns a text for each failure."""
    chance, wrong = random.Random(seed), []
    keras_runtime.process_is_ours = True
    keras_runtime.import_keras()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        works = []
        for kind in kinds:
            store, home = Path(folder) / "store", Path(folder) / "home"
            store.mkdir(exist_ok=True)
            home.mkdir()
            work = kind(store)
            work.prepare(home, random.Random(0))
            started = time.monotonic()
            status, calls = in_process(lambda work=work, home=home: work.do(home), log)
            seconds = time.monotonic() - started
            if status != 0:
                return [f"{work.name} fails undisturbed: {log.read_text()}"]
            work.check_done(home)
            shutil.rmtree(home)
            works.append((work, calls, seconds))
            say(f"{work.name}: {calls} calls that change files, {seconds:.1f} s")
        done = dict.fromkeys((work.name for work, *_ in works), 0)
        for number, (work, calls, seconds) in enumerate(chance.choices(works, [*kinds.values()], k=kills)):
            if number and number % 20 == 0:
                say(f"{number} kills, {len(wrong)} failures")
            home.mkdir()
            killed, error = trial(work, home, log, chance, calls, seconds)
            shutil.rmtree(home)
            done[work.name] += killed
            if error:
                wrong.append(error)
                say(error)
        say(f"killed before the end: {', '.join(f'{name} {count}' for name, count in done.items())}")
    return wrong


KINDS = {Fitted: 5, InEpochs: 1, Grids: 2, Pictures: 3, Exports: 5}  # how often each is tried


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools.kill", description=__doc__.partition(":")[0])
    parser.add_argument("--kills", type=int, default=50, metavar="N", help="(50)")
    parser.add_argument("--seed", type=int, default=None, metavar="N", help="random seed")
    options = parser.parse_args()
    seed = random.randrange(2**32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    wrong = run(options.kills, seed, KINDS, lambda text: print(text, flush=True))
    print(f"{options.kills} kills, {len(wrong)} failures; seed {seed}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
