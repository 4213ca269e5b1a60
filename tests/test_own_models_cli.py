"""`ae.py --decoder … --encoder … --data …`: files of models in the real program, and what does not fit in one line."""

import numpy as np
import pytest

from explorer.spaces.folder import open_space
from tests.own_models import Basis, onnx

SAMPLING = """
import keras
from keras import ops


class Sampling(keras.layers.Layer):
    def call(self, inputs):
        mean, log_variance = inputs
        return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean))
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with an ONNX encoder and decoder of 3 numbers, colour images of 8 × 8, and codes."""
    folder, basis = tmp_path_factory.mktemp("models"), Basis((8, 8, 3), 3)
    brought = onnx(basis)
    (folder / "encoder.onnx").write_bytes(brought.encoder.content)
    (folder / "decoder.onnx").write_bytes(brought.decoder.content)
    np.savez(folder / "images.npz", x_train=basis.images, x_test=basis.images[:4], y_train=[0, 1] * 20, y_test=[0] * 4)
    np.savez(folder / "wrong.npz", codes=np.zeros((40, 4), np.float32))
    np.savez(folder / "grey.npz", images=np.zeros((9, 5, 5), np.uint8))
    (folder / "words.csv").write_text("z1,z2,word\n1,2,one\n3,4,two\n0,1,three\n")
    return folder


def arguments_of(files, **names):
    return [word for name, file in names.items() for word in (f"--{name}", str(files / file))]


