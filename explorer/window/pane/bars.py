"""The bars around the map: menus and buttons above it, the status bar below it."""

from __future__ import annotations

import dataclasses
import math
import tkinter as tk
from collections import deque
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk

from explorer.analysis import backgrounds, colouring
from explorer.analysis.probe import shortened
from explorer.drawing.themes import THEMES
from explorer.session.state import MapState, SharedState
from explorer.spaces import catalogue
from explorer.spaces.catalogue import Entry
from explorer.spaces.latent_space import LatentSpace
from explorer.window.base.scale import px
from explorer.window.base.widgets import Listener, button, explain, fitted, packed, text_measure

BEFORE_ARROW = "  "  # the theme draws the arrow right beside the text
NO_OTHER = "none"  # no second map
SHORTEST = 6  # letters of the data set's name; a shorter name is not shown
BETWEEN = 6  # pixels between buttons
# From wide bars to narrow ones: the widths of Space, Compare, Background and Colour in digits, and whether the first
# two and the last two show their word before the choice. The widths do not depend on the choice, so nothing in the bar
# moves.
LEVELS = (
    ((26, 26, 19, 19), (True, True)),
    ((17, 15, 17, 15), (False, True)),
    ((15, 13, 10, 10), (False, False)),
    ((13, 10, 11, 8), (False, False)),
    ((8, 10, 7, 7), (False, False)),
    ((8, 10, 5, 5), (False, False)),
)
FROZEN = {  # tooltips of the button, by whether the cursor is frozen
    False: "freeze the cursor, so that it stays while you use other controls (key space)",
    True: "unfreeze the cursor: it follows the mouse again (key space)",
}
ABOUT_STATUS = "decoder · time from mouse to picture (median) · points on the map"
SETTLED = 31  # hover frames whose median the status bar shows; a single frame's time would flicker

Entries = Callable[[], list[Entry]]


class TopBar(Listener):
    """On the left the menus of the space and the compared space; on the right colouring, background and buttons.

    Args:
        parent: widget.
        state, shared: the state of the map, and the state that all maps share.
        entries: returns all spaces.
        choose: is called with the folder of the chosen space.
        compare: is called with the folder of the space to show beside it, or None for no second map.
        buttons: (text, tooltip, command) from left to right.
        freeze: freezes or unfreezes the cursor.

    Attributes:
        spaces: the menu of spaces.
        others: the menu of spaces to compare with.
        menus: colour, background, space, and space to compare with.
        frozen: whether the cursor is frozen.
    """

    def __init__(
        self,
        parent: tk.Misc,
        state: MapState,
        shared: SharedState,
        *,
        entries: Entries,
        choose: Callable[[Path], None],
        compare: Callable[[Path | None], None],
        buttons: list[tuple[str, str, Callable]],
        freeze: Callable[[], None],
    ) -> None:
        super().__init__(parent, padding=px(16, 2, 16, 4))
        self._state, self._shared = state, shared
        self._beside: LatentSpace | None = None
        self.frozen = tk.BooleanVar(self)
        presses = [button(self, text, command, tip, width=max(len(text), 2)) for text, tip, command in buttons]
        for press in reversed(presses):
            press.pack(side="right", padx=px(BETWEEN, 0))
        toggle = ttk.Checkbutton(self, text="Freeze", variable=self.frozen, command=freeze, style="Toggle.TButton")
        toggle.pack(side="right", padx=px(BETWEEN, 0))
        explain(toggle, lambda: FROZEN[self.frozen.get()])
        self._background = Choice(self, shared, "Background", plain="none")
        self._colour = Choice(self, shared, "Colour", plain="class")
        self._background.pack(side="right", padx=px(BETWEEN, 0))
        self._colour.pack(side="right")
        self.spaces = packed(SpaceChoice(self, shared, entries, choose), side="left")
        self.others = packed(CompareChoice(self, shared, entries, compare, state), side="left", padx=px(BETWEEN, 0))
        for choice, tip in (
            (self._background, "the background behind the dots (key b: the next one)"),
            (self._colour, "the colouring of the dots (key c: the next one)"),
            (self.spaces, "the space on the map (keys PgDn and PgUp: the next and the previous one)"),
            (self.others, "a second map beside this one (key v; Shift + PgDn and PgUp: the next and the previous one)"),
        ):
            explain(choice, lambda choice=choice, tip=tip: f"{choice.full}\n{tip}")
        self.menus = self._colour, self._background, self.spaces, self.others
        for control in (self.spaces, self.others, self._colour, self._background, toggle, *presses):
            control.lift()  # the order in which Tab goes through them
        self._fixed = self.winfo_children()
        self._data = packed(ttk.Label(self, style="Faint.TLabel"), side="left", padx=px(8, 0), pady=px(2, 0))
        explain(self._data, self._of)
        self._background.offer({name: name for name in ("none", *backgrounds.NAMES)}, state.paint)
        self.bind("<Configure>", lambda event: self._fit())
        self.hear(self._show_texts, shared.colouring_changed, state.background_changed)

    def show_space(self, space: LatentSpace) -> None:
        """Shows the name of another space, and offers its colourings."""
        names = colouring.names(space)
        self.spaces.name(space)
        self._colour.offer({name: colouring.title(space, name) for name in names}, self._shared.colour_by)
        self._show_texts()

    def compare_with(self, space: LatentSpace | None) -> None:
        """Shows the name of the second map's space, or none."""
        self._beside = space
        if space is not None:
            self.others.name(space)
        self._show_texts()

    def _of(self) -> str:
        """The tooltip: the space and its data set."""
        space = self._state.space
        of = f"of {space.data_title}"
        return of if catalogue.label_of(space.folder, space.title) == space.title else f"{space.title} {of}"

    def _fit(self) -> None:
        """Gives the menus the largest widths that fit."""
        for widths, (spaces_in_words, looks_in_words) in LEVELS:
            for choice, width in zip((self.spaces, self.others, self._background, self._colour), widths, strict=True):
                choice.fit(width, spaces_in_words if isinstance(choice, SpaceChoice) else looks_in_words)
            if self._room() >= 0:
                break
        self._show_texts()

    def _room(self) -> int:
        """The width in pixels that buttons and menus leave free."""
        taken = sum(widget.winfo_reqwidth() + px(BETWEEN) for widget in self._fixed)
        return self.winfo_width() - taken - px(2 * 16 + 8)

    def _show_texts(self) -> None:
        self.spaces.show(str(self._state.space.folder))
        self.others.show("" if self._beside is None else str(self._beside.folder))
        self._colour.show(self._shared.colouring)
        self._background.show(self._state.background)
        shown = fitted(self._data, self._of(), self._room())
        self._data.configure(text=shown if len(shown) > SHORTEST else "")


