"""The window: puts the panels together, binds the keys, and lets the workers in."""

from __future__ import annotations

import os
import signal
import sys
import time
import tkinter as tk
from tkinter import ttk

from explorer import files, following, view
from explorer.decoders import Decoder
from explorer.drawing.themes import THEMES
from explorer.engines import Engine, Notice, Progress, Update
from explorer.errors import UserError
from explorer.neighbours import NearestDigits
from explorer.reading import Reader
from explorer.state import MapState, SharedState
from explorer.trace import Trace
from explorer.window import style
from explorer.window.bars import Message, StatusBar, TopBar
from explorer.window.help import HelpWindow
from explorer.window.keys import ARROWS, KEYS
from explorer.window.legend import Legend
from explorer.window.map_panel import MapPanel
from explorer.window.picture_panel import PicturePanel
from explorer.window.training_panel import words
from explorer.window.workers import Asked, Tell, Workers

NAME = "Latent Space Explorer"
SMALLEST = (760, 560)
PICTURE_SHARE = 0.29  # of the window's width
ROOM_FOR_TEXT = 330  # pixels above and below the picture
# Seconds. Each call into Tk gives up Python's lock; while Keras is imported in a thread, getting it back
# takes so long, and a hover frame makes thirty calls. Python's own interval is 5 ms.
SWITCH_INTERVAL = 0.0002
RUN_POLL_MS = 100  # how long an epoch may wait to be shown
ROOM_FOR_STATUS = 660  # pixels beside the legend, or the status gets a row of its own
HINT = (
    "Each dot is an image that the encoder turned into two numbers. "
    "Move the mouse over the map: the decoder turns the place under it back into a picture."
)


