"""`.npz` and IDX as real files, and every way in which they can be bad."""

import gzip

import numpy as np
import pytest

from explorer.images import datasets
from tests.sources import COLOUR, GREY, LABELS, TYPES, idx, refused, write_idx_folder, write_npz

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
        ({"images": GREY, "labels": np.zeros((12, 3))}, ["have 3 columns", "labels[:, 0]"]),
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
