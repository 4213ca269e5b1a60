"""Every kind of source as a real file, and every way in which one can be bad."""

import gzip
import os
import struct
import subprocess
import sys
import types
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.decoding import keras_runtime
from explorer.errors import UserError
from explorer.images import datasets

ROOT = Path(__file__).resolve().parent.parent
RANDOM = np.random.default_rng(5)
GREY = RANDOM.integers(0, 256, (12, 6, 5), np.uint8)
COLOUR = RANDOM.integers(0, 256, (12, 6, 5, 3), np.uint8)
LABELS = np.array([0, 1, 2] * 4, np.uint8)
TYPES = {"u1": 0x08, "i1": 0x09, ">i2": 0x0B, ">i4": 0x0C, ">f4": 0x0D, ">f8": 0x0E}


def refused(source, *words) -> None:
    """The source gets one line with all the words."""
    with pytest.raises(UserError) as caught:
        datasets.load(str(source))
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert str(word) in message, message


def idx(array: np.ndarray, dtype: str = "u1") -> bytes:
    header = bytes([0, 0, TYPES[dtype], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(dtype).tobytes()


def write_idx_folder(folder: Path, end: str = "-ubyte", test: str = "t10k") -> Path:
    """Nine images to train on and three to test with, labelled."""
    folder.mkdir(parents=True, exist_ok=True)
    write = gzip.compress if end.endswith(".gz") else bytes
    for split, rows in (("train", slice(9)), (test, slice(9, 12))):
        (folder / f"{split}-images-idx3{end}").write_bytes(write(idx(GREY[rows])))
        (folder / f"{split}-labels-idx1{end}").write_bytes(write(idx(LABELS[rows])))
    return folder


def write_npz(path: Path, **arrays) -> Path:
    np.savez(path, **arrays)
    return path


def write_pictures(folder: Path, images: np.ndarray, labels=None, end: str = "png", **options) -> Path:
    for number, image in enumerate(images):
        path = folder / ("" if labels is None else str(labels[number])) / f"{number:03}.{end}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path, **options)
    return folder


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
    lines = (
        "import data, sys; from explorer.decoding import keras_runtime; keras_runtime.process_is_ours = True\n"
        "try:\n data.load('cifar10')\nexcept data.UserError as error:\n print(error, file=sys.stderr)"
    )
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    environment |= {"https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    run = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, env=environment, capture_output=True, timeout=180)
    line = run.stderr.decode()
    assert line.startswith("CIFAR-10 is not on this machine") and "Connection refused" in line and line.count("\n") == 1
    assert [path for path in nowhere.rglob("*") if path.is_file()] == []


def test_import_is_light():
    lines = "import data, sys; print([m for m in ('keras', 'tensorflow', 'PIL', 'tqdm') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == "[]"


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


# --- .npz -------------------------------------------------------------------------------------------------------------


def test_npz_of_two_splits_with_columns(tmp_path):
    named = {"class_names": np.array(["cat", "dog", "owl"]), "id": np.arange(12), "meta": np.zeros((12, 2))}
    pair = {"who_train": np.array([b"ann"] * 9), "who_test": np.array([b"bob"] * 3), "odd_train": np.zeros(9)}
    splits = {"x_train": COLOUR[:9], "y_train": LABELS[:9, None], "x_test": COLOUR[9:], "y_test": LABELS[9:]}
    found = datasets.load(str(write_npz(tmp_path / "a.npz", **splits, **named, **pair)))
    assert found.class_names == ("cat", "dog", "owl") and found.image_shape == (6, 5, 3)
    assert found.y_train.dtype == found.y_test.dtype == np.int32
    np.testing.assert_array_equal(found.labels, LABELS)
    assert found.columns.keys() == {"id", "who"}
    assert found.columns["who"].tolist() == ["ann"] * 9 + ["bob"] * 3


@pytest.mark.parametrize(
    "x, y", [("images", "labels"), ("x", "y"), ("x_train", "y_train"), ("train_images", "train_labels")]
)
def test_npz_of_one_split_gives_a_tenth_to_the_test(tmp_path, x, y):
    images, labels = np.repeat(GREY, 5, axis=0), np.repeat(LABELS, 5)
    path = write_npz(tmp_path / "a.npz", **{x: images, y: labels, "weight": np.arange(60.0), "id_train": np.arange(60)})
    found, again = datasets.load(str(path)), datasets.load(str(path))
    assert len(found.x_train) == 54 and len(found.x_test) == 6 and found.class_names == ("0", "1", "2")
    assert found.columns.keys() == {"index", "weight", "id"}
    index = found.columns["index"]
    assert sorted(index) == list(range(60)) and index.dtype == np.int32
    assert (np.diff(index[:54]) > 0).all() and (np.diff(index[54:]) > 0).all()
    np.testing.assert_array_equal(np.concatenate([found.x_train, found.x_test]), images[index])
    np.testing.assert_array_equal(found.labels, labels[index])
    np.testing.assert_array_equal(found.columns["weight"], index)
    assert again.fingerprint == found.fingerprint and index[54:].tolist() == [2, 11, 26, 28, 35, 59]


def test_medmnist_keeps_its_test_split(tmp_path):
    splits = {f"{s}_{what}": v for s in ("train", "val", "test") for what, v in (("images", GREY), ("labels", LABELS))}
    found = datasets.load(str(write_npz(tmp_path / "a.npz", **splits)))
    assert len(found.x_train) == len(found.x_test) == 12 and found.columns == {}


def test_two_images_are_enough_and_ten_thousand_test_them(tmp_path):
    two = datasets.load(str(write_npz(tmp_path / "a.npz", images=GREY[:2])))
    assert len(two.x_train) == len(two.x_test) == 1
    assert two.class_names == () and two.labels.tolist() == [0, 0]
    many = datasets.load(str(write_npz(tmp_path / "b.npz", images=np.zeros((100_001, 16), np.uint8))))
    assert len(many.x_test) == 10_000 and many.image_shape == (4, 4)


@pytest.mark.parametrize(
    "arrays, words",
    [
        ({"arr_0": GREY}, ["holds arr_0", "x_train"]),
        ({}, ["holds no arrays"]),
        ({"images": GREY, "names": np.array(["a", None], object)}, ["(names)", "Python objects"]),
        ({"images": GREY, "labels": LABELS[:5]}, ["holds 12 images", "(5,)"]),
        ({"images": GREY, "labels": np.zeros((12, 3))}, ["holds 12 images", "(12, 3)"]),
        ({"images": GREY, "labels": np.arange(12.0)}, ["measurements", "integers or strings"]),
        ({"images": GREY, "labels": LABELS / 2}, ["measurements"]),
        ({"images": GREY, "labels": np.full(12, np.nan)}, ["measurements"]),
        ({"images": np.zeros((10_001, 4, 4), bool), "labels": np.arange(10_001)}, ["10,001", "at most 10,000 classes"]),
        ({"images": GREY, "labels": LABELS, "class_names": np.array(["a", "b"])}, ["from 0 to 2", "has 2"]),
        ({"images": GREY, "labels": LABELS - 1.0, "class_names": np.array(list("abc"))}, ["from -1 to 1", "has 3"]),
        ({"images": GREY, "labels": LABELS, "class_names": np.arange(3)}, ["class_names", "strings"]),
        ({"x_train": GREY, "x_test": GREY[:, :5]}, ["6 × 5 in", "(x_train) but 5 × 5 in", "(x_test)", "one size"]),
        ({"x_train": GREY, "x_test": COLOUR}, ["(x_train) but 6 × 5 × 3 in"]),
        ({"x_train": GREY, "x_test": GREY[:0]}, ["(x_test)", "no images"]),
        ({"x_train": GREY, "y_train": LABELS, "x_test": GREY}, ["(x_test)", "has no labels"]),
        ({"images": GREY[:1]}, ["one image"]),
        ({"images": GREY + 0.0}, ["float64 from 0 to 255", "0..1"]),
        ({"images": GREY / -255}, ["from -1 to", "0..1"]),
        ({"images": np.full((2, 4, 4), np.nan, np.float32)}, ["NaN or infinite"]),
        ({"images": np.full((2, 4, 4), np.inf)}, ["NaN or infinite"]),
        ({"images": GREY - np.int64(1)}, ["int64 from -1 to 254", "0..255"]),
        ({"images": GREY + 1j}, ["complex128"]),
        ({"images": GREY.astype(str)}, ["<U3"]),
        ({"images": np.zeros(5)}, ["shape (5,)"]),
        ({"images": np.float32(1)}, ["shape ()"]),
        ({"images": np.zeros((5, 783))}, ["shape (5, 783)", "squares"]),
        ({"images": np.zeros((5, 8, 8, 4))}, ["shape (5, 8, 8, 4)"]),
        ({"images": np.zeros((5, 8, 3))}, ["8 × 3", "at least 4"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_arrays_get_one_line(tmp_path, arrays, words):
    path = write_npz(tmp_path / "a.npz", **arrays)
    refused(path, path, *words)


def test_damaged_npz(tmp_path):
    path = write_npz(tmp_path / "a.npz", images=GREY)
    whole = path.read_bytes()
    for content in (whole[:200], whole.replace(b"NUMPY", b"PYNUM"), whole.replace(GREY[3].tobytes(), bytes(30))):
        path.write_bytes(content)
        refused(path, path)


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


# --- IDX --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "end, test", [("-ubyte", "t10k"), ("-ubyte.gz", "t10k"), (".ubyte", "test"), ("-UBYTE", "Test")]
)
def test_folder_of_idx_files(tmp_path, end, test):
    found = datasets.load(str(write_idx_folder(tmp_path / "digits", end, test)))
    assert found.title == "digits" and found.class_names == ("0", "1", "2") and found.columns == {}
    np.testing.assert_array_equal(found.x_train, GREY[:9])
    np.testing.assert_array_equal(found.y_test, LABELS[9:])


def test_idx_names_with_a_dot_beside_their_gzips(tmp_path):
    for kind, array in (("images.idx3", GREY), ("labels.idx1", LABELS)):
        (tmp_path / f"train-{kind}-ubyte").write_bytes(idx(array))
        (tmp_path / f"train-{kind}-ubyte.gz").write_bytes(gzip.compress(idx(array)))
        (tmp_path / f"._train-{kind}-ubyte").write_bytes(b"of a Mac")
    found = datasets.load(str(tmp_path))
    assert len(found.x_train) == 11 and found.class_names == ("0", "1", "2")


def test_idx_without_labels_or_without_a_split(tmp_path):
    folder = write_idx_folder(tmp_path)
    for file in folder.glob("*labels*"):
        file.unlink()
    assert datasets.load(str(folder)).class_names == ()
    (folder / "train-images-idx3-ubyte").unlink()
    found = datasets.load(str(folder))
    assert len(found.x_train) == 2 and len(found.x_test) == 1 and "index" in found.columns


@pytest.mark.parametrize("end, beside", [("", ""), (".gz", ""), ("", ".gz"), (".gz", ".gz")])
def test_one_idx_file_finds_its_labels(tmp_path, end, beside):
    for name, array in ((f"my-images-idx3-ubyte{end}", GREY), (f"my-labels-idx1-ubyte{beside}", LABELS)):
        (tmp_path / name).write_bytes(gzip.compress(idx(array)) if name.endswith(".gz") else idx(array))
    found = datasets.load(str(tmp_path / f"my-images-idx3-ubyte{end}"))
    assert found.class_names == ("0", "1", "2")
    np.testing.assert_array_equal(found.labels, LABELS[found.columns["index"]])


@pytest.mark.parametrize("dtype", TYPES)
def test_every_idx_type_and_colour(tmp_path, dtype):
    images = COLOUR // 2 / 255 if "f" in dtype else COLOUR // 2
    path = tmp_path / "images"
    path.write_bytes(idx(images, dtype))
    found = datasets.load(str(path))
    np.testing.assert_array_equal(found.x_test, COLOUR[found.columns["index"][-1:]] // 2)


@pytest.mark.parametrize(
    "content, words",
    [
        (idx(GREY)[:-1], ["damaged", "promises 360 bytes", "(12, 6, 5)", "holds 359"]),
        (idx(GREY) + b"x", ["promises 360 bytes", "holds 361"]),
        (idx(GREY)[:9], ["damaged", "ends within its header"]),
        (b"\0\0\x08\x03" + b"\xff" * 12 + bytes(99), ["damaged", "holds 99"]),
        (b"\0\0\x07\x03" + idx(GREY)[4:], ["is no IDX file", "00 00 07 03"]),
        (b"\0\0\x08\x09" + idx(GREY)[4:], ["is no IDX file", "00 00 08 09"]),
        (b"\0\0\x08", ["is no IDX file"]),
        (idx(GREY[:0]), ["no images"]),
        (idx(LABELS), ["shape (12,)"]),
        (gzip.compress(idx(GREY), mtime=0)[:-20], ["damaged", "end-of-stream"]),
        (gzip.compress(idx(GREY), mtime=0)[:200] + bytes(300), ["damaged"]),
        (gzip.compress(idx(GREY), mtime=0) + b"x", ["damaged", "get it again"]),
        (gzip.compress(b"ustar", mtime=0), ["is no IDX file", "75 73 74 61"]),
    ],
)
def test_damaged_idx(tmp_path, content, words):
    path = tmp_path / "images-idx3-ubyte"
    path.write_bytes(content)
    refused(path, path, *words)
    refused(tmp_path, path, *words)


def test_idx_files_that_do_not_belong_together(tmp_path):
    folder = write_idx_folder(tmp_path / "a")
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(LABELS))
    refused(folder, folder / "train-images-idx3-ubyte", "9 images", "(12,)")
    folder = write_idx_folder(tmp_path / "b")
    (folder / "emnist-train-images-idx3-ubyte").write_bytes(idx(GREY))
    refused(folder, "emnist-train-images-idx3-ubyte and train-images-idx3-ubyte", "train images")


# --- Folders of pictures ----------------------------------------------------------------------------------------------


def by_file(found: datasets.Dataset) -> dict[str, np.ndarray]:
    return dict(zip(found.columns["file"].tolist(), np.concatenate([found.x_train, found.x_test]), strict=True))


def test_pictures_in_a_folder_for_each_class(tmp_path, capfd):
    write_pictures(tmp_path, COLOUR, np.array(["owl", "cat", "dog"])[LABELS])
    (tmp_path / "cat" / ".hidden.png").write_bytes(b"")
    (tmp_path / "cat" / "notes.txt").write_bytes(b"")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.png").write_bytes(b"")
    (tmp_path / "dog" / "deep").mkdir()
    (tmp_path / "dog" / "002.png").rename(tmp_path / "dog" / "deep" / "002.PNG")
    found = datasets.load(str(tmp_path))
    assert found.class_names == ("cat", "dog", "owl") and len(found.x_train) == 11
    files = found.columns["file"][np.argsort(found.columns["index"])].tolist()
    assert files == sorted(files) and len(files) == 12 and "dog/deep/002.PNG" in files
    assert [found.class_names[label] for label in found.labels] == [file[:3] for file in found.columns["file"]]
    np.testing.assert_array_equal(by_file(found)["dog/deep/002.PNG"], COLOUR[2])
    assert capfd.readouterr() == ("", "")  # no progress bar off a terminal


def test_flat_pictures_of_every_format(tmp_path):
    big = np.kron(GREY, np.ones((2, 2), np.uint8))
    for image, end in zip(big, ("png", "gif", "bmp", "TIFF", "pgm", "webp", "jpg"), strict=False):
        Image.fromarray(image).save(tmp_path / f"a.{end}", **({"lossless": True} if end == "webp" else {}))
    found = datasets.load(str(tmp_path))
    assert found.class_names == () and found.image_shape == (12, 10) and len(found.labels) == 7
    for image, end in zip(big, ("png", "gif", "bmp", "TIFF", "pgm", "webp"), strict=False):
        np.testing.assert_array_equal(by_file(found)[f"a.{end}"], image)


def test_pictures_in_splits(tmp_path):
    for split, rows in (("train", range(6)), ("test", range(6, 9)), ("val", range(9, 12))):
        write_pictures(tmp_path / split, GREY[rows], LABELS[rows])
    found = datasets.load(str(tmp_path))
    assert len(found.x_train) == len(found.x_test) == 6 and found.class_names == ("0", "1", "2")
    assert found.columns.keys() == {"file"} and found.columns["file"][[0, 11]].tolist() == [
        "train/0/000.png",
        "val/2/002.png",
    ]
    write_pictures(tmp_path, GREY[:1], ["bus"])
    assert datasets.load(str(tmp_path)).class_names == ("bus", "test", "train", "val")


def test_kinds_of_pixels(tmp_path):
    grey, colour = GREY[0], COLOUR[0]
    alpha = GREY[1]
    shown = {
        "a grey": (Image.fromarray(grey), np.dstack([grey] * 3)),
        "b colour": (Image.fromarray(colour), colour),
        "c grey in colours": (Image.fromarray(np.dstack([grey] * 3)), np.dstack([grey] * 3)),
        "d transparent": (Image.fromarray(np.dstack([colour, alpha])), np.rint(colour * (alpha[..., None] / 255))),
        "e palette": (Image.fromarray(colour).quantize(30), colour),
        "f black and white": (Image.fromarray(grey > 99), np.dstack([np.where(grey > 99, 255, 0)] * 3)),
        "g 16 bits": (Image.fromarray(grey.astype(np.uint16) * 257), np.dstack([grey] * 3)),
        "h grey transparent": (
            Image.fromarray(np.dstack([grey, alpha])),
            np.dstack([np.rint(grey * (alpha / 255))] * 3),
        ),
    }
    for name, (picture, _) in shown.items():
        picture.save(tmp_path / f"{name}.png")
    found = by_file(datasets.load(str(tmp_path)))
    for name, (_, wanted) in shown.items():
        np.testing.assert_allclose(found[f"{name}.png"], wanted, atol=1, err_msg=name)


def test_pictures_that_are_grey_all_over_stay_grey(tmp_path):
    write_pictures(tmp_path, np.stack([GREY] * 3, axis=-1))
    found = datasets.load(str(tmp_path))
    assert found.image_shape == (6, 5)
    np.testing.assert_array_equal(by_file(found)["003.png"], GREY[3])


def test_turned_pictures_are_turned_back(tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6  # its top is on the right
    for end in ("png", "tif"):
        write_pictures(tmp_path, GREY, end=end, exif=turned)
    found = by_file(datasets.load(str(tmp_path)))
    for name in ("000.png", "000.tif"):
        np.testing.assert_array_equal(found[name], np.rot90(GREY[0], -1))


def png_of(width: int, height: int) -> bytes:
    """The beginning of a PNG that says it is so large."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I4s", zlib.crc32(header), b"") + b"IDAT"
    )


def bad_picture(folder: Path, kind: str) -> None:
    whole = (folder / "000.png").read_bytes()
    if kind == "mode F":
        Image.fromarray(GREY[0] / np.float32(255)).save(folder / "bad.tif")
    elif kind == "mode I":
        Image.fromarray(GREY[0] - np.int32(300)).save(folder / "bad.tif")
    else:
        contents = {"empty": b"", "text": b"no picture", "cut": whole[:-30], "large": png_of(9500, 9500)}
        (folder / "bad.png").write_bytes((contents | {"huge": png_of(30_000, 30_000)})[kind])


@pytest.mark.parametrize(
    "kind, words",
    [
        ("empty", ["bad.png", "of no known format", "remove it"]),
        ("text", ["bad.png", "of no known format"]),
        ("cut", ["bad.png", "damaged", "remove it"]),
        ("large", ["bad.png", "more than", "pixels"]),
        ("huge", ["bad.png", "more than", "pixels"]),
        ("mode F", ["bad.tif", "floating-point"]),
        ("mode I", ["bad.tif", "beyond 16 bits"]),
    ],
)
def test_pictures_that_cannot_be_read(tmp_path, kind, words):
    write_pictures(tmp_path, GREY)
    bad_picture(tmp_path, kind)
    refused(tmp_path, *words)


def test_folders_that_are_no_data_set(tmp_path):
    write_pictures(tmp_path / "a", GREY)
    Image.fromarray(GREY[0, :4]).save(tmp_path / "a" / "other.png")
    refused(tmp_path / "a", "000.png is 5 pixels wide and 6 high", "other.png 5 and 4", "one size")
    write_pictures(tmp_path / "b", GREY, LABELS)
    Image.fromarray(GREY[0]).save(tmp_path / "b" / "stray.png")
    refused(tmp_path / "b", "stray.png", "beside folders")
    (tmp_path / "c" / "sub").mkdir(parents=True)
    (tmp_path / "c" / "notes.txt").write_text("nothing")
    refused(tmp_path / "c", "neither pictures", ".png")
    write_pictures(tmp_path / "d", GREY[:, :3])
    refused(tmp_path / "d", "3 × 5", "at least 4")