class ExplorerWindow:
    """One window over one space, which may be replaced.

    Args:
        engine: decodes; prepares its better decoder in a worker once the window is up, and follows a training run.
        state, shared: what the person looks at.
        trace: is told about the window, its layout and every hover frame.
        size: of the window in pixels; it is made smaller where the screen is.

    Raises:
        UserError: there is no display.
    """

    def __init__(
        self, engine: Engine, state: MapState, shared: SharedState, trace: Trace, size: tuple[int, int]
    ) -> None:
        try:
            self.root = tk.Tk(className="Latent-space-explorer")
        except tk.TclError as error:
            raise UserError(f"no display ({error}): use --snapshot OUT.png to draw without one") from None
        self.root.withdraw()
        self.engine, self.state, self.shared, self.trace = engine, state, shared, trace
        self.reader = Reader(state.space, engine.decoder)
        self.workers = Workers(self.root)
        self._layout: dict[str, list[int]] | None = None
        self._help: HelpWindow | None = None
        self._words_due = False
        self._every: NearestDigits | None = None
        self.exit_status = 0

        width, height = (min(size[0], self.root.winfo_screenwidth()), min(size[1], self.root.winfo_screenheight()))
        self.root.geometry(f"{width}x{height}")
        self.root.minsize(*SMALLEST)
        style.prepare(self.root)
        style.apply(self.root, shared.theme)
        self._build(width)
        self._bind()
        self._show_run(engine.run)
        shared.theme_changed.connect(self._on_theme)
        shared.visibility_changed.connect(self._on_visibility)

    # ---- building --------------------------------------------------------------------------------

    def _build(self, width: int) -> None:
        root, space = self.root, self.state.space
        self.top = TopBar(
            root,
            space,
            [
                ("+", "zoom in (key + or mouse wheel)", lambda: self.zoom(1)),
                ("−", "zoom out (key - or mouse wheel)", lambda: self.zoom(-1)),
                ("Reset view", "show the whole map again (key r)", self.reset_view),
                ("Theme", "light or dark (key t)", self.toggle_theme),
                ("?", "keys and mouse (key ?)", self.show_help),
            ],
        )
        self._below = below = ttk.Frame(root)
        self.legend = Legend(below, space, self.shared)
        self.status = StatusBar(below)
        self.picture = PicturePanel(root, self.reader, round(width * PICTURE_SHARE))
        self.map_panel = MapPanel(root, self.state, self.shared, self._on_hover, self._on_map_drawn)
        self.message = Message(self.map_panel, self.cancel)
        self.picture.hint(HINT)

        root.columnconfigure(0, weight=1)
        root.rowconfigure(1, weight=1)
        self.top.grid(row=0, columnspan=2, sticky="ew")
        self.map_panel.grid(row=1, column=0, sticky="nsew")
        self.picture.grid(row=1, column=1, sticky="ns")
        below.grid(row=2, columnspan=2, sticky="ew")
        below.columnconfigure(0, weight=1)
        self.legend.grid(row=0, column=0, sticky="ew")
        self._arrange_status(width)
        self._name_decoder()

    def _bind(self) -> None:
        for key in KEYS:
            for event, arguments in key.bindings():
                action = getattr(self, key.action)
                self.root.bind(event, lambda event, action=action, arguments=arguments: action(*arguments))
        for name, direction in ARROWS.items():
            for event, steps in ((f"<{name}>", 1), (f"<Shift-{name}>", 10)):
                right, up = direction[0] * steps, direction[1] * steps
                self.root.bind(event, lambda event, right=right, up=up: self.step_cursor(right, up))
        self.root.bind("<Configure>", self._on_configure)
        self.root.protocol("WM_DELETE_WINDOW", self.close)

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
        for notice in self.engine.notices:
            self._hear(notice)
        places = self.state.space.places

        def know(tell: Tell, cancelled: Asked) -> tuple[NearestDigits, float]:
            every = NearestDigits(places)
            return every, every.usual_distance()

        self.workers.start("map", know, self._know_the_map, self._on_failure)

    def _hear(self, message: Decoder | Progress | Notice) -> None:
        """What the engine tells from its worker."""
        if isinstance(message, Progress):
            if message.share is None:
                self._name_decoder(message.text)
            else:
                self._name_decoder()
                self.message.working(f"{message.text} …", message.share)
        elif isinstance(message, Notice):
            print(message.text, file=sys.stderr)
            self.message.say(message.text)
        elif isinstance(message, Update):
            self._update(message)
        else:
            self.reader.decoder = message
            self.message.done()
            self._name_decoder()
            self._show_cursor()
            self.root.update_idletasks()
            if message.source == "live":
                self.trace.write("live")

    def _update(self, update: Update) -> None:
        """Shows another epoch: points, picture and readings change together."""
        source = self.reader.decoder and self.reader.decoder.source
        decoder = update.take_over()
        self.show_space(update.space, decoder, update.space.card["data"] == self.state.space.card["data"])
        self._every, self.reader.usual_distance = update.neighbours, update.usual_distance
        shown = self.shared.shown(update.space.labels)
        # at once, although the result's 70,000 points take 20 ms: else the words would blink at every epoch
        self.reader.neighbours = self._every if shown is None else NearestDigits(update.space.places, shown)
        self._show_run(update.run)
        self._show_cursor()
        self.root.update_idletasks()
        if decoder.source == "live" and source != "live":
            self.trace.write("live")
        if update.run is not None:
            self.trace.write("epoch", epoch=update.run.epoch, complete=update.run.complete)

    def show_space(self, space: files.LatentSpace, decoder: Decoder | None, same_images: bool = False) -> None:
        """Replaces the space of the window. Its neighbours are not known yet.

        Args:
            decoder: of the new space.
            same_images: see `MapState.show_space`.
        """
        before, self.reader = self.state.space, Reader(space, decoder)
        self._every = None
        self.workers.cancel("map")
        self.workers.cancel("neighbours")
        self.picture.read_with(self.reader)
        if space.class_names != before.class_names:
            self._replace_legend(space)
        self.state.show_space(space, same_images)
        self.top.show_space(space)
        self._name_window()
        self._name_decoder()

    def _replace_legend(self, space: files.LatentSpace) -> None:
        self.shared.show_all_classes()
        self.legend.destroy()
        self.legend = Legend(self._below, space, self.shared)
        self.legend.grid(row=0, column=0, sticky="ew")
        self.legend.add_tooltips()
        self._arrange_status(self.root.winfo_width())

    def _show_run(self, run: following.Run | None) -> None:
        self._run = run
        self.picture.show_run(run, self.shared)
        self._name_window()

    def _name_window(self) -> None:
        space = self.state.space
        parts = [NAME, space.data_title, space.title]
        if self._run is not None and not self._run.complete:
            parts.append(words(self._run))
        self.root.title(" · ".join(parts))

    def _on_prepared(self, result: None) -> None:
        self.message.done()
        self._name_decoder()

    def _on_failure(self, error: BaseException) -> None:
        self._name_decoder()
        if not isinstance(error, UserError):
            raise error
        self._hear(Notice(str(error)))
        if self.reader.decoder is None:  # nothing will ever be shown
            self.exit_status = 2
            self.close()

    def _know_the_map(self, result: tuple[NearestDigits, float]) -> None:
        self._every, self.reader.usual_distance = result
        self._find_neighbours()
        # Not beside the import of SciPy, which the search for neighbours needs: that would wait for the
        # loading of TensorFlow's library, and make the window wait, since it holds Python's lock.
        self.workers.start("engine", self.engine.prepare, self._on_prepared, self._on_failure, self._hear)
        if self.engine.run is not None:
            ignore = lambda result: None  # noqa: E731
            self.workers.start("run", self.engine.follow, ignore, self._on_failure, self._hear, RUN_POLL_MS)

    def _find_neighbours(self) -> None:
        """Puts the shown points in a tree; until it is there, the readings go without."""
        if self._every is None:
            return
        places, shown = self.state.space.places, self.shared.shown(self.state.space.labels)
        if shown is None:
            self.workers.cancel("neighbours")
            self._take_neighbours(self._every)
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

    def _say_when_idle(self) -> None:
        """The words come a moment after the picture: drawing text takes as long as decoding."""
        if not self._words_due:
            self._words_due = True
            self.root.after_idle(self._say)

    def _say(self) -> None:
        self._words_due = False
        whereabouts = self.reader.locate(self.state.cursor)
        self.picture.show_words(self.reader.words(self._decoding, whereabouts), whereabouts)
        self.status.summarise()

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

    def _on_theme(self, shared: SharedState) -> None:
        style.apply(self.root, shared.theme)

    def _on_map_drawn(self) -> None:
        self._count_points()
        self._trace_layout("layout")

    def _on_configure(self, event: tk.Event) -> None:
        if event.widget is self.root:
            self._arrange_status(event.width)
            self.picture.resize(min(round(event.width * PICTURE_SHARE), event.height - ROOM_FOR_TEXT))
            self.root.after_idle(self._trace_layout, "layout")

    def _arrange_status(self, width: int) -> None:
        """Beside the legend, or below it in a narrow window."""
        narrow = width < self.legend.needed + ROOM_FOR_STATUS
        self.status.grid(row=int(narrow), column=int(not narrow), sticky="e")

    def _trace_layout(self, event: str) -> None:
        layout = {"map": self.map_panel.box_on_screen(), "picture": self.picture.box_on_screen()}
        if self._layout is None and event == "layout":
            return  # not yet usable
        if layout != self._layout:
            self._layout = layout
            self.trace.write(event, **layout)

    def _name_decoder(self, doing: str = "") -> None:
        decoder = self.reader.decoder
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

    def zoom(self, notches: int) -> None:
        self.map_panel.zoom_at_cursor(notches)

    def reset_view(self) -> None:
        self.state.reset_view()

    def toggle_class(self, index: int) -> None:
        if index < len(self.state.space.class_names):
            self.shared.toggle_class(index)

    def show_all_classes(self) -> None:
        self.shared.show_all_classes()

    def toggle_theme(self) -> None:
        self.shared.toggle_theme()

    def cancel(self) -> None:
        """Stops the computation of a grid; what can decode already goes on."""
        if self.message.cancellable:
            self.workers.cancel("engine")
            nothing = self.reader.decoder is None
            self._hear(
                Notice("cancelled" + (": no picture can be shown until the grid is computed" if nothing else ""))
            )
            self._name_decoder()

    def show_help(self) -> None:
        if self._help is None or not self._help.winfo_exists():
            self._help = HelpWindow(self.root, THEMES[self.shared.theme])
        self._help.lift()
