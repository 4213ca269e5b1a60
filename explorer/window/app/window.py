"""The window: builds the panels, binds the keys, and reacts to its maps."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from tkinter import ttk

import numpy as np

from explorer.analysis.probe import SpaceProbe
from explorer.decoding import keras_runtime
from explorer.decoding.engines import EngineFor
from explorer.errors import NoDisplay
from explorer.session.open_map import OpenSpace
from explorer.session.state import MapState, SharedState
from explorer.session.undo import History
from explorer.spaces import following, view
from explorer.spaces.catalogue import Catalogue
from explorer.spaces.latent_space import LatentSpace
from explorer.trace import Trace
from explorer.window.app.commands import Commands
from explorer.window.app.hint import Hint
from explorer.window.app.menus import MenuBar
from explorer.window.app.shown import Shown
from explorer.window.base import style
from explorer.window.base.keys import ARROWS, KEYS, latin_sequences
from explorer.window.base.scale import px, set_scale
from explorer.window.base.tk_thread import Root
from explorer.window.base.widgets import Listener, bind_alone, box_on_screen
from explorer.window.base.workers import Workers
from explorer.window.compare.comparison import Maps
from explorer.window.compare.controller import ComparisonController
from explorer.window.inspector.frames import Frame, Frames
from explorer.window.inspector.inspector import Inspector
from explorer.window.inspector.search import SearchField
from explorer.window.map.legend import Legend
from explorer.window.pane.bars import StatusBar, TopBar
from explorer.window.pane.dialogs import is_asking
from explorer.window.pane.map_pane import MapPane, PaneServices

NAME = "Latent Space Explorer"
SIZE, SMALLEST = (1280, 800), (900, 540)  # pixels; the smallest one fits a screen of 1024 × 600 with a desktop's bars
ROOM_FOR_STATUS = 430  # pixels; with less room beside the legend, the status bar gets its own row
HELD = {"x11": 0xC, "win32": 0x20004, "aqua": 0x1C}  # Ctrl and Alt, or Command and Option, in an event's state
CONTROLS = ("TButton", "TMenubutton", "TCheckbutton", "TRadiobutton", "TScale", "TNotebook", "TLabel")
PRESSES = ("space", "Return", "KP_Enter")
TYPED_IN = ("Entry", "TEntry", "Spinbox", "TSpinbox", "TCombobox", "Text")  # widget classes that take text


class ExplorerWindow(Shown, Commands):
    """The main window. It shows one space, which can be replaced, or two side by side.

    Args:
        opened: the space. Once the window is open, the engine loads a better decoder in a worker, and follows a
            training run.
        state, shared: the state of the map, and the state that all maps share.
        engine_for: makes the engines of spaces that are chosen later.
        trace: records the window, its layout and every hover frame.
        size: size of the window in pixels, by default `SIZE` times the scale; at most the size of the screen.
        scale: scale of everything on the screen, 1 at 96 dpi; by default the scale of the screen.
        compare: the folder of a space to show beside the first one.
        offer_tour: whether the open window invites to the tour.

    Raises:
        NoDisplay: there is no screen.
    """

    def __init__(
        self,
        opened: OpenSpace,
        state: MapState,
        shared: SharedState,
        *,
        engine_for: EngineFor,
        trace: Trace,
        size: tuple[int, int] | None = None,
        scale: float | None = None,
        compare: Path | None = None,
        offer_tour: bool = False,
    ) -> None:
        try:
            self.root = Root(className="Latent-space-explorer")
        except tk.TclError as error:
            raise NoDisplay(f"no display ({error})") from None
        self.root.withdraw()
        set_scale(self.root, scale)
        self.shared, self.trace = shared, trace
        self.workers = Workers(self.root)
        self._layout: dict[str, list[int]] | None = None
        self._run: following.Run | None = None
        self._compare_first, self._offers_tour = compare, offer_tour
        self.history = History(shared)
        self.exit_status, self.busy, self._waits = 0, False, False

        screen = self.root.winfo_screenwidth(), self.root.winfo_screenheight()
        width, height = map(min, size or px(*SIZE), screen)
        self.size = (width, height)
        style.prepare(self.root)
        listener = Listener(self.root)  # hears of another theme before all parts do, which add to its styles
        listener.hear_now(lambda: style.apply(self.root, shared.theme), shared.theme_changed)
        self.menu_bar = MenuBar(self, self.root, shared)
        self.root.update_idletasks()  # creates the menu bar
        height -= self.menu_bar.height
        self.root.geometry(f"{width}x{height}")
        least_width, least_height = map(min, px(*SMALLEST), screen)
        self.root.minsize(least_width, least_height - self.menu_bar.height)
        self._build(opened, engine_for, state, (width, height))
        self._bind()
        self.on_shown(self.pane, opened.engine.run)
        listener.hear(self._count_points, shared.hidden_changed)
        listener.hear(lambda: trace.write("pins", rows=list(shared.pins)), shared.pins_changed)
        listener.hear(self._on_tool, shared.tool_changed)
        listener.hear(lambda: self.frames.show(self.active), shared.names_changed)  # texts without labels, or with

    # ---- building --------------------------------------------------------------------------------

    def _build(self, opened: OpenSpace, engine_for: EngineFor, state: MapState, size: tuple[int, int]) -> None:
        root = self.root
        self._catalogue = Catalogue(state.space.folder, keras_runtime.available())
        services = PaneServices(self.shared, engine_for, self._catalogue, self.workers, self.trace, self)
        self.maps = Maps(root)
        self.pane = MapPane(self.maps, opened, state, services)
        self.active = self.pane
        self.maps.show_first(self.pane)
        self._below = ttk.Frame(root)
        self.status = StatusBar(self._below)
        self.hint = Hint(self.pane.panel, self.shared)
        self.inspector = Inspector(root, self.pane.context, size, self.status.summarise)
        self.frames = Frames(self.inspector, self.trace)
        self.beside = ComparisonController(self.maps, self.pane, self.inspector, services, self._on_beside)
        self.top = TopBar(
            root,
            state,
            self.shared,
            entries=self.pane.switching.entries,
            choose=self.pane.switching.choose,
            compare=self.beside.choose,
            buttons=[
                ("+", "zoom in (key + or mouse wheel)", lambda: self.active.panel.zoom_at_cursor(1)),
                ("−", "zoom out (key - or mouse wheel)", lambda: self.active.panel.zoom_at_cursor(-1)),
                ("Reset", "show the whole map again (key r)", self.reset_view),
                ("Tour", "a guided tour of the spaces, from PCA to a classifier (key u)", self.toggle_tour),
                ("◐", "light or dark theme (key t)", self.shared.toggle_theme),
                ("?", "keys and mouse, axes, metrics (key ?)", self.show_help),
            ],
            freeze=self.freeze_cursor,
        )
        root.grid_propagate(False)  # with a fixed size, a part that grows gets its room in one step, not in two
        root.columnconfigure(0, weight=1)
        root.rowconfigure(2, weight=1)
        self.top.grid(row=0, columnspan=2, sticky="ew")
        search = lambda text: self.inspector.search(text, self.active.context)  # noqa: E731
        self.search = SearchField(root, self.shared, search, self.focus_map)
        self.search.grid(row=1, column=1, sticky="ew")
        self.maps.grid(row=1, rowspan=2, column=0, sticky="nsew")
        self.inspector.grid(row=2, column=1, sticky="nsew")
        self._below.grid(row=3, columnspan=2, sticky="ew")
        self._below.columnconfigure(0, weight=1)
        self._show_legend(state.space, size[0])

    def _bind(self) -> None:
        self._on_key: dict[str, Callable[[tk.Event], None]] = {}
        self.root.bind("<Key>", self._on_other_key)
        for key in KEYS:
            for event, arguments in key.bindings():
                self._bind_key(event, key.action, *arguments)
        for name, direction in ARROWS.items():
            for event, steps in ((f"<{name}>", 1), (f"<Shift-{name}>", 10)):
                self._bind_key(event, "active.panel.step_cursor", direction[0] * steps, direction[1] * steps)
        # otherwise a click on a tab moves the keyboard focus to the first control in it
        self.inspector.notebook.bind("<ButtonRelease-1>", lambda event: self.active.panel.widget.focus_set())
        bind_alone(self.root, "<Configure>", self._on_configure)
        for widget in (self.inspector.strip, self.inspector.notebook, *self.top.menus):
            widget.bind("<Configure>", lambda event: self.root.after_idle(self._trace_layout, "layout"), add="+")
        self.root.protocol("WM_DELETE_WINDOW", self.close)

    def _bind_key(self, sequence: str, action: str, *arguments) -> None:
        """Binds a key of the window. Text fields and lists keep the keys that they use themselves."""

        is_plain = not any(name in sequence for name in ("Control", "Command"))
        held = HELD[str(self.root.tk.call("tk", "windowingsystem"))]  # Alt + f opens a menu; it is not the key f

        def pressed(event: tk.Event) -> None:
            if is_asking() or (is_plain and event.state & held):
                return
            kind = event.widget.winfo_class() if isinstance(event.widget, tk.Misc) else ""
            if kind == "TCombobox" and event.widget.instate(["readonly"]) and event.char.isalnum():
                kind = ""  # not a text field
            if kind in CONTROLS and event.keysym in PRESSES:
                return  # meant for the control, even if it ignores the key
            if kind in CONTROLS and event.keysym == "Escape":
                self.active.panel.widget.focus_set()
            elif kind in TYPED_IN:
                if event.keysym in ("Escape", "Return", "KP_Enter"):
                    self.active.panel.widget.focus_set()
            elif kind != "Treeview" or event.keysym not in (*ARROWS, "Next", "Prior"):
                attrgetter(action)(self)(*arguments)

        self.root.bind(sequence, pressed)
        self._on_key[sequence] = pressed

    def _on_other_key(self, event: tk.Event) -> None:
        """Does what the key does on a Latin keyboard."""
        for sequence in latin_sequences(event):
            if sequence in self._on_key:
                self._on_key[sequence](event)
                return

    # ---- what happens in a map -------------------------------------------------------------------

    def _start_work(self) -> None:
        self.pane.begin()
        if self._compare_first is not None:
            self.beside.choose(self._compare_first)
        if self._offers_tour:
            self.offer_tour()

    def on_hover(self, pane: MapPane, started: float, pixel: tuple[int, int]) -> None:
        """One hover frame; the hot path."""
        if pane is not self.active:
            self.active = pane
            self._count_points()
        picture_ms = self.frames.show_picture(pane, started)
        decoding, frame = self.inspector.decoding, None
        if decoding.image is not None and self._layout is not None:
            self.status.latency(picture_ms)
            fields = {
                "px": pixel,
                "z": decoding.code.tolist(),
                "source": decoding.source,
                "outside": decoding.outside,
                "picture_ms": round(picture_ms, 3),
                **({} if self.comparison is None else self._told_of_other(pane)),
            }
            frame = Frame(started, fields)
        self.frames.show_rest_soon(pane, frame)

    def _told_of_other(self, pane: MapPane) -> dict[str, object]:
        """The trace's fields about the other map of a hover frame."""
        found = self.inspector.found
        code = None if found.decoding is None else found.decoding.code.tolist()
        return {"map": "first" if pane is self.pane else "second", "row": found.row, "there": code}

    def on_turned(self, pane: MapPane, code: np.ndarray) -> None:
        self.inspector.show_turning(pane, code)

    def on_cursor(self) -> None:
        code = self.active.turning.code
        if code is None:
            self.frames.show(self.active)
        else:
            self.inspector.show_turning(self.active, code)

    def on_drawn(self, pane: MapPane) -> None:
        self.hint.place()
        self._count_points()
        self._trace_layout("layout")
        if self.comparison is not None:
            self.comparison.on_drawn()

    def on_selected(self, ms: float) -> None:
        self.trace.write("selection", count=len(self.shared.selection), ms=round(ms, 3))

    def on_probe(self, pane: MapPane, probe: SpaceProbe) -> None:
        if pane is not self.pane:
            return
        before, space = pane.state.space, probe.space
        self.beside.heed(space)
        if space.images != before.images:
            self.shared.forget_images()
            self.history.forget()
        if space.class_names != before.class_names:
            self.shared.show_all_classes()
            self.history.forget()
            self.legend.destroy()
            self._show_legend(space, self.root.winfo_width())

    def on_shown(self, pane: MapPane, run: following.Run | None) -> None:
        if pane is self.pane:
            self.top.show_space(pane.state.space)
            self.inspector.show_run(run, self._run is not None)
            self._run = run
        else:
            self.top.compare_with(pane.state.space)
        self._name_window()
        self.on_doing()

    def on_doing(self) -> None:
        doing = list(dict.fromkeys(pane.doing for pane in self.panes))
        self.status.decoder(doing[0] if len(doing) == 1 else f"left: {doing[0]}, right: {doing[1]}")

    def on_spaces(self, pane: MapPane) -> None:
        if self.tour is not None and pane is self.pane:
            self.tour.on_spaces()
        menu = self.top.spaces if pane is self.pane else self.top.others
        menu.mark(pane.switching.opening or pane.switching.folder)
        for menu in (self.top.spaces, self.top.others):
            if menu.menu.winfo_ismapped():
                menu.refresh()

    def on_hopeless(self, pane: MapPane) -> None:
        if pane is self.pane:
            self.exit_status = 2
            self.close()
        else:
            self.root.after_idle(self.beside.leave)

    # ---- a second map ----------------------------------------------------------------------------

    def _on_beside(self) -> None:
        """Updates the window after the second map was opened, closed or replaced."""
        if self.comparison is None:
            self.active = self.pane
        self.top.compare_with(None if self.comparison is None else self.comparison.second.state.space)
        self._name_window()
        self.on_doing()
        self._count_points()
        self.frames.show(self.active)

    # ---- other changes -----------------------------------------------------------------------

    def _show_legend(self, space: LatentSpace, width: int) -> None:
        """Shows the classes of a space. The window has this width in pixels."""
        self.legend = Legend(self._below, space, self.shared)
        self.legend.grid(row=0, column=0, sticky="ew")
        self._arrange_status(width)

    def _name_window(self) -> None:
        space = self.pane.state.space
        parts = [NAME, space.data_title, space.title]
        if self.comparison is not None:
            parts[-1] += f" beside {self.comparison.second.state.space.title}"
        if self._run is not None and not self._run.complete:
            from explorer.window.inspector.training_panel import words

            parts.append(words(self._run))
        self.root.title(" · ".join(parts))

    def focus_map(self) -> None:
        """Moves the keyboard focus to the map."""
        self.active.panel.widget.focus_set()

    def _on_tool(self) -> None:
        if self.shared.tool != "explore":
            self.inspector.show_tab("Selection")

    def _on_configure(self, event: tk.Event) -> None:
        self.size = (event.width, event.height + self.menu_bar.height)
        self._arrange_status(event.width)
        self.inspector.arrange(event.width, event.height)
        self.root.after_idle(self._trace_layout, "layout")

    def _arrange_status(self, width: int) -> None:
        """Places the status bar beside the legend, or below it in a narrow window."""
        narrow = width < self.legend.needed + px(ROOM_FOR_STATUS)
        self.status.grid(row=int(narrow), column=int(not narrow), sticky="e")
        self.status.fit(width if narrow else width - self.legend.needed)

    def _trace_layout(self, event: str) -> None:
        layout = {
            "map": self.pane.panel.box_on_screen(),
            "menus": [*map(box_on_screen, self.top.menus)],
            "search": box_on_screen(self.search.entry),
            "bar": self.menu_bar.boxes(),
        } | self.inspector.boxes()
        if self.comparison is not None:
            layout["second"] = self.comparison.second.panel.box_on_screen()
        if self.tour is not None:
            layout["tour"] = [*map(box_on_screen, self.tour.card.buttons.values())]
        if self._layout is None and event == "layout":
            return  # not yet usable
        if layout != self._layout:
            self._layout = layout
            self.trace.write(event, **layout)

    def _count_points(self) -> None:
        pane = self.active
        space = pane.state.space
        total, shown = len(space.labels), self.shared.shown(space.labels)
        places = space.places if shown is None else space.places[shown]
        text = f"{total:,} points" if shown is None else f"{len(places):,} of {total:,} points"
        beyond = len(places) - int(view.inside(places, pane.panel.map.limits).sum())
        if self.comparison is not None:
            text = f"{'left' if pane is self.pane else 'right'}: {text}"
        self.status.points(text + (f", {beyond:,} outside the view" if beyond else ""))
