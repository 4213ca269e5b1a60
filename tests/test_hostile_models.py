"""`.h5` and ONNX files that could do harm: each is refused in one line, in one process that none of them breaks."""

import re

import pytest

from tests import hostile_models
from tests.hostile_models import CANARY, HDF5, ONNX
from tests.sandbox import Sandbox

MOST_GROWTH = 3 * 10**9  # bytes
LONGEST = 60.0  # seconds
FAST_HDF5 = ("a Lambda", "a Lambda of Keras 2", "a saved model within a layer", "a class of Python")
FAST_HDF5 += ("a link to another file", "a billion units", "an activation that loads", "a circle of calls")
FAST_ONNX = ("weights in a folder above", "weights behind a link", "operators of somebody else", "a billion steps")
FAST_ONNX += ("ten billion ones", "a claim of four gigabytes", "nodes of nothing", "words as weights", "cut off")


@pytest.fixture(scope="module")
def sandbox():
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


def check(sandbox, path, pattern: str, role: str) -> None:
    """Has a file opened, which must do no harm: one line or, if the pattern is "^$", a result."""
    answer = sandbox.opens(path, role)
    assert answer.get("raised") == "", answer
    line = answer["error"]
    assert re.search(pattern, line), line
    assert line.isprintable() and len(line) < 600 and "site-packages" not in line
    assert line.startswith(str(path.parent)) or "result" in answer
    assert answer["calls"] == [] and sandbox.errors() == "" and not path.with_name(CANARY).exists()
    assert answer["grown"] < MOST_GROWTH and answer["seconds"] < LONGEST, answer
    assert sandbox.started == 1


def parameters(kinds, fast):
    return [pytest.param(name, marks=[] if name in fast else pytest.mark.slow) for name in kinds]


@pytest.mark.parametrize("name", parameters(HDF5, FAST_HDF5))
def test_a_hostile_h5_file_does_no_harm(sandbox, tmp_path, name):
    make, pattern = HDF5[name]
    make(tmp_path / "model.h5")
    check(sandbox, tmp_path / "model.h5", pattern, "decoder")


@pytest.mark.parametrize("name", parameters(ONNX, FAST_ONNX))
def test_a_hostile_onnx_file_does_no_harm(sandbox, tmp_path, name):
    folder = tmp_path / "models"
    folder.mkdir()
    make, pattern = ONNX[name]
    make(folder / "model.onnx")
    check(sandbox, folder / "model.onnx", pattern, "onnx")


def test_none_of_them_broke_the_process(sandbox, tmp_path):
    answer = sandbox.opens(hostile_models.whole(tmp_path / "sound.h5"))
    assert answer["result"] == [300, 28, 28] and answer["error"] == "", answer
    hostile_models.elsewhere("weights.bin", hostile_models.beside)(tmp_path / "sound.onnx")
    answer = sandbox.opens(tmp_path / "sound.onnx", "onnx")
    assert answer["result"] == [300, 784] and answer["error"] == "", answer
    assert sandbox.started == 1
