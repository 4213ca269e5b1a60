"""The live decoder against Keras's own way of calling the network."""

import numpy as np
import pytest

from explorer.decoding import keras_runtime
from explorer.errors import UserError
from explorer.spaces.card import DECODER, ENCODER


def test_equals_predict_and_stays_in_range(space, keras_decoder):
    decoder = keras_runtime.load_decoder(space.folder / DECODER, (28, 28))
    codes = np.random.default_rng(0).uniform(-30, 30, (300, 2)).astype(np.float32)
    images = decoder(codes)
    assert images.shape == (300, 28, 28) and images.dtype == np.float32
    np.testing.assert_allclose(images, keras_decoder(codes), atol=1e-5)
    assert not decoder.outside(codes).any() and images.min() >= 0 and images.max() <= 1


def test_linear_decoders_are_clipped_and_flat_images_take_their_shape(keras_decoder, tmp_path):
    import keras

    network = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(12, kernel_initializer=keras.initializers.Constant(3.0))]
    )
    network.save(tmp_path / "linear.keras")
    images = keras_runtime.load_decoder(tmp_path / "linear.keras", (3, 4))(np.array([[1, 1], [-1, -1]], np.float32))
    assert images.shape == (2, 3, 4) and (images[0] == 1).all() and (images[1] == 0).all()
    with pytest.raises(UserError, match="not 2 numbers to an image of 28×28"):
        keras_runtime.load_decoder(tmp_path / "linear.keras", (28, 28))


def test_a_file_that_is_no_network(tmp_path, keras_decoder):
    (tmp_path / "x.keras").write_bytes(b"nonsense")
    with pytest.raises(UserError, match="no network"):
        keras_runtime.load_decoder(tmp_path / "x.keras", (28, 28))


def test_the_shipped_encoder_gives_the_shipped_codes(space, keras_decoder):
    from explorer.images import datasets

    mnist = datasets.load("mnist")
    encoder = keras_runtime.load_encoder_network(space.folder / ENCODER, (28, 28))
    codes = encoder.predict_on_batch(datasets.as_float(mnist.x_test[:500]))
    np.testing.assert_allclose(codes, space.codes[60_000:60_500], atol=1e-3)
    assert (space.labels == mnist.labels).all()


def test_other_weights_take_effect_in_what_is_compiled(space, keras_decoder):
    decoder = keras_runtime.load_decoder(space.folder / DECODER, (28, 28))
    codes = np.array([[1.0, 2.0], [-3.0, 4.0]], np.float32)
    before = decoder(codes), decoder(codes[:1])
    weights = decoder.network.get_weights()
    decoder.network.set_weights([0.9 * array for array in weights])
    expected = decoder.network.predict_on_batch(codes)
    for count in (1, 2):  # a single code has a function of its own
        np.testing.assert_allclose(decoder(codes[:count]), expected[:count], atol=1e-5)
    assert np.abs(before[0] - expected).max() > 0.01
    decoder.network.set_weights(weights)
    assert (decoder(codes) == before[0]).all() and (decoder(codes[:1]) == before[1]).all()


@pytest.mark.parametrize("other", [None, lambda function: [], lambda function, *tensors: [-tensors[0]]])
def test_it_computes_what_keras_computes_also_where_tensorflow_has_another_direct_call(
    space, keras_decoder, monkeypatch, other
):
    from tensorflow.python.eager.polymorphic_function.atomic_function import AtomicFunction

    codes = np.random.default_rng(1).uniform(-20, 20, (20, 2)).astype(np.float32)
    direct = keras_runtime.load_decoder(space.folder / DECODER, (28, 28))
    one_by_one = np.concatenate([direct(code[None]) for code in codes])
    np.testing.assert_allclose(one_by_one, direct.network.predict_on_batch(codes), atol=1e-5)
    call = AtomicFunction.call_flat
    if other is None:
        monkeypatch.delattr(AtomicFunction, "call_flat")
    else:
        monkeypatch.setattr(AtomicFunction, "call_flat", other)
    monkeypatch.setattr(
        AtomicFunction, "call_preflattened", lambda self, args: self.function_type.pack_output(call(self, *args))
    )
    usual = keras_runtime.load_decoder(space.folder / DECODER, (28, 28))
    assert (np.concatenate([usual(code[None]) for code in codes]) == one_by_one).all()


def test_what_xla_cannot_compile_is_run_without_it(keras_decoder, monkeypatch):
    import tensorflow as tf

    def doubled(rows):
        return tf.numpy_function(lambda array: 2 * array, [rows], tf.float32)

    monkeypatch.setattr(keras_runtime.cost, "rows_at_once", lambda graph: 100)
    compiled = keras_runtime._Compiled(None, doubled, (2,))
    for count in (1, 3):
        rows = np.arange(2.0 * count, dtype=np.float32).reshape(count, 2)
        assert (compiled(rows) == 2 * rows).all()
