"""`data.py` as a program and as a module, and what `model.py train` and the window make of its options."""

import gzip
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer import entry
from explorer.analysis import analyses
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import keras_runtime
from explorer.errors import UserError
from explorer.files import locations
from explorer.images import datasets
from explorer.spaces.card import read_card
from explorer.spaces.folder import open_space
from explorer.training import cli as model
from tests.conftest import ROOT, run
from tests.sources import COLOUR, GREY, LABELS, idx, write_npz, write_pictures


def shown(*arguments) -> tuple[list[str], list[str]]:
    """The lines that `data.py` prints and warns, without TensorFlow; it ends with status 0."""
    done = run("data.py", *arguments, tensorflow=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), done.stderr.splitlines()


def test_import_is_light():
    lines = "import data, sys; print([m for m in ('keras', 'tensorflow', 'PIL', 'tqdm') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == "[]"


def test_the_installed_command_is_the_same():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert scripts["latent-space-explorer-data"] == f"{entry.__name__}:{entry.data.__name__}"
    assert set(locations._COMMANDS.values()) == set(scripts)


def test_it_shows_what_a_source_holds_and_draws_a_sheet(tmp_path):
    write_pictures(tmp_path / "a", COLOUR, np.array(["owl", "cat", "10"])[LABELS])
    out, warned = shown(tmp_path / "a", "--sheet", tmp_path / "sheet.png", "--resize", "12x10")
    assert out[0].startswith(
        "12 colour images of 12 × 10 pixels (11 train, 1 test); 3 classes: 10 (4), cat (4), owl (4)"
    )
    assert out[0].endswith("--resize 12x10") and out[1:] == [f"wrote {tmp_path / 'sheet.png'}"] and warned == []
    with Image.open(tmp_path / "sheet.png") as sheet:  # see test_class_sheet.py
        assert sheet.height > 3 * 60


def test_each_warning_is_one_line(tmp_path):
    path = tmp_path / "emnist-train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx(GREY // 16)))
    out, warned = shown(path)
    assert len(out) == 1 and len(warned) == 2 and all(line.startswith("data.py: warning: ") for line in warned)
    assert shown(path, "--transpose")[1] == [warned[1]]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["nowhere"], "there is no data set, file or folder 'nowhere'"),
        (["mnist", "--sheet", "a.jpg"], "a.jpg"),
        (["mnist", "--sheet", "missing/a.png"], "cannot write"),
        (["mnist", "--resize", "28"], "'28' is no size"),
        (["mnist", "--resize", "3x9000"], "'3x9000' is no size"),
    ],
)
def test_mistakes_get_one_line(arguments, words):
    done = run("data.py", *arguments, tensorflow=False)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 2 and done.stdout == "" and last.startswith("data.py: ") and words in last


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have names in Unicode alone")
def test_names_that_no_terminal_can_show(tmp_path):
    folder = os.path.join(os.fsencode(tmp_path), b"a")
    for name in (b"caf\xe9", b"\xff"):
        os.makedirs(os.path.join(folder, name))
        for image in GREY[:3]:
            Image.fromarray(image).save(tmp_path / "x.png")
            os.rename(tmp_path / "x.png", os.path.join(folder, name, b"%d\xfe.png" % image[0, 0]))
    out, warned = shown(tmp_path / "a", "--sheet", tmp_path / "sheet.png")
    assert "2 classes: \\udcff (3), caf\\udce9 (3)" in out[0] and warned == []


# --- Training ---------------------------------------------------------------------------------------------------------

TINY = ["--space", "pca"]


@pytest.fixture(autouse=True)
def keras_is_there(request, monkeypatch):
    """`model.main` imports Keras as in a program, which leaves `sys.stderr` another one: it is imported before."""
    if "capsys" in request.fixturenames:
        monkeypatch.setattr(keras_runtime, "process_is_ours", False)
        keras_runtime.import_keras()


def trained(capsys, out: Path, *arguments) -> tuple[str, str]:
    """Trains a tiny space; returns what was printed, and on standard error."""
    assert model.main(["train", *TINY, "--out", str(out), *map(str, arguments)]) == 0
    return capsys.readouterr()


def test_train_says_what_it_found_and_what_looks_wrong(tmp_path, capsys):
    path = write_npz(tmp_path / "a.npz", images=np.repeat(GREY, 5, axis=0), target=np.repeat(LABELS, 5))
    said, warned = trained(capsys, tmp_path / "space", "--data", path)
    found = "60 grey images of 6 × 5 pixels (54 train, 6 test); no labels; 2 columns: target, index; "
    assert said.startswith(f"{found}source: {path}\nepoch 1/1")
    assert warned.startswith(f"model.py: warning: {path} (target) is not read as labels")
    assert warned.count("\n") == 1


