"""Images that get the name of the nearest named one: against brute force, and on MNIST with few labels."""

import dataclasses
import functools

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import KNeighborsClassifier

from explorer.analysis import colouring
from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.probe import SpaceProbe
from explorer.images import datasets
from explorer.spaces.folder import WEIGHTS, open_space
from explorer.training.applying import transfer
from explorer.training.applying.bench import Bench
from explorer.uses import naming
from explorer.uses.naming import JUDGED_RIVALS, Judged, Questions, groups, judged, nearest
from tests.spaces import make_space

TESTED = 1000  # test images of MNIST; all of them are measured by `model.py apply transfer`


@pytest.fixture(scope="module")
def mnist():
    return datasets.load("mnist")


@functools.cache
def codes(name: str) -> np.ndarray:
    """The codes of a bundled space by data row."""
    space = open_space(WEIGHTS / name)
    return space.codes[np.argsort(space.rows)]


def brute(some: np.ndarray, named: np.ndarray) -> np.ndarray:
    return np.array([np.square(named.astype(np.float64) - code).sum(axis=1).argmin() for code in some])


# ---- arrays --------------------------------------------------------------------------------------


@pytest.mark.parametrize("middle", [0, 3e4])
@pytest.mark.parametrize("d", [1, 2, 32])
def test_the_nearest_named_code(d, middle):
    random = np.random.default_rng(d)
    some, named = ((middle + random.normal(size=(n, d))).astype(np.float32) for n in (500, 12))
    assert (nearest(some, named) == brute(some, named)).mean() > (0.999 if not middle else 0.98)


def test_points_are_grouped_by_their_nearest_named_image(tmp_path):
    space = make_space(tmp_path / "space", n=500)
    nothing = groups(space, ())
    assert nothing.name == colouring.NAMED and nothing.categories == space.class_names
    assert len(nothing.rest) == 500 and not any(map(len, nothing.members))

    names = ((3, 7), (50, 1), (999, 4), (120, 7))  # no such image as 999 is on this map; names need not be true
    found = groups(space, names)
    which = np.array([7, 1, 7])[brute(space.codes, space.codes[[3, 50, 120]])]
    assert not len(found.rest) and len(found.members) == 10
    for label, members in enumerate(found.members):
        np.testing.assert_array_equal(members, np.flatnonzero(which == label))
    assert len(groups(space, ((999, 4),)).rest) == 500


def test_the_accuracy_goes_with_every_name_and_back(tmp_path):
    """Whatever is named, in any order: as brute force says, also after a name was taken back."""
    space = make_space(tmp_path / "space", n=400)
    judge = judged(space, 300)
    first = names = [(5, 5), (17, 7), (42, 2)]
    for names in (first, [*first, (900, 1), (99, 9)], first[:1], [*first[:2], (42, 3)]):
        known = np.array([row for row, _ in names if row < 400])
        labels = np.array([label for row, label in names if row < 400])
        right = labels[brute(space.codes[300:], space.codes[known])] == space.labels[300:]
        assert judge.accuracy(names) == right.mean()
    assert judge.accuracy([(900, 1)]) == 0.0
    assert judged(space, 400) is None  # no test images


def test_questions_are_the_images_that_bring_the_others_nearest():
    """Training images only, each once, as brute force would choose; none is left when all have names."""
    random = np.random.default_rng(0)
    some, train = random.normal(size=(60, 3)).astype(np.float32), np.arange(20, 60, 2)
    questions, named = Questions(some, train), [1, 40]
    far = np.linalg.norm(some[train][:, None].astype(np.float64) - some[None], axis=2)  # (m, n)
    while (index := questions.next(named)) is not None:
        left = [each for each in train if each not in named]
        reached = {each: np.minimum(far[:, named].min(axis=1), far[:, each]).sum() for each in left}
        assert index in left and reached[index] == pytest.approx(min(reached.values()))
        named.append(index)
    assert sorted(named[2:]) == [each for each in train if each != 40]
    alone = Questions(some, train).first(1)[0]
    assert far[:, alone].sum() == pytest.approx(far[:, train].sum(axis=0).min())
    assert Questions(some, train).first(5) == Questions(some, train).first(5)


# ---- MNIST ---------------------------------------------------------------------------------------


