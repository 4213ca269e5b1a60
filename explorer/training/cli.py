"""Trains and measures latent spaces from the command line.

python model.py train      a new space, in weights/my-<name>/
python model.py evaluate   the metrics of spaces, with linear maps and published results for comparison
python model.py apply      what spaces are good for: compression, anomaly detection and others, measured
python model.py compress   images as one small file of codes; decompress brings them back
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from explorer.decoding import grid, keras_runtime
from explorer.decoding.model_files import own_classes
from explorer.errors import NotAllowed, UserError
from explorer.files import locations, untrusted
from explorer.files.schema import AS_STORED
from explorer.images import datasets, inspecting
from explorer.images import options as data_options
from explorer.spaces.folder import folder_of, homes
from explorer.spaces.projection import MOST_DIMENSIONS
from explorer.training import embedding, evaluate, loop, need, run
from explorer.training.applying import archiving
from explorer.training.applying import run as applying
from explorer.training.applying.bench import add_space_to
from explorer.training.models import KINDS, kind
from explorer.training.models.base import Fitted, Trained
from explorer.training.terminal import PROGRAM, say

COMPLETE = -1  # agreed on by the machines in place of an epoch


# ---- training ------------------------------------------------------------------------------------


def train(out: Path, resume: bool = False, watch: bool = False, **choices: Any) -> Path | None:
    """Trains a space and puts its folder in place, complete or not at all.

    Args:
        out: the folder; an older space there is replaced when the new one is complete.
        resume: continue the unfinished run of that folder, if there is one. If there is none and the result is
            complete, do nothing.
        watch: open the explorer on the run.
        choices: `space`, `source`, `reading`, `seed`, and fields of the space's `Config`, where they differ from the
            defaults; with `resume` they must not differ from those of the run.

    Returns:
        The folder; None on a worker machine, because another machine writes the folder.

    Raises:
        UserError: the data or a folder cannot be used, the choices contradict the run, another run writes the folder,
            the disk is full, training diverged, or a package is not installed. The last good weights stay in
            `<out>.partial/`.
        KeyboardInterrupt: the run can be continued with `resume`.
    """
    evaluate.check_installed(*evaluate.NEEDED)
    folder, chief = run.Folder(out), loop.is_chief()
    try:
        if chief:
            folder.claim()
            if folder.settle():
                say(f"{folder.out} was already complete, and is now in place")
        return _train_into(folder, chief, resume, watch, choices)
    except NotAllowed as error:
        raise UserError(f"{error}. The checkpoint is kept: go on with the same command and --resume") from None
    finally:
        folder.release()


def _train_into(folder: run.Folder, chief: bool, resume: bool, watch: bool, choices: dict[str, Any]) -> Path | None:
    saved = folder.checkpoint() if resume and not folder.is_complete() else None
    if saved is not None:
        settings, progress, state = saved
        if settings.with_choices(choices) != settings:
            raise UserError(
                f"{folder.partial} was started with other settings: give the same ones, or leave out --resume"
            )
    else:
        settings = run.default_settings(choices.get("space", "autoencoder"), "mnist", 0).with_choices(choices)
        result = folder.result() if resume else None
        if result is not None and result.with_choices(choices) == result:
            if "TF_CONFIG" in os.environ:  # the other machines may not see it, and would wait for ever
                loop.check_agreement(loop.strategy(), COMPLETE)
            if not chief:
                return None
            say(f"{folder.out} is complete: there is nothing to resume")
            return folder.out
        progress, state = {"epoch": 0, "losses": {}, "seconds": 0.0}, None
    space, config = kind(settings.space), run.config_of(settings)
    dataset = datasets.load(settings.source, settings.reading)
    if chief:
        inspecting.tell(dataset, PROGRAM, say)
    if state is not None and progress["fingerprint"] != dataset.fingerprint:
        raise UserError(f"the images in {settings.source} are not the ones that {folder.partial} was trained on")
    progress["fingerprint"] = dataset.fingerprint
    space.check(config, dataset)
    needed = need.of(space, config, dataset)
    if state is None and "batch_size" not in choices and issubclass(space, Trained):
        usual = needed.usual_batch(config.batch_size)
        if usual != config.batch_size:
            say(f"batches of {usual} images: {config.batch_size} of this size would take too much memory")
        settings = settings.with_choices({"batch_size": usual})
        config = run.config_of(settings)
    need.check(needed, space, config, dataset)

    strategy = loop.strategy()
    loop.check_agreement(strategy, progress["epoch"])
    if chief:
        aside = None if state is not None else folder.start(keep=resume)
        if aside is not None:
            say(f"{PROGRAM}: the unfinished run in {folder.partial.name} was set aside as {aside.name}", error=True)
        folder.clean()
    started = time.monotonic() - progress["seconds"]
    if issubclass(space, Fitted):
        trainer = loop.Fit(space, config, dataset)
    else:
        targets = _targets(folder, dataset, settings.seed, chief) if space.wants_neighbours(config) else None
        trainer = loop.Trainer(space, config, dataset, targets, seed=settings.seed, strategy=strategy)
    if state is not None:
        with untrusted.parsing(folder.partial / run.CHECKPOINT, "start anew without --resume"):
            trainer.restore(state)
    decoder = keras_runtime.LiveDecoder(trainer.decoder, dataset.image_shape) if chief else None
    frames = run.Frames(folder.partial, dataset, config.epochs, space.history_frames)

    def keep() -> None:
        progress["seconds"] = round(time.monotonic() - started, 1)
        run.save_snapshot(folder, settings, dataset, trainer, decoder, frames, progress)

    if chief:
        keep()
        if watch:
            _open_explorer(folder.partial)
    _run_epochs(folder, config.epochs, trainer, progress, keep if chief else lambda: None, chief)
    if not chief:
        return None
    with _diverging(folder, config.epochs, config.epochs):
        _finish(folder, settings, dataset, trainer, decoder, frames, progress)
    folder.put_in_place()
    return folder.out


def _targets(folder: run.Folder, dataset: datasets.Dataset, seed: int, chief: bool) -> np.ndarray | None:
    """The targets of the neighbour loss; None if there are too few images for neighbourhoods."""
    from tqdm import tqdm

    if len(dataset.x_train) < embedding.FEWEST:
        return None
    places = folder.targets(dataset, seed)
    if places is None:
        with tqdm(
            total=1.0,
            desc="neighbour embedding",
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}",
            disable=None if chief else True,
        ) as bar:
            places = embedding.embed(dataset.x_train, seed, lambda share: bar.update(share - bar.n))
        if chief:
            folder.save_targets(places, dataset, seed)
    return places


def _run_epochs(
    folder: run.Folder, epochs: int, trainer: loop.Trainer | loop.Fit, progress: dict[str, Any], keep, chief: bool
) -> None:
    from tqdm import tqdm

    done, total = (count * trainer.images_per_epoch for count in (progress["epoch"], epochs))
    with tqdm(total=total, initial=done, unit=" images", unit_scale=True, miniters=1, disable=not chief or None) as bar:

        def report(images: int, losses: dict[str, float]) -> None:
            bar.set_postfix_str(_words(losses), refresh=False)
            bar.update(images)

        for epoch in range(progress["epoch"] + 1, epochs + 1):
            bar.set_description(f"epoch {epoch}/{epochs}")
            with _diverging(folder, epoch, epoch - 1):
                losses = trainer.epoch(epoch, report)
                if not np.isfinite(list(losses.values())).all():
                    raise FloatingPointError("the loss is not finite")
                progress["epoch"] = epoch
                for name, value in losses.items():
                    progress["losses"].setdefault(name, []).append(value)
                keep()
            if chief:
                with bar.external_write_mode():
                    say(f"epoch {epoch:>{len(str(epochs))}}/{epochs}  {_words(losses)}")


@contextlib.contextmanager
def _diverging(folder: run.Folder, epoch: int, kept: int) -> Iterator[None]:
    """Turns FloatingPointError into a UserError that names the weights that are kept."""
    try:
        yield
    except FloatingPointError as error:
        raise UserError(
            f"training diverged in epoch {epoch} ({error}): try a lower --learning-rate. "
            f"{folder.partial} keeps the weights of epoch {kept}"
        ) from None


def _words(losses: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.5f}" for name, value in losses.items())


def _finish(folder, settings, dataset, trainer, decoder, frames, progress) -> None:
    """Measures the space and completes the run's folder, which can be opened at any time.

    Raises:
        FloatingPointError: the space or a metric is not finite; the folder stays unchanged.
    """
    rows = np.arange(len(dataset.x_train) + len(dataset.x_test))
    codes = run.half(loop.encode_rows(trainer.encoder, dataset, rows)).astype(np.float32)  # as they are kept
    run.check_codes(codes)
    resolution = grid.resolution_of(settings.config.get("grid_resolution"), dataset.image_shape)
    lattice = run.lattice_of(decoder, codes, resolution)
    say("measuring the space on the test images")
    metrics = evaluate.evaluated(settings.space, dataset, trainer.encoder, decoder, lattice, codes)
    metrics["training_seconds"] = progress["seconds"]
    if wrong := [name for name, value in metrics.items() if not np.isfinite(value)]:
        raise FloatingPointError(f"its {wrong[0]} is not finite")
    history = lambda path: frames.merge(path, progress["losses"])  # noqa: E731
    run.save_space(folder, settings, dataset, trainer, codes, rows, lattice, {"metrics": metrics}, history)


def _open_explorer(folder: Path) -> None:
    """Starts the explorer on a run's folder, as a separate process that outlives this one. If it cannot open a window,
    a line says so, and training goes on."""
    from tqdm import tqdm

    program = ["-P", "-m", "explorer"] if locations.INSTALLED else [locations.ROOT / "ae.py"]  # -P: not from here
    command = [sys.executable, *program, "--weights", str(folder)]
    options = {
        "start_new_session": True,  # Ctrl-C is for the training
        "env": os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},  # the graphics memory, too
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
    }

    def watch() -> None:
        with tempfile.TemporaryFile() as errors:  # a pipe breaks if this process ends before the window
            if subprocess.run(command, stderr=errors, **options).returncode != 2:
                return
            errors.seek(0)
            last = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
        reason = last.removeprefix(f"{locations.program('ae.py')}: ")
        later = f"open it later with '{locations.command('ae.py')} --weights {folder}'"
        with tqdm.external_write_mode():
            say(f"{PROGRAM}: {reason.split(': ')[0]}: {later}", error=True)

    threading.Thread(target=watch, daemon=True).start()


# ---- the command line ----------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Runs one of the commands; returns the exit status, 2 for a user's mistake."""
    options = _parser().parse_args(arguments)
    keras_runtime.process_is_ours = True
    try:
        if not keras_runtime.available():
            raise UserError(f"TensorFlow is not installed: {keras_runtime.INSTALL}")
        options.run(options)
    except UserError as error:
        say(f"{PROGRAM}: {error}", error=True)
        return 2
    return 0


