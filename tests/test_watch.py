"""The window follows a training run: real trainings, stopped for a moment to look, and runs that are made up."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing.themes import THEMES, class_colour
from explorer.images import datasets
from explorer.session.state import MapState
from explorer.spaces import following, view
from explorer.spaces.card import DECODER, read_card
from explorer.spaces.folder import open_space, sums
from explorer.spaces.latent_space import LatentSpace
from tests.conftest import ROOT, slow
from tests.screen import PATIENCE
from tests.spaces import complete_run, make_epoch

TITLE = "Latent Space Explorer"
OPTIONS = ["--hidden", "64,32", "--batch-size", "50", "--learning-rate", "3e-3", "--neighbour-weight", "0"]


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """4,000 + 500 images of MNIST: an epoch takes a few tenths of a second."""
    mnist = datasets.load("mnist")
    path = tmp_path_factory.mktemp("data") / "images.npz"
    train, test = slice(4000), slice(500)
    splits = {"x_train": mnist.x_train[train], "y_train": mnist.y_train[train]}
    np.savez(path, **splits, x_test=mnist.x_test[test], y_test=mnist.y_test[test])
    return path


@pytest.fixture
def train(images, tmp_path):
    """Starts `model.py train` as a process of its own, into `a/`; its output goes to `log`."""
    processes = []

    def train(*arguments, display=None):
        environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
        environment |= {} if display is None else {"DISPLAY": display}
        command = [sys.executable, str(ROOT / "model.py"), "train", "--data", str(images), "--out", str(tmp_path / "a")]
        with open(tmp_path / "log", "w") as log:
            processes.append(
                subprocess.Popen([*command, *OPTIONS, *arguments], env=environment, stdout=log, stderr=log)
            )
        return processes[-1]

    yield train
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()


def until(condition, what):
    end = time.monotonic() + 2 * PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, what
        time.sleep(0.02)
    return found


def epoch_in(folder) -> int:
    """The epoch that a folder shows, -1 before there is any."""
    with contextlib.suppress(Exception):
        return following.run_of(read_card(folder)).epoch
    return -1


def stop(process, partial) -> LatentSpace:
    """Stops a training between two epochs, all of its files belonging together."""
    for _ in range(100):
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.02)
        if sums(partial) == read_card(partial)["files"]:
            return open_space(partial)
        process.send_signal(signal.SIGCONT)
        time.sleep(0.05)
    raise AssertionError("it writes all the time")


def title(program) -> str:
    window = program.screen.window(TITLE)
    return window.get_full_text_property(program.screen.display.intern_atom("_NET_WM_NAME"))


def count(pixels: np.ndarray, colour: str) -> int:
    return int((pixels == [int(colour[i : i + 2], 16) for i in (1, 3, 5)]).all(axis=2).sum())


def column_below(program, size=(1280, 800)) -> np.ndarray:
    """The pixels of the right column below the readings, where the plot is."""
    x, y, _, height = program.layout()["picture"]
    return program.screen.grab([x, y + height + 120, size[0] - 16 - x, size[1] - 60 - (y + height + 120)])


def decoder_of(space, program_name):
    """What must decode a space: Keras itself, or the grid."""
    if program_name == "ae_precomp.py":
        return GridDecoder(grid.load(space))
    import keras

    network = keras.saving.load_model(space.folder / DECODER)
    return lambda codes: network.predict_on_batch(np.asarray(codes, np.float32))


def check_hovering(program, space, decode) -> None:
    """At a few places: the place under the mouse is that of the space's view, the picture is its decoding."""
    x, y, w, h = program.layout()["map"]
    home = MapState(space).home
    a0, a1, b0, b1 = view.fitted(home, w / h)
    for px, py in np.random.default_rng(len(space.codes)).uniform((x + 2, y + 2), (x + w - 2, y + h - 2), (6, 2)):
        hover = program.hover(int(px), int(py))
        expected = [a0 + (int(px) - x) / w * (a1 - a0), b1 - (int(py) - y) / h * (b1 - b0)]
        np.testing.assert_allclose(hover["z"], expected, atol=2e-3 * (home[1] - home[0]))
        assert np.abs(program.picture() - 255 * decode(np.array([hover["z"]], np.float32))[0]).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ae.py"])  # ae_precomp.py follows a run in test_spaces_menu.py