def test_name_ten_beats_pixels_in_every_draw(mnist):
    """One random label for each class; an independent classifier names the test images."""
    random, test = np.random.default_rng(7), 60_000 + np.arange(TESTED)
    truth, pixels = mnist.labels[test], datasets.as_float(mnist.images(test)).reshape(TESTED, -1)
    for _ in range(20):
        rows = transfer.one_of_each(mnist.y_train, random)
        assert sorted(mnist.y_train[rows]) == list(range(10))
        names, shares = [(int(row), int(mnist.y_train[row])) for row in rows], []
        for known, asked in (
            (codes("autoencoder")[rows], codes("autoencoder")[test]),
            (datasets.as_float(mnist.images(rows)).reshape(10, -1), pixels),
        ):
            shares.append(np.mean(mnist.y_train[rows][cdist(asked, known).argmin(axis=1)] == truth))
            judge = Judged(lambda row, known=known, rows=rows: known[list(rows).index(row)], asked, truth)
            assert judge.accuracy(names) == pytest.approx(shares[-1], abs=2e-3)
        assert shares[0] > shares[1] + 0.1


def test_few_labels_reach_far(mnist, monkeypatch):
    """The goals, on a part of the test images: 10 labels at random, 20 and 50 that are asked for."""
    monkeypatch.setattr(transfer, "DRAWS", 20)
    monkeypatch.setattr(transfer, "SEEDS", 1)
    bench = Bench(mnist, {"autoencoder": WEIGHTS / "autoencoder"}, images=TESTED)
    rows = {row["labels"]: row for row in transfer._named(bench)}
    assert {labels: row["how"] for labels, row in rows.items()} == {10: "random", 20: "asked for", 50: "asked for"}
    for labels, goal in {10: 0.88, 20: 0.95, 50: 0.965}.items():
        row = rows[labels]
        assert row["accuracy"] >= goal - 0.02  # the first test images are more difficult, and here is one seed
        assert all(row[other] < row["accuracy"] - 0.1 for other in ("pixels", "pca", "autoencoder-plain", "vae"))
    assert 0 < rows[10]["sd"] < 0.08

    train, test = codes("autoencoder")[:60_000], codes("autoencoder")[60_000:][:TESTED]
    asked = Questions(train, np.arange(60_000), 0).first(20)
    share = KNeighborsClassifier(1).fit(train[asked], mnist.y_train[asked]).score(test, mnist.y_test[:TESTED])
    assert rows[20]["accuracy"] == pytest.approx(share, abs=1e-3)


def test_the_same_names_in_other_spaces(mnist, space, monkeypatch, tmp_path):
    """What is missing, or has other images, has no accuracy."""
    probe = SpaceProbe(space, None)
    probe.results[ORIGINALS] = mnist.packed()
    found = JUDGED_RIVALS.work_out(probe)
    assert list(found) == [naming.PIXELS, "PCA", "plain autoencoder", "VAE"]
    rows = transfer.one_of_each(mnist.y_train, np.random.default_rng(1))
    names = [(int(row), int(mnist.y_train[row])) for row in rows]
    for title, of in {"PCA": codes("pca"), "VAE": codes("vae")}.items():
        classifier = KNeighborsClassifier(1).fit(of[rows], mnist.y_train[rows])
        assert found[title].accuracy(names) == pytest.approx(classifier.score(of[60_000:], mnist.y_test), abs=1e-3)

    card = space.card | {"data": space.card["data"] | {"fingerprint": "other"}}
    monkeypatch.setattr(naming, "RIVALS", {"nowhere": "missing", "vae": "VAE"})
    others = JUDGED_RIVALS.work_out(_with(SpaceProbe(dataclasses.replace(space, card=card), None), mnist))
    assert others["missing"] is None and others["VAE"] is None and others[naming.PIXELS] is not None


def _with(probe, dataset):
    probe.results[ORIGINALS] = dataset
    return probe


@pytest.mark.slow
def test_features_for_another_data_set(mnist, monkeypatch):
    """With 100 labels, every method has learned something; the data set stands for the other one."""
    other = dataclasses.replace(mnist, title="Other")
    monkeypatch.setattr(transfer.datasets, "load", lambda name: other)
    for name, value in {"FEW": (100,), "LINEAR_DRAWS": 1, "SCRATCH_DRAWS": 1, "STEPS": 100, "EPOCHS": 15}.items():
        monkeypatch.setattr(transfer, name, value)
    bench = Bench(mnist, {"classifier": WEIGHTS / "classifier"}, images=500)
    rows = list(transfer._across(bench))
    assert [(row["space"], row["labels"], row["draws"]) for row in rows] == [
        ("", 100, 1),
        *2 * [("classifier", 100, 1)],
    ]
    assert all(row["method"].startswith("Other: ") for row in rows)
    assert rows[1]["accuracy"] > 0.9 and all(row["accuracy"] > 0.5 for row in rows)
