"""Somebody's own models as a space: in memory, in the window, kept in a folder; codes in tables."""

import functools
import gc
import time

import numpy as np
import pytest

import explorer
from explorer import space
from explorer.decoding import keras_runtime
from explorer.errors import UserError
from explorer.own_models import tables
from explorer.spaces import in_memory
from explorer.spaces.card import CARD
from tests.own_models import KERAS, OTHERS, SHAPES, Basis

PATIENCE = 60.0  # seconds
KINDS = KERAS | OTHERS
BASES = functools.cache(Basis)


@pytest.fixture
def show(screen, monkeypatch):
    """`explorer.show` on the screen; what it has opened is closed at the end."""
    monkeypatch.setenv("DISPLAY", screen.name)
    views = []

    def show(*arguments, **options) -> explorer.View:
        views.append(explorer.show(*arguments, block=False, **options))
        return views[-1]

    yield show
    for view in views:
        view.close()


def until(view, told, what=""):
    end = time.monotonic() + PATIENCE
    while not told():
        assert time.monotonic() < end and view.update(), what
        time.sleep(0.002)


def in_the_window(view, made):
    """Shows another space in the same window, as a choice in its menu does."""
    pane = view._window.pane
    pane.switching.choose(made.folder)
    until(view, lambda: pane.state.space.folder == made.folder and not pane.panel.is_redrawing(), made.name)
    until(view, lambda: pane.probe.all_points is not None and pane.probe.decoder is not None, made.name)


def hovered(view, screen, share):
    """Moves the mouse to a share of the map's width and height. Returns the code there, and the picture's pixels."""
    window = view._window
    left, top, width, height = window.pane.panel.box_on_screen()
    before = view.position
    screen.move(left + round(share[0] * width), top + round(share[1] * height))
    until(view, lambda: view.position != before, "hover")
    for _ in range(5):
        view.update()
    decoding = window.inspector.decoding
    assert decoding.code.tolist() == pytest.approx(window.pane.state.code.tolist(), abs=1e-5)
    return decoding.code, screen.grab(window.inspector.picture.box_on_screen())


def squares(pixels, shape):
    """The colour in the middle of each enlarged pixel of a picture, (height, width, 3) uint8."""
    height, width = shape[:2]
    rows = ((np.arange(height) + 0.5) * pixels.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * pixels.shape[1] / width).astype(int)
    return pixels[np.ix_(rows, columns)]


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
def test_the_picture_under_the_mouse_is_the_models_own(show, screen, monkeypatch, keras_decoder):
    def refuse(*_):  # to compile each of them would take a minute
        raise ValueError("not in this test")

    monkeypatch.setattr(keras_runtime, "compiled", refuse)
    view, made, kinds = None, [], set()
    for name, kind in KINDS.items():
        for shape, d in SHAPES:
            brought = kind(BASES(shape, d))
            made.append(space(brought.images, encoder=brought.encoder, decoder=brought.decoder, title=name))
            view = view or show(made[-1])
            in_the_window(view, made[-1])
            share = (0.4 + 0.01 * (len(made) % 20), 0.45 + 0.01 * (len(made) % 7))  # another place each time
            code, pixels = hovered(view, screen, share)
            wanted = np.rint(255 * brought.picture(code[None])[0])
            wanted = wanted if len(shape) == 3 else np.repeat(wanted[..., None], 3, axis=2)
            np.testing.assert_allclose(squares(pixels, shape), wanted, atol=2, err_msg=f"{name} {shape} {d}")
            kinds.add(name)
    assert len(kinds) >= 12 and len(SHAPES) >= 4


