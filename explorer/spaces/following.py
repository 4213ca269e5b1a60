"""Reads the folder of a training run while it is being written.

Its files are replaced one by one, the card last, so for a moment they do not match: then they are read again a little
later. Once the run is complete, `<out>.partial/` is renamed to `<out>/`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from explorer.errors import UserError, printable
from explorer.files import locations, schema
from explorer.files.arrays import read_arrays
from explorer.spaces.card import CARD, HISTORY, read_card
from explorer.spaces.folder import Version, open_space, version_of
from explorer.spaces.latent_space import LatentSpace

PARTIAL, PREVIOUS = ".partial", ".previous"  # endings of the folders beside `<out>`: the run, and an older result
PATIENCE = 3.0  # seconds; writing an epoch takes 0.2
AGAIN = 0.1  # seconds between two attempts

Result = TypeVar("Result")


@dataclass(frozen=True)
class Run:
    """How far a training run has come.

    Attributes:
        epoch: of the space that is shown; 0 before training.
        epochs: of the whole run.
        losses: by name, one value per epoch.
        complete: whether it was the last one.
    """

    epoch: int
    epochs: int
    losses: dict[str, list[float]]
    complete: bool = False


def run_of(card: dict[str, Any]) -> Run | None:
    """The run that a space belongs to, from its card; None for any other space."""
    try:
        run = schema.checked(card.get("run"), schema.Run)
    except ValueError:
        return None
    return Run(run.epoch, run.epochs, run.losses)


def completed(space: LatentSpace) -> Run | None:
    """The run that made a space, from its history; None without a readable history."""
    try:
        arrays = read_arrays(space.folder / HISTORY, sha256=space.card["files"].get(HISTORY))
    except UserError:
        return None
    losses = {
        printable(name[5:]): values.tolist()
        for name, values in arrays.items()
        if name.startswith("loss_") and _are(values)
    }
    epochs = arrays.get("epochs")
    if epochs is None or epochs.dtype.kind not in "iu" or not _are(epochs) or epochs[-1] < 0:
        return None
    return Run(int(epochs[-1]), int(epochs[-1]), losses, complete=True)


def _are(values: np.ndarray) -> bool:
    """Whether an array is one number for each of some epochs."""
    numbers = values.ndim == 1 and 0 < len(values) <= schema.MOST_EPOCHS and values.dtype.kind in "iuf"
    return numbers and bool((np.abs(values.astype(np.float64)) <= schema.LARGEST_LOSS).all())  # nor NaN


def is_complete(folder: Path) -> bool:
    """Whether a folder has a readable card of a complete space."""
    try:
        return "run" not in read_card(folder)
    except UserError:
        return False


def opened(folder: Path, read: Callable[[Path], Result]) -> Result:
    """Returns what `read` returns for a folder. The folder of a run is read again until its files match.

    If `<out>.partial/` has just become `<out>/`, that is read. If a run was killed while it replaced `<out>/`, so that
    it is missing or damaged, the newest complete space beside it is read; the next start of the training renames it.

    Raises:
        UserError: as `read` does; for a run, only after `PATIENCE`.
    """
    end = time.monotonic() + PATIENCE
    while True:
        where = _result_of(folder) if not os.path.exists(folder) and version_of(_result_of(folder) / CARD) else folder
        try:
            return read(where)
        except UserError as error:
            if (beside := _unmoved(folder)) is not None:
                return read(beside)
            if not _belongs_to_run(folder):
                raise
            if time.monotonic() > end:
                raise UserError(
                    f"{error}. A run is writing this folder, or was stopped while it wrote: try again later, "
                    f"or resume it with '{locations.command('model.py')} train --resume'"
                ) from None
        time.sleep(AGAIN)


def _unmoved(out: Path) -> Path | None:
    """The newest complete space that a killed run left beside `<out>/`."""
    if not out.name or out.name.endswith((PARTIAL, PREVIOUS)):
        return None
    beside = (out.with_name(out.name + end) for end in (PARTIAL, PREVIOUS))
    return next((folder for folder in beside if is_complete(folder)), None)


class Follower:
    """Checks whether a run has a new epoch. A check costs one or two calls of `stat`.

    Args:
        space: an epoch of the run.

    Attributes:
        folder: where the newest epoch is: `<out>.partial`, and at the end `<out>`.
        ended: whether the complete result has been read, so that nothing more will come.
    """

    def __init__(self, space: LatentSpace) -> None:
        self.folder = space.folder
        self.ended = False
        self._result = _result_of(space.folder)
        self._previous = version_of(self._result / CARD)  # of an earlier run
        if not os.path.exists(self.folder):  # renamed since the space was read
            self._previous = None
        self._seen: Version | None = None

    def again(self) -> None:
        """Forgets what was seen, so that the next check finds something new."""
        self._seen = None

    def look(self, read: Callable[[LatentSpace], Result]) -> Result | None:
        """Reads the newest epoch or the result with `read`; None if there is nothing new, or not yet.

        Args:
            read: raises UserError if a file does not match the card.
        """
        if self.folder != self._result and not os.path.exists(self.folder):
            if version_of(self._result / CARD) in (None, self._previous):
                return None  # a new run is about to begin
            self.folder, self._seen = self._result, None
        signature = version_of(self.folder / CARD)
        if signature in (None, self._seen):
            return None
        try:
            space = open_space(self.folder)
            if self.folder != self._result and "run" not in space.card:
                return None  # complete, and about to be renamed
            result = read(space)
        except UserError:
            return None  # it is being written
        self._seen = signature
        self.ended = self.folder == self._result
        return result


def _result_of(folder: Path) -> Path:
    """The folder that a run's folder is renamed to at the end."""
    name = folder.name.removesuffix(PARTIAL)
    return folder.with_name(name) if name else folder


def _belongs_to_run(folder: Path) -> bool:
    """Whether files that do not match may match in a moment."""
    if folder.name.endswith(PARTIAL):
        return any(version_of(where / CARD) for where in (folder, _result_of(folder)))
    try:
        return run_of(read_card(folder)) is not None
    except UserError:
        return False
