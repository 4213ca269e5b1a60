"""A second map beside the first one: what there is as long as two spaces are compared."""

from __future__ import annotations

import dataclasses
import time
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np

from explorer.analysis.analyses import ORIGINALS, PIXEL_INDEX
from explorer.session.comparison import LinkedViews, counterpart
from explorer.session.open_map import OpenSpace
from explorer.session.state import MapState
from explorer.space import view
from explorer.window.base.focus import as_button
from explorer.window.base.scale import px
from explorer.window.base.widgets import explain, fitted, packed
from explorer.window.base.workers import Part
from explorer.window.compare.morph import MorphPanel
from explorer.window.inspector.inspector import Inspector
from explorer.window.pane.map_pane import SETTLING_MS, MapPane, PaneServices

PART = "second"  # of the workers' slots
OF_IMAGES = ORIGINALS, PIXEL_INDEX  # what is the same in all spaces of the same images
BETWEEN = 2  # pixels between the two maps


class Maps(ttk.Frame):
    """Room for one map, or for two side by side, each below its name.

    Attributes:
        close_second: is called by the button above the second map; set by what puts it there.
    """

    close_second: Callable[[], None]

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        self.rowconfigure(1, weight=1)
        self.columnconfigure(0, weight=1)
        self._names: list[ttk.Label] = []  # of two maps, each in a frame of its own
        self._titles = ["", ""]
        self._below: tk.Widget | None = None

    def show_first(self, pane: MapPane) -> None:
        """Puts the map into the window."""
        pane.panel.grid(row=1, column=0, sticky="nsew")

    def add(self, pane: MapPane) -> None:
        """Puts a second map beside the first one."""
        self.columnconfigure((0, 1), weight=1, uniform="maps")
        for column in range(2):
            head = ttk.Frame(self, padding=px(62, 4, 14, 0))
            head.grid(row=0, column=column, sticky="ew", padx=(column * px(BETWEEN), 0))
            head.bind("<Configure>", lambda event: self.name(*self._titles))
            self._names.append(packed(ttk.Label(head, style="Title.TLabel"), side="left"))
        cross = ttk.Label(head, text="✕", style="Faint.TLabel", cursor="hand2", padding=px(8, 2, 0, 2))
        cross.pack(side="right")
        as_button(cross, lambda: self.after_idle(self.close_second))
        explain(cross, "the first map alone again (key v)")
        pane.panel.grid(row=1, column=1, sticky="nsew", padx=(px(BETWEEN), 0))

    def remove(self) -> None:
        """Gives the first map all room again; the second one is gone."""
        for name in self._names:
            name.master.destroy()
        self._names = []
        self.columnconfigure(0, weight=1, uniform="")
        self.columnconfigure(1, weight=0, uniform="")

    def put_below(self, widget: tk.Widget | None) -> None:
        """Puts a widget of this one below the maps, in place of the one before; or takes that away."""
        if self._below is not None:
            self._below.destroy()
        self._below = widget
        if widget is not None:
            widget.grid(row=2, column=0, columnspan=2, sticky="ew")

    def name(self, first: str, second: str) -> None:
        """Writes the names of their spaces above two maps."""
        self._titles = [first, second]
        for label, title in zip(self._names, self._titles, strict=False):
            label.configure(text=fitted(label, title, max(label.master.winfo_width() - px(110), px(60))))


