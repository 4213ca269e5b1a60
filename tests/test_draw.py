"""Drawing in the real window with real X events."""

import numpy as np
import pytest
from PIL import Image

from explorer.images import datasets
from explorer.spaces.card import ENCODER
from tests.conftest import slow
from tests.spaces import make_space

KEYS = {"/": ("slash",), "-": ("minus",), "_": ("underscore", "Shift_L"), ".": ("period",)}
SPREAD_SHARE = 0.01  # of the map's spread: how far replayed digits may land from their codes, in the median
DIGITS = 12


class Pad:
    """The drawing pad of a program, opened by its key."""

    def __init__(self, program):
        self.program, self.screen = program, program.screen
        self.screen.key("d")
        self.shown()

    def shown(self, since: int = 0) -> dict:
        """The last drawing shown, once there is one after so many, and nothing follows."""
        self.program.wait(lambda: len(self.program.events("drawing")) > since, "a drawing")
        self.program.settle()
        return self.program.events("drawing")[-1]

    def count(self) -> int:
        return len(self.program.events("drawing"))

    def box(self) -> list[int]:
        return self.program.events("drawing")[-1]["pad"]

    def pixel(self, point) -> tuple[int, int]:
        x, y, side, _ = self.box()
        return round(x + side * point[0]), round(y + side * point[1])

    def stroke(self, *points) -> dict:
        """Moves the pen through points, shares of the pad, and gives where that landed."""
        since, pixels = self.count(), [self.pixel(point) for point in points]
        self.screen.move(*pixels[0])
        self.screen.press()
        for pixel in pixels[1:]:
            self.screen.move(*pixel)
            self.program.handled()
        self.screen.release()
        return self.shown(since)

    def button(self, name: str) -> None:
        """Presses one of the buttons below the pad, which stand from left to right."""
        x, *_ = self.box()
        left, top, width, height = self.program.layout()["tabs"]
        offset = {"Undo": 25, "Clear": 85, "Keep": 145, "Open": 210, "Save": 285}[name]
        self.screen.click(x + offset, top + height - 20)

    def clear(self) -> dict:
        since = self.count()
        self.button("Clear")
        return self.shown(since)

    def type(self, text: str) -> None:
        for letter in text:
            name, *modifiers = KEYS.get(letter, (letter, "Shift_L") if letter.isupper() else (letter,))
            self.screen.key(name, *modifiers)

    def choose(self, name: str, path) -> None:
        """Presses a button that asks for a file, and types its path."""
        title = {"Open": "Open a picture", "Save": "Save the prepared image"}[name]
        self.button(name)
        self.program.wait(lambda: self.screen.window(title), title)
        self.program.settle()
        self.screen.key("slash", "Control_L")  # selects what stands there
        self.type(str(path))
        self.screen.key("Return")
        self.program.wait(lambda: self.screen.window(title) is None, "the end of the dialog")

    def open(self, path) -> dict:
        since = self.count()
        self.choose("Open", path)
        return self.shown(since)


def circle(middle=(0.5, 0.5), radii=(0.2, 0.3), steps=40):
    angles = np.linspace(0, 2 * np.pi, steps)
    return [(middle[0] + radii[0] * np.sin(a), middle[1] - radii[1] * np.cos(a)) for a in angles]


def scribble(seed=0, points=30):
    return np.random.default_rng(seed).uniform(0.05, 0.95, (points, 2)).tolist()


@pytest.mark.slow
def test_drawings_land_where_they_belong(start, space, tmp_path):
    """A one and a zero land among theirs, digits of MNIST where their codes are, and a scribble is told apart."""
    program = start("ae.py")
    program.wait_for("live")
    pad = Pad(program)
    assert "z" not in pad.shown(), "an empty pad landed"

    pad.stroke(*circle())
    program.wait(lambda: program.events("drawing")[-1].get("oddness") is not None, "the gauge")
    program.settle()
    zero = program.events("drawing")[-1]
    assert zero["nearest"] == [0] * 5
    assert zero["oddness"] < 0.9
    assert "z" not in pad.clear()
    one = pad.stroke((0.55, 0.15), (0.5, 0.5), (0.46, 0.85))
    assert one["nearest"] == [1] * 5
    assert one["oddness"] < 0.9

    pad.clear()
    assert pad.stroke(*scribble())["oddness"] > 0.95

    dataset, distances = datasets.load("mnist"), []
    train = len(dataset.x_train)
    for index in range(DIGITS):
        picture = Image.fromarray(dataset.x_test[index])
        picture.resize((140, 140), Image.Resampling.NEAREST).save(tmp_path / f"{index}.png")
        landed = pad.open(tmp_path / f"{index}.png" if index == 0 else f"{index}.png")
        distances.append(np.linalg.norm(np.array(landed["z"]) - space.codes[space.index_of(train + index)]))
    spread = np.linalg.norm(space.codes.std(axis=0))
    print(f"median distance {np.median(distances) / spread:.5f} of the spread, worst {max(distances) / spread:.5f}")
    assert np.median(distances) <= SPREAD_SHARE * spread
    assert max(distances) <= 10 * SPREAD_SHARE * spread

    # kept drawings stay on the map, each with its letter, until they are removed
    pad.button("Keep")
    program.wait(lambda: program.events("kept"), "the first kept drawing")
    program.settle()
    pad.clear()
    pad.stroke(*circle())
    pad.button("Keep")
    program.wait(lambda: program.events("kept")[-1]["letters"] == ["a", "b"], "the second kept drawing")
    program.settle()
    x, *_ = pad.box()
    left, top, _, height = program.layout()["tabs"]
    program.screen.click(x + 52, top + height - 54)  # the × of the first one
    program.wait(lambda: program.events("kept")[-1]["letters"] == ["b"], "one kept drawing")


