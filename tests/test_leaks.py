"""What is closed is gone: nothing grows with each round of the same thing in the real window."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from explorer.session import undo
from tests.conftest import ROOT
from tests.spaces import make_space

ROUNDS = 4
THINGS = ("help", "dialog", "tabs", "pins", "look", "comparison", "space", "tour")


@pytest.fixture(scope="module")
def left(screen, tmp_path_factory):
    """What was left after each round of each thing; see `tests/leaking.py`."""
    home = tmp_path_factory.mktemp("spaces")
    for name, title in (("a", "Autoencoder"), ("b", "Another one")):
        columns = {"size": np.arange(2000, dtype=np.float32)}
        make_space(home / name, columns=columns, title=title, images=2000)
    command = [sys.executable, str(ROOT / "tests" / "leaking.py"), str(home / "a"), str(ROUNDS), *THINGS]
    environment = os.environ | {"DISPLAY": screen.name}
    result = subprocess.run(command, capture_output=True, text=True, timeout=290, env=environment)
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return json.loads(result.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("thing", THINGS)
def test_no_class_has_more_objects_after_each_round(left, thing):
    first, *_, last = left[thing]["counts"][1:]  # the first round makes what stays
    grown = {name: (first.get(name, 0), count) for name, count in last.items() if count >= first.get(name, 0) + 2}
    grown.pop(f"{undo.__name__}.Marked", None)  # of the actions that can be undone; they have a limit of their own
    assert not grown


@pytest.mark.slow
@pytest.mark.parametrize("thing", ["help", "dialog", "comparison"])
def test_what_was_closed_is_dead(left, thing):
    assert left[thing]["alive"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("thing", THINGS)
def test_memory_stays_within_five_times_its_goal(left, thing):
    """The goal is 10 MB for ten comparisons."""
    first, *_, last = left[thing]["memory"][1:]
    assert last - first < 5 * 10
