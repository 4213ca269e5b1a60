"""Painted dots look like Matplotlib's markers."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from explorer.drawing.stamps import Ground

SIZE = WIDTH, HEIGHT = 120, 90
REACH = 6


def by_matplotlib(at, bounds, colours, size) -> np.ndarray:
    renderer = RendererAgg(WIDTH, HEIGHT, 72)
    np.asarray(renderer.buffer_rgba())[...] = ground()
    gc = renderer.new_gc()
    gc.set_linewidth(0)
    gc.set_snap(False)
    marker = MarkerStyle("o")
    path, transform = marker.get_path(), marker.get_transform().scale(size)
    for start, end, colour in zip(bounds[:-1], bounds[1:], colours, strict=True):
        for x, y in at[start:end].tolist():
            renderer.draw_markers(gc, path, transform, Path([[x, HEIGHT - y]]), IdentityTransform(), tuple(colour))
    return np.array(renderer.buffer_rgba())


def ground() -> np.ndarray:
    levels = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    levels[::7, :, :3] = 200, 90, 10
    return levels


@pytest.mark.parametrize("size", [1.0, 1.9, 2.469, 4.0, 6.9, 10.5])
@pytest.mark.parametrize("alpha", [1.0, 0.3])
def test_dots_look_like_markers(size, alpha):
    random = np.random.default_rng(4)
    at = np.concatenate([random.normal((60, 45), 12, (500, 2)), random.uniform(-30, 150, (500, 2))])
    random.shuffle(at)
    colours = np.column_stack([random.random((3, 3)), np.full(3, alpha)])
    bounds = [0, 300, 300, 1000]
    levels = ground()
    painted = Ground(levels, REACH)
    for _ in range(2):  # the second time over the first one
        painted.paint(at, bounds, colours, size)
    found = abs(levels.astype(int) - by_matplotlib(at, bounds, colours, size))
    assert found.max() <= (4 if alpha == 1 else 10) and found.mean() < 0.5
    assert (levels != ground()).any(axis=2).sum() > 500
    painted.paint(at[:0], [0, 0], colours[:1], size)
    assert (levels == ground()).all(), "the dots are gone"


@pytest.mark.parametrize("count", [2, 5, 39, 300, 70_000])
def test_dots_on_the_same_pixel_cover_it_as_often(count):
    levels, colour = ground(), np.array([[0.1, 0.2, 0.8, 1.0]])
    at = np.full((count, 2), (40.2, 30.3))
    Ground(levels, REACH).paint(at, [0, count], colour, 3.0)
    expected = by_matplotlib(at[:500], [0, min(count, 500)], colour, 3.0)
    assert abs(levels.astype(int) - expected).max() <= 4


def test_dots_reach_into_the_picture_from_beside_it():
    levels, colour = ground(), np.array([[0.0, 0.0, 0.0, 1.0]])
    corners = np.array([[-2.0, 40.0], [WIDTH + 1.0, 40.0], [60.0, -2.0], [60.0, HEIGHT + 1.0], [1e9, -1e9]])
    Ground(levels, REACH).paint(corners, [0, 5], colour, 9.0)
    black = (levels[..., :3] < 10).all(axis=2)
    assert black[40, 0] and black[40, -1] and black[0, 60] and black[-1, 60] and black.sum() < 4 * 60
