"""The guided tour in the window: from one space to the next, then from use to use, with a card below the map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from explorer.files import locations
from explorer.session import tour
from explorer.session.tour import STOPS
from explorer.session.uses_tour import EVERY
from explorer.spaces.catalogue import Catalogue
from explorer.spaces.folder import WEIGHTS
from explorer.window.map.marks import Mark
from explorer.window.pane.map_pane import MapPane
from explorer.window.tour.card import FIRST, SECOND, SIGN, TourCard

MARKS = "tour"


class Touring:
    """The current tour.

    Args:
        pane: the map that shows the stops. Its trace gets an event for each stop.
        card: shows the texts of the stop.
        catalogue: knows why a space cannot be shown.
        leave: ends the tour.
        open_tab: opens a tab, and chooses something in it.
        uses: whether it begins with the second part, what spaces are good for.

    Attributes:
        card: as above.
    """

    def __init__(
        self,
        pane: MapPane,
        card: TourCard,
        catalogue: Catalogue,
        leave: Callable[[], None],
        open_tab: Callable[[str, str], None],
        uses: bool = False,
    ) -> None:
        self._pane, self.card, self._catalogue, self._leave = pane, card, catalogue, leave
        self._open_tab = open_tab
        self._cards = tour.cards_beside(stops=EVERY)
        self._number = len(STOPS) if uses else 0
        self._waiting = False  # whether the space of this stop is being opened
        self._show()

    def step(self, steps: int) -> None:
        """Goes this many stops forward or, if negative, back. After the last stop the tour ends."""
        number = self._number + steps
        if number >= len(EVERY):
            self._leave()
        elif number >= 0:
            self._number = number
            self._show()

    def change_part(self) -> None:
        """Goes to the first stop of the other part."""
        self.step((0 if self._in_second else len(STOPS)) - self._number)

    @property
    def _in_second(self) -> bool:
        return self._number >= len(STOPS)

    def close(self) -> None:
        """Removes the sign from the map."""
        self._waiting = False
        self._pane.context.marks.show(MARKS)

    @property
    def _folder(self) -> Path:
        """The folder of this stop's space."""
        return WEIGHTS.resolve() / EVERY[self._number].space

    def _show(self) -> None:
        """Shows the text of this stop, and opens its space."""
        self._pane.context.marks.show(MARKS)
        self._tell(self._wrong())
        self._waiting = True
        self._pane.switching.choose(self._folder, self._arrive)

    def _tell(self, wrong: str) -> None:
        stop = EVERY[self._number]
        gained, first = tour.gained(stop, self._cards), len(STOPS)
        if self._in_second:
            self.card.show(self._number + 1 - first, len(EVERY) - first, stop, gained, wrong, SECOND, FIRST)
        else:
            self.card.show(self._number + 1, first, stop, gained, wrong, FIRST, SECOND)
        self._pane.context.trace.write("tour", stop=self._number + 1, space=stop.space, wrong=wrong)

    def _wrong(self) -> str:
        """Why the space cannot be shown, one line; empty if no reason is known."""
        folder = self._folder
        entry = next((entry for entry in self._catalogue.entries() if entry.folder == folder), None)
        if entry is None:
            return f"weights/{folder.name} is missing: {locations.RESTORE}"
        return f"weights/{folder.name} cannot be shown: {entry.wrong}" if entry.wrong else ""

    def _arrive(self) -> None:
        """Puts the cursor and the sign on the place to look at."""
        if not self._waiting:
            return
        self._waiting = False
        state, stop = self._pane.state, EVERY[self._number]
        self._pane.shared.show_all_classes()
        state.use_coordinates("plain")
        place = stop.place(state.space)
        state.show_place(place)
        self._pane.context.marks.show(MARKS, (Mark(place, SIGN, beside=True),))
        if stop.tab:
            self._open_tab(stop.tab, stop.choice)

    def on_spaces(self) -> None:
        """Shows why a space was not opened, and removes the sign while another space than the stop's is shown."""
        switching = self._pane.switching
        if switching.folder != self._folder:
            self._pane.context.marks.show(MARKS)
            if self._waiting and switching.opening is None:
                self._waiting = False
                self._tell(self._wrong() or "this space was not opened")  # such as by Esc
