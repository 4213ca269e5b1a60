"""The folder of a run. `<out>.partial/` can be opened after every epoch and resumed after any interruption. It becomes
`<out>/` when the run is complete.

Besides the files of every space, it holds the checkpoint (everything that the next epoch depends on), the targets of
the neighbour loss, and the frames of the history. It is complete when its card has no entry about a run.
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from explorer.decoding import grid, keras_runtime
from explorer.decoding.decoders import Decoder
from explorer.errors import UserError
from explorer.files import schema, untrusted
from explorer.files.arrays import read_arrays, sha256_of
from explorer.files.schema import AS_STORED, Reading
from explorer.files.writing import allowed, write_arrays, writing
from explorer.images import datasets
from explorer.progress import at_once, batches
from explorer.spaces import view
from explorer.spaces.card import CODES, DECODER, ENCODER, HISTORY, read_card, write_card
from explorer.spaces.folder import COLUMN, sums
from explorer.spaces.projection import Moments, principal
from explorer.training.loop import Fit, Trainer, encode_rows
from explorer.training.models import kind
from explorer.training.models.base import Kind
from explorer.training.places import CHECKPOINT, FRAMES, TARGETS, Places, flush, replacing

PACKAGES = ("keras", "tensorflow", "numpy", "scikit-learn", "openTSNE")
SAMPLE = 3000  # images whose codes are kept in every frame of the history
FRAME_BYTES = 120_000  # size of a frame's coarse grid, before compression
HISTORY_BYTES = 8_000_000
BEFORE = {"autoencoder": {"decoder_until": 1.0}}  # what earlier versions did where a later one has a setting
HALF_FROM = 9  # numbers of a code from which it is kept in half precision,
HALF_LOSS = 1e-3  # if each moves by at most this share of itself and of the spread of all
MOST_CODE = 1e15  # squares of larger codes overflow float32


@dataclass(frozen=True)
class Settings:
    """The settings of a run. The same settings on the same machine give the same weights.

    Attributes:
        space: one of `explorer.training.models.KINDS`.
        source: source of the images, as for `datasets.load`.
        seed: random seed.
        config: fields of the space's `Config`, in JSON's types.
        reading: how images are read from the source.
    """

    space: str
    source: str
    seed: int
    config: dict[str, Any]
    reading: Reading = AS_STORED

    def with_choices(self, choices: dict[str, Any]) -> Settings:
        """A copy with other values of `space`, `source`, `seed`, `reading`, or fields of the config."""
        own = {name: choices[name] for name in ("space", "source", "seed", "reading") if name in choices}
        config = self.config | {name: _plain(value) for name, value in choices.items() if name not in own}
        return dataclasses.replace(self, **own, config=config)


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


def default_settings(space: str, source: str, seed: int) -> Settings:
    """The default settings of a kind."""
    config = {name: _plain(value) for name, value in dataclasses.asdict(kind(space).Config()).items()}
    return Settings(space, source, seed, config)


def _completed(settings: Settings) -> Settings:
    """Settings of an earlier version, with what it did where it had no setting yet."""
    return dataclasses.replace(settings, config=BEFORE.get(settings.space, {}) | settings.config)


def config_of(settings: Settings):
    """The `Config` of the settings. Raises UserError for a field that it does not have."""
    config = kind(settings.space).Config
    known = {field.name for field in dataclasses.fields(config)}
    for name in settings.config:
        if name not in known:
            raise UserError(f"space '{settings.space}' has no --{name.replace('_', '-')}")
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.config.items()}
    return config(**values)


class Folder(Places):
    """The folder of a run with its files. See `Places`."""

    # ---- reading ---------------------------------------------------------------------------

    def checkpoint(self) -> tuple[Settings, dict[str, Any], list[np.ndarray]] | None:
        """Settings, progress and state of the unfinished run; None if there is none.

        Progress has `epoch` (the last complete one), `losses` (lists by name), `seconds` of training, and the
        `fingerprint` of the data.

        Raises:
            UserError: the checkpoint is damaged.
        """
        path = self.partial / CHECKPOINT
        if not os.path.lexists(path):
            return None
        arrays = read_arrays(path)
        with untrusted.parsing(path, "start anew without --resume"):
            settings, progress = (schema.decoded(str(arrays.pop(name)).encode()) for name in ("settings", "progress"))
            settings = _completed(schema.checked(settings, Settings))
            schema.checked(progress, schema.Progress)
            return settings, progress, [arrays[f"state_{index}"] for index in range(len(arrays))]

    def result(self) -> Settings | None:
        """The settings of the complete result, in place or about to be; None if there is no readable one."""
        try:
            found = read_card(self.partial if self.is_complete() else self.out)
        except UserError:
            return None
        if "run" in found:
            return None
        data, reading = found["data"], datasets.reading_of(found["data"])
        return Settings(found["kind"], data["source"], found.get("seed", 0), found.get("config", {}), reading)

    # ---- writing ---------------------------------------------------------------------------------

    def save(self, settings: Settings, progress: dict[str, Any], state: list[np.ndarray]) -> None:
        """Writes the checkpoint in one piece. Raises NotAllowed if it cannot be written."""
        arrays = {f"state_{index}": array for index, array in enumerate(state)}
        texts = {"settings": json.dumps(dataclasses.asdict(settings)), "progress": json.dumps(progress)}
        with writing(self.partial / CHECKPOINT) as file:
            np.savez(file, **{name: np.array(text) for name, text in texts.items()}, **arrays)

    def targets(self, dataset: datasets.Dataset, seed: int) -> np.ndarray | None:
        """The neighbour embedding of an interrupted run with these images and this seed; None if there is none."""
        try:
            arrays = read_arrays(self.partial / TARGETS, ("places", "made_of"))
        except UserError:
            return None
        return arrays["places"] if str(arrays["made_of"]) == f"{dataset.fingerprint} {seed}" else None

    def save_targets(self, targets: np.ndarray, dataset: datasets.Dataset, seed: int) -> None:
        made_of = np.array(f"{dataset.fingerprint} {seed}")
        write_arrays(self.partial / TARGETS, places=targets, made_of=made_of)


def save_network(network, path: Path) -> None:
    """Writes a Keras model and waits until it is on the disk. Raises NotAllowed."""
    usual, tempfile.tempdir = tempfile.tempdir, str(path.parent)  # Keras makes a folder, which a kill would leave there
    try:
        with allowed(f"write {path}"):
            network.save(path)
            flush(path)
    finally:
        tempfile.tempdir = usual


# ---- the files of an epoch ---------------------------------------------------------------------


def card_of(settings: Settings, dataset: datasets.Dataset, columns: Iterable[str], folder: Path) -> dict[str, Any]:
    """A card without metrics, for the files that are in the folder now.

    Args:
        columns: the names of the columns in `codes.npz`.
    """
    space = kind(settings.space)
    title, about = space.described(config_of(settings), dataset.source)
    return {
        "kind": settings.space,
        "title": title,
        "about": about,
        "paper": space.paper,
        "prior": space.prior,
        "config": settings.config,
        "seed": settings.seed,
        "data": {
            "source": dataset.source,
            "reading": dataset.reading.choices,
            "title": dataset.title,
            "fingerprint": dataset.fingerprint,
            "image_shape": dataset.image_shape,
            "classes": dataset.class_names,
            "columns": list(columns),
        },
        "metrics": {},
        "versions": {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES},
        "files": sums(folder),
    }


def save_codes(
    folder: Path, dataset: datasets.Dataset, codes: np.ndarray, rows: np.ndarray, columns: dict[str, np.ndarray]
) -> list[str]:
    """Writes `codes.npz`: codes, labels and columns of the given data rows.

    Args:
        columns: columns of these rows, in addition to the data set's own.

    Returns:
        The names of the columns.
    """
    columns = {name: values[rows] for name, values in dataset.columns.items()} | columns
    labels = dataset.labels[rows]
    labels = labels.astype(np.min_scalar_type(max(len(dataset.class_names) - 1, 0)))
    members = {COLUMN + name: values for name, values in columns.items()}
    write_arrays(folder / CODES, codes=half(codes), labels=labels, rows=rows.astype(np.int32), **members)
    return list(columns)


def half(codes: np.ndarray) -> np.ndarray:
    """Codes, (n, d) float32, as they are kept: those of many numbers in half precision, float16, which halves their
    file, unless that would move them visibly."""
    if codes.shape[1] < HALF_FROM:
        return codes
    with np.errstate(over="ignore"):
        rounded = codes.astype(np.float16)
    return rounded if np.allclose(rounded, codes, HALF_LOSS, HALF_LOSS * float(codes.std())) else codes


class Frames:
    """The history of a run: after some epochs, the places of a fixed sample of images and a coarse grid.

    Early epochs, in which the map changes most, are kept more densely than late ones.

    Args:
        folder: folder of the run.
        dataset: its training images are sampled.
        epochs: epochs of the whole run.
        most: how many epochs are kept; 0: no history.
    """

    def __init__(self, folder: Path, dataset: datasets.Dataset, epochs: int, most: int) -> None:
        self._folder = folder / FRAMES
        count = len(dataset.x_train)
        self.rows = np.sort(np.random.default_rng(0).permutation(count)[:SAMPLE])
        self._kept = {*np.rint(epochs * np.linspace(0, 1, min(most, epochs + 1)) ** 2).astype(int).tolist()}
        pixels = int(np.prod(dataset.image_shape))
        self.resolution = int(np.clip(np.sqrt(FRAME_BYTES / pixels), 3, 24))

    def add(self, epoch: int, codes: np.ndarray, lattice: grid.Grid) -> None:
        """Keeps the places of the codes of `rows`, and a grid of `resolution`, if the history includes this epoch."""
        if epoch in self._kept:
            places, extent = lattice.places_of(codes).astype(np.float32), np.array(lattice.extent)
            if np.abs(places).max() < np.finfo(np.float16).max:
                places = places.astype(np.float16)
            write_arrays(self._folder / f"{epoch:06}.npz", codes=places, images=lattice.images, extent=extent)

    def merge(self, path: Path, losses: dict[str, list[float]]) -> None:
        """Writes `history.npz`: every frame, and the losses of every epoch; at most `HISTORY_BYTES`. Without frames
        it writes nothing.

        Members: `epochs` (m,) int32; `codes` (m, s, 2), the places of the data rows `rows` (s,) int32 on the plane of
        the grid, float16, or float32 if they are too large for it; `images` (m, ny, nx, height, width[, 3]) uint8 and
        `extents` (m, 4), one grid for each; `loss_<name>`, (epochs,).
        """
        paths = sorted(self._folder.glob("*.npz"))
        if not paths:
            return
        while sum(frame.stat().st_size for frame in paths) > HISTORY_BYTES * 0.97 and len(paths) > 2:
            paths = paths[:-1:2] + paths[-1:]
        frames = [read_arrays(frame, ("codes", "images", "extent")) for frame in paths]
        write_arrays(
            path,
            epochs=np.array([int(frame.stem) for frame in paths], np.int32),
            rows=self.rows.astype(np.int32),
            codes=np.stack([frame["codes"] for frame in frames]),
            images=np.stack([frame["images"] for frame in frames]),
            extents=np.stack([frame["extent"] for frame in frames]),
            **{f"loss_{name}": np.array(values, np.float32) for name, values in losses.items()},
        )


def save_space(
    folder: Folder,
    settings: Settings,
    dataset: datasets.Dataset,
    trainer: Trainer | Fit,
    codes: np.ndarray,
    rows: np.ndarray,
    lattice: grid.Grid,
    more: dict[str, Any],
    history: Callable[[Path], None] = lambda path: None,
) -> None:
    """Replaces the space in the run's folder. All files are written beside it first, so if that fails, for example on a
    full disk, the old space stays.

    Args:
        codes: codes of the data rows `rows`.
        lattice: grid of the trainer's decoder; it gets the fingerprint of the saved decoder's file.
        more: further entries of the card.
        history: writes the history to a path, if there is one.

    Raises:
        FloatingPointError: the encoder's further outputs are not finite.
        NotAllowed: a file cannot be written.
    """
    columns = _columns(kind(settings.space), trainer.encoder, dataset, rows)
    if not all(np.isfinite(values).all() for values in columns.values() if values.dtype.kind == "f"):
        raise FloatingPointError("the encoder's outputs are not finite")
    with allowed(f"write {folder.partial}"), replacing(folder.partial) as staging:
        save_network(trainer.encoder, staging / ENCODER)
        save_network(trainer.decoder, staging / DECODER)
        grid.save(staging, dataclasses.replace(lattice, fingerprint=sha256_of(staging / DECODER)))
        names = save_codes(staging, dataset, codes, rows, columns)
        history(staging / HISTORY)
        write_card(staging, card_of(settings, dataset, names, staging) | more)


def _columns(space: type[Kind], encoder: Any, dataset: datasets.Dataset, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The encoder's further outputs for data rows (n,), besides the codes: columns by name, (n,) each."""
    if space.columns is Kind.columns:
        return {}
    size = at_once(dataset.image_shape, keras_runtime.BATCH)
    parts = [space.columns(dataset.images(rows[some]), encoder) for some in batches(len(rows), size)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def save_snapshot(
    folder: Folder,
    settings: Settings,
    dataset: datasets.Dataset,
    trainer: Trainer | Fit,
    decoder: Decoder,
    frames: Frames,
    progress: dict[str, Any],
) -> None:
    """Writes a space that the explorer can open, with the sample's codes and a coarse grid, and the checkpoint into the
    run's folder.

    Raises:
        FloatingPointError: the state, the codes or the decoded images are not all finite. Then nothing is written.
        NotAllowed: the disk is full, or the folder cannot be written.
    """
    state = trainer.state()
    if not all(np.isfinite(array).all() for array in state):
        raise FloatingPointError("the weights are not finite")
    codes = half(encode_rows(trainer.encoder, dataset, frames.rows)).astype(np.float32)
    check_codes(codes)
    lattice = lattice_of(decoder, codes, frames.resolution)
    run = {"epoch": progress["epoch"], "epochs": config_of(settings).epochs, "losses": progress["losses"]}
    save_space(folder, settings, dataset, trainer, codes, frames.rows, lattice, {"run": run})
    frames.add(progress["epoch"], codes, lattice)
    folder.save(settings, progress, state)


def check_codes(codes: np.ndarray) -> None:
    """Raises FloatingPointError if codes are not finite or too large for a map."""
    if not np.isfinite(codes).all():
        raise FloatingPointError("the codes are not finite")
    if np.abs(codes).max() > MOST_CODE:
        raise FloatingPointError(f"the codes reach {np.abs(codes).max():.0e}")


def lattice_of(decoder: Decoder, codes: np.ndarray, resolution: int) -> grid.Grid:
    """The grid of the default view of codes (n, d), on the plane of their first two principal components unless d is 2;
    without a fingerprint.

    Raises:
        FloatingPointError: the decoded images of codes or nodes are not all finite.
    """

    def checked(codes: np.ndarray) -> np.ndarray:
        images = decoder(codes)
        if not np.isfinite(images).all():
            raise FloatingPointError("the decoder's pictures are not finite")
        return images

    for some in batches(len(codes), at_once(decoder(codes[:1]).shape[1:], grid.BATCH)):
        checked(codes[some])
    plane = None if codes.shape[1] == 2 else principal(Moments.of(codes))
    places = codes if plane is None else plane.places_of(codes)
    return grid.compute(checked, grid.extent_for(view.default_limits(places)), resolution, "", plane=plane)
