"""The entry in the desktop's menu: written whole or not at all, it starts the program, and it can be removed again."""

import configparser
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image, ImageColor

from explorer.drawing.themes import CLASS_COLOURS
from explorer.errors import UserError
from explorer.files import desktop, locations
from tests.conftest import ROOT

PROGRAMS = ("ae.py", "ae_precomp.py")
VALIDATOR = shutil.which("desktop-file-validate")


@pytest.fixture
def data(tmp_path, monkeypatch):
    """The user's data folder, which does not exist yet."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "my data"))
    return tmp_path / "my data"


def files(data):
    return sorted(path.relative_to(data) for path in data.rglob("*") if path.is_file())


def value(path, key: str) -> str:
    parser = configparser.RawConfigParser(delimiters="=", comment_prefixes="#")
    parser.optionxform = str
    parser.read(path, encoding="utf-8")
    return parser["Desktop Entry"][key]


def words(line: str) -> list[str]:
    """A value of Exec as a desktop reads it: escapes of the file, then quotes, then field codes."""
    line = line.replace("\\\\", "\\").replace("%%", "%")
    return [
        re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in re.findall(r'"((?:[^"\\]|\\.)+)"|(\S+)', line)
    ]


@pytest.mark.parametrize("script", PROGRAMS)
def test_it_is_installed_and_removed(call, data, script):
    done = call(script, "--install-desktop")
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.count("\n") == 1
    assert len(files(data)) == 2
    entry, icon = (next(data.rglob(ending)) for ending in ("*.desktop", "*.png"))
    assert entry.parent == data / "applications" and str(entry) in done.stdout
    assert icon == data / "icons/hicolor/256x256/apps" / f"{entry.stem}.png" and value(entry, "Icon") == entry.stem
    assert value(entry, "StartupWMClass") == "Latent-space-explorer"
    before = entry.read_bytes()
    assert call(script, "--install-desktop").returncode == 0 and entry.read_bytes() == before, "a second time"

    done = call(script, "--remove-desktop")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", f"removed the desktop entry {entry}\n")
    assert not files(data)
    done = call(script, "--remove-desktop")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", f"there is no desktop entry {entry}\n")


def test_the_programs_have_entries_of_their_own(call, data):
    for script in PROGRAMS:
        call(script, "--install-desktop")
    assert len({value(path, "Name") for path in data.rglob("*.desktop")}) == 2
    call("ae.py", "--remove-desktop")
    assert [path.stem for path in files(data)] == 2 * ["latent-space-explorer-precomp"]


@pytest.mark.parametrize("script", PROGRAMS)
def test_its_command_starts_the_program_from_any_folder(call, data, script, tmp_path):
    call(script, "--install-desktop")
    command = words(value(next(data.rglob("*.desktop")), "Exec"))
    assert command == [sys.executable, str(ROOT / script)]
    done = subprocess.run([*command, "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and f"usage: {script}" in done.stdout


@pytest.mark.skipif(VALIDATOR is None, reason="desktop-file-utils is not installed")
@pytest.mark.parametrize("script", PROGRAMS)
def test_the_entry_is_valid(call, data, script):
    call(script, "--install-desktop")
    done = subprocess.run([VALIDATOR, *data.rglob("*.desktop")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    "path, written",
    [
        ("/usr/bin/python3", "/usr/bin/python3"),
        ("/my programs/python", '"/my programs/python"'),
        ("/a'b/c", '"/a\'b/c"'),
        ('/a"b', r'"/a\\"b"'),
        ("/a$b`c", r'"/a\\$b\\`c"'),
        (r"/a\b", r'"/a\\\\b"'),
        ("/100%", "/100%%"),
        ("/für/数字", "/für/数字"),
    ],
)
def test_paths_are_quoted_as_the_specification_says(path, written):
    assert desktop.command_line([path]) == written
    assert words(written) == [path]


@given(some.lists(some.text(some.characters(exclude_characters="="), min_size=1).filter(str.isprintable), min_size=1))
def test_any_path_is_read_as_it_was_written(paths):
    assert words(desktop.command_line(paths)) == paths


@pytest.mark.parametrize("path", ["/a\nb", "/a\udcffb", "/a\x1bb", "/a=b"])
def test_a_path_that_no_entry_can_hold_is_refused(path):
    with pytest.raises(UserError, match="cannot hold the path"):
        desktop.command_line([path])


@pytest.mark.parametrize("hindrance", ["applications", "icons", "icons/hicolor/256x256/apps/latent-space-explorer.png"])
def test_where_it_cannot_be_written_one_line_says_so_and_nothing_is_left(call, data, hindrance):
    """Permissions do not stop root, which tests may run as; a file in the way of a folder does."""
    if hindrance.endswith(".png"):
        (data / hindrance).mkdir(parents=True)
    else:
        data.mkdir()
        (data / hindrance).write_text("")
    before = files(data)
    done = call("ae.py", "--install-desktop")
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("ae.py: cannot ") and str(data) in done.stderr
    assert files(data) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only(call, data):
    data.mkdir(mode=0o500)
    done = call("ae.py", "--install-desktop")
    assert done.returncode == 2 and "cannot make" in done.stderr


@pytest.mark.parametrize("system", ["win32", "darwin"])
@pytest.mark.parametrize("option", ["--install-desktop", "--remove-desktop"])
def test_other_systems_have_no_such_entries(call, data, monkeypatch, system, option):
    monkeypatch.setattr(desktop.sys, "platform", system)
    done = call("ae.py", option)
    monkeypatch.undo()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "for Linux desktops" in done.stderr
    assert not data.exists()


def test_both_at_once_make_no_sense(call, data):
    done = call("ae.py", "--install-desktop", "--remove-desktop")
    assert done.returncode == 2 and "not allowed" in done.stderr and not data.exists()


def test_an_installed_program_is_started_by_its_own_command(monkeypatch, tmp_path):
    """tests/test_wheel.py installs one; here is what is made of the ways to start it."""
    script = tmp_path / "latent-space-explorer-precomp"
    script.write_text("")
    monkeypatch.setattr(locations, "INSTALLED", True)
    monkeypatch.setattr(sys, "argv", [str(script)])
    assert desktop._program("ae_precomp.py") == [sys.executable, str(script)]
    monkeypatch.setattr(sys, "argv", ["/somewhere/explorer/__main__.py"])
    assert desktop._program("ae.py") == [sys.executable, "-m", "explorer"]


def test_the_icon_shows_every_class(call, data):
    call("ae.py", "--install-desktop")
    icon = Image.open(next(data.rglob("*.png")))
    assert (icon.format, icon.mode, icon.size) == ("PNG", "RGBA", (256, 256))
    pixels = np.asarray(icon)
    assert pixels[0, 0, 3] == 0 and pixels[128, 4, 3] == 255
    for colour in CLASS_COLOURS:
        assert (pixels[..., :3] == ImageColor.getrgb(colour)).all(axis=-1).sum() > 500, colour
