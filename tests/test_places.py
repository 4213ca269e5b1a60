"""Where a run's result goes: every state that a killed process can leave, and every place that cannot take a result."""

import concurrent.futures
import errno
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from explorer.errors import NotAllowed, UserError
from explorer.files.writing import write_arrays
from explorer.spaces import following
from explorer.spaces.card import CARD, CODES, DECODER, ENCODER, GRID, HISTORY, read_card, write_card
from explorer.spaces.folder import check_file, folder_of, open_space, sums
from explorer.training import places
from explorer.training.places import CHECKPOINT, FRAMES, TARGETS, Places
from tests.spaces import make_space


@pytest.fixture(scope="module")
def spaces(tmp_path_factory):
    """A folder with the spaces `old` and `new`, and the unfinished run `begun`."""
    home = tmp_path_factory.mktemp("spaces")
    for name in ("old", "new", "begun"):
        run = {"run": {"epoch": 1, "epochs": 2, "losses": {"mse": [0.1]}}} if name == "begun" else None
        make_space(home / name, image_shape=(4, 4), n=20, title=name, network=name.encode(), more=run)
        (home / name / ENCODER).write_bytes(name.encode())
    write_arrays(home / "old" / HISTORY, epochs=np.arange(3))
    for name in ("old", "new", "begun"):
        card = read_card(home / name)
        write_card(home / name, card | {"files": sums(home / name)})
    return home


def put(spaces: Path, name: str | None, folder: Path) -> None:
    """Makes one of the things that a folder can be."""
    if name is None:
        return
    name, *more = name.split("+")
    if name in ("empty", "rest"):
        folder.mkdir()
        if name == "rest":  # of a folder that was being removed
            (folder / GRID).write_bytes(b"")
    elif name == "mixed":  # half of the new files are there
        shutil.copytree(spaces / "old", folder)
        for part in (ENCODER, DECODER):
            shutil.copy(spaces / "new" / part, folder / part)
        (folder / places.STAGING).mkdir()
        shutil.copy(spaces / "new" / CODES, folder / places.STAGING)
    else:
        shutil.copytree(spaces / name, folder)
    if "checkpoint" in more:
        (folder / places.STAGING).mkdir()
        (folder / FRAMES).mkdir()
        (folder / FRAMES / "000001.npz").write_bytes(b"")
        (folder / TARGETS).write_bytes(b"")
        (folder / CHECKPOINT).write_bytes(b"")


def title(folder: Path) -> str | None:
    """What a folder holds, which must be whole; None where there is none."""
    if not folder.exists():
        return None
    space = open_space(folder)
    for name in space.card["files"]:
        check_file(folder, space.card, name)
    return space.title


def tell(out: Path) -> str | None:
    """What an explorer shows that is asked for `out`; None where it refuses."""
    try:
        return following.opened(out, lambda folder: title(folder) if folder.exists() else open_space(folder))
    except UserError:
        return None


def leftovers(home: Path) -> list[str]:
    """What nothing has a use for once a result stands."""
    useless = (CHECKPOINT, TARGETS, FRAMES, places.STAGING)
    return [
        str(path.relative_to(home))
        for path in home.rglob("*")
        if path.name in useless or path.name.endswith((".previous", ".tmp")) or path.name.startswith(".")
    ]


@pytest.mark.parametrize(
    "out, partial, previous, shown, after",
    [
        (None, None, None, None, None),
        ("old", None, None, "old", "old"),
        ("empty", None, None, None, None),
        (None, "begun+checkpoint", None, None, None),
        ("old", "begun+checkpoint", None, "old", "old"),
        ("old", "begun+checkpoint", "rest", "old", "old"),
        (None, "new+checkpoint", None, "new", "new"),
        ("empty", "new+checkpoint", None, "new", "new"),
        (None, "new+checkpoint", "rest", "new", "new"),
        ("old", "new+checkpoint", None, "old", "new"),
        ("old", "new+checkpoint", "rest", "old", "new"),
        ("old", "new+checkpoint", "old", "old", "new"),
        (None, "new+checkpoint", "old", "new", "new"),
        (None, "new", "old", "new", "new"),
        (None, None, "old", "old", "old"),
        ("empty", None, "old", "old", "old"),
        (None, "begun+checkpoint", "old", "old", "old"),
        ("new+checkpoint", None, "old", "new", "new"),
        ("new+checkpoint", None, "rest", "new", "new"),
        ("new+checkpoint", None, None, "new", "new"),
        ("mixed", "new+checkpoint", None, "new", "new"),
        ("new", "new+checkpoint", None, "new", "new"),
        ("new", None, "new+checkpoint", "new", "new"),
    ],
)
def test_every_state_is_read_and_brought_to_its_end(spaces, tmp_path, out, partial, previous, shown, after):
    folder = Places(tmp_path / "x")
    for name, path in ((out, folder.out), (partial, folder.partial), (previous, folder.previous)):
        put(spaces, name, path)
    assert tell(folder.out) == shown
    moved = folder.settle()
    assert moved == (partial is not None and partial.startswith("new"))
    assert title(folder.out) == after if (folder.out / CARD).exists() else after is None
    unfinished = partial is not None and partial.startswith("begun")
    assert folder.partial.exists() == unfinished and not folder.previous.exists()
    if unfinished:
        assert (folder.partial / CHECKPOINT).exists() and (folder.partial / FRAMES).exists()
        shutil.rmtree(folder.partial)
    assert leftovers(tmp_path) == []
    if after == "new":  # nothing of the old one
        names = {path.name for path in folder.out.iterdir()}
        assert names == {path.name for path in (spaces / "new").iterdir()}
    assert not folder.settle()


