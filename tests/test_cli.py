"""Mistakes of users: one clear line on stderr, exit status 2, nothing written."""

import json

import numpy as np
import pytest

from explorer import cli
from explorer.decoding import grid
from explorer.spaces.card import CARD, CODES, DECODER, GRID, read_card, write_card
from explorer.spaces.folder import WEIGHTS, open_space, sums
from explorer.window.app import window
from tests.conftest import SHIPPED, run
from tests.spaces import make_space

PROGRAMS = ("ae.py", "ae_precomp.py")


def assert_one_line(result, *words):
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1 and "Traceback" not in result.stderr, result.stderr
    for word in words:
        assert word in result.stderr


def assert_refused_by_argparse(result, *words):
    assert result.returncode == 2 and "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_display_names_the_way_out(name):
    assert_one_line(run(name, tensorflow=name == "ae.py"), "no display", "--snapshot")


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("at", ["1", "1,2,3"])
def test_at_with_other_than_two_numbers(call, name, at, tmp_path):
    out = tmp_path / "out.png"
    assert_one_line(call(name, "--snapshot", out, f"--at={at}"), f"--at '{at}' is not a pair of numbers like 1.5,-2")
    assert not out.exists()


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("at", ["a,b", "", "nan,1", "inf,0"])
def test_at_that_is_no_place(call, name, at, tmp_path):
    out = tmp_path / "out.png"
    assert_refused_by_argparse(call(name, "--snapshot", out, f"--at={at}"), "--at", repr(at) if at else "''")
    assert not out.exists()


@pytest.mark.parametrize("at", [["--at", "-3.5,1"], ["--at=-3.5,1"], ["--at", "-.5,-1e1"]])
def test_at_with_a_minus(call, at, tmp_path):
    result = call("ae_precomp.py", "--snapshot", tmp_path / "out.png", *at)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["--size", "big"], "big"),
        (["--size", "10x10"], "640x400"),
        (["--theme", "pink"], "pink"),
        (["--scale", "big"], "'big' is not a number from 0.5 to 4"),
        (["--scale", "nan"], "'nan'"),
        (["--scale=-1"], "0.5 to 4"),
        (["--scale", "4.01"], "0.5 to 4"),
        (["--resolution", "1"], "2 to 512"),
        (["--resolution", "x"], "2 to 512"),
        (["--space", "a", "--weights", "b"], "not allowed"),
        (["--nonsense"], "nonsense"),
    ],
)
def test_arguments_that_make_no_sense(call, arguments, word):
    assert_refused_by_argparse(call("ae_precomp.py", *arguments), word)


def test_unknown_space_names_the_known_ones():
    assert_one_line(run("ae_precomp.py", "--space", "vea"), "vea", "autoencoder")


@pytest.mark.parametrize("name", PROGRAMS)
def test_missing_weights(call, name, tmp_path):
    assert_one_line(call(name, "--weights", tmp_path / "none"), "does not exist", "model.py train")


@pytest.fixture
def unlike(tmp_path):
    """A space of other images than MNIST."""
    return make_space(tmp_path / "unlike", n=200)


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_snapshot_of_a_space_beside_one_that_it_cannot_be_compared_with(call, name, unlike, tmp_path):
    out = tmp_path / "out.png"
    (tmp_path / "empty").mkdir()
    for second, words in (
        ("vea", ["vea", "autoencoder"]),
        (tmp_path / "none", ["does not exist", "model.py train"]),
        (tmp_path / "empty", ["has no card.json"]),
        (unlike.folder, ["'unlike' is made of other images", "'autoencoder'"]),
    ):
        assert_one_line(call(name, "--compare", second, "--snapshot", out), *words)
    assert not out.exists()


def test_no_snapshot_with_a_second_space_that_is_damaged(call, copy, tmp_path):
    path = copy / CODES
    path.write_bytes(path.read_bytes()[:1000])
    out = tmp_path / "out.png"
    result = call("ae_precomp.py", "--compare", copy, "--snapshot", out)
    assert_one_line(result, str(path), "damaged", "model.py train")
    assert not out.exists()


def test_no_snapshot_coloured_by_a_column_that_the_second_space_lacks(call, tmp_path):
    a = make_space(tmp_path / "a", n=200, images=200, columns={"weight": np.arange(200)})
    make_space(tmp_path / "b", n=200, images=200)
    arguments = ("--weights", a.folder, "--compare", "b", "--snapshot", tmp_path / "out.png")
    assert_one_line(call("ae_precomp.py", *arguments, "--colour", "weight"), "'b' has no column 'weight'")
    assert not (tmp_path / "out.png").exists()
    assert call("ae_precomp.py", *arguments, "--colour", "class").returncode == 0


@pytest.mark.parametrize("main", [cli.main_live, cli.main_grid])
def test_where_the_second_space_is_looked_for(main, unlike, tmp_path, monkeypatch):
    """The window is given its folder, whatever is there."""
    given = []

    class Window:
        busy, size = False, (1280, 800)

        def __init__(self, *arguments, compare, **services):
            given.append(compare)

        def run(self):
            return 0

    monkeypatch.setattr(window, "ExplorerWindow", Window)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pca").mkdir()
    there = make_space(tmp_path / "folder" / "there", n=200)
    from_elsewhere = ["--weights", str(tmp_path / "unlike")]
    for arguments, folder in (
        ([], None),
        (["--compare", "pca"], WEIGHTS / "pca"),
        (["--compare", "vea"], WEIGHTS / "vea"),
        (["--compare", str(there.folder)], there.folder),
        (["--compare", "folder/there"], there.folder),
        (["--compare", "unlike", "--weights", str(SHIPPED)], unlike.folder),
        (["--compare", "vae", *from_elsewhere], WEIGHTS / "vae"),
        (["--compare", "pca", *from_elsewhere], tmp_path / "pca"),
        (["--compare", "vea", *from_elsewhere], WEIGHTS / "vea"),
    ):
        assert main(arguments) == 0
        assert (given[-1] and given[-1].resolve()) == folder
    assert len(given) == 9


