"""The drawn map: pixels and places, and equal pictures by two ways."""

import dataclasses

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from explorer.analysis import colouring
from explorer.drawing.latent_map import MOST_LINES, LatentMap
from explorer.drawing.themes import THEMES, class_colour
from explorer.session.state import MapState, SharedState
from explorer.spaces import view
from tests.spaces import make_space


@pytest.fixture
def drawn(space):
    figure = Figure((8, 6), dpi=100)
    canvas = FigureCanvasAgg(figure)
    state, shared = MapState(space), SharedState()
    return canvas, LatentMap(figure, state, shared), state, shared


def pixels(canvas) -> np.ndarray:
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def test_place_and_pixel_are_inverse_and_agree_with_matplotlib(drawn):
    canvas, latent_map, *_ = drawn
    canvas.draw()
    for place in ((0.0, 0.0), (3.5, -7.25), (-40.0, 90.0)):
        x, y = latent_map.pixel_at(place)
        assert latent_map.place_at(x, y) == pytest.approx(place)
        oracle = latent_map.axes.transData.transform(place)
        assert (x, 600 - y) == pytest.approx(tuple(oracle), abs=1e-6)


def test_axes_are_honest(drawn):
    """A latent unit is as long upwards as sideways, and everything asked for is inside."""
    _, latent_map, state, _ = drawn
    (x0, y0), (x1, y1) = latent_map.pixel_at((0, 0)), latent_map.pixel_at((1, 1))
    assert x1 - x0 == pytest.approx(y0 - y1)
    assert view.inside(state.space.places, latent_map.limits).mean() >= 0.995
    a0, a1, b0, b1 = latent_map.limits
    assert a0 <= state.home[0] + 1e-9 and a1 >= state.home[1] - 1e-9 and b0 <= state.home[2] + 1e-9


def test_there_and_back_gives_the_same_picture(drawn):
    canvas, latent_map, state, shared = drawn
    before = pixels(canvas)
    state.zoom((1.0, 2.0), 3.0)
    latent_map.fit()
    assert (pixels(canvas) != before).any()
    state.reset_view()
    latent_map.fit()
    shared.toggle_class(3)
    latent_map.show_classes()
    shared.toggle_theme()
    latent_map.apply_theme()
    assert (pixels(canvas) != before).any()
    shared.toggle_class(3)
    latent_map.show_classes()
    shared.toggle_theme()
    latent_map.apply_theme()
    assert (pixels(canvas) == before).all()


def test_hiding_a_class_equals_a_map_without_it(drawn, space, monkeypatch):
    """The stamped picture with threes hidden is the picture of a space that has none."""
    canvas, latent_map, state, shared = drawn
    shared.toggle_class(3)
    latent_map.show_classes()
    keep = space.labels != 3
    less = dataclasses.replace(space, codes=space.codes[keep], labels=space.labels[keep], rows=space.rows[keep])
    figure = Figure((8, 6), dpi=100)
    monkeypatch.setattr(view, "home", lambda less: state.home)
    other_state = MapState(less)
    other = FigureCanvasAgg(figure)
    LatentMap(figure, other_state, SharedState())
    assert (pixels(canvas) == pixels(other)).all()


def assert_all_drawn_once(latent_map, space):
    drawn_points = np.concatenate([line.get_xydata() for line in latent_map.axes.lines])
    places = space.places[~np.isin(space.labels, list(latent_map.shared.hidden))]
    assert len(drawn_points) == len(places)
    order = lambda points: points[np.lexsort(points.T)]  # noqa: E731
    np.testing.assert_allclose(order(drawn_points.astype(np.float32)), order(places))


def test_all_points_are_drawn_once(drawn, space):
    _, latent_map, *_ = drawn
    assert_all_drawn_once(latent_map, space)


@pytest.mark.parametrize("classes", [0, 1, 2, 47, 200])
def test_any_number_of_classes(tmp_path, classes):
    """Each in its colour, hidden without the others; few lines, since each costs time, however few its points."""
    space = make_space(tmp_path / "space", classes=[f"class {index}" for index in range(classes)], n=1000)
    figure, state, shared = Figure((8, 6), dpi=100), MapState(space), SharedState()
    canvas, latent_map = FigureCanvasAgg(figure), LatentMap(figure, state, shared)
    assert_all_drawn_once(latent_map, space)
    assert len(latent_map.axes.lines) <= max(MOST_LINES, classes)
    colours = {line.get_color() for line in latent_map.axes.lines}
    assert colours == ({class_colour(index) for index in range(classes)} or {THEMES["light"].dots})
    shared.toggle_theme()
    latent_map.apply_theme()
    dark = colours if classes else {THEMES["dark"].dots}
    assert {line.get_color() for line in latent_map.axes.lines} == dark
    for index in range(1, classes):
        shared.toggle_class(index)
    latent_map.show_classes()
    visible = sum(len(line.get_xydata()) for line in latent_map.axes.lines if line.get_visible())
    assert visible == np.sum(space.labels == 0)
    pixels(canvas)


