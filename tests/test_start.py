"""What a program has done by its first frame: no more than that needs."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

# Packages that the first frame needs, and what these import themselves.
OURS = {"explorer", "matplotlib", "mpl_toolkits", "msgspec", "numpy", "PIL", "platformdirs", "psygnal", "sv_ttk"}
OF_MATPLOTLIB = {"contourpy", "cycler", "dateutil", "kiwisolver", "packaging", "pyparsing", "six", "fontTools"}
OF_PSYGNAL = {"mypy_extensions", "typing_extensions"}
LATER = (  # modules of allowed packages
    "explorer.apart",
    "explorer.drawing.losses",
    "explorer.drawing.pair",
    "explorer.session.tour",
    "explorer.training",
    "explorer.window.app.dialogs",
    "explorer.window.app.help",
    "explorer.window.inspector.pair_panel",
    "explorer.window.inspector.tabs.compare",
    "explorer.window.inspector.tabs.draw",
    "explorer.window.inspector.tabs.find",
    "explorer.window.inspector.tabs.pins",
    "explorer.window.inspector.tabs.selection",
    "explorer.window.tour",
    "matplotlib.pyplot",
)


@pytest.fixture(scope="module", params=["ae.py", "ae_precomp.py"])
def started(request, screen, tmp_path_factory):
    """What `tests.starting` prints of a program."""
    environment = os.environ | {"DISPLAY": screen.name, "XDG_CONFIG_HOME": str(tmp_path_factory.mktemp("settings"))}
    command = [sys.executable, "-m", "tests.starting", request.param, "--theme", "light", "--size", "1280x800"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_the_map_is_drawn_once_in_its_final_size(started):
    assert started["drawn"] == [started["map"][0]]
    assert started["picture"]


def test_packages_are_only_those_of_the_first_frame(started):
    packages = {name.partition(".")[0] for name in started["modules"]}
    others = packages - sys.stdlib_module_names - OURS - OF_MATPLOTLIB - OF_PSYGNAL - {"tests", "__mp_main__"}
    assert not {name for name in others if not name.startswith("_") and not name.endswith("__mypyc")}


def test_modules_of_what_is_opened_later_are_imported_later(started):
    assert not {name for name in started["modules"] for later in LATER if f"{name}.".startswith(f"{later}.")}


def test_only_the_tab_in_front_is_built(started):
    assert started["tabs"] == ["Space"]


def test_only_the_theme_of_the_window_is_made(started):
    assert started["themes"] == ["sun-valley-light"]
