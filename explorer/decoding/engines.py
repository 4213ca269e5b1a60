"""Engines provide the decoder. They are the only difference between the two programs.

An engine has a decoder at once, if there is a grid, and prepares a better one in the background. On the folder of a
training run it also sends an update for each new epoch.
"""

from __future__ import annotations

import dataclasses
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from explorer.decoding import grid, keras_runtime
from explorer.decoding.decoders import Decoder, Encoder, GridDecoder
from explorer.decoding.model_files.own_classes import Trust
from explorer.errors import Cancelled, NotAllowed, UserError
from explorer.files import locations
from explorer.progress import Asked
from explorer.spaces import following, in_memory, view
from explorer.spaces.card import DECODER, ENCODER, ENCODERS, file_of
from explorer.spaces.folder import check_decoder, check_network
from explorer.spaces.latent_space import LatentSpace
from explorer.spaces.point_index import PointIndex

POLL = 0.25  # seconds between two checks of a run
PAUSE = 1.0  # seconds until the encoder is loaded: earlier, it would delay a quick switch to another space
SHARE = 6  # checks take at most this part of a core (1/…): training needs the rest


@dataclass(frozen=True)
class Progress:
    """What is being done, and the finished share, 0..1, if known."""

    text: str
    share: float | None = None


@dataclass(frozen=True)
class Notice:
    """One line that the user should read."""

    text: str


@dataclass(frozen=True)
class Update:
    """The next epoch of a run, or its result: a space that replaces the one before.

    Attributes:
        space: the space to show.
        run: how far training has come; None if a result has no history.
        neighbours: index of all its points.
        decoder: of the space; `take_over` gives it its weights.
        weights: for the live decoder; None if it has them.
    """

    space: LatentSpace
    run: following.Run | None
    neighbours: PointIndex
    decoder: Decoder
    weights: list[np.ndarray] | None = None

    def take_over(self) -> Decoder:
        """Gives the decoder this epoch's weights, and returns it; takes 2 ms.

        To be called in the thread that decodes, when the space is shown: picture and points are then of the same epoch.
        """
        if self.weights is not None and isinstance(self.decoder, keras_runtime.LiveDecoder):
            self.decoder.network.set_weights(self.weights)
        return self.decoder


NO_ENCODER = "this space has no encoder"

Message = Decoder | Encoder | Progress | Notice | Update
Tell = Callable[[Message], None]


def is_decoder(message: Message) -> TypeGuard[Decoder]:
    """Whether a message is a decoder; an encoder has no source."""
    return hasattr(message, "source")


