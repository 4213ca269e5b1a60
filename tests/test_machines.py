"""Two machines, played by two processes: they end with the same weights, which are those of one."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from explorer.spaces.folder import check_decoder, open_space
from explorer.training import cli as model
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("localhost", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def together(*command, machines=2, statuses=(0, 0)):
    """Runs a command once per machine, at the same time; returns their outputs.

    MACHINE in an argument stands for the number of the machine.
    """
    workers = [f"localhost:{port}" for port in free_ports(machines)]
    processes = []
    for index in range(machines):
        config = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
        environment = {
            key: value for key, value in os.environ.items() if key not in ("DISPLAY", "TF_CPP_MIN_LOG_LEVEL")
        }
        environment["TF_CONFIG"] = json.dumps(config)
        own = [str(part).replace("MACHINE", str(index)) for part in command]
        processes.append(
            subprocess.Popen(
                [sys.executable, *own], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
            )
        )
    try:
        outputs = [process.communicate(timeout=240) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == list(statuses), outputs
    return outputs


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machines")
    together(ROOT / "tests" / "machine.py", folder / "two-MACHINE.npz")
    subprocess.run([sys.executable, str(ROOT / "tests" / "machine.py"), str(folder / "one.npz")], check=True)
    return [dict(np.load(folder / f"{name}.npz")) for name in ("two-0", "two-1", "one")]


def test_two_machines_end_with_the_same_weights(weights):
    first, second, one = weights
    assert first["replicas"] == second["replicas"] == 2 and one["replicas"] == 1
    assert first["chief"] and not second["chief"] and one["chief"]
    for name in set(first) - {"chief"}:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def test_which_are_those_of_one_machine_at_the_same_batch_size(weights):
    first, _, one = weights
    np.testing.assert_allclose(first["losses"], one["losses"], rtol=1e-6)
    for name in set(one) - {"replicas"}:
        np.testing.assert_allclose(first[name], one[name], atol=1e-6, err_msg=name)


def test_the_command_line_on_two_machines_writes_once(tmp_path):
    settings = ["--epochs", "2", "--hidden", "16", "--batch-size", "100", "--neighbour-weight", "0"]
    x = np.random.default_rng(0).integers(0, 255, (300, 8, 8), np.uint8)
    np.savez(tmp_path / "x.npz", images=x)
    chief, other = together(
        ROOT / "model.py", "train", "--data", tmp_path / "x.npz", *settings, "--out", tmp_path / "a"
    )
    assert "ae.py --weights" in chief[0] and chief[1] == ""
    assert other == ("", "")
    check_decoder(open_space(tmp_path / "a"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "x.npz"]


def test_machines_that_do_not_share_the_unfinished_run_stop(tmp_path, monkeypatch):
    settings = ["--epochs", "2", "--hidden", "16", "--batch-size", "100", "--neighbour-weight", "0"]
    np.savez(tmp_path / "x.npz", images=np.random.default_rng(0).integers(0, 255, (300, 8, 8), np.uint8))
    monkeypatch.setattr(model.run.Folder, "put_in_place", lambda self: None)
    model.train(
        tmp_path / "0", source=str(tmp_path / "x.npz"), epochs=2, hidden=(16,), batch_size=100, neighbour_weight=0.0
    )
    command = [
        ROOT / "model.py",
        "train",
        "--data",
        tmp_path / "x.npz",
        *settings,
        "--out",
        tmp_path / "MACHINE",
        "--resume",
    ]
    for _said, error in together(*command, statuses=(2, 2)):
        assert "shared by all" in error and error.count("\n") == 1
