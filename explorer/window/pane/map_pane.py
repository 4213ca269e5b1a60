"""One map of the window: its panel, its probe, its engine, and switching to another space."""

from __future__ import annotations

import importlib
import sys
import time
import tkinter as tk
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.best_places import BEST_PLACES
from explorer.analysis.fading import NEARNESS
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import keras_runtime
from explorer.decoding.engines import EngineFor, Message, Notice, Progress, Update, is_decoder
from explorer.errors import UserError
from explorer.session.open_map import OpenSpace
from explorer.session.state import MapState, Place, SharedState
from explorer.spaces import following
from explorer.spaces.catalogue import Catalogue
from explorer.spaces.point_index import PointIndex
from explorer.trace import Trace
from explorer.window.base.widgets import Later
from explorer.window.base.workers import Asked, Part, Tell, Workers
from explorer.window.map.map_panel import MapPanel
from explorer.window.map.marks import show_pins
from explorer.window.pane.context import MapContext
from explorer.window.pane.late_decoding import late
from explorer.window.pane.message import Message as MessageCard
from explorer.window.pane.styling import Background, Colouring
from explorer.window.pane.switching import Switching
from explorer.window.pane.turning import Turning

READING_MS = 600  # how long the engine waits for the images to be read
SETTLING_MS = 150  # the same after a switch: the user may go on to the next space
PLANE_MS = 200  # how long a plane is shown before anything about it is computed
OPENING_MS = 250  # a space that takes longer to open is named in the status bar
RUN_POLL_MS = 100  # how long a new epoch may wait before it is shown
TREES = "scipy.spatial"  # what `PointIndex` imports


class MapPaneDelegate(Protocol):
    """The window, as its maps see it: a map calls these methods when something happens."""

    def on_hover(self, pane: MapPane, started: float, pixel: tuple[int, int]) -> None:
        """The cursor was moved; see `MapPanel`."""

    def on_turned(self, pane: MapPane, code: np.ndarray) -> None:
        """The plane of this map turns, and this code, (d,), is at the cursor now."""

    def on_cursor(self) -> None:
        """The decoded picture at a cursor, or the text about it, may have changed."""

    def on_drawn(self, pane: MapPane) -> None:
        """The map has been drawn, or resized."""

    def on_click(self, pane: MapPane, place: Place) -> None:
        """The map was clicked."""

    def on_selected(self, ms: float) -> None:
        """A selection made with the mouse is now visible, this many ms after the release."""

    def on_probe(self, pane: MapPane, probe: SpaceProbe) -> None:
        """This probe is about to replace the current one; it may be of another space."""

    def on_shown(self, pane: MapPane, run: following.Run | None) -> None:
        """Another space is shown, or another epoch of a training run; `run` is None for a space that is no run."""

    def on_doing(self) -> None:
        """`MapPane.doing` has changed."""

    def on_spaces(self, pane: MapPane) -> None:
        """The opening of a space has started or ended, or the list of spaces has changed."""

    def on_hopeless(self, pane: MapPane) -> None:
        """This map will never have a decoder."""


@dataclass(frozen=True)
class PaneServices:
    """What a window provides for its maps.

    Attributes:
        shared: the state that all maps share.
        engine_for: makes the engines of spaces that are chosen later.
        catalogue: the spaces to choose from.
        workers: the threads of the window.
        trace: records the events of a map.
        delegate: is called when something happens in a map.
    """

    shared: SharedState
    engine_for: EngineFor
    catalogue: Catalogue
    workers: Workers | Part
    trace: Trace
    delegate: MapPaneDelegate


