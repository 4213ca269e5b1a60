"""The menu bar: all commands of the window, with their keys."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

from explorer.analysis import backgrounds, colouring
from explorer.session.state import SharedState
from explorer.window.app.commands import Commands
from explorer.window.base.keys import shown_for
from explorer.window.pane.bars import CompareChoice, keep_dressed, offer, offer_none, offer_spaces

NO_PAIR = "open a second map first"
NO_PRIOR = "this space has no prior"
BESIDE = {"x11": (" ", "  ")}  # what Tk's own menus lack: room around the names in the bar, and to the right of keys

OPTIONS = {"tearoff": False, "activeborderwidth": 0, "relief": "flat", "borderwidth": 0}


@dataclass(frozen=True)
class Item:
    """One line of a menu.

    Attributes:
        label: its text, which never changes.
        action, arguments: the call that it makes, as in the table of keys.
        checked: tells whether it is checked; None for a line without a check mark.
        why_not: why it cannot be used now; "" if it can.
    """

    label: str
    action: str
    arguments: tuple = ()
    checked: Callable[[Commands], bool] | None = None
    why_not: Callable[[Commands], str] = lambda window: ""

    @property
    def key(self) -> str:
        return shown_for(self.action, self.arguments)


@dataclass(frozen=True)
class Sub:
    """A submenu, filled anew whenever it opens.

    Attributes:
        label: its text.
        fill: adds its lines, and sets the variable to the chosen one.
    """

    label: str
    fill: Callable[[Commands, tk.Menu, tk.StringVar], None]


def _colours(window: Commands, menu: tk.Menu, chosen: tk.StringVar) -> None:
    space = window.pane.state.space
    chosen.set(window.shared.colouring)
    titles = {name: colouring.title(space, name) for name in colouring.names(space)}
    offer(menu, chosen, titles, window.shared.colour_by)
    _add_next(menu, "pane.colouring.next", window.pane.colouring.next)


def _backgrounds(window: Commands, menu: tk.Menu, chosen: tk.StringVar) -> None:
    state = window.pane.state
    chosen.set(state.background)
    offer(menu, chosen, {name: name for name in ("none", *backgrounds.NAMES)}, state.paint)
    _add_next(menu, "pane.background.next", window.pane.background.next)


def _add_next(menu: tk.Menu, action: str, command: Callable[[], None]) -> None:
    menu.add_separator()
    menu.add_command(label="Next", accelerator=shown_for(action), command=command)


def _others(window: Commands, menu: tk.Menu, chosen: tk.StringVar) -> None:
    second = window.comparison
    chosen.set("" if second is None else str(second.second.state.space.folder))
    offer_spaces(
        menu, chosen, CompareChoice.fitting(window.pane.switching.entries, window.pane.state), window.beside.choose
    )
    offer_none(menu, chosen, window.beside.choose)


def _is_shown(layer: str) -> Callable[[Commands], bool]:
    return lambda window: layer in window.shared.layers


def _needs_pair(window: Commands) -> str:
    return "" if window.comparison else NO_PAIR


def _needs_decoder(window: Commands) -> str:
    return "" if window.pane.state.space.has_decoder else "this space has no decoder"


def _needs_quantiles(window: Commands) -> str:
    return "" if len(window.active.state.space.all_coordinates) > 1 else NO_PRIOR


def _needs_selection(window: Commands) -> str:
    return "" if len(window.shared.selection) else "select images first"


def _needs_pins(window: Commands) -> str:
    return "" if window.shared.pins else "nothing is pinned"


Line = Item | Sub | None  # None is a separator
MENUS: dict[str, tuple[Line, ...]] = {
    "File": (
        Item("Open space …", "open_space"),
        Item("Open workspace …", "open_workspace"),
        None,
        Item("Save workspace …", "save_workspace"),
        Item("Save picture …", "save_picture"),
        Item("Export the map …", "export_map"),
        None,
        Item("Export selection as CSV …", "export", (".csv",), why_not=_needs_selection),
        Item("Export selection as NPZ …", "export", (".npz",), why_not=_needs_selection),
        Item("Export contact sheet as PNG …", "export", (".png",), why_not=_needs_selection),
        None,
        Item("Quit", "close"),
    ),
    "Edit": (
        Item("Undo", "undo", why_not=lambda window: "" if window.history.can_undo else "nothing to undo"),
        Item("Redo", "redo", why_not=lambda window: "" if window.history.can_redo else "nothing to redo"),
        None,
        Item("Search", "search.begin"),
        Item("Pin nearest image", "pin_nearest"),
        Item("Remove all pins", "shared.unpin_all", why_not=_needs_pins),
        None,
        Item("Explore with the mouse", "shared.use", ("explore",), lambda window: window.shared.tool == "explore"),
        Item("Select with the mouse", "next_select_tool", (), lambda window: window.shared.tool != "explore"),
        Item("Clear selection", "clear_selection", why_not=_needs_selection),
        None,
        Item(
            "Show all classes",
            "shared.show_all_classes",
            why_not=lambda window: "" if window.shared.hidden else "all classes are shown",
        ),
    ),
    "View": (
        Item("Dark theme", "shared.toggle_theme", (), lambda window: window.shared.theme == "dark"),
        None,
        Item("Points", "shared.toggle_layer", ("points",), _is_shown("points")),
        Item("Class names", "shared.toggle_layer", ("labels",), _is_shown("labels")),
        Item("Round-trip arrow", "toggle_round_trip", (), lambda window: window.inspector.round_trips),
        Sub("Colour", _colours),
        Sub("Background", _backgrounds),
        Item(
            "Prior-quantile axes",
            "toggle_coordinates",
            (),
            lambda window: window.active.state.space.coordinates == "quantiles",
            _needs_quantiles,
        ),
        Item(
            "Turn the plane",
            "pane.turning.play",
            (),
            lambda window: window.pane.turning.playing,
            lambda window: window.pane.turning.why_not,
        ),
        None,
        Item("Zoom in", "active.panel.zoom_at_cursor", (1,)),
        Item("Zoom out", "active.panel.zoom_at_cursor", (-1,)),
        Item("Reset view", "reset_view"),
        Item("Freeze cursor", "freeze_cursor", (), lambda window: window.pane.panel.held),
        None,
        Item("Next space", "step_space", (1,)),
        Item("Previous space", "step_space", (-1,)),
        Item("Draw new images", "draw_new", why_not=_needs_decoder),
        Item("Draw by hand", "inspector.show_tab", ("Draw",)),
    ),
    "Compare": (
        Item("Second map", "beside.toggle", (), lambda window: window.comparison is not None),
        Sub("Compare with", _others),
        Item("Next space", "beside.step", (1,)),
        Item("Previous space", "beside.step", (-1,)),
        None,
        Item(
            "Link views",
            "toggle_link",
            (),
            lambda window: window.comparison is not None and window.comparison.views.on,
            _needs_pair,
        ),
        Item("Play morph", "beside.play_morph", why_not=_needs_pair),
    ),
    "Help": (
        Item("Keys and mouse", "show_help"),
        Item("Tour", "toggle_tour", (), lambda window: window.tour is not None),
        Item("Tour of the uses", "toggle_uses", why_not=lambda window: "the tour is on" if window.tour else ""),
        None,
        Item("About", "show_about"),
    ),
}


class MenuBar:
    """The menu bar of a window; macOS shows it at the top of the screen.

    Args:
        window: has the commands.
        root: the main window.
        shared: gives the theme.

    Attributes:
        menus: the menus by their names.
    """

    def __init__(self, window: Commands, root: tk.Tk, shared: SharedState) -> None:
        self._window, self._root, self._shared = window, root, shared
        self._variables: list[tk.Variable] = []
        around, self._after = BESIDE.get(str(root.tk.call("tk", "windowingsystem")), ("", ""))
        self._bar = tk.Menu(root, **OPTIONS)
        self.menus: dict[str, tk.Menu] = {}
        for name, lines in MENUS.items():
            menu = self.menus[name] = tk.Menu(self._bar, **OPTIONS)
            menu.configure(postcommand=partial(self._refresh, menu, lines, {}))
            self._bar.add_cascade(label=f"{around}{name}{around}", underline=len(around), menu=menu)
        keep_dressed(self._bar, shared, *self.menus.values(), bar=self._bar)
        root.configure(menu=self._bar)

    @property
    def height(self) -> int:
        """Height of the bar inside the window, in pixels; 0 if the system draws it elsewhere."""
        return self._root.tk.getint(self._root.tk.call("winfo", "reqheight", self._clone)) if self._clone else 0

    def boxes(self) -> list[list[int]]:
        """Where the menus' names are: x, y, width, height of each in screen pixels; empty if the system draws them."""
        if not self._clone:
            return []
        height, left = self.height, self._root.winfo_rootx()
        starts = [self._root.tk.getint(self._root.tk.call(self._clone, "xposition", n)) for n in range(len(MENUS))]
        ends = [*starts[1:], starts[-1] + starts[-1] - starts[-2]]
        top = self._root.winfo_rooty() - height
        return [[left + start, top, end - start, height] for start, end in zip(starts, ends, strict=True)]

    @property
    def _clone(self) -> str:
        """The name of the copy of the menu that Tk shows on X11."""
        name = f".#{str(self._bar)[1:]}"
        return name if self._root.tk.getboolean(self._root.tk.call("winfo", "exists", name)) else ""

    def _fill(self, menu: tk.Menu, lines: tuple[Line, ...], checks: dict[str, tk.BooleanVar]) -> None:
        for line in lines:
            if line is None:
                menu.add_separator()
            elif isinstance(line, Sub):
                self._add_sub(menu, line)
            else:
                self._add(menu, line, checks)

    def _add(self, menu: tk.Menu, item: Item, checks: dict[str, tk.BooleanVar]) -> None:
        options = {"label": item.label, "command": partial(self._do, item)}
        if item.checked is None:
            menu.add_command(**options)
        else:
            checks[item.label] = tk.BooleanVar(self._root)
            menu.add_checkbutton(variable=checks[item.label], **options)

    def _add_sub(self, menu: tk.Menu, sub: Sub) -> None:
        inner, chosen = tk.Menu(menu, **OPTIONS), tk.StringVar(self._root)
        self._variables.append(chosen)
        inner.configure(postcommand=lambda: sub.fill(self._window, inner, chosen))
        keep_dressed(inner, self._shared, inner)
        menu.add_cascade(label=sub.label, menu=inner)

    def _do(self, item: Item) -> None:
        attrgetter(item.action)(self._window)(*item.arguments)

    def _refresh(self, menu: tk.Menu, lines: tuple[Line, ...], checks: dict[str, tk.BooleanVar]) -> None:
        """Updates check marks, and greys out what cannot be used, with the reason. Makes the lines the first time."""
        if menu.index("end") is None:
            self._fill(menu, lines, checks)
        for number, line in enumerate(lines):
            if isinstance(line, Item):
                why_not = line.why_not(self._window)
                beside = f"{why_not}   {line.key}".strip() + self._after
                menu.entryconfigure(number, state="disabled" if why_not else "normal", accelerator=beside)
                if line.checked is not None:
                    checks[line.label].set(line.checked(self._window))