def test_the_window_shows_every_epoch_with_its_own_decoder(start, train, tmp_path, keras_decoder, name):
    out, partial = tmp_path / "a", tmp_path / "a.partial"
    training = train("--epochs", "80")
    until(lambda: epoch_in(partial) >= 0, "epoch 0")
    program = start(name, "--weights", str(partial), tensorflow=name == "ae.py")
    program.wait_for("epoch")
    if name == "ae.py":
        program.wait_for("live")

    maps, least = [], 2
    for _ in range(2):
        until(lambda: epoch_in(partial) >= least, f"epoch {least}")  # noqa: B023
        space = stop(training, partial)
        run = following.run_of(space.card)
        program.wait(lambda: program.events("epoch")[-1]["epoch"] == run.epoch, f"epoch {run.epoch}")  # noqa: B023
        check_hovering(program, space, decoder_of(space, name))
        assert title(program).endswith(f"epoch {run.epoch} of 80")
        program.catch_up()
        maps.append(program.screen.grab(program.layout()["map"]))
        assert count(column_below(program), THEMES["light"].dots) > 30  # a line of the plot
        training.send_signal(signal.SIGCONT)
        least = run.epoch + 4
    assert (maps[0] != maps[1]).any(axis=2).mean() > 0.02

    assert training.wait(PATIENCE) == 0
    program.wait(lambda: program.events("epoch")[-1]["complete"], "the result")
    space = open_space(out)
    assert len(space.codes) == 4500 and not partial.exists()
    check_hovering(program, space, decoder_of(space, name))
    assert title(program).endswith("Autoencoder")
    program.catch_up()
    assert count(column_below(program), THEMES["light"].dots) > 30
    epochs = [event["epoch"] for event in program.events("epoch")]
    assert epochs == sorted(epochs) and len(epochs) >= 5 and epochs[-1] == 80


@pytest.mark.slow
@pytest.mark.parametrize("first", ["training", "window"])
def test_watch_opens_a_window_that_neither_ends_the_training_nor_ends_with_it(screen, train, tmp_path, first):
    partial = tmp_path / "a.partial"
    training = train("--epochs", "100000", "--watch", display=screen.name)
    window = until(lambda: screen.window(TITLE), "the window")
    children = [child for child in psutil.Process(training.pid).children() if "ae.py" in " ".join(child.cmdline())]
    assert len(children) == 1
    try:
        if first == "training":
            training.send_signal(signal.SIGINT)
            assert training.wait(PATIENCE) == 130
            time.sleep(1)
            assert screen.window(TITLE) is not None
        screen.tell(window)
        until(lambda: not children[0].is_running() or children[0].status() == psutil.STATUS_ZOMBIE, "its end")
        epoch = epoch_in(partial)
        if first == "window":
            until(lambda: epoch_in(partial) >= epoch + 2, "further epochs")
            assert training.poll() is None
    finally:
        if children[0].is_running():
            children[0].kill()
    said = (tmp_path / "log").read_text()
    assert ("model.py: stopped" in said) == (first == "training") and "open it later" not in said


@pytest.mark.slow
@pytest.mark.parametrize("display", [":987"])
def test_without_a_display_training_goes_on_and_says_so(train, tmp_path, display):
    training = train("--epochs", "30", "--watch", display=display)
    assert training.wait(2 * PATIENCE) == 0
    said = (tmp_path / "log").read_text()
    assert said.count("open it later with 'python ae.py --weights") == 1 and "no display" in said
    assert "epoch 30/30" in said and "Traceback" not in said and "--snapshot" not in said
    assert open_space(tmp_path / "a").card["metrics"]


# ---- runs that are made up -----------------------------------------------------------------------


@pytest.fixture
def watch(start, tmp_path):
    """Begins a run and opens it; gives the program, and what makes its next epochs."""

    def watch(*arguments, **of_space):
        partial = tmp_path / "a.partial"
        make_epoch(partial, 0, **of_space)
        program = start("ae_precomp.py", "--weights", str(partial), *arguments, tensorflow=False)
        program.wait_for("epoch")

        def show(epoch, **options):
            make_epoch(partial, epoch, **of_space | options)
            program.wait(lambda: program.events("epoch")[-1]["epoch"] == epoch, f"epoch {epoch}")
            program.settle()

        return program, show

    return watch


