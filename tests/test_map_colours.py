"""The drawn map with colourings, backgrounds, names of classes, and in files."""

import dataclasses
import re

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from PIL import Image
from scipy.ndimage import gaussian_filter

from explorer.analysis import colouring
from explorer.analysis.backgrounds import Background
from explorer.drawing.labels import NODES, SMOOTHED, densest
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.map_file import DrawnMap, save_map
from explorer.drawing.themes import STEPS_OF_VIRIDIS, THEMES, step_colours
from explorer.errors import NotAllowed, UserError
from explorer.session.state import MapState, SharedState
from explorer.spaces import view
from tests.conftest import run
from tests.spaces import make_space
from tests.test_latent_map import assert_all_drawn_once, pixels


@pytest.fixture
def few(tmp_path):
    n = 900
    columns = {"size": np.linspace(0, 1, n), "kind": np.array(["a", "b", "$x^2$"])[np.arange(n) % 3]}
    columns["size"][:30] = np.nan
    return make_space(tmp_path / "space", n=n, columns=columns)


def drawn(space, theme="light"):
    figure, state, shared = Figure((8, 6), dpi=100), MapState(space), SharedState(theme)
    return FigureCanvasAgg(figure), LatentMap(figure, state, shared), state, shared


def field_of(space, values) -> Background:
    return Background(np.asarray(values, np.float32), view.default_limits(space.places), "something", "units")


# ---- colourings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["column size", "column kind"])
def test_every_point_is_drawn_once_in_its_colour(few, name):
    canvas, latent_map, _, shared = drawn(few)
    latent_map.show_colouring(colouring.groups(few, name, {}))
    assert_all_drawn_once(latent_map, few)
    colours = {}
    for line in latent_map.axes.lines:
        for place in line.get_xydata().astype(np.float32):
            colours[tuple(place)] = line.get_color()
    for colour, members in latent_map.groups:
        assert all(colours[tuple(few.places[index])] == colour for index in members)
    assert sum(len(members) for _, members in latent_map.groups) == len(few.places)
    pixels(canvas)


def test_hidden_classes_stay_hidden_in_every_colouring(few):
    """The picture is that of a space without them, also when they were hidden before."""
    groups = colouring.groups(few, "column size", {})
    pictures = []
    for first in ("hide", "colour"):
        canvas, latent_map, _, shared = drawn(few)
        for what in (first, {"hide": "colour", "colour": "hide"}[first]):
            if what == "hide":
                shared.toggle_class(3)
                latent_map.show_classes()
            else:
                latent_map.show_colouring(groups)
        pictures.append(pixels(canvas))
        shown = np.concatenate([members for _, members in latent_map.groups])
        np.testing.assert_array_equal(np.sort(shown), np.flatnonzero(few.labels != 3))
        points = np.concatenate([line.get_xydata() for line in latent_map.axes.lines if line.get_visible()])
        assert len(points) == (few.labels != 3).sum()
    assert (pictures[0] == pictures[1]).all()
    shared.show_all_classes()
    latent_map.show_classes()
    assert_all_drawn_once(latent_map, few)


def test_back_to_the_classes_is_the_picture_from_before(few):
    canvas, latent_map, _, shared = drawn(few)
    before = pixels(canvas)
    for name in ("column size", "column kind"):
        latent_map.show_colouring(colouring.groups(few, name, {}))
        assert (pixels(canvas) != before).any()
    latent_map.show_background(field_of(few, np.random.default_rng(0).random((20, 30))))
    shared.toggle_theme()
    latent_map.apply_theme()
    pixels(canvas)
    shared.toggle_theme()
    latent_map.apply_theme()
    latent_map.show_background(None)
    latent_map.show_colouring(colouring.by_class(few))
    assert (pixels(canvas) == before).all()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_steps_differ_evenly_and_stand_out(theme):
    """Lightness grows from step to step, and no step is as light as the canvas."""

    def luminance(colour):
        share = np.array(to_rgba(colour)[:3])
        return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)

    steps = [luminance(colour) for colour in step_colours(theme, colouring.STEPS)]
    assert (np.diff(steps) > 0).all()
    canvas = luminance(THEMES[theme].canvas)
    contrasts = [(max(step, canvas) + 0.05) / (min(step, canvas) + 0.05) for step in steps]
    assert min(contrasts) >= 1.45, STEPS_OF_VIRIDIS


