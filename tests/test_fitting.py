"""Models of many kinds × shapes: what they want is found out, and the picture of a code is the model's own."""

import functools
import json
import types
from dataclasses import asdict

import numpy as np
import pytest

from explorer.decoding import keras_runtime
from explorer.decoding.fitting import fit as fit_module
from explorer.decoding.fitting.adapters import Conventions, ModelDecoder, ModelEncoder
from explorer.decoding.fitting.callables import ModelFunction
from explorer.decoding.fitting.fit import fit
from explorer.errors import UserError
from explorer.files import schema
from tests.own_models import KERAS, OTHERS, SHAPES, Basis


@pytest.fixture
def uncompiled(monkeypatch):
    """Networks are called as they are. To compile each of them would take a minute."""

    def refuse(*_):
        raise ValueError("not in this test")

    monkeypatch.setattr(keras_runtime, "compiled", refuse)


BASES = functools.cache(Basis)


def check(kind, shape, d):
    brought = kind(BASES(shape, d))
    fitted = fit(brought.encoder, brought.decoder, brought.images)
    codes = fitted.encode(brought.images[:5])
    np.testing.assert_allclose(codes, np.reshape(brought.code(brought.images[:5]), codes.shape), rtol=1e-3, atol=1e-3)
    assert codes.dtype == np.float32 and codes.shape == (5, fitted.dim) and fitted.image_shape == shape
    codes = codes + np.random.default_rng(1).normal(scale=0.2, size=codes.shape).astype(np.float32)
    if kind is OTHERS["nmf"]:
        codes = np.abs(codes)
    images = fitted.decode(codes)
    assert images.dtype == np.float32 and images.shape == (5, *shape) and images.min() >= 0 and images.max() <= 1
    np.testing.assert_allclose(images, brought.picture(codes), atol=1e-4)
    np.testing.assert_allclose(fitted.decode(codes[:1]), images[:1], atol=1e-4)
    assert not fitted.decode.outside(codes).any() and fitted.decode.source == "live" and fitted.decode.ms > 0
    return brought, fitted, codes, images


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")  # NMF need not converge
@pytest.mark.parametrize("shape, d", SHAPES, ids=str)
@pytest.mark.parametrize("kind", OTHERS.values(), ids=OTHERS)
def test_a_model_of_any_kind(kind, shape, d):
    brought, fitted, codes, images = check(kind, shape, d)
    kept = json.loads(json.dumps([asdict(fitted.encode.conventions), asdict(fitted.decode.conventions)]))
    how_encoder, how_decoder = (schema.checked(how, Conventions) for how in kept)  # as a card does it
    again = ModelDecoder(ModelFunction(brought.decoder, "decode"), how_decoder)(codes)
    assert (again == images).all()
    encoded = ModelEncoder(ModelFunction(brought.encoder, "encode"), how_encoder)(brought.images[:5])
    assert (encoded == fitted.encode(brought.images[:5])).all()


@pytest.mark.parametrize("shape, d", SHAPES, ids=str)
@pytest.mark.parametrize("kind", KERAS.values(), ids=KERAS)
def test_a_keras_model(kind, shape, d, keras_decoder, uncompiled):
    check(kind, shape, d)


@pytest.mark.parametrize("kind", [each for name, each in KERAS.items() if name != "subclassed"])
def test_a_keras_model_is_compiled(kind, keras_decoder):
    _, fitted, codes, images = check(kind, (6, 9, 3), 3)
    assert fitted.decode._compiled is not None and fitted.encode._compiled is not None


# Single models


def draws(d, n=6):
    return np.random.default_rng(2).normal(size=(n, d)).astype(np.float32)


