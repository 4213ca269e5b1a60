"""Applies the chosen colouring and background to the map, once their analyses are known."""

from __future__ import annotations

import time
from typing import Any

from explorer.analysis import colouring
from explorer.analysis.backgrounds import BACKGROUNDS
from explorer.analysis.colouring import NEEDED
from explorer.analysis.probe import Analysis, What
from explorer.session.state import MapState, SharedState
from explorer.uses import naming
from explorer.window.map.map_panel import MapPanel
from explorer.window.map.range_card import RangeCard
from explorer.window.pane.context import MapContext


class Style:
    """Colouring or background. Requests the analysis that the choice needs, and shows the choice once it is known.

    If the analysis is unavailable, a message says why, and the previous choice comes back.

    Args:
        context: context of the map. Its trace gets an event for each change that was drawn.
        panel: the map.
        chosen_in: the state that has the choice, a name.

    Attributes:
        kind: the name of the state's attribute, and of the trace's event.
        plain: the initial choice for a space.
        needed: the analysis that each choice needs, by name; the others need none.
    """

    kind: str
    plain: str
    needed: dict[str, Analysis[Any]]

    def __init__(self, context: MapContext, panel: MapPanel, chosen_in: MapState | SharedState) -> None:
        self._context, self._panel, self._chosen_in = context, panel, chosen_in
        self._shown = self.plain  # or is about to be drawn
        self._due: list[tuple[str, float]] = []  # names and times of choices, for the trace, until the next redraw
        panel.hear(self.follow, getattr(chosen_in, f"{self.kind}_changed"))
        panel.hear(self._on_probe, context.probe_changed)
        context.ready.connect(self._on_ready)

    def _names(self) -> tuple[str, ...]:
        """All names, in order."""
        return (self.plain, *self.needed)

    def _show(self, name: str) -> None:
        """Shows a choice whose analysis is known."""
        raise NotImplementedError

    @property
    def _chosen(self) -> str:
        return getattr(self._chosen_in, self.kind)

    def _choose(self, name: str) -> None:
        setattr(self._chosen_in, self.kind, name)

    def next(self) -> None:
        """Chooses the next available name."""
        probe, needed = self._context.probe, self.needed
        names = [name for name in self._names() if name not in needed or not probe.unavailable(needed[name])]
        at = names.index(self._chosen) if self._chosen in names else -1
        self._choose(names[(at + 1) % len(names)])

    def follow(self, given_up: bool = False) -> None:
        """Shows the choice, now or once its analysis is known; or goes back to the previous one.

        Args:
            given_up: the analysis was cancelled.
        """
        name, probe = self._chosen, self._context.probe
        if name not in self._names():
            self._choose(self.plain)
            return
        analysis = self.needed.get(name)
        if analysis is None or analysis in probe.results:
            if name != self._shown:
                self._shown = name
                self._due.append((name, time.perf_counter()))
                self._show(name)
        elif probe.awaits_network(analysis):
            return  # requested once the network is loaded
        elif why := probe.unavailable(analysis):
            self._context.say(why)
            self._choose(self._shown)
        elif given_up:
            self._choose(self._shown)
        else:
            self._context.need(analysis)

    def _on_probe(self) -> None:
        """The map now shows another space, with the initial choice."""
        self._shown = self.plain
        self.follow()

    def _on_ready(self, context: MapContext, what: What) -> None:
        network = what in ("decoder", "encoder")  # an analysis that waits for a network can start now
        if self._chosen != self._shown and (network or what == self.needed.get(self._chosen)):
            self.follow(given_up=not network and what not in context.probe.results)

    def drawn(self) -> None:
        """Writes what was just drawn to the trace."""
        if self._due:
            self._panel.update_idletasks()
            for name, started in self._due:
                self._context.trace.write(self.kind, name=name, ms=round((time.perf_counter() - started) * 1000, 3))
            self._due.clear()


class Colouring(Style):
    """The colouring of the points. While a person names images, "class" is what the names say."""

    kind, plain, needed = "colouring", "class", NEEDED

    def __init__(self, context: MapContext, panel: MapPanel, chosen_in: MapState | SharedState) -> None:
        self.card = RangeCard(panel, context.shared, self._recolour, context.say)
        super().__init__(context, panel, chosen_in)
        panel.hear_now(self._on_names, context.shared.names_changed, context.probe_changed)

    def _names(self) -> tuple[str, ...]:
        return colouring.names(self._context.state.space)

    def _on_probe(self) -> None:
        self.card.show(self._context.state.space, self._panel.map.colouring, None)
        super()._on_probe()

    def _on_names(self) -> None:
        named = self._context.shared.names is not None or self._panel.map.colouring.name == colouring.NAMED
        if named and self._shown == self.plain:
            self._show(self.plain)

    def _show(self, name: str) -> None:
        space, results = self._context.state.space, self._context.probe.results
        names = self._context.shared.names if name == self.plain else None
        groups = colouring.groups(space, name, results) if names is None else naming.groups(space, names)
        self._panel.show_colouring(groups)
        self.card.show(space, groups, colouring.numbers(space, name, results))

    def _recolour(self) -> None:
        """Spreads the colours over other values."""
        results = self._context.probe.results
        groups = colouring.groups(self._context.state.space, self._shown, results, self.card.limits)
        self._panel.show_colouring(groups)


class Background(Style):
    """The background behind the points."""

    kind, plain, needed = "background", "none", BACKGROUNDS

    def _show(self, name: str) -> None:
        self._panel.show_background(self._context.probe.results.get(BACKGROUNDS.get(name)))

    def follow_plane(self) -> None:
        """Computes the background anew if it is about what is decoded on another plane now."""
        if self._shown in BACKGROUNDS and BACKGROUNDS[self._shown].of == "plane":
            self._shown = self.plain
            self.follow()

    def _on_ready(self, context: MapContext, what: What) -> None:
        sensitivity = BACKGROUNDS["sensitivity"]
        if what == "decoder" and context.probe.results.pop(sensitivity, None) and self._shown == "sensitivity":
            self._shown = "none"  # a grid has edges where a live decoder has none
        super()._on_ready(context, what)
