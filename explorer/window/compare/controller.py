"""Opens and closes the second map, and chooses its space."""

from __future__ import annotations

import functools
import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path

from explorer.decoding import keras_runtime
from explorer.session import comparison
from explorer.session.open_map import OpenSpace
from explorer.spaces.catalogue import unfit
from explorer.spaces.latent_space import LatentSpace
from explorer.window.base.widgets import Later
from explorer.window.compare.comparison import Comparison, Maps
from explorer.window.inspector.inspector import Inspector
from explorer.window.pane import switching
from explorer.window.pane.map_pane import MapPane, PaneServices

SLOT = "compare"
COLLECT_MS = 3000  # delay of the garbage collection after a map is closed
OPEN_FIRST = "open a second map first (v)"


class ComparisonController:
    """Opens a second map beside the first one, and closes it. A space that cannot be compared changes nothing.

    Args:
        maps, first, inspector, services: parts of the window.
        changed: is called after a second map was opened or closed, or could not be opened.

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
        self._last: Path | None = None  # the space of the latest comparison
        self._kept = switching.Kept()  # the spaces of closed second maps
        self.now: Comparison | None = None
        maps.close_second = self.leave

    @property
    def name(self) -> str:
        """The name of the second space; empty with one map."""
        return "" if self.now is None else self.now.second.state.space.name

    def choose(self, folder: Path | None, then: Callable[[], None] = lambda: None) -> None:
        """Shows the space of a folder beside the first map, once it is opened. None closes the second map.

        Args:
            then: is called when it is shown, unless another space was chosen in the meantime.
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
            engine_for = self._services.engine_for
            work = lambda tell, cancelled: switching.open_for_map(folder, engine_for, first)  # noqa: E731
            begin, refuse = functools.partial(self._begin, chosen_at, then), functools.partial(self._refuse, folder)
            self._workers.start(SLOT, work, begin, refuse, poll_ms=switching.POLL_MS)

    def toggle(self) -> None:
        """Opens the latest compared space, by default the next one in the list; or closes the second map."""
        if self.now is not None:
            self.leave()
        elif self._last in self._fitting():
            self.choose(self._last)
        else:
            self.step(1)

    def step(self, steps: int) -> None:
        """Compares with the space this many places further in the list of comparable spaces."""
        folders = self._fitting()
        if self.now is not None:
            self.now.second.switching.step(steps)
        elif folders:
            self.choose(folders[steps - 1 if steps > 0 else steps])
        else:
            self._first.context.say("there is no other space of these images to compare with")

    def cancel(self) -> bool:
        """Cancels the opening of a second map. Returns whether one was being opened."""
        was_opening = self._workers.cancel(SLOT)
        if was_opening:
            self._changed()
        return was_opening

    def heed(self, space: LatentSpace) -> None:
        """Ends the comparison, with a message, if the first map is about to show a space of other images."""
        if self.now is not None and (why := comparison.unavailable(space, self.now.second.state.space)):
            self.leave()
            self._first.context.say(why)
        self._kept.keep_images(space.images)

    def leave(self) -> None:
        """Closes the second map."""
        if self.now is None:
            return
        ended, self.now = self.now, None
        ended.second.switching.leave()
        self._last = ended.second.state.space.folder
        ended.close()
        self._trace.write("compare", name=None)
        self._changed()
        # A closed map holds 10 to 40 MB. Its parts refer to each other, so only the garbage collector frees them. It
        # counts objects, not bytes, and would run only after several more maps.
        if keras_runtime.process_is_ours:
            self._collect_later()

    def toggle_link(self, leader: MapPane) -> None:
        """Links the views of both maps, or unlinks them. The other map takes on this map's view."""
        if self.now is None:
            self._first.context.say(OPEN_FIRST)
        elif self.now.views.on:
            self.now.views.unlink()
        else:
            self.now.views.link(leader.state)

    def play_morph(self) -> None:
        """Plays the morph from one map to the other, or stops it."""
        if self.now is None:
            self._first.context.say(OPEN_FIRST)
        else:
            self.now.play_morph()

    def _fitting(self) -> list[Path]:
        """The folders of the spaces that can be compared with the first one, in the menu's order, starting after it."""
        space, entries = self._first.state.space, self._catalogue.entries()
        at = next((number for number, entry in enumerate(entries) if entry.folder == space.folder), 0)
        return [entry.folder for entry in [*entries[at:], *entries[:at]] if not unfit(entry, space)]

    def _begin(self, chosen_at: float, then: Callable[[], None], opened: OpenSpace) -> None:
        if why := comparison.unavailable(self._first.state.space, opened.probe.space):  # replaced in the meantime
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
