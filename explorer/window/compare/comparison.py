"""The second map, and everything that exists only while two maps are compared."""

from __future__ import annotations

import dataclasses
import time
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np

from explorer.analysis.analyses import ORIGINALS, PIXEL_INDEX
from explorer.session.comparison import LinkedViews, counterpart, names_of
from explorer.session.open_map import OpenSpace
from explorer.session.state import MapState
from explorer.spaces import view
from explorer.spaces.latent_space import LatentSpace
from explorer.window.base.scale import px
from explorer.window.base.widgets import button, explain, fitted, packed
from explorer.window.base.workers import Part
from explorer.window.inspector.inspector import Inspector
from explorer.window.map.morph import MorphPanel
from explorer.window.pane.map_pane import SETTLING_MS, MapPane, PaneServices

PART = "second"  # prefix of the workers' slots
OPENING = "comparison"  # holds back the analyses of both maps
OF_IMAGES = ORIGINALS, PIXEL_INDEX  # analyses with the same result in all spaces of the same images
BETWEEN = 2  # pixels between the two maps
LOW = 700  # pixels of a window: a lower one has no room for both the pictures and the tour's card below the maps
CLOSE = "close the second map (key v)"


class Maps(ttk.Frame):
    """Room for one map, or for two side by side: each below its name, and the pictures of both below them.

    Attributes:
        close_second: is called by the button above the second map; set by the owner.
        rearranged: is called when there is something else below the maps.
    """

    close_second: Callable[[], None]
    rearranged: Callable[[], None]

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        self.rowconfigure(1, weight=1)
        self.columnconfigure(0, weight=1)
        self._heads: list[ttk.Frame] = []  # above two maps
        self._labels: list[ttk.Label] = []  # in these
        self._spaces: list[LatentSpace] = []
        self._names = "", ""
        self._below: tk.Widget | None = None
        self.rearranged = lambda: None

    def show_first(self, pane: MapPane) -> None:
        """Puts the map into the window."""
        pane.panel.grid(row=1, column=0, sticky="nsew")

    def add(self, pane: MapPane) -> None:
        """Puts a second map beside the first one."""
        self.columnconfigure((0, 1), weight=1, uniform="maps")
        for column in range(2):
            head = ttk.Frame(self, padding=px(62, 0, 14, 0))
            head.grid(row=0, column=column, sticky="ew", padx=(column * px(BETWEEN), 0))
            head.bind("<Configure>", lambda event: self._fit_names())
            label = packed(ttk.Label(head, style="Title.TLabel"), side="left")
            explain(label, lambda column=column: self._tip(column))
            self._heads.append(head)
            self._labels.append(label)
        close = button(head, "✕", lambda: self.after_idle(self.close_second), CLOSE, style="Tool.TButton", width=2)
        close.pack(side="right")
        self._close = close
        pane.panel.grid(row=1, column=1, sticky="nsew", padx=(px(BETWEEN), 0))

    def is_low(self, height: int) -> bool:
        """Whether a window so high leaves no room for pictures between the maps and what is below them."""
        return self._below is not None and height < px(LOW)

    def show_pictures(self, pictures: tk.Widget) -> None:
        """Puts the pictures of two maps below them."""
        pictures.grid(in_=self, row=2, column=0, columnspan=2, sticky="ew", padx=0)  # not as beside them

    def remove(self) -> None:
        """Gives the first map all room again; the second one and the pictures are gone."""
        for head in self._heads:
            head.destroy()
        self._heads, self._labels, self._spaces = [], [], []
        self.columnconfigure(0, weight=1, uniform="")
        self.columnconfigure(1, weight=0, uniform="")

    def put_below(self, widget: tk.Widget | None) -> None:
        """Puts a widget of this one below everything, in place of the one before; or takes that away."""
        if self._below is not None:
            self._below.destroy()
        self._below = widget
        if widget is not None:
            widget.grid(row=3, column=0, columnspan=2, sticky="ew")
        self.rearranged()

    def name(self, first: LatentSpace, second: LatentSpace) -> None:
        """Writes the names of two spaces above their maps."""
        self._spaces, self._names = [first, second], names_of(first, second)
        self._fit_names()

    def _fit_names(self) -> None:
        for head, label, name in zip(self._heads, self._labels, self._names, strict=True):
            beside = self._close.winfo_reqwidth() if head is self._heads[1] else 0
            label.configure(text=fitted(label, name, max(head.winfo_width() - beside - px(62 + 14 + 8), px(60))))

    def _tip(self, column: int) -> str:
        """The whole name of a map, and the data and the folder of its space."""
        space = self._spaces[column]
        return f"{self._names[column]}\n{space.title} of {space.data_title}\n{space.folder}"


