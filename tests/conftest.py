"""A virtual screen, the real programs on it, and an independent Keras decoder to compare them with."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import tkinter
import traceback
from pathlib import Path

import hypothesis
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from explorer.spaces import in_memory  # noqa: E402
from explorer.spaces.card import DECODER  # noqa: E402
from explorer.spaces.folder import WEIGHTS, open_space  # noqa: E402
from explorer.spaces.latent_space import LatentSpace  # noqa: E402
from tests.screen import Program, Screen  # noqa: E402

# Where it is ignored, as in a background job of a script, all programs that the tests start would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("no clock", deadline=None)
hypothesis.settings.load_profile("no clock")

SHIPPED = WEIGHTS / "autoencoder"
WITHOUT_TENSORFLOW = ROOT / "tests" / "without_tensorflow"

# Of tests that import TensorFlow, which takes as long as a window: one process has it for all of them.
TENSORFLOW = {"api", "augment", "callables", "engines", "fitting", "following", "grid", "keras_runtime", "kinds"}
TENSORFLOW |= {"loop", "model", "networks", "plane_window", "run", "spaces_menu", "turning", "window"}
TENSORFLOW |= {"archive", "compression", "compression_panel"}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """One process runs the tests of a module, for the sake of what they share, and one all that import TensorFlow."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            module = Path(nodeid.split("::", maxsplit=1)[0]).stem.removeprefix("test_")
            return "tensorflow" if module in TENSORFLOW else module

    return Scheduling(config, log)


def pytest_collection_modifyitems(items) -> None:
    """Marks the tests that need a screen, so that other systems can leave them out."""
    for item in items:
        if "screen" in getattr(item, "fixturenames", ()):
            item.add_marker("screen")


@pytest.fixture(scope="session")
def screen():
    """An Xvfb of 2600 × 1500 pixels of our own, whatever DISPLAY says."""
    with Screen() as screen:
        yield screen


@pytest.fixture(scope="session", autouse=True)
def nothing_is_remembered(tmp_path_factory):
    """No test reads or writes the user's own preferences, and no program hands anything on to the next one: a file
    lies where the folder of the preferences should be made."""
    home = tmp_path_factory.mktemp("configuration")
    (home / "latent-space-explorer").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(home))
        yield


@pytest.fixture(autouse=True)
def no_tk_is_left_to_another_thread(monkeypatch):
    """Collects what is left of Tk where it was made: Tcl ends the process if another thread comes upon it."""
    made, begin = [], tkinter.Tk.__init__

    def counted(self, *arguments, **options) -> None:
        made.append(None)
        begin(self, *arguments, **options)

    monkeypatch.setattr(tkinter.Tk, "__init__", counted)
    yield
    if made:
        gc.collect()


@pytest.fixture(autouse=True)
def programs_say_what_they_say(monkeypatch):
    """A program that finds this variable set shows TensorFlow's lines; importing TensorFlow in a test sets it."""
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)


@pytest.fixture(autouse=True)
def spaces_in_memory_end_with_their_test():
    """Forgets the spaces that a test has made in memory: the menus of other tests would list them."""
    before = in_memory.everything()
    yield
    for held in in_memory.everything():
        if held not in before:
            in_memory.drop(held.space.folder)


@pytest.fixture
def root(screen):
    """A window of our own on the screen, in the light theme, for a part of the program alone. An exception in a handler
    fails the test."""
    from explorer.window.base import style

    root, errors = tkinter.Tk(screenName=screen.name), []
    root.report_callback_exception = lambda *error: errors.append("".join(traceback.format_exception(*error)))
    style.prepare(root)
    style.apply(root, "light")
    yield root
    root.destroy()
    assert not errors, "\n".join(errors)


@pytest.fixture
def start(screen, tmp_path):
    """Starts programs on the screen; at the end none may be left, none may have said anything wrong."""
    programs = []

    def start(script: str, *arguments: str, tensorflow: bool = True, **options) -> Program:
        trace = tmp_path / f"trace{len(programs)}.jsonl"
        options = options if tensorflow else options | {"path": WITHOUT_TENSORFLOW}
        programs.append(Program(screen, script, list(arguments), trace, **options))
        return programs[-1]

    yield start
    for program in programs:
        program.finish()


@pytest.fixture(scope="module")
def shared_program(screen, tmp_path_factory) -> Program:
    """The precomputed program on the shipped space, for the tests of a module: each resets it, by `program`."""
    trace = tmp_path_factory.mktemp("shared") / "trace.jsonl"
    program = Program(screen, "ae_precomp.py", ["--size", "1280x800"], trace, path=WITHOUT_TENSORFLOW)
    program.wait_for("window")
    yield program
    program.finish()


@pytest.fixture
def program(shared_program) -> Program:
    """A program as it is when it was just opened."""
    shared_program.settle()
    yield shared_program
    shared_program.reset()


@pytest.fixture(scope="session")
def space() -> LatentSpace:
    """The shipped space."""
    return open_space(SHIPPED)


@pytest.fixture(scope="session")
def samples(tmp_path_factory) -> Path:
    """A folder with a sound file of each kind that comes from outside: see `tests.sound_files`."""
    from tests import sound_files

    folder = tmp_path_factory.mktemp("samples")
    sound_files.write(folder)
    return folder


@pytest.fixture
def folder(samples, tmp_path) -> Path:
    """A copy of the samples, to be harmed."""
    return shutil.copytree(samples, tmp_path / "f")


@pytest.fixture
def copy(tmp_path) -> Path:
    """A copy of the shipped space's folder, to be damaged."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "space"))


@pytest.fixture(scope="session")
def keras_decoder():
    """The shipped decoder as Keras itself loads and runs it: codes (n, 2) to images (n, 28, 28)."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras

    network = keras.saving.load_model(SHIPPED / DECODER)
    return lambda codes: network.predict_on_batch(np.asarray(codes, np.float32))


@pytest.fixture
def call(capfd, monkeypatch):
    """Calls a program's main function, much faster than a process of its own: otherwise as `run`."""
    from explorer import cli
    from explorer.training import cli as training

    mains = {"ae.py": cli.main_live, "ae_precomp.py": cli.main_grid, "model.py": training.main}
    monkeypatch.delenv("DISPLAY", raising=False)

    def call(script: str, *arguments) -> subprocess.CompletedProcess:
        try:
            status = mains[script](list(map(str, arguments)))
        except SystemExit as end:  # of argparse
            status = end.code
        return subprocess.CompletedProcess(arguments, status, *capfd.readouterr())

    return call


def slow(*values):
    """A case of a parametrised test that only the second tier runs."""
    return pytest.param(*values, marks=pytest.mark.slow)


def run(script: str, *arguments, timeout: float = 120, tensorflow: bool = True, sitecustomize: Path | None = None):
    """Runs a program to its end without a display; returns the completed process, output as text."""
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "TF_CPP_MIN_LOG_LEVEL")}
    if not tensorflow:
        sitecustomize = WITHOUT_TENSORFLOW
    if sitecustomize is not None:
        environment["PYTHONPATH"] = str(sitecustomize)
    command = [sys.executable, str(ROOT / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment)
