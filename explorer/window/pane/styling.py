"""What the map is coloured by and what is painted behind it: from being chosen to being shown."""

from __future__ import annotations

import time

from explorer.analysis import backgrounds, colouring
from explorer.analysis.probe import Reader
from explorer.session.state import MapState, SharedState
from explorer.trace import Trace
from explorer.window.map.map_panel import MapPanel
from explorer.window.pane.context import Session


class Paint:
    """Has worked out what a colouring or a background needs, and shows it once that is known.

    What cannot be had is given up for what was shown before, with a word why.

    Args:
        session: what the window works with.
        panel: the map.
        trace: is told of every change once it is drawn.
    """

    def __init__(self, session: Session, panel: MapPanel, trace: Trace) -> None:
        self._session, self._panel, self._trace = session, panel, trace
        self._state, self._shared = session.state, session.shared
        self._colouring, self._background = "class", "none"  # shown, or about to be drawn
        self._due: list[tuple[str, str, float]] = []  # what is told of after the next redraw
        self._shared.colouring_changed.connect(self._on_colouring)
        self._state.background_changed.connect(self._on_background)
        session.reader_changed.connect(self._on_reader)
        session.reader.learnt.connect(self._on_learnt)

    def close(self) -> None:
        """Paints no more."""
        self._shared.colouring_changed.disconnect(self._on_colouring)

    def begin(self) -> None:
        """Has worked out what is chosen from the start."""
        self._on_colouring(self._shared)
        self._on_background(self._state)

    # ---- what can be had -------------------------------------------------------------------------

    def lacking_colouring(self, name: str) -> str:
        """Why the dots cannot be coloured so, one line; empty where they can, as far as one can tell before."""
        reader, fact = self._session.reader, colouring.needed(name)
        if name == "error" and fact not in reader.facts and reader.decoder is None:
            return "no errors yet: nothing can decode"
        return reader.lacking.get(fact, "") if fact else ""

    def next_colouring(self) -> None:
        """Takes the next colouring that can be had."""
        names = colouring.names(self._state.space)
        self._shared.colour_by(_after(self._shared.colouring, [n for n in names if not self.lacking_colouring(n)]))

    def next_background(self) -> None:
        """Takes the next background that can be had."""
        names = [name for name in backgrounds.NAMES if not backgrounds.lacking(name, self._session.reader)]
        self._state.paint(_after(self._state.background, ["none", *names]))

    # ---- what changes ----------------------------------------------------------------------------

    def _on_reader(self, session: Session) -> None:
        """The map shows the points of another space, by class and with nothing behind them."""
        session.reader.learnt.connect(self._on_learnt)
        self._colouring, self._background = "class", "none"
        self.begin()

    def _on_learnt(self, reader: Reader, name: str) -> None:
        if reader is not self._session.reader:
            return
        if name == "decoder" and reader.facts.pop("field sensitivity", None) and self._background == "sensitivity":
            self._background = "none"  # a grid ends where the live decoder goes on
            self._on_background(self._state)
        network = name in ("decoder", "encoder")  # what waited for one goes on
        if self._shared.colouring != self._colouring and (network or name == colouring.needed(self._shared.colouring)):
            self._on_colouring(self._shared, given_up=not network and name not in reader.facts)
        if self._state.background != self._background and (network or name == backgrounds.fact(self._state.background)):
            self._on_background(self._state, given_up=not network and name not in reader.facts)

    def _on_colouring(self, shared: SharedState, given_up: bool = False) -> None:
        name, reader = shared.colouring, self._session.reader
        fact = colouring.needed(name)
        if name not in colouring.names(self._state.space):
            shared.colour_by("class")
        elif fact is None or fact in reader.facts:
            if name != self._colouring:
                self._colouring = name
                self._due.append(("colouring", name, time.perf_counter()))
                self._panel.show_colouring(colouring.groups(self._state.space, name, reader.facts))
        elif name == "error" and reader.decoder is None and fact not in reader.lacking:
            pass  # it is asked for when there is one
        elif (why := self.lacking_colouring(name)) or given_up:
            if why:
                self._session.say(why)
            shared.colour_by(self._colouring)
        else:
            self._session.need(fact)

    def _on_background(self, state: MapState, given_up: bool = False) -> None:
        name, reader = state.background, self._session.reader
        fact = backgrounds.fact(name)
        if fact is None and name != "none":
            state.paint("none")
        elif fact is None or fact in reader.facts:
            if name != self._background:
                self._background = name
                self._due.append(("background", name, time.perf_counter()))
                self._panel.show_background(reader.facts.get(fact))
        elif backgrounds.awaited(name, reader) and fact not in reader.lacking:
            pass  # it is asked for when that has come
        elif (why := backgrounds.lacking(name, reader)) or given_up:
            if why:
                self._session.say(why)
            state.paint(self._background)
        else:
            self._session.need(fact)

    def drawn(self) -> None:
        """Tells the trace what has just been drawn."""
        if self._due:
            self._panel.update_idletasks()
            for event, name, started in self._due:
                self._trace.write(event, name=name, ms=round((time.perf_counter() - started) * 1000, 3))
            self._due.clear()


def _after(name: str, names: list[str]) -> str:
    """The next of the names, which follow each other in a circle."""
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]
