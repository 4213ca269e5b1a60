"""Networks from elsewhere: what harms is refused in one line, in one process that none of them breaks; what is sound
opens, and gives what Keras itself gives."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import explorer
from explorer.decoding import keras_runtime
from explorer.errors import UserError
from explorer.spaces.card import DECODER, ENCODER, GRID, read_card, write_card
from explorer.spaces.folder import WEIGHTS, open_space, sums
from explorer.training.models import KINDS
from tests import hostile
from tests.conftest import ROOT, SHIPPED, run
from tests.sandbox import Sandbox

MOST_GROWTH = 5 * 10**9  # bytes
LONGEST = 60.0  # seconds


@pytest.fixture(scope="module")
def sandbox():
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="module")
def keras():
    return keras_runtime.import_keras()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network.keras"


@pytest.fixture
def refused(sandbox, path):
    """Has the file opened, which must be refused in one line, without a word on stderr, and without any harm."""

    def refused(pattern: str, **how) -> str:
        answer = sandbox.opens(path, **how)
        assert answer.get("raised") == "" and answer["error"], answer
        line = answer["error"]
        assert line.startswith(str(path)) and "\n" not in line and len(line) < 600
        assert re.search(pattern, line), line
        assert "site-packages" not in line
        assert answer["calls"] == [] and sandbox.errors() == ""
        assert answer["grown"] < MOST_GROWTH and answer["seconds"] < LONGEST, answer
        return line

    return refused


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", hostile.CODE)
def test_code_of_somebody_else_never_runs(refused, path, name):
    hostile.archive(path, hostile.CODE[name])
    assert "--trust" in refused("uses '")


@pytest.mark.parametrize("name", hostile.UNFIT)
def test_what_is_no_such_network_is_refused(refused, path, name):
    config, pattern = hostile.UNFIT[name]
    hostile.archive(path, config)
    refused(pattern)


@pytest.mark.parametrize("trust", [False, True])
@pytest.mark.parametrize("name", hostile.HUGE)
def test_what_is_too_large_is_refused_before_it_is_made(refused, path, name, trust):
    hostile.archive(path, hostile.HUGE[name])
    refused(hostile.TOO_MUCH, trust=trust)


@pytest.mark.parametrize("name", hostile.WEIGHTS)
def test_weights_that_are_not_in_the_file_are_refused(refused, path, name):
    held, pattern = hostile.WEIGHTS[name]
    hostile.archive(path, held=held)
    refused(pattern)


@pytest.mark.parametrize("name", hostile.ARCHIVES)
def test_a_damaged_archive_is_refused(refused, path, name):
    make, pattern = hostile.ARCHIVES[name]
    make(path)
    refused(pattern)


def grown(path, name: str, before: int, after: int) -> None:
    """Writes another number into the configuration of a saved network."""
    with zipfile.ZipFile(path) as file:
        members = {member: file.read(member) for member in file.namelist()}
    found = f'"{name}": {before}'.encode()
    assert found in members["config.json"]
    members["config.json"] = members["config.json"].replace(found, f'"{name}": {after}'.encode())
    with zipfile.ZipFile(path, "w") as file:
        for member, content in members.items():
            file.writestr(member, content)


@pytest.mark.parametrize("kind", ["attention", "loop", "copied loop"])
def test_what_a_layer_does_inside_counts(keras, refused, path, kind):
    """The weights of these do not depend on how long a sequence is."""
    layers = keras.layers
    z = keras.Input((2,))
    h = layers.RepeatVector(7)(z)
    if kind == "attention":
        h = layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(2, 2)(h, h))
    else:
        h = layers.LSTM(4, unroll=kind != "loop")(h)
    keras.Model(z, layers.Dense(hostile.PIXELS)(h)).save(path)
    assert keras_runtime.load_decoder(path, (28, 28))(np.zeros((3, 2), np.float32)).shape == (3, 28, 28)
    grown(path, "n", 7, 1_000_000)
    refused("one call (makes|takes)")


def test_not_finite_numbers_between_finite_weights_are_found(keras, refused, path):
    z = keras.Input((2,))
    keras.Model(z, keras.layers.Dense(hostile.PIXELS)(keras.ops.log(z - 1))).save(path)
    refused("zeros to values that are not finite")


@pytest.mark.parametrize("shape", [(1, 28, 28), (28, 28, 3), (14, 56), (27, 28)])
def test_an_encoder_of_other_images_is_refused(keras, refused, path, shape):
    keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(2)]).save(path)
    refused("not an image of 28×28 to 2 numbers", role="encoder")


def test_none_of_them_broke_the_process(sandbox, path):
    assert sandbox.opens(hostile.archive(path))["result"] == [300, 28, 28]
    assert sandbox.started == 1


# ---- what opens ----------------------------------------------------------------------------------


def networks(keras) -> dict:
    """Sound networks as people save them, by what is special about them; decoders of 8 × 8 pixels."""
    layers, ops = keras.layers, keras.ops

    def sequence(*between):
        return keras.Sequential([keras.Input((2,)), *between, layers.Dense(64, "sigmoid"), layers.Reshape((8, 8))])

    def function(middle):
        z = keras.Input((2,))
        return keras.Model(z, layers.Reshape((8, 8, 1))(layers.Dense(64, "sigmoid")(middle(z))))

    def sampling(z):
        mean, log_variance = layers.Dense(3)(z), layers.Dense(3)(z)
        return mean + ops.exp(0.5 * log_variance) * 0.0 + mean[:, :1]

    def filters(z):
        h = layers.Reshape((4, 4, 4))(layers.Dense(64, layers.LeakyReLU(0.2))(z))
        h = layers.BatchNormalization()(layers.Conv2DTranspose(4, 3, 2, "same")(h))
        h = layers.UpSampling2D()(layers.MaxPooling2D()(layers.PReLU()(h)))
        h = layers.ZeroPadding2D(1)(layers.SeparableConv2D(4, 3)(layers.DepthwiseConv2D(3, padding="same")(h)))
        return layers.Flatten()(layers.Cropping2D(1)(layers.SpatialDropout2D(0.1)(layers.Conv2D(2, 3)(h))))

    def attention(z):
        h = layers.Reshape((4, 4))(layers.Dense(16, keras.activations.gelu)(z))
        h = layers.Add()([h, layers.MultiHeadAttention(2, 2)(h, h)])
        return layers.GlobalAveragePooling1D()(layers.LayerNormalization()(h))

    def operations(z):
        a, b = ops.split(ops.concatenate([z, ops.square(z)], axis=-1), 2, axis=-1)
        h = ops.where(a > 0, ops.tanh(a), ops.softplus(b)) * (ops.sum(z, axis=1, keepdims=True) + 1)
        return ops.reshape(ops.clip(ops.matmul(h[:, :, None], h[:, None, :]), -3, 3), (-1, 4))

    def steps(z):
        h = layers.Bidirectional(layers.GRU(3, return_sequences=True))(layers.RepeatVector(4)(z))
        return layers.LSTM(4)(layers.TimeDistributed(layers.Dense(3))(h))

    def nested(z):
        inner = keras.Sequential([keras.Input((2,)), layers.Dense(2, "relu")])
        inner.compile("adam", "mse")
        return inner(inner(z))

    normal = layers.Normalization()
    normal.adapt(np.random.default_rng(0).normal(size=(50, 2)))
    shared = keras.initializers.RandomNormal()
    regular = {"kernel_regularizer": "l2", "bias_constraint": keras.constraints.MaxNorm(2)}
    made = {
        "sequence": sequence(layers.Dense(5, "gelu"), layers.Dropout(0.3), layers.GaussianNoise(0.1)),
        "scaling": sequence(layers.Rescaling(0.5), normal, layers.Activation(ops.softplus), layers.ELU()),
        "norms": sequence(layers.Dense(4, **regular), layers.GroupNormalization(2), layers.UnitNormalization()),
        "shared parts": sequence(*[layers.Dense(3, "relu", kernel_initializer=shared) for _ in range(3)]),
        "half the digits": sequence(layers.Dense(3, dtype="mixed_float16")),
        "sampling": function(sampling),
        "filters": function(filters),
        "attention": function(attention),
        "operations": function(operations),
        "steps": function(steps),
        "nested": function(nested),
    }
    trained = made["trained"] = sequence(layers.Dense(3))
    trained.compile("adam", "mse")
    trained.fit(np.ones((4, 2)), np.ones((4, 8, 8)), verbose=0)
    return made


NAMES = ("sequence", "scaling", "norms", "shared parts", "half the digits", "sampling", "filters", "attention")
NAMES += ("operations", "steps", "nested", "trained")


@pytest.fixture(scope="module")
def sound(keras):
    return networks(keras)


@pytest.mark.parametrize("name", NAMES)
def test_a_sound_decoder_opens_and_gives_what_keras_gives(sound, path, name):
    network = sound[name]
    network.save(path)
    codes = np.random.default_rng(1).normal(size=(5, 2)).astype(np.float32)
    expected = np.clip(network.predict_on_batch(codes), 0, 1).reshape(-1, 8, 8)
    decoder = keras_runtime.load_decoder(path, (8, 8))
    np.testing.assert_allclose(decoder(codes), expected, atol=1e-3 if "half" in name else 1e-5)
    np.testing.assert_allclose(decoder(codes[:1]), expected[:1], atol=1e-3 if "half" in name else 1e-5)


def test_the_list_of_sound_networks_is_whole(sound):
    assert set(sound) == set(NAMES)


@pytest.mark.parametrize("layout", [(8, 8), (64,), (8, 8, 1)])
def test_an_encoder_takes_images_in_any_of_their_layouts(keras, path, layout):
    keras.Sequential([keras.Input(layout), keras.layers.Flatten(), keras.layers.Dense(2)]).save(path)
    images = np.random.default_rng(0).random((3, 8, 8), np.float32)
    expected = keras.saving.load_model(path).predict_on_batch(images.reshape(3, *layout))
    np.testing.assert_allclose(keras_runtime.load_encoder(path, (8, 8))(images), expected, atol=1e-5)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_weights_opens(name):
    space = open_space(WEIGHTS / name)
    for file, load in (
        (DECODER, keras_runtime.load_decoder_network),
        (ENCODER, keras_runtime.load_encoder_network),
    ):
        assert load(space.folder / file, space.image_shape).count_params() > 0


@pytest.mark.slow
def test_a_decoder_of_200_megabytes_opens(sandbox, path):
    """50 million weights, which are zeros: the file's bytes are there nevertheless."""
    wide = 63_000
    held = {f"layers/dense{name}/vars/{number}": np.zeros(shape, np.float32) for name, number, shape in (
        ("", 0, (2, wide)), ("", 1, wide), ("_1", 0, (wide, hostile.PIXELS)), ("_1", 1, hostile.PIXELS))}  # fmt: skip
    config = hostile.sequential(hostile.entry(), hostile.dense(wide), hostile.dense())
    answer = sandbox.opens(hostile.archive(path, config, hostile.weights(held)))
    assert answer["error"] == "" and answer["result"] == [300, 28, 28], answer