class Choice(ttk.Menubutton):
    """A button with a drop-down menu. Its width does not depend on the choice.

    Args:
        parent: widget.
        shared: gives the theme.
        word: what the menu chooses, such as "Colour".
        plain: the choice whose name says less than the word; with room for one of them, the word is shown.

    Attributes:
        menu: the menu, filled by the caller.
        full: the word and the choice, never shortened.
    """

    def __init__(self, parent: tk.Misc, shared: SharedState, word: str, plain: str | None = None) -> None:
        super().__init__(parent, text=word + BEFORE_ARROW)
        self._plain = plain
        self.menu = tk.Menu(self, tearoff=False, activeborderwidth=0, relief="flat")
        self.configure(menu=self.menu)
        self.full = self._word = word
        self._in_words = True
        self._titles: dict[str, str] = {}
        self._chosen = tk.StringVar(self)
        keep_dressed(self, shared, self.menu)

    def offer(self, titles: dict[str, str], choose: Callable[[str], None]) -> None:
        """Offers things by their titles; `choose` is given the name of one."""
        self._titles = titles
        offer(self.menu, self._chosen, titles, choose)

    def fit(self, width: int, in_words: bool) -> None:
        """Sets the width in digits, and whether the word is shown before the choice."""
        self._in_words = in_words
        if str(width) != str(self.cget("width")):
            self.configure(width=width)

    def show(self, name: str) -> None:
        """Shows the choice, shortened with an ellipsis if it is too long."""
        self._chosen.set(name)
        title = self._titles.get(name, "")
        self.full = f"{self._word}: {title}"
        measure = text_measure(self)
        room = int(self.cget("width")) * measure("0") if self.cget("width") else math.inf
        says_word = name == self._plain and measure(self._word + BEFORE_ARROW) <= room
        text = self.full if self._in_words else self._word if says_word else title
        text = shortened(text, room, lambda some: measure(some + BEFORE_ARROW)) + BEFORE_ARROW
        if text != self.cget("text"):
            self.configure(text=text)


def offer(menu: tk.Menu, chosen: tk.StringVar, titles: dict[str, str], choose: Callable[[str], None]) -> None:
    """Fills a menu with things by their titles; `choose` is given the name of one."""
    menu.delete(0, "end")
    for name, title in titles.items():
        menu.add_radiobutton(label=title, value=name, variable=chosen, command=lambda name=name: choose(name))


def offer_spaces(menu: tk.Menu, chosen: tk.StringVar, entries: list[Entry], choose: Callable[[Path], None]) -> None:
    """Fills a menu with spaces. Those that cannot be shown are greyed out, with the reason."""
    menu.delete(0, "end")
    for entry, before in zip(entries, [None, *entries], strict=False):
        if before is not None and before.group != entry.group:
            menu.add_separator()
        menu.add_radiobutton(
            label=entry.label,
            accelerator=entry.note,
            value=str(entry.folder),
            variable=chosen,
            state="disabled" if entry.wrong else "normal",
            command=lambda folder=entry.folder: choose(folder),
        )


