"""What training says where nothing can be said: the work stays, and the exit status tells."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from explorer.errors import UserError
from explorer.images import datasets
from explorer.spaces.card import ENCODER
from explorer.spaces.folder import open_space, sums
from explorer.training import evaluate
from tests.conftest import ROOT

PROGRAM = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from explorer.training import terminal
terminal.begin()

def main():
    terminal.say("one – two …")
    with open(sys.argv[1], "w") as file:
        file.write("work")
        terminal.say("three", error=True)
        for number in range(100):
            terminal.say("x" * 1000)
    return int(sys.argv[2])

sys.exit(terminal.run(main))
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def shell(command: str, **environment: str) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))}
    how = {"shell": True, "capture_output": True, "text": True, "timeout": 300, "executable": "/bin/bash"}
    return subprocess.run(command, env=kept | environment, **how)


@pytest.mark.parametrize(
    "where, status, errors",
    [
        (">/dev/full", 2, ["three", "No space left"]),
        ("| true", 2, ["three", "Broken pipe"]),
        (">&-", 0, ["three"]),
        ("2>&-", 0, []),
        (">&- 2>&-", 0, []),
        ("<&- >&- 2>&-", 0, []),
        (">/dev/full 2>&1", 2, []),
        ("2>/dev/full", 0, []),
        ("2>&1 | true", 2, []),
    ],
)
def test_work_is_done_although_nobody_can_read_of_it(program, tmp_path, where, status, errors):
    # `true` has ended before the program says anything
    end = "exit ${PIPESTATUS[0]}"
    result = shell(f"{{ sleep 0.2; exec {sys.executable} {program} {tmp_path / 'out'} 0; }} {where}; {end}")
    assert result.returncode == status
    assert (tmp_path / "out").read_text() == "work"
    lines = result.stderr.splitlines()
    assert len(lines) == len(errors) and all(word in line for word, line in zip(errors, lines, strict=True))


def test_another_status_counts_more(program, tmp_path):
    assert shell(f"{sys.executable} {program} {tmp_path / 'out'} 3 >/dev/full").returncode == 3


@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["ascii", "C"],
)
def test_letters_that_an_encoding_lacks_are_replaced(program, tmp_path, environment):
    result = shell(f"{sys.executable} {program} {tmp_path / 'out'} 0", **environment)
    assert result.returncode == 0 and result.stdout.startswith("one ? two ?\n") and result.stderr == "three\n"
    result = shell(f"{sys.executable} {ROOT / 'model.py'} train --help", **environment)
    assert result.returncode == 0 and "widths" in result.stdout and result.stderr == ""


@pytest.mark.parametrize("arguments", ["--help", "evaluate --help"])
def test_help_that_cannot_be_written(arguments):
    result = shell(f"{sys.executable} {ROOT / 'model.py'} {arguments} >/dev/full")
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and "No space left" in result.stderr


def test_an_encoder_of_another_space_is_noticed(copy):
    with open(copy / ENCODER, "ab") as file:
        file.write(b"\0")
    with pytest.raises(UserError, match="encoder.keras is damaged"):
        next(evaluate.rows(copy, None))


# ---- the real programs ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def little(tmp_path_factory) -> Path:
    """100 + 40 images of MNIST in a file of their own."""
    mnist = datasets.load("mnist")
    path = tmp_path_factory.mktemp("data") / "little.npz"
    splits = {"x_train": mnist.x_train[:100], "y_train": mnist.y_train[:100]}
    np.savez(path, **splits, x_test=mnist.x_test[:40], y_test=mnist.y_test[:40])
    return path


@pytest.mark.slow
def test_a_result_is_there_although_nobody_can_read_of_it(little, tmp_path):
    train = f"{sys.executable} {ROOT / 'model.py'} train --space pca --data {little} --out {tmp_path / 'x'}"
    result = shell(f"{train} >/dev/full")
    assert result.returncode == 2 and result.stderr.count("\n") == 1
    space = open_space(tmp_path / "x")
    assert sums(space.folder) == space.card["files"]
    evaluate = f"{sys.executable} {ROOT / 'model.py'} evaluate --weights {tmp_path / 'x'}"
    result = shell(f"{evaluate} >/dev/full")
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and "No space left" in result.stderr
    result = shell(evaluate, PYTHONIOENCODING="ascii")
    assert result.returncode == 0 and "pca" in result.stdout and result.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.0, 0.5, 2.0, 5.0])
def test_ctrl_c_while_everything_is_imported(little, tmp_path, seconds):
    command = [sys.executable, str(ROOT / "model.py"), "train", "--space", "pca", "--data", str(little)]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "x")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a shell may have it ignored
    )
    end = time.monotonic() + 60
    while len(os.listdir(f"/proc/{process.pid}/task")) < 2 and time.monotonic() < end:  # the thread that waits for it
        time.sleep(0.001)
    time.sleep(seconds)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    if (tmp_path / "x" / "card.json").exists():  # it had ended before, or Python was about to
        assert process.returncode in (0, -signal.SIGINT) and error == ""
        return
    assert process.returncode == 130
    assert error == "model.py: stopped; go on with the same command and --resume\n" and "Traceback" not in out