class MapPane:
    """A map on the screen, with its engine.

    Args:
        parent: parent of the map's panel, which the caller lays out.
        opened: the first space.
        state: the state of this map.
        services: what the window provides.

    Attributes:
        context: the open map that all parts share.
        panel, message: the map and the card over it.
        colouring, background: the colouring of the points, and the background behind them.
        turning: turns the plane of the map.
        switching: opens another space.
    """

    def __init__(self, parent: tk.Misc, opened: OpenSpace, state: MapState, services: PaneServices) -> None:
        self.state, self.shared, self._workers = state, services.shared, services.workers
        self._trace, self._delegate = services.trace, services.delegate
        shared, delegate = self.shared, self._delegate
        self.context = MapContext(opened, state, shared, self._workers)
        self.context.trace = self._trace
        self.switching = Switching(
            self.context, services.engine_for, services.catalogue, self._show_opened, self._on_spaces
        )
        self._engine_does = self._opening = ""
        self._noticed: set[str] = set()
        self._chosen_at: float | None = None  # when the space was chosen that is not yet drawn or decoded; else None
        self._learns_when_drawn = False  # whether the points are indexed once the map is drawn; it would slow that down
        self._engine_ms: int | None = None  # how long after the points are known the engine starts
        self.panel = MapPanel(
            parent,
            state,
            shared,
            hovered=lambda started, pixel: delegate.on_hover(self, started, pixel),
            changed=self._on_drawn,
            clicked=lambda place: delegate.on_click(self, place),
            selected=delegate.on_selected,
        )
        self.message = self.context.message = MessageCard(self.panel, self.cancel_work)
        self.context.marks = self.panel.marks
        self.colouring = Colouring(self.context, self.panel, shared)
        self.background = Background(self.context, self.panel, state)
        self.turning = Turning(
            self.context, self.panel, lambda code: delegate.on_turned(self, code), self.context.say_done, self._trace
        )
        self.context.turning = self.turning
        self._engine_later = Later(self.panel, self._start_engine)
        self._plane_later = Later(self.panel, self._on_plane, PLANE_MS)
        self.panel.hear(self._on_coordinates, state.coordinates_changed)
        self.panel.hear(self._on_rest, state.rest_changed)
        self.panel.hear(self._find_neighbours, shared.hidden_changed)
        self.panel.hear_now(self._mark_pins, shared.pins_changed, self.context.probe_changed)
        self.panel.hear(self._mark_pins, self.context.ready, only=(ORIGINALS, BEST_PLACES))
        self.panel.hear(self._ask_for_best_places, shared.pins_changed, self.context.probe_changed)
        self.panel.hear(self._ask_for_best_places, self.context.ready, only=("decoder",))
        self.panel.hear(self._fade, self.context.probe_changed, state.fades_changed)
        self.panel.hear(self._fade, self.context.ready, only=("points", NEARNESS))
        self.panel.hear(self._decode_late, self.context.probe_changed)
        self.panel.hear(self._decode_late, self.context.ready, only=("decoder",))
        self._decode_late()
        self.context.probe_changing.connect(self._on_probe_changing)
        self.panel.hear(self._on_originals, self.context.ready, only=(ORIGINALS,))

    @property
    def probe(self) -> SpaceProbe:
        return self.context.probe

    @property
    def doing(self) -> str:
        """The active decoder and what is being prepared, as text for the status bar."""
        decoder, doing = self.probe.decoder, self._opening or self._engine_does
        if decoder is None:
            name = "no decoder" if self.probe.decoder_unavailable else "no decoder yet"
        elif decoder.source == "grid":
            name = "grid {1} × {0}".format(*decoder.grid.shape)
        else:
            name = "live decoder"
        return f"{name}, {doing} …" if doing else name

    def begin(self, engine_ms: int = READING_MS) -> None:
        """Indexes the points, and shows colouring and background. Starts the engine after so many ms, or earlier if the
        images are read."""
        self._hear_notices()
        self._engine_ms = engine_ms
        self._learn_the_map()

    def close(self) -> None:
        """Ends all work of this map, and destroys its panel."""
        self._stop_engine()
        self.panel.destroy()

    # ---- the points ------------------------------------------------------------------------------

    def _learn_the_map(self) -> None:
        """Builds the k-d tree of all points."""
        places = self.state.space.places

        def know(tell: Tell, cancelled: Asked) -> PointIndex:
            if TREES not in sys.modules:
                with keras_runtime.without_collections():
                    importlib.import_module(TREES)
            all_points = PointIndex(places)
            all_points.usual_distance()  # computed here, not on first use
            return all_points

        self._workers.start("map", know, self._know_points, self._on_failure)

    def _know_points(self, all_points: PointIndex) -> None:
        self.context.know_points(all_points)
        self._find_neighbours()
        if self._engine_ms is not None:
            ms, self._engine_ms = self._engine_ms, None
            self.colouring.follow()
            self.background.follow()
            # Not in parallel with the import of SciPy (for the neighbour search) or with reading MNIST: both would wait
            # for TensorFlow's library to load, and make the window wait, since they hold Python's lock.
            self._start_engine_in(ms)

    def _find_neighbours(self) -> None:
        """Builds the k-d tree of the shown points; until it is ready, nothing is said about neighbours."""
        all_points = self.probe.all_points
        if all_points is None:
            return
        places, shown = self.state.space.places, self.shared.shown(self.state.space.labels)
        if shown is None:
            self._workers.cancel("neighbours")
            self._take_neighbours(all_points)
        else:
            self.probe.neighbours = None
            build = lambda tell, cancelled: PointIndex(places, shown)  # noqa: E731
            self._workers.start("neighbours", build, self._take_neighbours, self._on_failure)

    def _take_neighbours(self, neighbours: PointIndex) -> None:
        self.probe.neighbours = neighbours
        self._delegate.on_cursor()

    def _mark_pins(self) -> None:
        show_pins(self.panel.marks, self.probe, self.shared)

    def _decode_late(self) -> None:
        """Lets a slow decoder work in a worker."""
        probe = self.probe
        if probe.decode_late is None:
            arrived = self._delegate.on_cursor
            probe.decode_late = late(probe.decoder, probe.stopgap, self._workers, arrived, self._on_failure)

    def _ask_for_best_places(self) -> None:
        if self.shared.pins and "run" not in self.probe.space.card:  # else the map would be decoded after each epoch
            self.context.need(BEST_PLACES)

    # ---- another space, or other coordinates ---------------------------------------------------

    def _on_probe_changing(self, context: MapContext, probe: SpaceProbe) -> None:
        self._workers.cancel("map")
        self._workers.cancel("neighbours")
        self._delegate.on_probe(self, probe)

    def _on_coordinates(self) -> None:
        """Shows the same space in other coordinates, and recomputes what depends on positions."""
        self.context.follow_coordinates()
        self._learn_the_map()
        self._delegate.on_cursor()
        self._trace.write("chart", name=self.state.space.coordinates)

    def _on_rest(self) -> None:
        """Decodes on a parallel plane, on which the points have the same places. What takes longer follows when no
        other plane is shown for a moment."""
        self._delegate.on_cursor()
        self._plane_later.cancel()
        self._plane_later()

    def _on_plane(self) -> None:
        """Computes anew what is about the plane."""
        self.context.forget_plane()
        self.background.follow_plane()
        self._mark_pins()
        self.context.tell(BEST_PLACES)
        self._ask_for_best_places()
        self._fade()

    def _fade(self) -> None:
        """Fades the points by their distance to the plane, once that is known."""
        probe, fades = self.probe, self.state.fades and self.state.space.dimensions > 2
        steps = probe.result(NEARNESS) if fades else None
        if steps is not None or not fades:
            self.panel.show_nearness(steps)
        elif probe.all_points is not None:
            self.context.need(NEARNESS)

    def _show_opened(self, opened: OpenSpace, chosen_at: float) -> None:
        """Shows a chosen space. Its engine continues once the map is drawn."""
        self._stop_engine()
        self.context.hold()  # until the map is drawn
        self.context.show(opened)
        self._delegate.on_shown(self, opened.engine.run)
        self._chosen_at = chosen_at
        self._learns_when_drawn = self.probe.all_points is None
        self._find_neighbours()
        self._delegate.on_cursor()
        self._hear_notices()
        self._start_engine_in(SETTLING_MS if ORIGINALS in self.probe.results else READING_MS)

    def _on_drawn(self) -> None:
        self.colouring.drawn()
        self.background.drawn()
        self._tell_switched()
        if self._learns_when_drawn:
            self._learns_when_drawn = False
            self._learn_the_map()
        self.context.release()
        self._delegate.on_drawn(self)

    def _tell_switched(self) -> bool:
        """Writes a chosen space to the trace, once it is drawn and decoded. Returns whether it did."""
        if self._chosen_at is None or self.probe.decoder is None or self.panel.is_redrawing():
            return False
        chosen_at, self._chosen_at = self._chosen_at, None
        self.panel.update_idletasks()  # which may draw the map once more
        ms = (time.perf_counter() - chosen_at) * 1000
        self._trace.write("space", name=self.state.space.name, ms=round(ms, 3))
        if self.probe.decoder.source == "live":
            self._trace.write("live")
        return True

    # ---- the engine ------------------------------------------------------------------------------

    def _start_engine_in(self, ms: int) -> None:
        """Starts the engine after so many ms, or as soon as the images are read."""
        self._engine_later(ms)
        self.context.need(ORIGINALS)

    def _on_originals(self) -> None:
        if self._engine_later.cancel():
            self._start_engine()

    def _start_engine(self) -> None:
        if self.context.opened.prepared:
            return
        engine = self.context.engine
        self._workers.start("engine", engine.prepare, self._on_prepared, self._on_failure, self._hear)
        if engine.run is not None:
            ignore = lambda result: None  # noqa: E731
            self._workers.start("run", engine.follow, ignore, self._on_failure, self._hear, RUN_POLL_MS, True)

    def _stop_engine(self) -> None:
        self._engine_ms = None
        self._engine_later.cancel()
        self._workers.cancel("run")
        if self._workers.cancel("engine") and not self.context.shows_progress:
            self.message.done()
        self._engine_does = ""

    def _do(self, what: str) -> None:
        self._engine_does = what
        self._delegate.on_doing()

    def _on_spaces(self) -> None:
        self._opening = ""
        self._delegate.on_spaces(self)
        self._delegate.on_doing()
        if self.switching.opening is not None:
            self.panel.after(OPENING_MS, self._tell_opening, self.switching.opening)

    def _tell_opening(self, folder: Path) -> None:
        if folder == self.switching.opening:
            self._opening = f"opening {folder.name}"
            self._delegate.on_doing()

    def _hear_notices(self) -> None:
        """Shows the notices of opening. A notice that applies to every space is shown once."""
        for notice in self.context.engine.notices:
            if notice.text not in self._noticed:
                self._noticed.add(notice.text)
                self._hear(notice)

    def _hear(self, message: Message) -> None:
        """Handles a message from the engine's worker."""
        source = self.probe.decoder and self.probe.decoder.source
        self.context.hear(message)
        if isinstance(message, Progress):
            self._do(message.text if message.share is None else "")
            if message.share is not None:
                self.message.working(message)
        elif isinstance(message, Notice):
            print(message.text, file=sys.stderr)
            self.message.say(message.text)
        elif isinstance(message, Update):
            self._show_epoch(message.run, source)
        elif not is_decoder(message):  # an encoder, whose round trip can be shown from now on
            self._delegate.on_cursor()
        else:
            self.message.done()
            self._do("")
            self._delegate.on_cursor()
            self.panel.update_idletasks()
            if not self._tell_switched() and message.source == "live":
                self._trace.write("live")

    def _show_epoch(self, run: following.Run | None, source: str | None) -> None:
        """Shows another epoch of a run: points, picture and words change together.

        Args:
            source: the source of the previous decoder.
        """
        self._delegate.on_shown(self, run)
        space, shown = self.state.space, self.shared.shown(self.state.space.labels)
        if self.probe.all_points is None:
            self._learn_the_map()
        if shown is not None:  # at once, although 70,000 points take 20 ms; otherwise the texts would flicker
            self.probe.neighbours = PointIndex(space.places, shown)
        self._delegate.on_cursor()
        self.panel.update_idletasks()
        if self.probe.decoder.source == "live" and source != "live":
            self._trace.write("live")
        if run is not None:
            self._trace.write("epoch", epoch=run.epoch, complete=run.complete)

    def _on_prepared(self, result: None) -> None:
        self.context.opened.prepared = True
        self.message.done()
        self._do("")
        self.switching.check()

    def _on_failure(self, error: BaseException) -> None:
        self._do("")
        if not isinstance(error, UserError):
            raise error
        if self.probe.decoder is None and self.switching.back(error):
            return
        self._hear(Notice(str(error)))
        if self.probe.decoder is None:  # no picture will ever be shown
            self._delegate.on_hopeless(self)

    def cancel_work(self) -> bool:
        """Stops the work whose progress is shown; the active decoder stays. Returns whether there was any."""
        if self.context.shows_progress:
            self.context.cancel()
        elif self.message.stop is not None:
            self.message.stop()
        elif self.message.cancellable:
            self._workers.cancel("engine")
            without = ""
            if self.probe.decoder is None:
                if self.switching.back():
                    self.message.done()
                    return True
                without = ": no picture can be shown until the grid is computed"
            self._hear(Notice(f"cancelled{without}"))
            self._delegate.on_doing()
        else:
            return False
        return True
