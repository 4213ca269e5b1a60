"""The column beside the map: the decoded picture and its texts, the nearest images, and the tabs."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import cached_property
from tkinter import ttk
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from explorer.analysis.probe import Decoding, Whereabouts
from explorer.session.comparison import Counterpart, LinkedViews
from explorer.spaces import following
from explorer.window.base.scale import px
from explorer.window.base.widgets import Scrolled, box_on_screen, grid_if
from explorer.window.inspector.neighbour_strip import NeighbourStrip
from explorer.window.inspector.part import is_beyond_ring
from explorer.window.inspector.picture_panel import PicturePanel
from explorer.window.inspector.tabs.late import TABS, LateTab
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext
from explorer.window.pane.map_pane import MapPane

if TYPE_CHECKING:  # these are imported when they are first needed
    from explorer.window.inspector.pair_panel import PairPanel, Room
    from explorer.window.inspector.tabs.compare import CompareTab, Morphs
    from explorer.window.inspector.training_panel import TrainingPanel

SHARE, NARROWEST = 0.34, 420  # of the window's width, and pixels
PICTURE_SHARE = 0.58  # of the side's width
SHARE_OF_TWO = 0.28  # beside two maps, which need the width
PAIR_SHARE, PAIR_SHARE_BESIDE = 0.15, 0.1  # of the window's height: a picture below two maps, or beside them
LEFT, TOP, RIGHT, BOTTOM = 12, 8, 16, 4  # pixels around everything; on the right, a scrollbar where one is needed
PICTURE_HEIGHT = 0.32  # of the window's height, at most: in a low window the tabs need room
LEAST_TABS = 160  # pixels of a tab's height; what has no room beside that is scrolled to
ROUND_TRIP = "round trip"  # marks
TURNING = "found when the plane has stopped turning"


class Below(Protocol):
    """What has room below two maps."""

    def is_low(self, height: int) -> bool: ...

    def show_pictures(self, pictures: tk.Widget) -> None: ...


class Inspector(ttk.Frame):
    """Shows what is at a map's cursor, in two parts: see `Frames`.

    Args:
        parent: widget.
        context: of the map.
        size: width and height of the window, in pixels.
        said: is called after the texts were updated.

    Attributes:
        picture, strip, tabs: its parts; the tabs by title, which are built when they are first needed: see `tab`.
        pair: the pictures of two maps; None with one map.
        decoding: what is decoded at the cursor.
        found: the image that the other of two maps shows.
        round_trips: whether an arrow shows the round trip of the cursor.
    """

    decoding: Decoding
    found: Counterpart = Counterpart()

    def __init__(self, parent: tk.Misc, context: MapContext, size: tuple[int, int], said: Callable[[], None]) -> None:
        super().__init__(parent, padding=px(LEFT, TOP, 0, BOTTOM))
        self._said = said
        self.round_trips = True
        self.pair: PairPanel | None = None
        self._scrolled = Scrolled(self, context.shared, fills=True)
        self._inner = inner = self._scrolled.inner
        self.picture = PicturePanel(inner, context, _picture_size(*size))
        self.strip = NeighbourStrip(inner, context, self._on_strip, self.pin)
        self.notebook = ttk.Notebook(inner, height=px(LEAST_TABS), width=1)
        self.tabs: dict[str, LateTab | CompareTab] = {}
        for title in TABS:
            self.tabs[title] = LateTab(self.notebook, title, context)
            self.notebook.add(self.tabs[title], text=title)
        self._context = context
        self.grid_propagate(False)
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        self._scrolled.grid(row=1, sticky="nsew")
        inner.columnconfigure(0, weight=1)
        inner.rowconfigure(2, weight=1)
        self.picture.grid(row=0, sticky="ew")
        self.strip.grid(row=1, sticky="ew", pady=px(12, 0))
        self.notebook.grid(row=2, sticky="nsew", pady=px(12, 0))
        self.tab(self.shown_tab)  # for the first frame
        self.picture.hear_now(
            lambda: grid_if(context.probe.space.has_pictures, self.strip), context.probe_changed
        )  # codes alone have no images
        self.arrange(*size)

    def arrange(self, width: int, height: int) -> None:
        """Sets its size to its share of a window of this size, in pixels."""
        self._window = width, height
        side = _side(width)
        self.picture.resize(_picture_size(width, height))
        if self.pair is not None:
            side = _side(width, SHARE_OF_TWO)
            self._place_pair()
        self.configure(width=round(side))

    def rearrange(self) -> None:
        """Updates its size after another part of the window has changed."""
        self.arrange(*self._window)

    def _room_for_pair(self) -> Room:
        """The room for the pictures of two maps: below the maps, unless the maps would become too low."""
        from explorer.window.inspector.pair_panel import Room

        width, height = self._window
        side = round(_side(width, SHARE_OF_TWO))
        if self._below.is_low(height):
            return Room(side - px(LEFT) - px(RIGHT), round(PAIR_SHARE_BESIDE * height), beside=True)
        return Room(width - side, round(PAIR_SHARE * height))

    def _place_pair(self) -> None:
        room = self._room_for_pair()
        self.pair.resize(room)
        if room.beside:
            self.pair.grid(in_=self, row=0, column=0, columnspan=1, sticky="ew", padx=(0, px(RIGHT)))
        else:
            self._below.show_pictures(self.pair)
        self.strip.grid_configure(pady=px(8 * room.beside, 0))

    def boxes(self) -> dict[str, list]:
        """The positions of its parts in screen pixels: x, y, width, height of each."""
        boxes = {"strip": box_on_screen(self.strip.canvas), "tabs": box_on_screen(self.notebook)}
        if self.pair is None:
            return {"picture": self.picture.box_on_screen()} | boxes
        return {"pictures": self.pair.boxes_on_screen()} | boxes

    def tab(self, title: str) -> Any:
        """One of `TABS`, built if it was not."""
        return self.tabs[title].tab

    def show_tab(self, title: str) -> None:
        """Brings a tab to the front. Does nothing if the tab no longer exists."""
        for tab in self.notebook.tabs():
            if self.notebook.tab(tab, "text") == title:
                self.notebook.select(tab)

    def open_tab(self, title: str, choice: str) -> None:
        """Brings a tab to the front and into sight, and chooses one of its lists or panels; "" leaves its choice."""
        self.show_tab(title)
        self.update_idletasks()
        self._scrolled.reach(self.notebook)
        tab = self.tab(title)
        if choice:
            (tab.choose_listing if title == "Find" else tab.choose)(choice)

    @property
    def shown_tab(self) -> str:
        """The title of the tab in front."""
        return str(self.notebook.tab("current", "text"))

    def show_run(self, run: following.Run | None, shown: bool) -> None:
        """Shows the progress of a training run in a tab that exists only for runs.

        Args:
            shown: whether a run was shown before.
        """
        if run is not None:
            self._training.show(run)
            if not shown:
                self.notebook.insert(0, self._training, text="Training")
                self.notebook.select(self._training)
        elif shown:
            self.notebook.forget(self._training)
        self._tighten()

    @cached_property
    def _training(self) -> TrainingPanel:
        """Made when there is a run: to draw its plot takes half as long as the map."""
        from explorer.window.inspector.training_panel import TrainingPanel

        return TrainingPanel(self.notebook, self._context.shared)

    def _tighten(self) -> None:
        """Makes the tabs narrower if there are more than five."""
        more = min(len(self.notebook.tabs()) - len(TABS), 2)
        self.notebook.configure(style=("TNotebook", "Tight.TNotebook", "Tighter.TNotebook")[max(more, 0)])

    def compare(self, below: Below, first: MapPane, second: MapPane, views: LinkedViews, morphs: Morphs) -> CompareTab:
        """Shows the pictures of two maps, below these where there is room, and a tab about both, which it returns.
        Leaves the maps more of the width."""
        from explorer.window.inspector.pair_panel import PairPanel
        from explorer.window.inspector.tabs.compare import CompareTab

        self.picture.grid_remove()
        self._below = below
        self.pair = PairPanel(self.master, first, second, self._room_for_pair())
        self.rearrange()
        travellers = self.list_displaced
        tab = CompareTab(
            self.notebook, first.context, second.context, views=views, morphs=morphs, list_displaced=travellers
        )
        self.tabs[tab.title] = tab
        self.notebook.insert(0, tab, text=tab.title)
        self._tighten()
        self.notebook.select(tab)
        return tab

    def show_alone(self) -> None:
        """Shows one map's picture again, after a comparison."""
        pair, self.pair = self.pair, None
        self.rearrange()  # first, so that Tk gives the maps their final size at once
        pair.leave()
        pair.destroy()
        self.picture.grid()
        self.strip.grid_configure(pady=px(12, 0))
        self.strip.attend(self._context)
        self.tabs.pop("Compare").destroy()
        self._tighten()

    def list_displaced(self) -> None:
        """Shows the list of images whose neighbours differ most in the compared space."""
        self.show_tab("Find")
        self.tab("Find").choose_listing("Travelled far")

    def search(self, text: str, context: MapContext) -> bool:
        """Searches for a text, on this map; several images are listed in the tab Find. Returns whether anything was
        found."""
        found = self.tab("Find").search(text, context)
        if found is not None and found.code is None and not found.single:
            self.show_tab("Find")
        return found is not None

    def pin(self, row: int) -> None:
        """Pins an image, and shows the tab Pins."""
        self.show_tab("Pins")
        self._context.shared.pin(row)

    # ---- the cursor -------------------------------------------------------------------

    def show_picture(self, pane: MapPane) -> None:
        """Decodes the place under a map's cursor, and shows its picture; the hot path."""
        self.decoding = pane.probe.decode(pane.state.cursor)
        if self.pair is None:
            self.picture.show_image(self.decoding.image)
        else:
            self.found = self.pair.follow(pane, self.decoding)

    def show_turning(self, pane: MapPane, code: np.ndarray) -> None:
        """Decodes a code, (d,), on a plane that turns. What is near it is found when the plane has stopped."""
        self.decoding = pane.probe.decode_soon(code)
        self.picture.show_image(self.decoding.image)
        nowhere = Whereabouts()
        self.picture.show_words(pane.probe.words(self.decoding, nowhere) | {"z": "–"}, nowhere)
        self.strip.wait(TURNING)

    def show_rest(self, pane: MapPane) -> None:
        """Shows everything else about the latest decoded place: the nearest images, the round trip and the texts."""
        if self.pair is not None:
            self.strip.attend(pane.context)
        self.strip.follow(pane.state.cursor, self.decoding)
        back = pane.probe.comes_back(self.decoding)
        self._show_round_trip(pane, back)
        if self.pair is not None:
            self.pair.show_rest()
        else:
            whereabouts = pane.probe.locate(pane.state.cursor)
            self.picture.show_words(pane.probe.words(self.decoding, whereabouts, back), whereabouts)
        self._said()

    def _show_round_trip(self, pane: MapPane, back: np.ndarray | None) -> None:
        """Draws the round-trip arrow, from the cursor to the code of the decoded picture, unless it ends within the
        crosshair's ring. Only the map under the mouse has one."""
        marks: tuple[Mark, ...] = ()
        if back is not None and self.round_trips:
            to = pane.state.space.place_of(back)
            if is_beyond_ring(pane, to):
                marks = (Mark(pane.state.cursor, to=to, colour="warning"),)
        for other in () if self.pair is None else self.pair.panes:
            if other is not pane:
                other.context.marks.show(ROUND_TRIP)
        pane.context.marks.show(ROUND_TRIP, marks)

    def _on_strip(self) -> None:
        strip = self.strip
        self._context.trace.write(
            "strip", how=strip.how, rows=list(strip.rows), size=strip.size, pitch=strip.pitch, text=strip.text
        )


def _side(width: int, share: float = SHARE) -> float:
    """The width of the inspector in a window of this width, in pixels."""
    return max(width * share, px(NARROWEST))


def _picture_size(width: int, height: int) -> int:
    """The size of the picture in a window of this size, in pixels."""
    return round(min(PICTURE_SHARE * _side(width), PICTURE_HEIGHT * height))
