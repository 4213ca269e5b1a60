"""The contact sheet of a data set, against the images that it shows."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from explorer.drawing import class_sheet
from explorer.drawing.class_sheet import COLUMNS, EDGE, GAP, NAMES
from explorer.images import datasets
from tests.sources import COLOUR, GREY, LABELS, write_npz


def pixels_of(dataset: datasets.Dataset) -> np.ndarray:
    figure = class_sheet.drawn(dataset)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def cell(pixels: np.ndarray, row: int, column: int, left: int, zoom: int = 10) -> np.ndarray:
    """One image of the sheet, of images 6 pixels high and 5 wide, at its own size."""
    top, left = EDGE + row * (6 * zoom + GAP), left + column * (5 * zoom + GAP)
    return pixels[top : top + 6 * zoom : zoom, left : left + 5 * zoom : zoom]


def is_one_of(image: np.ndarray, images: np.ndarray) -> bool:
    return any(np.array_equal(image, one) for one in images)


@pytest.mark.parametrize("images", [GREY, COLOUR], ids=["grey", "colour"])
def test_each_row_shows_images_of_its_class(tmp_path, images):
    names = np.array(["owl", "$x^2$ {", "日本語\n" * 50])[LABELS]
    dataset = datasets.load(str(write_npz(tmp_path / "a.npz", images=images, labels=names)))
    pixels = pixels_of(dataset)
    for row, name in enumerate(dataset.class_names):
        own = images[[str(one).startswith(name[:3]) for one in names]]
        own = own if own.ndim == 4 else np.repeat(own[..., None], 3, axis=3)
        for column in range(COLUMNS):
            image = cell(pixels, row, column, EDGE + NAMES)
            assert is_one_of(image, own) == (column < 4)
            assert column < 4 or (image == 255).all()
        beside = pixels[EDGE + row * 64 : EDGE + row * 64 + 60]
        assert (beside[:, EDGE : EDGE + NAMES] < 100).any()  # its name
        assert (beside[:, EDGE + NAMES - 4 : EDGE + NAMES - 1] == 255).all() and (beside[:, :EDGE] == 255).all()


def test_without_labels_it_shows_images_from_anywhere(tmp_path):
    dataset = datasets.load(str(write_npz(tmp_path / "a.npz", x_train=COLOUR, x_test=COLOUR)))
    pixels = pixels_of(dataset)
    assert all(is_one_of(cell(pixels, row, column, EDGE), COLOUR) for row in range(2) for column in range(COLUMNS))


def test_of_many_classes_some_are_shown(tmp_path):
    images = np.repeat(GREY, 20, axis=0)
    dataset = datasets.load(str(write_npz(tmp_path / "a.npz", images=images, labels=np.arange(240))))
    pixels = pixels_of(dataset)
    assert pixels.shape[0] == 2 * EDGE + 100 * 64 - GAP + class_sheet.FOOT
    assert (pixels[-EDGE - class_sheet.FOOT :] < 200).any()  # how many more there are