@pytest.mark.parametrize("name", PROGRAMS)
def test_snapshot_that_cannot_be_written(call, name, tmp_path):
    assert_one_line(call(name, "--snapshot", tmp_path / "out.jpg"), ".png")
    assert_one_line(call(name, "--snapshot", tmp_path / "none" / "out.png"), "does not exist")
    (tmp_path / "folder.png").mkdir()
    assert_one_line(call(name, "--snapshot", tmp_path / "folder.png"), "cannot write")
    assert_one_line(call(name, "--trace", tmp_path / "none" / "trace"), "cannot write the trace")


def test_truncated_decoder(call, copy, tmp_path):
    path = copy / DECODER
    path.write_bytes(path.read_bytes()[:1000])
    out = tmp_path / "out.png"
    assert_one_line(call("ae.py", "--weights", copy, "--snapshot", out), "decoder.keras is damaged", "model.py train")
    assert not out.exists()
    # the grid still vouches for itself
    assert call("ae_precomp.py", "--weights", copy, "--snapshot", out).returncode == 0


def test_a_decoder_that_keras_cannot_load(copy, tmp_path):
    """The card's sums are right, the file is not a network."""
    (copy / DECODER).write_bytes(b"no zip file")
    card = read_card(copy)
    write_card(copy, card | {"files": sums(copy)})
    result = run("ae.py", "--weights", copy, "--snapshot", tmp_path / "out.png")
    assert result.returncode == 2 and "no network that Keras can load" in result.stderr
    assert "Traceback" not in result.stderr


def test_codes_with_pickled_objects_are_never_unpickled(call, copy, tmp_path):
    marker = tmp_path / "unpickled"

    class Trap:
        def __reduce__(self):
            return (open, (str(marker), "w"))

    np.savez(copy / CODES, codes=np.array([Trap()], object), labels=[0], rows=[0])
    card = read_card(copy)
    write_card(copy, card | {"files": sums(copy)})
    assert_one_line(call("ae_precomp.py", "--weights", copy), "codes.npz", "damaged")
    assert not marker.exists()


def test_wrong_shapes(call, copy):
    np.savez(copy / CODES, codes=np.zeros((4, 2, 1), np.float32), labels=[0] * 4, rows=[0] * 4)
    card = read_card(copy)
    write_card(copy, card | {"files": sums(copy)})
    assert_one_line(call("ae_precomp.py", "--weights", copy), "codes.npz", "(4, 2, 1)")


def test_without_tensorflow_and_without_grid(copy):
    (copy / GRID).unlink()
    for name in PROGRAMS:
        result = run(name, "--weights", copy, "--snapshot", copy / "out.png", tensorflow=False)
        assert_one_line(result, "grid.npz is missing", "TensorFlow", "pip install")
    assert_one_line(run("model.py", "evaluate", tensorflow=False), "TensorFlow is not installed", "pip install")


@pytest.mark.parametrize(
    "command, missing, said",
    [
        (("train", "--space", "pca"), ("sklearn", "openTSNE"), "scikit-learn, openTSNE not installed"),
        (("train", "--space", "pca"), ("openTSNE",), ": openTSNE not installed"),
        (("evaluate", "--space", "pca"), ("sklearn", "openTSNE"), ": scikit-learn not installed"),
    ],
)
def test_training_and_evaluating_without_their_packages(tmp_path, command, missing, said):
    lines = f"import sys; sys.modules |= dict.fromkeys({missing})\n"
    (tmp_path / "sitecustomize.py").write_text(lines)
    out = ("--out", tmp_path / "x") if command[0] == "train" else ()
    assert_one_line(run("model.py", *command, *out, sitecustomize=tmp_path), said, "pip install")
    assert not list(tmp_path.glob("x*"))


@pytest.mark.parametrize("module, words", [("tkinter", ["no Tk", "python3-tk"]), ("scipy", ["scipy", "pip install"])])
def test_a_python_that_lacks_something(tmp_path, module, words):
    (tmp_path / "sitecustomize.py").write_text(f"import sys; sys.modules['{module}'] = None\n")
    assert_one_line(run("ae_precomp.py", sitecustomize=tmp_path), *words)


@pytest.mark.slow
def test_a_grid_of_another_decoder_is_replaced_for_a_snapshot(copy, tmp_path):
    space = open_space(copy)
    lattice = grid.load(space)
    grid.keep(space, grid.Grid(255 - lattice.images, lattice.extent, "0" * 64))
    result = run("ae_precomp.py", "--weights", copy, "--snapshot", tmp_path / "new.png", "--resolution", "128")
    assert result.returncode == 0 and "made by another decoder" in result.stderr
    assert run("ae_precomp.py", "--snapshot", tmp_path / "shipped.png", tensorflow=False).returncode == 0
    assert (tmp_path / "new.png").read_bytes() == (tmp_path / "shipped.png").read_bytes()
    assert json.loads((copy / CARD).read_text())["files"] == sums(copy)


@pytest.mark.parametrize("script", [*PROGRAMS, "model.py"])
def test_help_is_there(script):
    result = run(script, "--help", tensorflow=False)
    assert result.returncode == 0 and "usage" in result.stdout
