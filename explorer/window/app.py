"""The window: puts the panels together, binds the keys, and says what each key does."""

from __future__ import annotations

import os
import signal
import sys
import time
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np

from explorer import files, finding, following, view
from explorer.catalogue import Catalogue
from explorer.engines import Engine, EngineFor
from explorer.errors import UserError
from explorer.reading import Reader
from explorer.spaces import live
from explorer.state import MapState, Place, SharedState
from explorer.trace import Trace
from explorer.window import keeping, style
from explorer.window.bars import StatusBar, TopBar
from explorer.window.help import HelpWindow
from explorer.window.keys import ARROWS, KEYS
from explorer.window.legend import Legend
from explorer.window.pane import Pane
from explorer.window.saving import SavePicture
from explorer.window.side import Side
from explorer.window.switching import Opened
from explorer.window.training_panel import words
from explorer.window.workers import Workers

NAME = "Latent Space Explorer"
SMALLEST = (900, 620)
# Seconds. Each call into Tk gives up Python's lock; while Keras is imported in a thread, getting it back
# takes so long, and a hover frame makes thirty calls. Python's own interval is 5 ms.
SWITCH_INTERVAL = 0.0002
ROOM_FOR_STATUS = 660  # pixels beside the legend, or the status gets a row of its own
TYPED_IN = ("Entry", "TEntry", "Spinbox", "TSpinbox", "TCombobox", "Text")  # widgets that take keys as text