@pytest.mark.parametrize("kind, name", [("sequential", ""), ("functional", "sigmoid"), ("tanh", "tanh")])
def test_a_keras_decoder_alone(kind, name, keras_decoder, uncompiled):
    brought = KERAS[kind](BASES((8, 8), 2))
    fitted = fit(decoder=brought.decoder)
    assert fitted.encode is None and fitted.dim == 2 and fitted.image_shape == (8, 8)
    np.testing.assert_allclose(fitted.decode(draws(2)), brought.picture(draws(2)), atol=1e-4)
    low = -1 if kind == "tanh" else 0
    why = f"its last activation is {name}" if name else "as it seems"
    assert f"the decoder gives pixels from {low} to 1 ({why}): --decoder-range LOW,HIGH changes it" in fitted.notes


@pytest.mark.parametrize("kind", ["function", "from_minus_one", "up_to_255"])
def test_a_function_alone_is_tried_on_a_standard_normal(kind):
    basis = Basis((8, 8), 2)
    basis.rows = basis.rows * np.float32(2.5 if kind == "from_minus_one" else 1)
    brought = OTHERS[kind](basis)
    with pytest.raises(UserError, match="how many numbers a code has: give --latent-dim D"):
        fit(decoder=brought.decoder)
    fitted = fit(decoder=brought.decoder, latent_dim=2)
    np.testing.assert_allclose(fitted.decode(draws(2)), brought.picture(draws(2)), atol=1e-4)
    assert fitted.image_shape == (8, 8)
    known = fit(decoder=brought.decoder, codes=draws(2))
    assert known.decode.conventions == fitted.decode.conventions


def test_a_decoder_whose_images_and_codes_are_known():
    basis = BASES((8, 8), 2)
    codes = basis.encode(basis.images.reshape(40, -1))
    fitted = fit(decoder=basis.decode, images=basis.images, codes=codes)
    assert fitted.decode.conventions.layout.low == 0
    fitted = fit(decoder=lambda z: 2 * basis.decode(z) - 1, images=basis.images, codes=codes)
    assert fitted.decode.conventions.layout.low == -1


def test_encoder_and_decoder_without_images(keras_decoder, uncompiled):
    brought = KERAS["tanh"](BASES((8, 8), 2))
    fitted = fit(brought.encoder, brought.decoder)
    assert fitted.encode.conventions.layout.low == fitted.decode.conventions.layout.low == -1
    images = brought.picture(draws(2))
    np.testing.assert_allclose(fitted.encode(images), brought.encoder.predict_on_batch(2 * images - 1), atol=1e-4)


def test_an_encoder_alone():
    from sklearn.decomposition import PCA

    basis = BASES((8, 8), 2)
    flat = basis.images.reshape(40, -1)
    for factor in (1, 255):
        model = PCA(2).fit(factor * flat)
        fitted = fit(encoder=model, images=basis.images)
        np.testing.assert_allclose(fitted.encode(basis.images), model.transform(factor * flat), rtol=1e-3, atol=1e-3)
    assert fitted.decode is None
    fitted = fit(encoder=lambda x: x.sum(axis=(1, 2)), images=basis.images)
    assert fitted.dim == 1 and fitted.encode(basis.images).shape == (40, 1)
    assert "the encoder takes pixels from 0 to 1 (nothing tells otherwise): --encoder-range LOW,HIGH changes it" in (
        fitted.notes
    )
    fitted = fit(encoder=lambda x: x.sum(axis=(1, 2)), images=basis.images, encoder_range=(0, 255))
    np.testing.assert_allclose(fitted.encode(basis.images)[:, 0], 255 * basis.images.sum(axis=(1, 2)), rtol=1e-5)


# What is said, and overridden


