"""The Python API, as a person uses it: in processes with and without a display, and in windows with real events."""

import contextlib
import gc
import inspect
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import explorer
from explorer.images import datasets
from explorer.spaces import folder
from explorer.spaces.folder import WEIGHTS, open_space
from explorer.window.base.keys import KEYS
from tests import spaces
from tests.conftest import ROOT, WITHOUT_TENSORFLOW
from tests.screen import PATIENCE, settle

HEAVY = ("numpy", "scipy", "matplotlib", "tkinter", "_tkinter", "PIL", "keras", "tensorflow", "explorer.api")


def python(code: str, *, screen=None, tensorflow: bool = True, folder: Path = ROOT) -> subprocess.CompletedProcess:
    """Runs a script in a process of its own, without a display unless a screen is given."""
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    paths = [str(ROOT)] if tensorflow else [str(WITHOUT_TENSORFLOW), str(ROOT)]
    environment |= {"PYTHONPATH": os.pathsep.join(paths)} | ({"DISPLAY": screen.name} if screen else {})
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=200)


def said(code: str, **options) -> str:
    """What a script prints that goes well."""
    done = python(code, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- importing -----------------------------------------------------------------------------------


def test_importing_loads_nothing_heavy_and_says_nothing(tmp_path):
    loaded = "before = set(sys.modules); import explorer; print(sorted(set(sys.modules) - before))"
    code = f"import __future__, sys, typing; {loaded}"
    assert said(code, folder=tmp_path) == "['explorer']\n"


def test_the_facade_is_light(tmp_path):
    code = f"import sys, explorer; explorer.open; print([name for name in {HEAVY[:-1]} if name in sys.modules])"
    assert said(code, folder=tmp_path) == "[]\n"


def test_its_names_are_there():
    assert {*explorer.__all__} <= {*dir(explorer)}
    assert all(getattr(explorer, name) for name in explorer.__all__)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        explorer.nothing_like_it  # noqa: B018
    assert (Path(explorer.__file__).parent / "py.typed").exists()


# ---- a space -------------------------------------------------------------------------------------


@pytest.fixture
def made(tmp_path) -> explorer.Space:
    columns = {"width": np.arange(300) / 7}
    spaces.make_space(tmp_path / "made", (9, 7, 3), ("a", "b", "c"), 300, columns)
    return explorer.open(tmp_path / "made", live=False)


def test_a_space_is_what_its_files_say(made, tmp_path):
    there = open_space(tmp_path / "made")
    assert (made.codes.dtype, made.codes.shape, len(made)) == (np.float32, (300, 2), 300)
    for name in ("codes", "labels", "rows"):
        assert np.array_equal(getattr(made, name), getattr(there, name))
    assert np.array_equal(made.columns["width"], np.arange(300) / 7)
    assert (made.name, made.folder, made.class_names) == ("made", tmp_path / "made", ("a", "b", "c"))
    assert (made.image_shape, made.decoder) == ((9, 7, 3), "grid")
    assert made.card["kind"] == "test"


def test_its_images_are_those_of_the_data(made, tmp_path):
    dataset = datasets.load(str(tmp_path / "made.npz"))
    assert made.images.dtype == np.uint8
    assert np.array_equal(made.images, np.concatenate([dataset.x_train, dataset.x_test]))
    assert made.images is made.images


def test_images_that_are_gone_are_a_users_mistake(made, tmp_path):
    (tmp_path / "made.npz").unlink()
    with pytest.raises(explorer.UserError, match=r"made\.npz"):
        made.images  # noqa: B018


@pytest.mark.parametrize("name", ["codes", "labels", "rows", "images"])
def test_arrays_are_read_only(made, name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(made, name)[0] = 0


def test_what_is_changed_in_the_card_is_changed_in_a_copy(made):
    made.card["data"]["classes"].clear()
    assert made.class_names == ("a", "b", "c") and made.card["data"]["classes"] == ["a", "b", "c"]


def test_decoding_gives_what_the_grid_holds(made):
    images = made.decode(made.codes)
    assert images.dtype == np.float32 and images.shape == (300, 9, 7, 3)
    assert np.abs(images - spaces.decode(made.codes, (9, 7, 3))).max() < 0.1
    assert np.array_equal(made.decode(made.codes[5]), images[5])
    assert made.decode(np.empty((0, 2))).shape == (0, 9, 7, 3)


@pytest.mark.parametrize("codes", [[1, 2, 3], [[0.0, np.nan]], [["a", "b"]], 1.0, np.zeros((2, 2, 2))])
def test_what_is_no_code_is_a_users_mistake(made, codes):
    with pytest.raises(explorer.UserError, match="codes"):
        made.decode(codes)


def test_a_grid_does_not_encode(made):
    with pytest.raises(explorer.UserError, match="live=False"):
        made.encode(made.images[:2])


@pytest.mark.parametrize(
    "images", [np.zeros((2, 7, 9, 3)), np.full((9, 7, 3), 1.1), np.full((9, 7, 3), np.nan), np.full((9, 7, 3), 256)]
)
def test_what_is_no_image_is_a_users_mistake(made, images):
    with pytest.raises(explorer.UserError, match="images"):
        made.encode(images)


def test_the_nearest_points_are_the_nearest(made):
    order = np.linalg.norm(made.codes - np.float32((0.5, 1)), axis=1).argsort()
    assert made.nearest((0.5, 1), 7).tolist() == order[:7].tolist()
    assert made.nearest(np.array([0.5, 1])).tolist() == order[:1].tolist()
    assert len(made.nearest((0, 0), 1000)) == 300
    for position in ((1, 2, 3), (np.nan, 0), "ab", 5):
        with pytest.raises(explorer.UserError, match="two numbers"):
            made.nearest(position)
    with pytest.raises(explorer.UserError, match="1 or more"):
        made.nearest((0, 0), 0)


def test_points_are_found_by_their_data_rows(made):
    assert made.rows[made.indices_of([7, 3, 5000])].tolist() == [3, 7]


@pytest.mark.parametrize("name", ["pca", "weights/pca", Path("weights/pca")])
def test_a_space_goes_by_name_or_folder(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert explorer.open(name, live=False).folder == WEIGHTS / "pca"


@pytest.mark.parametrize("name", ["nothing", "./nothing", "", Path("nothing")])
def test_a_space_that_is_not_there_is_a_users_mistake(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(explorer.UserError):
        explorer.open(name)


def test_a_snapshot_is_a_picture(made, tmp_path):
    from PIL import Image

    paths = [tmp_path / name for name in ("a.png", "b.png", "c.png")]
    made.snapshot(paths[0], size=(700, 500))
    made.snapshot(str(paths[1]), size=(700, 500), position=(1, 1), theme="dark")
    made.snapshot(paths[2], size=(700, 500), colour="width", background="density")
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    assert {picture.shape for picture in pictures} == {(500, 700, 3)}
    assert pictures[0].mean() > 2 * pictures[1].mean()
    assert not np.array_equal(pictures[0], pictures[2])


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("a.jpg", {}),
        ("nowhere/a.png", {}),
        ("a.png", {"size": (5, 5)}),
        ("a.png", {"theme": "green"}),
        ("a.png", {"colour": "nothing"}),
        ("a.png", {"background": "nothing"}),
        ("a.png", {"background": "drift"}),
    ],
)
def test_a_snapshot_that_cannot_be_drawn_is_a_users_mistake(made, tmp_path, path, options):
    with pytest.raises(explorer.UserError):
        made.snapshot(tmp_path / path, **options)
    assert not (tmp_path / path).exists()


GRID = """
import explorer, sys
space = explorer.open("pca")
print(space.decoder, space.decode((0, 0)).shape, "tensorflow" in sys.modules and sys.modules["tensorflow"] is not None)
for wrong in (lambda: space.encode(space.images[:1]), lambda: explorer.open("pca", live=True),
              lambda: explorer.train("pca"), lambda: explorer.evaluate(space)):
    try:
        wrong()
    except explorer.UserError as error:
        print("TensorFlow is not installed" in str(error))
"""


def test_without_tensorflow_the_grid_decodes():
    assert said(GRID, tensorflow=False) == "grid (28, 28) False\n" + 4 * "True\n"


LIVE = """
import explorer, numpy as np
space = explorer.open("autoencoder")
codes = space.encode(space.images[:50])
print(space.decoder, codes.dtype, float(np.abs(codes - space.codes[:50]).max()) < 1e-3)
print(np.allclose(space.encode(space.images[7] / 255), codes[7], atol=1e-4), space.decode(codes).shape)
grid = explorer.open("autoencoder", live=False)
print(float(np.abs(grid.decode(codes) - space.decode(codes)).mean()) < 0.01)
"""


@pytest.mark.slow
def test_with_tensorflow_keras_encodes_and_decodes():
    assert said(LIVE) == "live float32 True\nTrue (50, 28, 28)\nTrue\n"


# ---- a window ------------------------------------------------------------------------------------

NO_WINDOW = """
import sys, explorer
{before}
try:
    explorer.show("pca")
except explorer.UserError as error:
    print(error)
"""


@pytest.mark.parametrize(("before", "why"), [("", "no display"), ("sys.modules['_tkinter'] = None", "no Tk")])
def test_without_a_screen_or_tk_it_says_what_to_do(before, why):
    text = said(NO_WINDOW.format(before=before), tensorflow=False)
    assert why in text and "space.snapshot('map.png')" in text and text.count("\n") == 1


@pytest.fixture
def show(screen, monkeypatch):
    """`explorer.show` on the screen; what it has opened is closed at the end."""
    monkeypatch.setenv("DISPLAY", screen.name)
    views = []

    def show(*arguments, block=False, **options) -> explorer.View:
        views.append(explorer.show(*arguments, block=block, **options))
        return views[-1]

    yield show
    for view in views:
        view.close()


def until(view: explorer.View, condition) -> None:
    """Has a window handle its events until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline and view.update()
        time.sleep(0.005)


def box(view: explorer.View) -> list[int]:
    """The map's place on the screen."""
    settle(view._window.root)
    return view._window.pane.panel.box_on_screen()


def test_what_is_set_is_seen_in_the_window(made, show, screen):
    view = show(made)
    before = screen.grab(box(view))
    view.pins, view.selection, view.position = [4, 200], made.rows[made.labels == 1], (1.0, -0.5)
    assert view.pins.tolist() == [4, 200] and view.position == (1.0, -0.5)
    assert view.selection.tolist() == list(range(1, 300, 3))
    after = screen.grab(box(view))
    assert not np.array_equal(before, after)
    view.pins, view.selection = (), ()
    assert not np.array_equal(after, screen.grab(box(view)))
    assert view.pins.dtype == view.selection.dtype == np.intp and not len(view.pins)


def test_what_is_done_in_the_window_is_read(made, show, screen):
    view = show(made)
    left, top, width, height = box(view)
    before = view.position
    screen.click(left + width // 3, top + height // 2)
    until(view, lambda: len(view.pins) == 1)
    assert view.position != before
    assert view.pins[0] == made.rows[made.nearest(view.position)[0]]
    screen.key("Escape")
    until(view, lambda: not len(view.pins))


@pytest.mark.parametrize("rows", [[300], [-1], [0.5], 3, [[1]], ["a"]])
def test_what_is_no_data_row_is_a_users_mistake(made, show, rows):
    view = show(made)
    for name in ("pins", "selection"):
        with pytest.raises(explorer.UserError, match="data row"):
            setattr(view, name, rows)
    with pytest.raises(explorer.UserError, match="two numbers"):
        view.position = (np.inf, 0)


def test_a_closed_window_keeps_what_it_had(made, show, screen):
    view = show(made)
    view.selection, view.position = [1, 2], (1, 1)
    screen.tell(screen.window("Latent Space Explorer"))
    until_closed = time.monotonic() + PATIENCE
    while view.update() and time.monotonic() < until_closed:
        time.sleep(0.005)
    assert view.closed and not view.update()
    assert view.selection.tolist() == [1, 2] and view.position == (1, 1)
    view.wait()
    view.close()
    for name, value in (("selection", [3]), ("pins", [3]), ("position", (0, 0))):
        with pytest.raises(explorer.UserError, match="closed"):
            setattr(view, name, value)


def test_several_windows_after_and_beside_each_other(made, show):
    first, second = show(made), show(made.folder, theme="dark")
    first.selection = [5]
    assert not len(second.selection)
    first.close()
    assert second.update() and first.closed
    second.close()
    assert show(made).update()


def test_every_action_in_the_table_of_keys_can_be_called(made, show):
    window = show(made)._window
    actions = [(key, attrgetter(key.action)(window)) for key in KEYS if key.action]
    assert len(actions) > 30
    for key, action in actions:
        for _, arguments in key.bindings():
            inspect.signature(action).bind(*arguments)


def test_the_process_is_left_as_it_was(made, show):
    def settings() -> list:
        hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
        return [gc.isenabled(), gc.get_threshold(), sys.getswitchinterval(), signal.getsignal(signal.SIGINT), *hooks]

    before, handlers = settings(), [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    view = show(made)
    settle(view._window.root)
    assert settings() == before
    view.close()
    assert settings() == before
    assert handlers == [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]


@pytest.mark.parametrize("loop", ["tk", None])
def test_it_returns_at_once_where_ipython_runs_the_loop(made, screen, monkeypatch, loop):
    shell = SimpleNamespace(active_eventloop=loop)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell, version_info=(9, 0)))
    monkeypatch.setenv("DISPLAY", screen.name)
    if loop is None:  # it waits: somebody closes the window
        closer = threading.Timer(0.1, lambda: close_when_shown(screen))
        closer.start()
    view = explorer.show(made)
    assert view.closed == (loop is None)
    view.close()


def close_when_shown(screen) -> None:
    """Presses the close button until the window is gone: it may be pressed before Tk knows of the button."""
    deadline, shown = time.monotonic() + PATIENCE, False
    while (window := screen.window("Latent Space Explorer")) or not shown:
        assert time.monotonic() < deadline
        if window:
            shown = True
            screen.tell(window)
        time.sleep(0.1)


BLOCKS = """
import tkinter, explorer
other = tkinter.Tk()
view = explorer.show({folder!r})
print(view.closed, other.winfo_exists(), view.selection.tolist())
"""


def test_in_a_script_it_waits_whatever_other_windows_there_are(made, screen):
    closer = threading.Thread(target=close_when_shown, args=(screen,))
    closer.start()
    text = said(BLOCKS.format(folder=str(made.folder)), screen=screen, tensorflow=False)
    closer.join()
    assert text == "True 1 []\n"


@pytest.mark.slow
def test_at_pythons_prompt_the_window_lives(screen, made):
    """Python handles Tk's events while it waits for a line."""
    environment = os.environ | {"DISPLAY": screen.name, "PYTHONPATH": f"{WITHOUT_TENSORFLOW}:{ROOT}", "TERM": "dumb"}
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-q"], env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    heard = b""

    def ask(line: str, answer: bytes) -> None:
        nonlocal heard
        heard = b""
        os.write(ours, f"{line}\n".encode())
        deadline = time.monotonic() + PATIENCE
        while answer not in heard:
            assert time.monotonic() < deadline, heard
            if select.select([ours], [], [], 0.1)[0]:
                heard += os.read(ours, 1 << 16)

    try:
        ask(f"import explorer; view = explorer.show({str(made.folder)!r}); print('up' + 'on')", b"upon")
        where = "x, y, w, h = view._window.pane.panel.box_on_screen(); print('at', x + w // 2, y + h // 2, '!')"
        ask(where, b" !")
        x, y = (int(word) for word in heard.decode().rpartition("at ")[2].split()[:2])
        screen.click(x, y)
        deadline = time.monotonic() + PATIENCE
        while b"pins 1 !" not in heard and time.monotonic() < deadline:
            ask("print('pins', len(view.pins), '!')", b" !\r")
            time.sleep(0.2)
        assert b"pins 1 !" in heard
        ask("view.close(); print('gone', view.closed)", b"gone True")
    finally:
        with contextlib.suppress(OSError):
            os.write(ours, b"exit()\n")
        process.wait(PATIENCE)
        os.close(ours)


# ---- training ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits() -> explorer.Space:
    return explorer.open("pca", live=False)


@pytest.mark.slow
@pytest.mark.parametrize("splits", [1, 2, 4])
def test_arrays_are_trained_on_and_the_space_opens_again(digits, splits, tmp_path):
    x, y = digits.images[:400], np.array(["odd" if label % 2 else "even" for label in digits.labels[:400]])
    data = {1: x, 2: (x / 255, y), 4: (x[:300], y[:300], x[300:], y[300:])}[splits]
    trained = explorer.train("pca", data, out=tmp_path / "mine")
    again = explorer.open(tmp_path / "mine", live=False)
    for space in (trained, again):
        assert space.folder == tmp_path / "mine" and len(space) == 400
        assert space.class_names == (() if splits == 1 else ("even", "odd"))
        place = space.columns["index"] if splits < 4 else np.arange(400)
        assert np.array_equal(space.images, x[place])
    figures = explorer.evaluate(again)
    assert 0 < figures["mse"] < 0.1 and all(isinstance(value, float) for value in figures.values())
    assert ("knn_10" in figures) == (splits > 1)


@pytest.mark.slow
def test_options_of_training_reach_it(digits, tmp_path, monkeypatch):
    """What is trained lies where an installed program has people's spaces, unless a folder is given."""
    monkeypatch.setattr(folder, "homes", lambda: [WEIGHTS, tmp_path])
    np.savez(tmp_path / "data.npz", images=digits.images[:300])
    options = {"epochs": 1, "batch_size": 50, "hidden": (16, 8), "neighbour_weight": 0, "seed": 3}
    space = explorer.train("autoencoder", tmp_path / "data.npz", **options)
    assert space.folder == tmp_path / "my-autoencoder"
    assert space.card["config"]["hidden"] == [16, 8] and space.card["config"]["epochs"] == 1
    assert space.card["seed"] == 3 and space.card["data"]["source"] == str(tmp_path / "data.npz")


@pytest.mark.parametrize(
    ("kind", "data", "options", "why"),
    [
        ("nothing", "mnist", {}, "unknown space"),
        ("pca", "nothing", {}, "no data set"),
        ("pca", "mnist", {"epochs": 0}, "epochs"),
        ("pca", "mnist", {"seed": -1}, "seed"),
        ("vae", "mnist", {"learning_rate": float("nan")}, "learning_rate"),
        ("vae", "mnist", {"hidden": (5, 0)}, "hidden"),
        ("pca", (), {}, "parts"),
        ("pca", (None, None), {}, "missing"),
        ("pca", np.zeros((5, 3, 3)), {}, "4 pixels"),
        ("pca", np.full((5, 9, 9), 2.0), {}, "scale it"),
        ("pca", (np.zeros((5, 9, 9)), [1, 2]), {}, "5 images"),
        ("pca", (np.zeros((5, 9, 9)), [1, None, 3, 4, 5]), {}, "objects"),
    ],
)
def test_what_cannot_be_trained_on_is_a_users_mistake(kind, data, options, why, tmp_path):
    pytest.importorskip("tensorflow", exc_type=ImportError)
    with pytest.raises(explorer.UserError, match=why):
        explorer.train(kind, data, out=tmp_path / "mine", **options)
    assert not (tmp_path / "mine").exists() and not list(tmp_path.glob("*.npz"))
