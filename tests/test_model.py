"""Training and measuring: on a small subset from the inside, the shipped space from the command line."""

import json

import numpy as np
import pytest

import data
import model
from explorer import files, grid
from explorer.errors import UserError
from tests.conftest import run


@pytest.fixture
def small_mnist(monkeypatch, tmp_path_factory):
    """2,000 + 500 images under the name of MNIST."""
    mnist = data.load("mnist")
    path = tmp_path_factory.mktemp("data") / "small.npz"
    np.savez(
        path,
        x_train=mnist.x_train[:2000],
        y_train=mnist.y_train[:2000],
        x_test=mnist.x_test[:500],
        y_test=mnist.y_test[:500],
    )
    monkeypatch.setitem(data.SOURCES, "mnist", ("MNIST", path))
    return data.load("mnist")


def test_a_small_training_learns_and_leaves_a_whole_folder(small_mnist, tmp_path, capsys):
    out = model.train(
        "autoencoder", "mnist", tmp_path / "a", seed=1, epochs=30, hidden=(64, 32), batch_size=50, learning_rate=3e-3
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    space = files.open_space(out)
    assert files.sums(out) == space.card["files"] and space.codes.shape == (2500, 2)
    assert grid.load(space).shape == (128, 128)
    assert space.card["config"]["hidden"] == [64, 32] and space.card["seed"] == 1

    x = data.as_float(small_mnist.x_test)
    mean_image = data.as_float(small_mnist.x_train).mean(axis=0)
    assert space.card["metrics"]["mse"] < 0.85 * np.mean((x - mean_image) ** 2)
    assert space.card["metrics"]["knn_10"] > 0.3
    said = capsys.readouterr()
    assert said.out.count("epoch") == 30 and "mse" in said.out and said.err == ""

    again = model.train(
        "autoencoder", "mnist", tmp_path / "b", seed=1, epochs=30, hidden=(64, 32), batch_size=50, learning_rate=3e-3
    )
    np.testing.assert_array_equal(files.open_space(again).codes, space.codes)  # same seed, same weights

    results = model.evaluate(out, None)
    assert results["autoencoder"]["mse"] == pytest.approx(space.card["metrics"]["mse"], rel=1e-3)
    assert results["pca"]["mse"] < np.mean((x - mean_image) ** 2)
    assert set(results["pca"]) == {"mse", "psnr_db", "knn_1", "knn_10"}


def test_an_unfinished_run_leaves_the_previous_result(small_mnist, tmp_path, monkeypatch):
    out = tmp_path / "a"
    model.train("autoencoder", "mnist", out, seed=1, epochs=1, hidden=(8,))
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.train("autoencoder", "mnist", out, seed=2, epochs=1, hidden=(8,))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_no_folder_of_somebody_else_is_removed(small_mnist, tmp_path):
    for name in ("a", "a.partial", "a.previous"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "precious.txt").write_text("")
        with pytest.raises(UserError, match="something else"):
            model.train("autoencoder", "mnist", tmp_path / "a", seed=1, epochs=1, hidden=(8,))
        assert (tmp_path / name / "precious.txt").exists()
        (tmp_path / name / "precious.txt").unlink()


def test_a_diverging_run_stops_with_a_word(small_mnist, tmp_path):
    with pytest.raises(UserError, match="diverged"):
        model.train("autoencoder", "mnist", tmp_path / "a", seed=1, epochs=3, hidden=(8,), learning_rate=float("nan"))
    assert not (tmp_path / "a").exists()


def test_evaluate_prints_one_object_that_agrees_with_the_card(space):
    result = run("model.py", "evaluate", "--json", timeout=300)
    assert result.returncode == 0 and result.stderr == ""
    results = json.loads(result.stdout)
    assert set(results) == {"autoencoder", "pca"}
    for name, value in results["autoencoder"].items():
        assert value == pytest.approx(space.card["metrics"][name], rel=1e-3), name
    assert results["autoencoder"]["mse"] <= 0.0335
    assert results["pca"]["mse"] == pytest.approx(0.0557, abs=0.0003)  # scikit-learn's, all of MNIST
    assert results["autoencoder"]["knn_10"] > results["pca"]["knn_10"] + 0.3


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["train", "--epochs", "0"], "'0'"),
        (["train", "--batch-size", "x"], "'x'"),
        (["train", "--seed", "-1"], "-1"),
        (["train", "--seed", str(2**32)], "4294967295"),
        (["train", "--data", "nonsense"], "nonsense"),
        (["train", "--space", "vea"], "vea"),
        ([], "train"),
    ],
)
def test_wrong_arguments(arguments, word):
    result = run("model.py", *arguments, tensorflow=False)
    assert result.returncode == 2 and word in result.stderr and "Traceback" not in result.stderr


def test_wrong_places(tmp_path):
    (tmp_path / "file").write_text("")
    result = run("model.py", "train", "--epochs", "1", "--out", tmp_path / "file" / "x")
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and "--out" in result.stderr
    result = run("model.py", "train", "--epochs", "1", "--out", tmp_path)
    assert result.returncode == 2 and "something else" in result.stderr and (tmp_path / "file").exists()
    result = run("model.py", "evaluate", "--weights", tmp_path / "none")
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and "does not exist" in result.stderr
