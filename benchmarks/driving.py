"""Runs programs on a virtual screen, moves the mouse over them, and reads their traces."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.competent import TITLE
from explorer.files.writing import write_arrays
from explorer.images import datasets
from explorer.spaces.card import CODES, DECODER, ENCODER, write_card
from explorer.spaces.folder import WEIGHTS, open_space, sums
from tests.screen import Program, Screen

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = WEIGHTS / "autoencoder"
SCRIPTS = "ae.py", "ae_precomp.py"
DECODERS = {"live": "ae.py", "grid": "ae_precomp.py"}
RATES = 125, 1000  # mouse events per second: an ordinary mouse and a fast one


def python(screen: Screen | None, *arguments: str):
    """The parsed output of `python -m ...`."""
    environment = os.environ | ({"DISPLAY": screen.name} if screen else {})
    command = [sys.executable, "-m", *arguments]
    result = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    return json.loads(result.stdout)


def with_points(folder: Path, points: int) -> Path:
    """A copy of the bundled space with only this many of its points, evenly spaced."""
    space = open_space(SHIPPED)
    shutil.copytree(SHIPPED, folder)
    kept = slice(None, None, len(space.codes) // points)
    write_arrays(folder / CODES, codes=space.codes[kept], labels=space.labels[kept], rows=space.rows[kept])
    write_card(folder, space.card | {"files": sums(folder)})
    return folder


@contextlib.contextmanager
def opened(screen: Screen, script: str, folder: Path = SHIPPED) -> Iterator[Program]:
    """A program on the screen, at rest, with its decoder ready and its images read; closed at the end."""
    with tempfile.TemporaryDirectory() as scratch:
        program = Program(screen, script, ["--weights", str(folder)], Path(scratch) / "trace.jsonl")
        program.wait_for("window")
        if script == "ae.py":
            program.wait_for("live")
        strip = lambda: program.events("strip")[-1:]  # noqa: E731
        program.wait(lambda: any(shown["rows"] or "no images" in shown["text"] for shown in strip()), "the real images")
        program.settle()
        time.sleep(1)
        yield program
        program.finish()


class Competent(Program):
    """The competent program, which is driven as ours is."""

    def window(self):
        return self.screen.window(TITLE, self.process.pid)


@contextlib.contextmanager
def competent(screen: Screen, what: str, points: int, decoder: str) -> Iterator[Program]:
    """The competent program beside ours on the screen, at rest; closed at the end."""
    with tempfile.TemporaryDirectory() as scratch:
        arguments = [what, str(points), decoder]
        program = Competent(screen, "benchmarks/competent.py", arguments, Path(scratch) / "trace.jsonl", path=ROOT)
        program.wait_for("window")
        program.settle()
        yield program
        program.finish()


def answer(program: Program, event: str, act: Callable[[], None]) -> dict:
    """The first event of this name after `act`."""
    before = len(program.events(event))
    act()
    return program.wait(lambda: program.events(event)[before:], event)[0]


def milliseconds(act: Callable[[], object]) -> float:
    """The time that `act` takes, in ms."""
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def path_over(box: list[int], rate: int) -> Iterator[tuple[float, float]]:
    """A smooth path over a box on the screen, about 600 pixels a second; a place for each of `rate` events a second."""
    x, y, width, height = box
    step = 0
    while True:
        seconds = step / rate
        yield (
            x + width * (0.5 + 0.45 * np.sin(1.7 * seconds)),
            y + height * (0.5 + 0.45 * np.sin(2.3 * seconds + 1)),
        )
        step += 1


def sweep(program: Program, events: int, rate: int, where: str = "map") -> list[dict]:
    """Moves the mouse over a map, with `rate` events a second. Returns what the trace says of it."""
    before = len(program.events())
    for _, place in zip(range(events), path_over(program.layout()[where], rate), strict=False):
        program.screen.move(*place)
        time.sleep(1 / rate)
    program.settle()
    return program.events()[before:]


def times(events: list[dict], field: str = "picture_ms") -> list[float]:
    """The ms of hover frames: until crosshair and picture are shown, or everything (`ms`)."""
    return [event[field] for event in events if event["event"] == "hover"]


def in_dimensions(folder: Path, dimensions: int) -> Path:
    """A space of all 70,000 images of MNIST by PCA in so many dimensions, made in seconds."""
    from explorer.decoding import keras_runtime

    keras_runtime.process_is_ours = True  # TensorFlow is silent
    keras_runtime.import_keras()
    from explorer.training.models.base import Config
    from explorer.training.models.pca import PCA
    from explorer.training.run import save_network

    space, images = open_space(SHIPPED), datasets.load("mnist")
    kind = PCA(Config(latent_dim=dimensions), space.image_shape)
    kind.build()
    kind.fit(images.x_train, images.y_train)
    codes = kind.encoder.predict(images.images(space.rows).astype(np.float32) / 255, batch_size=1000, verbose=0)
    folder.mkdir(parents=True)
    write_arrays(folder / CODES, codes=codes, labels=space.labels, rows=space.rows)
    for network, name in ((kind.encoder, ENCODER), (kind.decoder, DECODER)):
        save_network(network, folder / name)
    write_card(
        folder,
        {"kind": "pca", "title": f"PCA in {dimensions} dimensions", "data": space.card["data"]}
        | {"files": sums(folder)},
    )
    return folder
