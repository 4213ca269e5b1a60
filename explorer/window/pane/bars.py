"""What lies around the map: title and buttons, status, and messages over it."""

from __future__ import annotations

import dataclasses
import tkinter as tk
from collections import deque
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk

from explorer.analysis import backgrounds, colouring
from explorer.decoding.engines import Progress
from explorer.drawing.themes import THEMES
from explorer.session.state import LAYERS, MapState, SharedState
from explorer.space import catalogue
from explorer.space.catalogue import Entry
from explorer.space.latent_space import LatentSpace
from explorer.window.base.scale import px
from explorer.window.base.widgets import Listener, button, explain, fitted, pack_if, packed

LAYERS_SHOWN = {"points": ("Points", "h"), "labels": ("Names of classes", "l")}  # what people call them; their keys
BEFORE_ARROW = "  "  # the theme draws the arrow right beside the text
NO_OTHER = "none"  # space to compare with
SHORTEST = 6  # letters of what the images are: fewer say nothing
LEVELS = (  # of less and less room: words for both menus of spaces, words for the others, letters of a choice
    (True, True, 24),
    (True, False, 24),
    (False, False, 24),
    (False, False, 11),
)
AROUND = 90, 240  # pixels: around what a message consists of, over a narrow map and over a wide one
SETTLED = 31  # hover frames whose median the status bar gives: one frame's figure cannot be read

Entries = Callable[[], list[Entry]]