def keep_dressed(widget: tk.Misc, shared: SharedState, *menus: tk.Menu, bar: tk.Menu | None = None) -> None:
    """Gives menus, which are not ttk widgets, the colours of the theme, now and after every change of theme, which the
    widget listens to. A menu bar gets the colour of the window."""

    def dress() -> None:
        theme = THEMES[shared.theme]
        for menu in menus:
            menu.configure(
                background=theme.canvas,
                foreground=theme.ink,
                activebackground=theme.lines,
                activeforeground=theme.ink,
                selectcolor=theme.ink,
                disabledforeground=theme.faint,
            )
        if bar is not None:
            bar.configure(background=theme.paper, foreground=theme.ink)
            bar.configure(activebackground=theme.lines, activeforeground=theme.ink)

    dress()
    # again after the theme has set its own palette, which includes menus and hides their check marks
    widget.bind("<<ThemeChanged>>", lambda event: event.widget is widget and widget.after_idle(dress), add="+")


class SpaceChoice(Choice):
    """The menu of all spaces, each with a note. Spaces that cannot be shown are greyed out.

    Args:
        parent: widget.
        shared: gives the theme.
        entries: returns the spaces; called whenever the menu opens.
        choose: is called with the folder of the chosen space.
    """

    word = "Space"

    def __init__(self, parent: tk.Misc, shared: SharedState, entries: Entries, choose: Callable[[Path], None]) -> None:
        super().__init__(parent, shared, self.word)
        self._entries, self._choose = entries, choose
        self._shown: list[Entry] = []
        self.menu.configure(postcommand=self.refresh)

    def name(self, space: LatentSpace) -> None:
        """Shows the name of the space on the map."""
        self._titles = {str(space.folder): catalogue.label_of(space.folder, space.title)}

    def mark(self, folder: Path) -> None:
        """Marks the space that is shown or is being opened."""
        self._chosen.set(str(folder))

    def refresh(self) -> None:
        """Fills the menu with the current spaces."""
        entries = self._entries()
        if entries != self._shown:
            self._shown = entries
            offer_spaces(self.menu, self._chosen, entries, self._choose)


class CompareChoice(SpaceChoice):
    """The menu of spaces that can be compared with the shown one, and "none".

    Args:
        parent: widget.
        shared: gives the theme.
        entries: returns all spaces.
        choose: is called with the folder of the chosen space, or None.
        state: the state of the first map.
    """

    word = "Compare"

    def __init__(
        self,
        parent: tk.Misc,
        shared: SharedState,
        entries: Entries,
        choose: Callable[[Path | None], None],
        state: MapState,
    ) -> None:
        super().__init__(parent, shared, lambda: self.fitting(entries, state), choose)

    @staticmethod
    def fitting(entries: Entries, state: MapState) -> list[Entry]:
        """All spaces; those that cannot be compared have the reason."""
        return [dataclasses.replace(entry, wrong=catalogue.unfit(entry, state.space)) for entry in entries()]

    def show(self, name: str) -> None:
        """Shows the name of the compared space; without one, "none" or only the menu's word."""
        self._titles[""] = NO_OTHER if self._in_words else self.word
        super().show(name)

    def refresh(self) -> None:
        super().refresh()
        if self.menu.index("end") is None or self.menu.entrycget(0, "label") != NO_OTHER:
            offer_none(self.menu, self._chosen, self._choose)


def offer_none(menu: tk.Menu, chosen: tk.StringVar, choose: Callable[[Path | None], None]) -> None:
    """Puts a line "none", which calls `choose(None)`, above the spaces of a menu."""
    menu.insert_radiobutton(0, label=NO_OTHER, value="", variable=chosen, command=lambda: choose(None))
    menu.insert_separator(1)


class StatusBar(ttk.Frame):
    """Shows the active decoder, its speed, and how many points are visible. The tooltip has the full text."""

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent, padding=px(16, 2, 16, 10))
        self._latencies: deque[float] = deque(maxlen=SETTLED)
        self._decoder = self._points = self._text = ""
        self._room = math.inf
        self._summary = packed(ttk.Label(self, style="Faint.TLabel"), side="right")
        explain(self._summary, lambda: f"{self._text}\n{ABOUT_STATUS}")

    def decoder(self, text: str) -> None:
        """Shows the name of the active decoder. Another name discards the latencies so far."""
        if text != self._decoder:
            self._decoder = text
            self._latencies.clear()
            self.summarise()

    def points(self, text: str) -> None:
        """Sets the text about the visible points."""
        self._points = text
        self.summarise()

    def latency(self, ms: float) -> None:
        """Adds the latency of one hover frame, in ms; `summarise` shows the median of the latest."""
        self._latencies.append(ms)

    def fit(self, room: int) -> None:
        """Limits the width of the text, in pixels."""
        self._room = room - px(2 * 16)
        self._text = ""
        self.summarise()

    def summarise(self) -> None:
        """Updates the text of the bar, if it has changed."""
        latency = f"{sorted(self._latencies)[len(self._latencies) // 2]:.1f} ms" if self._latencies else ""
        text = "  ·  ".join(part for part in (self._decoder, latency, self._points) if part)
        if text != self._text:
            self._text = text
            self._summary.configure(text=fitted(self._summary, text, self._room))
