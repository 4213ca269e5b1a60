"""On screens of all sizes and resolutions: nothing is cut, and everything grows with the resolution."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from Xlib import Xatom

from tests.conftest import ROOT, WITHOUT_TENSORFLOW, slow
from tests.screen import Screen

WITH_TITLE_BAR = 40  # pixels of a low screen's height that the bars of a desktop take
CASES = {  # size and dpi of the screen, size of the window
    "least": ((1024, 600), 96, "900x540"),
    "small": ((1024, 600), 96, f"1024x{600 - WITH_TITLE_BAR}"),
    "laptop": ((1366, 768), 96, f"1366x{768 - WITH_TITLE_BAR}"),
    "usual": ((1280, 800), 96, ""),
    "144": ((1920, 1080), 144, ""),
    "192": ((2560, 1600), 192, ""),
    "288": ((3840, 2160), 288, ""),
}
LONG_NAME = "my-variational-autoencoder-with-augmentation-third-attempt"


def looked_at(screen: Screen, *arguments: str) -> dict:
    """What `tests.layout` prints of a window on a screen."""
    environment = os.environ | {"DISPLAY": screen.name, "PYTHONPATH": f"{WITHOUT_TENSORFLOW}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.layout", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def cut(told: dict) -> dict:
    return {tab: found for tab, found in told["found"].items() if found}


@pytest.mark.parametrize(
    "case, theme, beside",
    [
        ("small", "light", ""),
        ("192", "dark", "vae"),
        slow("least", "dark", ""),
        slow("least", "light", LONG_NAME),
        slow("small", "dark", LONG_NAME),
        slow("laptop", "dark", ""),
        slow("laptop", "light", "vae"),
        slow("usual", "light", ""),
        slow("usual", "light", "vae"),
        slow("144", "light", ""),
        slow("144", "dark", LONG_NAME),
        slow("192", "dark", ""),
        slow("288", "dark", ""),
        slow("288", "light", "vae"),
    ],
)
def test_nothing_is_cut(case, theme, beside, tmp_path):
    size, dpi, window = CASES[case]
    if beside:
        beside = str(shutil.copytree(ROOT / "weights" / "vae", tmp_path / beside))
    with Screen(size, dpi) as screen:
        told = looked_at(screen, window, theme, beside)
    assert len(told["found"]) >= 13
    assert cut(told) == {}
    assert told["scale"] == dpi / 96
    assert (
        told["size"] == [int(each) for each in window.split("x")]
        if window
        else [min(round(each * dpi / 96), most) for each, most in zip((1280, 800), size, strict=True)]
    )


@pytest.mark.slow
def test_everything_is_twice_as_large_at_192_dpi():
    measured = {}
    for dpi in (96, 192):
        with Screen((2560, 1600), dpi) as screen:
            measured[dpi] = looked_at(screen)
    once, twice = measured[96], measured[192]
    assert cut(once) == cut(twice) == {}
    for what, large in twice["measures"].items():
        assert large == pytest.approx(2 * once["measures"][what], rel=0.07, abs=2), what
    assert once["crosshair"] == pytest.approx([0, 0], abs=1)
    assert twice["crosshair"] == pytest.approx([0, 0], abs=1)


@pytest.mark.slow
def test_the_desktops_dpi_comes_before_the_screens():
    with Screen((2560, 1600), 96) as screen:
        root = screen.display.screen().root
        root.change_property(Xatom.RESOURCE_MANAGER, Xatom.STRING, 8, b"Xft.dpi:\t192\n")
        screen.display.sync()
        told = looked_at(screen)
    assert told["scale"] == 2 and cut(told) == {}