class Engine:
    """Base of both engines.

    Attributes:
        decoder: available from the start; None without a usable grid.
        notices: messages from opening, one line each.
        why_compute: why a grid must be computed; empty if the one on disk is valid.
        run: the training run that is followed, whose grids are used as they are; None for any other space.
        trust: whether networks may contain layers with code.
        encoder_unavailable: why there will be no encoder, one line; empty as long as one may come.

    Raises:
        UserError: a grid of this resolution would not fit into memory, or a run has no usable grid.
    """

    def __init__(
        self, space: LatentSpace, resolution: int | None = None, rebuild: bool = False, trust: Trust = False
    ) -> None:
        self.space, self.trust = space, trust
        self.resolution = resolution or grid.resolution_for(space.image_shape)
        self.run = following.run_of(space.card)
        if not self.run and resolution and resolution > (most := grid.largest_resolution(space.image_shape)):
            shape = "×".join(map(str, space.image_shape))
            raise UserError(f"--resolution {resolution} is too much for images of {shape}: give at most {most}")
        self.decoder: Decoder | None = None
        self.notices: list[Notice] = []
        self.why_compute = self.encoder_unavailable = ""
        if not space.has_decoder:
            self.encoder_unavailable = NO_ENCODER
            return
        if self.run is not None:
            self._follower = following.Follower(space)
            self._before = space  # the epoch before, whose axes the next one keeps
            self._looking = threading.Lock()  # no thread may send an older epoch than another one has sent
            self.decoder = GridDecoder(grid.load(space))
            return
        try:
            loaded = grid.load(space)
        except UserError as error:
            if not space.decoder_file:
                raise
            self.why_compute = str(error)
            return
        self.decoder = GridDecoder(loaded)
        if rebuild or (resolution is not None and loaded.shape != (resolution, resolution)):
            self.why_compute = "a new grid was requested"

    def prepare(self, tell: Tell, cancelled: Asked) -> None:
        """Computes or loads what is missing; runs in a worker.

        Args:
            tell: takes progress, notices, and each better decoder; for a run, the decoder comes in an update.
            cancelled: returns whether to stop.

        Raises:
            UserError: the network cannot be loaded.
            Cancelled: `cancelled()` was true.
        """
        raise NotImplementedError

    def follow(self, tell: Tell, cancelled: Asked) -> None:
        """Sends an update for each new epoch of the run, until its result is there. Runs in a worker, in parallel with
        `prepare`. Returns at once if the space is no run."""
        while self.run is not None and not self._follower.ended and not cancelled():
            before = time.thread_time()
            self._look(tell)
            time.sleep(max(POLL, (SHARE - 1) * (time.thread_time() - before)))

    def _look(self, tell: Tell) -> bool:
        """Sends an update if there is a new epoch. Returns whether there was."""
        with self._looking:
            update = self._follower.look(self._update)
            if update is not None:
                tell(update)
        return update is not None

    def _update(self, space: LatentSpace) -> Update:
        """Raises UserError if the files do not match the card."""
        run = following.run_of(space.card) or following.completed(space)
        before, self._before = self._before.projection, space
        if space.projection is not None and before is not None and space.projection.basis.shape == before.basis.shape:
            space = self._before = space.on_plane(space.projection.turned_to(before))
        neighbours = PointIndex(space.places)
        neighbours.usual_distance()  # built here, in the worker, not when it is first used
        return Update(space, run, neighbours, GridDecoder(grid.load(space)))

    def _load_live(self, space: LatentSpace) -> Decoder:
        if space.has_own_models:
            from explorer.decoding.fitting import opening  # most spaces do not need it

            return opening.decoder_of(space, self.trust)
        return keras_runtime.load_decoder(space.folder / DECODER, space.image_shape, self.trust, space.dimensions)

    def _compute_grid(self, decode: Decoder, tell: Tell, cancelled: Asked) -> grid.Grid:
        n, space = self.resolution, self.space.in_coordinates("plain")
        text = f"computing the grid of {n} × {n} places"

        def report(share: float) -> None:
            tell(Progress(text, share))

        fingerprint, extent = grid.fingerprint_of(space.card), grid.extent_for(view.home(space))
        return grid.compute(decode, extent, n, fingerprint, report, cancelled, space.projection)

    def _keep_grid(self, lattice: grid.Grid, tell: Tell) -> None:
        try:
            grid.keep(self.space, lattice)
        except NotAllowed as error:
            tell(Notice(f"{error}; the grid is kept in memory only"))


class HeldEngine(Engine):
    """The decoder and the encoder of a space in memory, which are there from the start."""

    live_available = True

    def __init__(self, held: in_memory.Held) -> None:
        self.space, self.trust, self.run = held.space, False, None
        self.resolution = grid.resolution_for(held.space.image_shape)
        self.notices, self.why_compute = [], ""
        self.decoder = held.decode
        self.encoder = held.encode
        self.encoder_unavailable = "" if held.encode is not None else NO_ENCODER

    def prepare(self, tell: Tell, cancelled: Asked) -> None:
        if self.decoder is not None:
            tell(self.decoder)
        if self.encoder is not None:
            tell(self.encoder)


