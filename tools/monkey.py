"""Random events over the whole window: `make monkey ARGS="--seed 3 --events 10000"`.

Opens the real program on its own virtual screen. Sends it keys, clicks, drags and wheel turns on every widget, uses
menus and dialogs, and changes the window's size. Reports every line on stderr, a window that no longer responds (with
the stacks of all threads), a wrong exit status, and memory. The exit status is 1 after one of the first three, or if
memory grew beyond a given limit.

The same seed gives the same choices; the times of events depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from PIL import Image
from Xlib import XK, X, error
from Xlib.ext import xtest

from explorer.window.base.keys import ARROWS, KEYS
from tests.screen import HEIGHT, WIDTH, Program, Screen

PROGRAMS = {"live": "ae.py", "precomp": "ae_precomp.py"}
MODIFIERS = ("Shift_L", "Control_L", "Alt_L")
SHIFTED = ("plus", "question")  # keys that need Shift on the keyboard of the virtual screen
NOT_THERE = ("KP_Subtract",)  # keys that the virtual keyboard lacks; others do the same
QUIT = "<Control-q>", "<Control-Q>"  # never pressed; `SITE` makes File > Quit do nothing
SOUGHT = ("69201", "#70000", "test 17", "train -1", "7", "class 7", "digit=3", "split=test", "1.5, -2", "nan, 1e99", "")
TYPED = {"-": "minus", "/": "slash", ".": "period", "_": "underscore", "#": "numbersign"}
TYPED |= {" ": "space", ",": "comma", "=": "equal"}
DEEPEST = 3  # menus inside each other
REFRESH = 40  # actions until the widgets are looked up again
PING = (4, 16)  # actions between two checks that the window responds
COMPARISONS = 10
FOR_FILES = ("TkFDialog", "Dialog")  # kinds of windows: the file dialog, and its question
DIALOGS = (*FOR_FILES, "Toplevel")
MAP = 0.4  # share of mouse actions on the map
MB = 1e6
SITE = """
import faulthandler, os, signal
faulthandler.register(signal.SIGUSR1, open(os.environ["MONKEY_STACKS"], "w"), all_threads=True)
import tkinter
add_command = tkinter.Menu.add_command
def add_all_but_quit(menu, **options):
    add_command(menu, **options | ({"command": ""} if options["label"] == "Quit" else {}))