def test_models_alone_and_codes_alone_are_shown(show, screen):
    basis = BASES((6, 9, 3), 3)
    drawn = space(decoder=basis.decode, latent_dim=3, image_shape=(6, 9, 3), title="drawn")
    texts = np.array([f"sentence {number}" for number in range(50)])
    codes = np.random.default_rng(0).normal(size=(50, 2))
    alone = space(codes=codes, labels=["a", "b"] * 25, columns={"text": texts}, title="words")
    view = show(drawn)
    in_the_window(view, drawn)
    code, pixels = hovered(view, screen, (0.5, 0.55))
    wanted = np.rint(255 * np.clip(basis.decode(code[None]), 0, 1)).reshape(6, 9, 3)
    np.testing.assert_allclose(squares(pixels, (6, 9)), wanted, atol=2)
    pane = view._window.pane
    pane.switching.choose(alone.folder)
    until(view, lambda: pane.state.space.folder == alone.folder and pane.probe.neighbours is not None)
    left, top, width, height = pane.panel.box_on_screen()
    before = view.position
    screen.move(left + width // 2, top + height // 3)
    until(view, lambda: view.position != before)
    nearest = alone.nearest(view.position)[0]
    shown = view._window.inspector.picture._columns
    until(view, lambda: f"text: sentence {nearest}" in str(shown.cget("text")))
    screen.click(left + width // 2, top + height // 3)
    until(view, lambda: view.pins.tolist() == [nearest])
    pane.switching.choose(drawn.folder)
    until(view, lambda: pane.state.space.folder == drawn.folder)


def test_a_window_keeps_its_space_in_memory(show):
    view = show(space(codes=np.eye(3), title="mine"), compare=space(codes=2 * np.eye(3), title="beside"))
    gc.collect()
    titles = [held.space.title for held in in_memory.everything()]
    assert "mine" in titles and "beside" in titles
    until(view, lambda: view._window.comparison is not None)
    folder = view._window.pane.state.space.folder
    view._window.pane.switching.choose(folder.with_name("beside"))
    until(view, lambda: view._window.pane.state.space.name == "beside")
    view._window.pane.switching.choose(folder)
    until(view, lambda: view._window.pane.state.space.folder == folder)


def test_a_space_in_memory_ends_with_its_object():
    made = space(codes=np.eye(3), title="short-lived")
    folder = made.folder
    assert in_memory.at(folder) is not None
    del made
    gc.collect()
    assert in_memory.at(folder) is None


def test_what_is_given_is_what_the_space_has():
    basis = BASES((8, 8), 2)
    labels = np.array(["cat", "dog"] * 20)
    made = space(basis.images, labels, encoder=OTHERS["pca"](basis).encoder, columns={"age": range(40)})
    assert made.class_names == ("cat", "dog") and made.labels.tolist() == [0, 1] * 20
    assert made.columns["age"].tolist() == list(range(40)) and len(made.notes) == 1
    assert (made.images == np.rint(basis.images * 255)).all()
    with pytest.raises(UserError, match="no decoder"):
        made.decode(made.codes)


@pytest.mark.parametrize(
    "given, words",
    [
        ({}, "nothing to show"),
        ({"encoder": lambda x: x}, "encoder"),
        ({"images": np.zeros((5, 8, 8))}, "nothing to show"),
        ({"images": np.zeros((5, 8, 8)), "decoder": lambda z: np.zeros((len(z), 64)), "latent_dim": 2}, "encoder"),
        ({"codes": np.zeros((5, 2)), "images": np.zeros((4, 8, 8))}, "5 codes and 4 images"),
        ({"codes": np.zeros((5, 2)), "labels": [1, 2]}, "one for each"),
        ({"codes": np.zeros((5, 2)), "columns": {"age": [1]}}, "one value for each of 5"),
        ({"codes": np.zeros((5, 2, 2))}, r"\(n, d\)"),
        ({"codes": np.zeros((5, 600))}, "have 600 numbers, and at most 512"),
        ({"codes": np.zeros((0, 2)), "decoder": lambda z: z}, r"\(0, 2\): give numbers"),
        ({"codes": np.zeros((5, 0)), "decoder": lambda z: z}, r"\(5, 0\): give numbers"),
        ({"codes": np.full((5, 2), np.nan)}, "NaN"),
        ({"codes": np.eye(5), "decoder": lambda z: z @ np.zeros((3, 64))}, "raised .*3"),
        ({"decoder": "nothing.keras"}, "missing"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(given, words):
    with pytest.raises(UserError, match=words) as caught:
        space(**given)
    assert "\n" not in str(caught.value)


def test_lines_name_the_arguments_not_options_of_the_command_line():
    basis = Basis((8, 8), 3)
    made = space(basis.images, encoder=basis.encode, decoder=basis.decode)
    assert made.notes and all("_range changes it" in note and "--" not in note for note in made.notes)
    with pytest.raises(UserError, match="a code has: give latent_dim$"):
        space(decoder=basis.decode)
    with pytest.raises(TypeError, match="keyword argument 'encodr'"):
        space(basis.images, encodr=basis.encode)


def test_objects_as_labels_and_numbers_as_names_of_columns():
    made = space(codes=np.eye(4), labels=np.array(["a", None] * 2, object), columns={7: [1, 2, 3, 4]})
    assert made.class_names == ("None", "a") and list(made.columns) == ["7"]


# ---- kept ------------------------------------------------------------------------------------------


def test_a_kept_space_opens_again_and_in_the_grid(tmp_path):
    basis = BASES((8, 8), 16)
    brought = OTHERS["pca"](basis)
    made = space(basis.images, [0, 1] * 20, encoder=brought.encoder, decoder=brought.decoder, names=["even", "odd"])
    kept = made.keep(tmp_path / "mine")
    assert (kept.codes == made.codes).all() and kept.class_names == ("even", "odd")
    assert (kept.images == made.images).all() and kept.decoder == "grid"
    assert sum("no file can hold" in note for note in kept.notes) == 2
    again = explorer.open(tmp_path / "mine", live=False)
    on_plane = again._space.codes_at(again._space.places[:5])
    assert again.decode(on_plane) == pytest.approx(brought.picture(on_plane), abs=0.05)
    made.keep(tmp_path / "mine")  # replaces it
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]
    with pytest.raises(UserError, match="already"):
        kept.keep(tmp_path / "other")


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")  # of the test's initializers
def test_a_kept_keras_model_is_called_as_it_was(tmp_path, keras_decoder):
    basis = BASES((8, 8), 3)
    brought = KERAS["tanh"](basis)
    made = space(basis.images, encoder=brought.encoder, decoder=brought.decoder)
    kept = made.keep(tmp_path / "mine")
    assert kept.decoder == "live"
    assert kept.decode(made.codes) == pytest.approx(brought.picture(made.codes), abs=1e-4)
    assert kept.encode(made.images[:5]) == pytest.approx(made.codes[:5], abs=1e-3)


def test_only_trained_spaces_are_measured(tmp_path, call):
    made = space(codes=np.eye(5))
    for each in (made, made.keep(tmp_path / "words")):
        with pytest.raises(UserError, match="only trained spaces"):
            explorer.evaluate(each)
    result = call("model.py", "evaluate", "--weights", tmp_path / "words")
    assert result.returncode == 2 and "a model of your own" in result.stderr and result.stderr.count("\n") == 1


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear")
    with pytest.raises(UserError, match="with --keep"):
        space(codes=np.eye(3)).keep(tmp_path / "letters")
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["dear.txt"]


def test_codes_alone_are_kept_with_their_columns(tmp_path):
    made = space(codes=np.eye(5), columns={"text": list("abcde")})
    kept = made.keep(tmp_path / "words")
    assert kept.columns["text"].tolist() == list("abcde") and (tmp_path / "words" / CARD).exists()
    with pytest.raises(UserError, match="without images"):
        _ = kept.images


# ---- tables ----------------------------------------------------------------------------------------


CODES = np.array([[1, 2.5], [-3, 0]], np.float32)


@pytest.mark.parametrize(
    "text",
    [
        "z1,z2,label,text\n1,2.5,a,x\n-3,0,b,y\n",
        "text;label;z_1;z_2\nx;a;1;2.5\ny;b;-3;0\n",
        "\ufefflabel\tx\ty\ttext\na\t1\t2.5\tx\nb\t-3\t0\ty\n",
    ],
)
def test_codes_in_a_table_of_text(tmp_path, text):
    path = tmp_path / "codes.csv"
    path.write_text(text, encoding="utf-8")
    found = tables.read(path)
    assert (found.codes == CODES).all() and found.codes.dtype == np.float32
    assert found.labels.tolist() == ["a", "b"] and found.columns["text"].tolist() == ["x", "y"]


def test_codes_in_a_table_without_names_and_in_arrays(tmp_path):
    (tmp_path / "bare.csv").write_text("1,2.5\n-3,0\n")
    np.savez(tmp_path / "codes.npz", codes=CODES, year=[1, 2], labels=[0, 1], class_names=["a", "b"])
    assert (tables.read(tmp_path / "bare.csv").codes == CODES).all()
    found = tables.read(tmp_path / "codes.npz")
    assert (found.codes == CODES).all() and found.columns["year"].tolist() == [1, 2]
    assert found.labels.tolist() == [0, 1] and list(found.class_names) == ["a", "b"]


def test_codes_in_a_parquet_file(tmp_path):
    import pyarrow
    import pyarrow.parquet

    rows = {"z1": CODES[:, 0], "z2": CODES[:, 1], "text": ["x", "y"], "label": ["a", "b"]}
    pyarrow.parquet.write_table(pyarrow.table(rows), tmp_path / "wide.parquet")
    pyarrow.parquet.write_table(
        pyarrow.table({"embedding": CODES.tolist(), "text": ["x", "y"]}), tmp_path / "lists.parquet"
    )
    for name in ("wide", "lists"):
        found = tables.read(tmp_path / f"{name}.parquet")
        assert (found.codes == CODES).all() and found.columns["text"].tolist() == ["x", "y"]


def test_measurements_are_a_column_whatever_their_name(tmp_path):
    (tmp_path / "codes.csv").write_text("z1,z2,target\n1,2.5,0.5\n-3,0,1.5\n")
    found = tables.read(tmp_path / "codes.csv")
    assert found.labels is None and found.columns["target"].tolist() == [0.5, 1.5]


def test_a_parquet_file_that_grows_beyond_memory_is_refused(tmp_path, monkeypatch):
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "huge.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"z1": np.zeros(10**7, np.int8)}), path)
    monkeypatch.setattr(tables, "GROWTH", 10**5)  # as if it had so many times more rows
    assert path.stat().st_size < 10**5
    with pytest.raises(UserError, match="does not fit into memory"):
        tables.read(path)


def test_labels_and_classes_must_fit_the_codes(tmp_path):
    np.savez(tmp_path / "codes.npz", codes=CODES, labels=[0, 1, 1])
    with pytest.raises(UserError, match=r"'labels' has the shape \(3,\), and there are 2 codes: give one for each"):
        tables.read(tmp_path / "codes.npz")


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "no table"),
        (b"z1,z2\n", "no rows"),
        (b"z1,z2\n1\n", "row 1 has 1 value"),
        (b"z1,z1\n1,2\n", "same name"),
        (b"text,more\na,b\n", "call those of the codes z1, z2"),
        (b"z1,z2,z3\n1,2,3\n1,x,3\n", "column 'z2' holds 'x', which is no number"),
        (b"\xff\xfe\x00z1,z2", "no table"),
        (b"PK\x03\x04", "damaged"),
        (b"PAR1 and no more", "damaged"),
    ],
)
def test_what_is_no_table_is_said_in_one_line(tmp_path, content, words):
    path = tmp_path / "codes.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=words) as caught:
        tables.read(path)
    assert "\n" not in str(caught.value)
