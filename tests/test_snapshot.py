"""Snapshots: the decoded pictures in the file are the decodings of the place asked for, and of its real image."""

import dataclasses
import os
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing.snapshot import save
from explorer.drawing.themes import THEMES
from explorer.images import datasets
from explorer.session.open_map import OpenMap, OpenSpace
from explorer.session.state import MapState, SharedState
from explorer.spaces.card import DECODER
from explorer.spaces.folder import WEIGHTS, open_space
from tests.conftest import run, slow
from tests.spaces import make_space


def map_of(probe: SpaceProbe, state: MapState) -> OpenMap:
    """A map that shows a space as a probe reads it."""
    return OpenMap(OpenSpace(SimpleNamespace(encoder_unavailable=""), probe), state)


def place_of_picture(pixels: np.ndarray, image: np.ndarray, factor: int) -> tuple[int, int] | None:
    """The pixel x, y at which the image, enlarged by whole pixels, begins in the file, or None."""
    wanted = np.kron(np.rint(image * 255).astype(np.uint8), np.ones((factor, factor), np.uint8))
    size = wanted.shape[0]
    row = wanted[size // 2]
    grey = pixels[:, :, 0]
    for y in range(grey.shape[0] - size):
        for x in range(grey.shape[1] - size + 1):
            if (grey[y + size // 2, x : x + size] == row).all() and (
                np.abs(grey[y : y + size, x : x + size].astype(int) - wanted) <= 1
            ).all():
                return x, y
    return None


def find_picture(pixels: np.ndarray, image: np.ndarray, factor: int) -> bool:
    """Whether the image, enlarged by whole pixels, stands somewhere in the file."""
    return place_of_picture(pixels, image, factor) is not None


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_file_shows_the_decoded_picture(space, tmp_path, theme):
    decoder = GridDecoder(grid.load(space))
    state = MapState(space)
    state.move_cursor(tuple(space.places[61_000]))
    save(tmp_path / "a.png", map_of(SpaceProbe(space, decoder), state), SharedState(theme), (700, 420))
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    assert pixels.shape == (420, 700, 3)
    assert find_picture(pixels, decoder(space.codes[61_000:61_001])[0], round(700 * 0.31) // 28)


@pytest.mark.slow
def test_live_and_grid_agree_from_the_command_line(space, tmp_path, keras_decoder):
    place = space.places[60_003]
    at = f"--at={place[0]},{place[1]}"
    for name in ("ae.py", "ae_precomp.py"):
        out = tmp_path / f"{name}.png"
        result = run(name, "--snapshot", out, at, "--size", "640x400", tensorflow=name == "ae.py")
        assert (result.returncode, result.stderr, result.stdout) == (0, "", "")
    pixels = np.asarray(Image.open(tmp_path / "ae.py.png").convert("RGB"))
    assert find_picture(pixels, keras_decoder(place[None])[0], round(640 * 0.31) // 28)
    one, other = (
        np.asarray(Image.open(tmp_path / f"{name}.png").convert("L"), float) for name in ("ae.py", "ae_precomp.py")
    )
    assert one.shape == (400, 640) and np.abs(one - other).max() > 0 and np.abs(one - other).mean() < 2


def check_margins(out, *arguments) -> None:
    """Makes a snapshot without a word, and with nothing in its margins."""
    result = run("ae_precomp.py", *arguments, tensorflow=False)
    assert (result.returncode, result.stderr, result.stdout) == (0, "", "")
    pixels = np.asarray(Image.open(out).convert("RGB"))
    for margin in (pixels[:, :2], pixels[:, -8:], pixels[:8], pixels[-3:]):
        assert (margin == margin[0, 0]).all()


@pytest.mark.parametrize("size", ["640x400", slow("1280x800"), "900x1200"])
@pytest.mark.parametrize(
    "shape, classes",
    [
        ((8, 8), []),
        ((20, 60), ["one"]),
        ((60, 20, 3), ["Größe", "日本語", "$x^2$", "a" * 80, ""]),
        slow((150, 150, 3), [f"class number {index}" for index in range(200)]),
    ],
    ids=["none", "one", "scripts", "200"],
)
def test_any_space_fits_into_the_file(tmp_path, shape, classes, size):
    """Nothing is said about letters that no font has, and nothing is drawn into the margins."""
    n = max(2 * len(classes), 40)  # images without a pattern take long to write
    space = make_space(
        tmp_path / "space",
        shape,
        classes,
        n=n,
        data_title="images of " + 30 * "many ",
    )
    out = tmp_path / "out.png"
    check_margins(out, "--weights", space.folder, "--snapshot", out, "--size", size)


def test_an_unwritable_file_leaves_nothing(space, tmp_path, monkeypatch):
    from explorer.errors import NotAllowed

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(NotAllowed, match="No space left"):
        shown = map_of(SpaceProbe(space, GridDecoder(grid.load(space))), MapState(space))
        save(tmp_path / "a.png", shown, SharedState(), (640, 400))
    assert list(tmp_path.iterdir()) == []


def test_a_place_beyond_the_view_has_no_crosshair(space, tmp_path):
    """It would be drawn over the decoded picture."""
    decoder, state = GridDecoder(grid.load(space)), MapState(space)
    state.move_cursor((1e3, 0.0))
    save(tmp_path / "a.png", map_of(SpaceProbe(space, decoder), state), SharedState(), (1280, 800))
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    assert find_picture(pixels, decoder(np.array([[1e3, 0.0]]))[0], round(1280 * 0.31) // 28)


def enlarged_to(height: int) -> int:
    """By how much images of 28 × 28 are enlarged in a file with two maps that is so high."""
    return round(height * 0.15) // 28


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two spaces of the same images; the points of the second one are in the opposite order, and some images have
    none there."""
    folder = tmp_path_factory.mktemp("two")
    first = make_space(folder / "a", n=600, images=600)
    second = make_space(folder / "b", n=500, images=600, scale=3.0, title="Other")
    return first, dataclasses.replace(second, rows=second.rows[::-1].copy(), labels=second.labels[::-1].copy())


def probe_of(space) -> SpaceProbe:
    probe = SpaceProbe(space, GridDecoder(grid.load(space)))
    probe.results[ORIGINALS] = datasets.load(space.card["data"]["source"])
    return probe


@pytest.fixture
def magenta(monkeypatch):
    """Cursors of a colour that nothing else has."""
    monkeypatch.setitem(THEMES, "light", dataclasses.replace(THEMES["light"], crosshair="#ff00ff"))


def is_magenta(pixels: np.ndarray) -> np.ndarray:
    """Which pixels, (height, width, 3) uint8, belong to a cursor, (height, width) bool."""
    return (np.abs(pixels.astype(int) - (255, 0, 255)) < 5).all(axis=2)


def nearest_row(space, place) -> int:
    """The data row of the nearest image, by looking at all of them."""
    return int(space.rows[np.square(space.codes.astype(float) - place).sum(axis=1).argmin()])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("row", [37, 444])
def test_two_maps_stand_with_what_both_decode(two, tmp_path, row, theme):
    one, other = (probe_of(space) for space in two)
    states = MapState(two[0]), MapState(two[1])
    place = two[0].codes[row] + np.float32(0.01)
    states[0].move_cursor(place.tolist())
    maps = map_of(one, states[0]), map_of(other, states[1])
    save(tmp_path / "a.png", maps[0], SharedState(theme), (700, 420), maps[1])
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    assert pixels.shape == (420, 700, 3)

    row = nearest_row(two[0], place)
    (point,) = np.flatnonzero(two[1].rows == row)
    assert point != row
    pictures = [
        one.decoder(place[None])[0],
        one.results[ORIGINALS].images(np.array([row]))[0] / 255,
        other.decoder(two[1].codes[[point]])[0],
    ]
    factor = enlarged_to(420)
    (x, y), (x1, y1), (x2, y2) = (place_of_picture(pixels, picture, factor) for picture in pictures)
    assert y == y1 == y2 and x1 - x == x2 - x1 > 28 * factor
    assert states[1].led and states[1].cursor == tuple(two[1].codes[point].tolist())
    assert states[0].cursor == tuple(place.tolist())


def test_each_cursor_moves_over_its_map_as_its_code_does(two, tmp_path, magenta):
    middles, codes = [], []
    for row in (37, 444):
        states, probes = [MapState(space) for space in two], [probe_of(space) for space in two]
        states[0].move_cursor(two[0].codes[row].tolist())
        maps = [map_of(*each) for each in zip(probes, states, strict=True)]
        save(tmp_path / "a.png", maps[0], SharedState(), (1280, 800), maps[1])
        y, x = np.nonzero(is_magenta(np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))))
        here = x < 640
        middles.append([[x[part].mean(), y[part].mean()] for part in (here, ~here)])
        codes.append([two[0].codes[row], two[1].codes[two[1].rows == row][0]])
    moved, meant = np.subtract(*middles), np.subtract(*codes) * (1, -1)  # pixels count downwards
    for pixels, units in zip(moved, meant, strict=True):
        assert np.linalg.norm(pixels) > 50
        assert np.allclose(pixels / np.linalg.norm(pixels), units / np.linalg.norm(units), atol=0.03)


def test_an_image_that_the_second_space_lacks_leaves_its_picture_empty(two, tmp_path, magenta):
    """Nor is there a cursor on the second map."""
    states, probes = [MapState(space) for space in two], [probe_of(space) for space in two]
    row = 599
    assert row not in two[1].rows
    states[0].move_cursor(two[0].codes[row].tolist())
    maps = [map_of(*each) for each in zip(probes, states, strict=True)]
    save(tmp_path / "a.png", maps[0], SharedState(), (700, 420), maps[1])
    assert states[1].astray
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    assert is_magenta(pixels[:, :350]).any() and not is_magenta(pixels[:, 350:]).any()
    factor = enlarged_to(420)
    x, y = place_of_picture(pixels, probes[0].decoder(two[0].codes[[row]])[0], factor)
    middle, _ = place_of_picture(pixels, probes[0].results[ORIGINALS].images(np.array([row]))[0] / 255, factor)
    right = pixels[y : y + 28 * factor, 2 * middle - x : 2 * middle - x + 28 * factor]
    assert (right == right[0, 0]).all() and tuple(right[0, 0]) == (0xE6, 0xE6, 0xE6)


def test_with_all_classes_hidden_there_is_no_real_image(two, tmp_path):
    states, probes, shared = [MapState(space) for space in two], [probe_of(space) for space in two], SharedState()
    for index in range(10):
        shared.toggle_class(index)
    maps = [map_of(*each) for each in zip(probes, states, strict=True)]
    save(tmp_path / "a.png", maps[0], shared, (700, 420), maps[1])
    assert states[1].astray
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    assert find_picture(pixels, probes[0].decoder(np.array([states[0].cursor]))[0], enlarged_to(420))


def test_pins_are_on_both_maps(two, tmp_path):
    files_of = {}
    for pins in ((), (5,)):
        states, probes, shared = [MapState(space) for space in two], [probe_of(space) for space in two], SharedState()
        for row in pins:
            shared.pin(row)
        maps = [map_of(*each) for each in zip(probes, states, strict=True)]
        save(tmp_path / "a.png", maps[0], shared, (700, 420), maps[1])
        files_of[pins] = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    differs = np.flatnonzero((files_of[()] != files_of[5,]).any(axis=(0, 2)))
    groups = np.split(differs, np.flatnonzero(np.diff(differs) > 20) + 1)
    assert len(groups) == 2 and all(5 < np.ptp(group) < 20 for group in groups)


@pytest.mark.slow
def test_two_shipped_spaces_are_both_decoded_live(space, tmp_path, keras_decoder):
    import keras

    other = open_space(WEIGHTS / "pca")
    place = (space.codes[60_003] + space.codes[60_004]) / 2
    out, at = tmp_path / "out.png", f"--at={place[0]},{place[1]}"
    result = run("ae.py", "--compare", "pca", "--snapshot", out, at, "--size", "700x420", "--background", "density")
    assert (result.returncode, result.stderr, result.stdout) == (0, "", "")
    pixels, row = np.asarray(Image.open(out).convert("RGB")), nearest_row(space, place)
    network = keras.saving.load_model(other.folder / DECODER)
    second = np.clip(network.predict_on_batch(other.codes[[other.index_of(row)]]), 0, 1).reshape(28, 28)
    for image in (keras_decoder(place[None])[0], second):
        assert find_picture(pixels, image, enlarged_to(420))


@pytest.mark.parametrize(
    "shape, classes, size",
    [
        ((8, 8), [], "640x400"),
        ((20, 60), ["one"], "1280x800"),
        ((60, 20, 3), ["Größe", "日本語", "$x^2$", "a" * 80, ""], "900x1200"),
        ((200, 200), [f"class number {index}" for index in range(40)], "1280x800"),
    ],
    ids=["none", "one", "scripts", "many"],
)
def test_any_two_spaces_fit_into_the_file(tmp_path, shape, classes, size):
    """Nothing is said about letters that no font has, and nothing is drawn into the margins."""
    a = make_space(tmp_path / "a", shape, classes, n=120, images=120, data_title="images of " + 30 * "many ")
    make_space(tmp_path / "b", shape, classes, n=90, images=120, title="日本語 and " + 30 * "more ", scale=1e-3)
    out = tmp_path / "out.png"
    check_margins(out, "--weights", a.folder, "--compare", "b", "--snapshot", out, "--size", size)


def test_images_that_are_gone_leave_two_maps_without_the_real_one(call, two, tmp_path):
    away = os.path.join(tmp_path, "a.npz")
    a = make_space(tmp_path / "a", n=300, images=300)
    make_space(tmp_path / "b", n=300, images=300, scale=2.0)
    os.rename(a.card["data"]["source"], away)
    out = tmp_path / "out.png"
    result = call("ae_precomp.py", "--weights", a.folder, "--compare", "b", "--snapshot", out)
    assert result.returncode == 0 and result.stderr.count("\n") == 1
    assert result.stderr.startswith("no real image is shown: ") and out.exists()
