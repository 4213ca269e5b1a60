"""Writing: two at once never tear a file, nothing is left behind, and a folder that goes away costs one line."""

import os
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from explorer.analysis import exporting
from explorer.decoding import grid
from explorer.decoding.engines import GridEngine, Notice
from explorer.errors import NotAllowed
from explorer.files.writing import check_writable, writing, writing_folder
from explorer.session import workspace
from explorer.session.state import MapState, SharedState
from explorer.spaces.card import GRID, read_card, write_card
from explorer.spaces.folder import open_space
from tests.conftest import ROOT
from tests.spaces import make_space


def ended_process() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def space(tmp_path):
    return make_space(tmp_path / "space", (8, 8), n=60)


def test_what_a_killed_program_left_is_removed_at_the_next_writing(tmp_path):
    dead, alive, own = ended_process(), os.getppid(), os.getpid()
    gone = [f".a.json.{dead}.tmp", f".a.json.{dead}.7.tmp", f".a.json.{own}.99999.tmp"]
    stay = [
        f".a.json.{alive}.0.tmp",
        f".b.json.{dead}.0.tmp",
        ".a.json.x.tmp",
        f"a.json.{dead}.tmp",
        f".aXjson.{dead}.tmp",
    ]
    for name in (*gone, *stay):
        (tmp_path / name).write_bytes(b"half")
    with writing(tmp_path / "a.json") as file:
        file.write(b"whole")
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", *stay}
    assert (tmp_path / "a.json").read_bytes() == b"whole"


def test_a_folder_that_a_killed_program_left_is_removed_at_the_next_writing(tmp_path):
    half = tmp_path / f".a.projector.{ended_process()}.3.tmp"
    half.mkdir()
    (half / "vectors.tsv").write_text("half")
    with writing_folder(tmp_path / "a.projector") as folder:
        (folder / "vectors.tsv").write_text("whole")
        assert not half.exists() and not (tmp_path / "a.projector").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.projector"]
    assert (tmp_path / "a.projector" / "vectors.tsv").read_text() == "whole"


def test_two_writings_of_one_file_at_once_in_one_process(tmp_path):
    path = tmp_path / "a"
    with writing(path) as first, writing(path) as second:
        first.write(b"first")
        second.write(b"second")
    assert path.read_bytes() == b"first", "the last one to end"
    assert list(tmp_path.iterdir()) == [path]


def test_many_writings_of_one_file_from_threads_are_never_torn(tmp_path):
    path, wrong = tmp_path / "a", []
    contents = [bytes([number]) * 100_000 for number in range(4)]

    def write(content: bytes) -> None:
        for _ in range(10):
            with writing(path) as file:
                file.write(content)
            if path.read_bytes() not in contents:
                wrong.append(content[0])

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and list(tmp_path.iterdir()) == [path]


WRITER = """
import sys
from pathlib import Path
from explorer.decoding import grid
from explorer.session import workspace
from explorer.spaces.folder import open_space
from explorer.session.state import MapState, SharedState
folder = Path(sys.argv[1])
space = open_space(folder)
lattice = grid.load(space)
for _ in range(15):
    grid.keep(space, lattice)
    workspace.save(folder.parent / "w.json", workspace.taken(MapState(space), SharedState()))
"""


def test_two_programs_that_write_one_grid_card_and_workspace(space):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, space.folder], cwd=ROOT) for _ in range(2)]
    while any(writer.poll() is None for writer in writers):
        found = open_space(space.folder)  # raises where a card is torn
        if (space.folder.parent / "w.json").exists():
            workspace.read(space.folder.parent / "w.json")
        with zipfile.ZipFile(space.folder / GRID) as file:
            assert file.testzip() is None
    assert [writer.wait() for writer in writers] == [0, 0]
    grid.load(found)
    assert not list(space.folder.glob(".*")) and not list(space.folder.parent.glob(".*"))


def test_a_card_that_somebody_changed_keeps_the_change(space):
    lattice = grid.load(space)
    card = read_card(space.folder)
    write_card(space.folder, card | {"note": "mine"})
    grid.keep(space, lattice)
    assert read_card(space.folder)["note"] == "mine"


def gone(folder: Path) -> None:
    shutil.rmtree(folder)


def another_space(folder: Path) -> None:
    shutil.rmtree(folder)
    make_space(folder, (8, 8), n=60, network=b"another network")


def file_instead(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("")


@pytest.mark.parametrize("happens", [gone, another_space, file_instead])
def test_a_folder_that_changes_while_a_grid_is_computed_costs_one_line(space, happens):
    """The grid stays in memory, and what is in the folder now stays as it is."""
    engine, told = GridEngine(space), []
    lattice = grid.load(space)
    happens(space.folder)
    before = sorted(path.read_bytes() for path in space.folder.glob("*"))
    engine._keep_grid(lattice, told.append)
    (notice,) = told
    assert (
        isinstance(notice, Notice) and notice.text.startswith("cannot write") and "kept in memory only" in notice.text
    )
    assert sorted(path.read_bytes() for path in space.folder.glob("*")) == before


@pytest.mark.parametrize("target", ["/", ".", "..", "/proc/a.json", "no/such/a.json", "n" * 300, "a\0b", "folder"])
def test_targets_that_cannot_be_written_cost_one_line(space, tmp_path, monkeypatch, target):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    table = exporting.table(space, np.arange(3))
    before = sorted(tmp_path.rglob("*"))
    for write in (
        lambda path: workspace.save(path, workspace.taken(MapState(space), SharedState())),
        lambda path: exporting.write_npz(path, table),
        lambda path: exporting.write_csv(path, table),
        check_writable,
    ):
        with pytest.raises(NotAllowed, match="cannot write"):
            write(Path(target))
    assert sorted(tmp_path.rglob("*")) == before


def test_looking_whether_a_file_can_be_written_leaves_nothing(tmp_path):
    check_writable(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a.png").write_bytes(b"old")
    check_writable(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"old"