@pytest.mark.slow
def test_models_in_files_are_shown_kept_and_opened_without_them(start, call, files, tmp_path):
    arguments = arguments_of(files, decoder="decoder.onnx", encoder="encoder.onnx", data="images.npz")
    program = start("ae.py", *arguments, "--keep", str(tmp_path / "mine"))
    program.expected_stderr = f"kept in {tmp_path / 'mine'}"
    window = program.wait_for("window")
    program.wait_for("live")
    x, y, width, height = window["map"]
    hover = program.hover(x + width // 2, y + height // 3)
    assert hover["source"] == "live" and len(hover["z"]) == 3
    wanted = 255 * np.clip(Basis((8, 8, 3), 3).decode(np.array([hover["z"]], np.float32)), 0, 1).reshape(8, 8, 3)
    assert np.abs(program.picture((8, 8, 3)) - wanted).max() <= 1
    program.close()
    program.process.wait(60)
    kept = open_space(tmp_path / "mine")
    assert kept.dimensions == 3 and kept.class_names == ("0", "1") and kept.decoder_file == "decoder.onnx"
    for script in ("ae_precomp.py", "ae.py"):
        result = call(script, "--weights", kept.folder, "--snapshot", tmp_path / "map.png")
        assert result.returncode == 0 and result.stderr == "", result.stderr


def test_a_keras_model_with_its_own_class_needs_the_file_that_defines_it(call, tmp_path, keras_decoder):
    import keras

    (tmp_path / "my_layers.py").write_text(SAMPLING)
    names = {}
    exec(compile(SAMPLING, "my_layers", "exec"), names)
    images, codes = keras.Input((8, 8, 1)), keras.Input((16,))
    flat = keras.layers.Flatten()(images)
    mean, spread = (keras.layers.Dense(16, name=name)(flat) for name in ("z_mean", "z_log_var"))
    keras.Model(images, [mean, spread, names["Sampling"]()([mean, spread])]).save(tmp_path / "encoder.keras")
    decoded = keras.layers.Dense(64, activation="sigmoid")(codes)
    decoder = keras.Model(codes, keras.layers.Reshape((8, 8, 1))(decoded))
    decoder.save(tmp_path / "decoder.h5")
    np.savez(tmp_path / "images.npz", images=np.random.default_rng(0).random((60, 8, 8)))
    arguments = arguments_of(tmp_path, encoder="encoder.keras", decoder="decoder.h5", data="images.npz")
    out = tmp_path / "map.png"
    result = call("ae.py", *arguments, "--snapshot", out)
    assert result.returncode == 2 and not out.exists() and result.stderr.count("\n") == 1
    assert "'Sampling'" in result.stderr and "--trust FILE.py" in result.stderr
    trusted = (*arguments, "--trust", tmp_path / "my_layers.py")
    result = call("ae.py", *trusted, "--snapshot", out, "--keep", tmp_path / "mine")
    assert result.returncode == 0 and out.exists(), result.stderr
    assert "z_mean" in result.stderr
    space = open_space(tmp_path / "mine")
    assert space.dimensions == 16 and (space.columns["posterior σ16"] > 0).all()
    assert call("ae_precomp.py", "--weights", space.folder, "--snapshot", out).returncode == 0


def test_codes_alone_in_a_table(call, files, tmp_path):
    out = tmp_path / "map.png"
    result = call("ae.py", *arguments_of(files, codes="words.csv"), "--snapshot", out, "--keep", tmp_path / "words")
    assert result.returncode == 0 and out.exists(), result.stderr
    assert open_space(tmp_path / "words").columns["word"].tolist() == ["one", "two", "three"]
    result = call("ae_precomp.py", "--weights", tmp_path / "words", "--snapshot", out)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "names, more, words",
    [
        ({"encoder": "encoder.onnx"}, (), ("encoder alone", "images")),
        ({"data": "images.npz"}, (), ("nothing to show", "decoder")),
        ({"decoder": "decoder.onnx", "data": "images.npz"}, (), ("encoder",)),
        ({"decoder": "decoder.onnx", "codes": "wrong.npz"}, (), ("4", "3")),
        ({"decoder": "decoder.onnx", "encoder": "encoder.onnx", "data": "grey.npz"}, (), ("5×5", "8×8", "--resize")),
        ({"decoder": "none.onnx"}, (), ("none.onnx", "missing")),
        ({"decoder": "words.csv"}, (), ("words.csv", "give a .keras, .h5 or .onnx file")),
        ({"decoder": "decoder.onnx"}, ("--latent-dim", "4"), ("3 numbers, not 4", "--latent-dim")),
        ({"codes": "images.npz"}, (), ("codes",)),
        ({"decoder": "decoder.onnx"}, ("--space", "vae"), ("cannot both",)),
        ({}, ("--keep", "somewhere"), ("--keep", "--decoder")),
        ({"codes": "words.csv"}, ("--keep", "tests"), ("holds something else", "--keep")),
        ({}, ("--channels", "first"), ("--channels", "--decoder")),
    ],
)
def test_what_does_not_fit_is_one_line(call, files, tmp_path, names, more, words):
    out = tmp_path / "map.png"
    result = call("ae.py", *arguments_of(files, **names), *more, "--snapshot", out)
    assert result.returncode == 2 and not out.exists()
    assert result.stderr.count("\n") == 1 and "Traceback" not in result.stderr, result.stderr
    for word in words:
        assert word in result.stderr, result.stderr


@pytest.mark.parametrize(
    "more, words",
    [
        (("--latent-dim", "0"), "from 1 to 512"),
        (("--latent-dim", "two"), "'two'"),
        (("--image-shape", "28"), "like 28x28"),
        (("--decoder-range", "1"), "like -1,1"),
        (("--decoder-range", "-1,-1"), "two different"),
        (("--decoder-range", "nan,1"), "no range"),
        (("--encoder-range", "1,1"), "two different"),
    ],
)
def test_options_of_models_are_checked(call, files, more, words):
    result = call("ae.py", "--decoder", files / "decoder.onnx", *more)
    assert result.returncode == 2 and words in result.stderr.splitlines()[-1]


def test_a_file_of_pytorch_says_how_to_export_it(call, tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "decoder.pt", "w") as archive:
        archive.writestr("decoder/data.pkl", b"cos\nsystem\n(S'touch ran'\ntR.")
        archive.writestr("decoder/version", b"3\n")
    result = call("ae.py", "--decoder", tmp_path / "decoder.pt")
    assert result.returncode == 2 and result.stderr.count("\n") == 1
    assert "saved by PyTorch: export the model to ONNX" in result.stderr
