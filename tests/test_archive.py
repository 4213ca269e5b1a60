"""Archives of images as codes: what comes back, and what is refused; `compress` and `decompress`."""

import shutil
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from explorer.decoding import keras_runtime
from explorer.errors import UserError
from explorer.files.arrays import sha256_of
from explorer.images import datasets
from explorer.spaces.card import DECODER, ENCODER
from explorer.spaces.folder import WEIGHTS
from explorer.training.loop import encode
from explorer.uses import archive
from explorer.uses.compression import Quantiser
from tests.conftest import slow
from tests.spaces import make_space

SPACE = WEIGHTS / "autoencoder-32"


def archive_of(n=6, d=3, bits=5, names=None):
    codes = np.random.default_rng(n).normal(size=(n, d)).astype(np.float32)
    quantiser = Quantiser.of(codes, bits)
    return archive.Archive("5a" * 32, quantiser, names or tuple(f"{i}.png" for i in range(n)), quantiser.packed(codes))


def sealed(content: bytes) -> bytes:
    """Content whose last four bytes are its checksum."""
    return content[:-4] + struct.pack("<I", zlib.crc32(content[:-4]))


# ---- the file ------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.integers(1, 20), st.integers(1, 16))
def test_an_archive_comes_back_as_it_was(tmp_path_factory, n, d, bits):
    path = tmp_path_factory.mktemp("archive") / "a"
    made = archive_of(n, d, bits)
    assert made.write(path) == path.stat().st_size
    back = archive.read(path)
    assert (back.decoder, back.names) == (made.decoder, made.names)
    assert np.array_equal(back.packed, made.packed)
    assert np.array_equal(back.quantiser.unpacked(back.packed), made.quantiser.unpacked(made.packed))


def test_its_size_is_that_of_its_parts(tmp_path):
    archive_of(1000, 2, 8).write(tmp_path / "two")
    archive_of(1000, 2, 16).write(tmp_path / "four")
    assert (tmp_path / "four").stat().st_size - (tmp_path / "two").stat().st_size == 1000 * 2
    names = len(zlib.compress("\n".join(f"{i}.png" for i in range(1000)).encode(), 9))
    assert (tmp_path / "two").stat().st_size == 8 + 32 + 5 * 4 + 2 * 2 * 4 + names + 1000 * 2 + 4


NAMES = ["/etc/passwd", "../a.png", "a/../../b", "a//b", "", ".", "C:\\a.png", "a\\b", "a\nb/..", "a\0b", "x" * 300]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    archive_of(2, names=("fine.png", name)).write(tmp_path / "a")
    with pytest.raises(UserError, match="is damaged"):
        archive.read(tmp_path / "a")


def test_two_images_of_one_name_are_refused(tmp_path):
    archive_of(2, names=("a.png", "a.png")).write(tmp_path / "a")
    with pytest.raises(UserError, match="names are not one for each image"):
        archive.read(tmp_path / "a")


def test_every_cut_and_every_flipped_byte_is_refused(tmp_path):
    path = tmp_path / "a"
    archive_of().write(path)
    content = path.read_bytes()
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        with pytest.raises(UserError):
            archive.read(path)
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :])
        with pytest.raises(UserError):
            archive.read(path)


HEAD = 8 + 32
LIES = {  # place in the file, uint32: what is said then
    "format": (HEAD, 2, "its format is 2, not 1"),
    "no images": (HEAD + 4, 0, "0 images"),
    "many images": (HEAD + 4, 2**32 - 1, "its length is wrong"),
    "no numbers": (HEAD + 8, 0, "of 0 numbers"),
    "many numbers": (HEAD + 8, 2**32 - 1, "numbers"),
    "no bits": (HEAD + 12, 0, "with 0 bits"),
    "many bits": (HEAD + 12, 17, "with 17 bits"),
    "long names": (HEAD + 16, 2**32 - 1, "its length is wrong"),
    "low above high": (HEAD + 20, 0x7F7FFFFF, "its ranges are no ranges"),
    "not a number": (HEAD + 20, 0x7FC00000, "its ranges are no ranges"),
    "infinite": (HEAD + 20, 0xFF800000, "its ranges are no ranges"),
}


