"""The strip of the nearest images, and the way back, in the real window."""

import numpy as np
import pytest

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing import picture
from explorer.drawing.themes import THEMES
from explorer.files.writing import write_arrays
from explorer.images import datasets
from explorer.session.state import MapState
from explorer.spaces import view
from explorer.spaces.card import ENCODER
from explorer.spaces.point_index import PointIndex
from explorer.window.base.widgets import box_on_screen
from explorer.window.base.workers import Workers
from explorer.window.inspector.neighbour_strip import NeighbourStrip
from tests.conftest import SHIPPED
from tests.screen import settle
from tests.spaces import context_of, make_space
from tests.test_window import place_under, spread

INK = [int(THEMES["light"].crosshair[i : i + 2], 16) for i in (1, 3, 5)]
ARROW = [int(THEMES["light"].warning[i : i + 2], 16) for i in (1, 3, 5)]


def pixel_of(box, place, limits) -> tuple[float, float]:
    """The screen pixel of a place, the inverse of `place_under`."""
    x, y, width, height = box
    a0, a1, b0, b1 = view.fitted(limits, width / height)
    return x + (place[0] - a0) / (a1 - a0) * width, y + (b1 - place[1]) / (b1 - b0) * height


def strip_of(program, how="map"):
    """What the strip says it shows, once it shows any images."""

    def latest():
        shown = program.events("strip")[-1:]
        return shown and shown[0]["how"] == how and shown[0]["rows"] and shown[0]

    return program.wait(latest, f"the nearest images ({how})")


def thumbnails(program, strip, shape=(28, 28)) -> np.ndarray:
    """The images in the strip on the screen, (k, height, width, 3) uint8, one value per image pixel."""
    x, y, *_ = program.layout()["strip"]
    size, pitch = strip["size"], strip["pitch"]
    factor = picture.zoom_factor(shape, size)
    width, height = picture.shown_size(shape, size)
    found = []
    for slot in range(len(strip["rows"])):
        left, top = x + slot * pitch + (size - width) // 2, y + (size - height) // 2
        blocks = program.screen.grab([left, top, width, height]).reshape(shape[0], factor, shape[1], factor, 3)
        assert (blocks == blocks[:, :1, :, :1]).all(), "a thumbnail is no grid of even blocks"
        found.append(blocks[:, 0, :, 0])
    return np.stack(found)


@pytest.fixture(scope="module")
def digits():
    return datasets.load("mnist")


@pytest.fixture
def program(start):
    program = start("ae_precomp.py", tensorflow=False)
    program.wait_for("window")
    strip_of(program)
    program.settle()
    return program


def check_map(program, space, digits, hidden=()):
    """The thumbnails on the screen are the images of the shown points that lie nearest to the cursor."""
    strip, z = strip_of(program), program.events("hover")[-1]["z"]
    points = np.array([space.index_of(row) for row in strip["rows"]])
    distances = np.linalg.norm(space.places.astype(np.float64) - z, axis=1)
    shown = ~np.isin(space.labels, hidden)
    nearest = np.sort(distances[shown])[: len(points)]
    np.testing.assert_allclose(distances[points], nearest, atol=1e-4)
    assert shown[points].all() and len(set(strip["rows"])) == len(strip["rows"])
    assert (thumbnails(program, strip) == digits.images(np.array(strip["rows"]))[..., None]).all()
    return strip