class TopBar(Listener):
    """The space on the left; on the right what the map shows, and buttons.

    Args:
        parent: widget.
        state, shared: what the person looks at.
        entries: gives the spaces there are.
        choose: is given the folder of the one that was chosen.
        compare: is given the folder of one that is to be shown beside it, or None for none.
        buttons: (text, tooltip, command) from left to right.
        keeping: (text, key, command) of what is saved and opened: the end of the menu of layers.

    Attributes:
        spaces: the menu of spaces.
        others: the menu of those to compare with.
        menus: colour, background, map, space and those to compare with.
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
        keeping: list[tuple[str, str, Callable]],
    ) -> None:
        super().__init__(parent, padding=px(16, 10, 16, 4))
        self._state, self._shared = state, shared
        self._beside: LatentSpace | None = None
        for text, tip, command in reversed(buttons):
            button(self, text, command, tip, width=max(len(text), 2)).pack(side="right", padx=px(6, 0))
        self._layers = {name: tk.BooleanVar(self, name in shared.layers) for name in LAYERS}
        self._map = Choice(self, shared, "Map")
        for name, (text, key) in LAYERS_SHOWN.items():
            toggle = lambda name=name: shared.toggle_layer(name)  # noqa: E731
            self._map.menu.add_checkbutton(label=text, accelerator=key, variable=self._layers[name], command=toggle)
        self._map.menu.add_separator()
        for text, key, command in keeping:
            self._map.menu.add_command(label=text, accelerator=key, command=command)
        self._background, self._colour = Choice(self, shared, "Background"), Choice(self, shared, "Colour")
        for choice, tip in (
            (self._map, "parts of the map (keys h and l), a picture of it (key p), and workspaces"),
            (self._background, "what is painted behind the dots, worked out from all images (key b: the next one)"),
            (self._colour, "what the dots are coloured by (key c: the next one)"),
        ):
            choice.pack(side="right", padx=px(6, 12 if choice is self._map else 0))
            explain(choice, tip)
        self.spaces = packed(SpaceChoice(self, shared, entries, choose), side="left")
        explain(self.spaces, "what made the map (keys PgDn and PgUp: the next one)")
        self.others = packed(CompareChoice(self, shared, entries, compare, state), side="left", padx=px(6, 0))
        explain(self.others, "a second map beside this one (key v; Shift + PgDn and PgUp: the next one)")
        self.menus = self._colour, self._background, self._map, self.spaces, self.others
        self._beside_data = self.winfo_children()
        self._data = packed(ttk.Label(self, style="Faint.TLabel"), side="left", padx=px(8, 0), pady=px(2, 0))
        self._background.offer({name: name for name in ("none", *backgrounds.NAMES)}, state.paint)
        self.bind("<Configure>", lambda event: self._fit_texts())
        self.hear(self._on_layers, shared.layers_changed)
        self.hear(self._fit_texts, shared.colouring_changed, state.background_changed)

    def show_space(self, space: LatentSpace) -> None:
        """Names another space, and what its points can be coloured by."""
        names = colouring.names(space)
        self.spaces.name(space)
        self._colour.offer({name: colouring.title(space, name) for name in names}, self._shared.colour_by)
        self._fit_texts()

    def compare_with(self, space: LatentSpace | None) -> None:
        """Names the space that stands beside, or none."""
        self._beside = space
        if space is not None:
            self.others.name(space)
        self._fit_texts()

    def _on_layers(self) -> None:
        for name, variable in self._layers.items():
            variable.set(name in self._shared.layers)

    def _fit_texts(self) -> None:
        """What the space is of, as far as buttons and menus leave room; in a narrow window the menus give their values
        alone."""
        space = self._state.space
        of = f"of {space.data_title}"
        if catalogue.label_of(space.folder, space.title) != space.title:
            of = f"{space.title} {of}"
        for spaces_in_words, others_in_words, longest in LEVELS:
            self.spaces.show(str(space.folder), spaces_in_words, longest)
            self.others.show("" if self._beside is None else str(self._beside.folder), spaces_in_words, longest)
            self._colour.show(self._shared.colouring, others_in_words, longest)
            self._background.show(self._state.background, others_in_words, longest)
            room = self.winfo_width() - sum(widget.winfo_reqwidth() + px(6) for widget in self._beside_data) - px(60)
            if room >= 0:
                break
        shown = fitted(self._data, of, room)
        self._data.configure(text=shown if len(shown) > SHORTEST else "")


class Choice(ttk.Menubutton):
    """A button that drops down a menu.

    Args:
        parent: widget.
        shared: gives the theme.
        word: what is chosen.

    Attributes:
        menu: to be filled.
    """

    def __init__(self, parent: tk.Misc, shared: SharedState, word: str) -> None:
        super().__init__(parent, text=word + BEFORE_ARROW)
        self._shared = shared
        self.menu = tk.Menu(self, tearoff=False, activeborderwidth=0, relief="flat")
        self.configure(menu=self.menu)
        self._word = word
        self._titles: dict[str, str] = {}
        self._chosen = tk.StringVar(self)
        self._apply_theme()
        # again after the theme's own palette, which reaches menus too, and hides their marks
        self.bind("<<ThemeChanged>>", lambda event: self.after_idle(self._apply_theme))

    def offer(self, titles: dict[str, str], choose: Callable[[str], None]) -> None:
        """Offers things by their titles; `choose` is given the name of one."""
        self._titles = titles
        self.menu.delete(0, "end")
        for name, title in titles.items():
            pick = lambda name=name: choose(name)  # noqa: E731
            self.menu.add_radiobutton(label=title, value=name, variable=self._chosen, command=pick)

    def show(self, name: str, in_words: bool, longest: int) -> None:
        """Shows what is chosen, with the word for it or alone, in so many letters at most."""
        self._chosen.set(name)
        title = self._titles.get(name, "")
        title = title if len(title) <= longest else f"{title[: longest - 1].rstrip()}…"
        text = (f"{self._word}: {title}" if in_words else title) + BEFORE_ARROW
        if text != self.cget("text"):
            self.configure(text=text)

    def _apply_theme(self) -> None:
        """A menu is no ttk widget."""
        theme = THEMES[self._shared.theme]
        self.menu.configure(
            background=theme.canvas,
            foreground=theme.ink,
            activebackground=theme.lines,
            activeforeground=theme.ink,
            selectcolor=theme.ink,
            disabledforeground=theme.faint,
        )


class SpaceChoice(Choice):
    """The spaces there are, each with what is to be known of it; those that cannot be shown are greyed out.

    Args:
        parent: widget.
        shared: gives the theme.
        entries: gives them; asked whenever the menu drops down.
        choose: is given the folder of the one that was chosen.
    """

    word = "Space"

    def __init__(self, parent: tk.Misc, shared: SharedState, entries: Entries, choose: Callable[[Path], None]) -> None:
        super().__init__(parent, shared, self.word)
        self._entries, self._choose = entries, choose
        self._shown: list[Entry] = []
        self.menu.configure(postcommand=self.refresh)

    def name(self, space: LatentSpace) -> None:
        """Takes in what the space that is shown is called."""
        self._titles = {str(space.folder): catalogue.label_of(space.folder, space.title)}

    def mark(self, folder: Path) -> None:
        """Marks the one that is shown, or about to be."""
        self._chosen.set(str(folder))

    def refresh(self) -> None:
        """Lists what there is now."""
        entries = self._entries()
        if entries == self._shown:
            return
        self._shown = entries
        self.menu.delete(0, "end")
        for entry, before in zip(entries, [None, *entries], strict=False):
            if before is not None and before.group != entry.group:
                self.menu.add_separator()
            self.menu.add_radiobutton(
                label=entry.label,
                accelerator=entry.note,
                value=str(entry.folder),
                variable=self._chosen,
                state="disabled" if entry.wrong else "normal",
                command=lambda folder=entry.folder: self._choose(folder),
            )


class CompareChoice(SpaceChoice):
    """The spaces that can stand beside the one that is shown, and none.

    Args:
        parent: widget.
        shared: gives the theme.
        entries: gives all spaces.
        choose: is given the folder of the one that was chosen, or None.
        state: of the map that is shown.
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
        def fitting() -> list[Entry]:
            return [dataclasses.replace(entry, wrong=catalogue.unfit(entry, state.space)) for entry in entries()]

        super().__init__(parent, shared, fitting, choose)

    def show(self, name: str, in_words: bool, longest: int) -> None:
        """Shows which one there is, with the word for it or alone; where there is none, the word says more."""
        self._titles[""] = NO_OTHER if in_words else self.word
        super().show(name, in_words, longest)

    def refresh(self) -> None:
        super().refresh()
        if self.menu.index("end") is None or self.menu.entrycget(0, "label") != NO_OTHER:
            none = {"label": NO_OTHER, "value": "", "variable": self._chosen, "command": lambda: self._choose(None)}
            self.menu.insert_radiobutton(0, **none)
            self.menu.insert_separator(1)


