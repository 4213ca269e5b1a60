"""From the space that is shown to another one: opened in a worker, kept when it is left."""

from __future__ import annotations

import dataclasses
import functools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from explorer.analysis import analyses
from explorer.analysis.probe import SpaceProbe
from explorer.decoding.decoders import GridDecoder
from explorer.decoding.engines import Engine, EngineFor
from explorer.errors import UserError
from explorer.session.comparison import why_not
from explorer.session.state import MapState
from explorer.space import following
from explorer.space.catalogue import Catalogue, Entry, Signature, unfit
from explorer.space.folder import check_decoder, open_space
from explorer.space.latent_space import LatentSpace
from explorer.window.base.workers import Asked, Tell
from explorer.window.pane.context import MapContext

SLOT, CHECK = "space", "catalogue"
POLL_MS = 3
KEPT, KEPT_BYTES = 12, 256e6  # spaces that were left, and what their points and grids may take together


@dataclass
class Opened:
    """A space that is shown, or was.

    Attributes:
        engine, probe: of it; the reader is that of the moment in which it was left.
        signature: of its files when they were read.
        prepared: the engine has come to its end.
    """

    engine: Engine
    probe: SpaceProbe
    signature: Signature
    prepared: bool = False

    @property
    def bytes(self) -> int:
        """What its points and its grid take."""
        space, grid = self.probe.space, self.engine.decoder
        arrays = [space.codes, *space.columns.values(), *([grid.grid.images] if isinstance(grid, GridDecoder) else [])]
        return sum(array.nbytes for array in arrays)


class Kept:
    """Spaces that were left, with their networks and all that was worked out, within a limit of number and memory.

    A network that is loaded again costs memory that is never given back: XLA keeps what it has compiled.
    """

    def __init__(self) -> None:
        self._spaces: dict[Path, Opened] = {}  # by folder, the one left last at the end

    def add(self, left: Opened, probe: SpaceProbe) -> None:
        """Keeps a space, unless it is a run, which goes on meanwhile, or has no decoder yet.

        Args:
            probe: of it, as it is now.
        """
        if left.engine.run is None and probe.decoder is not None:
            self._spaces[probe.space.folder] = dataclasses.replace(left, probe=probe)
        while len(self._spaces) > KEPT or sum(kept.bytes for kept in self._spaces.values()) > KEPT_BYTES:
            self._spaces.pop(next(iter(self._spaces)))

    def take(self, folder: Path, signature: Signature) -> Opened | None:
        """The space of a folder, if its files are still the same; it is kept no longer."""
        kept = self._spaces.pop(folder, None)
        return kept if kept is not None and kept.signature == signature else None

    def keep_images(self, images: str) -> None:
        """Forgets all images but these, which take most memory."""
        for kept in self._spaces.values():
            if kept.probe.space.images != images:
                for name in analyses.OF_IMAGES:
                    kept.probe.analyses.pop(name, None)


class Unfit(UserError):
    """A space cannot be shown beside another one; there is nothing wrong with it."""


def opened(folder: Path, engine_for: EngineFor, signature: Signature, beside: LatentSpace | None = None) -> Opened:
    """Reads a space, or the latest epoch of a run, and makes its engine; runs in a worker.

    Args:
        signature: of its files.
        beside: a space that it is to be compared with.

    Raises:
        UserError: it cannot be shown.
        Unfit: not beside that one.
    """

    def read(folder: Path) -> Opened:
        space = open_space(folder)
        if beside is not None and (why := why_not(beside, space)):
            raise Unfit(why)
        engine = engine_for(space)
        if engine.run is None:  # the grid engine does not need it, but where it is damaged the space is
            check_decoder(space)
        return Opened(engine, SpaceProbe(space, engine.decoder), signature)

    return following.opened(folder, read)


