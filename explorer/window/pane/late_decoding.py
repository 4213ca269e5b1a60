"""Decodes with a slow decoder in a worker, so that the mouse never waits for it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.decoding.decoders import Decoder
from explorer.errors import UserError
from explorer.window.base.workers import Part, Workers

SLOW_MS = 30.0  # a decoder that takes longer for one code is slow
SLOT, POLL_MS = "late decoding", 5


class LateDecoding:
    """Gives the picture of a code at once if it is the latest one, else what stands for it, and decodes in a worker.

    Only the latest code is decoded: those that came while the worker was busy are left out.

    Args:
        decoder: the slow one.
        stopgap: a fast one, such as the grid; without it, the last picture stays meanwhile.
        workers: of the window.
        arrived: is called when the picture of the latest code is there.
        failed: is called with the exception of the decoder.
    """

    def __init__(
        self,
        decoder: Decoder,
        stopgap: Decoder | None,
        workers: Workers | Part,
        arrived: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._decoder, self._stopgap, self._workers = decoder, stopgap, workers
        self._arrived, self._failed = arrived, failed
        self._code: np.ndarray | None = None  # of the latest picture
        self._image: np.ndarray | None = None
        self._wanted: np.ndarray | None = None
        self._busy = False

    def __call__(self, code: np.ndarray) -> np.ndarray | None:
        """The picture of a code, (d,); None if there is none yet."""
        if self._code is not None and np.array_equal(self._code, code):
            return self._image
        self._wanted = code
        if not self._busy:
            self._begin()
        return self._image if self._stopgap is None else self._stopgap(code[None])[0]

    def _begin(self) -> None:
        self._busy, code = True, self._wanted
        assert code is not None
        work = lambda tell, cancelled: self._decoder(code[None])[0]  # noqa: E731
        self._workers.start(SLOT, work, lambda image: self._take(code, image), self._fail, poll_ms=POLL_MS)

    def _take(self, code: np.ndarray, image: np.ndarray) -> None:
        self._busy, self._code, self._image = False, code, image
        if np.array_equal(code, self._wanted):
            self._arrived()
        else:
            self._begin()

    def _fail(self, error: BaseException) -> None:
        self._busy = False
        if isinstance(error, UserError):
            self._failed(error)
        else:
            raise error


def late(decoder: Decoder | None, *others) -> LateDecoding | None:
    """Late decoding with a decoder if it is slow, else None; the other arguments are those of `LateDecoding`."""
    slow = decoder is not None and getattr(decoder, "ms", 0.0) > SLOW_MS
    return LateDecoding(decoder, *others) if slow else None