def test_a_space_is_found_by_its_name_while_it_is_replaced(spaces, tmp_path, monkeypatch):
    monkeypatch.setattr("explorer.spaces.folder.WEIGHTS", tmp_path)
    folder = Places(tmp_path / "x")
    put(spaces, "old", folder.previous)
    put(spaces, "begun+checkpoint", folder.partial)
    assert tell(folder_of("x")) == "old"
    with pytest.raises(UserError, match="no space 'y'"):
        folder_of("y")


def test_a_damaged_run_is_not_complete(spaces, tmp_path):
    folder = Places(tmp_path / "x")
    put(spaces, "old", folder.out)
    put(spaces, "new+checkpoint", folder.partial)
    (folder.partial / ENCODER).write_bytes(b"")
    assert not folder.settle() and title(folder.out) == "old" and (folder.partial / CHECKPOINT).exists()


def _killed_at(number: int, out: Path, mounted: bool) -> int:
    """Settles in a fork of this process, which ends itself before its call `number` that changes the folders. Returns
    the fork's exit status, or the signal that ended it below 0."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    calls = 0
    rename = os.rename

    def busy(source, target, *arguments, **options):
        if mounted and Path(source) == out:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        rename(source, target, *arguments, **options)

    def hook(event, arguments):
        nonlocal calls
        changes = event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir")
        if changes or (event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT):
            calls += 1
            if calls == number:
                os.kill(os.getpid(), signal.SIGKILL)

    try:
        os.rename = busy
        sys.addaudithook(hook)
        Places(out).settle()
    except BaseException:
        os._exit(1)
    os._exit(0)


def _kill_before_every_call(spaces: Path, tmp_path: Path, out: str | None, mounted: bool) -> int:
    """Returns how many calls there were. To be called in a process without other threads, since it forks."""
    for number in range(1, 200):
        home = tmp_path / str(number)
        home.mkdir()
        folder = Places(home / "x")
        put(spaces, out, folder.out)
        put(spaces, "new+checkpoint", folder.partial)
        status = _killed_at(number, folder.out, mounted)
        assert status in (0, -signal.SIGKILL), (number, status)
        assert tell(folder.out) in ("old", "new"), number
        folder.settle()
        assert title(folder.out) == "new" and not folder.partial.exists(), number
        assert leftovers(home) == [], number
        if status == 0:
            return number
    raise AssertionError("it makes no end")


@pytest.mark.parametrize("out, mounted", [(None, False), ("old", False), ("old", True)])
def test_killed_before_any_call_while_a_result_is_put_in_place(spaces, tmp_path, out, mounted):
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as process:
        assert process.submit(_kill_before_every_call, spaces, tmp_path, out, mounted).result(240) > 5


# ---- places --------------------------------------------------------------------------------------


@pytest.fixture
def mounted(tmp_path):
    """A function that mounts a small file system of its own at a folder; skips where nobody may."""
    folders = []

    def mount(folder: Path, size: str = "4m", options: str = "") -> Path:
        folder.mkdir(exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}{options}", "tmpfs", folder], check=False)
        if done.returncode:
            pytest.skip("no file system can be mounted here")
        folders.append(folder)
        return folder

    yield mount
    for folder in folders:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_mount_point_gets_its_result_file_by_file(spaces, tmp_path, mounted):
    folder = Places(mounted(tmp_path / "x"))
    for _ in range(2):  # an empty one, and one with a result
        put(spaces, "new+checkpoint", folder.partial)
        folder.claim()
        assert folder.settle() and title(folder.out) == "new" and leftovers(tmp_path) == []
        assert os.path.ismount(folder.out) and not folder.partial.exists()
        shutil.copytree(spaces / "old", folder.out, dirs_exist_ok=True)  # its history is to go
    folder.release()


def test_a_mount_point_without_room_keeps_what_it_holds(spaces, tmp_path, mounted):
    folder = Places(mounted(tmp_path / "x", "100k"))
    shutil.copytree(spaces / "old", folder.out, dirs_exist_ok=True)
    with open(folder.out / ".full", "wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(bytes(4096))
    put(spaces, "new+checkpoint", folder.partial)
    with pytest.raises(NotAllowed, match="No space left"):
        folder.settle()
    assert title(folder.out) == "old" and (folder.partial / CHECKPOINT).exists()
    (folder.out / ".full").unlink()
    assert folder.settle() and title(folder.out) == "new"


def test_a_result_that_cannot_be_renamed_comes_back(spaces, tmp_path, monkeypatch):
    folder = Places(tmp_path / "x")
    put(spaces, "old", folder.out)
    put(spaces, "new+checkpoint", folder.partial)
    rename = os.rename

    def refuse(source, target, *arguments, **options):
        if Path(source) == folder.partial:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rename(source, target, *arguments, **options)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(NotAllowed, match="Input/output"):
        folder.settle()
    assert title(folder.out) == "old" and (folder.partial / CHECKPOINT).exists()
    monkeypatch.undo()
    assert folder.settle() and title(folder.out) == "new" and leftovers(tmp_path) == []


def test_a_link_is_followed(spaces, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "x").symlink_to(tmp_path / "far" / "x")
    for name in ("old", "new"):
        folder = Places(tmp_path / "x")
        put(spaces, f"{name}+checkpoint", folder.partial)
        assert folder.settle() and title(tmp_path / "x") == name
        assert (tmp_path / "x").is_symlink() and leftovers(tmp_path) == []


def test_two_runs_do_not_write_one_folder(spaces, tmp_path):
    one, other = Places(tmp_path / "x"), Places(tmp_path / "x")
    one.claim()
    other.claim()  # nothing is there yet
    one.start(keep=False)
    (one.partial / CHECKPOINT).write_bytes(b"")
    for begin in (other.claim, lambda: other.start(keep=False)):
        with pytest.raises(UserError, match="another run"):
            begin()
    assert (one.partial / CHECKPOINT).exists()
    one.release()
    other.claim()
    other.release()


def unusable(tmp_path: Path, case: str) -> Path:
    """A place where no result can be."""
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    return {
        "root": Path("/"),
        "a long name": tmp_path / ("x" * 300),
        "a name that gets too long": tmp_path / ("x" * 250),
        "a long parent": tmp_path / ("x" * 300) / "x",
        "a file": tmp_path / "file",
        "below a file": tmp_path / "file" / "x",
        "a loop": tmp_path / "loop",
        "below a loop": tmp_path / "loop" / "x",
        "a device": Path("/dev/null"),
        "no name": tmp_path / "a\0b",
    }[case]


CASES = (
    "root, a long name, a name that gets too long, a long parent, a file, below a file, a loop, below a loop, a device"
)


@pytest.mark.parametrize("case", [*CASES.split(", "), "no name"])
def test_a_place_that_takes_no_result(tmp_path, case):
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UserError) as caught:
        folder = Places(unusable(tmp_path, case))
        folder.claim()
    assert "--out" in str(caught.value) and "\n" not in str(caught.value)
    assert len(list(tmp_path.iterdir())) == len(before) + 2


def test_a_working_folder_that_is_gone(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(UserError, match="--out"):
        Places(Path("x"))
    Places(tmp_path / "x").claim()


@pytest.mark.parametrize("what", ["parent", "out", "partial"])
def test_a_folder_that_is_read_only(tmp_path, mounted, what):
    folder = Places(tmp_path / "home" / "x")
    folder.out.parent.mkdir()
    read_only = {"parent": folder.out.parent, "out": folder.out, "partial": folder.partial}[what]
    mounted(read_only)
    subprocess.run(["mount", "-o", "remount,ro", read_only], check=True)
    with pytest.raises(UserError, match="Read-only.*--out"):
        folder.claim()


def test_a_parent_that_is_not_there_is_made(tmp_path):
    folder = Places(tmp_path / "a" / "b" / "x")
    folder.claim()
    assert not (tmp_path / "a").exists()
    folder.start(keep=False)
    assert folder.partial.is_dir()
    folder.release()
