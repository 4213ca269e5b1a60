"""What the map is coloured by and what is painted behind it: from being chosen to being shown."""

from __future__ import annotations

import time
from typing import Any, Literal

from explorer.analysis import colouring
from explorer.analysis.backgrounds import BACKGROUNDS
from explorer.analysis.colouring import NEEDED
from explorer.analysis.probe import Analysis, What
from explorer.window.map.map_panel import MapPanel
from explorer.window.pane.context import MapContext


class MapStyling:
    """Has worked out what a colouring or a background needs, and shows it once that is known.

    Where that is unavailable, it says why, and goes back to what was shown before.

    Args:
        context: what the window works with; its trace is told of every change once it is drawn.
        panel: the map.
    """

    def __init__(self, context: MapContext, panel: MapPanel) -> None:
        self._context, self._panel = context, panel
        self._state, self._shared = context.state, context.shared
        self._colouring, self._background = "class", "none"  # shown, or about to be drawn
        self._due: list[tuple[str, str, float]] = []  # what is told of after the next redraw
        panel.hear(self._on_colouring, self._shared.colouring_changed)
        panel.hear(self._on_background, self._state.background_changed)
        panel.hear(self._on_probe, context.probe_changed)
        context.ready.connect(self._on_ready)

    def begin(self) -> None:
        """Has worked out what is chosen from the start."""
        self._on_colouring()
        self._on_background()

    def next_colouring(self) -> None:
        """Takes the next colouring that is available."""
        available = self._available({name: NEEDED.get(name) for name in colouring.names(self._state.space)})
        self._shared.colour_by(_after(self._shared.colouring, available))

    def next_background(self) -> None:
        """Takes the next background that is available."""
        self._state.paint(_after(self._state.background, self._available({"none": None} | BACKGROUNDS)))

    def _available(self, needed: dict[str, Analysis[Any] | None]) -> list[str]:
        """The names whose analyses are available, or that need none."""
        unavailable = self._context.probe.unavailable
        return [name for name, analysis in needed.items() if analysis is None or not unavailable(analysis)]

    # ---- what changes ----------------------------------------------------------------------------

    def _on_probe(self) -> None:
        """The map shows the points of another space, by class and with nothing behind them."""
        self._colouring, self._background = "class", "none"
        self.begin()

    def _on_ready(self, context: MapContext, what: What) -> None:
        results = context.probe.results
        if what == "decoder" and results.pop(BACKGROUNDS["sensitivity"], None) and self._background == "sensitivity":
            self._background = "none"  # a grid ends where the live decoder goes on
            self._on_background()
        network = what in ("decoder", "encoder")  # what waited for one goes on
        given_up = not network and what not in results
        if self._shared.colouring != self._colouring and (network or what == NEEDED.get(self._shared.colouring)):
            self._on_colouring(given_up)
        if self._state.background != self._background and (network or what == BACKGROUNDS.get(self._state.background)):
            self._on_background(given_up)

    def _on_colouring(self, given_up: bool = False) -> None:
        name, space = self._shared.colouring, self._state.space
        if name not in colouring.names(space):
            self._shared.colour_by("class")
            return
        outcome = self._outcome(NEEDED.get(name), given_up)
        if outcome == "unavailable":
            self._shared.colour_by(self._colouring)
        elif outcome == "known" and name != self._colouring:
            self._colouring = name
            self._due.append(("colouring", name, time.perf_counter()))
            self._panel.show_colouring(colouring.groups(space, name, self._context.probe.results))

    def _on_background(self, given_up: bool = False) -> None:
        name = self._state.background
        analysis = BACKGROUNDS.get(name)
        if analysis is None and name != "none":
            self._state.paint("none")
            return
        outcome = self._outcome(analysis, given_up)
        if outcome == "unavailable":
            self._state.paint(self._background)
        elif outcome == "known" and name != self._background:
            self._background = name
            self._due.append(("background", name, time.perf_counter()))
            self._panel.show_background(self._context.probe.results.get(analysis))

    def _outcome(self, analysis: Analysis[Any] | None, given_up: bool) -> Literal["known", "awaited", "unavailable"]:
        """Whether a result can be shown now, later, or never, which is said; has it worked out.

        Args:
            analysis: that has the result; None where nothing is needed.
            given_up: it was cancelled.
        """
        probe = self._context.probe
        if analysis is None or analysis in probe.results:
            return "known"
        if probe.awaits_network(analysis):
            return "awaited"  # it is asked for when that has come
        if why := probe.unavailable(analysis):
            self._context.say(why)
        elif not given_up:
            self._context.need(analysis)
            return "awaited"
        return "unavailable"

    def drawn(self) -> None:
        """Tells the trace what has just been drawn."""
        if self._due:
            self._panel.update_idletasks()
            for event, name, started in self._due:
                self._context.trace.write(event, name=name, ms=round((time.perf_counter() - started) * 1000, 3))
            self._due.clear()


def _after(name: str, names: list[str]) -> str:
    """The next of the names, which follow each other in a circle."""
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]
