"""The training loop: against Keras's own, and against itself after an interruption."""

import dataclasses

import numpy as np
import pytest

from explorer.errors import UserError
from explorer.images import datasets
from explorer.training import loop
from explorer.training.models import kind

LITTLE = {"hidden": (16, 8), "epochs": 3, "batch_size": 50}


@pytest.fixture(scope="module")
def images():
    return datasets.load("mnist").x_train[:300]


def dataset(images):
    mnist = datasets.load("mnist")
    return dataclasses.replace(mnist, x_train=images, y_train=mnist.y_train[: len(images)])


def trainer(images, targets=None, seed=3, **settings):
    space = kind("autoencoder")
    config = space.Config(**LITTLE | settings)
    return loop.Trainer(space, config, dataset(images), targets, seed=seed, strategy=loop.strategy())


def run(trainer, *epochs):
    return [trainer.epoch(number, lambda images, losses: None) for number in epochs]


@pytest.mark.slow
def test_a_step_is_what_keras_does(images):
    import keras

    settings = {"neighbour_weight": 0.0, "augmentation": 0.0, "warmup_epochs": 0.0, "learning_rate": 1e-2}
    ours = trainer(images, **settings, epochs=1)
    network = keras.Sequential([*map(keras.models.clone_model, (ours.encoder, ours.decoder))])
    network.set_weights(ours.encoder.get_weights() + ours.decoder.get_weights())
    schedule = keras.optimizers.schedules.CosineDecay(1e-2, 6)
    network.compile(keras.optimizers.AdamW(schedule, weight_decay=0.05), "mse")

    losses = []
    ours.epoch(1, lambda count, parts: losses.append(parts["mse"]))
    x = datasets.as_float(images)
    order = np.random.default_rng([3, 1]).permutation(300).reshape(6, 50)
    theirs = []
    for rows in order:
        theirs.append(float(network.test_on_batch(x[rows], x[rows])))
        network.train_on_batch(x[rows], x[rows])
    assert losses == pytest.approx(theirs, rel=1e-4)
    for weights, others in zip(ours.encoder.get_weights(), network.layers[0].get_weights(), strict=True):
        np.testing.assert_allclose(weights, others, atol=1e-4)


@pytest.mark.slow
def test_an_interrupted_run_ends_with_the_same_weights(images):
    targets = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    whole, begun, resumed = (trainer(images, targets) for _ in range(3))
    losses = run(whole, 1, 2, 3)
    run(begun, 1)
    resumed.restore(begun.state())
    assert run(resumed, 2, 3) == losses[1:]
    for array, other in zip(whole.state(), resumed.state(), strict=True):
        np.testing.assert_array_equal(array, other)
    with pytest.raises(ValueError, match="other networks"):
        trainer(images, hidden=(8, 8)).restore(whole.state())


@pytest.mark.slow
def test_the_encoder_learns_on_after_the_decoder_is_frozen(images):
    ours = trainer(images, decoder_until=0.5, epochs=4, augmentation=0.0)
    before = [network.get_weights() for network in (ours.encoder, ours.decoder)]
    run(ours, 1, 2)
    half = [network.get_weights() for network in (ours.encoder, ours.decoder)]
    run(ours, 3, 4)
    after = [network.get_weights() for network in (ours.encoder, ours.decoder)]
    for encoder_changes, decoder_changes, one, other in ((True, True, before, half), (True, False, half, after)):
        for changes, weights, others in zip((encoder_changes, decoder_changes), one, other, strict=True):
            assert any((a != b).any() for a, b in zip(weights, others, strict=True)) == changes


@pytest.mark.slow
def test_the_neighbour_loss_pulls_codes_to_their_places(images):
    targets = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    pulled = trainer(images, targets, epochs=150, neighbour_weight=3.0, augmentation=0.0, learning_rate=1e-2)
    losses = run(pulled, *range(1, 151))
    assert list(losses[0]) == ["mse", "neighbours"]
    assert losses[-1]["neighbours"] < losses[0]["neighbours"] / 4
    codes = loop.encode(pulled.encoder, images) / 5
    assert np.corrcoef(codes[:, 0], targets[:, 0])[0, 1] > 0.8


def test_codes_come_in_order_whatever_the_batch(images, monkeypatch):
    networks = trainer(images)
    codes = loop.encode(networks.encoder, images)
    assert codes.shape == (300, 2) and codes.dtype == np.float32
    monkeypatch.setattr(loop.keras_runtime.in_batches, "__defaults__", (7,))
    np.testing.assert_allclose(loop.encode(networks.encoder, images), codes, atol=1e-5)


@pytest.mark.parametrize("text", ["nonsense", "{}", '{"cluster": {"worker": ["a:1"]}, "task": {"index": 3}}'])
def test_a_wrong_cluster_gets_a_word(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(UserError, match="TF_CONFIG"):
        loop.strategy()
