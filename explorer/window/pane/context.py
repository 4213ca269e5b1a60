"""The open map that all parts of a window share. Workers run its analyses one by one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from explorer.analysis.probe import Analysis, lasting
from explorer.decoding.engines import Progress
from explorer.errors import Cancelled, UserError
from explorer.session.open_map import OpenMap, OpenSpace
from explorer.session.state import MapState, SharedState
from explorer.spaces.latent_space import LatentSpace
from explorer.trace import Trace
from explorer.window.base.workers import Asked, Part, Tell, Workers
from explorer.window.map.marks import Marks
from explorer.window.pane.message import Message
from explorer.window.pane.turning import Turning

SLOT = "analyses"


class MapContext(OpenMap):
    """The context of one map of a window. The map's parts get it, so they need not know each other.

    Args:
        opened, state: see `OpenMap`.
        shared: the state that all maps share.
        workers: the threads of the window.

    Attributes:
        message: the card over the map; it is set, like `marks`, once the map exists.
        marks: the marks on the map.
        trace: gets the events; it has no file until the window sets its own.
        turning: turns the plane of the map; set, like `message`.
        shows_progress: whether the message shows the progress of one of these analyses.
    """

    message: Message
    marks: Marks
    turning: Turning
    trace: Trace = Trace(None)

    def __init__(self, opened: OpenSpace, state: MapState, shared: SharedState, workers: Workers | Part) -> None:
        super().__init__(opened, state)
        self.shared, self.workers = shared, workers
        self._wanted: list[Analysis[Any]] = []  # in this order
        self._doing: Analysis[Any] | None = None  # what is being computed
        self._holders: set[str] = set()
        self.shows_progress = False

    def say(self, text: str) -> None:
        """Shows a message over the map until it is dismissed."""
        self.message.say(text)
        self.trace.write("said", text=text)

    def say_done(self, text: str) -> None:
        """Shows a message for a few seconds: something succeeded, or there is nothing to do."""
        self.message.say_in_passing(text)
        self.trace.write("said", text=text)

    def _replace(self, opened: OpenSpace, show: Callable[[], None]) -> None:
        """Keeps the requests that also apply to the next space."""
        lasts = lasting(self.probe.space, opened.probe.space)
        self._wanted = [analysis for analysis in self._wanted if analysis.of in lasts]
        if self._doing is not None and self._doing.of not in lasts:
            self._stop()
        super()._replace(opened, show)
        self._work()

    def forget_plane(self) -> None:
        """Drops the results about the plane; one that was requested is computed anew."""
        if self._doing is not None and self._doing.of == "plane":
            self._stop()
        super().forget_plane()
        self._work()

    def compare_with(self, space: LatentSpace | None) -> None:
        """Sets the space that the shown one is compared with, or None."""
        if self._doing is not None and self._doing.of_pair:  # it belongs to the previous pair
            self._stop()
        super().compare_with(space)
        self._work()

    def need(self, analysis: Analysis[Any]) -> None:
        """Requests an analysis, unless it is known, already requested, or unavailable. Requests run one after the
        other. `ready` is sent after success and failure."""
        probe = self.probe
        if analysis not in probe.results and analysis not in self._wanted and not probe.unavailable(analysis):
            self._wanted.append(analysis)
            self._work()

    def hold(self, holder: str = "map") -> None:
        """Starts no analysis until the same holder calls `release`: a computation would slow down drawing."""
        self._holders.add(holder)

    def release(self, holder: str = "map") -> None:
        """Starts analyses again, unless there is another holder."""
        self._holders.discard(holder)
        self._work()

    def cancel(self) -> None:
        """Cancels all requests. `ready` is sent for each; it is then neither known nor failed."""
        given_up, self._wanted = self._wanted, []
        self._stop()
        for analysis in given_up:
            self.tell(analysis)

    def _work(self) -> None:
        """Starts the first requested analysis, or one that it needs; one at a time."""
        while self._wanted and self._doing is None and not self._holders:
            wanted, probe = self._wanted[0], self.probe
            if wanted in probe.results or probe.unavailable(wanted):
                self._wanted.pop(0)
                self._hide_progress()
                if wanted not in probe.results and wanted not in probe.failures:  # what it needs is unavailable
                    self.tell(wanted)
            else:
                self._begin(probe.missing(wanted)[0])

    def _begin(self, analysis: Analysis[Any]) -> None:
        self._doing, probe = analysis, self.probe

        def work(tell: Tell, cancelled: Asked) -> Any:
            return analysis.work_out(
                probe, lambda share: tell(Progress(analysis.doing_for(probe.space), share)), cancelled
            )

        def take(result: Any) -> None:  # images belong to the current probe
            self._doing = None
            self.take(analysis, result)
            self._go_on()

        self.workers.start(SLOT, work, take, functools.partial(self._on_failure, analysis), self._show_progress)

    def _on_failure(self, analysis: Analysis[Any], error: BaseException) -> None:
        self._doing = None
        if isinstance(error, UserError):
            self.fail(analysis, str(error))
        else:
            self._wanted.clear()
        self._go_on()
        if not isinstance(error, UserError | Cancelled):
            raise error

    def _go_on(self) -> None:
        self._work()
        if self._doing is None:
            self._hide_progress()

    def _show_progress(self, progress: Progress) -> None:
        self.shows_progress = True
        self.message.working(progress)

    def _hide_progress(self) -> None:
        if self.shows_progress:
            self.shows_progress = False
            self.message.done()

    def _stop(self) -> None:
        self.workers.cancel(SLOT)
        self._doing = None
        self._hide_progress()
