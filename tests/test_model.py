"""Training and measuring: from the inside on a small subset, and as processes that are killed."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from explorer.analysis import metrics
from explorer.decoding import grid
from explorer.errors import UserError
from explorer.images import datasets
from explorer.spaces.card import CARD, CODES, DECODER, ENCODER, GRID, HISTORY, read_card
from explorer.spaces.folder import WEIGHTS, check_decoder, open_space, sums
from explorer.training import cli as model
from explorer.training import evaluate
from explorer.training import run as runs
from tests.conftest import ROOT, run

LITTLE = {"hidden": (32, 16), "batch_size": 50, "learning_rate": 3e-3, "neighbour_weight": 0.0}
OPTIONS = ["--hidden", "32,16", "--batch-size", "50", "--learning-rate", "3e-3"]


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """1,000 + 300 images of MNIST in a file of their own."""
    mnist = datasets.load("mnist")
    path = tmp_path_factory.mktemp("data") / "small.npz"
    splits = {"x_train": mnist.x_train[:1000], "y_train": mnist.y_train[:1000]}
    np.savez(path, **splits, x_test=mnist.x_test[:300], y_test=mnist.y_test[:300], weight=np.arange(1300.0))
    return str(path)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def weights(folder):
    """Every weight of both networks, as Keras reads them."""
    import keras

    networks = (keras.saving.load_model(folder / name) for name in (ENCODER, DECODER))
    return [array for network in networks for array in network.get_weights()]


def equal(first, second):
    return all(np.array_equal(array, other) for array, other in zip(first, second, strict=True))


# ---- from the inside -----------------------------------------------------------------------------


def test_a_small_training_learns_and_leaves_a_whole_folder(small, tmp_path, capsys):
    out = model.train(tmp_path / "a", source=small, seed=1, epochs=30, **LITTLE)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert {path.name for path in out.iterdir()} == {CARD, CODES, DECODER, ENCODER, GRID, HISTORY}
    space = open_space(out)
    assert sums(out) == space.card["files"] and space.codes.shape == (1300, 2)
    assert grid.load(space).shape == (128, 128)
    assert space.card["config"]["hidden"] == [32, 16] and space.card["seed"] == 1
    assert (space.columns["weight"] == np.arange(1300)).all()
    assert "run" not in space.card

    dataset = datasets.load(small)
    x = datasets.as_float(dataset.x_test)
    mean_image = datasets.as_float(dataset.x_train).mean(axis=0)
    figures = space.card["metrics"]
    assert figures["mse"] < 0.9 * np.mean((x - mean_image) ** 2) and figures["knn_10"] > 0.2
    assert figures["parameters"] == sum(array.size for array in weights(out))
    said = capsys.readouterr()
    assert said.out.count("epoch") == 30 and "mse" in said.out and said.err == ""

    with np.load(out / HISTORY) as history:
        epochs, codes = history["epochs"], history["codes"]
        assert epochs[0] == 0 and epochs[-1] == 30 and len(history["loss_mse"]) == 30
        assert codes.shape == (len(epochs), 1000, 2) and history["images"].shape[3:] == (28, 28)
        last = space.codes[history["rows"]]
        np.testing.assert_allclose(codes[-1], last, atol=np.abs(last).max() / 1000)  # half precision
        assert np.abs(codes[0] - last).mean() > 0.1
    assert (out / HISTORY).stat().st_size < 8_000_000


@pytest.mark.slow
def test_an_unfinished_run_leaves_the_previous_result(small, tmp_path, monkeypatch):
    out = tmp_path / "a"
    model.train(out, source=small, epochs=1, **LITTLE)
    before = contents(out)

    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(model.evaluate, "evaluate_codes", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.train(out, source=small, seed=2, epochs=2, **LITTLE)
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "a.partial"]

    # a new run without `resume` does not destroy what the last one has reached
    model.train(out, source=small, seed=3, epochs=1, **LITTLE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "a.partial.old"]
    (tmp_path / "a.partial.old").rename(tmp_path / "a.partial")
    with pytest.raises(UserError, match="other settings"):
        model.train(out, resume=True, seed=5)
    model.train(out, resume=True)
    assert open_space(out).card["seed"] == 2 and not (tmp_path / "a.partial").exists()


@pytest.mark.slow
def test_resuming_what_is_complete_or_was_never_begun(small, tmp_path, capsys):
    out = tmp_path / "a"
    model.train(out, resume=True, source=small, epochs=1, **LITTLE)
    before = contents(out)
    capsys.readouterr()
    model.train(out, resume=True, source=small, epochs=1, **LITTLE)
    assert "complete" in capsys.readouterr().out and contents(out) == before
    model.train(out, resume=True, source=small, epochs=2, **LITTLE)  # that is another run
    assert open_space(out).card["config"]["epochs"] == 2


def test_no_folder_of_somebody_else_is_removed(small, tmp_path):
    for name in ("a", "a.partial", "a.previous"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "precious.txt").write_text("")
        with pytest.raises(UserError, match="something else"):
            model.train(tmp_path / "a", source=small, epochs=1, **LITTLE)
        assert (tmp_path / name / "precious.txt").exists()
        (tmp_path / name / "precious.txt").unlink()


@pytest.mark.slow
def test_a_diverging_run_stops_and_keeps_the_last_good_weights(small, tmp_path, monkeypatch):
    import keras

    good = model.train(tmp_path / "good", source=small, epochs=2, **LITTLE)
    epoch = model.loop.Trainer.epoch

    def diverge(self, number, report):
        losses = epoch(self, number, report)
        return losses if number < 2 else {"mse": float("nan")}

    monkeypatch.setattr(model.loop.Trainer, "epoch", diverge)
    with pytest.raises(UserError, match="diverged in epoch 2.*learning-rate.*epoch 1"):
        model.train(tmp_path / "a", source=small, epochs=2, **LITTLE)
    assert not (tmp_path / "a").exists()
    space = open_space(tmp_path / "a.partial")
    assert space.card["run"]["epoch"] == 1 and np.isfinite(space.codes).all()
    check_decoder(space)
    keras.saving.load_model(tmp_path / "a.partial" / ENCODER)
    monkeypatch.undo()
    model.train(tmp_path / "a", resume=True)
    assert equal(weights(tmp_path / "a"), weights(good))


@pytest.mark.slow
def test_a_rate_that_is_far_too_high_diverges_by_itself(small, tmp_path):
    with pytest.raises(UserError, match="diverged"):
        model.train(tmp_path / "a", source=small, epochs=3, **LITTLE | {"learning_rate": 1e30})


@pytest.mark.slow
def test_changed_images_are_not_trained_on(small, tmp_path, monkeypatch):
    path = tmp_path / "mine.npz"
    shutil.copy(small, path)
    save, saved = runs.Folder.save, []

    def stop(self, *arguments):
        save(self, *arguments)
        saved.append(arguments)
        if len(saved) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(runs.Folder, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        model.train(tmp_path / "a", source=str(path), epochs=3, **LITTLE)
    monkeypatch.undo()
    with np.load(small) as arrays:
        np.savez(path, **dict(arrays) | {"x_train": arrays["x_train"][::-1]})
    with pytest.raises(UserError, match="not the ones"):
        model.train(tmp_path / "a", resume=True)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(9, 14), (10, 7, 3)])
def test_any_images_train_unlabelled_and_in_their_shape(tmp_path, shape):
    images = np.random.default_rng(0).integers(0, 255, (60, *shape), np.uint8)
    np.savez(tmp_path / "x.npz", images=images, brightness=images.reshape(60, -1).mean(axis=1))
    out = model.train(tmp_path / "a", source=str(tmp_path / "x.npz"), epochs=2, hidden=(8,), batch_size=20)
    space = open_space(out)
    assert space.image_shape == shape and space.class_names == () and len(space.codes) == 60
    index = space.columns["index"]
    np.testing.assert_allclose(space.columns["brightness"], images.reshape(60, -1).mean(axis=1)[index])
    assert "knn_1" not in space.card["metrics"] and "mse" in space.card["metrics"]
    results = dict(model.evaluate.rows(out, None))
    assert list(results) == ["autoencoder", "pca", "lda"] and "LDA" in results["lda"]["unavailable"]
    assert results["autoencoder"]["mse"] == pytest.approx(space.card["metrics"]["mse"], rel=1e-3)
    assert model.evaluate.table(results).count("\n") == 3


# ---- as processes --------------------------------------------------------------------------------


def begin(*arguments):
    """Starts `model.py train` as a process of its own."""
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "TF_CPP_MIN_LOG_LEVEL")}
    command = [sys.executable, str(ROOT / "model.py"), "train", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def await_epoch(process, folder, epoch, timeout=300):
    """Waits until a run's card tells of an epoch."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            if json.loads((folder / CARD).read_text())["run"]["epoch"] >= epoch:
                return
        except (OSError, ValueError, KeyError):
            pass
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError(f"epoch {epoch} never came")


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_with_the_same_weights(small, tmp_path):
    """Killed at a random moment, wherever that happens to fall."""
    arguments = ["--data", small, "--epochs", 30, *OPTIONS]
    whole = begin(*arguments, "--out", tmp_path / "whole")
    assert "ae.py --weights" in whole.communicate(timeout=200)[0] and whole.returncode == 0

    out, partial = tmp_path / "killed", tmp_path / "killed.partial"
    process = begin(*arguments, "--out", out, "--resume")
    await_epoch(process, partial, random.randint(0, 22))
    time.sleep(random.uniform(0, 0.5))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not out.exists() and partial.exists()
    process = begin(*arguments, "--out", out, "--resume")
    said, error = process.communicate(timeout=200)
    assert process.returncode == 0 and error == "" and "epoch  1/30" not in said and "epoch 30/30" in said
    assert equal(weights(out), weights(tmp_path / "whole"))
    assert not partial.exists()
    card, other = read_card(out), read_card(tmp_path / "whole")
    assert card["metrics"]["mse"] == other["metrics"]["mse"]


