"""A slow decoder works in a worker: the mouse never waits, and only the latest place is decoded."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.errors import UserError
from explorer.window.base.workers import Workers
from explorer.window.pane.late_decoding import SLOW_MS, LateDecoding, late

PATIENCE = 20.0  # seconds


class Slow:
    """A decoder that waits until it may go on, and notes what it was asked for."""

    def __init__(self):
        self.asked, self.may_go_on = [], threading.Semaphore(0)

    def __call__(self, codes):
        self.asked.append(codes[0].tolist())
        assert self.may_go_on.acquire(timeout=PATIENCE)
        return np.full((len(codes), 4, 4), codes[0, 0], np.float32)


def until(root, told):
    end = time.monotonic() + PATIENCE
    while not told() and time.monotonic() < end:
        root.update()
        time.sleep(0.002)
    assert told()


def code(number: float) -> np.ndarray:
    return np.array([number, 0], np.float32)


def test_only_the_latest_place_is_decoded_and_its_picture_arrives(root):
    slow, arrived = Slow(), []
    workers = Workers(root)
    decode = LateDecoding(slow, None, workers, lambda: arrived.append(True), pytest.fail)
    assert decode(code(1)) is None  # nothing yet, and no waiting
    until(root, lambda: slow.asked)
    for number in (2, 3, 4):
        assert decode(code(number)) is None
    slow.may_go_on.release(2)
    until(root, lambda: arrived)
    assert slow.asked == [[1, 0], [4, 0]] and len(arrived) == 1
    assert (decode(code(4)) == 4).all() and len(slow.asked) == 2
    assert (decode(code(5)) == 4).all()  # the last picture stays meanwhile
    slow.may_go_on.release()
    until(root, lambda: len(arrived) == 2)
    assert (decode(code(5)) == 5).all()
    workers.close()


def test_the_grid_stands_for_a_picture_that_is_not_there_yet(root):
    slow, workers = Slow(), Workers(root)
    grid = lambda codes: np.full((1, 4, 4), 9, np.float32)  # noqa: E731
    arrived = []
    decode = LateDecoding(slow, grid, workers, lambda: arrived.append(True), pytest.fail)
    assert (decode(code(1)) == 9).all()
    slow.may_go_on.release()
    until(root, lambda: arrived)
    assert (decode(code(1)) == 1).all()
    workers.close()


def test_a_decoder_that_fails_says_so_and_the_next_place_is_tried(root):
    def raises(codes):
        raise UserError("the decoder raised")

    said, workers = [], Workers(root)
    decode = LateDecoding(raises, None, workers, pytest.fail, lambda error: said.append(str(error)))
    decode(code(1))
    until(root, lambda: said)
    decode(code(2))
    until(root, lambda: len(said) == 2)
    workers.close()


def test_only_a_slow_decoder_is_late():
    of = lambda ms: late(SimpleNamespace(ms=ms), None, None, None, None)  # noqa: E731
    assert of(SLOW_MS) is None and late(None, None, None, None, None) is None
    assert isinstance(of(SLOW_MS + 1), LateDecoding)
