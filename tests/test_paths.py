"""Paths on the command line of both programs: whatever the file system says of them is one line that names them."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from explorer import cli
from explorer.errors import UserError
from explorer.images import datasets
from explorer.session import workspace
from explorer.session.state import MapState, SharedState
from tests.conftest import ROOT
from tests.spaces import make_space

OPTIONS = ("--weights", "--workspace", "--compare", "--trace", "--snapshot")
LONG = 300  # letters of a name; file systems take 255
PROGRAMS = {"ae.py": cli.main_live, "ae_precomp.py": cli.main_grid}


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    return make_space(tmp_path_factory.mktemp("paths") / "space", image_shape=(8, 8), n=60)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty working folder of its own; the one before is back in the end, also where that is gone."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def looped(place):
    os.symlink("loop.png", "loop.png")
    return "loop.png"


def through_a_file(place):
    (place / "file").write_text("no folder")
    return "file/there.png"


def working_folder_that_is_gone(place):
    os.rmdir(place)
    return "there.png"


def pipe(place):
    os.mkfifo("pipe.png")
    return "pipe.png"


BAD = {
    "a long name": lambda place: "n" * LONG + ".png",
    "a long path": lambda place: "folder/" * 700 + "there.png",
    "a link to itself": looped,
    "within a link to itself": lambda place: looped(place) + "/there.png",
    "a file for a folder": through_a_file,
    "no working folder": working_folder_that_is_gone,
    "nothing": lambda place: "",
    "no such folder": lambda place: "nowhere/there.png",
    "a folder of nobody": lambda place: "~nobody at all/there.png",
    "any bytes": lambda place: os.fsdecode(b"nowhere\xff\xfe/there.png"),
    "any letters": lambda place: "no\nwhere\x1b[31m\u202e/there.png",
    "a null byte": lambda place: "nowhere\0/there.png",
    "everything": lambda place: "/",
    "the folder itself": lambda place: ".",
    "a named pipe": pipe,
}


def refused(capfd, main, option, value, space) -> str:
    """The one line on stderr, after which nothing was left behind."""
    arguments = [f"{option}={value}"]
    if option != "--weights":
        arguments += ["--weights", str(space.folder)]
    if option != "--snapshot":
        arguments += ["--snapshot", str(space.folder.parent / "out.png")]
    status = main(arguments)
    said = capfd.readouterr()
    assert status == 2 and said.out == "" and said.err.count("\n") == 1 and said.err.removesuffix("\n").isprintable()
    assert not (space.folder.parent / "out.png").exists()
    return said.err


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("option", OPTIONS)
def test_a_bad_path_is_one_line_that_names_it(place, space, capfd, option, kind):
    value = BAD[kind](place)
    if option == "--snapshot" and kind == "a named pipe":
        value = "pipe.png/there.png"
    for program, main in PROGRAMS.items():
        line = refused(capfd, main, option, value, space)
        assert line.startswith(f"{program}: ")
        named = {"nothing": option, "everything": "/", "the folder itself": str(place)}.get(kind, value[:2])
        assert named in line


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_path_of_images_is_one_line_that_names_it(place, kind):
    value = BAD[kind](place)
    with pytest.raises(UserError) as error:
        datasets.load(value)
    line = str(error.value)
    assert line.isprintable() and (value[:2] in line or str(place) in line)


@pytest.mark.parametrize("option", [*OPTIONS, "data"])
@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_folder_that_may_not_be_entered(tmp_path, space, option, mode):
    """Without the capabilities by which root enters every folder."""
    folder = tmp_path / "locked"
    shutil.copytree(space.folder, folder / "space")
    out = tmp_path / "out.png"
    path = folder / {"--weights": "space", "--compare": "space", "--snapshot": "out.png"}.get(option, "file.npz")
    command = [sys.executable, str(ROOT / "ae_precomp.py"), "--weights", str(space.folder), "--snapshot", str(out)]
    if option == "data":
        load = "import data, sys\ntry: data.load(sys.argv[1])\nexcept data.UserError as error: sys.exit(f'ae {error}')"
        command = [sys.executable, "-c", load, str(path)]
    elif option in ("--weights", "--snapshot"):
        command[command.index(option) + 1] = str(path)
    else:
        command += [option, str(path)]
    folder.chmod(mode)
    try:
        prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        result = subprocess.run([*prefix, *command], capture_output=True, text=True, timeout=120, cwd=ROOT)
    finally:
        folder.chmod(0o755)
    assert result.returncode == (1 if option == "data" else 2), result.stderr
    assert result.stderr.count("\n") == 1 and str(folder) in result.stderr and result.stdout == ""
    assert "ermission denied" in result.stderr or "cannot write" in result.stderr
    assert not out.exists() and {each.name for each in folder.iterdir()} == {"space"}


def test_nothing_asks_for_the_working_folder_where_full_paths_are_given(place, space, tmp_path, capfd):
    kept = tmp_path / "out.png"
    os.rmdir(place)
    compared = ["--compare", str(space.folder), "--trace", str(tmp_path / "trace")]
    assert cli.main_grid(["--weights", str(space.folder), "--snapshot", str(kept), *compared]) == 0
    assert kept.exists() and capfd.readouterr().err == ""
    kept.unlink()
    (tmp_path / "again").mkdir()
    command = ["sh", "-c", 'cd "$1" && rmdir "$1" && exec "$2" "$3" --snapshot "$4"', "sh"]
    program = [str(tmp_path / "again"), sys.executable, str(ROOT / "ae_precomp.py"), str(kept)]
    result = subprocess.run([*command, *program], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert result.returncode == 0 and kept.exists()
    assert "Traceback" not in result.stderr


GOOD = {
    "relative": lambda place, folder: (os.path.relpath(folder), "out.png"),
    "a slash at the end": lambda place, folder: (f"{folder}/", "./out.png"),
    "a link": lambda place, folder: (os.symlink(folder, "link") or "link", "../work/out.png"),
    "any bytes": lambda place, folder: (
        os.symlink(folder, os.fsdecode(b"\xff\xfe")) or os.fsdecode(b"\xff\xfe"),
        os.fsdecode(b"./\xff.png"),
    ),
    "any letters": lambda place, folder: (os.symlink(folder, "a\nb ü") or "a\nb ü", "\u202e\x1b[31m.png"),
    "the home": lambda place, folder: (os.symlink(folder, "home") or "~/home", "~/out.png"),
    "a dot": lambda place, folder: (os.chdir(folder) or ".", f"{place}/out.png"),
    "a name as long as names may be": lambda place, folder: (str(folder), "n" * 200 + ".PNG"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_any_other_path_works(place, space, capfd, monkeypatch, kind):
    monkeypatch.setenv("HOME", str(place))
    weights, out = GOOD[kind](place, space.folder)
    assert cli.main_grid([f"--weights={weights}", f"--snapshot={out}", f"--compare={weights}"]) == 0
    assert capfd.readouterr().err == ""
    pictures = [name for name in os.listdir(place) if name.lower().endswith(".png")]
    assert len(pictures) == 1 and pictures[0] == os.path.basename(out)


NAMES = ("n" * LONG, "nowhere\0", "\ud800", "~", "a\nb", "/", "..", "", "nowhere")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("member", ["space", "beside", "colouring", "background"])
def test_names_in_a_workspace_are_refused_or_left_out_in_one_line_each(tmp_path, space, capfd, member, name):
    """Through its JSON come letters that no argument can hold."""
    path, out = tmp_path / "kept.json", tmp_path / "out.png"
    workspace.save(path, workspace.taken(MapState(space), SharedState()))
    kept = json.loads(path.read_text()) | {member: name}
    path.write_text(json.dumps(kept))
    status = cli.main_grid(["--weights", str(space.folder), "--workspace", str(path), "--snapshot", str(out)])
    said = capfd.readouterr().err
    assert status in (0, 2) and said.replace("\n", "").isprintable() and (status == 0) == out.exists()
    lines = said.splitlines()
    assert len(lines) <= 2 and all(str(path) in line for line in lines)
    if name:
        assert lines


@pytest.mark.parametrize("kind", ["a long name", "any letters", "a link to itself"])
def test_the_window_opens_without_a_space_that_cannot_be_compared(start, place, space, kind):
    value = BAD[kind](place)
    program = start("ae_precomp.py", "--weights", str(space.folder), f"--compare={value}", tensorflow=False)
    program.expected_stderr = value[:2]
    program.wait(lambda: program.stderr().endswith("\n"), "the reason")
    x, y, width, height = program.wait_for("window")["map"]
    program.hover(x + width // 2, y + height // 2)
    assert program.stderr().count("\n") == 1 and program.stderr().removesuffix("\n").isprintable()
