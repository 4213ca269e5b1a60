"""What answers when a place is to be decoded: the only thing in which the two programs differ.

An engine offers a decoder at once, where there is one, and prepares a better one in the background.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from explorer import files, grid, view
from explorer.decoders import Decoder, GridDecoder
from explorer.errors import NotAllowed, UserError
from explorer.spaces import live


@dataclass(frozen=True)
class Progress:
    """What is being done, and the finished share, 0..1, where it is known."""

    text: str
    share: float | None = None


@dataclass(frozen=True)
class Notice:
    """Something that the person should know; one line."""

    text: str


Tell = Callable[[Decoder | Progress | Notice], None]
Asked = Callable[[], bool]


class Engine:
    """Base of both engines.

    Attributes:
        decoder: answers from the start; None where there is no usable grid.
        notices: what was found out while opening, one line each.
        why_compute: why a grid has to be computed; empty where the one on disk is right.

    Raises:
        UserError: a grid of this resolution would not fit into memory.
    """

    def __init__(self, space: files.LatentSpace, resolution: int | None = None, rebuild: bool = False) -> None:
        self.space = space
        self.resolution = resolution or grid.resolution_for(space.image_shape)
        if resolution and resolution > (most := grid.largest_resolution(space.image_shape)):
            shape = "×".join(map(str, space.image_shape))
            raise UserError(f"--resolution {resolution} is too much for images of {shape}: give at most {most}")
        self.decoder: Decoder | None = None
        self.notices: list[Notice] = []
        self.why_compute = ""
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
            tell: is given progress, notices, and each decoder that is to take over.
            cancelled: is asked now and then.

        Raises:
            UserError: the network cannot be loaded.
            grid.Cancelled: `cancelled()` was true.
        """
        raise NotImplementedError

    def _load_live(self) -> live.LiveDecoder:
        return live.load_decoder(self.space.folder / files.DECODER, self.space.image_shape)

    def _compute_grid(self, decode: Decoder, tell: Tell, cancelled: Asked) -> grid.Grid:
        n = self.resolution
        text = f"computing the grid of {n} × {n} places"
        return grid.compute(
            lambda places: decode(self.space.codes_at(places)),
            grid.extent_for(view.default_limits(self.space.places)),
            n,
            self.space.card["files"][files.DECODER],
            lambda share: tell(Progress(text, share)),
            cancelled,
        )

    def _keep_grid(self, lattice: grid.Grid, tell: Tell) -> None:
        try:
            grid.keep(self.space, lattice)
        except NotAllowed as error:
            tell(Notice(f"{error}; the grid stays in memory"))


class LiveEngine(Engine):
    """The grid until Keras is there, then the Keras decoder; `ae.py`.

    Raises:
        UserError: the decoder is damaged, or neither grid nor TensorFlow is there.
    """

    def __init__(self, space: files.LatentSpace) -> None:
        super().__init__(space)
        self.live_available = live.available()
        if self.live_available:
            files.check_decoder(space)
        elif self.decoder is None:
            raise UserError(f"{self.why_compute}, and TensorFlow is not installed: {live.INSTALL}")
        else:
            self.notices.append(Notice(f"TensorFlow is not installed, so the grid answers: {live.INSTALL}"))

    def prepare(self, tell: Tell, cancelled: Asked) -> None:
        if not self.live_available:
            return
        tell(Progress("loading the live decoder"))
        decoder = self._load_live()
        tell(decoder)
        if self.why_compute:
            self._keep_grid(self._compute_grid(decoder, tell, cancelled), tell)


class GridEngine(Engine):
    """The grid, computed first where there is none; `ae_precomp.py`. A valid one needs no Keras.

    Raises:
        UserError: there is no usable grid, and it cannot be computed.
    """

    def __init__(self, space: files.LatentSpace, resolution: int | None = None, rebuild: bool = False) -> None:
        super().__init__(space, resolution, rebuild)
        if self.why_compute:
            if not live.available():
                raise UserError(f"{self.why_compute}, and computing one needs TensorFlow: {live.INSTALL}")
            files.check_decoder(space)
            self.notices.append(Notice(f"{self.why_compute}: computing {self.resolution} × {self.resolution} places"))

    def prepare(self, tell: Tell, cancelled: Asked) -> None:
        if self.why_compute:
            tell(Progress("loading the decoder for the grid", 0.0))
            lattice = self._compute_grid(self._load_live(), tell, cancelled)
            tell(GridDecoder(lattice))  # it is shown while it is saved
            self._keep_grid(lattice, tell)