class Switching:
    """Leads from one space to another.

    Of several choices the last one counts. A space that cannot be opened leaves the one that is shown as it is. Those
    that were shown before are there at once.

    Args:
        context: what the window works with.
        opened: what is shown first.
        engine_for: makes the engine of another one; runs in a worker.
        catalogue: what there is to choose from.
        show: is given what was opened, and the moment at which it was chosen, in `time.perf_counter` seconds.
        changed: is called when another space is being opened, or no longer, or when more is known of the catalogue.

    Attributes:
        shown: what is shown.
        opening: the folder of what is being opened, or None.
        kept: what was shown before.
        beside: the map beside which this one stands: only spaces of the same images are shown; None for any.
    """

    def __init__(
        self,
        context: MapContext,
        opened: Opened,
        engine_for: EngineFor,
        catalogue: Catalogue,
        show: Callable[[Opened, float], None],
        changed: Callable[[], None],
    ) -> None:
        self._context, self._workers, self._catalogue = context, context.workers, catalogue
        self._engine_for, self._show, self._changed = engine_for, show, changed
        self.shown = opened
        self.beside: MapState | None = None
        self.opening: Path | None = None
        self._before: Path | None = None
        self.kept = Kept()

    @property
    def folder(self) -> Path:
        """Of the space that is shown: a run's is another one in the end."""
        return self._context.state.space.folder

    def entries(self) -> list[Entry]:
        """What there is to choose from; has looked after what is not known of it."""
        entries = self._catalogue.entries()
        self.check()
        return entries

    def named(self, name: str, images: str) -> Path | None:
        """The folder of a space that can be shown, by its name and its images; the nearest one of several."""
        fitting = [entry for entry in self._catalogue.entries() if entry.folder.name == name and not entry.wrong]
        folders = [entry.folder for entry in fitting if entry.images == images]
        return min(folders, key=lambda folder: folder.parent != self.folder.parent, default=None)

    def check(self) -> None:
        """Has read what is not known to be whole."""
        if self._catalogue.unchecked():
            work = lambda tell, cancelled: self._catalogue.check(cancelled)  # noqa: E731
            self._workers.start(CHECK, work, lambda result: self._changed(), self._on_check_failed)

    def step(self, steps: int) -> None:
        """Chooses the space so many places further on among those that can be shown, which follow in a circle."""
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
        """Shows the space of a folder as soon as it is opened, or what was worked out when it was shown last.

        Args:
            then: is called when it is shown, unless something else was chosen meanwhile.
        """
        started = time.perf_counter()
        self._workers.cancel(SLOT)
        self.opening = None
        if folder == self.folder:
            self._changed()
            then()
            return
        signature = self._catalogue.signature(folder)
        kept = self.kept.take(folder, signature)
        if kept is not None and (self.beside is None or not why_not(self.beside.space, kept.probe.space)):
            self._take(kept, started, then)
            return

        beside = self.beside and self.beside.space

        def work(tell: Tell, cancelled: Asked) -> Opened:
            return opened(folder, self._engine_for, signature, beside)

        take, refuse = (lambda opened: self._take(opened, started, then)), functools.partial(self._refuse, folder)
        self.opening = folder
        self._workers.start(SLOT, work, take, refuse, poll_ms=POLL_MS)
        self._changed()

    def leave(self) -> None:
        """Keeps the space that is shown: it is about to be replaced, or its map to be closed."""
        self.kept.add(self.shown, self._context.probe)

    def cancel(self) -> bool:
        """Stays with the space that is shown; says whether another one was being opened."""
        was_opening, self.opening = self._workers.cancel(SLOT), None
        if was_opening:
            self._changed()
        return was_opening

    def back(self, error: UserError | None = None) -> bool:
        """Returns to the space before; says whether there was one.

        Args:
            error: why the one that is shown cannot be.
        """
        before = self._before
        if before is None:
            return False
        if error is not None:
            self._blame(self.folder, error)
        self.choose(before)
        return True

    def _take(self, opened: Opened, started: float, then: Callable[[], None]) -> None:
        self.opening, self._before = None, self.folder
        self.leave()
        self.kept.keep_images(opened.probe.space.images)
        self.shown = opened
        self._show(opened, started)
        self._changed()
        then()

    def _refuse(self, folder: Path, error: BaseException) -> None:
        self.opening = None
        if isinstance(error, Unfit):
            self._context.say(str(error))
        elif isinstance(error, UserError):
            self._blame(folder, error)
        self._changed()
        if not isinstance(error, UserError):
            raise error

    def _blame(self, folder: Path, error: UserError) -> None:
        """Has a space greyed out, and says why."""
        self._catalogue.blame(folder, error)
        entry = next((entry for entry in self._catalogue.entries() if entry.folder == folder), None)
        name = entry.label if entry else folder.name
        said = str(error).replace(f"{folder.parent}{os.sep}", "")
        self._context.say(f"{name} cannot be shown: {said}")

    def _on_check_failed(self, error: BaseException) -> None:
        raise error