@pytest.mark.slow
def test_ctrl_c_leaves_a_checkpoint(small, tmp_path):
    process = begin("--data", small, "--epochs", 100000, *OPTIONS, "--out", tmp_path / "a", "--neighbour-weight", 0)
    await_epoch(process, tmp_path / "a.partial", 2)
    process.send_signal(signal.SIGINT)
    said, error = process.communicate(timeout=180)
    assert process.returncode == 130
    assert error.count("\n") == 1 and "--resume" in error and "Traceback" not in said + error
    assert runs.Folder(tmp_path / "a").checkpoint()[1]["epoch"] >= 1  # the card of an epoch comes before it


@pytest.mark.slow
def test_evaluate_prints_one_object_with_a_member_for_each_row(space, small, keras_decoder):
    """On a part of MNIST, of which the shipped space knows the codes."""
    result = run("model.py", "evaluate", "--json", "--data", small, timeout=300)
    assert result.returncode == 0 and result.stderr == ""
    results = json.loads(result.stdout)
    assert list(results) == ["autoencoder", "labels shuffled", "pca", "lda"]
    ours, x, z = results["autoencoder"], datasets.as_float(datasets.load(small).x_test), space.codes[60_000:60_300]
    assert set(ours) == set(space.card["metrics"])
    assert ours["mse"] == pytest.approx(metrics.mse(x, keras_decoder(z)), rel=1e-3)
    flat = x.reshape(300, -1)
    assert ours["trustworthiness_12"] == pytest.approx(metrics.trustworthiness(flat, z, 12), abs=1e-3)
    assert ours["continuity_12"] == pytest.approx(metrics.continuity(flat, z, 12), abs=1e-3)
    for figure in ("parameters", "training_seconds"):
        assert ours[figure] == space.card["metrics"][figure]


