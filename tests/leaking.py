"""Does one thing in the real window again and again, and prints as JSON how many objects there are after each round.

python tests/leaking.py FOLDER ROUNDS WHAT...     with a space's folder; other spaces lie beside it
"""

from __future__ import annotations

import collections
import gc
import json
import sys
import time
import weakref
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from explorer.decoding.engines import GridEngine, LiveEngine
from explorer.session.open_map import open_space
from explorer.session.state import MapState, SharedState
from explorer.trace import Trace
from explorer.window.app.window import ExplorerWindow
from explorer.window.pane.dialogs import Dialog

PATIENCE = 120  # seconds
LIBRARIES = ("explorer", "tkinter", "PIL", "matplotlib", "threading", "subprocess", "keras", "tensorflow")


class Rounds:
    """A window, and what can be done in it. Each method leaves the window as it was."""

    def __init__(self, folder: Path, live: bool) -> None:
        engine = LiveEngine if live else GridEngine
        opened = open_space(folder, engine)
        state = MapState(opened.probe.space)
        self.window = ExplorerWindow(
            opened, state, SharedState(), engine_for=engine, trace=Trace(None), size=(1280, 800)
        )
        self.root, self.folder = self.window.root, folder
        self.other = next(path for path in sorted(folder.parent.iterdir()) if path != folder and path.is_dir())
        self.seen: list[weakref.ref] = []  # what must be gone after a round

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, (self.window.pane.doing, list(self.window.workers._running))
            self.root.update()
            time.sleep(0.002)

    def settle(self) -> None:
        """Waits until all work is done and everything is drawn."""
        panels = [pane.panel for pane in self.window.panes]
        self.until(lambda: not self.window.workers._running and all(panel.is_settled() for panel in panels))
        self.root.update()

    def comparison(self) -> None:
        self.window.beside.choose(self.other)
        self.until(lambda: self.window.comparison is not None)
        self.settle()
        pane = self.window.comparison.second
        self.seen += [weakref.ref(each) for each in (pane, pane.panel, pane.panel.map, pane.panel.map.figure)]
        for name in ("Enter", "Motion"):
            pane.panel.widget.event_generate(f"<{name}>", x=100, y=100)
        cross = self.window.maps._close
        cross.event_generate("<Enter>")  # has a tooltip made
        self.window.beside.play_morph()
        self.until(lambda: not self.window.comparison._morph.playing)
        self.window.beside.choose(None)
        del pane, cross
        self.settle()

    def space(self) -> None:
        for folder in (self.other, self.folder):
            self.window.pane.switching.choose(folder)
            self.until(lambda: self.window.pane.state.space.folder == folder)  # noqa: B023
            self.settle()

    def tour(self) -> None:
        self.window.toggle_tour()
        self.settle()
        self.window.toggle_tour()
        self.settle()

    def help(self) -> None:
        self.window.show_help()
        self.close_dialog()

    def dialog(self) -> None:
        self.window.save_picture()
        self.close_dialog()

    def close_dialog(self) -> None:
        self.root.update()
        (dialog,) = (child for child in self.root.winfo_children() if isinstance(child, Dialog))
        self.seen.append(weakref.ref(dialog))
        dialog.destroy()

    def tabs(self) -> None:
        for title in (*self.window.inspector.tabs, "Space"):
            self.window.inspector.show_tab(title)
            self.settle()

    def pins(self) -> None:
        self.window.shared.pin(3)
        self.window.shared.pin(5)
        self.settle()
        self.window.shared.unpin_all()
        self.settle()

    def look(self) -> None:
        for _ in range(2):
            self.window.shared.toggle_theme()
            self.window.toggle_class(1)
            self.window.pane.colouring.next()
            self.settle()
        self.window.shared.colour_by("class")
        self.settle()

    def run(self, rounds: int, names: list[str]) -> dict[str, dict]:
        """What is left after each of so many rounds of each thing."""
        found: dict[str, dict] = {}

        def act() -> None:
            self.until(lambda: self.window.pane.context.opened.prepared)
            self.settle()
            for name in names:
                counts, memory = [], []
                for _ in range(rounds):
                    getattr(self, name)()
                    memory.append(resident())
                    counts.append(self.count())
                alive = sum(each() is not None for each in self.seen)
                found[name] = {"counts": counts, "memory": memory, "alive": alive}
                self.seen.clear()

        def act_and_close() -> None:
            if self.window._layout is None:  # the window does not run yet
                self.root.after(50, act_and_close)
                return
            try:
                act()
            finally:
                self.window.close()

        self.root.after(50, act_and_close)
        self.window.run()
        return found

    def count(self) -> dict[str, int]:
        """Objects of ours and of the libraries that draw, by class."""
        until = time.monotonic() + 3
        while time.monotonic() < until:
            self.root.update()
            time.sleep(0.01)
        gc.collect()
        kinds = (type(each) for each in gc.get_objects())
        names = (
            f"{kind.__module__}.{kind.__qualname__}" for kind in kinds if str(kind.__module__).startswith(LIBRARIES)
        )
        return collections.Counter(names)


def resident() -> float:
    """MB of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


if __name__ == "__main__":
    folder, rounds, *names = sys.argv[1:]
    live = "--live" in names
    print(json.dumps(Rounds(Path(folder), live).run(int(rounds), [name for name in names if name != "--live"])))
