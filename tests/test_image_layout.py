"""Layouts of images: there and back, as JSON, and against a way of its own to the same array."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.decoding.fitting.layout import Layout, layouts_of
from explorer.files import schema

SIDES = st.integers(1, 7)
SHAPES = st.one_of(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES, st.just(3)))
RANGES = st.sampled_from([(0, 1), (-1, 1), (0, 255), (1, 0), (-0.4, 2.8)])


@st.composite
def cases(draw):
    shape = draw(SHAPES)
    layout = draw(st.sampled_from(layouts_of(shape, None, *draw(RANGES))))
    images = np.random.default_rng(draw(st.integers(0, 9))).random((draw(st.integers(0, 4)), *shape), np.float32)
    return layout, images


@given(cases())
def test_there_and_back(case):
    layout, images = case
    rows = layout.to_model(images)
    assert rows.shape == (len(images), *layout.shape) and rows.dtype == np.float32
    np.testing.assert_allclose(layout.from_model(rows), images, atol=1e-5)
    ends = sorted((layout.low, layout.high))
    assert not len(rows) or (rows.min() >= ends[0] - 1e-5 and rows.max() <= ends[1] + 1e-5)
    assert schema.checked(json.loads(json.dumps(dataclasses.asdict(layout))), Layout) == layout


@given(cases())
def test_each_pixel_is_where_the_model_expects_it(case):
    layout, images = case
    rows = layout.to_model(images)
    for image, row in zip(images, rows, strict=True):
        pixels = image * (layout.high - layout.low) + layout.low
        if layout.channels == "first":
            pixels = np.stack([pixels[..., c] for c in range(3)]) if pixels.ndim == 3 else pixels[None]
        np.testing.assert_allclose(row.ravel(), pixels.ravel(), atol=1e-5 * 255)


@given(SHAPES, RANGES)
def test_other_colours_than_the_images_have(shape, low_high):
    depth = 1 if len(shape) == 3 else 3
    images = np.random.default_rng(0).random((2, *shape), np.float32)
    if depth == 1:  # a grey picture comes back grey
        images[:] = images[..., :1]
    for layout in layouts_of(shape, (shape[0] * shape[1] * depth,), *low_high):
        assert layout.depth == depth
        np.testing.assert_allclose(layout.from_model(layout.to_model(images)), images, atol=1e-5)


def test_values_outside_the_range_are_clipped():
    layout = Layout((1, 3), (3,), "none", -1, 1)
    outputs = np.float32([[-3, 0, 3]])
    assert layout.from_model(outputs).tolist() == [[[0, 0.5, 1]]]
    assert layout.from_model(outputs, clip=False).tolist() == [[[-1, 0.5, 2]]]


@pytest.mark.parametrize(
    "shape, pattern, found",
    [
        ((28, 28), (784,), [((784,), "none")]),
        ((28, 28), (None, None, 1), [((28, 28, 1), "last")]),
        ((28, 28), (1, None, None), [((1, 28, 28), "first")]),
        ((28, 28), (None, None, 3), [((28, 28, 3), "last")]),
        ((32, 32, 3), (3072,), [((3072,), "last"), ((3072,), "first")]),
        ((32, 32, 3), (3, 32, 32), [((3, 32, 32), "first")]),
        ((32, 32, 3), (28, 28, 3), []),
        ((32, 32, 3), (), []),
    ],
)
def test_the_layouts_of_a_shape(shape, pattern, found):
    assert [(layout.shape, layout.channels) for layout in layouts_of(shape, pattern)] == found


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"image_shape": [2, 2], "shape": [5], "channels": "none", "low": 0, "high": 1},
        {"image_shape": [2, 2], "shape": [4], "channels": "last", "low": 0, "high": 1},
        {"image_shape": [2, 2], "shape": [4], "channels": "none", "low": 1, "high": 1},
        {"image_shape": [2, 2], "shape": [4], "channels": "none", "low": 0, "high": float("nan")},
        {"image_shape": [2], "shape": [4], "channels": "none", "low": 0, "high": 1},
        {"image_shape": 2, "shape": [4], "channels": "none", "low": 0, "high": 1},
        {"image_shape": ["a", "b"], "shape": [4], "channels": "none", "low": 0, "high": 1},
    ],
)
def test_a_layout_that_cannot_be_is_refused(content):
    with pytest.raises(ValueError):
        schema.checked(content, Layout)