def test_rows_are_given_to_a_wide_network_in_parts(keras, path):
    z = keras.Input((2,))
    h = keras.layers.UpSampling2D(1000)(keras.layers.Reshape((1, 1, 2))(z))
    keras.Model(z, keras.layers.Dense(64)(keras.layers.GlobalMaxPooling2D()(h))).save(path)
    codes = np.random.default_rng(0).normal(size=(70, 2)).astype(np.float32)
    images = keras_runtime.load_decoder(path, (8, 8))(codes)
    expected = np.clip(codes @ keras.saving.load_model(path).layers[-1].get_weights()[0], 0, 1)
    np.testing.assert_allclose(images.reshape(70, -1), expected, atol=1e-5)


# ---- --trust -------------------------------------------------------------------------------------


@pytest.fixture
def of_lambda(keras, copy):
    """A copy of the shipped space whose decoder ends with a Lambda that turns black into white."""
    z = keras.Input((2,))
    decoder = keras.saving.load_model(copy / DECODER)
    keras.Model(z, keras.layers.Lambda(lambda images: 1 - images)(decoder(z))).save(copy / DECODER)
    vouch(copy)
    return copy


def vouch(folder) -> None:
    """Enters the sums of all files in the card; the grid goes, which is another decoder's."""
    (folder / GRID).unlink(missing_ok=True)
    write_card(folder, read_card(folder) | {"files": sums(folder)})