class StatusBar(ttk.Frame):
    """Who decodes, how fast, and how many points."""

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent, padding=px(16, 2, 16, 10))
        self._latencies: deque[float] = deque(maxlen=SETTLED)
        self._decoder = self._points = ""
        self._summary = packed(ttk.Label(self, style="Faint.TLabel"), side="right")

    def decoder(self, text: str) -> None:
        """Names who decodes; the latencies of another decoder are forgotten."""
        if text != self._decoder:
            self._decoder = text
            self._latencies.clear()
            self.summarise()

    def points(self, text: str) -> None:
        self._points = text
        self.summarise()

    def latency(self, ms: float) -> None:
        """Takes in the latency of one hover frame, in ms; `summarise` shows the median of the last ones."""
        self._latencies.append(ms)

    def summarise(self) -> None:
        """Puts together what the bar says; drawn only where it differs from before."""
        latency = f"{sorted(self._latencies)[len(self._latencies) // 2]:.1f} ms" if self._latencies else ""
        text = "  ·  ".join(part for part in (self._decoder, latency, self._points) if part)
        if text != self._summary.cget("text"):
            self._summary.configure(text=text)


class Message(ttk.Frame):
    """A card over the map: what the person should know, or work in progress that can be cancelled.

    It lies over the map and not beside it, so that the map does not move when it comes and goes.

    Args:
        parent: what it is put over.
        cancel: is called by the cancel button.

    Attributes:
        cancellable: whether it shows work in progress.
        stop: ends that work, where it has a way of its own.
    """

    def __init__(self, parent: tk.Misc, cancel: Callable[[], None]) -> None:
        super().__init__(parent, padding=px(14, 8), style="Card.TFrame")
        self._cancel = cancel
        self.cancellable = False
        self.stop: Callable[[], None] | None = None
        parent.bind("<Configure>", lambda event: self._fit(), add="+")
        self._text = packed(ttk.Label(self, justify="left"), side="left")
        self._bar = ttk.Progressbar(self, length=px(140), maximum=1.0)
        self._button = ttk.Button(self, command=self._pressed)
        self._button.pack(side="right", padx=px(14, 0))

    def working(self, progress: Progress, stop: Callable[[], None] | None = None) -> None:
        """Shows what is being computed, and the finished share; `stop` ends it, where it has a way of its own."""
        self._bar.configure(value=progress.share)
        pack_if(self._bar, True, side="left", padx=px(14, 0))
        self._show(f"{progress.text} …", True, stop)

    def say(self, text: str) -> None:
        """Shows a sentence until it is dismissed."""
        pack_if(self._bar, False)
        self._show(text, False)

    def done(self) -> None:
        """Takes away the progress; a sentence stays."""
        if self.cancellable:
            self._hide()

    def dismiss(self) -> bool:
        """Takes away a sentence. Says whether there was one."""
        was_there = bool(self.place_info()) and not self.cancellable
        if was_there:
            self.place_forget()
        return was_there

    def _show(self, text: str, cancellable: bool, stop: Callable[[], None] | None = None) -> None:
        self.cancellable, self.stop = cancellable, stop
        self._text.configure(text=text)
        self._fit()
        self._button.configure(text="Cancel" if cancellable else "Dismiss")
        self.place(relx=0.5, y=px(12), anchor="n")
        self.lift()

    def _fit(self) -> None:
        """Makes the text as wide as there is room for; over a narrow map the bar is short."""
        room = self.master.winfo_width()
        wide = room > px(600)
        self._bar.configure(length=px(140 if wide else 50))
        beside = self._button.winfo_reqwidth() + (int(str(self._bar.cget("length"))) if self.cancellable else 0)
        self._text.configure(wraplength=max(room - beside - px(AROUND[wide]), px(100)))

    def _hide(self) -> None:
        self.cancellable, self.stop = False, None
        self.place_forget()

    def _pressed(self) -> None:
        if not self.dismiss():
            self._cancel()
