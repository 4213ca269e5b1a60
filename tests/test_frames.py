"""Crosshair and picture are shown before everything beside them, and a newer move before the rest of an older one."""

import json
import tkinter as tk
from types import SimpleNamespace

import pytest

from explorer.trace import Trace
from explorer.window.inspector import frames
from explorer.window.inspector.frames import Frame, Frames


class Inspected(tk.Frame):
    """Notes what is shown, and when it is on the screen."""

    def __init__(self, root):
        super().__init__(root)
        self.done = []

    def show_picture(self, pane):
        self.done.append(f"picture {pane.place}")

    def show_rest(self, pane):
        self.done.append(f"rest {pane.place}")

    def update_idletasks(self):
        super().update_idletasks()
        self.done.append("on the screen")


@pytest.fixture
def pane():
    panel = SimpleNamespace(moving=False)
    panel.is_moving = lambda: panel.moving
    return SimpleNamespace(place=0, panel=panel)


@pytest.fixture
def shown(root, tmp_path, monkeypatch):
    """Frames whose rest is never late, what they have done, and the hover events of their trace."""
    monkeypatch.setattr(frames, "LONGEST", 1000)
    inspected, path = Inspected(root), tmp_path / "trace.jsonl"
    with Trace(path) as trace:
        events = lambda: [json.loads(line) for line in path.read_text().splitlines()]  # noqa: E731
        yield Frames(inspected, trace), inspected.done, events


def move(shown, pane, place, started=None):
    """A move of the mouse to a place, at once."""
    started = frames.time.perf_counter() if started is None else started
    pane.place = place
    picture_ms = shown.show_picture(pane, started)
    shown.show_rest_soon(pane, Frame(started, {"px": place, "picture_ms": picture_ms}))


def test_the_picture_is_on_the_screen_before_the_rest_is_begun(root, shown, pane):
    shows, done, events = shown
    move(shows, pane, 1)
    assert done == ["picture 1", "on the screen"] and not events()
    root.update()
    assert done == ["picture 1", "on the screen", "rest 1", "on the screen"]
    (event,) = events()
    assert event["event"] == "hover" and event["px"] == 1 and event["ms"] > event["picture_ms"] > 0


def test_the_rest_of_an_older_move_waits_for_the_picture_of_a_newer_one(root, shown, pane):
    shows, done, events = shown
    move(shows, pane, 1)
    pane.panel.moving = True
    for _ in range(5):
        root.tk.dooneevent(tk._tkinter.DONT_WAIT)
    assert done == ["picture 1", "on the screen"], "a move waits"
    move(shows, pane, 2)
    pane.panel.moving = False
    root.update()
    assert done == ["picture 1", "on the screen", "picture 2", "on the screen", "rest 2", "on the screen"]
    first, second = events()
    assert (first["px"], second["px"]) == (1, 2) and first["ms"] > second["ms"], "both are complete at the same moment"


def test_the_rest_does_not_wait_for_ever(root, shown, pane):
    shows, done, events = shown
    pane.panel.moving = True
    move(shows, pane, 1, frames.time.perf_counter() - 2 * frames.LONGEST)
    assert done == ["picture 1", "on the screen", "rest 1", "on the screen"] and len(events()) == 1
    move(shows, pane, 2)
    shows._frames[0] = Frame(frames.time.perf_counter() - 2 * frames.LONGEST, {"px": 2})
    root.update()
    assert done[-2:] == ["rest 2", "on the screen"] and [event["px"] for event in events()] == [1, 2]


def test_what_is_shown_without_a_move_leaves_no_trace(root, shown, pane):
    shows, done, events = shown
    shows.show(pane)
    shows.show(pane)
    root.update()
    assert done == ["picture 0", "picture 0", "rest 0"] and not events()


def test_no_collection_of_all_garbage_stops_the_window_while_its_map_is_indexed(start, tmp_path):
    """SciPy is imported then. A collection of everything holds Python's lock for 60 to 90 ms."""
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, gc, json, threading\n"
        "seen = []\n"
        "gc.callbacks.append(lambda phase, info: seen.append((threading.current_thread().name, info['generation'])))\n"
        f"atexit.register(lambda: open({str(tmp_path / 'seen.json')!r}, 'w').write(json.dumps(seen)))\n"
    )
    program = start("ae_precomp.py", path=tmp_path)
    program.wait_for("window")
    program.settle()
    program.finish()
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen and ["map", 2] not in seen
