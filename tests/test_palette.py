"""A person's own colours of the classes: what is accepted, what is said, and that they are drawn."""

import numpy as np
import pytest
from PIL import Image

from explorer import cli
from explorer.drawing import palette, themes
from explorer.errors import UserError
from tests.spaces import make_space


@pytest.fixture(autouse=True)
def usual_colours():
    yield
    themes.use_palette(())


@pytest.mark.parametrize("text", ["#0072B2,orange, Tomato", "#0072b2 ,#ffa500,#ff6347,"])
def test_colours_in_a_text(text):
    assert palette.read(text) == ("#0072b2", "#ffa500", "#ff6347")


def test_colours_in_a_file(tmp_path):
    path = tmp_path / "colours.txt"
    for content in ("#0072b2\norange\n\n", "\ufeff#0072b2\r\nOrange", "#0072b2, orange,"):
        path.write_text(content, newline="")
        assert palette.read(str(path)) == ("#0072b2", "#ffa500")


@pytest.mark.parametrize(
    "text, part",
    [
        ("", "is empty"),
        ("blurple", "'blurple' is no colour"),
        ("#12,red", "'#12' is no colour"),
        ("red,0.5", "'0.5' is no colour"),
        ("red,C0", "'C0' is no colour"),
        ("none,red", "'none' is no colour"),
        ("/nowhere/colours", "is missing"),
        (",".join(257 * ["red"]), "at most 256"),
    ],
)
def test_what_is_no_palette_is_said(text, part):
    with pytest.raises(UserError, match=part):
        palette.read(text)


@pytest.mark.parametrize("content, part", [(b"[1, 2]", "'\\[1' is no colour"), (b"\xff\xfe", "is no palette")])
def test_a_file_that_is_no_palette_is_said(tmp_path, content, part):
    (tmp_path / "colours").write_bytes(content)
    with pytest.raises(UserError, match=part):
        palette.read(str(tmp_path / "colours"))


def test_the_first_classes_have_them():
    themes.use_palette(("#111111", "#222222"))
    assert [themes.class_colour(index) for index in (0, 1, 2, 256, 258)] == (
        ["#111111", "#222222", themes.CLASS_COLOURS[2], "#111111", themes.CLASS_COLOURS[2]]
    )


def test_a_snapshot_has_them(tmp_path, capsys):
    space = make_space(tmp_path / "space", n=300, classes=("a", "b", "c"))
    arguments = ["--weights", str(space.folder), "--snapshot", str(tmp_path / "out.png")]
    assert cli.main_grid([*arguments, "--palette", "#0072b2,orange,#123456"]) == 0
    pixels = np.asarray(Image.open(tmp_path / "out.png").convert("RGB"))
    for colour in ([0x00, 0x72, 0xB2], [0xFF, 0xA5, 0x00], [0x12, 0x34, 0x56]):
        assert (pixels == colour).all(axis=2).sum() > 100
    capsys.readouterr()
    assert cli.main_grid([*arguments, "--palette", "blurple"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_saved_map_has_them(tmp_path):
    """It is drawn in another process."""
    from explorer.analysis import colouring
    from explorer.drawing.map_file import DrawnMap, save_map
    from explorer.session.state import MapState, SharedState

    space = make_space(tmp_path / "space", n=300, classes=("a", "b"))
    themes.use_palette(("#123456",))
    groups = colouring.by_class(space)
    save_map(tmp_path / "map.png", [DrawnMap(MapState(space), groups, None, (400, 300))], SharedState())
    pixels = np.asarray(Image.open(tmp_path / "map.png").convert("RGB"))
    assert (pixels == [0x12, 0x34, 0x56]).all(axis=2).sum() > 100
