"""Random keys, clicks, drags and wheel turns on every widget of a window, in its menus and in its dialogs."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable
from pathlib import Path

from Xlib import XK, X
from Xlib.ext import xtest

from explorer.window.base.keys import ARROWS, KEYS
from tests.screen import HEIGHT, WIDTH, Program
from tools.driven import DIALOGS, FOR_FILES, Counting, Driven, Top

MODIFIERS = ("Shift_L", "Control_L", "Alt_L")
SHIFTED = ("plus", "question")  # keys that need Shift on the keyboard of the virtual screen
NOT_THERE = ("KP_Subtract",)  # keys that the virtual keyboard lacks; others do the same
QUIT = "<Control-q>", "<Control-Q>"  # never pressed; File > Quit does nothing, see `monkey.SITE`
SOUGHT = ("69201", "#70000", "test 17", "train -1", "7", "class 7", "digit=3", "split=test", "1.5, -2", "nan, 1e99", "")
TYPED = {"-": "minus", "/": "slash", ".": "period", "_": "underscore", "#": "numbersign"}
TYPED |= {" ": "space", ",": "comma", "=": "equal"}
DEEPEST = 3  # menus inside each other
REFRESH = 40  # actions until the widgets are looked up again
PING = (4, 16)  # actions between two checks that the window responds
MAP = 0.4  # share of mouse actions on the map


class Monkey(Driven):
    """Sends random events to a program.

    Args:
        screen: the screen of the program.
        program: the running program.
        folder: folder for files; names in it are typed into dialogs.
        seed: seed of the choices.
        patience: seconds without a response after which the window counts as hanging.
    """

    def __init__(self, screen: Counting, program: Program, folder: Path, seed: int, patience: float) -> None:
        super().__init__(screen, program, patience)
        self._folder, self._random = folder, random.Random(seed)
        self._until_ping = PING[0]
        self.done: deque[str] = deque(maxlen=40)
        self._keys = list(keys_of_the_table())
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

    def _tops_now(self) -> list[Top]:
        self._stale -= 1
        if self._stale < 0 or self._random.random() < 0.03:
            self._tops, self._stale = self.look(), REFRESH
        return self._tops

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
