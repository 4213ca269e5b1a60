"""What a program leaves in the temporary folder where it is killed: nothing."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.screen import PATIENCE, ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """An empty temporary folder for the programs."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_the_live_window(start, temporary):
    """Decoder and encoder are compiled, which is when TensorFlow may write generated code."""
    program = start("ae.py")
    program.wait_for("live")
    program.settle()  # the encoder follows the decoder
    program.screen.key("v")  # and the networks of another space
    program.wait_for("compare")
    program.wait(lambda: len(program.events("live")) > 1 or program.events("compare"), "two maps")
    time.sleep(3)
    program.process.send_signal(signal.SIGKILL)
    program.expected_status = -signal.SIGKILL
    program.process.wait(PATIENCE)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("space", ["autoencoder-plain", "vae", "convolutional"])
def test_a_training_run(tmp_path, temporary, space):
    rng = np.random.default_rng(0)
    splits = {"x_train": rng.integers(0, 255, (200, 28, 28), np.uint8), "y_train": rng.integers(0, 3, 200)}
    np.savez(tmp_path / "data.npz", **splits, x_test=splits["x_train"][:50], y_test=splits["y_train"][:50])
    arguments = ["--space", space, "--data", tmp_path / "data.npz", "--epochs", 1000, "--out", tmp_path / "out"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "model.py"), "train", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    card, deadline = tmp_path / "out.partial" / "card.json", time.monotonic() + 5 * PATIENCE
    while not (card.exists() and json.loads(card.read_text())["run"]["epoch"] >= 2):
        assert time.monotonic() < deadline and process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.kill()
    process.communicate()
    assert list(temporary.iterdir()) == []