class Comparison:
    """The second map, its link with the first one, and what the window shows of both.

    Args:
        maps: holds the maps.
        first: the first map.
        opened: the space of the second one.
        inspector: shows the pictures of both.
        services: of the window.

    Attributes:
        second: the second map.
        chosen_at: when its space was chosen, in `time.perf_counter` seconds; None once the trace has it.
        views: the link between the views of both maps.
    """

    chosen_at: float | None = None

    def __init__(
        self, maps: Maps, first: MapPane, opened: OpenSpace, inspector: Inspector, services: PaneServices
    ) -> None:
        self._maps, self.first, self._inspector, self._services = maps, first, inspector, services
        first.context.hold(OPENING)
        self._workers = Part(services.workers, PART)
        state = MapState(opened.probe.space)
        of_second = dataclasses.replace(services, workers=self._workers, trace=services.trace.also(map="second"))
        self.second = MapPane(maps, opened, state, of_second)
        self.second.context.hold(OPENING)
        first.context.share_images(self.second.context)
        self.second.switching.beside = first.state
        self.views = LinkedViews(first.state, state, first.shared, self._seen)
        self.second.panel.hold_cursor(first.panel.held)
        # The inspector's width is changed first, so that Tk puts the maps into their new room at once.
        self.tab = inspector.compare(maps, first, self.second, self.views, self)
        maps.add(self.second)
        maps.rearranged = inspector.rearrange
        self._morph: MorphPanel | None = None
        hear, hear_now = self.second.panel.hear, self.second.panel.hear_now  # until the second map is closed
        hear(lambda: self._show_place_beside(first, self.second), first.state.place_shown)
        hear(lambda: self._show_place_beside(self.second, first), state.place_shown)
        # images that were read for one map are there for the other one too
        hear(services.delegate.on_cursor, first.context.ready, self.second.context.ready, only=OF_IMAGES)
        hear_now(self._on_probe, first.context.probe_changed, self.second.context.probe_changed)
        hear_now(lambda: state.paint(first.state.background), first.state.background_changed)

    @property
    def panes(self) -> tuple[MapPane, MapPane]:
        return self.first, self.second

    def close(self) -> None:
        """Closes the second map. The first one stays as it is."""
        self._maps.update_idletasks()  # handles pending redraws while all widgets still exist
        self.end_morph()
        self.views.close()
        self._workers.cancel_all()
        self.first.context.stop_sharing()
        self.first.context.release(OPENING)
        self._maps.rearranged = lambda: None
        self._inspector.show_alone()
        self.second.close()
        self.first.context.compare_with(None)
        self._maps.remove()

    # ---- shared by both maps ---------------------------------------------------------------------

    def _on_probe(self) -> None:
        """Updates the window after one of the maps has changed its space or coordinates."""
        self.end_morph()
        beside = self.second.state.space
        if self.first.probe.beside is not beside:
            self.first.context.compare_with(beside)
        self._maps.name(self.first.state.space, beside)
        self.tab.refresh()

    def _seen(self, state: MapState) -> view.Limits:
        """The limits that a map really shows, which are wider or higher than the requested view."""
        panel = (self.first if state is self.first.state else self.second).panel
        return view.fitted(state.limits, panel.map.box[2] / panel.map.box[3])

    def _show_place_beside(self, here: MapPane, there: MapPane) -> None:
        """Moves the other map's view to the same image if it is out of sight there. Linked views do this anyway."""
        found = counterpart(here.probe, here.probe.locate(here.state.cursor), there.probe)
        if found.place is None or self.views.on:
            return
        if not view.inside(np.array([found.place]), self._seen(there.state))[0]:
            there.state.show_view(view.centred(there.state.limits, *found.place))

    def on_drawn(self) -> None:
        """Once both maps are drawn in their new sizes, writes the comparison to the trace, and starts what would have
        slowed down drawing. The morph takes on the map's colours."""
        if self._morph is not None and self._morph.morph.groups is not self.first.panel.map.colouring:
            self._morph.show_colouring(self.first.panel.map.colouring)
        if self.chosen_at is None or not all(pane.panel.is_settled() for pane in self.panes):
            return
        chosen_at, self.chosen_at = self.chosen_at, None
        self._maps.update_idletasks()
        ms = (time.perf_counter() - chosen_at) * 1000
        self._services.trace.write("compare", name=self.second.state.space.name, ms=round(ms, 3))
        self.second.begin(SETTLING_MS)
        for pane in self.panes:
            pane.context.release(OPENING)

    # ---- morph -----------------------------------------------------------------------------------

    def morph(self, share: float) -> None:
        """Shows the morph at a share of the way from the first map to the second; 0 shows the first map itself."""
        if share == 0 and (self._morph is None or not self._morph.playing):
            self.end_morph()
        else:
            self._morphing().show(share)

    def play_morph(self) -> None:
        """Plays the morph to the farther end, or stops it."""
        morph = self._morphing()
        if morph.playing:
            morph.stop()
        else:
            morph.play()

    def end_morph(self) -> bool:
        """Shows the first map again. Returns whether there was a morph."""
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
        """Moves both cursors to the image under the mouse during a morph."""
        space = self.first.state.space
        point = space.index_of(row)
        if point is not None:
            self.first.state.move_cursor(tuple(space.places[point].tolist()))
