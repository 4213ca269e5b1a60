"""Drawings made into images like MNIST's: their size, place and proportions, and what picture files may be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from explorer.errors import UserError
from explorer.images import datasets, handwriting
from explorer.images.handwriting import SIDE, Paper

SHARES = st.floats(0, 1)
STROKES = st.lists(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=8), min_size=1, max_size=4)


def drawn(strokes, width=0.08) -> Paper:
    paper = Paper()
    for first, *others in strokes:
        paper.begin(first, width)
        for point in others:
            paper.extend(point)
    return paper


def extent(image, least=0.0):
    """Top, left, height and width of the ink."""
    rows, columns = (np.flatnonzero((image > least).any(axis=axis)) for axis in (1, 0))
    return rows[0], columns[0], np.ptp(rows) + 1, np.ptp(columns) + 1


@given(STROKES, st.sampled_from([(28, 28), (32, 32), (20, 30), (64, 48), (8, 8)]))
def test_ink_fills_its_box_in_proportion_with_its_mass_in_the_middle(strokes, shape):
    paper = drawn(strokes)
    image = handwriting.prepared(paper.levels, shape)
    assert image.shape == shape and image.dtype == np.float32 and image.max() == 1 and image.min() >= 0
    top, left, height, width = extent(image)
    *_, tall, wide = extent(paper.levels)
    room = np.array(shape) * 20 / 28
    scale = min(room / (tall, wide))
    assert abs(height - tall * scale) <= 1 and abs(width - wide * scale) <= 1
    assert height <= room[0] + 0.5 and width <= room[1] + 0.5
    ink = image.astype(np.float64)
    for axis, start, size in ((0, top, height), (1, left, width)):
        centre = ink.sum(axis=1 - axis) @ np.arange(shape[axis]) / ink.sum()
        at_edge = start == 0 or start + size == shape[axis]
        assert abs(centre - shape[axis] / 2) <= 0.5 + 1e-6 or at_edge


@given(STROKES, STROKES)
def test_undo_brings_back_what_was_there(strokes, more):
    paper, before = drawn(strokes + more), drawn(strokes).levels
    for _ in more:
        paper.undo()
    np.testing.assert_array_equal(paper.levels, before)
    for _ in range(len(strokes) + 2):
        paper.undo()
    assert not paper.layers and not paper.levels.any()


def test_a_picture_is_a_layer_like_a_stroke():
    paper = drawn([[(0.2, 0.2), (0.8, 0.8)]])
    before, other = paper.levels.copy(), np.full((SIDE, SIDE), 7, np.uint8)
    paper.put(other)
    paper.extend((0.5, 0.5))  # no stroke to go on with
    assert (paper.levels == 7).all()
    paper.begin((0.5, 0.5), 0.1)
    paper.undo()
    assert (paper.levels == 7).all()
    paper.undo()
    np.testing.assert_array_equal(paper.levels, before)
    paper.clear()
    assert handwriting.prepared(paper.levels, (28, 28)) is None


def test_an_empty_paper_has_no_image_and_a_dot_has_one():
    assert handwriting.prepared(Paper().levels, (28, 28)) is None
    assert extent(handwriting.prepared(drawn([[(0.1, 0.1)]]).levels, (28, 28)))[2:] == (20, 20)


def test_where_it_is_drawn_and_how_large_makes_no_difference():
    shape = np.array([(0.0, 0.0), (1.0, 0.4), (0.3, 0.7), (0.9, 1.0)])
    images = [
        handwriting.prepared(drawn([(shape * size + at).tolist()], 0.1 * size).levels, (28, 28))
        for size, at in ((0.8, (0.1, 0.1)), (0.4, (0.5, 0.1)), (0.3, (0.1, 0.6)))
    ]
    for other in images[1:]:
        assert np.abs(images[0] - other).mean() < 0.03


def test_colour_images_get_three_equal_channels():
    levels = drawn([[(0.2, 0.3), (0.7, 0.8)]]).levels
    image = handwriting.prepared(levels, (32, 32, 3))
    assert image.shape == (32, 32, 3) and (image == image[..., :1]).all()
    np.testing.assert_array_equal(image[..., 0], handwriting.prepared(levels, (32, 32)))


def test_digits_of_mnist_stay_what_they_are(tmp_path):
    """As picture files of three sizes, white on black and black on white."""
    for row, levels in enumerate(datasets.load("mnist").x_test[:30]):
        picture = Image.fromarray(levels if row % 2 else 255 - levels)
        side = (28, 280, 84)[row % 3]
        picture.resize((side, side), Image.Resampling.NEAREST).save(tmp_path / "digit.png")
        image = handwriting.prepared(handwriting.read(tmp_path / "digit.png"), (28, 28))
        assert np.abs(image - datasets.as_float(levels)).mean() < 0.002


def saved(path, levels, mode="L", **options):
    Image.fromarray(levels).convert(mode).save(path, **options)
    return handwriting.read(path)


def test_any_kind_of_picture_becomes_white_ink_on_black(tmp_path):
    ink = drawn([[(0.3, 0.2), (0.6, 0.8)]]).levels
    np.testing.assert_array_equal(saved(tmp_path / "a.png", ink), ink)
    np.testing.assert_array_equal(saved(tmp_path / "b.bmp", 255 - ink, "RGB"), ink)
    np.testing.assert_array_equal(saved(tmp_path / "c.gif", ink, "P"), ink)
    np.testing.assert_array_equal(saved(tmp_path / "d.png", ink, "1"), ink)
    assert np.abs(saved(tmp_path / "e.jpg", 255 - ink).astype(int) - ink).mean() < 2
    # grey paper with the grain that a photograph has
    noise = np.random.default_rng(0).normal(0, 4, (600, 450))
    photo = np.clip(180 - 0.55 * np.asarray(Image.fromarray(ink).resize((450, 600))) + noise, 0, 255)
    read = saved(tmp_path / "f.png", photo.astype(np.uint8))
    assert read.shape == ink.shape and read[:10].max() < 60 and read.max() == 255


@pytest.mark.parametrize("colour", [0, 255])
def test_transparent_pictures_show_their_ink(tmp_path, colour):
    ink = drawn([[(0.3, 0.2), (0.6, 0.8)]]).levels
    pixels = np.full((SIDE, SIDE, 4), colour, np.uint8)
    pixels[..., 3] = ink
    Image.fromarray(pixels).save(tmp_path / "t.png")
    np.testing.assert_array_equal(handwriting.read(tmp_path / "t.png"), ink)


def test_of_an_animation_the_first_frame_counts(tmp_path):
    first, second = (drawn([[(x, 0.2), (x, 0.8)]]).levels for x in (0.3, 0.7))
    frames = [Image.fromarray(levels) for levels in (first, second)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(handwriting.read(tmp_path / "a.gif"), first)


def test_pictures_of_odd_sizes(tmp_path):
    for size in ((1, 400), (400, 1), (3, 2), (1, 1), (2000, 30)):
        levels = np.zeros(size, np.uint8)
        levels[size[0] // 2, size[1] // 3] = 255
        Image.fromarray(levels).save(tmp_path / "s.png")
        try:
            assert handwriting.prepared(handwriting.read(tmp_path / "s.png"), (28, 28)) is not None
        except UserError as error:
            assert "shows nothing" in str(error)


def test_bad_files_get_one_clear_line(tmp_path):
    whole = tmp_path / "whole.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200), np.uint8)).save(whole)
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:9000])
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty.png").write_bytes(b"")
    Image.new("L", (50, 50), 200).save(tmp_path / "plain.png")
    Image.new("1", (12_000, 12_000)).save(tmp_path / "huge.png")
    (tmp_path / "folder.png").mkdir()
    wanted = {
        "cut": "damaged",
        "text": "damaged or no picture",
        "empty": "damaged or no picture",
        "plain": "one colour",
        "huge": "pixels",
        "folder": "is a folder",
        "absent": "is missing",
    }
    for name, words in wanted.items():
        with pytest.raises(UserError, match=words) as raised:
            handwriting.read(tmp_path / f"{name}.png")
        assert "\n" not in str(raised.value)