@pytest.mark.slow
def test_the_cards_of_what_is_shipped_say_what_the_readme_says(space):
    """Other figures of the cards are measured again in test_kinds.py."""
    ours, plain, pca, lda = (
        read_card(WEIGHTS / name)["metrics"] for name in ("autoencoder", "autoencoder-plain", "pca", "lda")
    )
    x = datasets.as_float(datasets.load("mnist").x_test).reshape(10_000, -1)
    assert ours["trustworthiness_12"] == pytest.approx(metrics.trustworthiness(x, space.codes[60_000:], 12), abs=1e-4)
    assert ours["mse"] <= 0.0323 and ours["knn_1"] >= 0.935 and ours["knn_10"] >= 0.957
    assert ours["trustworthiness_12"] >= 0.955 and ours["grid_psnr_db"] >= 46 and ours["grid_psnr_db_p1"] >= 34
    assert ours["training_seconds"] <= 1800
    assert plain["mse"] <= 0.0345 and plain["knn_10"] < ours["knn_10"] - 0.05
    assert pca["mse"] == pytest.approx(0.0557, abs=0.0003)  # scikit-learn's, all of MNIST
    assert pca["knn_10"] < lda["knn_10"] < ours["knn_10"]
    published = evaluate.PUBLISHED["mnist"].values()
    assert published and all("source" in row and "trustworthiness_12" not in row for row in published)


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["train", "--epochs", "0"], "'0'"),
        (["train", "--batch-size", "x"], "'x'"),
        (["train", "--seed", "-1"], "-1"),
        (["train", "--seed", str(2**32)], "4294967295"),
        (["train", "--learning-rate", "0"], "'0'"),
        (["train", "--learning-rate", "nan"], "'nan'"),
        (["train", "--neighbour-weight", "-1"], "-1"),
        (["train", "--hidden", "64,,32"], "''"),
        (["train", "--space", "vea"], "vea"),
        ([], "train"),
    ],
)
def test_wrong_arguments(call, arguments, word):
    result = call("model.py", *arguments)
    assert result.returncode == 2 and word in result.stderr and "Traceback" not in result.stderr


def test_wrong_places(call, tmp_path):
    (tmp_path / "file").write_text("")
    result = call("model.py", "train", "--epochs", "1", "--out", tmp_path / "file" / "x")
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and "--out" in result.stderr
    result = call("model.py", "train", "--epochs", "1", "--out", tmp_path)
    assert result.returncode == 2 and "something else" in result.stderr and (tmp_path / "file").exists()
    result = call("model.py", "evaluate", "--weights", tmp_path / "none")
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and "does not exist" in result.stderr
    for command in ("train", "evaluate"):
        result = call("model.py", command, "--data", "nonsense")
        assert result.returncode == 2 and result.stderr.count("\n") == 1 and "fashion_mnist" in result.stderr
