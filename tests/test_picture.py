"""Pictures for the screen."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.drawing import picture


def test_enlarging_keeps_every_pixel_a_square():
    image = np.random.default_rng(0).random((28, 20)).astype(np.float32)
    shown = np.asarray(picture.enlarged(image, 300))
    assert shown.shape == (280, 200)
    np.testing.assert_array_equal(shown, np.kron(np.rint(image * 255), np.ones((10, 10))))


def test_colour_and_small_boxes():
    image = np.zeros((4, 4, 3), np.float32)
    image[0, 1] = (1, 0.5, 0)
    shown = np.asarray(picture.enlarged(image, 2))
    assert shown.shape == (4, 4, 3) and shown[0, 1].tolist() == [255, 128, 0]


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
