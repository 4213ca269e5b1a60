"""Few images, few classes, classes in the test part alone, blank images: a result or one line, no foreign warning."""

import warnings

import numpy as np
import pytest

from explorer.errors import UserError
from explorer.images import datasets
from explorer.training import embedding, evaluate
from explorer.training.models import KINDS, kind
from tests.conftest import run

NOISE = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
BLANK = np.zeros((40, 8, 8), np.uint8)
TRAINING = np.arange(20) % 3


def saved(path, **arrays):
    np.savez(path, **arrays)
    return datasets.load(str(path))


def split(x, y, x_test, y_test):
    return {"x_train": x, "y_train": np.asarray(y), "x_test": x_test, "y_test": np.asarray(y_test)}


FEW = {
    "one to train on": (split(NOISE[:1], [0], NOISE[1:10], np.arange(9) % 4), "PCA in 2 dimensions needs 2 images"),
    "no labels": ({"images": NOISE[:3]}, "at least 3 classes to train on: the training images have no labels"),
    "one class": (split(NOISE[:20], 0 * TRAINING, NOISE[20:29], np.arange(9) % 3), "the training images have 1 class"),
    "two classes": (split(NOISE[:20], np.arange(20) % 2, NOISE[20:29], np.arange(9) % 4), "images have 2 classes"),
    "as many classes as images": ({"images": NOISE, "labels": np.arange(60)}, "more training images than classes"),
    "blank": (split(BLANK, np.arange(40) % 4, BLANK, np.arange(40) % 4), "images that differ within their class"),
    "classes in the test part alone": (split(NOISE[:20], TRAINING, NOISE[20:29], TRAINING[:9] + 3), None),
    "one test image": (split(NOISE[:20], TRAINING, NOISE[20:21], [1]), None),
    "means on a line": (split(np.concatenate([NOISE[:10], NOISE[:10], NOISE[10:20]]), np.repeat([0, 1, 2], 10),
                              NOISE[20:30], np.arange(10) % 3), None),
}  # fmt: skip


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for ours in (DeprecationWarning, ResourceWarning):  # Keras's own, which nobody is shown
            warnings.simplefilter("ignore", ours)
        yield


@pytest.mark.parametrize("name", FEW)
def test_a_linear_row_has_figures_or_says_why(tmp_path, name):
    arrays, why = FEW[name]
    dataset = saved(tmp_path / "few.npz", **arrays)
    found = {row: evaluate._row(evaluate._evaluate_fitted, row, dataset, 2) for row in ("pca", "lda")}
    reasons = [metrics["unavailable"] for metrics in found.values() if "unavailable" in metrics]
    assert any(why in reason for reason in reasons) if why else not reasons
    for metrics in found.values():
        assert "unavailable" in metrics or np.isfinite(list(metrics.values())).all()
    text = evaluate.table(found)
    assert all(reason in text for reason in reasons) and text.count("\n") == 2


def test_a_row_that_cannot_be_worked_out_says_why_in_the_table():
    head, ours, theirs = evaluate.table({"ours": {"mse": 0.03}, "theirs": {"unavailable": "no labels"}}).split("\n")
    assert ours.split() == ["ours", "0.0300"] and theirs == "theirs  no labels" and head.split() == ["MSE"]


@pytest.mark.parametrize("name, shape, y", [("classifier", (8, 8), [1, 1]), ("classifier", (8, 8), [])])
def test_a_classifier_needs_two_classes_to_train_on(tmp_path, name, shape, y):
    arrays = {"images": NOISE[:20]} if not y else split(NOISE[:2], y, NOISE[2:5], [0, 1, 2])
    with pytest.raises(UserError, match="Classifier .* needs at least 2 classes to train on"):
        kind(name).check(kind(name).Config(), saved(tmp_path / "x.npz", **arrays))


@pytest.mark.parametrize("x", [NOISE[:10], NOISE[:1].repeat(15, axis=0), NOISE[:2].repeat(9, axis=0), BLANK])
def test_a_neighbour_embedding_of_few_or_equal_images_is_finite(x):
    places = embedding.embed(x, seed=0)
    assert places.shape == (len(x), 2) and np.isfinite(places).all()


# ---- as processes --------------------------------------------------------------------------------

CASE_OF = {
    "pca": "blank",
    "lda": "classes in the test part alone",
    "autoencoder": "blank",
    "autoencoder-plain": "one to train on",
    "denoising": "no labels",
    "vae": "as many classes as images",
    "gan": "two classes",
    "convolutional": "one class",
    "transformer": "one test image",
    "classifier": "means on a line",
}


def silent_program(*arguments) -> str:
    """What `model.py` prints when all goes well; standard error has no more than its own warnings of the images."""
    result = run("model.py", *arguments, timeout=300)
    others = [line for line in result.stderr.splitlines() if not line.startswith("model.py: warning: ")]
    assert result.returncode == 0 and not others, result.stderr
    return result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_every_kind_trains_on_little(tmp_path, name):
    np.savez(tmp_path / "few.npz", **FEW[CASE_OF[name]][0])
    out, epochs = tmp_path / "out", [] if name in ("pca", "lda") else ["--epochs", 1]
    silent_program("train", "--space", name, "--data", tmp_path / "few.npz", "--out", out, *epochs)
    if name in ("pca", "autoencoder", "vae"):
        said = silent_program("evaluate", "--weights", out)
        assert f"\n{name} " in said and "LDA needs" in said


@pytest.mark.slow
def test_a_kind_that_cannot_train_says_why_in_one_line(tmp_path):
    np.savez(tmp_path / "few.npz", **FEW["no labels"][0])
    where = "--data", tmp_path / "few.npz", "--out", tmp_path / "out"
    result = run("model.py", "train", "--space", "classifier", *where, timeout=300)
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and not (tmp_path / "out").exists()
