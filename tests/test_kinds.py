"""The kinds of space: each against an independent computation, each trained on little, and all that is shipped."""

import dataclasses
import itertools
import json
import re

import numpy as np
import pytest

from explorer.analysis import metrics
from explorer.decoding import grid, keras_runtime
from explorer.decoding.decoders import GridDecoder
from explorer.errors import UserError
from explorer.images import datasets, noise
from explorer.spaces.card import DECODER, ENCODER, HISTORY
from explorer.spaces.catalogue import BUNDLED
from explorer.spaces.folder import WEIGHTS, open_space, sums
from explorer.training import cli as model
from explorer.training import loop
from explorer.training.models import KINDS, base, kind

TRAINED = [name for name in KINDS if name not in ("pca", "lda")]
SHAPES = [(28, 28), (9, 14), (10, 7, 3)]


@pytest.fixture(scope="module")
def mnist():
    return datasets.load("mnist")


@pytest.fixture(scope="module")
def few(mnist):
    return dataclasses.replace(
        mnist,
        x_train=mnist.x_train[:300],
        y_train=mnist.y_train[:300],
        x_test=mnist.x_test[:80],
        y_test=mnist.y_test[:80],
    )


def trained(name, dataset, epochs, **settings):
    """A trainer after its epochs, and the losses of each."""
    space = kind(name)
    config = space.Config(**{"epochs": epochs, "batch_size": 50, "learning_rate": 3e-3} | settings)
    trainer = loop.Trainer(space, config, dataset, None, seed=1, strategy=loop.strategy())
    return trainer, [trainer.epoch(number, lambda images, losses: None) for number in range(1, epochs + 1)]


# ---- what they have in common --------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_each_says_what_it_is_in_two_sentences(name):
    space = kind(name)
    assert space.title and space.paper and space.about.count(". ") == 1 and space.about.endswith(".")
    assert space.look.count(". ") == 0 and space.look.endswith(".")
    assert not re.search("digit|stroke|784", space.about), "a space of photos must not speak of digits"
    assert issubclass(space, base.Trained if name in TRAINED else base.Fitted)
    assert space.prior in ("", "normal")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", KINDS)
def test_networks_take_images_of_any_shape(name, shape):
    space = kind(name)(kind(name).Config(), shape, 3)
    x = np.random.default_rng(0).random((5, *shape), np.float32)
    codes = np.asarray(keras_runtime.codes_of(space.encoder(x)))
    assert codes.shape == (5, 2)
    rebuilt = np.asarray(space.decoder(codes))
    assert rebuilt.shape == x.shape
    if name in TRAINED:
        assert rebuilt.min() >= 0 and rebuilt.max() <= 1


@pytest.mark.parametrize("name", KINDS)
def test_saved_networks_load_without_our_code(name, tmp_path):
    space = kind(name)(kind(name).Config(), (28, 28), 10)
    x = np.random.default_rng(0).random((3, 28, 28), np.float32)
    for network, file in ((space.encoder, ENCODER), (space.decoder, DECODER)):
        network.save(tmp_path / file)
    codes = np.asarray(keras_runtime.codes_of(space.encoder(x)))
    np.testing.assert_allclose(keras_runtime.load_encoder(tmp_path / ENCODER, (28, 28))(x), codes, atol=1e-4)
    pictures = keras_runtime.load_decoder(tmp_path / DECODER, (28, 28))(codes)
    np.testing.assert_allclose(pictures, np.clip(space.decoder(codes), 0, 1), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAINED)