def test_a_class_without_points_is_no_obstacle(space):
    few = space.labels >= 8
    less = dataclasses.replace(space, codes=space.codes[few], labels=space.labels[few], rows=space.rows[few])
    latent_map = LatentMap(Figure((8, 6)), MapState(less), SharedState())
    assert_all_drawn_once(latent_map, less)


def test_few_points_are_drawn_larger(tmp_path, drawn):
    few = LatentMap(Figure((8, 6), dpi=100), MapState(make_space(tmp_path / "space", n=200)), SharedState())
    assert few.axes.lines[0].get_markersize() > 2 * drawn[1].axes.lines[0].get_markersize()


@pytest.mark.parametrize("classes", [(10, 10), (0, 1), (1, 0), (10, 3), (3, 200)])
def test_a_replaced_space_looks_like_one_that_was_there_from_the_start(tmp_path, classes):
    """Also with other classes, with a hidden one, and in the other theme."""
    first, second = (
        make_space(tmp_path / name, classes=[str(index) for index in range(count)], n=n, scale=scale)
        for name, count, n, scale in (("first", classes[0], 500, 1.0), ("second", classes[1], 700, 3.0))
    )
    canvases = []
    for spaces in ((first, second), (second,)):
        figure, state, shared = Figure((8, 6), dpi=100), MapState(spaces[0]), SharedState("dark")
        canvases.append(FigureCanvasAgg(figure))
        latent_map = LatentMap(figure, state, shared)
        shared.toggle_class(2)
        for space in spaces[1:]:
            state.show_space(space)
        latent_map.show_space()
        assert_all_drawn_once(latent_map, second)
    assert (pixels(canvases[0]) == pixels(canvases[1])).all()


def test_the_same_classes_keep_their_lines(drawn, space):
    _, latent_map, state, _ = drawn
    lines = list(latent_map.axes.lines)
    state.show_space(dataclasses.replace(space, codes=2 * space.codes[::7], labels=space.labels[::7]))
    latent_map.show_space()
    assert list(latent_map.axes.lines) == lines
    assert_all_drawn_once(latent_map, state.space)


def test_a_column_without_any_value_leaves_every_point_faint(tmp_path):
    empty = make_space(tmp_path / "space", (4, 4), n=40, columns={"note": np.full(40, "")})
    latent_map = LatentMap(Figure((4, 4)), MapState(empty), SharedState())
    latent_map.show_colouring(colouring.groups(empty, "column note", {}))
    ((colour, members),) = latent_map.groups
    assert colour == THEMES["light"].faint and sorted(members) == list(range(40))


@pytest.mark.parametrize("chart", ["plain", "quantiles"])
@pytest.mark.parametrize("size", [(2.9, 3.0), (1.6, 1.6), (4.2, 5.0)])
@pytest.mark.parametrize("zoom", [1, 40, 3000])
def test_the_names_of_narrow_axes_are_whole_and_apart_from_the_numbers(tmp_path, size, zoom, chart):
    figure, space = Figure(size, dpi=100), make_space(tmp_path / "space", n=200, prior="normal").in_coordinates(chart)
    canvas, state = FigureCanvasAgg(figure), MapState(space)
    latent_map = LatentMap(figure, state, SharedState())
    state.zoom(tuple(space.places[3].tolist()), zoom)
    latent_map.fit()
    latent_map.apply_theme()
    canvas.draw()
    box_of = lambda text: text.get_window_extent(canvas.get_renderer())  # noqa: E731
    axes = latent_map.axes
    for axis in (axes.xaxis, axes.yaxis):
        name = box_of(axis.label)
        assert axis.label.get_text() and name.x0 >= 0 and name.y0 >= 0
        assert name.x1 <= figure.bbox.x1 and name.y1 <= figure.bbox.y1
    name, left = box_of(axes.yaxis.label), axes.bbox.x0
    for label in axes.yaxis.get_ticklabels():
        if label.get_text() and axes.bbox.y0 <= box_of(label).y0 <= axes.bbox.y1:
            assert name.x1 <= box_of(label).x0 and box_of(label).x1 <= left