class LiveEngine(Engine):
    """The grid until Keras is loaded, then the Keras decoder; for `ae.py`.

    For a run, one network is compiled, which gets the weights of each epoch.

    Attributes:
        pause: seconds until the encoder of a second space is loaded too.

    Raises:
        UserError: the decoder is damaged, or there is neither a grid nor TensorFlow.
    """

    def __init__(self, space: LatentSpace, trust: Trust = False) -> None:
        super().__init__(space, trust=trust)
        self.pause = PAUSE
        self._with_keras = False
        self._preparing = threading.Lock()  # so that two threads do not load the same network
        self._live: Decoder | None = None
        self._encoder: Encoder | None = None
        self._made_with: tuple[Any, ...] | None = None  # tells the network of this run from that of another one
        why_not = missing_library(space.decoder_file)
        self.live_available = not why_not
        if not space.decoder_file:  # there is a grid, or nothing to decode
            self.live_available, self.encoder_unavailable = False, NO_ENCODER
        elif self.live_available and self.run is None:
            check_decoder(space)
        elif self.live_available:  # the decoder of a run is checked whenever it is read
            self.encoder_unavailable = "that of a training run is not read: start the explorer again on its result"
        elif self.decoder is None:
            raise UserError(f"{self.why_compute}, and {why_not}")
        else:
            self.encoder_unavailable = why_not
            self.notices.append(Notice(f"the precomputed grid is used, because {why_not}"))

    def prepare(self, tell: Tell, cancelled: Asked) -> None:
        if not self.live_available:
            return
        tell(Progress("loading the live decoder"))
        if self.run is not None:
            self._join_run(tell, cancelled)
            return
        with self._preparing:
            _heed(cancelled)
            self._load_networks(tell, cancelled)
        keras_runtime.give_memory_back()
        if self.why_compute and self._live is not None:
            self._keep_grid(self._compute_grid(self._live, tell, cancelled), tell)

    def _load_networks(self, tell: Tell, cancelled: Asked) -> None:
        passing = "keras" in sys.modules  # since: this is not the first space
        try:
            keras_runtime.import_keras()
            _heed(cancelled)
            self._live = self._live or self._load_live(self.space)
        except UserError as error:
            self.encoder_unavailable = str(error)
            raise
        self.decoder = self._live  # the grid, 13 MB, is not needed any more
        tell(self._live)
        if not file_of(self.space.card, ENCODERS) and self.space.has_own_models:
            self.encoder_unavailable = NO_ENCODER
            return
        _rest(self.pause if passing else 0, cancelled)
        try:  # a space can be shown without its encoder
            self._encoder = self._encoder or self._load_encoder()
        except UserError as error:
            self.encoder_unavailable = str(error)
            tell(Notice(f"{error}: without the encoder, images cannot be put on the map"))
        else:
            tell(self._encoder)

    def _load_encoder(self) -> Encoder:
        space = self.space
        if not space.has_own_models:
            check_network(space, ENCODER)
            return keras_runtime.load_encoder(space.folder / ENCODER, space.image_shape, self.trust, space.dimensions)
        check_network(space, file_of(space.card, ENCODERS))
        from explorer.decoding.fitting import opening

        return opening.encoder_of(space, self.trust)

    def _join_run(self, tell: Tell, cancelled: Asked) -> None:
        """Sends every update with the live decoder from now on; the first one at once, unless the run is writing."""
        keras_runtime.import_keras()
        with self._looking:
            self._with_keras = True
            self._follower.again()
        end = time.monotonic() + following.PATIENCE
        while not self._look(tell) and time.monotonic() < end:
            _heed(cancelled)
            time.sleep(following.AGAIN)

    def _update(self, space: LatentSpace) -> Update:
        update = super()._update(space)
        if not self._with_keras:
            return update
        made_with = space.card.get("kind"), space.card.get("config"), space.image_shape
        check_decoder(space)
        if self._live is None or self._made_with != made_with:
            self._live, self._made_with, weights = self._load_live(space), made_with, None
        else:
            path = space.folder / DECODER
            network = keras_runtime.load_decoder_network(path, space.image_shape, self.trust, space.dimensions)
            weights = network.get_weights()
        check_decoder(space)  # the weights are of this epoch only if the file was not replaced meanwhile
        return dataclasses.replace(update, decoder=self._live, weights=weights)


class GridEngine(Engine):
    """The grid, computed first if there is none; for `ae_precomp.py`. A valid grid needs no Keras.

    Raises:
        UserError: there is no usable grid, and it cannot be computed.
    """

    def __init__(
        self, space: LatentSpace, resolution: int | None = None, rebuild: bool = False, trust: Trust = False
    ) -> None:
        super().__init__(space, resolution, rebuild, trust)
        program, live = locations.program("ae_precomp.py"), locations.command("ae.py")
        self.encoder_unavailable = f"{program} has none: start '{live}' instead" if space.decoder_file else NO_ENCODER
        if self.why_compute:
            if why_not := missing_library(space.decoder_file):
                raise UserError(f"{self.why_compute}, and {why_not}")
            check_decoder(space)
            self.notices.append(Notice(f"{self.why_compute}: computing {self.resolution} × {self.resolution} places"))

    def prepare(self, tell: Tell, cancelled: Asked) -> None:
        if self.why_compute:
            tell(Progress("loading the decoder for the grid", 0.0))
            lattice = self._compute_grid(self._load_live(self.space), tell, cancelled)
            tell(GridDecoder(lattice))  # it is shown while it is saved
            self._keep_grid(lattice, tell)
        keras_runtime.give_memory_back()


def missing_library(name: str) -> str:
    """Which library a model's file, by its name, needs that is not installed, and how to install it; else empty."""
    if name.endswith(".onnx"):
        from explorer.decoding.model_files import onnx_vetting

        return onnx_vetting.lacking()
    return "" if keras_runtime.available() else f"TensorFlow is not installed: {keras_runtime.INSTALL}"


EngineFor = Callable[[LatentSpace], Engine]


def _rest(seconds: float, cancelled: Asked) -> None:
    """Waits. Raises `Cancelled` if `cancelled()` becomes true meanwhile."""
    end = time.monotonic() + seconds
    while not cancelled() and time.monotonic() < end:
        time.sleep(0.05)
    _heed(cancelled)


def _heed(cancelled: Asked) -> None:
    """Raises `Cancelled` if `cancelled()` is true."""
    if cancelled():
        raise Cancelled
