"""The commands of keys, menus and buttons. The table of keys refers to them by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.files import preferences
from explorer.session import finding
from explorer.session.state import Place, SharedState
from explorer.session.undo import History
from explorer.spaces.catalogue import Catalogue
from explorer.trace import Trace
from explorer.uses import ratings
from explorer.window.app.hint import Hint
from explorer.window.base.tk_thread import Root
from explorer.window.compare.comparison import Comparison, Maps
from explorer.window.compare.controller import ComparisonController
from explorer.window.inspector.frames import Frames
from explorer.window.inspector.inspector import Inspector
from explorer.window.pane.bars import TopBar
from explorer.window.pane.dialogs import Dialog, is_asking
from explorer.window.pane.map_pane import MapPane

if TYPE_CHECKING:  # what is not in the first frame is imported when it is first used
    from explorer.window.app.returning import Return
    from explorer.window.tour.touring import Touring


class Commands:
    """Commands of the window itself. Its parts have commands of their own.

    Attributes:
        root, shared, trace, maps, inspector, frames, top: parts of the window.
        history: what can be undone.
        pane: the first map.
        active: the map under the mouse.
        beside: opens and closes the second map.
        hint: the line for beginners on the first map.
        tour: the current tour, or None.
    """

    root: Root
    shared: SharedState
    trace: Trace
    history: History
    maps: Maps
    inspector: Inspector
    frames: Frames
    top: TopBar
    pane: MapPane
    active: MapPane
    beside: ComparisonController
    hint: Hint
    tour: Touring | None = None
    _before_tour: Return
    _catalogue: Catalogue

    @property
    def comparison(self) -> Comparison | None:
        return self.beside.now

    @property
    def panes(self) -> tuple[MapPane, ...]:
        return (self.pane,) if self.comparison is None else self.comparison.panes

    # ---- the map ---------------------------------------------------------------------------------

    def reset_view(self) -> None:
        self.active.state.reset_view()

    def freeze_cursor(self) -> None:
        """Freezes the cursor of all maps, or unfreezes it."""
        frozen = not self.pane.panel.held
        self.top.frozen.set(frozen)
        for pane in self.panes:
            pane.panel.hold_cursor(frozen)

    def toggle_class(self, index: int) -> None:
        if index < len(self.pane.state.space.class_names):
            self.shared.toggle_class(index)

    def toggle_coordinates(self) -> None:
        """Toggles prior-quantile axes."""
        state = self.active.state
        if len(state.space.all_coordinates) == 1:
            self.active.context.say_done("this space has no prior: its map cannot be flattened")
            return
        state.use_coordinates("plain" if state.space.coordinates == "quantiles" else "quantiles")

    def pin_nearest(self) -> None:
        self.on_click(self.active, self.active.state.cursor)

    def on_click(self, pane: MapPane, place: Place) -> None:
        """Pins the image nearest to a place, and shows what is known about it; of a title, what goes with it. While
        images are named, it picks the image to name."""
        self.hint.remove()
        if self.shared.names is not None and self.inspector.tab("Space").pick(pane.state.space, place):
            return
        self.inspector.show_tab("Space" if ratings.are_in(pane.state.space) else "Pins")
        if finding.pin_nearest(pane.state.space, self.shared, place) is None:
            pane.context.say_done("every class is hidden: there is no image to pin")

    def next_select_tool(self) -> None:
        self.shared.use("rectangle" if self.shared.tool == "lasso" else "lasso")

    def toggle_link(self) -> None:
        self.beside.toggle_link(self.active)

    # ---- pins and selection --------------------------------------------------------------------------

    def undo(self) -> None:
        """Undoes the last change of pins, selection or hidden classes. A message names the change."""
        done = self.history.undo()
        self.active.context.say_done(f"undone: {done}" if done else "there is nothing to undo")

    def redo(self) -> None:
        """Repeats the change that was undone last. A message names the change."""
        done = self.history.redo()
        self.active.context.say_done(f"redone: {done}" if done else "there is nothing to redo")

    def clear_selection(self) -> None:
        self.shared.select(np.empty(0, np.intp))

    # ---- the inspector --------------------------------------------------------------------------

    def draw_new(self) -> None:
        """Draws new images, and shows them."""
        if not self.pane.state.space.has_decoder:
            self.pane.context.say_done("this space has no decoder to draw new images with")
            return
        self.inspector.show_tab("Space")
        self.inspector.tab("Space").draw_new()

    def toggle_round_trip(self) -> None:
        self.inspector.round_trips = not self.inspector.round_trips
        self.frames.show(self.active)

    def step_list(self, steps: int) -> None:
        self.inspector.tab("Find").step(steps)

    # ---- spaces and the tour ---------------------------------------------------------------------

    def open_space(self) -> None:
        """Asks for the folder of a space, and shows it."""
        from explorer.window.app import dialogs

        dialogs.open_space(self.root, self.pane)

    def step_space(self, steps: int) -> None:
        """Shows the next or previous space: of the tour during a tour, otherwise of the menu."""
        (self.pane.switching if self.tour is None else self.tour).step(steps)

    def toggle_tour(self, uses: bool = False) -> None:
        """Starts the tour through the spaces, or ends it.

        Args:
            uses: whether it begins with its second part, what spaces are good for.
        """
        if self.tour is not None:
            self.leave_tour()
            return
        from explorer.window.app.returning import Return
        from explorer.window.tour.card import TourCard
        from explorer.window.tour.touring import Touring

        self._before_tour = Return(self.pane, self.beside, self.inspector, self.history)
        self.shared.names = None
        self.beside.leave()
        card = TourCard(self.maps, self.shared, self.step_space, self.leave_tour, self.change_part)
        self.maps.put_below(card)
        self.tour = Touring(self.pane, card, self._catalogue, self.leave_tour, self.inspector.open_tab, uses)

    def toggle_uses(self) -> None:
        """Starts the second part of the tour, what spaces are good for, or ends the tour."""
        self.toggle_tour(uses=True)

    def change_part(self) -> None:
        """Goes to the other part of the tour."""
        self.tour.change_part()

    def leave_tour(self) -> None:
        """Ends the tour and restores what was shown before it."""
        self.tour.close()
        self.tour = None
        self.maps.put_below(None)
        self.active.panel.widget.focus_set()
        self.trace.write("tour", stop=None)
        self._before_tour.go()

    def offer_tour(self) -> None:
        """Shows an invitation to the tour. The preferences remember it, so it is shown only once."""
        answers = {"Take the tour": self.toggle_tour, "Not now": lambda: None}
        self.pane.message.invite("New here? Take the tour: nine short stops with things to try.", answers)
        preferences.remember(tour_offered=True)

    # ---- dialogs ---------------------------------------------------------------------------------

    def save_picture(self) -> None:
        """Opens the dialog that saves a picture of the map, or brings it to the front."""
        from explorer.window.app.dialogs import SavePicture

        self._show_dialog(SavePicture, self.active, self.pane.context, self.panes)

    def export_map(self) -> None:
        """Opens the dialog that exports the map, or brings it to the front."""
        from explorer.window.app.dialogs import ExportMap

        self._show_dialog(ExportMap, self.active, self.pane.context)

    def show_help(self) -> None:
        """Opens the help window, or brings it to the front."""
        from explorer.window.app.help import HelpWindow

        self._show_dialog(HelpWindow, self.shared, self.active.state.space)

    def show_about(self) -> None:
        """Opens the window about the program, or brings it to the front."""
        from explorer.window.app.help import AboutWindow

        self._show_dialog(AboutWindow, self.shared)

    def _show_dialog(self, kind: type[Dialog], *arguments) -> None:
        """Opens a dialog of this kind, or brings the open one to the front. Does nothing while a file dialog is open: a
        button may be pressed before that dialog grabs the mouse."""
        if not is_asking():
            shown = [child for child in self.root.winfo_children() if isinstance(child, kind)]
            dialog = shown[0] if shown else kind(self.root, *arguments)
            dialog.lift()

    def save_workspace(self) -> None:
        from explorer.window.app import dialogs

        dialogs.save_workspace(self.root, self.pane.context, self.beside)

    def open_workspace(self) -> None:
        from explorer.window.app import dialogs

        dialogs.open_workspace(self.root, self.pane, self.beside, self.history)

    def export(self, suffix: str) -> None:
        """Asks for a file, and writes the selection into it: ".csv", ".npz", or a contact sheet as ".png"."""
        self.inspector.tab("Selection").export(suffix)

    def cancel(self) -> None:
        """Ends or clears the first of these that exists: an outline being drawn, a computation, a message, a turn, a
        morph, the tour, the pins, the selection."""
        if (
            any(pane.panel.selecting.cancel() for pane in self.panes)
            or self.beside.cancel()
            or any(pane.switching.cancel() for pane in self.panes)
            or any(pane.cancel_work() or pane.message.dismiss() for pane in self.panes)
            or self.pane.turning.stop()
            or (self.comparison is not None and self.comparison.end_morph())
        ):
            return
        if self.tour is not None:
            self.leave_tour()
        elif self.shared.pins:
            self.shared.unpin_all()
        else:
            self.clear_selection()
