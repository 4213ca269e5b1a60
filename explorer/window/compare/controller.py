"""From one map to two, and back: which space stands beside the first one."""

from __future__ import annotations

import functools
import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path

from explorer.decoding import keras_runtime
from explorer.session import comparison
from explorer.session.open_map import OpenSpace, open_space
from explorer.space.catalogue import unfit
from explorer.space.latent_space import LatentSpace
from explorer.window.base.widgets import Later
from explorer.window.compare.comparison import Comparison, Maps
from explorer.window.inspector.inspector import Inspector
from explorer.window.pane import switching
from explorer.window.pane.map_pane import MapPane, PaneServices

SLOT = "compare"
COLLECT_MS = 3000  # after a map is closed
OPEN_FIRST = "open a second map first (v)"


class ComparisonController:
    """Opens a second map beside the first one, and closes it. A space that cannot be compared changes nothing.

    Args:
        maps, first, inspector, services: of the window.
        changed: is called after a second map was opened, closed, or could not be opened.

    Attributes:
        now: the comparison; None with one map.
    """

    def __init__(
        self, maps: Maps, first: MapPane, inspector: Inspector, services: PaneServices, changed: Callable[[], None]
    ) -> None:
        self._maps, self._first, self._inspector, self._services = maps, first, inspector, services
        self._catalogue, self._workers, self._trace = services.catalogue, services.workers, services.trace
        self._changed = changed
        self._collect_later = Later(maps, gc.collect, COLLECT_MS)
        self._last: Path | None = None  # with which the first map was compared last
        self._kept = switching.Kept()  # second maps that were closed
        self.now: Comparison | None = None
        maps.close_second = self.leave

    @property
    def name(self) -> str:
        """The name of the second space; empty with one map."""
        return "" if self.now is None else self.now.second.state.space.name

    def choose(self, folder: Path | None, then: Callable[[], None] = lambda: None) -> None:
        """Shows the space of a folder beside the first map, as soon as it is opened, or none.

        Args:
            then: is called when it is shown, unless something else was chosen meanwhile.
        """
        chosen_at = time.perf_counter()
        self._workers.cancel(SLOT)
        if folder is None:
            self.leave()
        elif self.now is not None:
            self.now.second.switching.choose(folder, then)
        else:
            first = self._first.state.space
            if (kept := self._kept.take(folder, first)) is not None:
                self._begin(chosen_at, then, kept)
                return
            work = lambda tell, cancelled: open_space(folder, self._services.engine_for, first)  # noqa: E731
            begin, refuse = functools.partial(self._begin, chosen_at, then), functools.partial(self._refuse, folder)
            self._workers.start(SLOT, work, begin, refuse, poll_ms=switching.POLL_MS)

    def toggle(self) -> None:
        """Opens the space that was compared last, else the next one; or closes the second map."""
        if self.now is not None:
            self.leave()
        elif self._last in self._fitting():
            self.choose(self._last)
        else:
            self.step(1)

    def step(self, steps: int) -> None:
        """Compares with the space so many places further on in the list of those that can be compared."""
        folders = self._fitting()
        if self.now is not None:
            self.now.second.switching.step(steps)
        elif folders:
            self.choose(folders[steps - 1 if steps > 0 else steps])
        else:
            self._first.context.say("there is no other space of these images to compare with")

    def cancel(self) -> bool:
        """Stops opening a second map. Returns whether one was being opened."""
        was_opening = self._workers.cancel(SLOT)
        if was_opening:
            self._changed()
        return was_opening

    def heed(self, space: LatentSpace) -> None:
        """Ends the comparison, and says why, if the first map is about to show a space of other images."""
        if self.now is not None and (why := comparison.unavailable(space, self.now.second.state.space)):
            self.leave()
            self._first.context.say(why)
        self._kept.keep_images(space.images)

    def leave(self) -> None:
        """Shows the first map alone again."""
        if self.now is None:
            return
        ended, self.now = self.now, None
        ended.second.switching.leave()
        self._last = ended.second.state.space.folder
        ended.close()
        self._trace.write("compare", name=None)
        self._changed()
        # A closed map holds 10 to 40 MB: its parts refer to each other, and the collector, which goes by the number of
        # objects and not by their size, would come after several more.
        if keras_runtime.process_is_ours:
            self._collect_later()

    def toggle_link(self, leader: MapPane) -> None:
        """Links the other map's view to this one's, or unlinks both."""
        if self.now is None:
            self._first.context.say(OPEN_FIRST)
        elif self.now.views.on:
            self.now.views.unlink()
        else:
            self.now.views.link(leader.state)

    def play_morph(self) -> None:
        """Moves the points from one map to the other, or stops them."""
        if self.now is None:
            self._first.context.say(OPEN_FIRST)
        else:
            self.now.play_morph()

    def _fitting(self) -> list[Path]:
        """The folders of the spaces that can be compared with the first one, in the menu's order from that one on."""
        space, entries = self._first.state.space, self._catalogue.entries()
        at = next((number for number, entry in enumerate(entries) if entry.folder == space.folder), 0)
        return [entry.folder for entry in [*entries[at:], *entries[:at]] if not unfit(entry, space)]

    def _begin(self, chosen_at: float, then: Callable[[], None], opened: OpenSpace) -> None:
        if why := comparison.unavailable(self._first.state.space, opened.probe.space):  # that was replaced meanwhile
            self._first.context.say(why)
        else:
            self.now = Comparison(self._maps, self._first, opened, self._inspector, self._services)
            self.now.chosen_at = chosen_at
            self.now.second.switching.kept = self._kept
        self._changed()
        if not why:
            then()

    def _refuse(self, folder: Path, error: BaseException) -> None:
        self._changed()
        said = switching.refusal(self._catalogue, folder, error, f"{folder.name} cannot be compared")
        print(said, file=sys.stderr)
        self._first.context.say(said)