def test_a_vae_tells_its_mean_and_its_variance(keras_decoder, uncompiled):
    basis = BASES((8, 8), 2)
    brought = KERAS["vae"](basis)
    fitted = fit(brought.encoder, brought.decoder, basis.images)
    assert fitted.encode.conventions.variance == (1, "log variance")
    np.testing.assert_array_equal(fitted.encode.log_variance(basis.images), np.ones((40, 2)))
    names = "z_mean, z_log_var, z"
    assert f"the codes are z_mean of the encoder's outputs {names}: --code-output NAME changes it" in fitted.notes
    assert "the encoder's output z_log_var is taken as the codes' log variance" in fitted.notes
    sample = fit(brought.encoder, brought.decoder, basis.images, code_output="z")
    assert "the encoder is random: it gives another result each time" in sample.notes
    assert not np.allclose(sample.encode(basis.images), sample.encode(basis.images), atol=1e-2)
    with pytest.raises(UserError, match="no output 'w' for --code-output: it has z_mean, z_log_var, z"):
        fit(brought.encoder, brought.decoder, basis.images, code_output="w")


@pytest.mark.parametrize(
    "outputs, which, variance",
    [
        (
            lambda z, noise: (noise, z, 0 * z),
            1,
            (2, "log variance"),
        ),  # a sample, which is random, its mean and variance
        (lambda z, noise: (z, noise), 0, None),
        (lambda z, noise: {"features": np.ones((len(z), 9)), "sigma": 0 * z + 2, "mu": z}, 2, (1, "deviation")),
        (lambda z, noise: [z, 0 * z + 3, np.float32(5)], 0, (1, "log variance")),
        (lambda z, noise: {"loc": z, "variance": 0 * z + 4, "log_std": noise}, 0, (1, "variance")),
    ],
)
def test_which_output_holds_the_codes(outputs, which, variance):
    basis, rng = BASES((8, 8), 2), np.random.default_rng(3)

    def encode(x):
        codes = basis.encode(x.reshape(len(x), -1))
        return outputs(codes, rng.normal(size=codes.shape))

    fitted = fit(encode, basis.decode, basis.images)
    how = fitted.encode.conventions
    assert (how.output, how.variance) == (which, variance)
    np.testing.assert_allclose(fitted.encode(basis.images), basis.encode(basis.images.reshape(40, -1)), atol=1e-5)
    if variance and variance[1] != "log variance":
        np.testing.assert_allclose(fitted.encode.log_variance(basis.images), np.log(4), atol=1e-5)


def test_overrides_are_taken_and_not_noted():
    basis = BASES((4, 9), 2)
    given = {"encoder_range": (0, 1), "decoder_range": (1, 0), "image_shape": (4, 9), "channels": "last"}
    fitted = fit(basis.encode, lambda z: 1 - basis.decode(z), basis.images, latent_dim=2, **given)
    np.testing.assert_allclose(
        fitted.decode(draws(2)), np.clip(basis.decode(draws(2)), 0, 1).reshape(-1, 4, 9), atol=1e-5
    )
    assert fitted.notes == []
    assert fit(decoder=basis.decode, latent_dim=2, image_shape=(4, 9, 1)).image_shape == (4, 9)
    assert fit(decoder=basis.decode, latent_dim=2).image_shape == (6, 6)  # a square by chance


def test_what_is_known_may_be_of_numpy():
    basis = BASES((4, 9), 2)
    given = {"latent_dim": np.int64(2), "image_shape": np.array([4, 9]), "decoder_range": np.float32([1, 0])}
    fitted = fit(decoder=lambda z: 1 - basis.decode(z), **given)
    assert fitted.image_shape == (4, 9) and fitted.decode.conventions.layout.low == 1


def test_a_list_among_the_outputs_of_a_compiled_network(keras_decoder):
    import keras

    x = keras.Input((64,))
    first, second, last = (keras.layers.Dense(2)(x) for _ in range(3))
    network = keras.Model(x, {"all": [first, second], "mu": last})
    images = BASES((8, 8), 2).images
    for name, tensor in (("mu", last), ("1", second)):
        fitted = fit(network, images=images, code_output=name, encoder_range=(0, 1))
        assert fitted.encode._compiled is not None
        expected = keras.Model(x, tensor)(images.reshape(40, 64))
        np.testing.assert_allclose(fitted.encode(images), expected, atol=1e-5)