tkinter.Menu.add_command = add_all_but_quit
"""


class Hangs(Exception):
    """The window has not responded for too long."""


class Counting(Screen):
    """A screen that counts the events that it is sent."""

    sent = 0

    def move(self, *path: int) -> None:
        self.sent += len(path) // 2
        super().move(*path)

    def press(self, button: int = 1) -> None:
        self.sent += 1
        super().press(button)

    def release(self, button: int = 1) -> None:
        self.sent += 1
        super().release(button)

    def key(self, name: str, *modifiers: str) -> None:
        self.sent += 2 * (1 + len(modifiers))
        super().key(name, *modifiers)


@dataclass(frozen=True)
class Top:
    """A window of the program with its visible widgets.

    Attributes:
        window: the window of the X server.
        kind: its class: the program's, "Menu", "TkFDialog", "Dialog", "Toplevel"; "Tip" of a tooltip.
        boxes: x, y, width, height of each widget, in screen pixels.
    """

    window: object
    kind: str
    boxes: list[tuple[int, int, int, int]]


@dataclass
class Report:
    """The result of a run; memory in bytes."""

    events: int = 0
    seconds: float = 0.0
    status: int | None = None
    stderr: str = ""
    hang: str = ""
    third: int = 0
    end: int = 0
    comparisons: list[int] = field(default_factory=list)
    last: list[str] = field(default_factory=list)
    traced: Counter[str] = field(default_factory=Counter)  # how often each event happened, by the trace

    @property
    def grown(self) -> float:
        """Growth of memory from the first third to the end, in MB."""
        return (self.end - self.third) / MB

    @property
    def grown_by_comparisons(self) -> float:
        """Growth of memory over the last five comparisons, in MB: all is loaded by then, on a slow machine too."""
        return (self.comparisons[-1] - self.comparisons[COMPARISONS // 2]) / MB if self.comparisons else 0.0

    @property
    def failed(self) -> bool:
        return bool(self.stderr or self.hang or self.status != 0)


class Monkey:
    """Sends random events to a program.

    Args:
        screen: the screen of the program.
        program: the running program.
        folder: folder for files; names in it are typed into dialogs.
        seed: seed of the choices.
        patience: seconds without a response after which the window counts as hanging.
    """

    def __init__(self, screen: Counting, program: Program, folder: Path, seed: int, patience: float) -> None:
        self._screen, self._program, self._folder, self._patience = screen, program, folder, patience
        self._random = random.Random(seed)
        self._tops: list[Top] = []
        self._read, self._latest = 0, {}  # bytes of the trace, and its latest layout
        self._stale = 0
        self._pings = 0
        self._until_ping = PING[0]
        self.done: deque[str] = deque(maxlen=40)
        self._keys = list(keys_of_the_table())
        root = screen.display.screen().root
        root.change_attributes(event_mask=X.SubstructureNotifyMask)  # responses to pings are sent there
        self._actions: list[tuple[int, Callable[[], None]]] = [
            (34, self._key),
            (4, self._burst),
            (14, self._hover),
            (22, self._click),
            (8, self._drag),
            (8, self._wheel),
            (6, self._menu),
            (3, self._edit),
            (2, self._search),
            (2, self._undo),
            (2, self._range),
            (2, self._dialog),
            (1, self._resize),
        ]

    # ---- the screen -------------------------------------------------------------------

    def look(self) -> list[Top]:
        """All windows of the program with their widgets."""
        tops = []
        for child in self._screen.display.screen().root.query_tree().children:
            try:
                attributes = child.get_attributes()
                if attributes.map_state == X.IsViewable:
                    name = child.get_wm_class()
                    kind = name[1] if name else ""
                    if kind == "Toplevel" and attributes.override_redirect:
                        kind = "Tip"
                    at = child.get_geometry()
                    boxes: list[tuple[int, int, int, int]] = []
                    _leaves(child, at.x, at.y, boxes)
                    tops.append(Top(child, kind, boxes))
            except error.XError:  # gone in the meantime
                continue
        return tops

    def _tops_now(self) -> list[Top]:
        self._stale -= 1
        if self._stale < 0 or self._random.random() < 0.03:
            self._tops, self._stale = self.look(), REFRESH
        return self._tops

    def _layout(self) -> dict:
        """Where things are, from the latest layout event of the trace."""
        with open(self._program.trace, encoding="utf-8") as trace:
            trace.seek(self._read)
            for line in iter(trace.readline, ""):
                if not line.endswith("\n"):
                    break
                self._read += len(line.encode())
                if (event := json.loads(line))["event"] in ("window", "layout"):
                    self._latest = event
        return self._latest

    def _asks_for_file(self) -> bool:
        return any(top.kind in FOR_FILES for top in self._tops)

    def _somewhere(self) -> tuple[int, int]:
        """A pixel in a widget, more often of the topmost window than of another. Never in a file dialog, whose buttons
        lead to other folders."""
        tops = [top for top in self._tops_now() if top.boxes and top.kind not in (*FOR_FILES, "Tip")]
        if not tops or self._random.random() < 0.05:
            return self._random.randrange(WIDTH // 2), self._random.randrange(HEIGHT // 2)
        if tops[-1].kind == "Latent-space-explorer" and self._random.random() < MAP:
            x, y, width, height = self._layout()["map"]
            return x + self._random.randrange(width), y + self._random.randrange(height)
        top = tops[-1] if self._random.random() < 0.5 else self._random.choice(tops)
        x, y, width, height = self._random.choice(top.boxes)
        return x + self._random.randrange(max(width, 1)), y + self._random.randrange(max(height, 1))

    # ---- actions ---------------------------------------------------------------

    def act(self) -> None:
        """Performs one random action. Raises Hangs."""
        weights, actions = zip(*self._actions, strict=True)
        action = self._dialog if self._asks_for_file() else self._random.choices(actions, weights)[0]
        action()
        self._until_ping -= 1
        if self._until_ping <= 0:
            self._until_ping = self._random.randint(*PING)
            self.ping()

    def ping(self) -> None:
        """Asks the window whether it still handles events, as a window manager does. Raises Hangs."""
        display = self._screen.display
        main = self._screen.window("Latent Space Explorer · ")
        if main is None:
            raise Hangs("the window is gone")
        self._pings += 1
        self._screen.tell(main, "_NET_WM_PING", self._pings, main.id)
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            while display.pending_events():
                event = display.next_event()
                if event.type & 0x7F == X.ClientMessage:  # without the bit of events sent by a program
                    if event.data[1][1] == self._pings:
                        return
                elif event.type in (X.MapNotify, X.UnmapNotify, X.DestroyNotify):
                    self._stale = 0
            if self._program.process.poll() is not None:
                raise Hangs("the program has ended")
            time.sleep(0.002)
        raise Hangs(f"no answer for {self._patience:g} s")

    def visit(self, spaces: int = 10) -> None:
        """Shows one space after the other, so that the cache of recent spaces counts as memory of the start."""
        for _ in range(spaces):
            count = len(self._program.events("space"))
            self._screen.key("Next")

            def shown(count: int = count) -> bool:
                self.ping()
                return len(self._program.events("space")) > count

            self._program.wait(shown, "another space")
            self.wait(2)

    def rest(self) -> None:
        """Closes dialogs and menus, and ends tour, morph and comparison. Raises Hangs."""
        for _ in range(6):
            self._tops = self.look()
            for top in self._tops:
                if top.kind in DIALOGS:
                    self._screen.tell(top.window)
            self._screen.key("Escape")
            self.ping()
        x, y, width, height = self._layout()["map"]
        self._screen.click(x + width // 2, y + height // 2)  # gives the keyboard to the map
        self.ping()
        compared = [event for event in self._program.events("compare") if "map" not in event]
        if compared and compared[-1]["name"] is not None:
            self._screen.key("v")
        self.wait(2)

    def wait(self, seconds: float) -> None:
        """Does nothing but check that the window responds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.ping()
            time.sleep(0.1)

    def _say(self, what: str) -> None:
        self.done.append(what)

    def _with(self, modifiers: tuple[str, ...], action: Callable[[], None]) -> None:
        """Does something with modifier keys held."""
        display = self._screen.display
        codes = [display.keysym_to_keycode(XK.string_to_keysym(name)) for name in modifiers]
        for code in codes:
            xtest.fake_input(display, X.KeyPress, code)
        action()
        for code in reversed(codes):
            xtest.fake_input(display, X.KeyRelease, code)
        display.sync()

    def _some_modifiers(self) -> tuple[str, ...]:
        return (self._random.choice(MODIFIERS),) if self._random.random() < 0.2 else ()

    def _key(self) -> None:
        name, *modifiers = self._random.choice(self._keys)
        if self._random.random() < 0.1 and name != "q":
            modifiers = [*modifiers, self._random.choice(MODIFIERS)]
        times = self._random.choice((1, 1, 1, 1, 2, 5))
        self._say(f"key {name} {modifiers} × {times}")
        for _ in range(times):
            self._screen.key(name, *modifiers)

    def _burst(self) -> None:
        """Types keys faster than dialogs open."""
        keys = [("p",), ("Return",), ("Escape",), ("question", "Shift_L"), ("s", "Control_L"), ("o", "Control_L")]
        chosen = [self._random.choice(keys) for _ in range(self._random.randint(2, 5))]
        self._say(f"burst {chosen}")
        for name, *modifiers in chosen:
            self._screen.key(name, *modifiers)
        self._stale = 0
        self._until_ping = 0

    def _hover(self) -> None:
        at = [self._somewhere() for _ in range(self._random.choice((1, 1, 2, 10)))]
        self._say(f"hover {at[-1]}")
        self._screen.move(*(coordinate for place in at for coordinate in place))

    def _click(self) -> None:
        at, modifiers = self._somewhere(), self._some_modifiers()
        button = self._random.choice((1, 1, 1, 1, 1, 1, 2, 3))
        times = self._random.choice((1, 1, 1, 2, 3))
        self._say(f"click {button} at {at} {modifiers} × {times}")
        self._with(modifiers, lambda: self._screen.click(*at, button, times))

    def _drag(self) -> None:
        (x, y), modifiers = self._somewhere(), self._some_modifiers()
        ends = [
            (x + self._random.randint(-300, 300), y + self._random.randint(-300, 300))
            for _ in range(self._random.randint(1, 8))
        ]
        path = [(min(max(a, 0), WIDTH - 1), min(max(b, 0), HEIGHT - 1)) for a, b in ends]
        self._say(f"drag from {(x, y)} by {path} {modifiers}")

        def drag() -> None:
            self._screen.move(x, y)
            self._screen.press()
            for place in path:
                self._screen.move(*place)
            if self._random.random() < 0.1 and (name := self._random.choice(self._keys)[0]) != "q":
                self._screen.key(name)
            self._screen.release()

        self._with(modifiers, drag)

    def _wheel(self) -> None:
        at, button = self._somewhere(), self._random.choice((4, 5))
        times = self._random.randint(1, 6)
        self._say(f"wheel {button} at {at} × {times}")
        self._screen.click(*at, button, times)

    def _menu(self) -> None:
        """Opens one of the menus at the top, and chooses an entry of it or of its submenus."""
        layout = self._layout()
        x, y, width, height = self._random.choice(layout["menus"] + layout["bar"])
        self._say(f"menu at {(x, y)}")
        self._screen.click(x + width // 2, y + height // 2)
        for _ in range(DEEPEST):
            self.ping()
            self._tops = self.look()
            menus = [top for top in self._tops if top.kind == "Menu"]
            if not menus:
                break
            at = menus[-1].window.get_geometry()
            x, y = at.x + self._random.randrange(at.width), at.y + self._random.randrange(at.height)
            self._say(f"choose at {(x, y)}")
            self._screen.click(x, y)
        self._stale = 0

    def _search(self) -> None:
        text = self._random.choice(SOUGHT)
        self._say(f"search for {text}")
        self._screen.key(*self._random.choice((("slash",), ("f", "Control_L"))))
        self._type(text)
        self._screen.key(self._random.choice(("Return", "Return", "Escape", "Tab")))

    def _undo(self) -> None:
        """Back and forth through what was marked."""
        for _ in range(self._random.randint(1, 6)):
            modifiers = self._random.choice((("Control_L",), ("Control_L", "Shift_L")))
            self._say(f"key z {modifiers}")
            self._screen.key("z", *modifiers)

    def _range(self) -> None:
        """Colours by something else, and drags where the range of numbers is then."""
        self._screen.key("c")
        x, y, width, _ = self._layout()["map"]
        places = [(x + width - self._random.randint(20, 260), y + self._random.randint(40, 160)) for _ in range(4)]
        self._say(f"key c, and drag by {places}")
        self._screen.move(*places[0])
        self._screen.press()
        for place in places[1:]:
            self._screen.move(*place)
        self._screen.release()

    def _edit(self) -> None:
        """Types into the widget under the mouse."""
        x, y = self._somewhere()
        text = self._random.choice(("123", "69999", "70000", "-1", "0", "99999999999", "abc", "1e5"))
        self._say(f"types {text} at {(x, y)}")
        self._screen.click(x, y)
        self._type(text)
        self._screen.key(self._random.choice(("Return", "Escape", "Tab")))

    def _type(self, text: str) -> None:
        for letter in text:
            self._screen.key(TYPED.get(letter, letter), *(("Shift_L",) if letter in "_#" else ()))

    def _dialog(self) -> None:
        """Uses an open dialog."""
        self._tops = self.look()
        dialogs = [top for top in self._tops if top.kind in DIALOGS]
        if not dialogs:
            return
        top = dialogs[-1] if self._random.random() < 0.5 else self._random.choice(dialogs)
        how = self._random.random()
        if top.kind == "TkFDialog" and how < 0.5:
            there = sorted(path.name for path in self._folder.iterdir() if re.fullmatch(r"[a-z0-9._-]+", path.name))
            name = self._random.choice([*there, "new.json", "new.png"])
            self._say(f"file {name}")
            self._screen.key("a", "Control_L")
            self._screen.key("slash", "Control_L")  # selects all
            self._type(str(self._folder / name))
            self._screen.key(self._random.choice(("Return", "Return", "Return", "Escape")))
        elif how < 0.7:
            key = self._random.choice(("Return", "Escape", "Tab", "space"))
            self._say(f"dialog {top.kind}: {key}")
            self._screen.key(key)
        elif how < 0.85 or top.kind != "Toplevel":
            self._say(f"dialog {top.kind}: closed")
            self._screen.tell(top.window)
        else:
            x, y, width, height = self._random.choice(top.boxes)
            self._say(f"dialog {top.kind}: click")
            self._screen.click(x + width // 2, y + height // 2)
        self.ping()
        self._tops = self.look()

    def _resize(self) -> None:
        width, height = self._random.randint(900, 1900), self._random.randint(620, 1300)
        self._say(f"size {width} × {height}")
        main = self._screen.window("Latent Space Explorer · ")
        if main is not None:
            main.configure(width=width, height=height)
            self._screen.display.sync()
        self._stale = 0

    # ---- memory ----------------------------------------------------------------------------------

    def compare_often(self, memory: Callable[[], int]) -> list[int]:
        """Memory in bytes before and after each of ten comparisons, after one more as a warm-up."""
        used = []
        for _ in range(COMPARISONS + 1):
            for begun in (True, False):
                count = len(self._program.events("compare"))
                self._screen.key("v")

                def told(count: int = count, begun: bool = begun) -> bool:
                    self.ping()
                    new = self._program.events("compare")[count:]
                    return any((event["name"] is not None) == begun for event in new)

                self._program.wait(told, "a comparison")
                self.wait(1)
            used.append(memory())
        return used


def _leaves(window, x: int, y: int, boxes: list[tuple[int, int, int, int]]) -> None:
    """Collects the boxes of visible widgets without children."""
    children = window.query_tree().children
    shown = 0
    for child in children:
        if child.get_attributes().map_state != X.IsViewable:
            continue
        at = child.get_geometry()
        shown += 1
        _leaves(child, x + at.x, y + at.y, boxes)
    if not shown:
        at = window.get_geometry()
        boxes.append((x, y, at.width, at.height))


def keys_of_the_table() -> list[tuple[str, ...]]:
    """All keys of the window with their modifiers, by X names, and some that move the focus."""
    found = [("Tab",), ("Tab", "Shift_L"), ("z", "Control_L")]
    found += [(name, *held) for name in ARROWS for held in ((), ("Shift_L",))]
    for event in (event for key in KEYS for event in key.events if event not in QUIT):
        *held, name = re.fullmatch(r"<(?:Key-)?(.+)>", event)[1].split("-")
        modifiers = [f"{each}_L" for each in held]
        if name in NOT_THERE:
            continue
        if (len(name) == 1 and name.isupper()) or name in SHIFTED:
            modifiers.append("Shift_L")
        found.append((name.lower() if len(name) == 1 else name, *dict.fromkeys(modifiers)))
    return list(dict.fromkeys(found))


def prepare(folder: Path) -> None:
    """Writes files that can be opened in dialogs into a folder."""
    (folder / "notes.txt").write_text("no workspace, no picture")
    (folder / "bad.json").write_text('{"format": 1')
    Image.new("L", (40, 30), 200).save(folder / "grey.png")


def run(script: str, seed: int, events: int, seconds: float, patience: float, compare: bool) -> Report:
    """Runs one program for this many events or seconds, whichever ends first."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="monkey-") as temporary, Counting() as screen:
        home = Path(temporary)
        folder = home / "in" / "a" / "deep" / "folder"
        folder.mkdir(parents=True)
        prepare(folder)
        (home / "sitecustomize.py").write_text(SITE)
        os.environ["MONKEY_STACKS"] = str(home / "stacks")
        before = Path.cwd()
        os.chdir(folder)
        try:
            program = Program(screen, script, [], home / "trace.jsonl", path=home)
        finally:
            os.chdir(before)
        process = psutil.Process(program.process.pid)
        memory = lambda: process.memory_info().rss  # noqa: E731
        monkey = Monkey(screen, program, folder, seed, patience)
        started = time.monotonic()
        try:
            program.wait_for("window")
            if script == PROGRAMS["live"]:
                program.wait_for("live")
            monkey.visit()
            screen.sent, begun = 0, time.monotonic()
            third = 0
            while screen.sent < events and time.monotonic() - begun < seconds:
                monkey.act()
                if not third and (screen.sent >= events / 3 or time.monotonic() - begun >= seconds / 3):
                    sent = screen.sent
                    monkey.rest()
                    third, screen.sent = memory(), sent
            report.events, report.third = screen.sent, third
            monkey.rest()
            report.end = memory()
            if compare:
                report.comparisons = monkey.compare_often(memory)
        except (Hangs, AssertionError) as hang:
            report.events = report.events or screen.sent
            if program.process.poll() is None:
                os.kill(program.process.pid, signal.SIGUSR1)
                time.sleep(2)
                stacks = (home / "stacks").read_text()
                program.process.kill()
                report.hang = f"{hang}\n{stacks}"
            else:
                report.hang = str(hang)
        except BaseException:
            program.process.kill()
            raise
        else:
            program.close()
        try:
            report.status = program.process.wait(patience)
        except Exception as late:
            report.hang = report.hang or f"it does not end: {late}"
            program.process.kill()
        report.stderr, report.seconds, report.last = program.stderr(), time.monotonic() - started, list(monkey.done)
        report.traced = Counter(event["event"] for event in program.events())
    return report


def tell(name: str, seed: int, report: Report) -> None:
    print(f"{name}, seed {seed}: {report.events:,} events in {report.seconds:.0f} s, exit status {report.status}")
    print(f"  memory at one third {report.third / MB:.0f} MB, at the end {report.end / MB:.0f} MB: {report.grown:+.0f}")
    print("  happened:", ", ".join(f"{name} {count}" for name, count in sorted(report.traced.items())))
    if report.comparisons:
        each = " ".join(f"{used / MB:.0f}" for used in report.comparisons)
        print(f"  memory over {COMPARISONS} comparisons: {each}; the last five {report.grown_by_comparisons:+.0f} MB")
    if report.stderr:
        print(f"  on stderr:\n{report.stderr}")
    if report.hang:
        print(f"  it hangs: {report.hang}")
    if report.failed:
        print("  the last that was done:", *report.last, sep="\n    ")
        print(f"  again: python -m tools.monkey --program {name} --seed {seed} --events {report.events}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.monkey", description="Random events over the whole window.")
    parser.add_argument("--program", choices=(*PROGRAMS, "both"), default="both")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="the longest time for each program")
    parser.add_argument("--patience", type=float, default=60, help="seconds until a window that is silent hangs")
    parser.add_argument("--no-comparisons", action="store_true", help="leave out the ten comparisons at the end")
    options = parser.parse_args(arguments)
    failed = False
    for name in PROGRAMS if options.program == "both" else (options.program,):
        report = run(
            PROGRAMS[name],
            options.seed,
            options.events,
            options.seconds,
            options.patience,
            not options.no_comparisons,
        )
        tell(name, options.seed, report)
        failed |= report.failed
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
