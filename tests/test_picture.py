"""Pictures for the screen."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.drawing import picture


def test_enlarging_keeps_every_pixel_a_square():
    image = np.random.default_rng(0).random((28, 20)).astype(np.float32)
    shown = np.asarray(picture.scaled(picture.to_bytes(image), 300))
    assert shown.shape == (280, 200)
    np.testing.assert_array_equal(shown, np.kron(np.rint(image * 255), np.ones((10, 10))))


def test_colours_stay_what_they_are():
    image = np.zeros((4, 4, 3), np.float32)
    image[0, 1] = (1, 0.5, 0)
    shown = np.asarray(picture.scaled(picture.to_bytes(image), 9))
    assert shown.shape == (8, 8, 3) and shown[0, 2].tolist() == shown[1, 3].tolist() == [255, 128, 0]


def test_what_is_too_large_is_shrunk_to_means():
    levels = np.random.default_rng(0).integers(0, 256, (120, 80, 3), np.uint8)
    shown = np.asarray(picture.scaled(levels, 30)).astype(float)
    assert shown.shape == (30, 20, 3)
    np.testing.assert_allclose(shown, levels.reshape(30, 4, 20, 4, 3).mean(axis=(1, 3)), atol=1)  # rounded twice


@given(st.tuples(st.integers(1, 600), st.integers(1, 600)), st.integers(1, 700))
def test_every_shape_fits_and_is_as_large_as_it_can_be(shape, size):
    width, height = picture.shown_size(shape, size)
    assert 1 <= width <= size and 1 <= height <= size
    factor = picture.zoom_factor(shape, size)
    if factor:
        assert (height, width) == (shape[0] * factor, shape[1] * factor) and max(width, height) > size - max(shape)
    else:
        assert max(width, height) == size
        shorter, longer = sorted(shape)
        assert abs(min(width, height) - max(shorter * size / longer, 1)) <= 0.5
    assert picture.scaled(np.zeros(shape, np.uint8), size).size == (width, height)


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.data())
def test_the_changed_box_holds_every_change_and_no_more(old, data):
    new = data.draw(arrays(np.uint8, old.shape))
    box = picture.changed_box(old, new)
    if box is None:
        assert (old == new).all()
        return
    x0, y0, x1, y1 = box
    pasted = old.copy()
    pasted[y0:y1, x0:x1] = new[y0:y1, x0:x1]
    assert (pasted == new).all()
    rows, columns = np.nonzero(old != new)
    assert (x0, y0, x1, y1) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_dots_are_smooth_and_rings_hollow():
    dot, ring = (np.asarray(picture.dot("#ff0000", 14, filled)) for filled in (True, False))
    assert dot.shape == (14, 14, 4)
    assert dot[7, 7].tolist() == [255, 0, 0, 255] and dot[0, 0, 3] == 0
    assert ring[7, 7, 3] == 0 and ring[7, 1, 3] > 100