def test_maps_are_flattened_and_given_back(keras_decoder, uncompiled):
    basis = BASES((8, 8), 12)
    fitted = fit(
        lambda x: basis.encode(x.reshape(len(x), -1)).reshape(-1, 2, 2, 3),
        lambda z: basis.decode(z.reshape(len(z), 12)) if z.shape[1:] == (2, 2, 3) else None,
        basis.images,
    )
    assert fitted.dim == 12 and fitted.decode.conventions.code_shape == (2, 2, 3)
    expected = np.clip(basis.decode(basis.encode(basis.images.reshape(40, -1))), 0, 1).reshape(40, 8, 8)
    np.testing.assert_allclose(fitted.decode(fitted.encode(basis.images)), expected, atol=1e-4)
    assert "the encoder gives maps of 2×2×3: codes are their 12 numbers in a row" in fitted.notes
    assert fit(decoder=KERAS["convolutional"](BASES((8, 8), 2)).decoder).dim == 2


def test_grey_images_and_models_with_colours():
    basis = BASES((8, 8, 3), 3)
    grey = basis.images.mean(axis=-1)
    encoder = types.SimpleNamespace(transform=basis.encode, n_features_in_=192)
    fitted = fit(encoder, basis.decode, grey, encoder_range=(0, 1), decoder_range=(0, 1), channels="last")
    assert fitted.image_shape == (8, 8)
    codes = basis.encode(np.repeat(grey[..., None], 3, axis=-1).reshape(40, -1))
    np.testing.assert_allclose(fitted.encode(grey), codes, atol=1e-5)
    expected = np.clip(basis.decode(codes).reshape(40, 8, 8, 3) @ [0.299, 0.587, 0.114], 0, 1)
    np.testing.assert_allclose(fitted.decode(codes), expected, atol=1e-5)
    for name in ("encoder", "decoder"):
        assert f"the {name} has colours, so grey pictures are converted" in fitted.notes


def test_coloured_images_and_a_grey_decoder():
    basis = BASES((8, 8), 2)
    images = np.repeat(basis.images[..., None], 3, axis=-1)
    fitted = fit(types.SimpleNamespace(transform=basis.encode, n_features_in_=64), basis.decode, images)
    expected = np.clip(basis.decode(basis.encode(basis.images.reshape(40, -1))), 0, 1).reshape(40, 8, 8, 1)
    np.testing.assert_allclose(fitted.decode(fitted.encode(images)), np.repeat(expected, 3, axis=-1), atol=1e-4)
    assert "the decoder has grey pictures, so colours are converted" in fitted.notes


def test_random_and_half_and_slow_models(monkeypatch):
    basis, rng = BASES((8, 8), 2), np.random.default_rng(4)
    monkeypatch.setattr(fit_module, "SLOW", 0)
    fitted = fit(
        lambda x: basis.encode(x.reshape(len(x), -1)).astype(np.float16),
        lambda z: basis.decode(z) + rng.normal(scale=0.01, size=(len(z), 64)),
        basis.images,
    )
    assert "the decoder is random: it gives another result each time" in fitted.notes
    assert any(line.startswith("the decoder is slow: ") for line in fitted.notes)
    assert fitted.encode(basis.images).dtype == fitted.decode(draws(2)).dtype == np.float32


def test_later_numbers_that_are_not_finite_are_black_and_said_once():
    basis = BASES((8, 8), 2)
    fitted = fit(basis.encode, lambda z: np.where(z[:, :1] > 50, np.nan, basis.decode(z)), basis.images)
    said = []
    fitted.decode.tell = said.append
    far = np.float32([[60, 0], [0, 0]])
    for _ in range(2):
        images = fitted.decode(far)
        assert (images[0] == 0).all() and np.abs(images[1] - 0.5).max() < 1e-6
    assert said == ["the decoder returned numbers that are not finite: 0 stands for them"]


# Errors


class Estimator:
    def fit(self, x):
        return self