@pytest.mark.parametrize("place, value, said", LIES.values(), ids=LIES)
def test_a_lie_with_the_right_checksum_is_refused(tmp_path, place, value, said):
    path = tmp_path / "a"
    archive_of().write(path)
    content = path.read_bytes()
    path.write_bytes(sealed(content[:place] + struct.pack("<I", value) + content[place + 4 :]))
    with pytest.raises(UserError, match=f"is damaged .*{said}.*: get it again"):
        archive.read(path)


def test_names_that_inflate_without_end_are_not_inflated(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_NAMES", 10**8)
    made = archive_of(1, names=("a" * 10**7,))
    made.write(tmp_path / "a")
    monkeypatch.setattr(archive, "MOST_NAMES", 10**6)
    with pytest.raises(UserError, match="names are not one for each image"):
        archive.read(tmp_path / "a")
    with pytest.raises(UserError, match="too many for one file"):
        made.write(tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_another_kind_of_file_is_no_archive(tmp_path):
    (tmp_path / "a").write_bytes(b"PK" * 100)
    with pytest.raises(UserError, match="is no archive"):
        archive.read(tmp_path / "a")
    with pytest.raises(UserError, match="is missing"):
        archive.read(tmp_path / "b")


# ---- the commands --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    return datasets.load().x_test[:12]


@pytest.fixture
def pictures(digits, tmp_path):
    """Twelve digits as PNG, in two folders, and one of them once more with another ending."""
    for number, image in enumerate(digits):
        path = tmp_path / "in" / f"{number % 2}" / f"digit {number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    Image.fromarray(digits[0]).save(tmp_path / "in" / "0" / "digit 0.bmp")
    return tmp_path / "in"


def decoded(images, bits):
    """What 32 numbers of so many bits leave of images, by the networks themselves: levels."""
    encoder = keras_runtime.load_encoder_network(SPACE / ENCODER, (28, 28), dimensions=32)
    codes = encode(encoder, images)
    low, high = codes.min(axis=0).astype(np.float64), codes.max(axis=0)
    step = (high - low) / 2**bits
    middle = low + (np.minimum(np.floor((codes - low) / step), 2**bits - 1) + 0.5) * step
    decode = keras_runtime.load_decoder(SPACE / DECODER, (28, 28), dimensions=32)
    return np.rint(255 * decode(middle.astype(np.float32))).astype(int)


@pytest.mark.parametrize("bits", [8, slow(3), slow(16)])
def test_a_folder_of_pictures_becomes_one_file_and_comes_back(call, pictures, digits, tmp_path, bits):
    out, back = tmp_path / "small", tmp_path / "back"
    done = call("model.py", "compress", pictures, out, "--bits", bits)
    assert done.returncode == 0 and "model.py" not in done.stderr, done.stderr  # TensorFlow may say something, once
    again = call("model.py", "decompress", out, back)
    back_as = decoded(np.concatenate([digits, digits[:1]]), bits)
    error = np.mean((back_as - np.concatenate([digits, digits[:1]])) ** 2.0) / 255**2
    assert f"13 images in {out.stat().st_size} bytes" in done.stdout.replace(",", "") or "kB" in done.stdout
    assert f"each a code of {4 * bits} bytes instead of 784" in done.stdout
    assert f"a PSNR of {-10 * np.log10(error):.1f} dB (mean squared error {error:.4f})" in done.stdout
    assert "needs the decoder of 'autoencoder-32' (1.1 MB)" in done.stdout

    assert again.returncode == 0 and "model.py" not in again.stderr, again.stderr
    names = {f"{number % 2}/digit {number}.png" for number in range(12)} | {"0/digit 0_.png"}
    assert {path.relative_to(back).as_posix() for path in back.rglob("*.png")} == names
    for number in range(12):
        with Image.open(back / f"{number % 2}" / f"digit {number}.png") as picture:
            assert picture.mode == "L"
            assert np.abs(np.asarray(picture, int) - back_as[number]).max() <= 1


def test_one_image_of_an_array_is_enough(call, digits, tmp_path):
    np.savez(tmp_path / "one.npz", images=digits[:1])
    assert call("model.py", "compress", tmp_path / "one.npz", tmp_path / "small", "--space", "pca").returncode == 0
    done = call("model.py", "decompress", tmp_path / "small", tmp_path / "back", "--weights", WEIGHTS / "pca")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "back").iterdir()] == ["000000.png"]


