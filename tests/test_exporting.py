"""What is exported reads back as it is known: CSV with csv, NPZ with NumPy, the sheet with Pillow."""

import csv

import numpy as np
import pytest

from explorer.analysis import exporting
from explorer.drawing import sheet
from explorer.errors import NotAllowed
from explorer.images import datasets
from explorer.spaces.latent_space import LatentSpace
from tests.spaces import make_space

NAMES = ("Äpfel", 'quoted "b"', "with, comma", "")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    columns = {"weight": np.linspace(-1, 1, 200), "place": np.array(["here", "a, b\nc"] * 100)}
    return make_space(tmp_path_factory.mktemp("spaces") / "small", (8, 6), NAMES, n=200, columns=columns)


@pytest.fixture(scope="module")
def dataset(small):
    return datasets.load(small.card["data"]["source"])


ROWS = np.array([0, 3, 17, 179, 180, 199])
ERRORS = np.linspace(0, 0.1, 200, dtype=np.float32)


def test_npz_reads_back(small, dataset, tmp_path):
    path = tmp_path / "out.npz"
    exporting.write_npz(path, exporting.table(small, ROWS, dataset, ERRORS))
    with np.load(path, allow_pickle=False) as file:
        assert file["index"].tolist() == ROWS.tolist()
        assert file["split"].tolist() == ["train"] * 4 + ["test"] * 2
        assert (file["label"] == small.labels[ROWS]).all()
        assert file["class"].tolist() == [NAMES[label] for label in small.labels[ROWS]]
        assert (file["codes"] == small.codes[ROWS]).all() and file["codes"].dtype == np.float32
        assert (file["error"] == ERRORS[ROWS]).all()
        assert (file["column_weight"] == small.columns["weight"][ROWS]).all()
        assert (file["column_place"] == small.columns["place"][ROWS]).all()


def test_csv_reads_back(small, dataset, tmp_path):
    path = tmp_path / "out.csv"
    exporting.write_csv(path, exporting.table(small, ROWS, dataset, ERRORS))
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    names = ["index", "split", "label", "class", "z0", "z1", "error", "column_weight", "column_place"]
    assert list(lines[0]) == names and len(lines) == len(ROWS)
    for line, row in zip(lines, ROWS, strict=True):
        assert int(line["index"]) == row and line["split"] == ("train" if row < 180 else "test")
        assert int(line["label"]) == small.labels[row] and line["class"] == NAMES[small.labels[row]]
        assert [np.float32(line["z0"]), np.float32(line["z1"])] == small.codes[row].tolist()
        assert np.float32(line["error"]) == ERRORS[row]
        assert float(line["column_weight"]) == small.columns["weight"][row]
        assert line["column_place"] == small.columns["place"][row]


def test_what_is_not_known_is_left_out(small, tmp_path):
    found = exporting.table(small, ROWS)
    assert not {"error", "split"} & set(found) and {"index", "label", "codes"} <= set(found)
    bare = make_space(tmp_path / "bare", (8, 8), (), n=50)
    assert list(exporting.table(bare, np.array([2, 4]))) == ["index", "codes"]


def test_rows_are_rows_and_not_points(small, dataset):
    """In a space of some of the images, in another order."""
    order = np.array([199, 5, 180, 0, 3])
    some = LatentSpace("some", small.folder, small.card, small.codes[order], small.labels[order], order)
    found = exporting.table(some, np.array([3, 5, 7, 199]), dataset, ERRORS[order])
    assert found["index"].tolist() == [199, 5, 3]  # in the order of the points, without 7
    assert (found["codes"] == small.codes[[199, 5, 3]]).all() and (found["error"] == ERRORS[[199, 5, 3]]).all()


def test_a_folder_that_cannot_be_written(small, tmp_path):
    (tmp_path / "file").write_text("")
    for write in (exporting.write_csv, exporting.write_npz):
        with pytest.raises(NotAllowed, match="cannot write"):
            write(tmp_path / "file" / "out", exporting.table(small, ROWS))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "shape, side", [((28, 28), 28), ((28, 28), 60), ((9, 20), 28), ((64, 48, 3), 28), ((8, 8, 3), 28)]
)
@pytest.mark.parametrize("count", [0, 1, 7, 53])
def test_any_part_of_a_sheet_is_that_part_of_the_whole(shape, side, count):
    pixels = np.random.default_rng(0).integers(0, 256, (count, *shape), np.uint8)
    images = lambda first, last: pixels[first:last]  # noqa: E731
    layout = sheet.laid_out(count, 200, shape, side)
    width, height = 210, layout.size[1]
    whole = np.asarray(layout.compose(images, 0, height, width, "#336699"))
    for top in (0, 1, 13, 31, 100, height - 5):
        part = np.asarray(layout.compose(images, top, 60, width, "#336699"))
        expected = whole[top : top + 60]
        assert (part[: len(expected)] == expected).all() and (part[len(expected) :] == (0x33, 0x66, 0x99)).all()


def test_a_pixel_of_a_sheet_belongs_to_the_image_that_is_shown_there():
    levels = np.arange(1, 54, dtype=np.uint8)
    pixels = np.repeat(levels, 28 * 28).reshape(-1, 28, 28)
    layout = sheet.laid_out(53, 200, (28, 28), 28)
    whole = np.asarray(layout.compose(lambda first, last: pixels[first:last], 0, layout.size[1], 200, "#000000"))
    for y, x in np.ndindex(*whole.shape[:2]):
        position = layout.at(x, y)
        assert whole[y, x, 0] == (0 if position is None else position + 1)


def test_a_sheet_for_a_file_stays_within_bounds():
    for count in (1, 2, 1000, 70_000, 1_000_000):
        layout = sheet.for_file(count, (28, 28), 28)
        assert max(layout.size) <= sheet.LARGEST_SIDE and layout.columns * (layout.size[1] // layout.step[1]) >= count
        assert count < 50 or 0.8 < layout.size[0] / layout.size[1] < 1.25