def test_each_trains_on_little(name, few, tmp_path):
    """From the command line's function to a folder that opens, with the losses going down."""
    source = tmp_path / "few.npz"
    splits = {name: getattr(few, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    np.savez(source, **splits)
    unaided = {"neighbour_weight": 0.0} if hasattr(kind(name).Config, "neighbour_weight") else {}
    out = model.train(tmp_path / "a", space=name, source=str(source), epochs=3, batch_size=50, **unaided)
    space = open_space(out)
    assert space.card["kind"] == name and space.about.startswith(kind(name).about) and space.codes.shape == (380, 2)
    assert grid.load(space).shape[0] in (56, 60, 128)
    with np.load(out / HISTORY) as history:
        losses = {name: values for name, values in history.items() if name.startswith("loss_")}
    first, last = (sum(values[index] for values in losses.values()) for index in (0, -1))
    assert np.isfinite(last) and last != first
    if name != "gan":  # its two losses work against each other
        assert last < first
    results = dict(model.evaluate.rows(out, None))
    assert list(results) == [name, "labels shuffled", "pca", "lda"]
    for figure, value in space.card["metrics"].items():
        assert results[name][figure] == pytest.approx(value, rel=2e-2, abs=2e-3), figure


A_NEW_KIND = """
from explorer.training.models import autoencoder_plain


class Shallow(autoencoder_plain.PlainAutoencoder):
    title, about, paper = "Shallow", "It has one layer. Look at it.", "nowhere"

    @staticmethod
    def extra_metrics(dataset, encoder, decoder):
        return {"confidence": 0.5}

    @staticmethod
    def columns(x, encoder):
        return {"ink": x.reshape(len(x), -1).mean(axis=1)}
"""


@pytest.mark.slow
def test_a_new_kind_is_a_file_and_a_line_in_the_list(few, tmp_path, monkeypatch):
    (tmp_path / "shallow.py").write_text(A_NEW_KIND)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(KINDS, "shallow", "shallow.Shallow")
    source = tmp_path / "few.npz"
    np.savez(source, x_train=few.x_train, y_train=few.y_train, x_test=few.x_test, y_test=few.y_test)
    out = model.train(tmp_path / "a", space="shallow", source=str(source), epochs=1, batch_size=50, hidden=(8,))
    space = open_space(out)
    assert (space.title, space.paper, space.card["metrics"]["confidence"]) == ("Shallow", "nowhere", 0.5)
    np.testing.assert_allclose(space.columns["ink"][300:], few.x_test.reshape(80, -1).mean(axis=1))
    assert dict(model.evaluate.rows(out, None))["shallow"]["confidence"] == 0.5


@pytest.mark.slow
def test_what_a_kind_lacks_gets_a_line(call, few, tmp_path):
    source = tmp_path / "bare.npz"
    np.savez(source, images=few.x_train)
    for name in ("lda", "classifier"):
        with pytest.raises(UserError, match="classes"):
            model.train(tmp_path / "a", space=name, source=str(source))
    for arguments, words in (
        (("--space", "pca", "--epochs", "3"), "no --epochs"),
        (("--space", "vae", "--noise", "0.3"), "no --noise"),
        (("--space", "transformer", "--hidden", "64,32"), "no --hidden"),
    ):
        result = call("model.py", "train", *arguments, "--out", tmp_path / "a")
        assert result.returncode == 2 and result.stderr.count("\n") == 1 and words in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bare.npz"]


# ---- linear maps ---------------------------------------------------------------------------------


def fitted(name, dataset):
    fit = loop.Fit(kind(name), kind(name).Config(), dataset)
    fit.epoch(1, lambda images, losses: None)
    x = datasets.as_float(dataset.x_train)
    return x.reshape(len(x), -1), loop.encode(fit.encoder, dataset.x_train), fit.decoder


def test_pca_is_scikit_learns(few):
    from sklearn.decomposition import PCA

    x, codes, decoder = fitted("pca", few)
    theirs = PCA(2, svd_solver="full").fit(x)
    signs = np.sign((codes * theirs.transform(x)).sum(axis=0))
    np.testing.assert_allclose(codes * signs, theirs.transform(x), atol=1e-3)
    back = np.asarray(decoder(codes)).reshape(len(x), -1)
    np.testing.assert_allclose(back, theirs.inverse_transform(theirs.transform(x)), atol=1e-3)


@pytest.mark.slow
def test_lda_is_scikit_learns_with_the_best_linear_way_back(mnist):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    some = dataclasses.replace(mnist, x_train=mnist.x_train[:3000], y_train=mnist.y_train[:3000])
    x, codes, decoder = fitted("lda", some)
    theirs = LinearDiscriminantAnalysis(n_components=2).fit(x, some.y_train).transform(x)
    np.testing.assert_allclose(codes, theirs, atol=2e-3 * np.abs(theirs).max())
    design = np.column_stack([theirs, np.ones(len(x))])
    best = design @ np.linalg.lstsq(design, x, rcond=None)[0]
    np.testing.assert_allclose(np.asarray(decoder(codes)).reshape(len(x), -1), best, atol=5e-3)


# ---- those with a loss of their own --------------------------------------------------------------


def test_the_two_parts_of_the_elbo_are_what_others_compute(few):
    """The divergence by SciPy's integration, the cross-entropy by Keras."""
    import keras
    from scipy import integrate, stats

    from explorer.training.models import vae

    random = np.random.default_rng(0)
    mean, log_variance = random.normal(size=(2, 3, 2)).astype(np.float32)

    def integrated(m, s):
        p, q = stats.norm(m, s), stats.norm(0, 1)
        return integrate.quad(lambda z: p.pdf(z) * (p.logpdf(z) - q.logpdf(z)), m - 12 * s, m + 12 * s)[0]

    sigma = np.exp(log_variance / 2)
    expected = [sum(integrated(m, s) for m, s in zip(*pair, strict=True)) for pair in zip(mean, sigma, strict=True)]
    for math in (np, keras.ops):
        np.testing.assert_allclose(np.asarray(vae.divergence(math, mean, log_variance)), expected, rtol=1e-4)
    x, rebuilt = datasets.as_float(few.x_test[:5]), random.uniform(0.01, 0.99, (5, 28, 28)).astype(np.float32)
    theirs = 784 * np.asarray(keras.losses.binary_crossentropy(x.reshape(5, -1), rebuilt.reshape(5, -1)))
    for math in (np, keras.ops):
        np.testing.assert_allclose(np.asarray(vae.cross_entropy(math, x, rebuilt)), theirs, rtol=1e-4)


@pytest.mark.slow
def test_a_vae_learns_and_more_beta_means_less_divergence(few):
    _, losses = trained("vae", few, 12, hidden=(64, 32), augmentation=0.0)
    total = [sum(parts.values()) for parts in losses]
    assert total[-1] < 0.6 * total[0]
    _, pressed = trained("vae", few, 12, hidden=(64, 32), augmentation=0.0, beta=20.0)
    assert pressed[-1]["kl"] < losses[-1]["kl"] / 2


def test_noise_is_in_what_the_encoder_sees_alone(few):
    import tensorflow as tf

    from explorer.training.models.denoising import Denoising

    space = Denoising(Denoising.Config(noise=0.8), (28, 28))
    x = datasets.as_float(few.x_train[:200])
    batch = lambda seed: base.Batch(tf.constant(x), None, None, tf.constant([seed, 5]), 0.0)  # noqa: E731
    seen = np.asarray(space.seen(batch(1)))
    assert seen.min() >= 0 and seen.max() <= 1
    np.testing.assert_array_equal(seen, np.asarray(space.seen(batch(1))))
    assert np.abs(seen - np.asarray(space.seen(batch(2)))).mean() > 0.05
    inner = (x > 0) & (x < 1)
    spread = [np.std((other - one)[within]) for one, other, within in zip(x, seen, inner, strict=True)]
    assert min(spread) < 0.1 and 0.3 < max(spread) < 0.8  # each image has a strength of its own
    mse = float(space.losses(dataclasses.replace(batch(1)))["mse"])
    rebuilt = np.asarray(space.decoder(space.encoder(seen)))
    assert mse == pytest.approx(metrics.mse(x, rebuilt), rel=1e-4)


def test_corruption_grows_with_its_strength_and_is_the_same_each_time(few):
    x = datasets.as_float(few.x_test)
    assert (noise.noisy(x, 0.0) == x).all()
    weak, strong = (metrics.psnr_db(x, noise.noisy(x, strength)).mean() for strength in (0.1, 0.5))
    assert weak > strong + 8
    assert (noise.noisy(x, 0.5) == noise.noisy(x, 0.5)).all()
    assert (noise.noisy(x, 0.5, 1) != noise.noisy(x, 0.5)).any()


def test_a_classifier_stays_as_it_is_while_its_decoder_goes_on(few):
    space = kind("classifier")
    config = space.Config(epochs=4, batch_size=50, learning_rate=3e-3, classified_until=0.5, augmentation=0.0)
    trainer = loop.Trainer(space, config, few, None, seed=1, strategy=loop.strategy())
    weights = []
    for number in (1, 2, 3, 4):
        trainer.epoch(number, lambda images, losses: None)
        weights.append([network.get_weights() for network in (trainer.encoder, trainer.decoder)])
    changed = [
        [any((a != b).any() for a, b in zip(before[part], after[part], strict=True)) for part in (0, 1)]
        for before, after in itertools.pairwise(weights)
    ]
    assert changed == [[True, True], [False, True], [False, True]]


@pytest.mark.slow
def test_players_of_a_gan_move_nothing_but_their_own(few):
    """With one loss after the other set to nothing, the networks that minimise it alone stay where they were."""
    space = kind("gan")
    config = space.Config(epochs=1, batch_size=100, hidden=(16, 32), warmup_epochs=0.0)
    for still, names in ((0, ("told_apart", "penalty")), (1, ("fooled", "code")), (2, ("code", "mse"))):

        class Quiet(space):
            def objectives(self, still=still, names=names):
                objectives = list(super().objectives())
                aims = dict.fromkeys(names, 0.0)
                objectives[still] = dataclasses.replace(objectives[still], minimises=aims)
                return tuple(objectives)

        trainer = loop.Trainer(Quiet, config, few, None, seed=1, strategy=loop.strategy())
        networks = trainer._parts[:3]  # what is left are the optimizers
        before = [[w.copy() for w in network.get_weights()] for network in networks]
        trainer.epoch(1, lambda images, losses: None)
        moved = [
            any((a != b).any() for a, b in zip(old, network.get_weights(), strict=True))
            for old, network in zip(before, networks, strict=True)
        ]
        assert moved == [objective != still for objective in range(3)]


def test_a_gans_penalty_is_half_the_squared_gradient():
    """By differences; not at MNIST's background, where every unit of a new network stands right at its kink."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    space = kind("gan")(kind("gan").Config(hidden=(16, 32)), (28, 28))
    x = tf.constant(np.random.default_rng(0).uniform(0.2, 0.8, (4, 28, 28)).astype(np.float32))
    losses = space.losses(base.Batch(x, None, None, tf.constant([1, 2]), 0.0))
    step, slopes = 1e-2, []
    for image in x.numpy():
        shifted = image[None] + step * np.eye(784, dtype=np.float32).reshape(784, 28, 28)
        back = image[None] - step * np.eye(784, dtype=np.float32).reshape(784, 28, 28)
        slope = (space.discriminator(shifted).numpy() - space.discriminator(back).numpy()) / (2 * step)
        slopes.append(0.5 * np.square(slope).sum())
    assert float(losses["penalty"]) == pytest.approx(np.mean(slopes), rel=0.05)


@pytest.mark.slow
def test_a_step_at_random_is_the_same_for_the_same_seed(few):
    for name in ("vae", "gan"):
        hidden = (16, 32) if name == "gan" else (32, 16)
        (first, _), (second, _) = (trained(name, few, 1, hidden=hidden) for _ in range(2))
        for one, other in zip(first.state(), second.state(), strict=True):
            np.testing.assert_array_equal(one, other)


# ---- what is shipped -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_shipped_small_and_as_its_card_says(name):
    folder = WEIGHTS / name
    space = open_space(folder)
    assert sums(folder) == space.card["files"]
    own = kind(name)
    assert (space.card["kind"], space.title, space.about, space.paper) == (
        name,
        own.title,
        f"{own.about} {own.look}",
        own.paper,
    )
    assert space.card["prior"] == own.prior and len(space.codes) == 70_000
    assert (folder / HISTORY).exists() == (name in TRAINED)
    if name != "autoencoder":
        assert sum(path.stat().st_size for path in folder.iterdir()) <= 7_000_000
    config = json.loads(json.dumps(dataclasses.asdict(own.Config())))
    assert space.card["config"] == config, "the defaults give what is shipped"


@pytest.mark.slow
@pytest.mark.parametrize("name", BUNDLED)
def test_every_shipped_space_is_as_good_as_its_card(name, mnist):
    """Measured again from the files; what takes long, on all images, by `evaluate --space all`."""
    space = open_space(WEIGHTS / name)
    d = space.dimensions
    decode = keras_runtime.load_decoder(space.folder / DECODER, space.image_shape, dimensions=d)
    encoder = keras_runtime.load_encoder_network(space.folder / ENCODER, space.image_shape, dimensions=d)
    card = space.card["metrics"]
    # the judge of new digits takes half a minute to train: `evaluate --space gan`
    figures = {} if name == "gan" else kind(space.card["kind"]).extra_metrics(mnist, encoder, decode.network)
    codes = np.concatenate([loop.encode(encoder, x) for x in (mnist.x_train, mnist.x_test)])
    # kept in half precision
    np.testing.assert_allclose(codes[space.rows], space.codes, rtol=1e-3, atol=1e-3 * space.codes.std())
    x, z = datasets.as_float(mnist.x_test), codes[60_000:]
    rebuilt = decode(z)
    figures["mse"] = metrics.mse(x, rebuilt)
    there = grid.load(space).on_plane(z)
    figures["grid_psnr_db"] = metrics.psnr_db(decode(there), GridDecoder(grid.load(space))(there)).mean()
    figures["knn_10"] = metrics.knn_accuracy(codes[:60_000], mnist.y_train, z, mnist.y_test, 10)
    for figure, value in figures.items():
        assert value == pytest.approx(card[figure], rel=2e-3, abs=2e-3), figure
    if name == "vae":
        assert figures["elbo"] >= -134
    if name == "autoencoder-32":
        assert figures["mse"] <= 0.005, "23 dB"
    if name == "vae-16":
        assert figures["elbo"] >= -110 and figures["mse"] <= 0.015 and figures["knn_10"] >= 0.95
    if name == "gan":
        assert card["classes_made"] == 10 and card["least_class_share"] >= 0.03
        assert card["confidence"] >= 0.9 and card["judge_accuracy"] >= 0.985
    if name == "denoising":
        assert figures["denoised_psnr_db"] > figures["noisy_psnr_db"] + 3
