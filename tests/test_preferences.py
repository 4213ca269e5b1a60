"""What is remembered between starts: whatever lies in the file, and wherever it lies, nothing fails."""

import json
import os

import pytest

from explorer.files import preferences
from explorer.files.preferences import Preferences
from tests.conftest import SHIPPED


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The configuration folder, which does not exist yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "latent-space-explorer"


@pytest.fixture
def file(folder):
    folder.mkdir(parents=True)
    return folder / "preferences.json"


def test_at_first_nothing_is_remembered(folder):
    assert preferences.read() == Preferences(theme=None, size=None, tour_offered=False)
    assert not folder.exists()


def test_what_is_remembered_is_read_again_and_the_rest_stays(folder):
    preferences.remember(theme="dark", size=(1000, 700))
    assert preferences.read() == Preferences("dark", (1000, 700), False)
    preferences.remember(tour_offered=True)
    assert preferences.read() == Preferences("dark", (1000, 700), True)
    assert [path.name for path in folder.iterdir()] == ["preferences.json"]


def test_what_is_known_already_is_not_written_again(file):
    preferences.remember(theme="dark")
    before = file.stat()
    preferences.remember(theme="dark", size=None)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_file_of_a_later_version_is_read(file):
    file.write_text('{"theme": "dark", "scale": 2}')
    assert preferences.read().theme == "dark"


DAMAGED = [
    b"",
    b"\xff\xfe\x00",
    b"{",
    b"[]",
    b"null",
    b"[" * 5000,
    b'{"theme": "dark", "theme": "light"}',
    b'{"theme": "pink"}',
    b'{"theme": 1}',
    b'{"size": [1000]}',
    b'{"size": [0, 700]}',
    b'{"size": [1e400, 700]}',
    b'{"size": "1000x700"}',
    b'{"size": [1' + b"0" * 5000 + b", 700]}",
    b'{"tour_offered": "yes"}',
    b'{"theme": "dark"}' + b" " * 20_000,
]


@pytest.mark.parametrize("content", DAMAGED, ids=[str(content[:30]) for content in DAMAGED])
def test_a_damaged_file_counts_as_none_and_can_be_replaced(file, content, capfd):
    file.write_bytes(content)
    assert preferences.read() == Preferences()
    preferences.remember(theme="light")
    assert preferences.read() == Preferences("light")
    assert capfd.readouterr() == ("", "")


def occupy(folder):
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder should be")


def leave_a_pipe(folder):
    folder.mkdir(parents=True)
    os.mkfifo(folder / "preferences.json")


def leave_a_folder(folder):
    (folder / "preferences.json" / "inner").mkdir(parents=True)


def occupy_the_folder_above(folder):
    folder.parent.write_text("a file where a folder should be")


@pytest.mark.parametrize("hinder", [occupy, occupy_the_folder_above, leave_a_folder])
def test_where_it_cannot_be_written_nothing_is_remembered_and_nothing_said(folder, hinder, capfd):
    hinder(folder)
    preferences.remember(theme="dark")
    assert preferences.read() == Preferences()
    assert capfd.readouterr() == ("", "")
    assert not list(folder.parent.rglob("*.tmp"))


def test_a_pipe_in_its_place_does_not_stop_the_program(folder):
    leave_a_pipe(folder)
    assert preferences.read() == Preferences()


def test_a_link_to_a_file_elsewhere_stays_a_link(folder, tmp_path):
    folder.mkdir(parents=True)
    (folder / "preferences.json").symlink_to(tmp_path / "elsewhere.json")
    preferences.remember(theme="dark")
    assert (folder / "preferences.json").is_symlink()
    assert json.loads((tmp_path / "elsewhere.json").read_text())["theme"] == "dark"


@pytest.mark.parametrize("home", ["config", "~/config"])
def test_nothing_is_written_below_the_working_folder(tmp_path, monkeypatch, home):
    """As where the user has no home folder: its name is then a relative one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(preferences.platformdirs, "user_config_path", lambda *name, **options: preferences.Path(home))
    preferences.remember(theme="dark")
    assert preferences.read() == Preferences()
    assert not list(tmp_path.iterdir())


# ---- the programs --------------------------------------------------------------------------------


def size_of(program) -> tuple[int, int]:
    found = program.window().get_geometry()
    return found.width, found.height


def brightness(program) -> float:
    return program.screen.grab(program.layout()["map"]).mean()


@pytest.mark.slow
def test_a_window_opens_as_the_last_one_was_left(start, folder):
    def opened(*arguments):
        program = start("ae_precomp.py", *arguments, tensorflow=False, configuration=folder.parent)
        program.wait_for("window")
        program.settle()
        return program

    def left(program):
        program.close()
        program.finish()
        return preferences.read()

    first = opened("--size", "1000x700")
    assert brightness(first) > 150
    assert left(first) == Preferences(), "what an option says counts for one start"

    second = opened()
    assert size_of(second) == (1280, 800)
    second.screen.key("t")
    second.resize(1100, 720)
    assert left(second) == Preferences("dark", (1100, 720))

    third = opened()
    assert size_of(third) == (1100, 720) and brightness(third) < 100
    assert left(third) == Preferences("dark", (1100, 720))

    fourth = opened("--theme", "light", "--size", "1000x700")
    assert size_of(fourth) == (1000, 700) and brightness(fourth) > 150
    assert left(fourth) == Preferences("dark", (1100, 720))


def test_a_snapshot_neither_reads_nor_writes_them(folder, call, tmp_path):
    assert call("ae_precomp.py", "--snapshot", tmp_path / "plain.png").returncode == 0
    assert not folder.exists()
    preferences.remember(theme="dark", size=(700, 500))
    assert call("ae_precomp.py", "--snapshot", tmp_path / "remembered.png").returncode == 0
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "remembered.png").read_bytes()


def test_the_window_of_a_script_goes_by_its_own_arguments(folder, screen, monkeypatch):
    import explorer

    monkeypatch.setenv("DISPLAY", screen.name)
    preferences.remember(theme="dark", size=(700, 500))
    view = explorer.show(explorer.open(SHIPPED, live=False), size=(1000, 700), block=False)
    assert (view._window.shared.theme, view._window.size) == ("light", (1000, 700))
    view._window.root.geometry("1100x720")
    view.update()
    view.close()
    assert preferences.read() == Preferences("dark", (700, 500))
