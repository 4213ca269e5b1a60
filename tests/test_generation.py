"""New images: the density of codes, the measures of generated images, and what `apply generation` finds."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, spatial

from explorer.errors import UserError
from explorer.images import datasets
from explorer.spaces.folder import WEIGHTS
from explorer.training.applying.bench import Bench
from explorer.training.applying.generation import COLUMNS, measure
from explorer.training.loop import encode
from explorer.uses import generation
from tests.spaces import make_space

N, D = 300, 6


def cloud(seed: int, n: int = N, d: int = D, at: float = 0.0, scale: float = 1.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (at + scale * random.standard_normal((n, d)) @ random.uniform(-1, 1, (d, d))).astype(np.float32)


# ---- the density of codes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "d"), [(1, 2), (2, 3), (500, 2), (500, 16)])
def test_without_noise_the_density_draws_codes_of_images(n, d):
    codes = cloud(0, n, d)
    middles, noise = generation.drawn(generation.DENSITY, codes, 40, np.random.default_rng(3))
    assert middles.shape == noise.shape == (40, d) and middles.dtype == noise.dtype == np.float32
    assert (spatial.distance.cdist(middles, codes).min(axis=1) == 0).all()
    again = generation.drawn(generation.DENSITY, codes, 40, np.random.default_rng(3))
    assert (again[0] == middles).all() and (again[1] == noise).all()
    assert (noise == 0).all() == (n == 1)


def test_the_noise_has_the_covariance_of_the_nearest_codes():
    codes = cloud(1, 400, 2)
    middles, noise = generation.drawn(generation.DENSITY, codes, 100_000, np.random.default_rng(0))
    k = round(400 ** (4 / 6))
    for code in codes[:5]:
        around = codes[np.argsort(np.linalg.norm(codes - code, axis=1))[:k]] - code
        of_it = noise[(middles == code).all(axis=1)]
        wanted = around.T @ around / k
        assert len(of_it) > 150 and np.cov(of_it.T) == pytest.approx(wanted, abs=0.2 * float(np.trace(wanted)))
        assert np.linalg.norm(of_it.mean(axis=0)) < 0.3 * np.sqrt(np.trace(wanted))


def test_the_density_keeps_to_the_codes_and_their_moments():
    """Of two islands far apart, nothing is drawn between, and each gets its share."""
    islands = np.concatenate([cloud(1, 30_000, 2), cloud(2, 10_000, 2, at=50)])
    middles, noise = generation.drawn(generation.DENSITY, islands, 2000, np.random.default_rng(0))
    drawn = middles + noise
    assert (drawn[:, 0] > 25).mean() == pytest.approx(0.25, abs=0.04)
    assert spatial.distance.cdist(drawn, islands[::40]).min(axis=1).max() < 2
    first = drawn[drawn[:, 0] < 25]
    assert np.cov(first.T) == pytest.approx(np.cov(islands[:30_000].T), rel=0.2, abs=0.1)


def test_what_a_space_draws_from(tmp_path):
    for prior, sources in (("", ("density",)), ("normal", ("prior", "density"))):
        assert generation.sources(make_space(tmp_path / f"space{prior}", n=50, prior=prior)) == sources
    middles, noise = generation.drawn(generation.PRIOR, cloud(0), 20_000, np.random.default_rng(0))
    assert not middles.any() and noise.std(axis=0) == pytest.approx(np.ones(D), abs=0.02)


# ---- the measures ----------------------------------------------------------------------------------------------------


def frechet_by_roots(first: np.ndarray, second: np.ndarray) -> float:
    """With SciPy's square root of the product, as the metric is usually computed."""
    first, second = np.float64(first), np.float64(second)
    a, b = np.cov(first.T), np.cov(second.T)
    root = linalg.sqrtm(a @ b)
    return np.square(first.mean(axis=0) - second.mean(axis=0)).sum() + np.trace(a + b - 2 * np.real(root))


def test_frechet_agrees_with_the_usual_root_and_with_closed_forms():
    a, b = cloud(0), cloud(1, at=0.3, scale=1.4)
    assert generation.frechet(a, b) == pytest.approx(frechet_by_roots(a, b), rel=1e-6)
    assert generation.frechet(a, b) == pytest.approx(generation.frechet(b, a), rel=1e-9)
    assert generation.frechet(a, a) == pytest.approx(0, abs=1e-9)
    assert generation.frechet(a, np.float64(a) + 2) == pytest.approx(4 * D)  # only the mean differs
    centred = np.float64(a) - a.mean(axis=0, dtype=np.float64)
    wanted = np.trace(np.cov(np.float64(a).T))  # only the scale differs: (1 − 3)² of the variance
    assert generation.frechet(centred, 3 * centred) == pytest.approx(4 * wanted)
    assert generation.frechet(a[:, :1], b[:, :1]) == pytest.approx(
        (a[:, 0].mean() - b[:, 0].mean()) ** 2 + (a[:, 0].std(ddof=1) - b[:, 0].std(ddof=1)) ** 2, rel=1e-4
    )


def test_frechet_of_features_that_never_vary_or_outnumber_the_images():
    a, b = cloud(0), cloud(1, at=0.3)
    still = np.zeros((N, 3), np.float32)
    assert generation.frechet(np.hstack([a, still]), np.hstack([b, still])) == pytest.approx(generation.frechet(a, b))
    few, others = cloud(2, 5, 20), cloud(3, 5, 20)
    found = generation.frechet(few, others)
    assert np.isfinite(found) and found > 0 and generation.frechet(few, few) == pytest.approx(0, abs=1e-5)