@pytest.mark.slow
def test_with_trust_a_lambda_runs(of_lambda, keras_decoder):
    path, codes = of_lambda / DECODER, np.array([[1, 2], [-3, 0.5]], np.float32)
    with pytest.raises(UserError, match="uses 'Lambda', which may run any code: open it with --trust"):
        keras_runtime.load_decoder(path, (28, 28))
    images = keras_runtime.load_decoder(path, (28, 28), trust=True)(codes)
    np.testing.assert_allclose(images, 1 - keras_decoder(codes), atol=1e-4)


@pytest.mark.slow
def test_the_option_reaches_the_networks(of_lambda, tmp_path):
    arguments = "ae.py", "--weights", of_lambda, "--snapshot", tmp_path / "picture.png"
    result = run(*arguments)
    assert result.returncode == 2 and "--trust" in result.stderr and result.stderr.count("\n") == 1
    result = run(*arguments, "--trust")
    assert result.returncode == 0 and (tmp_path / "picture.png").stat().st_size > 10_000, result.stderr


OWN = """
import keras

class Inverted(keras.layers.Layer):
    def call(self, images):
        return 1 - images
"""


@pytest.mark.slow
def test_a_file_of_own_classes_reaches_the_networks(keras, copy, tmp_path, keras_decoder):
    file, made = tmp_path / "mine.py", {"__name__": "elsewhere"}
    file.write_text(OWN)
    exec(OWN, made)
    z = keras.Input((2,))
    decoder = keras.saving.load_model(copy / DECODER)
    keras.Model(z, made["Inverted"]()(decoder(z))).save(copy / DECODER)
    vouch(copy)
    arguments = "ae.py", "--weights", copy, "--snapshot", tmp_path / "picture.png"
    result = run(*arguments)
    assert result.returncode == 2 and result.stderr.count("\n") == 1
    assert "uses 'Inverted', a class that is not part of Keras: give the Python file that defines it" in result.stderr
    result = run(*arguments, "--trust", file)
    assert result.returncode == 0 and (tmp_path / "picture.png").stat().st_size > 10_000, result.stderr
    codes = np.array([[1, 2], [-3, 0.5]], np.float32)
    images = explorer.open(copy, trust=file).decode(codes)
    np.testing.assert_allclose(images, 1 - keras_decoder(codes), atol=1e-4)


