"""What the map is coloured by and what is painted behind it: from being chosen to being shown."""

from __future__ import annotations

import time

from explorer.analysis import backgrounds, colouring
from explorer.analysis.probe import SpaceProbe
from explorer.session.state import MapState, SharedState
from explorer.trace import Trace
from explorer.window.map.map_panel import MapPanel
from explorer.window.pane.context import MapContext


class MapStyling:
    """Has worked out what a colouring or a background needs, and shows it once that is known.

    What cannot be had is given up for what was shown before, with a word why.

    Args:
        context: what the window works with.
        panel: the map.
        trace: is told of every change once it is drawn.
    """

    def __init__(self, context: MapContext, panel: MapPanel, trace: Trace) -> None:
        self._context, self._panel, self._trace = context, panel, trace
        self._state, self._shared = context.state, context.shared
        self._colouring, self._background = "class", "none"  # shown, or about to be drawn
        self._due: list[tuple[str, str, float]] = []  # what is told of after the next redraw
        self._shared.colouring_changed.connect(self._on_colouring)
        self._state.background_changed.connect(self._on_background)
        context.probe_changed.connect(self._on_probe)
        context.probe.ready.connect(self._on_ready)

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
        probe, fact = self._context.probe, colouring.needed(name)
        if name == "error" and fact not in probe.analyses and probe.decoder is None:
            return "no errors yet: nothing can decode"
        return probe.unavailable.get(fact, "") if fact else ""

    def next_colouring(self) -> None:
        """Takes the next colouring that can be had."""
        names = colouring.names(self._state.space)
        self._shared.colour_by(_after(self._shared.colouring, [n for n in names if not self.lacking_colouring(n)]))

    def next_background(self) -> None:
        """Takes the next background that can be had."""
        names = [name for name in backgrounds.NAMES if not backgrounds.unavailable(name, self._context.probe)]
        self._state.paint(_after(self._state.background, ["none", *names]))

    # ---- what changes ----------------------------------------------------------------------------

    def _on_probe(self, context: MapContext) -> None:
        """The map shows the points of another space, by class and with nothing behind them."""
        context.probe.ready.connect(self._on_ready)
        self._colouring, self._background = "class", "none"
        self.begin()

    def _on_ready(self, probe: SpaceProbe, name: str) -> None:
        if probe is not self._context.probe:
            return
        if name == "decoder" and probe.analyses.pop("field sensitivity", None) and self._background == "sensitivity":
            self._background = "none"  # a grid ends where the live decoder goes on
            self._on_background(self._state)
        network = name in ("decoder", "encoder")  # what waited for one goes on
        if self._shared.colouring != self._colouring and (network or name == colouring.needed(self._shared.colouring)):
            self._on_colouring(self._shared, given_up=not network and name not in probe.analyses)
        if self._state.background != self._background and (network or name == backgrounds.fact(self._state.background)):
            self._on_background(self._state, given_up=not network and name not in probe.analyses)

    def _on_colouring(self, shared: SharedState, given_up: bool = False) -> None:
        name, probe = shared.colouring, self._context.probe
        fact = colouring.needed(name)
        if name not in colouring.names(self._state.space):
            shared.colour_by("class")
        elif fact is None or fact in probe.analyses:
            if name != self._colouring:
                self._colouring = name
                self._due.append(("colouring", name, time.perf_counter()))
                self._panel.show_colouring(colouring.groups(self._state.space, name, probe.analyses))
        elif name == "error" and probe.decoder is None and fact not in probe.unavailable:
            pass  # it is asked for when there is one
        elif (why := self.lacking_colouring(name)) or given_up:
            if why:
                self._context.say(why)
            shared.colour_by(self._colouring)
        else:
            self._context.need(fact)

    def _on_background(self, state: MapState, given_up: bool = False) -> None:
        name, probe = state.background, self._context.probe
        fact = backgrounds.fact(name)
        if fact is None and name != "none":
            state.paint("none")
        elif fact is None or fact in probe.analyses:
            if name != self._background:
                self._background = name
                self._due.append(("background", name, time.perf_counter()))
                self._panel.show_background(probe.analyses.get(fact))
        elif backgrounds.awaited(name, probe) and fact not in probe.unavailable:
            pass  # it is asked for when that has come
        elif (why := backgrounds.unavailable(name, probe)) or given_up:
            if why:
                self._context.say(why)
            state.paint(self._background)
        else:
            self._context.need(fact)

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
