"""The wheel: what is in it, and that it works from an empty folder, also read-only and without a home directory.

It is installed without its dependencies, into an environment that sees those of the tests.
"""

import contextlib
import json
import os
import shlex
import signal
import site
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST_BYTES = 82_000_000
# without these capabilities, root too is refused by the modes of files
UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "-w", folder, ROOT], check=True, timeout=300)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """A virtual environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("installed") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=300)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "tests.pth").write_text("\n".join(site.getsitepackages()))
    pip = [sys.executable, "-m", "pip", "-q", "--python", folder / "bin" / "python"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", wheel], check=True, timeout=300)
    return folder


class Installed:
    """The installed commands, started from an empty folder.

    Args:
        environment: the virtual environment.
        folder: the working folder.
        prefix, variables: how they are started, and with which variables of the environment.
    """

    def __init__(self, environment: Path, folder: Path, prefix=(), **variables: str) -> None:
        self.folder, self._prefix, self._programs = folder, prefix, environment / "bin"
        self._variables = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "PYTHONPATH")}
        self._variables |= variables

    def begin(self, program: str, *arguments: object, **options) -> subprocess.Popen:
        command = [*self._prefix, self._programs / f"latent-space-explorer{program}", *map(str, arguments)]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        return subprocess.Popen(command, cwd=self.folder, env=self._variables, **options)

    def run(self, program: str, *arguments: object) -> tuple[int, str, str]:
        """Its exit status, standard output and standard error."""
        process = self.begin(program, *arguments)
        said = process.communicate(timeout=400)
        return process.returncode, *said


@pytest.fixture(params=["writable", "read-only, no home"])
def installed(request, environment, screen, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    if request.param == "writable":
        yield Installed(environment, folder, DISPLAY=screen.name)
        return
    paths = [environment, *environment.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths if not path.is_symlink()}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        with pytest.raises(subprocess.CalledProcessError):
            subprocess.run([*UNPRIVILEGED, "touch", environment / "x"], check=True, stderr=subprocess.DEVNULL)
        yield Installed(environment, folder, UNPRIVILEGED, DISPLAY=screen.name, HOME="/dev/null")
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def test_what_is_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (archive.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
    assert wheel.stat().st_size <= MOST_BYTES
    assert {name.split("/")[0] for name in names} == {"explorer", "latent_space_explorer-0.3.0.dist-info"}
    tracked = subprocess.run(["git", "ls-files", "explorer", "weights", "datasets"], cwd=ROOT, capture_output=True)
    if tracked.returncode == 0:  # a checkout, not an archive of it
        paths = tracked.stdout.decode().split()
        inside = {path if path.startswith("explorer/") else f"explorer/bundled/{path}" for path in paths}
        assert {name for name in names if name.startswith("explorer/")} == inside
    licences = {name.partition("/licenses/")[2] for name in names if "/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE", "datasets/LICENSE"}
    for line in ("Name: latent-space-explorer", "Version: 0.3.0", "Requires-Python: <3.14,>=3.11"):
        assert line in metadata.splitlines()
    assert "License-Expression: MIT AND CC-BY-SA-3.0" in metadata


def test_it_draws_trains_lists_and_evaluates(installed):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (300, 8, 8), np.uint8)
    np.savez(installed.folder / "images.npz", images=images, labels=np.arange(300) % 3)
    for program, out in (("", "live.png"), ("-precomp", "grid.png")):
        assert installed.run(program, "--snapshot", out) == (0, "", "")
        assert (installed.folder / out).read_bytes()[1:4] == b"PNG"
    status, said, wrong = installed.run("-model", "train", "--space", "pca", "--data", "images.npz")
    assert status == 0, wrong
    assert said.splitlines()[-1] == f"latent-space-explorer --weights {installed.folder}/weights/my-pca"
    status, _, wrong = installed.run("-precomp", "--space", "nonsense")
    assert status == 2 and "my-pca" in wrong and "vae" in wrong
    assert installed.run("-precomp", "--space", "my-pca", "--snapshot", "own.png") == (0, "", "")
    status, said, wrong = installed.run("-data", "images.npz", "--sheet", "sheet.png")
    assert status == 0 and said.startswith("300 grey images of 8 × 8"), wrong
    assert (installed.folder / "sheet.png").read_bytes()[1:4] == b"PNG"
    status, said, wrong = installed.run("-model", "evaluate", "--space", "my-pca", "--json")
    assert status == 0 and "pca" in json.loads(said), wrong


@pytest.mark.parametrize("program, event", [("", "live"), ("-precomp", "window")])
def test_its_window_opens(installed, program, event):
    trace = installed.folder / "trace.jsonl"
    process = installed.begin(program, "--trace", trace)
    deadline = time.monotonic() + 100
    try:
        while not (trace.exists() and f'"event": "{event}"' in trace.read_text()):
            assert time.monotonic() < deadline and process.poll() is None, process.stderr.read()
            time.sleep(0.1)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        _, wrong = process.communicate(timeout=30)
    assert (process.returncode, wrong) == (128 + signal.SIGTERM, "")


def test_its_desktop_entry_starts_it_from_any_folder(environment, tmp_path):
    installed = Installed(environment, tmp_path, XDG_DATA_HOME=str(tmp_path / "data"))
    for program in ("", "-precomp"):
        status, said, wrong = installed.run(program, "--install-desktop")
        assert status == 0 and said.startswith("wrote"), wrong
        entry = tmp_path / "data" / "applications" / f"latent-space-explorer{program}.desktop"
        (line,) = (line for line in entry.read_text().splitlines() if line.startswith("Exec="))
        command = shlex.split(line.removeprefix("Exec="))
        assert Path(command[-1]) == environment / "bin" / f"latent-space-explorer{program}"
        done = subprocess.run([*command, "--help"], cwd="/", capture_output=True, text=True, timeout=120)
        assert done.stdout.startswith(f"usage: latent-space-explorer{program} ["), done.stderr
        assert installed.run(program, "--remove-desktop")[0] == 0 and not entry.exists()
