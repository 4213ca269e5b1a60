"""Dialogs typed fast, opened twice, and left open when the window is closed."""

import signal
import time
import tkinter
from types import SimpleNamespace

import pytest

from explorer.analysis.probe import SpaceProbe
from explorer.session.state import SharedState
from explorer.window.app import dialogs
from explorer.window.base.workers import Workers
from explorer.window.pane.dialogs import Dialog
from tests.screen import PATIENCE, settle
from tests.spaces import context_of, make_space

KEYS = "Latent Space Explorer: keys"
PICTURE = "Latent Space Explorer: save a picture"
FILE_DIALOGS = {  # what is typed, and the title of the dialog that asks for a file
    "Save the workspace": [("s", "Control_L")],
    "Open a workspace": [("o", "Control_L")],
    "Save a picture of the map": [("p",), ("Return",)],
}


@pytest.fixture
def program(start):
    program = start("ae_precomp.py", tensorflow=False)
    program.wait_for("window")
    program.settle()
    return program


def press_close(screen, title):
    """Presses the close button of a window with this title."""
    screen.tell(screen.window(title))


def type_keys(screen, keys):
    for key in keys:
        screen.key(*key)


def is_open(program):
    """The title of the file dialog that is open, by the trace."""
    events = program.events("dialog")
    return events[-1]["title"] if events and events[-1]["open"] else None


def end_dialogs(program):
    """Cancels whatever is open, until the map gets what is typed: a dialog would take the arrow."""
    screen = program.screen

    def at_the_map():
        count = len(program.events("hover"))
        screen.key("Escape")
        screen.key("Right")
        time.sleep(0.3)
        return program.events("hover")[count:] and not (screen.window(PICTURE) or screen.window(KEYS))

    program.wait(at_the_map, "the end of all dialogs")


TYPED = [
    [("p",), ("Return",), ("Escape",)],
    [("p",), ("Return",), ("Return",)],
    [("p",), ("Return",), ("p",)],
    [("p",), ("Escape",), ("p",)],
    [("s", "Control_L"), ("o", "Control_L"), ("Escape",)],
    [("s", "Control_L"), ("s", "Control_L"), ("Return",), ("Escape",), ("Escape",)],
    [("o", "Control_L"), ("p",), ("Return",), ("Escape",)],
    [("p",), ("s", "Control_L"), ("Return",), ("Escape",)],
    [("question", "Shift_L"), ("p",), ("Escape",), ("question", "Shift_L"), ("Return",)],
]


@pytest.mark.slow
def test_dialogs_typed_faster_than_they_open(program):
    """At most one asks for a file at a time, and none leaves anything behind."""
    for keys in TYPED:
        type_keys(program.screen, keys)
        end_dialogs(program)
    opened = 0
    for event in program.events("dialog"):
        opened += 1 if event["open"] else -1
        assert opened in (0, 1), "two dialogs that ask for a file"
    titles = {event["title"] for event in program.events("dialog")}
    assert titles == set(FILE_DIALOGS), "nothing was opened at all"


@pytest.mark.slow
@pytest.mark.parametrize("title", FILE_DIALOGS)
@pytest.mark.parametrize("how", ["button", "Ctrl-C"])
def test_the_window_is_closed_while_a_dialog_asks_for_a_file(program, title, how):
    for key in FILE_DIALOGS[title]:
        program.screen.key(*key)
        if key == ("p",):
            program.wait(lambda: program.screen.window(PICTURE), "the dialog")
    program.wait(lambda: program.screen.window(title) and is_open(program) == title, "the dialog")
    if how == "button":
        press_close(program.screen, "Latent Space Explorer · ")
    else:
        program.process.send_signal(signal.SIGINT)
        program.expected_status = 130
    program.process.wait(PATIENCE)  # the fixture looks at status and stderr


def test_a_dialog_closed_by_its_button_is_gone_for_good(program):
    """It no longer takes part in a change of the theme."""
    screen = program.screen
    for keys, title in (([("question", "Shift_L")], KEYS), ([("p",)], PICTURE)):
        type_keys(screen, keys)
        program.wait(lambda title=title: screen.window(title), title)
        press_close(screen, title)
        program.wait(lambda title=title: screen.window(title) is None, f"the end of {title}")
        count = len(program.events("hover"))
        screen.key("t")
        screen.key("Right")  # the keyboard is the map's again
        program.wait(lambda count=count: program.events("hover")[count:], "a move by key")


def test_help_can_be_closed_while_a_file_is_asked_for(program):
    """It may lie over the dialog that asks."""
    screen = program.screen
    screen.key("question", "Shift_L")
    program.wait(lambda: screen.window(KEYS), "the help window")
    x, y, *_ = program.layout()["map"]
    screen.click(x + 5, y + 5)  # the keyboard is the map's
    screen.key("s", "Control_L")
    program.wait(lambda: is_open(program), "the dialog")
    press_close(screen, KEYS)
    program.wait(lambda: screen.window(KEYS) is None, "the end of the help window")
    assert is_open(program)
    end_dialogs(program)


def test_a_picture_is_saved_although_its_map_was_closed_meanwhile(root, tmp_path, monkeypatch):
    """While the dialog asks for the file, another map may have taken the place of the second one."""
    probe, workers, said = SpaceProbe(make_space(tmp_path / "space", n=60), None), Workers(root), []
    first, closed = context_of(probe, workers), context_of(probe, workers)  # the second one has no message any more
    first.message = SimpleNamespace(working=lambda *told: None, done=lambda: None, say_in_passing=said.append)
    drawn, marks = SimpleNamespace(colouring=None, background=None, nearness=None), SimpleNamespace(of=lambda group: ())
    panel = SimpleNamespace(widget=root, map=drawn, marks=marks)
    pane = SimpleNamespace(context=closed, state=closed.state, panel=panel)
    monkeypatch.setattr(dialogs, "save_map", lambda path, *arguments: path.touch())
    dialogs.SavePicture(root, pane, first)._save(tmp_path / "map.png")
    settle(root)
    assert said == [f"saved {tmp_path / 'map.png'}"] and (tmp_path / "map.png").exists()


def test_a_dialog_closes_although_the_menu_bar_had_the_keyboard_last(root):
    menu = tkinter.Menu(root)
    root.configure(menu=menu)
    root.update()
    root.tk.call("focus", "-force", f".#{str(menu)[1:]}")  # Tk's copy of the menu, which Python does not know
    root.update()
    with pytest.raises(KeyError):
        root.focus_lastfor()
    dialog = Dialog(root, SharedState(), "test", 4)
    dialog.show()
    dialog.close()
    settle(root)
    assert root.focus_get() is root
