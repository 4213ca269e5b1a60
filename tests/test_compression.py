"""Few bits per number, PCA, JPEG and WebP: what comes back, how many bytes it takes, and the table of them."""

import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from explorer.analysis.metrics import psnr_of
from explorer.images import datasets
from explorer.spaces.folder import WEIGHTS
from explorer.uses.compression import (
    METHODS,
    QUALITIES,
    Components,
    Quantiser,
    as_levels,
    file_of,
    mse_of,
    others,
)
from tests.conftest import slow

ALL = st.floats(-(2.0**99), 2.0**99, width=32)
USUAL = st.floats(-8, 8, width=32)


@pytest.fixture(scope="module")
def digits():
    return datasets.load().x_test[:400]


# ---- few bits per number -------------------------------------------------------------------------


@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.one_of(ALL, USUAL)),
    st.integers(1, 16),
)
def test_every_number_comes_back_to_within_half_a_step(codes, bits):
    quantiser = Quantiser.of(codes, bits)
    packed = quantiser.packed(codes)
    assert packed.shape == (len(codes), -(-codes.shape[1] * bits // 8))
    assert quantiser.bytes == packed.shape[1]
    back = quantiser.unpacked(packed)
    rounding = np.spacing(np.abs(codes).max(axis=0))  # of float32
    assert (np.abs(back.astype(np.float64) - codes) <= quantiser.step / 2 + rounding).all()
    if (quantiser.step > 4 * rounding).all():
        assert np.array_equal(quantiser.packed(back), packed)  # once more, nothing changes


def test_two_numbers_of_eight_bits_are_two_bytes():
    quantiser = Quantiser(np.zeros(2, np.float32), np.full(2, 256, np.float32), 8)
    packed = quantiser.packed(np.array([[3.2, 255.9], [-5, 1000]], np.float32))
    assert packed.tolist() == [[3, 255], [0, 255]]  # beyond the range, the nearest step
    assert quantiser.unpacked(packed).tolist() == [[3.5, 255.5], [0.5, 255.5]]


def test_the_bits_of_a_code_lie_one_after_the_other():
    quantiser = Quantiser(np.zeros(3, np.float32), np.full(3, 8, np.float32), 3)
    assert quantiser.packed(np.array([[5, 2, 7]])).tolist() == [[0b10101011, 0b10000000]]


def test_numbers_that_are_all_equal_come_back_as_they_are():
    codes = np.full((4, 3), 1.25, np.float32)
    assert np.array_equal(Quantiser.of(codes, 1).rounded(codes), codes)


# ---- errors --------------------------------------------------------------------------------------


def test_psnr_is_that_of_the_mean_error_by_brute_force(digits):
    other = np.random.default_rng(0).random((20, 28, 28), np.float32)
    each = [
        sum((a / 255 - float(b)) ** 2 for a, b in zip(x.flat, y.flat, strict=True)) / 784
        for x, y in zip(digits[:20], other, strict=True)
    ]
    assert mse_of(digits[:20], other) == pytest.approx(each, rel=1e-4)
    assert psnr_of(np.mean(each)) == pytest.approx(10 * np.log10(1 / np.mean(each)))
    assert psnr_of(0.0) == 100
    assert mse_of(digits, 255 - digits)[0] == pytest.approx(np.mean((digits[0] / 127.5 - 1) ** 2), rel=1e-4)


# ---- PCA -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [slow(150), 400])  # fewer images than pixels, and more
def test_components_are_those_of_scikit_learn(n):
    from sklearn.decomposition import PCA

    digits = datasets.load().x_test[:n, ::2, ::2]
    ours, flat = Components.of(digits, 12), datasets.as_float(digits).reshape(n, -1)
    theirs = PCA(12, svd_solver="full").fit(flat)
    turned = ours.directions * np.sign((ours.directions * theirs.components_).sum(axis=1))[:, None]
    assert turned == pytest.approx(theirs.components_, abs=2e-3)
    rebuilt = np.clip(theirs.inverse_transform(theirs.transform(flat)), 0, 1)
    assert ours.projected(datasets.as_float(digits), 12).reshape(n, -1) == pytest.approx(rebuilt, abs=1e-3)
    assert (
        ours.decoder_bytes(12) == theirs.mean_.astype(np.float32).nbytes + theirs.components_.astype(np.float32).nbytes
    )


def test_as_many_components_as_images_that_differ():
    levels = np.zeros((5, 4, 4, 3), np.uint8)
    levels[3:, 1, 1] = 200, 100, 50
    linear = Components.of(levels, 9)
    assert linear.directions.shape == (1, 48)
    assert np.rint(255 * linear.projected(datasets.as_float(levels), 9)) == pytest.approx(levels, abs=1)
    assert Components.of(levels[:3], 9).images(levels[:3], 2).max() == 0


# ---- JPEG and WebP -------------------------------------------------------------------------------


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_bytes_are_those_of_a_real_file(digits, method, colour, tmp_path):
    levels = np.stack([digits[0], digits[1], digits[2]], axis=-1) if colour else digits[0]
    for quality in (0, 50):
        found, path = file_of(levels, method, quality), tmp_path / f"picture.{method}"
        options = {"optimize": True} if method == "JPEG" else {"method": 6}
        Image.fromarray(levels).save(path, quality=quality, **options)
        assert found.bytes == path.stat().st_size
        with Image.open(path) as picture:
            assert np.array_equal(found.image, picture.convert("RGB" if colour else "L"))
        content = path.read_bytes()
        if method == "JPEG":  # what is left begins behind a header of 3 components at most
            scan = content.rindex(b"\xff\xda")
            header = struct.unpack(">H", content[scan + 2 : scan + 4])[0]
            assert found.payload_bytes == len(content[scan + 2 + header : content.rindex(b"\xff\xd9")])
        else:
            assert found.payload_bytes == struct.unpack("<I", content[16:20])[0]
            assert found.bytes - found.payload_bytes in (20, 21)


def test_the_other_methods_come_as_near_to_a_size_as_they_can(digits):
    linear = Components.of(digits, 40)
    for size in (2, 40, 150, 250, 10**6):
        found = others(digits[0], size, linear)
        assert found["PCA"].bytes == min(size, 40)
        assert np.array_equal(found["PCA"].image, as_levels(linear.images(digits[:1], min(size, 40)))[0])
        for method in METHODS:
            away = abs(found[method].bytes - size)
            assert away == min(abs(file_of(digits[0], method, quality).bytes - size) for quality in QUALITIES)
    assert found["WebP"].psnr_db(digits[0]) == pytest.approx(
        psnr_of(np.mean((digits[0] / 255 - found["WebP"].image / 255) ** 2)), abs=1e-3
    )


# ---- the table -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_apply_compression_on_a_few_images(call):
    """Every number of the table again, by other means."""
    done = call("model.py", "apply", "compression", "--space", "autoencoder-32", "--images", "60", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    x = datasets.load().x_test[:60]
    codes = {row["bits"]: row for row in rows if row["method"] == "code"}
    assert [row["bytes"] for row in codes.values()] == [32 * bits / 8 for bits in codes]
    assert codes[8]["psnr_db"] > 23 and codes[8]["psnr_db"] < codes[16]["psnr_db"] + 0.1
    assert codes[16]["psnr_db"] == pytest.approx(_psnr_of_keras(x), abs=0.02)
    assert codes[8]["decoder_bytes"] == (WEIGHTS / "autoencoder-32" / "decoder.keras").stat().st_size
    linear = {row["bytes"]: row["psnr_db"] for row in rows if row["method"] == "PCA"}
    assert list(linear) == [2, 4, 8, 16, 32, 64, 96] and list(linear.values()) == sorted(linear.values())
    assert linear[32] < codes[8]["psnr_db"] - 4
    for method in METHODS:
        for row in (row for row in rows if row["method"] == method):
            files = [io.BytesIO() for _ in x]
            for image, file in zip(x, files, strict=True):
                options = {"optimize": True} if method == "JPEG" else {"method": 6}
                Image.fromarray(image).save(file, method, quality=row["quality"], **options)
            shown = np.stack([np.asarray(Image.open(file).convert("L"), np.float64) for file in files])
            assert row["bytes"] == pytest.approx(np.mean([len(file.getvalue()) for file in files]))
            assert row["psnr_db"] == pytest.approx(-10 * np.log10(np.mean(((x - shown) / 255) ** 2)), abs=1e-3)
    assert min(row["bytes"] for row in rows if row["method"] == "WebP") > 80


def _psnr_of_keras(x) -> float:
    import keras

    encoder, decoder = (
        keras.saving.load_model(WEIGHTS / "autoencoder-32" / f"{name}coder.keras") for name in ("en", "de")
    )
    x = x.astype(np.float32) / 255
    codes = encoder.predict_on_batch(x.reshape(len(x), *encoder.input_shape[1:]))
    back = np.clip(np.reshape(decoder.predict_on_batch(codes), x.shape), 0, 1)
    return float(-10 * np.log10(np.mean((back - x) ** 2)))
