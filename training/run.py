"""A run's folder. `<out>.partial/` can be opened after every epoch, goes on after any interruption, and becomes
`<out>/` in one rename once the run is complete.

Beside what every space has, it holds the checkpoint (everything that the next epoch depends on), the places that
the neighbour loss pulls to, and the frames of the history.
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

import data
from explorer import files, grid, schema, untrusted, view
from explorer.decoders import Decoder
from explorer.errors import NotAllowed, UserError
from explorer.spaces import kind
from training.loop import Fit, Trainer, encode

CHECKPOINT, TARGETS, FRAMES = "checkpoint.npz", "neighbours.npz", "frames"
PACKAGES = ("keras", "tensorflow", "numpy", "scikit-learn", "openTSNE")
SAMPLE = 3000  # images whose codes are kept for every frame of the history
FRAME_BYTES = 120_000  # of a frame's coarse grid, before compression
HISTORY_BYTES = 8_000_000


@dataclass(frozen=True)
class Settings:
    """What makes a run: the same settings on the same machine give the same weights.

    Attributes:
        space: one of `explorer.spaces.KINDS`.
        source: what `data.load` takes.
        seed: of everything random.
        config: fields of the space's `Config`, in JSON's types.
    """

    space: str
    source: str
    seed: int
    config: dict[str, Any]

    def with_choices(self, choices: dict[str, Any]) -> Settings:
        """The same with other values of `space`, `source`, `seed` or of fields of the config."""
        own = {name: choices[name] for name in ("space", "source", "seed") if name in choices}
        config = self.config | {name: _plain(value) for name, value in choices.items() if name not in own}
        return dataclasses.replace(self, **own, config=config)


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


def default_settings(space: str, source: str, seed: int) -> Settings:
    """The settings that a kind's `Config` has by default."""
    config = {name: _plain(value) for name, value in dataclasses.asdict(kind(space).Config()).items()}
    return Settings(space, source, seed, config)


def config_of(settings: Settings):
    """The `Config` that the settings describe. Raises UserError for a field that it does not have."""
    config = kind(settings.space).Config
    known = {field.name for field in dataclasses.fields(config)}
    for name in settings.config:
        if name not in known:
            raise UserError(f"space '{settings.space}' has no --{name.replace('_', '-')}")
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.config.items()}
    return config(**values)