@pytest.mark.slow
def test_what_the_person_chose_stays(watch):
    """The cursor under a resting mouse, a zoomed view, a hidden class."""
    program, show = watch()
    x, y, w, h = program.layout()["map"]
    program.hover(x + w // 4, y + h // 4)
    show(1)  # everything is twice as large
    first = program.hover(x + w // 4 + 1, y + h // 4)["z"]
    show(3)  # and again
    program.screen.key("Up")  # from the place that is now under the mouse
    program.handled()
    np.testing.assert_allclose(program.events("hover")[-1]["z"][0], 2 * first[0], rtol=1e-3)

    program.hover(x + w // 2, y + h // 2)
    for _ in range(3):
        program.screen.press(4)
        program.screen.release(4)
    program.screen.key("3")
    program.catch_up()
    before = program.hover(x + 60, y + 60)["z"]
    show(4)
    np.testing.assert_allclose(program.hover(x + 61, y + 60)["z"], before, rtol=0.01)
    program.catch_up()
    pixels = program.screen.grab([x, y, w, h])
    assert count(pixels, class_colour(3)) == 0 and count(pixels, class_colour(0)) > 0


@pytest.mark.slow
def test_other_images_in_the_same_folder_replace_everything(watch):
    """Somebody trains anew on other images: legend, picture, view."""
    program, show = watch()
    program.screen.key("2")
    show(1, classes=["left", "right"], image_shape=(20, 60, 3), data_title="other images")
    assert "other images" in title(program)
    x, y, w, h = program.layout()["map"]
    program.hover(x + w // 2, y + h // 2)
    assert program.picture((20, 60, 3)).shape == (20, 60, 3)
    program.catch_up()
    legend = program.screen.grab([0, y + h + 45, 600, 800 - y - h - 45])
    assert [count(legend, class_colour(index)) > 20 for index in range(3)] == [True, True, False]
    program.screen.key("1")  # the new legend's
    program.screen.key("t")
    program.catch_up()
    pixels = program.screen.grab([x, y, w, h])
    assert count(pixels, class_colour(1)) == 0 and count(pixels, class_colour(0)) > 0


@pytest.mark.parametrize("size", ["900x620", slow("1280x800"), slow("2560x1440")])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_plot_is_there_at_every_size(watch, size, theme):
    program, show = watch("--size", size, "--theme", theme)
    show(3)
    program.catch_up()
    width, height = map(int, size.split("x"))
    lines = count(column_below(program, (width, height)), THEMES[theme].dots)
    assert lines > 30
    pixels = program.screen.grab([0, 0, width, height])
    paper = [int(THEMES[theme].paper[i : i + 2], 16) for i in (1, 3, 5)]
    bar, search = program.layout()["bar"][0][3], program.layout()["search"][1]  # below, a scrollbar may be at the edge
    for margin in (pixels[bar:, :6], pixels[:search, width - 8 :], pixels[height - 8 :], pixels[bar : bar + 2]):
        assert (margin == paper).all()
    x, y, w, h = program.layout()["picture"]
    assert y + h <= height - 200


@pytest.mark.slow
def test_epochs_that_come_faster_than_anybody_looks_are_skipped(watch, tmp_path):
    program, show = watch()
    for epoch in range(1, 40):
        make_epoch(tmp_path / "a.partial", epoch, epochs=40)
    complete_run(tmp_path / "a.partial", tmp_path / "a", epochs=40)
    program.wait(lambda: program.events("epoch")[-1]["complete"], "the result")
    assert len(program.events("epoch")) < 30
    check_hovering(program, open_space(tmp_path / "a"), decoder_of(open_space(tmp_path / "a"), "ae_precomp.py"))


def test_a_snapshot_of_a_run(call, tmp_path):
    make_epoch(tmp_path / "a.partial", 2)
    result = call("ae_precomp.py", "--weights", tmp_path / "a.partial", "--snapshot", tmp_path / "a.png")
    assert result.returncode == 0 and result.stderr == "" and (tmp_path / "a.png").exists()