def failing(z):
    raise RuntimeError("first line\nsecond line")


ERRORS = {
    "no model": ((3,), {}, "the encoder is of type int: give a Keras or ONNX model"),
    "a class": ((Estimator,), {}, "the encoder is the class Estimator: give an object of it"),
    "no transform": ((Estimator(),), {}, "the encoder is of type Estimator without transform: give a"),
    "raises": ((None, failing), {"latent_dim": 2}, "^the decoder raised RuntimeError: first line$"),
    "wants tensors": (
        (None, lambda z: z.unsqueeze(0)),
        {"latent_dim": 2},
        r"AttributeError: .*; if it wants tensors of another framework, give a function: lambda rows: model\(torch",
    ),
    "no numbers": ((None, lambda z: ["a"] * len(z)), {"latent_dim": 2}, "the decoder returned a str, not an array of"),
    "nothing returned": ((None, lambda z: None), {"latent_dim": 2}, "returned a NoneType, not an array of numbers"),
    "NaN": ((None, lambda z: np.full((len(z), 64), np.nan)), {"latent_dim": 2}, "the decoder returns NaN or infinity"),
    "encoder NaN": ((lambda x: x[:, 0] * np.nan, None), {}, "the encoder returns NaN or infinity for each of 40 rows"),
    "no square": ((None, lambda z: np.ones((len(z), 60))), {"latent_dim": 2}, "60 numbers, .* give --image-shape HxW"),
    "four channels": ((None, lambda z: np.ones((len(z), 8, 9, 4))), {"latent_dim": 2}, "8×9×4 have 4 channels"),
    "two channels": ((None, lambda z: np.ones((len(z), 2, 8, 9))), {"latent_dim": 2}, "2×8×9 have 2 channels"),
    "other pictures": (
        (lambda x: x[:, 0, :2], lambda z: np.ones((len(z), 32, 32, 3))),
        {},
        "the images are 8×8, but the decoder gives 32×32×3: give --resize 32x32",
    ),
    "wrong number": (
        (None, lambda z: np.ones((len(z), 60))),
        {"latent_dim": 2, "image_shape": (7, 7)},
        "the images are 7×7, but the decoder gives 60: give another --image-shape",
    ),
    "rows": ((None, lambda z: np.ones((5, 7))), {"latent_dim": 2}, "gives 5×7 for 16×2, not 16 rows"),
    "range": ((None, lambda z: z), {"decoder_range": (1, 1)}, "--decoder-range 1,1 is no range"),
    "shape": ((None, lambda z: z), {"image_shape": (7, 7, 4)}, "--image-shape 7x7x4 is no shape: give HxW"),
    "no dimensions": ((None, lambda z: z), {"latent_dim": -1}, "'latent_dim': expected whole number >= 1"),
    "no number of them": ((None, lambda z: z), {"latent_dim": 1.5}, "models cannot be used: 'latent_dim': expected"),
    "one end": ((None, lambda z: z), {"decoder_range": 1}, "models cannot be used: 'decoder_range': expected"),
    "one side": ((None, lambda z: z), {"image_shape": 8}, "models cannot be used: 'image_shape': expected"),
    "in the middle": ((None, lambda z: z), {"channels": "middle"}, "'channels': invalid enum value 'middle'"),
    "no numbers of a code": ((lambda x: x.reshape(len(x), -1)[:, :0], None), {}, "codes have 0 numbers"),
    "too many": ((None, lambda z: z), {"latent_dim": 1024}, "codes have 1024 numbers, and at most 512 can be shown"),
    "other dimensions": (
        (lambda x: x[:, 0, :2], None),
        {"latent_dim": 3},
        "codes of 2 numbers, not 3: leave out --lat",
    ),
    "no images": ((lambda x: x, None), {"images": None}, "the encoder does not tell which images it takes"),
}