@pytest.fixture
def pad(start):
    program = start("ae_precomp.py", tensorflow=False)
    program.wait_for("window")
    program.settle()
    return Pad(program)


def prepared(pad, path) -> np.ndarray:
    """What is saved: the prepared image."""
    pad.choose("Save", path)
    pad.program.wait(path.exists, f"{path}")
    return np.asarray(Image.open(path)).astype(int)


def test_what_is_drawn_can_be_saved_taken_back_and_cleared(pad, tmp_path):
    """Without an encoder, too; and no half of a file is left anywhere."""
    shape = pad.stroke((0.3, 0.2), (0.3, 0.8))
    assert "z" not in shape
    bar = prepared(pad, tmp_path / "bar.png")
    assert bar.shape == (28, 28) and bar.max() == 255
    rows, columns = np.nonzero(bar > 128)
    assert np.ptp(rows) == 19 and np.ptp(columns) <= 4
    pad.stroke((0.3, 0.5), (0.8, 0.5))
    cross = prepared(pad, tmp_path / "cross.png")
    assert np.ptp(np.nonzero(cross > 128)[1]) >= 12
    since = pad.count()
    pad.button("Undo")
    pad.shown(since)
    np.testing.assert_array_equal(prepared(pad, tmp_path / "again.png"), bar)
    since = pad.count()
    pad.stroke((0.1, 0.9), (0.9, 0.9))
    pad.screen.key("z", "Control_L")
    pad.shown(since)
    np.testing.assert_array_equal(prepared(pad, tmp_path / "third.png"), bar)
    assert not pad.program.events("said"), "the window undid something, too"
    pad.clear()
    pad.button("Save")  # cannot be pressed
    pad.program.settle()
    assert pad.screen.window("Save") is None
    pad.stroke((0.3, 0.2), (0.3, 0.8))
    pad.choose("Save", "/proc/drawing.png")
    pad.program.wait(lambda: pad.program.events("said"), "that it cannot be written")
    assert "cannot write /proc/drawing.png" in pad.program.events("said")[-1]["text"]
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["again.png", "bar.png", "cross.png", "third.png"]
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
def test_bad_files_are_told_of_and_change_nothing(pad, tmp_path):
    pad.stroke(*circle())
    before = prepared(pad, tmp_path / "before.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "before.png").read_bytes()[:100])
    (tmp_path / "text.png").write_text("no picture")
    Image.new("1", (12_000, 12_000)).save(tmp_path / "huge.png")
    for number, (name, words) in enumerate({"cut": "damaged", "text": "damaged", "huge": "pixels"}.items()):
        pad.choose("Open", f"{name}.png")
        pad.program.wait(lambda number=number: len(pad.program.events("said")) > number, f"words on {name}")
        text = pad.program.events("said")[-1]["text"]
        assert words in text and "\n" not in text
    np.testing.assert_array_equal(prepared(pad, tmp_path / "after.png"), before)
    pad.open(tmp_path / "before.png")
    assert np.abs(prepared(pad, tmp_path / "opened.png") - before).mean() < 1


@pytest.mark.parametrize("shape", [(32, 32, 3), slow((20, 12))])
def test_images_of_any_shape_can_be_drawn(start, tmp_path, shape):
    make_space(tmp_path / "space", shape, (), n=200)
    program = start("ae_precomp.py", "--weights", str(tmp_path / "space"), tensorflow=False)
    program.wait_for("window")
    program.settle()
    pad = Pad(program)
    pad.stroke((0.3, 0.2), (0.7, 0.8))
    assert prepared(pad, tmp_path / "saved.png").shape == shape


@pytest.mark.slow
def test_a_space_whose_encoder_is_damaged_says_so(start, copy):
    (copy / ENCODER).write_bytes(b"no network")
    program = start("ae.py", "--weights", str(copy))
    program.expected_stderr = "without the encoder"
    program.wait_for("live")
    program.wait(lambda: "without the encoder" in program.stderr(), "the notice")
    pad = Pad(program)
    assert "z" not in pad.stroke(*circle())