def coverage_by_force(made: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """Every distance, one image at a time."""
    distance = lambda a, b: np.linalg.norm(np.float64(a) - b, axis=1)  # noqa: E731
    reach = lambda x: np.array([np.sort(distance(x, each))[generation.NEAREST] for each in x])  # noqa: E731
    of_real, of_made = reach(real), reach(made)
    held = np.array([distance(real, each) <= of_real for each in made])  # (made, real)
    recalled = np.array([(distance(made, each) <= of_made).any() for each in real])
    of_balls = held.sum() / (generation.NEAREST * len(made))
    shares = held.any(axis=1).mean(), recalled.mean(), of_balls, held.any(axis=0).mean()
    return dict(zip(("precision", "recall", "density", "coverage"), shares, strict=True))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(10, 400), st.integers(10, 400), st.floats(0, 2), st.floats(0.1, 2))
def test_precision_recall_density_and_coverage_agree_with_brute_force(seed, m, n, at, scale):
    made, real = cloud(seed, m, at=at, scale=scale), cloud(seed + 1, n)
    found = generation.coverage(made, real, generation.reach(real))
    wanted = coverage_by_force(made, real)
    assert found == pytest.approx(wanted, abs=1e-3)


def test_what_is_drawn_from_the_same_distribution_has_density_one():
    same, real = np.split(cloud(0, 4000), 2)
    same = generation.coverage(same, real, generation.reach(real))
    assert same["density"] == pytest.approx(1, abs=0.1) and same["coverage"] > 0.9
    one = generation.coverage(np.repeat(real[:1], 50, axis=0), real, generation.reach(real))
    assert one["precision"] == 1 and one["coverage"] < 0.01 and one["recall"] < 0.01
    away = generation.coverage(real + 100, real, generation.reach(real))
    assert set(away.values()) == {0.0}


def test_near_copies_are_those_that_are_near_to_one_training_image():
    random = np.random.default_rng(0)
    training, tests = random.uniform(size=(2, 400, 5, 5)).astype(np.float32)
    usual = generation.likeness(tests, training)
    distances = np.sort(spatial.distance.cdist(tests.reshape(400, -1), training.reshape(400, -1)), axis=1)
    assert usual == pytest.approx(distances[:, 0] / distances[:, 1], abs=1e-4)
    assert generation.near_copies(usual, usual) == pytest.approx(generation.RARE, abs=0.0026)
    copies = training[:100] + random.normal(scale=0.01, size=(100, 5, 5)).astype(np.float32)
    between = (training[:100] + training[100:200]) / 2
    assert generation.near_copies(generation.likeness(copies, training), usual) == 1
    assert generation.near_copies(generation.likeness(training, training), usual) == 1
    assert generation.near_copies(generation.likeness(between, training), usual) == 0


def test_the_rarest_class_may_be_missing():
    says = np.eye(4)[[0, 0, 0, 1, 1, 2, 2, 3]]
    assert generation.rarest(says) == 1 / 8 and generation.rarest(says[:7]) == 0


# ---- apply -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::scipy.linalg.LinAlgWarning")  # SciPy's root, where features never vary
def test_apply_generation_finds_what_brute_force_finds():
    """On few images, with a judge of few images."""
    mnist, train, test, seed = datasets.load(), 1500, 250, 3
    few = dataclasses.replace(
        mnist,
        x_train=mnist.x_train[:train],
        y_train=mnist.y_train[:train],
        x_test=mnist.x_test[:test],
        y_test=mnist.y_test[:test],
    )
    names = ("autoencoder", "vae-16")
    bench = Bench(few, {name: WEIGHTS / name for name in names}, seed)
    floor, *rows = measure(bench)
    assert [(row["space"], row["source"]) for row in rows] == [
        ("autoencoder", "density"),
        ("vae-16", "prior"),
        ("vae-16", "density"),
    ]
    real, training = datasets.as_float(few.x_test), datasets.as_float(few.x_train)
    flat = lambda images: images.reshape(len(images), -1)  # noqa: E731
    ratio = lambda images: np.divide(*np.sort(spatial.distance.cdist(flat(images), flat(training)))[:, :2].T)  # noqa: E731

    def check(row: dict, images: np.ndarray, of_images: np.ndarray) -> None:
        made, features = bench.judge.features(images), bench.judge.features(real)
        assert made.shape == (test, 128) and made.std() > 0
        assert row["frechet"] == pytest.approx(frechet_by_roots(made, features), rel=1e-3)
        for name, value in coverage_by_force(made, features).items():
            assert row[name] == pytest.approx(value, abs=0.01), name
        classes = bench.judge.classes(made).argmax(axis=1)
        assert row["rarest"] == min((classes == label).mean() for label in range(10))
        assert row["near_copies"] == pytest.approx((of_images < np.quantile(ratio(real), 0.01)).mean(), abs=0.01)

    for row in rows:
        space, decoder = bench.open(row["space"]).space, bench.open(row["space"]).decoder
        codes = encode(bench.open(row["space"]).encoder_network, bench.dataset.x_train)
        np.testing.assert_allclose(codes, space.codes[:train], rtol=1e-2, atol=2e-2)
        middles, noise = generation.drawn(row["source"], codes, test, np.random.default_rng(seed))
        images = decoder(middles + noise)
        check(row, images, ratio(images))
    chosen = np.random.default_rng(seed).choice(train, test, replace=False)
    check(floor, training[chosen], ratio(real))
    assert (floor["space"], floor["source"]) == ("", generation.REAL)
    again = Bench(few, {"vae-16": WEIGHTS / "vae-16"}, seed)
    assert list(measure(again)) == [floor, *rows[1:]], "the same numbers every time"
    assert all(name in floor for name in COLUMNS)
    nameless = dataclasses.replace(few, class_names=())
    with pytest.raises(UserError, match="no labels"):
        next(measure(Bench(nameless, {})))
