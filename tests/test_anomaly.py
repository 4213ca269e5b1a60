"""Anomaly detection: ROC curves against brute force and scikit-learn, and what `model.py apply anomaly` measures."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from explorer.decoding import keras_runtime
from explorer.images import datasets
from explorer.spaces.folder import folder_of
from explorer.spaces.latent_space import LatentSpace
from explorer.training import cli
from explorer.training.applying import anomaly as applying
from explorer.training.applying import run
from explorer.training.applying.bench import Bench, Opened
from explorer.uses import anomaly
from tests.spaces import decode

SCORES = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=30).map(np.array)  # so few values have many ties


@given(usual=SCORES, odd=SCORES)
def test_the_area_counts_ties_half(usual, odd):
    wins = [(a < b) + (a == b) / 2 for a in usual for b in odd]
    area = anomaly.auroc(usual, odd)
    assert area == pytest.approx(np.mean(wins), abs=1e-12)
    is_odd = np.repeat([0, 1], [len(usual), len(odd)])
    assert area == pytest.approx(roc_auc_score(is_odd, np.concatenate([usual, odd])), abs=1e-12)


@given(usual=SCORES, odd=SCORES, found=st.sampled_from([0.05, 0.5, 0.95, 1.0]))
def test_false_alarms_are_those_of_the_highest_threshold_that_finds_enough(usual, odd, found):
    enough = [threshold for threshold in odd if (odd >= threshold).mean() >= found - 1e-12]
    assert anomaly.false_alarms(usual, odd, found) == (usual >= max(enough)).mean()


@given(usual=SCORES, odd=SCORES)
def test_every_point_of_a_curve_is_one_of_brute_force(usual, odd):
    curve = anomaly.roc(usual, odd, 10).T
    for threshold, alarms, found in curve.T:
        assert alarms == pytest.approx((usual >= threshold).mean())
        assert found == pytest.approx((odd >= threshold).mean())
    assert (np.diff(curve[0]) > 0).all() and curve[2][0] == 1


def test_a_curve_reaches_from_few_false_alarms_to_all():
    random = np.random.default_rng(0)
    usual, odd = random.normal(size=2000), random.normal(3, 1, 1000)
    curve = anomaly.roc(usual, odd).T
    assert curve.shape[1] <= anomaly.POINTS
    assert curve[1].max() == 1 and ((curve[1] > 0) & (curve[1] < 0.002)).any()
    assert np.abs(np.diff(curve[2])).max() < 0.1
    area = -np.trapezoid(curve[2], curve[1])
    assert area == pytest.approx(anomaly.auroc(usual, odd), abs=0.02)


def test_altered_images_are_what_they_are_called():
    images = np.random.default_rng(0).random((3, 6, 6), np.float32)
    found = anomaly.altered(images)
    np.testing.assert_array_equal(found["inverted"], 1 - images)
    np.testing.assert_array_equal(found["rotated"][1], np.rot90(images[1]))
    assert np.abs(found["noisy"] - images).mean() > 0.1 and found["noisy"].min() >= 0 and found["noisy"].max() <= 1
    assert "rotated" not in anomaly.altered(images[:, :4])


# ---- what `apply` measures -------------------------------------------------------------------------------------------

SHAPE, TRAIN, TEST = (12, 10), 300, 60


@pytest.fixture(scope="module")
def bench():
    """Smooth waves, and a space whose encoder gives every image the same code."""
    random = np.random.default_rng(0)
    codes = random.normal(size=(TRAIN + TEST, 2)).astype(np.float32)
    images = np.rint(decode(codes, SHAPE) * 255).astype(np.uint8)
    nothing = np.zeros(len(codes), np.int32)
    dataset = datasets.Dataset("", "", images[:TRAIN], nothing[:TRAIN], images[TRAIN:], nothing[TRAIN:], (), {}, "")
    opened = Opened(
        space=LatentSpace("", None, {}, codes, nothing, np.arange(len(codes))),
        encoder=lambda some: np.zeros((len(some), 2), np.float32),
        decoder=lambda some: decode(some, SHAPE),
        encoder_network=None,
    )
    return SimpleNamespace(
        dataset=dataset, folders={"waves": None}, open=lambda name: opened, seed=0, x_test=dataset.x_test, train=None
    )


def test_every_row_is_what_brute_force_gives(bench):
    rows = list(applying.measure(bench))
    usual, train = (datasets.as_float(x) for x in (bench.dataset.x_test, bench.dataset.x_train))
    kinds = {"": usual} | anomaly.altered(usual)
    grey = decode(np.zeros((1, 2)), SHAPE)
    scores = {name: {} for name in ("error", "distance", "error / ink", "distance / ink")}
    for kind, images in kinds.items():
        error = np.square(images - grey).mean(axis=(1, 2))
        distance = np.square(images[:, None] - train[None]).mean(axis=(2, 3)).min(axis=1)
        ink = np.sqrt(np.square(images).mean(axis=(1, 2)))
        for name, values in zip(scores, (error, distance, error / ink, distance / ink), strict=True):
            scores[name][kind] = values
    for name, by_kind in scores.items():
        for kind in ("inverted", "noisy"):
            (row,) = [row for row in rows if row.get("method") == name and row["odd"] == kind]
            values = by_kind[""], by_kind[kind]
            assert row["space"] == ("" if "distance" in name else "waves")
            assert row["auroc"] == pytest.approx(np.mean(values[0][:, None] < values[1]), abs=0.01)
            assert row["false_alarms_95"] == pytest.approx(anomaly.false_alarms(*values), abs=0.02)
    for kind in ("inverted", "noisy"):
        points = [row for row in rows if "threshold" in row and row["odd"] == kind]
        (row,) = [row for row in rows if row.get("method") == "novelty score" and row["odd"] == kind]
        area = -np.trapezoid([1.0, *(p["found"] for p in points), 0], [1.0, *(p["false_alarms"] for p in points), 0])
        assert len(points) <= anomaly.POINTS and area == pytest.approx(row["auroc"], abs=0.03)
    assert rows == list(applying.measure(bench)), "it is the same each time"


def test_the_table_has_no_points_of_curves(bench):
    rows = list(applying.measure(bench))
    lines = run.table(applying, rows).splitlines()
    assert lines[0].split()[:4] == ["space", "method", "odd", "AUROC"]
    assert len(lines) == 1 + sum("auroc" in row for row in rows) < len(rows)


@pytest.mark.slow
def test_digits_are_told_from_fashion_on_the_command_line(capsys):
    assert cli.main(["apply", "anomaly", "--space", "autoencoder", "--images", "200", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    area = {(row["method"], row["odd"]): row["auroc"] for row in rows if "auroc" in row}
    assert area["novelty score", "Fashion-MNIST"] > 0.98 and area["novelty score", "inverted"] == 1
    assert area["novelty score", "rotated"] > area["error of PCA, 32 numbers", "rotated"]
    assert len({row["odd"] for row in rows if "threshold" in row}) == 4


@pytest.mark.slow
def test_digits_that_were_not_trained_on_are_odd():
    keras_runtime.process_is_ours = True
    mnist = datasets.load()
    some = {"x_train": mnist.x_train[:3000], "y_train": mnist.y_train[:3000]}
    dataset = dataclasses.replace(mnist, **some, x_test=mnist.x_test[:400], y_test=mnist.y_test[:400])
    bench = Bench(dataset, {"autoencoder-plain": folder_of("autoencoder-plain")}, train=cli.train)
    rows = list(applying._trained(bench, epochs=20, grid_resolution=8))
    assert {row["odd"] for row in rows} == set(applying.PROTOCOLS)
    area = {(row["method"], row["odd"]): row["auroc"] for row in rows}
    left_out, alone = applying.PROTOCOLS
    assert area["novelty score", left_out] > 0.6 and area["novelty score", alone] > 0.8
    assert all(0 <= row["false_alarms_95"] <= 1 for row in rows)