@pytest.mark.slow
def test_thumbnails_are_the_nearest_shown_images(program, space, digits):
    """At rest, zoomed, with hidden classes, in another size, in the other theme."""
    box, home = program.layout()["map"], MapState(space).home
    for pixel in spread(box, 12):
        program.hover(*pixel)
        check_map(program, space, digits)

    program.hover(box[0] + box[2] // 2, box[1] + box[3] // 2)
    for _ in range(8):
        program.screen.key("plus")
    program.settle()
    for pixel in spread(box, 6, seed=1):
        program.hover(*pixel)
        check_map(program, space, digits)
    program.screen.key("r")
    program.settle()

    for digit in (3, 8, 5):
        program.screen.key(str(digit))
    program.settle()
    for pixel in spread(box, 8, seed=2):
        hover = program.hover(*pixel)
        np.testing.assert_allclose(hover["z"], place_under(box, pixel, home), atol=2e-3 * (home[1] - home[0]))
        check_map(program, space, digits, (3, 8, 5))

    few = len(strip_of(program)["rows"])
    program.resize(2300, 1300)
    program.screen.key("t")
    program.settle()
    for pixel in spread(program.layout()["map"], 5, seed=3):
        program.hover(*pixel)
        strip = check_map(program, space, digits, (3, 8, 5))
    assert len(strip["rows"]) > few

    for digit in {*range(10)} - {3, 8, 5}:
        program.screen.key(str(digit))
    program.wait(lambda: program.events("strip")[-1]["text"] == "every class is hidden", "an empty strip")
    program.screen.key("a")
    program.settle()
    program.hover(*spread(program.layout()["map"], 6, seed=4)[-1])
    check_map(program, space, digits)


def test_a_click_on_a_thumbnail_pins_its_image(program):
    """With the cursor held, the mouse gets there past the rest of the map."""
    x, y, width, height = program.layout()["map"]
    program.hover(x + width // 3, y + height // 2)
    program.screen.key("space")
    strip, hovers = strip_of(program), len(program.events("hover"))
    for step in range(10):
        program.screen.move(x + width // 3 + 20 * step, y + height // 2)
    left, top, *_ = program.layout()["strip"]
    for slot in (4, 0):
        program.screen.click(left + slot * strip["pitch"] + 9, top + 11)
    program.wait(lambda: program.events("pins") and len(program.events("pins")[-1]["rows"]) == 2, "two pins")
    assert program.events("pins")[-1]["rows"] == [strip["rows"][4], strip["rows"][0]]
    assert len(program.events("hover")) == hovers and strip_of(program) == strip
    program.screen.key("space")
    program.hover(x + width // 2, y + height // 2)


def check_pixels(program, space, digits, limits, hidden=()):
    """The thumbnails are the shown images nearest to the decoded picture, and rings lie where they are."""
    z = np.array([program.events("hover")[-1]["z"]], np.float32)
    image = GridDecoder(grid.load(space))(z)[0]
    every = np.concatenate([digits.x_train, digits.x_test]).reshape(70_000, -1)
    distances = np.concatenate(
        [np.linalg.norm(datasets.as_float(some) - image.reshape(1, -1), axis=1) for some in np.split(every, 10)]
    )
    distances[np.isin(digits.labels, hidden)] = np.inf
    strip = strip_of(program, "pixels")
    nearest = np.sort(distances)[: len(strip["rows"])]
    np.testing.assert_allclose(distances[strip["rows"]], nearest, atol=1e-4)
    assert (thumbnails(program, strip) == digits.images(np.array(strip["rows"]))[..., None]).all()

    box = program.layout()["map"]
    pixels = program.screen.grab().astype(int)
    for row in strip["rows"]:
        x, y = pixel_of(box, space.places[space.index_of(row)], limits)
        if not (box[0] + 10 < x < box[0] + box[2] - 10 and box[1] + 10 < y < box[1] + box[3] - 10):
            continue
        ring = [(x + 5 * np.cos(angle), y + 5 * np.sin(angle)) for angle in np.arange(8) * np.pi / 4]
        dark = [
            np.abs(pixels[round(v) - 1 : round(v) + 2, round(u) - 1 : round(u) + 2] - INK).max(axis=2).min() < 40
            for u, v in ring
        ]
        assert np.mean(dark) >= 0.7, f"no ring around image {row}"


@pytest.mark.slow
def test_nearest_in_pixels_equals_brute_force_when_the_mouse_rests(program, space, digits):
    box, home = program.layout()["map"], MapState(space).home
    program.hover(box[0] + box[2] // 2, box[1] + box[3] // 2)
    program.screen.key("x")
    strip_of(program, "pixels")
    for pixel in spread(box, 9, seed=5)[4:]:
        program.hover(*pixel)
        program.settle()
        check_pixels(program, space, digits, home)
    hidden = (1, 7, 9)
    for digit in hidden:
        program.screen.key(str(digit))
    for pixel in spread(box, 8, seed=6)[4:]:
        program.hover(*pixel)
        program.settle()
        check_pixels(program, space, digits, home, hidden)
    program.screen.key("x")
    program.settle()
    check_map(program, space, digits, hidden)


@pytest.mark.slow
@pytest.mark.parametrize("shape, classes", [((20, 30, 3), ["Übergröße"] * 3), ((13, 13), [])])
def test_other_images(start, tmp_path, shape, classes):
    """Colour, no squares, long names, no classes; few points."""
    folder = tmp_path / "space"
    space = make_space(folder, shape, [f"{name} {number}" for number, name in enumerate(classes)], n=300)
    program = start("ae_precomp.py", "--weights", str(folder), tensorflow=False)
    program.wait_for("window")
    strip_of(program)
    program.settle()
    images = datasets.load(space.card["data"]["source"])
    box = program.layout()["map"]
    for key in ("", "x"):
        if key:
            program.screen.key(key)
            strip_of(program, "pixels")
        for pixel in spread(box, 6, seed=7)[4:]:
            program.hover(*pixel)
            program.settle()
            strip = strip_of(program, "pixels" if key else "map")
            wanted = images.images(np.array(strip["rows"]))
            assert (thumbnails(program, strip, shape) == (wanted if len(shape) == 3 else wanted[..., None])).all()


@pytest.mark.parametrize("harm, said", [("gone", "there is no data set"), ("others", "are not the ones")])
def test_without_the_images_the_strip_says_so(start, tmp_path, harm, said):
    make_space(tmp_path / "space", n=200)
    source = tmp_path / "space.npz"
    source.unlink()
    if harm == "others":
        write_arrays(source, x_train=np.zeros((90, 28, 28), np.uint8), x_test=np.ones((10, 28, 28), np.uint8))
    program = start("ae_precomp.py", "--weights", str(tmp_path / "space"), tensorflow=False)
    program.wait_for("window")
    program.wait(lambda: (shown := program.events("strip")) and said in shown[-1]["text"], "the reason")
    program.screen.key("x")
    x, y, width, height = program.layout()["map"]
    program.hover(x + width // 2, y + height // 2)
    program.settle()
    shown = program.events("strip")[-1]
    assert said in shown["text"] and shown["rows"] == []
    program.screen.click(program.layout()["strip"][0] + 10, program.layout()["strip"][1] + 10)
    program.settle()
    assert not program.events("pins")


@pytest.mark.slow
def test_the_arrow_ends_where_the_picture_comes_back_to(start, space, keras_decoder):
    """Off the map, where decoder and encoder disagree; its key takes it away and brings it back."""
    import keras

    encoder = keras.saving.load_model(SHIPPED / ENCODER)
    program = start("ae.py")
    program.wait_for("live")
    strip_of(program)
    program.settle()
    box, home = program.layout()["map"], MapState(space).home

    def arrow(x, y) -> int:
        """How many pixels of its colour lie in its end."""
        near = program.screen.grab([round(x) - 7, round(y) - 7, 15, 15]).astype(int)
        return int((np.abs(near - ARROW).max(axis=2) < 12).sum())

    checked = 0
    for pixel in spread(box, 200, seed=8)[4:]:
        code = np.array([place_under(box, pixel, home)], np.float32)
        back = encoder.predict_on_batch(keras_decoder(code))[0]
        end = pixel_of(box, back, home)
        inside = box[0] + 20 < end[0] < box[0] + box[2] - 20 and box[1] + 20 < end[1] < box[1] + box[3] - 20
        if np.hypot(end[0] - pixel[0], end[1] - pixel[1]) < 40 or not inside:
            continue
        program.hover(*pixel)
        program.settle()
        assert arrow(*end) > 15, f"no arrow from {pixel} to {end}"
        program.screen.key("o")
        program.settle()
        assert arrow(*end) < 8
        program.screen.key("o")
        program.settle()
        assert arrow(*end) > 15
        checked += 1
        if checked == 3:
            return
    raise AssertionError("no place comes back far enough from where it was")


# ---- alone -----------------------------------------------------------------------------------------------------------


def test_nothing_is_left_of_more_images_that_were_shown_before(root, screen, tmp_path):
    """Four images of one class are left of two classes' eight."""
    space = make_space(tmp_path / "space", classes=["a", "b"], n=8)
    probe = SpaceProbe(space, None)
    probe.results[ORIGINALS] = datasets.load(space.card["data"]["source"])
    context, picture = context_of(probe, Workers(root)), {}
    strip = NeighbourStrip(root, context, lambda: None, lambda row: None)
    strip.pack(fill="x")
    root.geometry("700x120+0+0")
    settle(root)
    index = PointIndex(space.places)
    for count, tree in ((8, index), (4, PointIndex(space.places, space.labels == 0)), (8, index)):
        probe.neighbours = tree
        strip.follow(tuple(space.places[0].tolist()), None)
        settle(root)
        assert len(strip.rows) == count
        picture[count] = screen.grab(box_on_screen(strip.canvas))
    right = 4 * strip.pitch
    assert (picture[8][:, right:] != picture[4][-1, -1]).any()
    assert (picture[4][:, right:] == picture[4][-1, -1]).all()
