"""The rows of `evaluate`: the linear maps against plain linear algebra, the table as people read it."""

import numpy as np
import pytest

from explorer.images import datasets
from explorer.training import evaluate


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """2,000 + 400 images of MNIST."""
    mnist = datasets.load("mnist")
    path = tmp_path_factory.mktemp("data") / "digits.npz"
    splits = {"x_train": mnist.x_train[:2000], "y_train": mnist.y_train[:2000]}
    np.savez(path, **splits, x_test=mnist.x_test[:400], y_test=mnist.y_test[:400])
    return datasets.load(str(path))


def flat(x):
    return datasets.as_float(x).reshape(len(x), -1).astype(np.float64)


@pytest.mark.slow
def test_pca_is_the_first_two_singular_vectors(digits):
    figures = evaluate._evaluate_fitted("pca", digits, 2)
    x, x_test = flat(digits.x_train), flat(digits.x_test)
    mean = x.mean(axis=0)
    _, _, vectors = np.linalg.svd(x - mean, full_matrices=False)
    rebuilt = np.clip((x_test - mean) @ vectors[:2].T @ vectors[:2] + mean, 0, 1)
    assert figures["mse"] == pytest.approx(np.mean((x_test - rebuilt) ** 2), rel=1e-4)
    assert figures["parameters"] == 5 * 784 + 2  # encoder and decoder, each with a bias


@pytest.mark.slow
def test_lda_decodes_by_least_squares(digits):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    figures = evaluate._evaluate_fitted("lda", digits, 2)
    x, x_test = flat(digits.x_train), flat(digits.x_test)
    lda = LinearDiscriminantAnalysis(n_components=2).fit(x, digits.y_train)
    design, design_test = (np.column_stack([lda.transform(part), np.ones(len(part))]) for part in (x, x_test))
    solution, *_ = np.linalg.lstsq(design, x, rcond=None)
    rebuilt = np.clip(design_test @ solution, 0, 1)
    assert figures["mse"] == pytest.approx(np.mean((x_test - rebuilt) ** 2), rel=1e-2)
    pca = evaluate._evaluate_fitted("pca", digits, 2)
    assert figures["knn_10"] > pca["knn_10"] and figures["mse"] > pca["mse"]
    assert {"knn_1", "knn_5", "trustworthiness_12", "continuity_12", "silhouette", "psnr_db"} <= set(figures)


def test_the_table_aligns_and_names_its_sources():
    text = evaluate.table(
        {"ours": {"mse": 0.03, "parameters": 12345}, "theirs": {"mse": 0.04, "source": "A book, 1999"}}
    )
    head, ours, theirs, source = text.split("\n")
    assert len(head) == len(ours) == len(theirs)
    assert ours.split() == ["ours", "0.0300", "12,345"]
    assert theirs.split() == ["theirs", "[1]", "0.0400", "–"]
    assert source == "[1] A book, 1999"


def test_shuffled_labels_reach_chance(digits):
    codes = np.stack([digits.labels, digits.labels**2], axis=1).astype(np.float32)
    train, test = codes[:2000], codes[2000:]
    true = evaluate.of_labels(train, digits.y_train, test, digits.y_test)
    assert true["knn_10"] == true["one_label"] == 1 and true["silhouette"] > 0.99
    y = np.random.default_rng(0).permutation(digits.labels)
    found = evaluate.of_labels(train, y[:2000], test, y[2000:])
    assert {"knn_1", "knn_5", "knn_10", "one_label", "silhouette"} == set(found)
    assert max(found["knn_10"], found["one_label"]) < 0.2 and found["silhouette"] < 0.05
    assert evaluate.of_labels(train, 0 * digits.y_train, test, 0 * digits.y_test) == {}