class Comparison:
    """The second map, its link with the first one, and what the window shows of both.

    Args:
        maps: where the maps are.
        first: the map that is there already.
        opened: what the second one shows.
        inspector: shows the pictures of both.
        services: of the window.

    Attributes:
        second: the map.
        chosen_at: when its space was chosen, in `time.perf_counter` seconds; None once the trace was told.
        views: whether both maps show the same images.
    """

    chosen_at: float | None = None

    def __init__(
        self, maps: Maps, first: MapPane, opened: OpenSpace, inspector: Inspector, services: PaneServices
    ) -> None:
        self._maps, self.first, self._inspector, self._services = maps, first, inspector, services
        self._workers = Part(services.workers, PART)
        state = MapState(opened.probe.space)
        of_second = dataclasses.replace(services, workers=self._workers, trace=services.trace.also(map="second"))
        self.second = MapPane(maps, opened, state, of_second)
        first.context.share_images(self.second.context)
        self.second.switching.beside = first.state
        self.views = LinkedViews(first.state, state, first.shared, self._seen)
        self.second.panel.hold_cursor(first.panel.held)
        maps.add(self.second)
        self.tab = inspector.compare(first, self.second, self.views, self)
        self._morph: MorphPanel | None = None
        hear, hear_now = self.second.panel.hear, self.second.panel.hear_now  # until the second map is closed
        hear(lambda: self._show_place_beside(first, self.second), first.state.place_shown)
        hear(lambda: self._show_place_beside(self.second, first), state.place_shown)
        # images that were read for one map are there for the other one too
        hear(services.delegate.on_cursor, first.context.ready, self.second.context.ready, only=OF_IMAGES)
        hear_now(self._on_probe, first.context.probe_changed, self.second.context.probe_changed)
        hear_now(lambda: state.paint(first.state.background), first.state.background_changed)
        self.second.begin(SETTLING_MS)

    @property
    def panes(self) -> tuple[MapPane, MapPane]:
        return self.first, self.second

    def close(self) -> None:
        """Leaves the first map as it is, alone."""
        self._maps.update_idletasks()  # what is about to be drawn is drawn while everything is there
        self.end_morph()
        self.views.close()
        self._workers.cancel_all()
        self.first.context.stop_sharing()
        self._inspector.show_alone()
        self.second.close()
        self.first.context.compare_with(None)
        self._maps.remove()

    # ---- what the two have in common -------------------------------------------------------------

    def _on_probe(self) -> None:
        """Another space, or chart, on one of the maps."""
        self.end_morph()
        beside = self.second.state.space
        if self.first.probe.beside is not beside:
            self.first.context.compare_with(beside)
        self._maps.name(self.first.state.space.title, beside.title)
        self.tab.refresh()

    def _seen(self, state: MapState) -> view.Limits:
        """What is seen of a map: in its room, something fits beside the view asked for."""
        panel = (self.first if state is self.first.state else self.second).panel
        return view.fitted(state.limits, panel.map.box[2] / panel.map.box[3])

    def _show_place_beside(self, here: MapPane, there: MapPane) -> None:
        """Moves the other map's view to the same image where that is out of sight; linked views do so by themselves."""
        found = counterpart(here.probe, here.probe.locate(here.state.cursor), there.probe)
        if found.place is None or self.views.on:
            return
        if not view.inside(np.array([found.place]), self._seen(there.state))[0]:
            there.state.show_view(view.centred(there.state.limits, *found.place))

    def on_drawn(self) -> None:
        """Tells of the comparison once both maps are drawn in their new sizes; the morph takes on the map's colours."""
        if self._morph is not None and self._morph.morph.groups is not self.first.panel.map.colouring:
            self._morph.show_colouring(self.first.panel.map.colouring)
        if self.chosen_at is None or not all(pane.panel.is_settled() for pane in self.panes):
            return
        chosen_at, self.chosen_at = self.chosen_at, None
        self._maps.update_idletasks()
        ms = (time.perf_counter() - chosen_at) * 1000
        self._services.trace.write("compare", name=self.second.state.space.name, ms=round(ms, 3))

    # ---- morph -----------------------------------------------------------------------------------

    def morph(self, share: float) -> None:
        """Shows the points on their way from the first map to the second one; with 0, the first map itself."""
        if share == 0 and (self._morph is None or not self._morph.playing):
            self.end_morph()
        else:
            self._morphing().show(share)

    def play_morph(self) -> None:
        """Lets the points move to the other end, or stops them."""
        morph = self._morphing()
        if morph.playing:
            morph.stop()
        else:
            morph.play()

    def end_morph(self) -> bool:
        """Shows the first map itself again; says whether there was a morph."""
        if self._morph is None:
            return False
        self._morph.destroy()
        self._morph = None
        self.tab.share.set(0.0)
        return True

    def _morphing(self) -> MorphPanel:
        if self._morph is None:
            self._morph = MorphPanel(
                self.first.panel,
                self.first.state,
                self.second.state,
                self.first.shared,
                groups=self.first.panel.map.colouring,
                hovered=self._show_row,
                moved=self.tab.share.set,
                played=self._on_played,
            )
            self._morph.place(relwidth=1, relheight=1)
        return self._morph

    def _on_played(self, frames: int, seconds: float, points: int) -> None:
        self._services.trace.write(
            "morph", frames=frames, seconds=round(seconds, 3), points=points, share=self._morph.share
        )
        if self._morph.share == 0:
            self._maps.after_idle(self.end_morph)

    def _show_row(self, row: int) -> None:
        """Puts both cursors on an image that the mouse is on during a morph."""
        space = self.first.state.space
        point = space.index_of(row)
        if point is not None:
            self.first.state.move_cursor(tuple(space.places[point].tolist()))