def _train(options: argparse.Namespace) -> None:
    choices = {name: value for name in ("space", *OPTIONS) if (value := getattr(options, name)) is not None}
    if options.data is not None:
        choices["source"] = datasets.check(options.data)
    if (reading := data_options.reading_of(options)) != AS_STORED:
        choices["reading"] = reading
    out = options.out or homes()[-1] / f"my-{options.space or 'autoencoder'}"
    written = train(out, options.resume, options.watch, **choices)
    if written is not None:
        say(f"{locations.command('ae.py')} --weights {written}")


def _evaluate(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    reading, given = data_options.reading_of(options), None
    if options.data is not None:
        given = datasets.load(options.data, reading)
    elif reading != AS_STORED:
        raise UserError(f"{data_options.as_words(reading)} applies to other images than the space's own: add --data")
    if options.weights is None and options.space == applying.ALL:
        rows = evaluate.rows_of_all(given)
    else:
        rows = evaluate.rows(options.weights or folder_of(options.space), given, options.trust)
    results: dict[str, evaluate.Metrics] = {}
    with tqdm(bar_format="measuring: {postfix} {elapsed}", disable=None, leave=False) as bar:
        for name, metrics in rows:
            results[name] = metrics
            bar.set_postfix_str(", ".join(results) + " done;")
    say(json.dumps(results, indent=2) if options.json else evaluate.table(results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description="Trains and measures latent spaces.")
    commands = parser.add_subparsers(required=True, metavar="train | evaluate | apply | compress | decompress")
    images = data_options.SOURCE

    command = commands.add_parser("train", help="train a space", description="Trains a space; see docs/training.md.")
    command.add_argument("--space", choices=list(KINDS), help="kind of space (autoencoder)")
    command.add_argument("--data", metavar="SOURCE", help=f"{images} (mnist)")
    data_options.add_to(command)
    for name, (checked, metavar, about) in OPTIONS.items():
        command.add_argument(f"--{name.replace('_', '-')}", type=checked, metavar=metavar, help=about)
    command.add_argument("--out", type=Path, metavar="DIR", help="folder to write (weights/my-<space>)")
    command.add_argument("--resume", action="store_true", help="continue an interrupted run")
    command.add_argument("--watch", action="store_true", help="open the explorer and watch the map change")
    command.set_defaults(run=_train)

    command = commands.add_parser("evaluate", help="measure a trained space on the test images")
    add_space_to(command, "autoencoder", ", or all")
    command.add_argument("--data", metavar="SOURCE", help=f"{images} (the training data)")
    data_options.add_to(command)
    own_classes.add_option(command)
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(run=_evaluate)

    about = "\n".join(f"  {name:<12} {what}" for name, what in applying.APPLICATIONS.items())
    command = commands.add_parser(
        "apply",
        help="measure what spaces are good for",
        description=f"Measures what spaces are good for; see docs/uses.md.\n\n{about}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("name", choices=list(applying.APPLICATIONS), metavar="NAME", help="one of the above")
    add_space_to(command, applying.ALL, ", or all")
    command.add_argument("--seed", type=_seed, default=0, metavar="N", help="random seed (%(default)s)")
    command.add_argument("--images", type=_positive, metavar="N", help="measure on the first N test images (all)")
    command.add_argument("--train", action="store_true", help="anomaly: also train networks for it, some minutes")
    command.add_argument("--keep", action="store_true", help="keep the numbers in the cards, for the window")
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(run=lambda options: applying.apply(options, train))
    archiving.add_to(commands)
    return parser


def _number(least: float, below: float, what: str, type_: type = float) -> Callable[[str], Any]:
    """A function that reads a number, from `least` to below `below`. `what` describes the allowed numbers."""

    def read(text: str) -> Any:
        with contextlib.suppress(ValueError):
            if (type_ is float or text.isdecimal()) and least <= (number := type_(text)) < below:
                return number
        raise argparse.ArgumentTypeError(f"'{text}' is not a {what}")

    return read


_positive = _number(1, math.inf, "whole number above 0", int)
_dimensions = _number(1, MOST_DIMENSIONS + 1, f"whole number from 1 to {MOST_DIMENSIONS}", int)
_seed = _number(0, 2**32, f"whole number from 0 to {2**32 - 1}", int)
_rate = _number(math.ulp(0.0), math.inf, "number above 0")
_weight = _number(0, math.inf, "number from 0")


def _widths(text: str) -> tuple[int, ...]:
    return tuple(_positive(part.strip()) for part in text.split(","))


OPTIONS = {  # options of training by setting: the function that reads the value, its name in the help, and the help
    "latent_dim": (_dimensions, "D", f"numbers in a code, 1 to {MOST_DIMENSIONS} (2); lda: fewer than classes"),
    "epochs": (_positive, "N", "passes over the images"),
    "batch_size": (_positive, "N", "images per step, over all machines"),
    "learning_rate": (_rate, "R", "peak learning rate"),
    "neighbour_weight": (_weight, "W", "weight of the neighbour loss; 0: reconstruction only"),
    "hidden": (_widths, "N,N,…", "widths of the encoder's layers"),
    "beta": (_weight, "B", "vae: weight of the KL divergence from the prior (1)"),
    "noise": (_weight, "S", "denoising: standard deviation of the noise (1)"),
    "seed": (_seed, "N", "random seed (0)"),
}


def checked(name: str, text: str) -> Any:
    """The value of one of `OPTIONS` from its text. Raises UserError if the text is invalid."""
    try:
        return OPTIONS[name][0](text)
    except argparse.ArgumentTypeError as error:
        raise UserError(f"{name}: {error}") from None
