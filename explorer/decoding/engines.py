"""What answers when a place is to be decoded: the only thing in which the two programs differ.

An engine offers a decoder at once, where there is one, and prepares a better one in the background. Over the folder
of a training run it also tells of the epochs that come.
"""

from __future__ import annotations

import dataclasses
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.decoding import grid, keras_runtime
from explorer.decoding.decoders import Decoder, GridDecoder
from explorer.errors import Cancelled, NotAllowed, UserError
from explorer.files import locations
from explorer.progress import Asked
from explorer.space import following, view
from explorer.space.card import DECODER, ENCODER
from explorer.space.folder import check_decoder, check_network
from explorer.space.latent_space import LatentSpace
from explorer.space.point_index import PointIndex

POLL = 0.25  # seconds between two looks at a run
PAUSE = 1.0  # seconds until the encoder is loaded too: that would delay a person who goes on to the next space
SHARE = 6  # looking takes at most one part in so many of a core: training needs them


@dataclass(frozen=True)
class Progress:
    """What is being done, and the finished share, 0..1, where it is known."""

    text: str
    share: float | None = None


@dataclass(frozen=True)
class Notice:
    """Something that the person should know; one line."""

    text: str


@dataclass(frozen=True)
class Update:
    """The next epoch of a run, or its result: a space to be shown in place of the one before.

    Attributes:
        space: to be shown.
        run: how far it has come; None where a result has no history.
        neighbours: of all its points.
        decoder: of the space, once it has its weights.
        weights: of the live decoder; None where it has them.
    """

    space: LatentSpace
    run: following.Run | None
    neighbours: PointIndex
    decoder: Decoder
    weights: list[np.ndarray] | None = None

    def take_over(self) -> Decoder:
        """The decoder with this epoch's weights, which takes 2 ms: in the thread that decodes, at the moment in
        which the space is shown, so that picture and points are always of one epoch."""
        if self.weights is not None and isinstance(self.decoder, keras_runtime.LiveDecoder):
            self.decoder.network.set_weights(self.weights)
        return self.decoder


Message = Decoder | keras_runtime.LiveEncoder | Progress | Notice | Update
Tell = Callable[[Message], None]


