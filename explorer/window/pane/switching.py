"""Switching to another space. A worker opens it; recent spaces stay cached."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from pathlib import Path

from explorer.decoding.decoders import GridDecoder
from explorer.decoding.engines import EngineFor
from explorer.drawing.labels import where_named
from explorer.errors import UserError
from explorer.session import comparison
from explorer.session.open_map import OpenSpace, Unfit, open_space
from explorer.session.state import MapState, opening_place
from explorer.spaces import in_memory
from explorer.spaces.catalogue import Catalogue, Entry, signature_of, unfit
from explorer.spaces.latent_space import LatentSpace
from explorer.window.pane.context import MapContext

SLOT, CHECK = "space", "catalogue"
POLL_MS = 3
KEPT, KEPT_BYTES = 12, 256e6  # recent spaces: how many, and the memory of their points and grids


class Kept:
    """A cache of recent spaces with their networks and results, limited in number and memory.

    Loading a network again costs memory that is never freed, because XLA keeps its compiled code.
    """

    def __init__(self) -> None:
        self._spaces: dict[Path, OpenSpace] = {}  # by folder; the most recent is last

    def add(self, left: OpenSpace) -> None:
        """Adds a space, unless it is a training run, which goes on changing, has no decoder yet, or lies in memory
        anyway."""
        folder = left.probe.space.folder
        if left.engine.run is None and left.probe.decoder is not None and in_memory.at(folder) is None:
            self._spaces[folder] = left
        while len(self._spaces) > KEPT or sum(map(_bytes, self._spaces.values())) > KEPT_BYTES:
            self._spaces.pop(next(iter(self._spaces)))

    def take(self, folder: Path, beside: LatentSpace | None) -> OpenSpace | None:
        """Removes and returns the space of a folder, if its files are unchanged and it can be compared with `beside`;
        else None."""
        kept = self._spaces.pop(folder, None)
        if kept is None or kept.signature != signature_of(folder):
            return None
        return None if beside is not None and comparison.unavailable(beside, kept.probe.space) else kept

    def keep_images(self, images: str) -> None:
        """Drops all other images than these, because images take most of the memory."""
        for kept in self._spaces.values():
            if kept.probe.space.images != images:
                results = kept.probe.results
                kept.probe.results = {each: result for each, result in results.items() if each.of != "images"}


def _bytes(opened: OpenSpace) -> int:
    """Bytes of the points and the grid of a space."""
    space, grid = opened.probe.space, opened.engine.decoder
    arrays = [space.codes, *space.columns.values(), *([grid.grid.images] if isinstance(grid, GridDecoder) else [])]
    return sum(array.nbytes for array in arrays)


class Switching:
    """Switches a map from one space to another.

    Only the latest choice counts. If a space cannot be opened, the current one stays. Recent spaces are shown at once.

    Args:
        context: context of the map.
        engine_for: makes the engine of another space; runs in a worker.
        catalogue: the spaces to choose from.
        show: is called with the opened space and the time of the choice, in `time.perf_counter` seconds.
        changed: is called when opening starts or ends, and when the catalogue has changed.

    Attributes:
        opening: the folder of the space that is being opened, or None.
        kept: recent spaces.
        beside: the space of the other map: only spaces of the same images can be chosen; None for no restriction.
    """

    def __init__(
        self,
        context: MapContext,
        engine_for: EngineFor,
        catalogue: Catalogue,
        show: Callable[[OpenSpace, float], None],
        changed: Callable[[], None],
    ) -> None:
        self._context, self._workers, self._catalogue = context, context.workers, catalogue
        self._engine_for, self._show, self._changed = engine_for, show, changed
        self.beside: MapState | None = None
        self.opening: Path | None = None
        self._before: Path | None = None
        self.kept = Kept()

    @property
    def folder(self) -> Path:
        """The folder of the current space. It changes when a training run ends."""
        return self._context.state.space.folder

    def entries(self) -> list[Entry]:
        """The spaces to choose from. A worker checks the files of new ones."""
        entries = self._catalogue.entries()
        self.check()
        return entries

    def named(self, name: str, images: str) -> Path | None:
        """The folder of a space with this name and these images that can be shown. One beside the current space
        comes first."""
        fitting = [entry for entry in self._catalogue.entries() if entry.folder.name == name and not entry.wrong]
        folders = [entry.folder for entry in fitting if entry.images == images]
        return min(folders, key=lambda folder: folder.parent != self.folder.parent, default=None)

    def check(self) -> None:
        """Checks the files of unchecked spaces, in a worker."""
        if self._catalogue.unchecked():
            work = lambda tell, cancelled: self._catalogue.check(cancelled)  # noqa: E731
            self._workers.start(CHECK, work, lambda result: self._changed(), self._on_check_failed)

    def step(self, steps: int) -> None:
        """Chooses the space this many places further in the cyclic list of spaces that can be shown."""
        here = self.opening or self.folder
        folders = [
            entry.folder
            for entry in self._catalogue.entries()
            if entry.folder == here or not (entry.wrong if self.beside is None else unfit(entry, self.beside.space))
        ]
        if folders:
            at = folders.index(here) if here in folders else -1 if steps > 0 else 0
            self.choose(folders[(at + steps) % len(folders)])

    def choose(self, folder: Path, then: Callable[[], None] = lambda: None) -> None:
        """Shows the space of a folder, once it is opened; a recent space at once, with its results.

        Args:
            then: is called when it is shown, unless another space was chosen in the meantime.
        """
        started = time.perf_counter()
        self._workers.cancel(SLOT)
        self.opening = None
        if folder == self.folder:
            self._changed()
            then()
            return
        beside = self.beside and self.beside.space
        if (kept := self.kept.take(folder, beside)) is not None:
            self._take(kept, started, then)
            return
        work = lambda tell, cancelled: open_for_map(folder, self._engine_for, beside)  # noqa: E731
        take, refuse = (lambda opened: self._take(opened, started, then)), functools.partial(self._refuse, folder)
        self.opening = folder
        self._workers.start(SLOT, work, take, refuse, poll_ms=POLL_MS)
        self._changed()

    def leave(self) -> None:
        """Caches the current space before it is replaced or its map is closed."""
        self.kept.add(self._context.opened)

    def cancel(self) -> bool:
        """Cancels the opening of another space. Returns whether there was one."""
        was_opening, self.opening = self._workers.cancel(SLOT), None
        if was_opening:
            self._changed()
        return was_opening

    def back(self, error: UserError | None = None) -> bool:
        """Goes back to the previous space. Returns whether there was one.

        Args:
            error: why the current space cannot be shown.
        """
        before = self._before
        if before is None:
            return False
        if error is not None:
            self._say_why(self.folder, error)
        self.choose(before)
        return True

    def _take(self, opened: OpenSpace, started: float, then: Callable[[], None]) -> None:
        self.opening, self._before = None, self.folder
        self.leave()
        self.kept.keep_images(opened.probe.space.images)
        self._show(opened, started)
        self._changed()
        then()

    def _refuse(self, folder: Path, error: BaseException) -> None:
        self.opening = None
        try:
            self._say_why(folder, error)
        finally:
            self._changed()

    def _say_why(self, folder: Path, error: BaseException) -> None:
        name = next((entry.label for entry in self._catalogue.entries() if entry.folder == folder), folder.name)
        self._context.say(refusal(self._catalogue, folder, error, f"{name} cannot be shown"))

    def _on_check_failed(self, error: BaseException) -> None:
        raise error


def open_for_map(folder: Path, engine_for: EngineFor, beside: LatentSpace | None) -> OpenSpace:
    """Opens a space as `open_space` does, and computes what its map needs; the Tk thread would need 20 ms for it."""
    opened = open_space(folder, engine_for, beside)
    space = opened.probe.space
    opening_place(space)
    where_named(space)
    return opened


def refusal(catalogue: Catalogue, folder: Path, error: BaseException, cannot: str) -> str:
    """Why a space could not be opened, one line. Greys it out in the menus, unless it merely cannot be compared.

    Args:
        cannot: the beginning of the line, such as "vae cannot be shown".

    Raises:
        BaseException: `error` itself, if it is not meant for the user.
    """
    if isinstance(error, Unfit):
        return str(error)
    if not isinstance(error, UserError):
        raise error
    catalogue.blame(folder, error)
    return f"{cannot}: {str(error).replace(f'{folder.parent}{os.sep}', '')}"