# ---- backgrounds -----------------------------------------------------------------------------------


def test_a_background_lies_where_it_belongs(few):
    """One bright node is seen at its place; where there is no number, the canvas is."""
    values = np.full((21, 31), np.nan)
    values[:, :] = 0.0
    values[15, 8] = 1.0
    values[:, 20:] = np.nan
    field = field_of(few, values)
    canvas, latent_map, _, shared = drawn(few)
    shared.toggle_layer("points")
    shared.toggle_layer("labels")
    latent_map.show_layers()
    latent_map.axes.grid(False)
    latent_map.show_background(field)
    picture = pixels(canvas).astype(int)
    a0, a1, b0, b1 = field.extent
    at = lambda column, row: latent_map.pixel_at((a0 + column / 30 * (a1 - a0), b0 + row / 20 * (b1 - b0)))  # noqa: E731
    colour = lambda column, row: picture[round(at(column, row)[1]), round(at(column, row)[0]), :3].tolist()  # noqa: E731
    assert sum(colour(8, 15)) < sum(colour(4, 4)) < 3 * 255
    assert colour(25, 15) == [255, 255, 255]


def test_dots_lie_over_the_background(few):
    canvas, latent_map, *_ = drawn(few)
    before = pixels(canvas)
    latent_map.show_background(field_of(few, np.ones((9, 9))))
    after = pixels(canvas)
    colour = np.array([round(255 * level) for level in to_rgba(latent_map.groups[1][0])[:3]])
    is_dot = (before[..., :3] == colour).all(axis=-1)
    is_dot[:, 600:] = False  # there lies the colour bar
    assert is_dot.sum() > 100 and (after[is_dot] == before[is_dot]).all()


# ---- names -----------------------------------------------------------------------------------------


def test_names_stand_where_classes_are_densest(space):
    """As SciPy's filter finds it, class by class."""
    home = view.default_limits(space.places)
    found = densest(space.places, space.labels, np.arange(10), home)
    for label in range(10):
        a, b = space.places[space.labels == label].astype(float).T
        counts, rows, columns = np.histogram2d(b, a, bins=NODES, range=(home[2:], home[:2]))
        smooth = gaussian_filter(counts, SMOOTHED, mode="constant")
        row, column = np.unravel_index(smooth.argmax(), smooth.shape)
        place = (columns[column] + columns[column + 1]) / 2, (rows[row] + rows[row + 1]) / 2
        np.testing.assert_allclose(found[label], place, atol=1.01 * (columns[1] - columns[0]))


def test_names_of_hidden_classes_are_hidden(few):
    _, latent_map, _, shared = drawn(few)
    assert sorted(latent_map.names.shown) == list(range(10))
    shared.toggle_class(4)
    latent_map.show_classes()
    assert 4 not in latent_map.names.shown and len(latent_map.names.shown) == 9
    shared.toggle_layer("labels")
    latent_map.show_layers()
    assert latent_map.names.shown == []
    assert not any(text.get_visible() for text in latent_map.axes.texts)


def test_of_many_names_those_of_the_largest_classes_fit(tmp_path):
    space = make_space(tmp_path / "space", classes=[f"class number {index}" for index in range(200)], n=3000)
    labels = np.where(np.arange(3000) < 600, 7, space.labels)
    canvas, latent_map, *_ = drawn(dataclasses.replace(space, labels=labels))
    shown = latent_map.names.shown
    assert shown[0] == 7 and 5 < len(shown) < 200
    canvas.draw()
    inside = latent_map.axes.get_window_extent()
    boxes = [text.get_window_extent() for text in latent_map.axes.texts if text.get_visible()][1::2]  # less outlines
    assert len(boxes) == len(shown)
    for number, box in enumerate(boxes):
        assert box.x0 >= inside.x0 - 1 and box.x1 <= inside.x1 + 1
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_names_in_any_script(tmp_path, recwarn):
    space = make_space(tmp_path / "space", classes=["Größe", "日本語", "$x^2$", "a" * 80, "", " "], n=300)
    canvas, latent_map, *_ = drawn(space)
    pixels(canvas)
    assert len(latent_map.names.shown) == 4
    assert not recwarn.list


# ---- files -----------------------------------------------------------------------------------------


