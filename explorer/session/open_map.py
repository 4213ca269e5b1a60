"""The headless core: an open map. It receives from its engine, computes analyses, and shares images with another map.

The window, `--snapshot` and the Python API all use it. It draws nothing and has no threads.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.backgrounds import BACKGROUNDS
from explorer.analysis.colouring import NEEDED
from explorer.analysis.fading import NEARNESS
from explorer.analysis.probe import Analysis, SpaceProbe, What, lasting
from explorer.decoding.engines import (
    Engine,
    EngineFor,
    GridEngine,
    HeldEngine,
    LiveEngine,
    Message,
    Notice,
    Progress,
    Update,
    is_decoder,
    missing_library,
)
from explorer.errors import UserError
from explorer.files import locations
from explorer.progress import Asked, Report, never, unheard
from explorer.session import comparison
from explorer.session.state import MapState, Place, SharedState
from explorer.signals import Signal
from explorer.spaces import following, in_memory
from explorer.spaces.catalogue import Signature, signature_of
from explorer.spaces.folder import check_decoder
from explorer.spaces.folder import open_space as read_space
from explorer.spaces.latent_space import LatentSpace
from explorer.spaces.point_index import PointIndex

ONE_PLANE = "the grid holds this plane only"

T = TypeVar("T")


class Unfit(UserError):
    """A space cannot be compared with another one, but is not damaged."""


@dataclass
class OpenSpace:
    """A space that is shown, or was shown.

    Attributes:
        engine, probe: of the space.
        signature: of its files when they were read.
        prepared: whether the engine has finished preparing.
    """

    engine: Engine
    probe: SpaceProbe
    signature: Signature = ()
    prepared: bool = False

    @property
    def plane_fixed(self) -> str:
        """Why only the plane of the grid can be decoded, one line; empty if every code can."""
        space, engine = self.probe.space, self.engine
        if space.projection is None or not space.has_decoder or not isinstance(engine, GridEngine | LiveEngine):
            return ""
        if not space.decoder_file:
            return f"{ONE_PLANE}, and there is no decoder for others"
        if isinstance(engine, GridEngine):
            return f"{ONE_PLANE}: start '{locations.command('ae.py')}' for others"
        return "" if engine.live_available else f"{ONE_PLANE}, because {missing_library(space.decoder_file)}"


def open_space(folder: Path, engine_for: EngineFor, beside: LatentSpace | None = None, check: bool = True) -> OpenSpace:
    """Reads a space, or the latest epoch of a run, and makes its engine.

    Args:
        beside: the space to compare it with.
        check: whether a damaged decoder is an error even if the engine does not need it.

    Raises:
        UserError: it cannot be shown.
        Unfit: it cannot be compared with that space.
    """

    def read(folder: Path) -> OpenSpace:
        if (held := in_memory.at(folder)) is not None:
            return _held(held)
        signature, space = signature_of(folder), read_space(folder)
        engine = engine_for(space)
        if check and engine.run is None:
            check_decoder(space)
        return OpenSpace(engine, SpaceProbe(space, engine.decoder), signature)

    opened = following.opened(folder, read)
    if beside is not None and (why := comparison.unavailable(beside, opened.probe.space)):
        raise Unfit(why)
    return opened


def _held(held: in_memory.Held) -> OpenSpace:
    """A space in memory, opened: its models and its images are there."""
    engine = HeldEngine(held)
    probe = SpaceProbe(held.space, engine.decoder)
    if held.images is not None:
        probe.results[ORIGINALS] = held.images
    return OpenSpace(engine, probe, signature_of(held.space.folder))


class OpenMap:
    """A map: its state, the space that it shows, and the results about that space.

    Args:
        opened: the space.
        state: view and cursor; by default, the whole map.

    Attributes:
        opened, state: as above; `opened` is replaced together with the space.
        ready: sent with `what` after an analysis was computed, failed, or was given up, and after a decoder, an
            encoder, the index of all points, or another space to compare with has arrived.
        probe_changing: sent with the next `probe`, before anything changes.
        probe_changed: sent after `probe` was replaced and the state was changed.
    """

    ready = Signal(object, object)
    probe_changing = Signal(object, object)
    probe_changed = Signal(object)

    def __init__(self, opened: OpenSpace, state: MapState | None = None) -> None:
        self.opened, self.state = opened, state or MapState(opened.probe.space)
        if self.state.space is not opened.probe.space:  # seen in other coordinates
            self.opened = dataclasses.replace(opened, probe=opened.probe.through(self.state.space))
        self._shares_with: OpenMap | None = None
        self.state.rest_changed.connect(self._follow_rest)
        self._note_encoder()

    @property
    def probe(self) -> SpaceProbe:
        return self.opened.probe

    @property
    def engine(self) -> Engine:
        return self.opened.engine

    def tell(self, what: What) -> None:
        """Tells all subscribers that something is ready, or failed."""
        self.ready.emit(self, what)

    # ---- another space, or other coordinates -----------------------------------------------------

    def show(self, opened: OpenSpace, same_images: bool = False) -> None:
        """Shows another space.

        Args:
            same_images: see `MapState.show_space`.
        """
        self._replace(opened, lambda: self.state.show_space(opened.probe.space, same_images))

    def use_probe(self, probe: SpaceProbe) -> None:
        """Replaces the probe; the state already shows its space."""
        self._replace(dataclasses.replace(self.opened, probe=probe), lambda: None)

    def follow_coordinates(self) -> None:
        """Reads the space in the state's coordinates."""
        self.use_probe(self.probe.through(self.state.space))

    def _follow_rest(self) -> None:
        """Decodes on the parallel plane that the state shows. Results about the plane stay until `forget_plane`."""
        self.opened = dataclasses.replace(self.opened, probe=self.probe.on_parallel_plane(self.state.space))

    def forget_plane(self) -> None:
        """Drops the results about the plane, because another one is shown."""
        self.probe.forget_plane()

    def reach(self, code: np.ndarray) -> Place:
        """Shows the parallel plane on which a code, (d,), lies, unless the plane is fixed, or nothing decodes it: dots
        would only fade. Returns its place."""
        if not self.opened.plane_fixed and self.state.space.has_decoder:
            self.state.hold_code(code)
        return self.state.space.place_of(code)

    def show_code(self, code: np.ndarray, least: float = 0.0) -> None:
        """Moves the cursor to a code, (d,), and the plane with it: see `reach` and `MapState.show_place`."""
        self.state.show_place(self.reach(code), least)

    def _replace(self, opened: OpenSpace, show: Callable[[], None]) -> None:
        self.probe_changing.emit(self, opened.probe)
        before, self.opened = self.probe, opened
        self.probe.inherit(before)
        self._note_encoder()
        self._exchange_images()
        show()
        self.probe_changed.emit(self)

    # ---- the engine ------------------------------------------------------------------------------

    def hear(self, message: Message) -> None:
        """Handles a message of the engine."""
        if isinstance(message, Update):
            self._update(message)
        elif isinstance(message, Notice):
            self._note_encoder()
            if self.probe.encoder_unavailable:
                self.tell("encoder")
        elif is_decoder(message):
            if self.probe.decoder is not None and self.probe.decoder.source == "grid":
                self.probe.stopgap = self.probe.decoder
            self.probe.decoder = message
            self.tell("decoder")
        elif not isinstance(message, Progress):
            self.probe.encoder, self.probe.encoder_unavailable = message, ""
            self.tell("encoder")

    def _update(self, update: Update) -> None:
        """Shows the next epoch; points and decoder change together."""
        decoder, space = update.take_over(), update.space.seen_like(self.state.space)
        opened = dataclasses.replace(self.opened, probe=SpaceProbe(space, decoder))
        self.show(opened, space.images == self.state.space.images)
        if space is update.space:  # otherwise the index is of other coordinates
            self.know_points(update.neighbours)

    def _note_encoder(self) -> None:
        if self.probe.encoder is None:
            self.probe.encoder_unavailable = self.engine.encoder_unavailable

    def prepare(self, heard: Callable[[Message], None] = lambda message: None) -> None:
        """Lets the engine prepare everything; blocks. Raises UserError if a network cannot be loaded.

        Args:
            heard: takes every message after it was handled.
        """

        def hear(message: Message) -> None:
            self.hear(message)
            heard(message)

        self.engine.prepare(hear, never)
        self.opened.prepared = True

    # ---- results ---------------------------------------------------------------------------------

    def know_points(self, all_points: PointIndex) -> None:
        """Sets the index of all points."""
        self.probe.know_points(all_points)
        self.tell("points")

    def work_out(self, analysis: Analysis[T], report: Report = unheard, cancelled: Asked = never) -> T:
        """Computes an analysis and everything that it needs, unless they are ready; blocks.

        Raises:
            UserError: it is unavailable; a later call tries again.
            Cancelled: `cancelled()` was true.
        """
        if why := self.probe.unavailable(analysis):
            raise UserError(why)
        for each in self.probe.missing(analysis):
            self.take(each, each.work_out(self.probe, report, cancelled))
        return self.probe.known(analysis)

    def work_out_style(self, shared: SharedState) -> None:
        """Computes what the colouring and the background need. Raises UserError if that is unavailable."""
        fading = NEARNESS if self.state.fades and self.state.space.dimensions > 2 else None
        for analysis in (NEEDED.get(shared.colouring), BACKGROUNDS.get(self.state.background), fading):
            if analysis is not None:
                self.work_out(analysis)

    def take(self, analysis: Analysis[T], result: T) -> None:
        """Stores a result; one about images is also given to the other map."""
        self.probe.results[analysis] = result
        self.probe.failures.pop(analysis, None)
        self.tell(analysis)
        other = self._partner()
        if other is not None and analysis.of == "images" and analysis not in other.probe.results:
            other.take(analysis, result)

    def fail(self, analysis: Analysis[Any], why: str) -> None:
        """Stores why an analysis failed; it is not tried again for this space."""
        self.probe.failures[analysis] = why
        self.tell(analysis)

    # ---- another map -----------------------------------------------------------------------------

    def compare_with(self, space: LatentSpace | None) -> None:
        """Sets the space to compare with, or None."""
        self.probe.compare_with(space)
        self.tell("beside")

    def share_images(self, other: OpenMap) -> None:
        """Shares results about images between two maps from now on."""
        self._shares_with, other._shares_with = other, self
        self._exchange_images()

    def stop_sharing(self) -> None:
        """Ends the sharing; each map keeps its results."""
        if self._shares_with is not None:
            self._shares_with._shares_with = None
            self._shares_with = None

    def _partner(self) -> OpenMap | None:
        """The other map, if it shows the same images."""
        other = self._shares_with
        return other if other is not None and lasting(self.probe.space, other.probe.space) else None

    def _exchange_images(self) -> None:
        if (other := self._partner()) is not None:
            one, two = self.probe.results, other.probe.results
            of_images = {analysis: result for analysis, result in (two | one).items() if analysis.of == "images"}
            one |= of_images
            two |= of_images
