"""Nothing but its own thread ever waits for Tk: in the window, and in somebody else's program."""

import gc
import json
import os
import subprocess
import sys
import threading
import time
import tkinter as tk
from tkinter import font

import pytest
from PIL import Image, ImageTk

from explorer.window.base import style
from explorer.window.base.tk_thread import Root
from tests.conftest import ROOT
from tests.spaces import make_space


@pytest.fixture(scope="module")
def went_well(screen, tmp_path_factory):
    """What went well in the other program, what it wrote to stderr, and the folder of its pictures."""
    folder, out = tmp_path_factory.mktemp("spaces") / "a", tmp_path_factory.mktemp("out")
    make_space(folder)
    command = [sys.executable, str(ROOT / "tests" / "foreign.py"), str(folder), str(out)]
    environment = os.environ | {"DISPLAY": screen.name}
    result = subprocess.run(command, capture_output=True, text=True, timeout=200, env=environment)
    return [json.loads(line) for line in result.stdout.splitlines()], result.stderr, out


@pytest.mark.slow
@pytest.mark.parametrize("how", ["collected", "dropped"])
@pytest.mark.parametrize(
    "kind",
    [
        "ImageTk.PhotoImage",
        "ImageTk.BitmapImage",
        "tk.PhotoImage",
        "tk.Variable",
        "font.Font",
        "canvas",
        "closed window",
    ],
)
def test_a_worker_that_drops_a_tk_object_does_not_wait_for_tk(went_well, kind, how):
    said, errors, _ = went_well
    assert f"{kind} {how}" in said, errors


@pytest.mark.slow
@pytest.mark.parametrize(
    "what",
    [
        *(f"window {number} {what}" for number in range(2) for what in ("closed", "collected")),
        "pictures saved",
        "settings as before",
    ],
)
def test_a_window_in_somebody_elses_program(went_well, what):
    said, errors, _ = went_well
    assert what in said, errors


@pytest.mark.slow
def test_nothing_is_printed_and_nothing_half_written(went_well):
    _, errors, out = went_well
    assert errors == "" and {path.name for path in out.iterdir()} == {"map.png", "map.svg"}


# ---- the interpreter -----------------------------------------------------------------------------


@pytest.fixture
def window(screen):
    window = Root(screenName=screen.name)
    style.prepare(window)
    style.apply(window, "light")
    yield window
    if window._tclCommands is not None:
        window.destroy()


def elsewhere(work):
    """What a function gives, or raises, in another thread."""
    found = []

    def run():
        try:
            found.append(work())
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert found, "it waits"
    return found[0]


MAKERS = {
    "ImageTk.PhotoImage": lambda root: ImageTk.PhotoImage(Image.new("L", (5, 5)), master=root),
    "ImageTk.BitmapImage": lambda root: ImageTk.BitmapImage(Image.new("1", (5, 5)), master=root),
    "tk.PhotoImage": lambda root: tk.PhotoImage(master=root),
    "tk.Variable": lambda root: tk.StringVar(root),
    "font.Font": lambda root: font.Font(root, size=9),
}


def exists(root, kind, name):
    if kind == "tk.Variable":
        return bool(root.tk.getboolean(root.tk.call("info", "exists", name)))
    return name in root.tk.splitlist(root.tk.call("font" if kind == "font.Font" else "image", "names"))


@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_dropped_in_another_thread_is_gone_at_the_next_call(window, kind, monkeypatch):
    wrong = []
    monkeypatch.setattr(sys, "unraisablehook", wrong.append)
    kept = [MAKERS[kind](window)]
    name = str(kept[0])
    assert exists(window, kind, name)
    elsewhere(kept.clear)
    assert not exists(window, kind, name) and not wrong


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("thread", ["here", "elsewhere"])
def test_what_is_dropped_after_the_window_is_closed_says_nothing(window, kind, thread, monkeypatch):
    wrong = []
    monkeypatch.setattr(sys, "unraisablehook", wrong.append)
    kept = [MAKERS[kind](window)]
    window.after(1, window.destroy)
    window.mainloop()
    kept.clear() if thread == "here" else elsewhere(kept.clear)
    assert not wrong


def test_the_commands_of_a_variable_go_with_it(window):
    variable = [tk.StringVar(window)]
    command = variable[0].trace_add("write", lambda *change: None)
    elsewhere(variable.clear)
    assert not window.tk.call("info", "commands", command)


@pytest.mark.parametrize(
    "use",
    [
        lambda root: root.winfo_width(),
        lambda root: root.title("title"),
        lambda root: tk.Label(root),
        lambda root: root.update(),
        lambda root: root.after(1, print),
        lambda root: root.tk.splitlist("a b"),
        lambda root: root.tk.getboolean("yes"),
        lambda root: root.tk.interpaddr(),
        lambda root: root.destroy(),
        lambda root: root.tk.release(),
    ],
)
def test_tk_cannot_be_used_in_another_thread(window, use):
    error = elsewhere(lambda: use(window))
    assert isinstance(error, RuntimeError) and "thread that made the window" in str(error)
    assert window.winfo_exists()


def test_the_thread_of_the_window_is_the_one_that_made_it(screen):
    def work():
        window = Root(screenName=screen.name)
        window.title("title")
        window.after(1, window.destroy)
        window.mainloop()
        return "closed"

    assert elsewhere(work) == "closed"


def test_a_closed_window_gives_its_interpreter_back(screen):
    """And the memory with it: 2 MB with the theme."""
    window = Root(screenName=screen.name)
    interpreter = window.tk._interpreter
    tk.Button(window, command=print).pack()
    window.after(1, window.destroy)
    window.mainloop()
    assert sys.getrefcount(interpreter) == 2  # the name here, and the argument
    with pytest.raises(tk.TclError, match="closed"):
        window.winfo_exists()


def test_a_window_that_is_dropped_keeps_its_interpreter(screen):
    """Tcl would end the process, if the other thread were to release it."""
    window = Root(screenName=screen.name)
    interpreter = window.tk._interpreter
    window.destroy()
    del window
    elsewhere(gc.collect)
    assert sys.getrefcount(interpreter) == 3  # the name here, the argument, and its own


def test_finalizers_do_not_wait_while_tk_is_busy(window):
    """A call of Tk's thread that lasts, and meanwhile another thread drops an image."""
    kept, dropped = [tk.PhotoImage(master=window)], threading.Event()

    def drop():
        kept.clear()
        dropped.set()

    thread = threading.Thread(target=drop)

    def busy():
        thread.start()
        assert dropped.wait(30), "it waits for Tk"

    errors = []
    window.report_callback_exception = lambda *error: errors.append(error)
    window.after(1, busy)
    deadline = time.monotonic() + 30
    while not dropped.is_set() and time.monotonic() < deadline:
        window.update()
    thread.join()
    assert not errors
