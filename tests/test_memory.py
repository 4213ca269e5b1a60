"""Memory at rest: of the real windows, with images and networks read. Limits are generous; `benchmarks` measures."""

import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from explorer.decoding.engines import LiveEngine
from explorer.progress import never
from tests.screen import ROOT

MB = 1e6
BARE = """
import keras, numpy, psutil
for name in ("encoder", "decoder"):
    network = keras.saving.load_model(f"weights/autoencoder/{name}.keras")
    network(numpy.zeros((1, *network.input_shape[1:]), "float32"))
print(psutil.Process().memory_info().rss)
"""
WITHOUT_SCIKIT_LEARN = """
import sys
from explorer.decoding import keras_runtime
keras_runtime.process_is_ours = True
keras_runtime.import_keras()
print("sklearn" in sys.modules)
import sklearn.decomposition
"""


def python(program: str) -> str:
    """The output of a Python program in the checkout."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=300).stdout


def at_rest(program) -> tuple[float, set[str]]:
    """Resident memory in MB of a program that has read images and networks, and the packages whose compiled modules it
    has loaded."""
    program.wait(lambda: any(strip["rows"] for strip in program.events("strip")[-1:]), "the real images")
    program.settle()
    libraries = Path(f"/proc/{program.process.pid}/maps").read_text()
    return psutil.Process(program.process.pid).memory_info().rss / MB, set(re.findall(r"packages/(\w+)/", libraries))


@pytest.mark.slow
def test_the_precomputed_window_loads_no_library_that_it_does_not_need(start):
    memory, packages = at_rest(start("ae_precomp.py"))
    assert packages >= {"numpy", "scipy", "matplotlib", "PIL"}
    assert not packages & {"tensorflow", "keras", "sklearn", "h5py", "pandas"}
    assert memory < 205  # 180 when this was written


@pytest.mark.slow
def test_the_live_window_takes_little_more_than_its_networks(start):
    program = start("ae.py")
    program.wait_for("live")
    memory, packages = at_rest(program)
    assert "tensorflow" in packages and "sklearn" not in packages
    assert memory < 1.25 * int(python(BARE)) / MB  # 1.13 when this was written


@pytest.mark.slow
def test_keras_finds_no_scikit_learn_which_can_be_imported_later():
    assert python(WITHOUT_SCIKIT_LEARN) == "False\n"


def test_the_live_engine_lets_go_of_the_grid(space, keras_decoder):
    engine, told = LiveEngine(space), []
    assert engine.decoder.source == "grid"
    engine.prepare(told.append, never)
    assert engine.decoder.source == "live" and engine.decoder in told