class Folder:
    """The folder of a run and the one of its result.

    Args:
        out: where the result goes; what is there stays until the run is complete.

    Raises:
        UserError: there is something else than a trained space.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.partial = out.with_name(out.name + ".partial")
        self.previous = out.with_name(out.name + ".previous")
        for folder in (self.out, self.partial, self.previous):
            _check_ours(folder)

    # ---- what is there ---------------------------------------------------------------------------

    def checkpoint(self) -> tuple[Settings, dict[str, Any], list[np.ndarray]] | None:
        """Settings, progress and state of the unfinished run; None where there is none.

        Progress holds `epoch`, the last complete one, `losses`, lists by name, `seconds` of training, and the
        `fingerprint` of the data.

        Raises:
            UserError: the checkpoint is damaged.
        """
        path = self.partial / CHECKPOINT
        if not os.path.lexists(path):
            return None
        arrays = files.read_arrays(path)
        with untrusted.parsing(path, "start anew without --resume"):
            settings, progress = (schema.decoded(str(arrays.pop(name)).encode()) for name in ("settings", "progress"))
            settings = schema.checked(settings, Settings)
            schema.checked(progress, schema.Progress)
            return settings, progress, [arrays[f"state_{index}"] for index in range(len(arrays))]

    def result(self) -> Settings | None:
        """The settings of the complete result; None where there is none."""
        card = self.out / files.CARD
        if not card.exists():
            return None
        found = files.read_card(self.out)
        return Settings(found["kind"], found["data"]["source"], found.get("seed", 0), found.get("config", {}))

    # ---- writing ---------------------------------------------------------------------------------

    def start(self, keep: bool) -> Path | None:
        """Makes an empty folder for a new run; with `keep`, the neighbour embedding of a begun one stays.

        Returns:
            Where an unfinished run was set aside, if there was one.
        """
        aside = None
        try:
            if (self.partial / CHECKPOINT).exists():
                aside = self.partial.with_name(self.partial.name + ".old")
                _check_ours(aside)
                shutil.rmtree(aside, ignore_errors=True)
                self.partial.rename(aside)
            elif self.partial.exists() and not keep:
                shutil.rmtree(self.partial)
            (self.partial / FRAMES).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot make {self.partial}: {error.strerror}; choose a folder with --out") from None
        return aside

    def clean(self) -> None:
        """Removes what a killed process left half written."""
        for path in [*self.partial.glob(".*"), *(self.partial / FRAMES).glob(".*")]:
            path.unlink(missing_ok=True)

    def save(self, settings: Settings, progress: dict[str, Any], state: list[np.ndarray]) -> None:
        """Writes the checkpoint in one piece. Raises NotAllowed where it cannot be written."""
        arrays = {f"state_{index}": array for index, array in enumerate(state)}
        texts = {"settings": json.dumps(dataclasses.asdict(settings)), "progress": json.dumps(progress)}
        with files.writing(self.partial / CHECKPOINT) as file:
            np.savez(file, **{name: np.array(text) for name, text in texts.items()}, **arrays)

    def targets(self, dataset: data.Dataset, seed: int) -> np.ndarray | None:
        """The neighbour embedding that an interrupted run with these images and this seed has left."""
        try:
            arrays = files.read_arrays(self.partial / TARGETS, ("places", "made_of"))
        except UserError:
            return None
        return arrays["places"] if str(arrays["made_of"]) == f"{dataset.fingerprint} {seed}" else None

    def save_targets(self, targets: np.ndarray, dataset: data.Dataset, seed: int) -> None:
        made_of = np.array(f"{dataset.fingerprint} {seed}")
        files.write_arrays(self.partial / TARGETS, places=targets, made_of=made_of)

    def put_in_place(self) -> None:
        """Renames the finished folder; what was there stays until then, and comes back if that fails."""
        try:
            for name in (CHECKPOINT, TARGETS):
                (self.partial / name).unlink(missing_ok=True)
            shutil.rmtree(self.partial / FRAMES, ignore_errors=True)
            if self.out.exists():
                shutil.rmtree(self.previous, ignore_errors=True)
                self.out.rename(self.previous)
            try:
                self.partial.rename(self.out)
            except OSError:
                if self.previous.exists():
                    self.previous.rename(self.out)
                raise
        except OSError as error:
            raise NotAllowed(f"cannot put {self.out} in place: {error.strerror or error}") from None
        shutil.rmtree(self.previous, ignore_errors=True)


def _check_ours(folder: Path) -> None:
    """Raises UserError for a path that holds anything else than a space or a run."""
    ours = {*files.SPACE, files.CARD, CHECKPOINT, TARGETS, FRAMES}
    if not folder.exists():
        return
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {""}
    if not all(name in ours or name.startswith(".") for name in names):
        raise UserError(f"{folder} holds something else than a trained space: choose another folder with --out")


def save_network(network, path: Path) -> None:
    """Writes a Keras model; it appears under `path` complete or not at all. Raises NotAllowed."""
    temporary = path.with_name(f".{path.name}")  # Keras wants the ending
    try:
        network.save(temporary)
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise NotAllowed(f"cannot write {path}: {error.strerror or error}") from None


# ---- what every epoch leaves ---------------------------------------------------------------------


def card_of(settings: Settings, dataset: data.Dataset, columns: Iterable[str], folder: Path) -> dict[str, Any]:
    """A card without figures, for the files that lie in the folder now.

    Args:
        columns: the names of those in `codes.npz`.
    """
    space = kind(settings.space)
    return {
        "kind": settings.space,
        "title": space.title,
        "about": space.about,
        "paper": space.paper,
        "prior": space.prior,
        "config": settings.config,
        "seed": settings.seed,
        "data": {
            "source": dataset.source,
            "title": dataset.title,
            "fingerprint": dataset.fingerprint,
            "image_shape": dataset.image_shape,
            "classes": dataset.class_names,
            "columns": list(columns),
        },
        "metrics": {},
        "versions": {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES},
        "files": files.sums(folder),
    }


def save_codes(
    folder: Path, dataset: data.Dataset, codes: np.ndarray, rows: np.ndarray, columns: dict[str, np.ndarray]
) -> list[str]:
    """Writes `codes.npz`: codes, labels and columns of the given data rows.

    Args:
        columns: what is known of these rows, beside what the data know of all.

    Returns:
        The names of the columns.
    """
    columns = {name: values[rows] for name, values in dataset.columns.items()} | columns
    labels = dataset.labels[rows]
    labels = labels.astype(np.min_scalar_type(max(len(dataset.class_names) - 1, 0)))
    members = {files.COLUMN + name: values for name, values in columns.items()}
    files.write_arrays(folder / files.CODES, codes=codes, labels=labels, rows=rows.astype(np.int32), **members)
    return list(columns)


class Frames:
    """The history of a run: after some epochs, the codes of a fixed sample of images and a coarse grid.

    Early epochs, in which most happens, are kept more densely than late ones.

    Args:
        folder: of the run.
        dataset: whose training images are sampled.
        epochs: of the whole run.
        most: how many epochs are kept; 0: no history.
    """

    def __init__(self, folder: Path, dataset: data.Dataset, epochs: int, most: int) -> None:
        self._folder = folder / FRAMES
        count = len(dataset.x_train)
        self.rows = np.sort(np.random.default_rng(0).permutation(count)[:SAMPLE])
        self._kept = {*np.rint(epochs * np.linspace(0, 1, min(most, epochs + 1)) ** 2).astype(int).tolist()}
        pixels = int(np.prod(dataset.image_shape))
        self.resolution = int(np.clip(np.sqrt(FRAME_BYTES / pixels), 3, 24))

    def add(self, epoch: int, codes: np.ndarray, lattice: grid.Grid) -> None:
        """Keeps the codes of `rows` and a grid of `resolution`, if this epoch is one to be kept."""
        if epoch in self._kept:
            codes, extent = codes.astype(np.float16), np.array(lattice.extent)
            files.write_arrays(self._folder / f"{epoch:06}.npz", codes=codes, images=lattice.images, extent=extent)

    def merge(self, path: Path, losses: dict[str, list[float]]) -> None:
        """Writes `history.npz`: every frame, and the losses of every epoch; at most `HISTORY_BYTES`. Without a frame
        there is no history.

        Members: `epochs` (m,) int32; `codes` (m, s, 2) float16 of the data rows `rows` (s,) int32; `images`
        (m, ny, nx, height, width[, 3]) uint8 and `extents` (m, 4), one grid for each; `loss_<name>`, (epochs,).
        """
        paths = sorted(self._folder.glob("*.npz"))
        if not paths:
            return
        while sum(frame.stat().st_size for frame in paths) > HISTORY_BYTES * 0.97 and len(paths) > 2:
            paths = paths[:-1:2] + paths[-1:]
        frames = [files.read_arrays(frame, ("codes", "images", "extent")) for frame in paths]
        files.write_arrays(
            path,
            epochs=np.array([int(frame.stem) for frame in paths], np.int32),
            rows=self.rows.astype(np.int32),
            codes=np.stack([frame["codes"] for frame in frames]),
            images=np.stack([frame["images"] for frame in frames]),
            extents=np.stack([frame["extent"] for frame in frames]),
            **{f"loss_{name}": np.array(values, np.float32) for name, values in losses.items()},
        )


def save_snapshot(
    folder: Folder,
    settings: Settings,
    dataset: data.Dataset,
    trainer: Trainer | Fit,
    decoder: Decoder,
    frames: Frames,
    progress: dict[str, Any],
) -> None:
    """Makes the run's folder a space that the explorer can open: the sample's codes, a coarse grid,
    the networks.

    Raises:
        FloatingPointError: the codes are not all finite numbers.
    """
    x = dataset.x_train[frames.rows]
    codes = encode(trainer.encoder, x)
    if not np.isfinite(codes).all():
        raise FloatingPointError("codes are not numbers")
    partial, extent = folder.partial, grid.extent_for(view.default_limits(codes))
    save_network(trainer.encoder, partial / files.ENCODER)
    save_network(trainer.decoder, partial / files.DECODER)
    lattice = grid.compute(decoder, extent, frames.resolution, files.sha256_of(partial / files.DECODER))
    frames.add(progress["epoch"], codes, lattice)
    columns = save_codes(partial, dataset, codes, frames.rows, kind(settings.space).columns(x, trainer.encoder))
    grid.save(partial, lattice)
    run = {"epoch": progress["epoch"], "epochs": config_of(settings).epochs, "losses": progress["losses"]}
    files.write_card(partial, card_of(settings, dataset, columns, partial) | {"run": run})
