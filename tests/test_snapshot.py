"""Snapshots: the decoded picture in the file is the decoding of the place asked for."""

import numpy as np
import pytest
from PIL import Image

from explorer import grid
from explorer.decoders import GridDecoder
from explorer.drawing.snapshot import save
from explorer.reading import Reader
from explorer.state import MapState, SharedState
from tests.conftest import run
from tests.spaces import make_space


def find_picture(pixels: np.ndarray, image: np.ndarray, factor: int) -> bool:
    """Whether the image, enlarged by whole pixels, stands somewhere in the right half of the file."""
    wanted = np.kron(np.rint(image * 255).astype(np.uint8), np.ones((factor, factor), np.uint8))
    size = wanted.shape[0]
    row = wanted[size // 2]
    grey = pixels[:, :, 0]
    for y in range(0, grey.shape[0] - size):
        for x in range(grey.shape[1] // 2, grey.shape[1] - size + 1):
            if (grey[y + size // 2, x : x + size] == row).all() and (
                np.abs(grey[y : y + size, x : x + size].astype(int) - wanted) <= 1
            ).all():
                return True
    return False


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_file_shows_the_decoded_picture(space, tmp_path, theme):
    decoder = GridDecoder(grid.load(space))
    state = MapState(space)
    state.move_cursor(tuple(space.places[61_000]))
    save(tmp_path / "a.png", Reader(space, decoder), state, SharedState(theme), (700, 420))
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    assert pixels.shape == (420, 700, 3)
    assert find_picture(pixels, decoder(space.codes[61_000:61_001])[0], round(700 * 0.31) // 28)


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


@pytest.mark.parametrize("size", ["640x400", "1280x800", "900x1200"])
@pytest.mark.parametrize(
    "shape, classes",
    [
        ((8, 8), []),
        ((20, 60), ["one"]),
        ((60, 20, 3), ["Größe", "日本語", "$x^2$", "a" * 80, ""]),
        ((300, 300, 3), [f"class number {index}" for index in range(200)]),
    ],
    ids=["none", "one", "scripts", "200"],
)
def test_any_space_fits_into_the_file(tmp_path, shape, classes, size):
    """Nothing is said about letters that no font has, and nothing is drawn into the margins."""
    space = make_space(tmp_path / "space", shape, classes, n=400, data_title="images of " + 30 * "many ")
    out = tmp_path / "out.png"
    result = run("ae_precomp.py", "--weights", space.folder, "--snapshot", out, "--size", size, tensorflow=False)
    assert (result.returncode, result.stderr, result.stdout) == (0, "", "")
    pixels = np.asarray(Image.open(out).convert("RGB"))
    for margin in (pixels[:, :2], pixels[:, -8:], pixels[:8], pixels[-3:]):
        assert (margin == margin[0, 0]).all()


def test_an_unwritable_file_leaves_nothing(space, tmp_path, monkeypatch):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from explorer.errors import NotAllowed

    def full(canvas, file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FigureCanvasAgg, "print_png", full)
    with pytest.raises(NotAllowed, match="No space left"):
        save(
            tmp_path / "a.png", Reader(space, GridDecoder(grid.load(space))), MapState(space), SharedState(), (640, 400)
        )
    assert list(tmp_path.iterdir()) == []


def test_a_place_beyond_the_view_has_no_crosshair(space, tmp_path):
    """It would be drawn over the decoded picture."""
    decoder, state = GridDecoder(grid.load(space)), MapState(space)
    state.move_cursor((1e3, 0.0))
    save(tmp_path / "a.png", Reader(space, decoder), state, SharedState(), (1280, 800))
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    assert find_picture(pixels, decoder(np.array([[1e3, 0.0]]))[0], round(1280 * 0.31) // 28)