@pytest.mark.parametrize("models, given, line", ERRORS.values(), ids=ERRORS)
def test_what_does_not_fit_is_one_line(models, given, line):
    encoder, decoder = (*models, None)[:2]
    given = ({"images": BASES((8, 8), 2).images} if encoder is not None else {}) | given
    with pytest.raises(UserError, match=line) as raised:
        fit(encoder, decoder, **given)
    assert "\n" not in str(raised.value)


def test_keras_models_that_do_not_fit(keras_decoder, uncompiled):
    import keras

    basis, other = BASES((8, 8), 2), BASES((6, 9), 3)
    models, others = KERAS["sequential"](basis), KERAS["functional"](other)
    with pytest.raises(UserError, match="encoder gives codes of 2 numbers, but the decoder takes 3: give two that fit"):
        fit(models.encoder, others.decoder, basis.images)
    with pytest.raises(UserError, match="the images are 8×8, but the encoder takes 6×9: give --resize 6x9"):
        fit(others.encoder, others.decoder, basis.images)
    with pytest.raises(UserError, match="there are codes of 2 numbers, but the decoder takes 3"):
        fit(decoder=others.decoder, codes=draws(2))
    a, b = keras.Input((2,)), keras.Input((2,))
    two = keras.Model([a, b], keras.layers.Add()([a, b]))
    with pytest.raises(UserError, match="the decoder has 2 inputs: give a model with one"):
        fit(decoder=two)
    with pytest.raises(UserError, match="the decoder gives 7 numbers, which is no square: give --image-shape HxW"):
        fit(decoder=keras.Sequential([keras.Input((2,)), keras.layers.Dense(7)]))


def test_a_transformer_that_is_not_fitted():
    from sklearn.decomposition import PCA

    with pytest.raises(UserError, match="the encoder raised NotFittedError: This PCA instance is not fitted yet"):
        fit(PCA(2), images=BASES((8, 8), 2).images)


def test_many_rows_none_and_a_model_that_becomes_another_one(monkeypatch):
    from explorer.decoding.fitting import adapters

    basis, size = BASES((8, 8), 2), [64]
    sizes = []

    def decode(z):
        sizes.append(len(z))
        return basis.decode(z)[:, : size[0]]

    fitted = fit(basis.encode, decode, basis.images)
    sizes.clear()
    monkeypatch.setattr(adapters, "BATCH", 100)
    images = fitted.decode(draws(2, 250))
    assert sizes == [100, 100, 50]
    np.testing.assert_allclose(images, np.clip(basis.decode(draws(2, 250)), 0, 1).reshape(-1, 8, 8), atol=1e-5)
    assert fitted.decode(draws(2, 0)).shape == (0, 8, 8) and fitted.encode(basis.images[:0]).shape == (0, 2)
    size[0] = 63
    with pytest.raises(UserError, match="the decoder gives 6×63, not 6×64: is it another model than before"):
        fitted.decode(draws(2))


@pytest.mark.parametrize(
    "changed",
    [
        {"variance": [1, "x"]},
        {"variance": [-1, "variance"]},
        {"output": "a"},
        {"output": -1},
        {"layout": {}},
        {"code_shape": 3},
        {"code_shape": [-1, -2]},
    ],
)
def test_conventions_that_cannot_be_are_refused(changed):
    basis = BASES((8, 8), 2)
    kept = asdict(fit(basis.encode, basis.decode, basis.images).encode.conventions)
    assert asdict(schema.checked(json.loads(json.dumps(kept)), Conventions)) == kept
    with pytest.raises(ValueError):
        schema.checked(kept | changed, Conventions)


def test_the_weights_of_a_compiled_network_may_change(keras_decoder):
    brought = KERAS["tanh"](BASES((8, 8), 2))
    fitted = fit(brought.encoder, brought.decoder, brought.images)
    brought.decoder.set_weights([0.5 * array for array in brought.decoder.get_weights()])
    for n in (1, 5):
        np.testing.assert_allclose(fitted.decode(draws(2, n)), brought.picture(draws(2, n)), atol=1e-5)