class ExplorerWindow:
    """One window over one space, which may be replaced.

    Args:
        engine: decodes; prepares its better decoder in a worker once the window is up, and follows a training run.
        engine_for: makes the engines of other spaces that are chosen later.
        state, shared: what the person looks at.
        trace: is told about the window, its layout and every hover frame.
        size: of the window in pixels; it is made smaller where the screen is.

    Raises:
        UserError: there is no display.
    """

    def __init__(
        self,
        engine: Engine,
        engine_for: EngineFor,
        state: MapState,
        shared: SharedState,
        trace: Trace,
        size: tuple[int, int],
    ) -> None:
        try:
            self.root = tk.Tk(className="Latent-space-explorer")
        except tk.TclError as error:
            raise UserError(f"no display ({error}): use --snapshot OUT.png to draw without one") from None
        self.root.withdraw()
        self.shared, self.trace = shared, trace
        self.workers = Workers(self.root)
        self._layout: dict[str, list[int]] | None = None
        self._help: HelpWindow | None = None
        self._saving: SavePicture | None = None
        self._run: following.Run | None = None
        self.exit_status = 0

        width, height = (min(size[0], self.root.winfo_screenwidth()), min(size[1], self.root.winfo_screenheight()))
        self.root.geometry(f"{width}x{height}")
        self.root.minsize(*SMALLEST)
        style.prepare(self.root)
        style.apply(self.root, shared.theme)
        self._build(engine, engine_for, state, width)
        self._bind()
        self.on_run(self.pane, engine.run)
        shared.theme_changed.connect(self._on_theme)
        shared.visibility_changed.connect(self._count_points)
        shared.pins_changed.connect(self._on_pins)
        shared.tool_changed.connect(self._on_tool)

    # ---- building --------------------------------------------------------------------------------

    def _build(self, engine: Engine, engine_for: EngineFor, state: MapState, width: int) -> None:
        root = self.root
        catalogue = Catalogue(state.space.folder, live.available())
        opened = Opened(engine, Reader(state.space, engine.decoder), catalogue.signature(state.space.folder))
        self.pane = Pane(root, state, self.shared, opened, engine_for, catalogue, self.workers, self.trace, self)
        self.top = TopBar(
            root,
            state,
            self.shared,
            self.pane.switching.entries,
            self.pane.switching.choose,
            [
                ("+", "zoom in (key + or mouse wheel)", lambda: self.zoom(1)),
                ("−", "zoom out (key - or mouse wheel)", lambda: self.zoom(-1)),
                ("Reset view", "show the whole map again (key r)", self.reset_view),
                ("Theme", "light or dark (key t)", self.toggle_theme),
                ("?", "keys and mouse (key ?)", self.show_help),
            ],
            [
                ("Save picture …", "p", self.save_picture),
                ("Save workspace …", "Ctrl-S", self.save_workspace),
                ("Open workspace …", "Ctrl-O", self.open_workspace),
            ],
        )
        self._below = below = ttk.Frame(root)
        self.legend = Legend(below, state.space, self.shared)
        self.status = StatusBar(below)
        self.side = Side(root, self.pane.session, width, self.status.summarise)

        root.columnconfigure(0, weight=1)
        root.rowconfigure(1, weight=1)
        self.top.grid(row=0, columnspan=2, sticky="ew")
        self.pane.panel.grid(row=1, column=0, sticky="nsew")
        self.side.grid(row=1, column=1, sticky="nsew")
        below.grid(row=2, columnspan=2, sticky="ew")
        below.columnconfigure(0, weight=1)
        self.legend.grid(row=0, column=0, sticky="ew")
        self._arrange_status(width)
        self.on_doing(self.pane)

    def _bind(self) -> None:
        for key in KEYS:
            for event, arguments in key.bindings():
                self._bind_key(event, getattr(self, key.action), *arguments)
        for name, direction in ARROWS.items():
            for event, steps in ((f"<{name}>", 1), (f"<Shift-{name}>", 10)):
                self._bind_key(event, self.step_cursor, direction[0] * steps, direction[1] * steps)
        # a click on a tab would give the keys to the first thing in it
        self.side.notebook.bind("<ButtonRelease-1>", lambda event: self.pane.panel.widget.focus_set())
        self.root.bind("<Configure>", self._on_configure)
        for widget in (self.side.strip, *self.top.menus):
            widget.bind("<Configure>", lambda event: self.root.after_idle(self._trace_layout, "layout"), add="+")
        self.root.protocol("WM_DELETE_WINDOW", self.close)

    def _bind_key(self, sequence: str, action: Callable[..., None], *arguments) -> None:
        """Binds a key of the window: not where something is typed, or where a list has use for the key."""

        def pressed(event: tk.Event) -> None:
            kind = event.widget.winfo_class() if isinstance(event.widget, tk.Misc) else ""
            if kind in TYPED_IN:
                if event.keysym in ("Escape", "Return", "KP_Enter"):
                    self.pane.panel.widget.focus_set()
            elif kind != "Treeview" or event.keysym not in (*ARROWS, "Next", "Prior"):
                action(*arguments)

        self.root.bind(sequence, pressed)

    # ---- running ---------------------------------------------------------------------------------

    def run(self) -> int:
        """Shows the window until it is closed. Returns the exit status."""
        self.side.show_cursor(self.pane)
        self.root.deiconify()
        self.root.update()
        self.root.focus_force()
        self._heed_ctrl_c()
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._trace_layout("window")
        self.root.after_idle(self._start_work)
        self.root.mainloop()
        return self.exit_status

    def _heed_ctrl_c(self) -> None:
        """Closes the window on Ctrl-C in the terminal. Python runs a signal's handler only when Tk comes
        back to it, so the signal is also written to a pipe that Tk listens to."""
        if not hasattr(self.root, "createfilehandler"):  # Windows
            return

        def interrupted(file, mask) -> None:
            self.root.deletefilehandler(read)
            self.exit_status = 130
            self.root.after_idle(self.close)

        read, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write)
        self.root.createfilehandler(read, tk.READABLE, interrupted)
        signal.signal(signal.SIGINT, lambda number, frame: None)

    def close(self) -> None:
        """Ends everything at once. A thread that is importing Keras cannot be stopped: it is left."""
        busy = self.workers.close()
        self.root.destroy()
        if busy:
            files.discard_unfinished()
            if sys.stderr is not None:
                sys.stderr.flush()
            os._exit(self.exit_status)

    def _start_work(self) -> None:
        self.top.add_tooltips()
        self.legend.add_tooltips()
        self.side.strip.add_tooltips()
        self.pane.begin()

    # ---- what happens in a map -------------------------------------------------------------------

    def on_hover(self, pane: Pane, started: float, pixel: tuple[int, int]) -> None:
        """One hover frame, the hot path: from the mouse's place to crosshair and picture on the screen."""
        self.side.show_picture(pane)
        self.root.update_idletasks()
        ms = (time.perf_counter() - started) * 1000
        self.side.say_when_idle(pane)
        decoding = self.side.decoding
        if decoding.image is not None and self._layout is not None:
            self.status.latency(ms)
            self.trace.write(
                "hover",
                px=pixel,
                z=decoding.code.tolist(),
                source=decoding.source,
                outside=decoding.outside,
                ms=round(ms, 3),
            )

    def on_cursor(self, pane: Pane) -> None:
        self.side.show_cursor(pane)

    def on_drawn(self, pane: Pane) -> None:
        self._count_points()
        self._trace_layout("layout")

    def on_click(self, pane: Pane, place: Place) -> None:
        """Pins the image nearest to a place, and shows what is known about it."""
        self.side.show_tab("Pins")
        row = finding.pin_nearest(pane.state.space, self.shared, place)
        if row is None:
            pane.session.say("every class is hidden: there is no image to pin")

    def on_selected(self, pane: Pane, ms: float) -> None:
        self.trace.write("selection", count=len(self.shared.selection), ms=round(ms, 3))

    def on_reader(self, pane: Pane, reader: Reader) -> None:
        self.side.read_with(reader)

    def on_space(self, pane: Pane, space: files.LatentSpace) -> None:
        before = pane.state.space
        if space.images != before.images:
            self.shared.forget_images()
        if space.class_names != before.class_names:
            self._replace_legend(space)

    def on_shown(self, pane: Pane) -> None:
        self.top.show_space(pane.state.space)
        self._name_window()

    def on_run(self, pane: Pane, run: following.Run | None) -> None:
        self.side.show_run(run, self._run is not None)
        self._run = run
        self._name_window()

    def on_doing(self, pane: Pane) -> None:
        self.status.decoder(pane.doing)

    def on_spaces(self, pane: Pane) -> None:
        self.top.spaces.mark(pane.switching.opening or pane.switching.folder)
        if self.top.spaces.menu.winfo_ismapped():
            self.top.spaces.refresh()

    def on_hopeless(self, pane: Pane) -> None:
        self.exit_status = 2
        self.close()

    # ---- what else changes -----------------------------------------------------------------------

    def _replace_legend(self, space: files.LatentSpace) -> None:
        self.shared.show_all_classes()
        self.legend.destroy()
        self.legend = Legend(self._below, space, self.shared)
        self.legend.grid(row=0, column=0, sticky="ew")
        self.legend.add_tooltips()
        self._arrange_status(self.root.winfo_width())

    def _name_window(self) -> None:
        space = self.pane.state.space
        parts = [NAME, space.data_title, space.title]
        if self._run is not None and not self._run.complete:
            parts.append(words(self._run))
        self.root.title(" · ".join(parts))

    def _on_pins(self, shared: SharedState) -> None:
        self.trace.write("pins", rows=list(shared.pins))

    def _on_tool(self, shared: SharedState) -> None:
        if shared.tool != "explore":
            self.side.show_tab("Selection")

    def _on_theme(self, shared: SharedState) -> None:
        style.apply(self.root, shared.theme)

    def _on_configure(self, event: tk.Event) -> None:
        if event.widget is self.root:
            self._arrange_status(event.width)
            self.side.arrange(event.width)
            self.root.after_idle(self._trace_layout, "layout")

    def _arrange_status(self, width: int) -> None:
        """Beside the legend, or below it in a narrow window."""
        narrow = width < self.legend.needed + ROOM_FOR_STATUS
        self.status.grid(row=int(narrow), column=int(not narrow), sticky="e")

    def _trace_layout(self, event: str) -> None:
        layout = {"map": self.pane.panel.box_on_screen(), "menus": self.top.menus_on_screen()} | self.side.boxes()
        if self._layout is None and event == "layout":
            return  # not yet usable
        if layout != self._layout:
            self._layout = layout
            self.trace.write(event, **layout)

    def _count_points(self, shared: SharedState | None = None) -> None:
        space = self.pane.state.space
        total, shown = len(space.labels), self.shared.shown(space.labels)
        places = space.places if shown is None else space.places[shown]
        text = f"{total:,} points" if shown is None else f"{len(places):,} of {total:,} points"
        beyond = len(places) - int(view.inside(places, self.pane.panel.map.limits).sum())
        self.status.points(text + (f", {beyond:,} beyond the view" if beyond else ""))

    # ---- actions, by their names in the table of keys --------------------------------------------

    def step_cursor(self, right: int, up: int) -> None:
        self.pane.panel.step_cursor(right, up)

    def hold_cursor(self) -> None:
        self.pane.panel.hold_cursor()

    def zoom(self, notches: int) -> None:
        self.pane.panel.zoom_at_cursor(notches)

    def reset_view(self) -> None:
        self.pane.state.reset_view()

    def toggle_class(self, index: int) -> None:
        if index < len(self.pane.state.space.class_names):
            self.shared.toggle_class(index)

    def show_all_classes(self) -> None:
        self.shared.show_all_classes()

    def step_space(self, steps: int) -> None:
        self.pane.switching.step(steps)

    def toggle_chart(self) -> None:
        """Sees the map through the prior's quantiles, or plainly again."""
        if len(self.pane.state.space.charts) == 1:
            self.pane.session.say("this space has no prior that its map could be seen through")
            return
        self.pane.state.see_through("plain" if self.pane.state.space.chart == "quantiles" else "quantiles")

    def draw_new(self) -> None:
        """Draws new images from the prior, and shows them."""
        if not self.pane.state.space.has_prior:
            self.pane.session.say("this space has no prior that new images could be drawn from")
            return
        self.side.show_tab("Space")
        self.side.tabs["Space"].draw_new()

    def toggle_round_trip(self) -> None:
        self.side.round_trips = not self.side.round_trips
        self.side.show_cursor(self.pane)

    def other_nearest(self) -> None:
        self.side.strip.other()

    def next_colouring(self) -> None:
        self.pane.paint.next_colouring()

    def next_background(self) -> None:
        self.pane.paint.next_background()

    def toggle_layer(self, layer: str) -> None:
        self.shared.toggle_layer(layer)

    def save_picture(self) -> None:
        """Opens the dialog that saves a picture of the map, or brings it to the front."""
        if self._saving is None or not self._saving.winfo_exists():
            self._saving = SavePicture(self.root, self.pane.session, self.pane.panel)
        self._saving.lift()

    def toggle_theme(self) -> None:
        self.shared.toggle_theme()

    def pin_nearest(self) -> None:
        self.on_click(self.pane, self.pane.state.cursor)

    def save_workspace(self) -> None:
        keeping.save_workspace(self.root, self.pane.session)

    def open_workspace(self) -> None:
        keeping.open_workspace(self.root, self.pane.session, self.pane.switching)

    def explore(self) -> None:
        self.shared.use("explore")

    def next_select_tool(self) -> None:
        self.shared.use("rectangle" if self.shared.tool == "lasso" else "lasso")

    def show_tab(self, title: str) -> None:
        """Brings a tab to the front."""
        self.side.show_tab(title)

    def step_list(self, steps: int) -> None:
        self.side.tabs["Find"].step(steps)

    def cancel(self) -> None:
        """Gives up the last thing: an outline, what is being computed, else the pins, else the selection."""
        if self.pane.panel.selecting.cancel() or self.pane.switching.cancel():
            return
        if self.pane.cancel_work():
            return
        if self.shared.pins:
            self.shared.unpin_all()
        else:
            self.shared.select(np.empty(0, np.intp))

    def show_help(self) -> None:
        if self._help is None or not self._help.winfo_exists():
            self._help = HelpWindow(self.root, self.shared)
        self._help.lift()
