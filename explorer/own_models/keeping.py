"""Keeps a space that lies in memory: writes it into a folder, with its models, its card and a grid."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from explorer.decoding import grid
from explorer.decoding.fitting import opening
from explorer.decoding.fitting.adapters import ModelDecoder, ModelEncoder
from explorer.errors import UserError
from explorer.files.arrays import sha256_of
from explorer.files.writing import allowed, write_arrays
from explorer.images.datasets import Dataset
from explorer.progress import Report, unheard
from explorer.spaces import view
from explorer.spaces.card import CODES, DECODERS, ENCODERS, IMAGES, MODELS, write_card
from explorer.spaces.folder import COLUMN, sums
from explorer.spaces.in_memory import Held
from explorer.training.places import Places, flush, replacing
from explorer.training.run import save_network


def keep(
    held: Held, folder: Path, encoder: Path | None = None, decoder: Path | None = None, report: Report = unheard
) -> list[str]:
    """Writes a space into a folder; it appears complete or not at all, and replaces an older space there.

    Args:
        encoder, decoder: the files that the models were read from, or None.
        report: takes the finished share of the grid, 0..1.

    Returns:
        What could not be kept, one line each: a function has no file, so only its grid is kept.

    Raises:
        UserError: the folder holds something else, or cannot be written.
    """
    with _naming_the_option():
        return _keep(held, folder, {"encoder": encoder, "decoder": decoder}, report)


def check(folder: Path) -> None:
    """Raises UserError if a folder holds something else than a space: before anything is worked out for it."""
    with _naming_the_option():
        Places(folder)


@contextlib.contextmanager
def _naming_the_option() -> Iterator[None]:
    try:
        yield
    except UserError as error:
        raise type(error)(str(error).replace("with --out", "with --keep")) from None


def _keep(held: Held, folder: Path, files: dict[str, Path | None], report: Report) -> list[str]:
    notes: list[str] = []
    places = Places(folder)
    places.claim()
    try:
        places.start(keep=False)
        with allowed(f"write {places.partial}"), replacing(places.partial) as staging:
            how = {
                role: asdict(model.conventions)
                for role, model, names in (("encoder", held.encode, ENCODERS), ("decoder", held.decode, DECODERS))
                if model is not None and _keep_model(model, files[role], staging, names, notes)
            }
            _keep_arrays(held, staging)
            if held.decode is not None:
                _keep_grid(held, staging, report)
            card = dict(held.space.card) | {MODELS: how}
            if held.images is not None and not held.images.source:
                _keep_images(held.images, staging / IMAGES)
            write_card(staging, card | {"files": sums(staging)})
        places.put_in_place()
    finally:
        places.release()
    return notes


def _keep_model(
    model: ModelEncoder | ModelDecoder, path: Path | None, staging: Path, names: tuple[str, ...], notes: list[str]
) -> bool:
    """Writes a model's file, if it has one. Returns whether it has."""
    if path is not None:
        target = staging / next(name for name in names if Path(name).suffix == opening.suffix_of(path))
        shutil.copyfile(path, target)
        flush(target)
        return True
    if model.function.is_keras_model:
        save_network(model.function.model, staging / names[0])
        return True
    notes.append(f"{model.function.name} is a function, which no file can hold: only what it gives is kept")
    return False


def _keep_arrays(held: Held, staging: Path) -> None:
    space = held.space
    members: dict[str, Any] = {COLUMN + name: values for name, values in space.columns.items()}
    write_arrays(staging / CODES, codes=space.codes, labels=space.labels, rows=space.rows.astype(np.int32), **members)


def _keep_grid(held: Held, staging: Path, report: Report) -> None:
    assert held.decode is not None
    space, made_by = held.space, next((name for name in DECODERS if (staging / name).exists()), "")
    fingerprint = sha256_of(staging / made_by) if made_by else ""
    extent, resolution = grid.extent_for(view.home(space)), grid.resolution_for(space.image_shape)
    made = grid.compute(held.decode, extent, resolution, fingerprint, report, plane=space.projection)
    grid.save(staging, made)


def _keep_images(images: Dataset, path: Path) -> None:
    """Writes images that came from no file."""
    names = {"class_names": np.array(images.class_names)} if images.class_names else {}
    write_arrays(path, images=images.images(np.arange(len(images.labels))), labels=images.labels, **names)