class Engine:
    """Base of both engines.

    Attributes:
        decoder: answers from the start; None where there is no usable grid.
        notices: what was found out while opening, one line each.
        why_compute: why a grid has to be computed; empty where the one on disk is right.
        run: that is followed; None over a space that stays as it is. Its grids are shown as they are.
        trust: whether networks may hold layers that run code of their own.
        encoder_unavailable: why nothing will be encoded, one line; empty as long as an encoder may come.

    Raises:
        UserError: a grid of this resolution would not fit into memory, or a run has left none that can be used.
    """

    def __init__(
        self, space: LatentSpace, resolution: int | None = None, rebuild: bool = False, trust: bool = False
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
        if self.run is not None:
            self._follower = following.Follower(space)
            self._looking = threading.Lock()  # what one thread tells must not be older than what another one has told
            self.decoder = GridDecoder(grid.load(space))
            return
        try:
            loaded = grid.load(space)
        except UserError as error:
            self.why_compute = str(error)
            return
        self.decoder = GridDecoder(loaded)
        if rebuild or (resolution is not None and loaded.shape != (resolution, resolution)):
            self.why_compute = "a new grid was asked for"

    def prepare(self, tell: Tell, cancelled: Asked) -> None:
        """Works out what is missing; runs in a worker.

        Args:
            tell: is given progress, notices, and each decoder that is to take over; over a run an update with it.
            cancelled: is asked now and then.

        Raises:
            UserError: the network cannot be loaded.
            Cancelled: `cancelled()` was true.
        """
        raise NotImplementedError

    def follow(self, tell: Tell, cancelled: Asked) -> None:
        """Tells of the latest epoch of the run whenever there is a new one, until its result is there; runs in a
        worker, beside `prepare`. Does nothing over a space that stays as it is."""
        while self.run is not None and not self._follower.ended and not cancelled():
            before = time.thread_time()
            self._look(tell)
            time.sleep(max(POLL, (SHARE - 1) * (time.thread_time() - before)))

    def _look(self, tell: Tell) -> bool:
        """Tells of what is new, if anything is; says whether it did."""
        with self._looking:
            update = self._follower.look(self._update)
            if update is not None:
                tell(update)
        return update is not None

    def _update(self, space: LatentSpace) -> Update:
        """Raises UserError where the files are not those of the card."""
        run = following.run_of(space.card) or following.completed(space)
        neighbours = PointIndex(space.places)
        neighbours.usual_distance()  # found here, not when it is first asked for
        return Update(space, run, neighbours, GridDecoder(grid.load(space)))

    def _load_live(self, space: LatentSpace) -> keras_runtime.LiveDecoder:
        return keras_runtime.load_decoder(space.folder / DECODER, space.image_shape, self.trust)

    def _compute_grid(self, decode: Decoder, tell: Tell, cancelled: Asked) -> grid.Grid:
        n, fingerprint = self.resolution, self.space.card["files"][DECODER]
        text = f"computing the grid of {n} × {n} places"
        extent = grid.extent_for(view.default_limits(self.space.codes))  # in whatever coordinates the map is seen
        return grid.compute(decode, extent, n, fingerprint, lambda share: tell(Progress(text, share)), cancelled)

    def _keep_grid(self, lattice: grid.Grid, tell: Tell) -> None:
        try:
            grid.keep(self.space, lattice)
        except NotAllowed as error:
            tell(Notice(f"{error}; the grid stays in memory"))


class LiveEngine(Engine):
    """The grid until Keras is there, then the Keras decoder; `ae.py`.

    Over a run, one network is compiled and given the weights of each epoch.

    Attributes:
        pause: seconds until the encoder of a second space is loaded too.

    Raises:
        UserError: the decoder is damaged, or neither grid nor TensorFlow is there.
    """

    def __init__(self, space: LatentSpace, trust: bool = False) -> None:
        super().__init__(space, trust=trust)
        self.pause = PAUSE
        self._with_keras = False
        self._preparing = threading.Lock()  # what one thread has loaded, the next one does not load again
        self._live: keras_runtime.LiveDecoder | None = None
        self._encoder: keras_runtime.LiveEncoder | None = None
        self._made_with: tuple[Any, ...] | None = None  # what tells its network from another run's
        self.live_available = keras_runtime.available()
        if self.live_available and self.run is None:
            check_decoder(space)
        elif self.live_available:  # the decoder of a run is checked whenever it is read
            self.encoder_unavailable = "that of a training run is not read: start the explorer again on its result"
        elif self.decoder is None:
            raise UserError(f"{self.why_compute}, and TensorFlow is not installed: {keras_runtime.INSTALL}")
        else:
            self.encoder_unavailable = f"TensorFlow is not installed: {keras_runtime.INSTALL}"
            self.notices.append(Notice(f"TensorFlow is not installed, so the grid answers: {keras_runtime.INSTALL}"))

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
        if self.why_compute and self._live is not None:
            self._keep_grid(self._compute_grid(self._live, tell, cancelled), tell)

    def _load_networks(self, tell: Tell, cancelled: Asked) -> None:
        passing = "keras" in sys.modules  # by: this is not the first space
        try:
            keras_runtime.import_keras()
            _heed(cancelled)
            self._live = self._live or self._load_live(self.space)
        except UserError as error:
            self.encoder_unavailable = str(error)
            raise
        tell(self._live)
        _rest(self.pause if passing else 0, cancelled)
        try:  # a space whose encoder is missing or damaged can be looked at all the same
            check_network(self.space, ENCODER)
            path = self.space.folder / ENCODER
            self._encoder = self._encoder or keras_runtime.load_encoder(path, self.space.image_shape, self.trust)
        except UserError as error:
            self.encoder_unavailable = str(error)
            tell(Notice(f"{error}: nothing can be encoded"))
        else:
            tell(self._encoder)

    def _join_run(self, tell: Tell, cancelled: Asked) -> None:
        """From now on every update comes with the live decoder; the first one at once, unless the run is writing."""
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
            weights = keras_runtime.load_decoder_network(path, space.image_shape, self.trust).get_weights()
        check_decoder(space)  # what was read is this epoch's only if it has not been replaced meanwhile
        return dataclasses.replace(update, decoder=self._live, weights=weights)


class GridEngine(Engine):
    """The grid, computed first where there is none; `ae_precomp.py`. A valid one needs no Keras.

    Raises:
        UserError: there is no usable grid, and it cannot be computed.
    """

    def __init__(
        self, space: LatentSpace, resolution: int | None = None, rebuild: bool = False, trust: bool = False
    ) -> None:
        super().__init__(space, resolution, rebuild, trust)
        program, live = locations.program("ae_precomp.py"), locations.command("ae.py")
        self.encoder_unavailable = f"{program} has none: start '{live}' instead"
        if self.why_compute:
            if not keras_runtime.available():
                raise UserError(f"{self.why_compute}, and computing one needs TensorFlow: {keras_runtime.INSTALL}")
            check_decoder(space)
            self.notices.append(Notice(f"{self.why_compute}: computing {self.resolution} × {self.resolution} places"))

    def prepare(self, tell: Tell, cancelled: Asked) -> None:
        if self.why_compute:
            tell(Progress("loading the decoder for the grid", 0.0))
            lattice = self._compute_grid(self._load_live(self.space), tell, cancelled)
            tell(GridDecoder(lattice))  # it is shown while it is saved
            self._keep_grid(lattice, tell)


EngineFor = Callable[[LatentSpace], Engine]


def _rest(seconds: float, cancelled: Asked) -> None:
    """Waits, unless somebody does not. Raises `Cancelled`."""
    end = time.monotonic() + seconds
    while not cancelled() and time.monotonic() < end:
        time.sleep(0.05)
    _heed(cancelled)


def _heed(cancelled: Asked) -> None:
    """Raises `Cancelled` where somebody does not want to wait any longer."""
    if cancelled():
        raise Cancelled