@pytest.mark.parametrize("source, pattern", [(None, "mine.py is missing"), ("def", "mine.py is no Python file")])
def test_a_bad_file_of_own_classes_is_told_at_once(tmp_path, source, pattern):
    if source:
        (tmp_path / "mine.py").write_text(source)
    result = run("ae.py", "--snapshot", tmp_path / "picture.png", "--trust", tmp_path / "mine.py")
    assert result.returncode == 2 and pattern in result.stderr and result.stderr.count("\n") == 1


# ---- an encoder ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a Lambda of Keras's functions", "a long repeat"])
def test_a_bad_encoder_keeps_nobody_from_looking(copy, tmp_path, name):
    shutil.copyfile(SHIPPED / GRID, copy / GRID)
    hostile.archive(copy / ENCODER, (hostile.CODE | hostile.HUGE)[name])
    write_card(copy, read_card(copy) | {"files": sums(copy)})
    result = run("ae.py", "--weights", copy, "--snapshot", tmp_path / "picture.png")
    assert result.returncode == 0 and (tmp_path / "picture.png").exists(), result.stderr
    assert result.stderr.count("\n") == 1 and "without the encoder" in result.stderr


# ---- settings from elsewhere ---------------------------------------------------------------------


@pytest.fixture
def home(tmp_path):
    """A folder of Keras with settings that are not ours."""
    home = tmp_path / "keras"
    home.mkdir()
    settings = {"floatx": "float16", "backend": "jax", "image_data_format": "channels_first", "epsilon": 0.1}
    (home / "keras.json").write_text(json.dumps(settings))
    return home


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch", "numpy", ""])
def test_other_settings_of_keras_are_not_heeded(home, keras_decoder, backend):
    sandbox = Sandbox({"KERAS_HOME": str(home), "KERAS_BACKEND": backend})
    try:
        answer = sandbox.opens(SHIPPED / DECODER)
        assert answer["error"] == answer["raised"] == sandbox.errors() == ""
        assert answer["settings"] == ["tensorflow", "float32", "channels_last", 1e-7]
        expected = keras_decoder(np.zeros((2, 2)))
        np.testing.assert_allclose(answer["values"], expected.ravel()[:1000], atol=1e-5)
        encoder = sandbox.opens(WEIGHTS / "convolutional" / ENCODER, "encoder")
        assert encoder["result"] == [300, 2]
    finally:
        sandbox.close()


def python(program: str, **environment: str) -> str:
    """What a Python program prints that uses the explorer."""
    command = [sys.executable, "-c", program]
    variables = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=300, check=True)
    return done.stdout


OPEN = """
from explorer.errors import UserError
import explorer
from explorer.decoding import keras_runtime
from pathlib import Path
try:
    print(keras_runtime.load_decoder(Path("weights/pca/decoder.keras"), (28, 28)).source)
except UserError as error:
    print(error)
"""


@pytest.mark.slow
def test_settings_of_somebody_elses_program_stay():
    begin = "import keras; keras.config.set_floatx('float64'); keras.config.set_image_data_format('channels_first')"
    end = "print(keras.config.floatx(), keras.config.image_data_format())"
    assert python(begin + OPEN + end).splitlines() == ["live", "float64 channels_first"]


@pytest.mark.slow
def test_another_backend_of_somebody_elses_program_is_told():
    """No other one is installed here: Keras is told what it would say there."""
    begin = "import keras.src.backend.config as config; config._BACKEND = 'jax'"
    assert "has imported Keras on jax" in python(begin + OPEN)


@pytest.mark.slow
@pytest.mark.parametrize("settings", ['{"floatx": "float8"}', '{"epsilon": "x"}', "[]"])
def test_settings_that_keras_does_not_take_are_named(home, settings):
    (home / "keras.json").write_text(settings)
    line = python(OPEN, KERAS_HOME=str(home))
    assert line.count("\n") == 1 and str(home / "keras.json") in line
