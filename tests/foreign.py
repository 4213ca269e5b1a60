"""Somebody else's program: opens our window, and another thread of it collects garbage all the time.

python tests/foreign.py FOLDER OUT      prints a line of JSON for each thing that went well
"""

from __future__ import annotations

import faulthandler
import functools
import gc
import json
import signal
import sys
import threading
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import font, ttk

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg
from matplotlib.figure import Figure
from PIL import Image, ImageTk

from explorer.decoding.engines import GridEngine
from explorer.session.open_map import open_space
from explorer.session.state import MapState, SharedState
from explorer.trace import Trace
from explorer.window.app.dialogs import SavePicture
from explorer.window.app.window import ExplorerWindow

PATIENCE = 120  # seconds, for everything
SECONDS = 0.3  # in which a worker holds Matplotlib's lock


class Card:
    """Somebody's object, in a reference cycle or not."""


def closed_window(root: tk.Tk) -> tk.Tk:
    window = type(root)(className="another")
    ttk.Label(window, text="label").pack()
    variable = tk.StringVar(window)
    ttk.Entry(window, textvariable=variable).pack()
    window.update()
    window.destroy()
    return window


def closed_canvas(root: tk.Tk) -> FigureCanvasTkAgg:
    frame = tk.Frame(root)
    canvas = FigureCanvasTkAgg(Figure(), frame)
    frame.destroy()
    return canvas


KINDS: dict[str, Callable[[tk.Tk], object]] = {
    "ImageTk.PhotoImage": lambda root: ImageTk.PhotoImage(Image.new("L", (28, 28)), master=root),
    "ImageTk.BitmapImage": lambda root: ImageTk.BitmapImage(Image.new("1", (28, 28)), master=root),
    "tk.PhotoImage": lambda root: tk.PhotoImage(master=root, width=8, height=8),
    "tk.Variable": lambda root: traced(tk.StringVar(root, "value")),
    "font.Font": lambda root: font.Font(root, size=12),
    "canvas": closed_canvas,
    "closed window": closed_window,
}


def traced(variable: tk.Variable) -> tk.Variable:
    variable.trace_add("write", lambda *change: None)
    return variable


def settings() -> list:
    return [
        gc.isenabled(),
        gc.get_threshold(),
        gc.get_freeze_count(),
        sys.getswitchinterval(),
        signal.getsignal(signal.SIGINT),
        threading.excepthook,
    ]


def tell(what: str) -> None:
    print(json.dumps(what), flush=True)


def opened(folder: Path) -> ExplorerWindow:
    opened = open_space(folder, GridEngine)
    return ExplorerWindow(
        opened, MapState(opened.probe.space), SharedState(), engine_for=GridEngine, trace=Trace(None), size=(1000, 700)
    )


def until(window: ExplorerWindow, condition: Callable[[], object]) -> None:
    while not condition():
        window.root.update()
        time.sleep(0.002)


def drop_beside_a_redraw(window: ExplorerWindow, kind: str, how: str) -> None:
    """A worker that holds Matplotlib's lock has the last reference, or meets a cycle, while the map is redrawn."""
    card, held, finished = Card(), threading.Event(), []
    card.part = KINDS[kind](window.root)
    if how == "collected":
        card.itself = card
    handed = [card]
    del card

    def work(say: object, cancelled: object) -> None:
        with Figure._render_lock:
            held.set()
            time.sleep(SECONDS / 2)
            handed.clear()
            gc.collect()
            time.sleep(SECONDS / 2)

    window.workers.start("test", work, finished.append, finished.append)
    held.wait()
    window.pane.panel.canvas.draw()
    until(window, lambda: finished)
    assert finished == [None], finished
    window.root.update()
    tell(f"{kind} {how}")


def save_pictures(window: ExplorerWindow, out: Path) -> None:
    """Two pictures at once, while the map is redrawn."""
    paths = [out / "map.png", out / "map.svg"]
    for path in paths:
        dialog = SavePicture(window.root, window.pane, window.pane.context)
        dialog.destroy()
        dialog._save(path)
    while not all(path.exists() for path in paths):
        window.pane.panel.canvas.draw()
        window.root.update()
    tell("pictures saved")


def act(window: ExplorerWindow, out: Path) -> None:
    until(window, lambda: window.pane.context.opened.prepared and not window.workers._running)
    for kind in KINDS:
        for how in ("collected", "dropped"):
            drop_beside_a_redraw(window, kind, how)
    save_pictures(window, out)


def when_shown(window: ExplorerWindow, act: Callable[[], None]) -> None:
    """Acts once the window runs, and closes it."""

    def look() -> None:
        if window._layout is None:
            window.root.after(20, look)
            return
        try:
            act()
        finally:
            until(window, lambda: not window.workers._running)
            window.close()

    window.root.after(20, look)


if __name__ == "__main__":
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    folder, out = map(Path, sys.argv[1:])
    gc.disable()  # the collector belongs to the thread below, whose program likes it so
    gc.set_threshold(500, 7, 7)
    signal.signal(signal.SIGINT, lambda number, frame: None)
    sys.setswitchinterval(0.004)
    before = settings()
    end = threading.Event()

    def collect() -> None:
        while not end.wait(0.01):
            rubbish = [Card() for _ in range(1000)]
            for card in rubbish:
                card.itself = card
            del rubbish, card
            gc.collect(0)

    collector = threading.Thread(target=collect)
    collector.start()
    for number in range(2):  # the first one is closed and left to the collector
        window = opened(folder)
        when_shown(window, functools.partial(act, window, out) if number else lambda: None)
        assert window.run() == 0
        del window
        tell(f"window {number} closed")
        thread = threading.Thread(target=gc.collect)
        thread.start()
        thread.join()
        tell(f"window {number} collected")
    if settings() == before:
        tell("settings as before")
    end.set()
    collector.join()
