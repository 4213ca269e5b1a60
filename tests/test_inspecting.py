"""What a data set is said to hold, and what looks wrong with it."""

import gzip

import numpy as np
import pytest
from PIL import Image

from explorer.files.schema import AS_STORED, Reading
from explorer.images import datasets, inspecting
from tests.sources import COLOUR, GREY, LABELS, idx, write_npz, write_pictures


def warned(source, *words, reading: Reading = AS_STORED) -> None:
    """The source gets one warning, of one line, with all the words."""
    (warning,) = inspecting.warnings(datasets.load(str(source), reading))
    assert "\n" not in warning
    for word in words:
        assert str(word) in warning, warning


def fine(source, reading: Reading = AS_STORED) -> None:
    assert inspecting.warnings(datasets.load(str(source), reading)) == []


@pytest.fixture(scope="module")
def digits():
    """2,000 of MNIST's images, with labels."""
    mnist = datasets.load("mnist")
    return mnist.x_train[:2000], mnist.y_train[:2000]


def test_summary_of_mnist():
    mnist = datasets.load("mnist")
    assert inspecting.summary(mnist) == (
        "70,000 grey images of 28 × 28 pixels (60,000 train, 10,000 test); 10 classes: 0 (6,903), 1 (7,877), "
        "2 (6,990), 3 (7,141), 4 (6,824), 5 (6,313), 6 (6,876), 7 (7,293), 8 (6,825), 9 (6,958); no columns; "
        "source: mnist"
    )
    assert inspecting.warnings(mnist) == []


def test_summary_of_pictures_read_in_another_way(tmp_path):
    write_pictures(tmp_path, COLOUR, np.array(["owl", "cat", "a\nb"])[LABELS])
    found = datasets.load(str(tmp_path), Reading(resize=(8, 9), skip_damaged=True))
    assert inspecting.summary(found) == (
        "12 colour images of 8 × 9 pixels (11 train, 1 test); 3 classes: a\\nb (4), cat (4), owl (4); "
        f"2 columns: file, index; source: {tmp_path} --resize 8x9 --skip-damaged"
    )


def test_summary_without_labels_and_with_many_classes(tmp_path):
    unlabelled = datasets.load(str(write_npz(tmp_path / "a.npz", x_train=GREY, x_test=GREY)))
    assert "; no labels; no columns; " in inspecting.summary(unlabelled)
    many = datasets.load(str(write_npz(tmp_path / "b.npz", images=np.repeat(GREY, 9, axis=0), labels=np.arange(108))))
    assert "; 108 classes: 0 (1), 1 (1)" in inspecting.summary(many)
    assert "11 (1), … and 96 more; 1 column: index; " in inspecting.summary(many)