def test_images_of_another_size_are_refused_or_resized(call, digits, tmp_path):
    np.savez(tmp_path / "large.npz", images=np.pad(digits, ((0, 0), (2, 2), (2, 2))))
    done = call("model.py", "compress", tmp_path / "large.npz", tmp_path / "small", "--space", "pca")
    assert done.returncode == 2 and not (tmp_path / "small").exists()
    assert "images of (32, 32), 'pca' of (28, 28): add --resize 28x28" in done.stderr
    colours = np.stack([digits, digits, 255 - digits], axis=-1)
    np.savez(tmp_path / "colours.npz", images=colours)
    done = call("model.py", "compress", tmp_path / "colours.npz", tmp_path / "small", "--space", "pca")
    assert done.returncode == 2 and "images of (28, 28, 3), 'pca' of (28, 28)\n" in done.stderr
    done = call(
        "model.py", "compress", tmp_path / "large.npz", tmp_path / "small", "--space", "pca", "--resize", "28x28"
    )
    assert done.returncode == 0, done.stderr


def test_a_space_without_encoder_is_refused(call, digits, tmp_path):
    make_space(tmp_path / "space")
    np.savez(tmp_path / "some.npz", images=digits)
    done = call("model.py", "compress", tmp_path / "some.npz", tmp_path / "small", "--weights", tmp_path / "space")
    assert done.returncode == 2 and "encoder.keras" in done.stderr and not (tmp_path / "small").exists()


def test_the_decoder_must_be_the_one_that_it_names(call, pictures, tmp_path, monkeypatch):
    copy = shutil.copytree(WEIGHTS / "pca", tmp_path / "mine")
    assert call("model.py", "compress", pictures, tmp_path / "small", "--weights", copy).returncode == 0
    sha256 = sha256_of(copy / DECODER)
    done = call("model.py", "decompress", tmp_path / "small", tmp_path / "back", "--weights", WEIGHTS / "lda")
    assert done.returncode == 2 and f"{sha256}, which {WEIGHTS / 'lda'} has not" in done.stderr

    monkeypatch.setattr("explorer.training.applying.archiving.shipped_and_trained", dict)
    done = call("model.py", "decompress", tmp_path / "small", tmp_path / "back")
    assert done.returncode == 2 and f"{sha256}, which no space here has" in done.stderr

    (copy / DECODER).write_bytes(b"another")
    done = call("model.py", "decompress", tmp_path / "small", tmp_path / "back", "--weights", copy)
    assert done.returncode == 2 and "is damaged" in done.stderr
    assert not (tmp_path / "back").exists()


def test_a_damaged_file_is_refused_and_nothing_is_written(call, pictures, tmp_path):
    small, back = tmp_path / "small", tmp_path / "back"
    assert call("model.py", "compress", pictures, small, "--space", "pca").returncode == 0
    content = small.read_bytes()
    small.write_bytes(content[:-20])
    done = call("model.py", "decompress", small, back)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "is damaged" in done.stderr

    d = struct.pack("<I", 1)  # one number where the decoder takes two: half the bytes, twice the images
    n, long = struct.unpack_from("<I", content, HEAD + 4)[0], struct.unpack_from("<I", content, HEAD + 16)[0]
    names = content[HEAD + 36 : HEAD + 36 + long]
    lie = content[: HEAD + 8] + d + content[HEAD + 12 : HEAD + 20] + bytes(8) + names + bytes(n) + bytes(4)
    small.write_bytes(sealed(lie))
    done = call("model.py", "decompress", small, back)
    assert done.returncode == 2 and "its codes are not those of its decoder" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir() if "back" in path.name) == []

    small.write_bytes(content)
    done = call("model.py", "compress", pictures, small, "--space", "pca")
    assert done.returncode == 2 and "it exists already" in done.stderr and small.read_bytes() == content
    back.mkdir()
    done = call("model.py", "decompress", small, back)
    assert done.returncode == 2 and "it exists already" in done.stderr


@pytest.mark.parametrize("bits", ["0", "17", "eight"])
def test_bits_are_checked(call, bits):
    assert call("model.py", "compress", "a", "b", "--bits", bits).returncode == 2