@pytest.fixture
def shown(few):
    state, shared = MapState(few), SharedState()
    shared.pin(5)
    groups = colouring.groups(few, "column size", {})
    return state, shared, groups, field_of(few, np.random.default_rng(0).random((20, 30)))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("scale", [1, 4])
def test_a_png_is_opaque_and_as_large_as_asked(tmp_path, shown, theme, scale):
    state, shared, groups, field = shown
    shared.theme = theme
    save_map(tmp_path / "map.png", [DrawnMap(state, groups, field, (500, 400))], shared, scale)
    image = Image.open(tmp_path / "map.png")
    assert image.size == (500 * scale, 400 * scale)
    levels = np.asarray(image.convert("RGBA"))
    assert (levels[..., 3] == 255).all()
    paper = [int(THEMES[theme].paper[index : index + 2], 16) for index in (1, 3, 5)]
    assert levels[0, 0, :3].tolist() == paper


def test_a_png_is_what_the_window_shows(tmp_path, shown):
    """Without pins, to the pixel."""
    state, shared, groups, field = shown
    shared.unpin_all()
    save_map(tmp_path / "map.png", [DrawnMap(state, groups, field, (800, 600))], shared)
    canvas, latent_map, *_ = drawn(state.space)
    latent_map.show_colouring(groups)
    latent_map.show_background(field)
    assert (np.asarray(Image.open(tmp_path / "map.png").convert("RGBA")) == pixels(canvas)).all()


def test_pins_are_marked(tmp_path, shown):
    state, shared, groups, field = shown
    pictures = []
    for _ in range(2):
        save_map(tmp_path / "map.png", [DrawnMap(state, groups, field, (800, 600))], shared)
        pictures.append(np.asarray(Image.open(tmp_path / "map.png").convert("RGB")).astype(int))
        shared.unpin_all()
    _, latent_map, *_ = drawn(state.space)
    x, y = latent_map.pixel_at(tuple(state.space.places[5]))
    rows, columns = np.nonzero((pictures[0] != pictures[1]).any(axis=2))
    assert len(rows) and np.abs(columns - x).max() < 14 and np.abs(rows - y).max() < 14


def test_an_svg_has_its_text_and_few_shapes(tmp_path, space, shown):
    """70,000 points are pixels in it, words are words."""
    _, shared, _, field = shown
    shared.unpin_all()
    shared.pin(5)
    save_map(tmp_path / "map.svg", [DrawnMap(MapState(space), colouring.by_class(space), field, (800, 600))], shared, 2)
    text = (tmp_path / "map.svg").read_text()
    assert len(text) < 3_000_000 and text.count("<use") < 500 and "<image" in text
    words = re.findall(r"<text[^>]*>([^<]*)</text>", text)
    assert {*space.class_names, "latent a", "something", "1"} <= {word.strip() for word in words}
    assert THEMES["light"].paper in text


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path, shown):
    state, shared, groups, field = shown
    with pytest.raises(UserError, match="png or .svg"):
        save_map(tmp_path / "map.jpg", [DrawnMap(state, groups, field, (500, 400))], shared)
    with pytest.raises(NotAllowed, match="cannot write"):
        save_map(tmp_path / "nowhere" / "map.png", [DrawnMap(state, groups, field, (500, 400))], shared)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(("map", ".map"))]


@pytest.mark.slow
def test_snapshots_have_colours_and_backgrounds(tmp_path, few):
    pictures = []
    for number, arguments in enumerate(([], ["--colour", "size"], ["--colour", "error", "--background", "density"])):
        out = tmp_path / f"{number}.png"
        result = run("ae_precomp.py", "--weights", few.folder, "--snapshot", out, *arguments, tensorflow=False)
        assert (result.returncode, result.stderr, result.stdout) == (0, "", "")
        pictures.append(np.asarray(Image.open(out).convert("RGB")))
    assert (pictures[0] != pictures[1]).any() and (pictures[1] != pictures[2]).any()


@pytest.mark.parametrize(
    "arguments, words",
    [(["--colour", "nothing"], "class, error, spread, split"), (["--background", "drift"], "encoder")],
)
def test_what_a_snapshot_cannot_show_is_said(tmp_path, few, arguments, words):
    result = run(
        "ae_precomp.py", "--weights", few.folder, "--snapshot", tmp_path / "o.png", *arguments, tensorflow=False
    )
    assert result.returncode == 2 and words in result.stderr and result.stderr.count("\n") == 1
    assert not (tmp_path / "o.png").exists()