def test_a_space_keeps_how_its_images_were_read(tmp_path, capsys):
    """Training, evaluating, going on, and the window's own reader: all see the same images."""
    folder = write_pictures(tmp_path / "pictures", np.repeat(COLOUR, 4, axis=0), np.repeat(LABELS, 4))
    write_pictures(folder / "0", GREY[:, :4], end="bmp")
    (folder / "1" / "bad.png").write_bytes(b"no picture")
    options = ["--data", folder, "--resize", "8x12", "--transpose", "--skip-damaged"]
    out = tmp_path / "space"
    said, warned = trained(capsys, out, *options)
    assert "60 colour images of 8 × 12" in said and f"{folder} --resize 8x12 --transpose --skip-damaged\n" in said
    assert "left out 1 unreadable picture," in warned
    data = read_card(out)["data"]
    assert data["reading"] == {"resize": [8, 12], "transpose": True, "skip_damaged": True}
    assert data["image_shape"] == [8, 12, 3]
    probe = SpaceProbe(open_space(out), None)
    images = analyses.originals(probe, lambda share: None, lambda: False)
    assert images.image_shape == (8, 12, 3) and len(images.labels) == 60

    assert model.main(["evaluate", "--weights", str(out), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)["pca"]
    assert again["mse"] == pytest.approx(read_card(out)["metrics"]["mse"], rel=1e-4)

    assert "nothing to resume" in trained(capsys, out, *options, "--resume")[0]
    (folder / "1" / "bad.png").write_bytes((folder / "1" / "004.png").read_bytes())
    with pytest.raises(UserError, match="are not the ones that this space was trained on"):
        analyses.originals(probe, lambda share: None, lambda: False)


def test_an_unfinished_run_remembers_how_images_are_read(tmp_path, capsys, monkeypatch):
    path = write_npz(tmp_path / "a.npz", images=np.repeat(GREY, 5, axis=0))
    with monkeypatch.context() as patch:
        patch.setattr(model, "_finish", lambda *arguments: (_ for _ in ()).throw(UserError("the power went")))
        assert model.main(["train", *TINY, "--data", str(path), "--transpose", "--out", str(tmp_path / "b")]) == 2
    capsys.readouterr()
    resume = ["train", "--out", str(tmp_path / "b"), "--resume"]
    assert model.main([*resume, "--resize", "9x9"]) == 2
    assert "started with other settings" in capsys.readouterr().err
    assert model.main(resume) == 0
    assert "60 grey images of 5 × 6" in capsys.readouterr().out
    assert read_card(tmp_path / "b")["data"]["reading"] == {"transpose": True}


def test_evaluate_reads_other_images_as_it_is_told(tmp_path, capsys):
    trained(capsys, tmp_path / "space", "--data", write_npz(tmp_path / "a.npz", images=np.repeat(GREY, 5, axis=0)))
    other = write_npz(tmp_path / "b.npz", images=np.repeat(GREY, 5, axis=0).swapaxes(1, 2))
    evaluate = ["evaluate", "--weights", str(tmp_path / "space"), "--json"]
    assert model.main([*evaluate, "--data", str(other)]) == 2
    assert "was trained on images of (6, 5)" in capsys.readouterr().err
    assert model.main([*evaluate, "--data", str(other), "--transpose"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert model.main([*evaluate, "--transpose"]) == 2
    assert "add --data" in capsys.readouterr().err


def test_the_api_takes_the_same_options(tmp_path, capsys):
    images = np.repeat(GREY, 5, axis=0)
    space = explorer.train("pca", images, out=tmp_path / "a", resize=(8, 9), transpose=True)
    assert space.image_shape == (8, 9) and space.images.shape == (60, 8, 9)
    assert "60 grey images of 8 × 9 pixels" in capsys.readouterr().out
    for wrong in ((3, 9), (8, 9, 3), 28, ("a", 5), (8, 9000)):
        with pytest.raises(UserError, match="give resize as"):
            explorer.train("pca", images, out=tmp_path / "b", resize=wrong)
    assert not list(tmp_path.glob("b*"))


@pytest.mark.slow
def test_the_real_command_trains_on_a_folder_of_any_pictures(tmp_path):
    folder = write_pictures(tmp_path / "pictures" / "deep", np.repeat(COLOUR, 4, axis=0), np.repeat(LABELS, 4))
    write_pictures(folder / "0", GREY[:, :4], end="bmp")
    out = tmp_path / "space"
    done = run("model.py", "train", *TINY, "--data", folder.parent, "--resize", "16x16", "--out", out, timeout=300)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^60 colour images of 16 × 16 pixels \(54 train, 6 test\); 1 class: deep \(60\); ", done.stdout)
    assert "model.py: warning: all images are of one class, 'deep'" in done.stderr
    assert datasets.load_again(read_card(out)["data"]).image_shape == (16, 16, 3)
