"""The window: puts the panels together, binds the keys, and lets the workers in."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk

import numpy as np

from explorer import facts, files, finding, following, view
from explorer.catalogue import Catalogue
from explorer.decoders import Decoder
from explorer.engines import Engine, EngineFor, Notice, Progress, Update
from explorer.errors import UserError
from explorer.neighbours import NearestDigits
from explorer.reading import Reader
from explorer.spaces import live
from explorer.spaces.live import LiveEncoder
from explorer.state import MapState, Place, SharedState
from explorer.trace import Trace
from explorer.window import keeping, style
from explorer.window.bars import Message, StatusBar, TopBar
from explorer.window.help import HelpWindow
from explorer.window.keys import ARROWS, KEYS
from explorer.window.legend import Legend
from explorer.window.map_panel import RING, MapPanel
from explorer.window.marks import Mark
from explorer.window.paint import Paint
from explorer.window.picture_panel import PicturePanel
from explorer.window.saving import SavePicture
from explorer.window.session import Session
from explorer.window.strip import Strip
from explorer.window.switching import Opened, Switching
from explorer.window.tabs.draw import DrawTab
from explorer.window.tabs.find import FindTab
from explorer.window.tabs.pins import PinsTab
from explorer.window.tabs.selection import SelectionTab
from explorer.window.tabs.space import SpaceTab
from explorer.window.training_panel import TrainingPanel, words
from explorer.window.workers import Asked, Tell, Workers

NAME = "Latent Space Explorer"
SMALLEST = (900, 620)
SIDE_SHARE, NARROWEST_SIDE = 0.34, 420  # of the window's width, and pixels: what lies beside the map
PICTURE_SHARE = 0.58  # of the side's width
# Seconds. Each call into Tk gives up Python's lock; while Keras is imported in a thread, getting it back
# takes so long, and a hover frame makes thirty calls. Python's own interval is 5 ms.
SWITCH_INTERVAL = 0.0002
READING_MS = 600  # so long the engine waits for the images to be read
SETTLING_MS = 150  # and so long, in a space that was switched to, for the person who may go on to the next one
OPENING_MS = 250  # what takes longer to open is told of
RUN_POLL_MS = 100  # how long an epoch may wait to be shown
ROOM_FOR_STATUS = 660  # pixels beside the legend, or the status gets a row of its own
TYPED_IN = ("Entry", "TEntry", "Spinbox", "TSpinbox", "TCombobox", "Text")  # widgets that take keys as text
TABS = (SpaceTab, PinsTab, FindTab, DrawTab, SelectionTab)  # below the picture, from left to right


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
        self.state, self.shared, self.trace = state, shared, trace
        self.workers = Workers(self.root)
        self.session = Session(state, shared, Reader(state.space, engine.decoder), self.workers)
        self.session.trace = trace
        catalogue = Catalogue(state.space.folder, live.available())
        self.switching = Switching(self.session, engine, engine_for, catalogue, self._show_opened, self._on_spaces)
        self._layout: dict[str, list[int]] | None = None
        self._help: HelpWindow | None = None
        self._saving: SavePicture | None = None
        self._engine_due: str | None = None
        self._engine_says = self._opening_says = ""  # what is being done
        self._noticed: set[str] = set()
        self._chosen_at: float | None = None  # a space that is not drawn yet, or not decoded
        self._when_known = self._know_points  # what happens when the points are in a tree
        self._words_due = False
        self._round_trips = True  # whether they are drawn
        self.exit_status = 0

        width, height = (min(size[0], self.root.winfo_screenwidth()), min(size[1], self.root.winfo_screenheight()))
        self.root.geometry(f"{width}x{height}")
        self.root.minsize(*SMALLEST)
        style.prepare(self.root)
        style.apply(self.root, shared.theme)
        self._build(width)
        self._bind()
        self._run: following.Run | None = None
        self._show_run(engine.run)
        state.chart_changed.connect(self._on_chart)
        shared.theme_changed.connect(self._on_theme)
        shared.visibility_changed.connect(self._on_visibility)
        shared.pins_changed.connect(self._on_pins)
        shared.tool_changed.connect(self._on_tool)

    @property
    def reader(self) -> Reader:
        return self.session.reader

    @property
    def engine(self) -> Engine:
        return self.switching.shown.engine

    # ---- building --------------------------------------------------------------------------------

    def _build(self, width: int) -> None:
        root, space = self.root, self.state.space
        self.top = TopBar(
            root,
            self.state,
            self.shared,
            self.switching.entries,
            self.switching.choose,
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
        self.legend = Legend(below, space, self.shared)
        self.status = StatusBar(below)
        self.map_panel = MapPanel(
            root,
            self.state,
            self.shared,
            self._on_hover,
            self._on_map_drawn,
            self._pin_nearest,
            self._on_selected,
        )
        self.message = self.session.message = Message(self.map_panel, self._cancel_work)
        self.session.marks = self.map_panel.marks
        self._paint = Paint(self.session, self.map_panel, self.trace)
        self._side = side = ttk.Frame(root, padding=(12, 8, 16, 4))
        self.picture = PicturePanel(side, self.reader, self._picture_size(width))
        self.strip = Strip(side, self.session, self._on_strip, self._pin)
        self._tabs = ttk.Notebook(side, takefocus=False)
        self._training = TrainingPanel(self._tabs, self.shared)
        self.tabs = {kind.title: kind(self._tabs, self.session) for kind in TABS}
        for title, tab in self.tabs.items():
            self._tabs.add(tab, text=title)

        root.columnconfigure(0, weight=1)
        root.rowconfigure(1, weight=1)
        self.top.grid(row=0, columnspan=2, sticky="ew")
        self.map_panel.grid(row=1, column=0, sticky="nsew")
        side.grid(row=1, column=1, sticky="nsew")
        side.grid_propagate(False)
        side.columnconfigure(0, weight=1)
        side.rowconfigure(2, weight=1)
        self.picture.grid(row=0, sticky="ew")
        self.strip.grid(row=1, sticky="ew", pady=(12, 0))
        self._tabs.grid(row=2, sticky="nsew", pady=(12, 0))
        self._arrange_side(width)
        below.grid(row=2, columnspan=2, sticky="ew")
        below.columnconfigure(0, weight=1)
        self.legend.grid(row=0, column=0, sticky="ew")
        self._arrange_status(width)
        self._name_decoder()

    def _bind(self) -> None:
        for key in KEYS:
            for event, arguments in key.bindings():
                self._bind_key(event, getattr(self, key.action), *arguments)
        for name, direction in ARROWS.items():
            for event, steps in ((f"<{name}>", 1), (f"<Shift-{name}>", 10)):
                self._bind_key(event, self.step_cursor, direction[0] * steps, direction[1] * steps)
        # a click on a tab would give the keys to the first thing in it
        self._tabs.bind("<ButtonRelease-1>", lambda event: self.map_panel.widget.focus_set())
        self.root.bind("<Configure>", self._on_configure)
        for widget in (self.strip, *self.top.menus):
            widget.bind("<Configure>", lambda event: self.root.after_idle(self._trace_layout, "layout"), add="+")
        self.root.protocol("WM_DELETE_WINDOW", self.close)

    def _bind_key(self, sequence: str, action: Callable[..., None], *arguments) -> None:
        """Binds a key of the window: not where something is typed, or where a list has use for the key."""

        def pressed(event: tk.Event) -> None:
            kind = event.widget.winfo_class() if isinstance(event.widget, tk.Misc) else ""
            if kind in TYPED_IN:
                if event.keysym in ("Escape", "Return", "KP_Enter"):
                    self.map_panel.widget.focus_set()
            elif kind != "Treeview" or event.keysym not in (*ARROWS, "Next", "Prior"):
                action(*arguments)

        self.root.bind(sequence, pressed)

    # ---- running ---------------------------------------------------------------------------------

    def run(self) -> int:
        """Shows the window until it is closed. Returns the exit status."""
        self._show_cursor()
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
        self.strip.add_tooltips()
        self._note_encoder()
        self._hear_notices()
        self._learn_the_map(self._know_the_map)

    def _learn_the_map(self, known: Callable[[NearestDigits], None]) -> None:
        """Puts the points in a tree, which is then `known`."""
        places, self._when_known = self.state.space.places, known

        def know(tell: Tell, cancelled: Asked) -> NearestDigits:
            every = NearestDigits(places)
            every.usual_distance()  # found here, not when it is first asked for
            return every

        def take(every: NearestDigits) -> None:
            self._when_known = self._know_points
            known(every)

        self.workers.start("map", know, take, self._on_failure)

    def _hear_notices(self) -> None:
        """What was found out while opening; what is so in every space is heard once."""
        for notice in self.engine.notices:
            if notice.text not in self._noticed:
                self._noticed.add(notice.text)
                self._hear(notice)

    def _hear(self, message: Decoder | Progress | Notice) -> None:
        """What the engine tells from its worker."""
        if isinstance(message, Progress):
            self._engine_says = message.text if message.share is None else ""
            self._name_decoder()
            if message.share is not None:
                self.message.working(f"{message.text} …", message.share)
        elif isinstance(message, Notice):
            print(message.text, file=sys.stderr)
            self.message.say(message.text)
            self._note_encoder()
        elif isinstance(message, Update):
            self._update(message)
        elif isinstance(message, LiveEncoder):
            self.reader.encoder = message
            self.reader.tell("encoder")
        else:
            if self.reader.decoder is None:
                facts.try_again(self.reader)
            self.reader.decoder = message
            self.reader.tell("decoder")
            self.message.done()
            self._engine_says = ""
            self._name_decoder()
            self._show_cursor()
            self.root.update_idletasks()
            if not self._tell_switched() and message.source == "live":
                self.trace.write("live")

    def _note_encoder(self) -> None:
        """Tells whoever waits for an encoder that none will come."""
        if self.engine.no_encoder and self.reader.encoder is None:
            self.reader.lacking["encoder"] = self.engine.no_encoder
            self.reader.tell("encoder")

    def _update(self, update: Update) -> None:
        """Shows another epoch: points, picture and readings change together."""
        source = self.reader.decoder and self.reader.decoder.source
        decoder, space = update.take_over(), update.space.through(self.state.space.chart)
        self.show_space(Reader(space, decoder), space.images == self.state.space.images)
        if space is update.space:
            self.reader.know_points(update.neighbours)
        else:  # the engine knows the plain chart only
            self._learn_the_map(self._know_points)
        shown = self.shared.shown(space.labels)
        if shown is not None:  # at once, although the result's 70,000 points take 20 ms: else the words would blink
            self.reader.neighbours = NearestDigits(space.places, shown)
        self._show_run(update.run)
        self._show_cursor()
        self.root.update_idletasks()
        if decoder.source == "live" and source != "live":
            self.trace.write("live")
        if update.run is not None:
            self.trace.write("epoch", epoch=update.run.epoch, complete=update.run.complete)

    def show_space(self, reader: Reader, same_images: bool = False) -> None:
        """Replaces the space of the window by that of another reader.

        Args:
            same_images: see `MapState.show_space`.
        """
        before, space = self.state.space, reader.space
        self.workers.cancel("map")
        self._when_known = self._know_points
        self.workers.cancel("neighbours")
        self.picture.read_with(reader)

        def show() -> None:
            if space.images != before.images:
                self.shared.forget_images()
            if space.class_names != before.class_names:
                self._replace_legend(space)
            self.state.show_space(space, same_images)

        if self.engine.no_encoder and reader.encoder is None:
            reader.lacking["encoder"] = self.engine.no_encoder
        self.session.read_with(reader, show)
        self._note_encoder()
        self.top.show_space(space)
        self._name_window()
        self._name_decoder()

    def _on_chart(self, state: MapState) -> None:
        """Reads the same space through another chart. What is known of codes and images stays, and so does what is
        lacking of them; what depends on places is found anew."""
        before, reader = self.reader, Reader(state.space, self.reader.decoder)
        reader.encoder = before.encoder
        reader.lacking = {name: why for name, why in before.lacking.items() if name in (*facts.OF_CODES, "encoder")}
        self.workers.cancel("neighbours")
        self.picture.read_with(reader)
        self.session.read_with(reader)
        self._learn_the_map(self._when_known)
        self._show_cursor()
        self.trace.write("chart", name=state.space.chart)

    def _show_opened(self, opened: Opened, chosen_at: float) -> None:
        """Shows a space that was chosen; its engine goes on when the map is drawn."""
        self._stop_engine()
        self._chosen_at = chosen_at
        self.session.hold()  # until the map is drawn
        self.show_space(opened.reader)
        self._show_run(opened.engine.run)
        if opened.reader.every is None:
            self._learn_the_map(self._know_points)
        else:
            self._find_neighbours()
        self._show_cursor()
        self._hear_notices()
        self._start_engine_in(SETTLING_MS if "originals" in self.reader.facts else READING_MS)

    def _stop_engine(self) -> None:
        if self._engine_due is not None:
            self.root.after_cancel(self._engine_due)
            self._engine_due = None
        self.workers.cancel("run")
        if self.workers.cancel("engine") and not self.session.shows_progress():
            self.message.done()
        self._engine_says = ""

    def _on_spaces(self) -> None:
        """Another space is being opened, or no longer, or more is known of some."""
        self.top.spaces.mark(self.switching.opening or self.switching.folder)
        if self.top.spaces.menu.winfo_ismapped():
            self.top.spaces.refresh()
        self._opening_says = ""
        self._name_decoder()
        if self.switching.opening is not None:
            self.root.after(OPENING_MS, self._tell_opening, self.switching.opening)

    def _tell_opening(self, folder: Path) -> None:
        if folder == self.switching.opening:
            self._opening_says = f"opening {folder.name}"
            self._name_decoder()

    def _tell_switched(self) -> bool:
        """Tells of a space that was chosen, once it is drawn and decoded; says whether it did."""
        if self._chosen_at is None or self.reader.decoder is None or self.map_panel.is_redrawing():
            return False
        chosen_at, self._chosen_at = self._chosen_at, None
        self.root.update_idletasks()  # which may draw the map once more
        ms = (time.perf_counter() - chosen_at) * 1000
        self.trace.write("space", name=self.state.space.name, ms=round(ms, 3))
        if self.reader.decoder.source == "live":
            self.trace.write("live")
        return True

    def _replace_legend(self, space: files.LatentSpace) -> None:
        self.shared.show_all_classes()
        self.legend.destroy()
        self.legend = Legend(self._below, space, self.shared)
        self.legend.grid(row=0, column=0, sticky="ew")
        self.legend.add_tooltips()
        self._arrange_status(self.root.winfo_width())

    def _show_run(self, run: following.Run | None) -> None:
        shown, self._run = self._run is not None, run
        if run is not None:
            self._training.show(run)
        self._tabs.configure(style="Tight.TNotebook" if run is not None else "TNotebook")  # there is a sixth one
        if run is not None and not shown:
            self._tabs.insert(0, self._training, text="Training")
            self._tabs.select(self._training)
        elif run is None and shown:
            self._tabs.forget(self._training)
        self._name_window()

    def _name_window(self) -> None:
        space = self.state.space
        parts = [NAME, space.data_title, space.title]
        if self._run is not None and not self._run.complete:
            parts.append(words(self._run))
        self.root.title(" · ".join(parts))

    def _on_prepared(self, result: None) -> None:
        self.switching.shown.prepared = True
        self._engine_says = ""
        self.message.done()
        self._name_decoder()
        self.switching.check()

    def _on_failure(self, error: BaseException) -> None:
        self._engine_says = ""
        self._name_decoder()
        if not isinstance(error, UserError):
            raise error
        if self.reader.decoder is None and self.switching.back(error):
            return
        self._hear(Notice(str(error)))
        if self.reader.decoder is None:  # nothing will ever be shown
            self.exit_status = 2
            self.close()

    def _know_points(self, every: NearestDigits) -> None:
        self.reader.know_points(every)
        self._find_neighbours()

    def _know_the_map(self, every: NearestDigits) -> None:
        self._know_points(every)
        self._paint.begin()
        # Not beside the import of SciPy, which the search for neighbours needs, nor beside reading MNIST: those would
        # wait for the loading of TensorFlow's library, and make the window wait, since they hold Python's lock.
        self._start_engine_in(READING_MS)

    def _start_engine_in(self, ms: int) -> None:
        """Starts the engine after so many ms, or as soon as the images are read."""
        self._engine_due = self.root.after(ms, self._start_engine)
        self.reader.learnt.connect(self._on_learnt)
        self.session.need("originals")

    def _on_learnt(self, reader: Reader, name: str) -> None:
        if reader is self.reader and name == "originals" and self._engine_due is not None:
            self.root.after_cancel(self._engine_due)
            self._start_engine()

    def _start_engine(self) -> None:
        self._engine_due = None
        if self.switching.shown.prepared:
            return
        self.workers.start("engine", self.engine.prepare, self._on_prepared, self._on_failure, self._hear)
        if self.engine.run is not None:
            ignore = lambda result: None  # noqa: E731
            self.workers.start("run", self.engine.follow, ignore, self._on_failure, self._hear, RUN_POLL_MS)

    def _find_neighbours(self) -> None:
        """Puts the shown points in a tree; until it is there, the readings go without."""
        every = self.reader.every
        if every is None:
            return
        places, shown = self.state.space.places, self.shared.shown(self.state.space.labels)
        if shown is None:
            self.workers.cancel("neighbours")
            self._take_neighbours(every)
        else:
            self.reader.neighbours = None
            build = lambda tell, cancelled: NearestDigits(places, shown)  # noqa: E731
            self.workers.start("neighbours", build, self._take_neighbours, self._on_failure)

    def _take_neighbours(self, neighbours: NearestDigits) -> None:
        self.reader.neighbours = neighbours
        self._show_cursor()

    # ---- what changes the picture ----------------------------------------------------------------

    def _show_cursor(self) -> None:
        """Decodes what is under the cursor, and says what is known about it."""
        self._show_picture()
        self._say_when_idle()

    def _show_picture(self) -> None:
        self._decoding = self.reader.decode(self.state.cursor)
        self.picture.show_image(self._decoding.image)
        self.strip.follow(self.state.cursor, self._decoding)

    def _say_when_idle(self) -> None:
        """The words come a moment after the picture: drawing text takes as long as decoding."""
        if not self._words_due:
            self._words_due = True
            self.root.after_idle(self._say)

    def _say(self) -> None:
        self._words_due = False
        whereabouts = self.reader.locate(self.state.cursor)
        back = self.reader.comes_back(self._decoding)
        self._show_round_trip(back)
        self.picture.show_words(self.reader.words(self._decoding, whereabouts, back), whereabouts)
        self.status.summarise()

    def _show_round_trip(self, back: np.ndarray | None) -> None:
        """An arrow from the cursor to where the code lies that its picture comes back to, unless that is within the
        crosshair's ring."""
        marks: tuple[Mark, ...] = ()
        if back is not None and self._round_trips:
            pixel_at, to = self.map_panel.map.pixel_at, self.state.space.place_of(back)
            if math.dist(pixel_at(self.state.cursor), pixel_at(to)) > RING:
                marks = (Mark(self.state.cursor, to=to, colour="warning"),)
        self.session.marks.show("round trip", marks)

    def _on_strip(self) -> None:
        strip = self.strip
        self.trace.write(
            "strip", how=strip.how, rows=list(strip.rows), size=strip.size, pitch=strip.pitch, text=strip.text
        )

    def _pin(self, row: int) -> None:
        """Pins an image, and shows what is known about it."""
        self._tabs.select(self.tabs["Pins"])
        self.shared.pin(row)

    def _on_hover(self, started: float, pixel: tuple[int, int]) -> None:
        """One hover frame, the hot path: from the mouse's place to crosshair and picture on the screen."""
        self._show_picture()
        self.root.update_idletasks()
        ms = (time.perf_counter() - started) * 1000
        self._say_when_idle()
        decoding = self._decoding
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

    def _on_visibility(self, shared: SharedState) -> None:
        self._find_neighbours()
        self._count_points()

    def _on_pins(self, shared: SharedState) -> None:
        self.trace.write("pins", rows=list(shared.pins))

    def _on_selected(self, ms: float) -> None:
        self.trace.write("selection", count=len(self.shared.selection), ms=round(ms, 3))

    def _on_tool(self, shared: SharedState) -> None:
        if shared.tool != "explore":
            self._tabs.select(self.tabs["Selection"])

    def _on_theme(self, shared: SharedState) -> None:
        style.apply(self.root, shared.theme)

    def _on_map_drawn(self) -> None:
        self._paint.drawn()
        self._tell_switched()
        self.session.release()
        self._count_points()
        self._trace_layout("layout")

    def _on_configure(self, event: tk.Event) -> None:
        if event.widget is self.root:
            self._arrange_status(event.width)
            self._arrange_side(event.width)
            self.root.after_idle(self._trace_layout, "layout")

    def _arrange_side(self, width: int) -> None:
        self._side.configure(width=max(round(width * SIDE_SHARE), NARROWEST_SIDE))
        self.picture.resize(self._picture_size(width))

    def _picture_size(self, width: int) -> int:
        return round(max(width * SIDE_SHARE, NARROWEST_SIDE) * PICTURE_SHARE)

    def _arrange_status(self, width: int) -> None:
        """Beside the legend, or below it in a narrow window."""
        narrow = width < self.legend.needed + ROOM_FOR_STATUS
        self.status.grid(row=int(narrow), column=int(not narrow), sticky="e")

    def _trace_layout(self, event: str) -> None:
        tabs = self._tabs
        layout = {
            "map": self.map_panel.box_on_screen(),
            "picture": self.picture.box_on_screen(),
            "strip": self.strip.box_on_screen(),
            "menus": self.top.menus_on_screen(),
            "tabs": [tabs.winfo_rootx(), tabs.winfo_rooty(), tabs.winfo_width(), tabs.winfo_height()],
        }
        if self._layout is None and event == "layout":
            return  # not yet usable
        if layout != self._layout:
            self._layout = layout
            self.trace.write(event, **layout)

    def _name_decoder(self) -> None:
        decoder, doing = self.reader.decoder, self._opening_says or self._engine_says
        if decoder is None:
            name = "no decoder yet"
        elif decoder.source == "grid":
            name = "grid {1} × {0}".format(*decoder.grid.shape)
        else:
            name = "live decoder"
        self.status.decoder(f"{name}, {doing} …" if doing else name)

    def _count_points(self) -> None:
        space = self.state.space
        total, shown = len(space.labels), self.shared.shown(space.labels)
        places = space.places if shown is None else space.places[shown]
        text = f"{total:,} points" if shown is None else f"{len(places):,} of {total:,} points"
        beyond = len(places) - int(view.inside(places, self.map_panel.map.limits).sum())
        self.status.points(text + (f", {beyond:,} beyond the view" if beyond else ""))

    # ---- actions, by their names in the table of keys --------------------------------------------

    def step_cursor(self, right: int, up: int) -> None:
        self.map_panel.step_cursor(right, up)

    def hold_cursor(self) -> None:
        self.map_panel.hold_cursor()

    def zoom(self, notches: int) -> None:
        self.map_panel.zoom_at_cursor(notches)

    def reset_view(self) -> None:
        self.state.reset_view()

    def toggle_class(self, index: int) -> None:
        if index < len(self.state.space.class_names):
            self.shared.toggle_class(index)

    def show_all_classes(self) -> None:
        self.shared.show_all_classes()

    def step_space(self, steps: int) -> None:
        self.switching.step(steps)

    def toggle_chart(self) -> None:
        """Sees the map through the prior's quantiles, or plainly again."""
        if len(self.state.space.charts) == 1:
            self.session.say("this space has no prior that its map could be seen through")
            return
        self.state.see_through("plain" if self.state.space.chart == "quantiles" else "quantiles")

    def draw_new(self) -> None:
        """Draws new images from the prior, and shows them."""
        if not self.state.space.has_prior:
            self.session.say("this space has no prior that new images could be drawn from")
            return
        self._tabs.select(self.tabs["Space"])
        self.tabs["Space"].draw_new()

    def toggle_round_trip(self) -> None:
        self._round_trips = not self._round_trips
        self._show_cursor()

    def other_nearest(self) -> None:
        self.strip.other()

    def next_colouring(self) -> None:
        self._paint.next_colouring()

    def next_background(self) -> None:
        self._paint.next_background()

    def toggle_layer(self, layer: str) -> None:
        self.shared.toggle_layer(layer)

    def save_picture(self) -> None:
        """Opens the dialog that saves a picture of the map, or brings it to the front."""
        if self._saving is None or not self._saving.winfo_exists():
            self._saving = SavePicture(self.root, self.session, self.map_panel)
        self._saving.lift()

    def toggle_theme(self) -> None:
        self.shared.toggle_theme()

    def pin_nearest(self) -> None:
        self._pin_nearest(self.state.cursor)

    def _pin_nearest(self, place: Place) -> None:
        """Pins the image nearest to a place, and shows what is known about it."""
        self._tabs.select(self.tabs["Pins"])
        row = finding.pin_nearest(self.state.space, self.shared, place)
        if row is None:
            self.session.say("every class is hidden: there is no image to pin")

    def save_workspace(self) -> None:
        keeping.save_workspace(self.root, self.session)

    def open_workspace(self) -> None:
        keeping.open_workspace(self.root, self.session, self.switching)

    def explore(self) -> None:
        self.shared.use("explore")

    def next_select_tool(self) -> None:
        self.shared.use("rectangle" if self.shared.tool == "lasso" else "lasso")

    def show_tab(self, title: str) -> None:
        """Brings a tab to the front."""
        self._tabs.select(self.tabs[title])

    def step_list(self, steps: int) -> None:
        self.tabs["Find"].step(steps)

    def cancel(self) -> None:
        """Gives up the last thing: an outline, what is being computed, else the pins, else the selection."""
        if self.map_panel.selecting.cancel() or self.switching.cancel():
            return
        if self.message.cancellable:
            self._cancel_work()
        elif self.shared.pins:
            self.shared.unpin_all()
        else:
            self.shared.select(np.empty(0, np.intp))

    def _cancel_work(self) -> None:
        """Stops the computation of a fact or a grid; what can decode already goes on."""
        if self.session.shows_progress():
            self.session.cancel()
        elif self.message.cancellable:
            self.workers.cancel("engine")
            nothing = self.reader.decoder is None
            if nothing and self.switching.back():
                self.message.done()
                return
            self._hear(
                Notice("cancelled" + (": no picture can be shown until the grid is computed" if nothing else ""))
            )
            self._name_decoder()

    def show_help(self) -> None:
        if self._help is None or not self._help.winfo_exists():
            self._help = HelpWindow(self.root, self.shared)
        self._help.lift()