# --- What looks wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "images, words",
    [
        (GREY // 15, ["from 0 to 17", "multiply them by 15"]),
        (GREY % 2, ["from 0 to 1 ", "multiply them by 255"]),
        (GREY // 5 + 200, ["from 200 to 251", "whole range"]),
        (GREY * 0, ["all images are blank"]),
        (GREY[:1].repeat(5, axis=0), ["all images are the same"]),
    ],
)
def test_pixels_that_look_wrong(tmp_path, images, words):
    warned(write_npz(tmp_path / "a.npz", images=images), *words)
    fine(write_npz(tmp_path / "a.npz", images=GREY))


def test_twelve_bits_in_sixteen(tmp_path):
    for number, image in enumerate(GREY):
        Image.fromarray(image.astype(np.uint16) * 16).save(tmp_path / f"{number}.png")
    warned(tmp_path, "from 0 to 16 only")


def test_blank_images_are_counted_and_named(tmp_path):
    images = GREY.copy()
    images[[2, 7]] = 77
    warned(
        write_npz(tmp_path / "a.npz", x_train=images, x_test=images[:3]), "3 of 15 images", "train 2, train 7, test 2"
    )
    warned(write_npz(tmp_path / "b.npz", images=images), "2 of 12 images are blank (index 2, index 7)")
    write_pictures(tmp_path / "c", images)
    warned(tmp_path / "c", "file 007.png")


def test_one_folder_too_many(tmp_path):
    folder = tmp_path / "archive"
    write_pictures(folder / "birds", GREY, LABELS)
    warned(folder, "one class, 'birds'", f"one more folder: give {folder / 'birds'}")
    fine(folder / "birds")
    write_pictures(tmp_path / "b" / "train" / "birds", GREY, LABELS)
    warned(
        tmp_path / "b", f"move the folders in {tmp_path / 'b' / 'train' / 'birds'} up into {tmp_path / 'b' / 'train'}"
    )
    for split in ("train", "test"):
        write_pictures(tmp_path / "c" / "all" / split, GREY, LABELS)
    warned(tmp_path / "c", f"give {tmp_path / 'c' / 'all'}")
    fine(tmp_path / "c" / "all")


def test_one_class(tmp_path):
    write_pictures(tmp_path / "pictures" / "owl", GREY)
    warned(tmp_path / "pictures", "one class, 'owl'", f"or give {tmp_path / 'pictures' / 'owl'}")
    fine(tmp_path / "pictures" / "owl")
    warned(write_npz(tmp_path / "a.npz", images=GREY, labels=LABELS * 0), "one class, '0'", "leave the labels out")


def test_splits_that_are_read_as_classes(tmp_path):
    for name in ("train", "test", "extra"):
        write_pictures(tmp_path / name, GREY, LABELS)
    warned(tmp_path, "'test' and 'train' are read as classes", "move 'extra' elsewhere")


@pytest.mark.parametrize(
    "names, wrong, right",
    [
        (["images"], "target", "labels"),
        (["images"], "Label", "labels"),
        (["images"], "y", "labels"),
        (["x"], "labels", "y"),
        (["x_train"], "target", "y_train"),
    ],
)
@pytest.mark.parametrize("labels", [LABELS, np.eye(3)[LABELS]], ids=["numbers", "one-hot"])
def test_labels_by_another_name(tmp_path, names, wrong, right, labels):
    path = write_npz(tmp_path / "a.npz", **dict.fromkeys(names, GREY), **{wrong: labels})
    warned(path, f"({wrong}) is not read as labels", f"call it {right} to")
    if labels.ndim == 1:
        fine(write_npz(tmp_path / "b.npz", **dict.fromkeys(names, GREY), **{right: labels}))


def test_labels_of_two_splits_by_another_name(tmp_path):
    path = write_npz(tmp_path / "a.npz", x_train=GREY, x_test=GREY, train_labels=LABELS, test_labels=LABELS)
    warned(path, "(train_labels) is not", "call it y_train and y_test")
    fine(write_npz(tmp_path / "b.npz", x_train=GREY, y_train=LABELS, x_test=GREY, y_test=LABELS, target=LABELS))


# --- Rows for columns -------------------------------------------------------------------------------------------------


def test_emnists_files_are_told_by_their_names(tmp_path):
    path = tmp_path / "emnist-letters-train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx(GREY)))
    warned(path, "rows and columns", "--transpose")
    warned(tmp_path, "--transpose")
    fine(path, Reading(transpose=True))


def test_digits_are_told_by_their_looks(tmp_path, digits):
    images, labels = digits
    turned = write_npz(tmp_path / "a.npz", images=images.swapaxes(1, 2), labels=labels)
    warned(turned, "--transpose")
    fine(turned, Reading(transpose=True))
    upright = write_npz(tmp_path / "b.npz", images=images, labels=labels)
    fine(upright)
    warned(upright, "leave out --transpose", reading=Reading(transpose=True))


@pytest.mark.parametrize("change", [lambda x: x[::-1], lambda x: np.rot90(x, 1, (1, 2)), lambda x: x[:, :, ::-1]])
def test_other_images_are_not_taken_for_transposed_digits(tmp_path, digits, change):
    images, labels = digits
    fine(write_npz(tmp_path / "a.npz", images=change(images), labels=labels))
