"""Images of every source as arrays of one form, and every way in which that can fail."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.decoding import keras_runtime
from explorer.errors import UserError
from explorer.files.schema import Reading
from explorer.images import datasets, readers
from explorer.spaces.card import CARD, read_card
from explorer.spaces.folder import WEIGHTS
from tests.conftest import ROOT
from tests.sources import COLOUR, GREY, LABELS, idx, refused, write_idx_folder, write_npz, write_pictures

# --- Data sets with a name --------------------------------------------------------------------------------------------


def test_mnist_is_all_there():
    mnist = datasets.load("mnist")
    assert mnist.x_train.shape == (60_000, 28, 28) and mnist.x_test.shape == (10_000, 28, 28)
    assert mnist.x_train.dtype == np.uint8 and mnist.x_train.max() == 255 and mnist.x_train.min() == 0
    # published class counts of the two splits
    assert np.bincount(mnist.y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist.fingerprint == "19def2d3bfc27d66461cc68213259205e29d822f0391ac1fc817c03cd18b2697"
    assert mnist.labels.shape == (70_000,) and mnist.labels.dtype == np.int32 and mnist.image_shape == (28, 28)
    assert mnist.class_names == tuple("0123456789") and mnist.columns == {}
    assert (mnist.source, mnist.title) == ("mnist", "MNIST")


@pytest.mark.parametrize("content", [None, b"", b"PK\3\4 and no more"])
def test_a_bundled_file_that_is_not_whole(tmp_path, monkeypatch, content):
    path = tmp_path / "mnist.npz"
    monkeypatch.setattr(datasets, "BUNDLED", path)
    if content is not None:
        path.write_bytes(content)
    refused("mnist", path, "missing or damaged", "repository")


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A machine with no data sets on it; returns the folder of Keras's cache."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(datasets, "DEBIAN", tmp_path / "debian")
    return tmp_path / "keras" / "datasets"


def test_fashion_mnist_is_read_without_keras_where_it_lies(nowhere, monkeypatch):
    monkeypatch.delattr(datasets, "_load_with_keras")
    for folder in (datasets.DEBIAN, nowhere / "fashion-mnist"):
        write_idx_folder(folder, "-ubyte.gz")
        fashion = datasets.load("fashion_mnist")
        assert fashion.class_names[9] == "Ankle boot" and fashion.title == "Fashion-MNIST"
        np.testing.assert_array_equal(fashion.x_test, GREY[9:])
        for file in folder.iterdir():
            file.unlink()


def test_keras_reads_the_others(nowhere, monkeypatch):
    splits = (COLOUR[:9], LABELS[:9, None]), (COLOUR[9:], LABELS[9:, None])
    cifar = types.SimpleNamespace(load_data=lambda: splits)
    keras = types.SimpleNamespace(datasets=types.SimpleNamespace(cifar10=cifar, cifar100=cifar))
    monkeypatch.setattr(keras_runtime, "import_keras", lambda: keras)
    found = datasets.load("cifar10")
    assert found.image_shape == (6, 5, 3) and found.class_names[:2] == ("airplane", "automobile")
    np.testing.assert_array_equal(found.labels, LABELS)
    names = datasets.load("cifar100").class_names
    assert len(names) == 100 and list(names) == sorted(names) and names[99] == "worm"


def test_what_to_do_without_network(nowhere, monkeypatch):
    def fail():
        raise OSError("URL fetch failure\nand more")

    monkeypatch.setattr(keras_runtime, "import_keras", fail)
    refused("fashion_mnist", "(URL fetch failure)", "t10k-images-idx3-ubyte.gz", nowhere / "fashion-mnist", "apt")
    refused("cifar10", "cifar-10-python.tar.gz", "cifar-10-batches-py-target_archive", nowhere)
    refused("cifar100", "cifar-100-python.tar.gz", "cifar-100-python-target_archive", nowhere)


@pytest.mark.slow
def test_keras_itself_without_network(nowhere):
    """The real Keras, whose every connection is refused: one line, soon, and no half file."""
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    environment |= {"https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    command = [sys.executable, "data.py", "cifar10"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=180)
    line = run.stderr.decode()
    assert (
        line.startswith("data.py: CIFAR-10 is not on this machine")
        and "Connection refused" in line
        and line.count("\n") == 1
    )
    assert [path for path in nowhere.rglob("*") if path.is_file()] == []


# --- Paths ------------------------------------------------------------------------------------------------------------


def test_check_tells_what_is_possible(tmp_path):
    datasets.check("cifar100")
    datasets.check(str(tmp_path))
    with pytest.raises(UserError, match="'nonsense'.* mnist, fashion_mnist, cifar10, cifar100, .* folder of IDX"):
        datasets.check("nonsense")
    with pytest.raises(UserError, match="cannot be read .*too long"):
        datasets.check("n" * 300)
    refused(tmp_path / "missing.npz", "there is no", "missing.npz")


def test_source_is_absolute_and_enough_to_read_it_again(tmp_path, monkeypatch):
    write_npz(tmp_path / "few.npz", images=GREY)
    monkeypatch.chdir(tmp_path)
    few = datasets.load("few.npz")
    assert (few.source, few.title) == (str(tmp_path / "few.npz"), "few.npz")
    monkeypatch.chdir("/")
    assert datasets.load(few.source).fingerprint == few.fingerprint


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\x93NUMPY"])
def test_files_of_no_known_kind(tmp_path, content):
    path = tmp_path / "file.npz"
    path.write_bytes(content)
    refused(path, path, "neither an .npz nor an IDX file")


def test_one_picture_and_an_empty_folder(tmp_path):
    refused(tmp_path, tmp_path, "neither pictures", "nor IDX files")
    Image.fromarray(GREY[0]).save(tmp_path / "one.PNG")
    refused(tmp_path / "one.PNG", "the folder it lies in")
    refused(tmp_path, "holds one image", "at least two")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that nobody can read")
def test_what_the_system_does_not_let_us_read(tmp_path):
    refused("/proc/self/mem", "/proc/self/mem cannot be read (Input/output error)")
    (tmp_path / "a.png").symlink_to("/proc/self/mem")
    refused(tmp_path, "a.png cannot be read (Input/output error)")


def test_what_does_not_fit_into_memory(tmp_path, monkeypatch):
    write_pictures(tmp_path, GREY)
    monkeypatch.setattr("psutil.virtual_memory", lambda: types.SimpleNamespace(available=100))
    refused(tmp_path, "does not fit into memory", "360 bytes", "100 bytes are free")
    (tmp_path / "images").write_bytes(idx(GREY))
    monkeypatch.setattr(readers.untrusted, "check_room", lambda size, name: rooms.append(size))
    rooms = []
    datasets.load(str(tmp_path / "images"))
    assert rooms == [360, 360], "once for what is read, once for the copies in two splits"


def test_the_same_images_have_the_same_fingerprint(tmp_path):
    npz = write_npz(tmp_path / "a.npz", x_train=GREY[:9], y_train=LABELS[:9], x_test=GREY[9:] / 255, y_test=LABELS[9:])
    folder = write_idx_folder(tmp_path / "idx")
    pictures = tmp_path / "pictures"
    for split, rows in (("train", range(9)), ("test", range(9, 12))):
        write_pictures(pictures / split, GREY[rows], LABELS[rows])
    found = [datasets.load(str(source)) for source in (npz, folder, pictures)]
    assert found[0].fingerprint == found[1].fingerprint != found[2].fingerprint  # pictures go class by class
    order = np.argsort(LABELS[:9], kind="stable"), 9 + np.argsort(LABELS[9:], kind="stable")
    np.testing.assert_array_equal(found[2].x_train, GREY[order[0]])
    ordered = {
        f"{a}_{s}": v[o] for a, v in (("x", GREY), ("y", LABELS)) for s, o in zip(("train", "test"), order, strict=True)
    }
    again = datasets.load(str(write_npz(tmp_path / "b.npz", **ordered)))
    assert again.fingerprint == found[2].fingerprint
    changed = ordered | {"y_test": LABELS[9:][::-1]}
    assert datasets.load(str(write_npz(tmp_path / "c.npz", **changed))).fingerprint != again.fingerprint


# --- Pixels and labels ------------------------------------------------------------------------------------------------


def loaded(tmp_path, **arrays) -> datasets.Dataset:
    """The arrays as both splits."""
    splits = {f"{name}_{split}": array for name, array in arrays.items() for split in ("train", "test")}
    return datasets.load(str(write_npz(tmp_path / "a.npz", **splits)))


@pytest.mark.parametrize(
    "images, wanted",
    [
        (GREY, GREY),
        (GREY[..., None], GREY),
        (GREY[:, None], GREY),
        (COLOUR, COLOUR),
        (COLOUR.transpose(0, 3, 1, 2), COLOUR),
        (COLOUR[:, :4, :4].transpose(0, 3, 1, 2), COLOUR[:, :4, :4]),
        (np.asfortranarray(GREY), GREY),
        (GREY[:, :5].reshape(12, 25), GREY[:, :5]),
        (GREY > 99, np.where(GREY > 99, 255, 0)),
        (GREY.astype(">i4"), GREY),
        (GREY.astype(np.int64), GREY),
        ((GREY / 255).astype(np.float16), GREY),
        (GREY / np.float32(255), GREY),
        ((GREY / 255).astype(">f8"), GREY),
        (GREY / 255 * 1.0000001, GREY),
    ],
)
def test_every_layout_and_type(tmp_path, images, wanted):
    x = loaded(tmp_path, x=images).x_train
    assert x.dtype == np.uint8 and x.flags.c_contiguous
    np.testing.assert_array_equal(x, wanted)


def test_scaling_keeps_both_ends():
    scaled = datasets.as_float(np.array([[0, 128, 255]], np.uint8))
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, [[0, 128 / 255, 1]], rtol=1e-6)


@pytest.mark.parametrize(
    "labels, names",
    [
        (LABELS, ["0", "1", "2"]),
        (LABELS.astype(">i8") * 10 - 5, ["-5", "5", "15"]),
        (LABELS.astype(np.float32), ["0", "1", "2"]),
        (np.array(["owl", "cat", "émeu"])[LABELS], ["cat", "owl", "émeu"]),
        (np.array([b"b", b"a", b"c"])[LABELS], ["a", "b", "c"]),
        (LABELS > 0, ["False", "True"]),
        (LABELS[:, None], ["0", "1", "2"]),
    ],
)
def test_labels_of_any_value_become_indices(tmp_path, labels, names):
    found = loaded(tmp_path, x=GREY, y=labels)
    assert list(found.class_names) == names and found.y_test.dtype == np.int32
    texts = [value.decode() if isinstance(value, bytes) else str(value) for value in labels.reshape(-1).tolist()]
    assert [names[index] for index in found.y_train] == [text.removesuffix(".0") for text in texts]


def test_classes_of_both_splits_count(tmp_path):
    path = write_npz(tmp_path / "a.npz", x_train=GREY, y_train=LABELS, x_test=GREY[:1], y_test=np.array([-1]))
    found = datasets.load(str(path))
    assert found.class_names == ("-1", "0", "1", "2") and found.y_test.tolist() == [0]


def test_string_labels_are_in_natural_order(tmp_path):
    names = np.array(["10", "9", "0", "2"])[np.arange(12) % 4]
    found = loaded(tmp_path, x=GREY, y=names)
    assert found.class_names == ("0", "2", "9", "10")
    assert [found.class_names[label] for label in found.y_train] == names.tolist()
    long = np.array(["9" * 900, "8" * 900])[np.arange(12) % 2]  # more digits than Python makes a number of
    assert loaded(tmp_path, x=GREY, y=long).class_names == ("8" * 900, "9" * 900)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, bool])
def test_one_hot_labels_are_taken_with_a_word(tmp_path, dtype):
    found = loaded(tmp_path, x=GREY, y=np.eye(3, dtype=dtype)[LABELS])
    np.testing.assert_array_equal(found.y_train, LABELS)
    assert len(found.notes) == 2 and "(x_train) are one-hot" in found.notes[0]


def test_one_hot_labels_point_into_class_names(tmp_path):
    path = write_npz(tmp_path / "a.npz", images=GREY, labels=np.eye(3)[LABELS], class_names=np.array(["a", "b", "c"]))
    assert datasets.load(str(path)).class_names == ("a", "b", "c")


@pytest.mark.parametrize("more", [1, 0.5, np.nan])
def test_other_labels_of_several_columns_are_refused(tmp_path, more):
    labels = np.eye(3)[LABELS]
    labels[5] = more
    path = write_npz(tmp_path / "a.npz", images=GREY, labels=labels)
    refused(path, "have 3 columns", "labels[:, 0]")


# --- Read in another way ----------------------------------------------------------------------------------------------


def test_images_are_transposed_and_resized(tmp_path):
    path = write_npz(tmp_path / "a.npz", x_train=COLOUR, x_test=COLOUR[:, :4, :])
    refused(path, "one size, or give --resize HxW")
    found = datasets.load(str(path), Reading(resize=(10, 12), transpose=True))
    assert found.x_train.shape == (12, 10, 12, 3) and found.x_test.shape == (12, 10, 12, 3)
    turned = datasets.load(str(write_npz(tmp_path / "b.npz", x_train=GREY, x_test=GREY)), Reading(transpose=True))
    np.testing.assert_array_equal(turned.x_train, GREY.transpose(0, 2, 1))
    assert turned.x_train.flags.c_contiguous


def test_what_the_card_says_is_enough_to_read_images_again(tmp_path):
    reading = Reading(resize=(8, 9), transpose=True)
    found = datasets.load(str(write_npz(tmp_path / "a.npz", images=GREY)), reading)
    card = json.loads(json.dumps({"source": found.source, "reading": found.reading.choices}))
    again = datasets.load_again(card)
    assert again.reading == reading and again.fingerprint == found.fingerprint
    assert datasets.load_again({"source": found.source}).image_shape == (6, 5)


def test_what_is_resized_must_fit_into_memory(tmp_path, monkeypatch):
    path = write_npz(tmp_path / "a.npz", x_train=GREY, x_test=GREY)
    monkeypatch.setattr("psutil.virtual_memory", lambda: types.SimpleNamespace(available=1_000_000))
    with pytest.raises(UserError, match="it needs 12.0 MB"):
        datasets.load(str(path), Reading(resize=(1000, 1000)))


@pytest.mark.parametrize(
    "reading", [{"resize": [0, 9]}, {"resize": [9]}, {"resize": [9, 99999]}, {"resize": "9x9"}, {"transpose": 1}, []]
)
def test_a_card_with_an_impossible_reading_is_none(tmp_path, reading):
    card = json.loads((WEIGHTS / "pca" / CARD).read_text(encoding="utf-8"))
    card["data"]["reading"] = reading
    (tmp_path / CARD).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(UserError, match=r"is no card of format 1 \('data\.reading"):
        read_card(tmp_path)
