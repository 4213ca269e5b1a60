"""What the parts of a window work with: the state, what is known of the space, and the way to have more worked out."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from explorer.analysis import analyses
from explorer.analysis.probe import SpaceProbe
from explorer.decoding.engines import Progress
from explorer.errors import Cancelled, UserError
from explorer.session.state import MapState, SharedState
from explorer.signals import Signal
from explorer.space.files import LatentSpace
from explorer.trace import Trace
from explorer.window.base.workers import Asked, Part, Tell, Workers
from explorer.window.map.marks import Marks
from explorer.window.pane.bars import Message

SLOT = "facts"


class MapContext:
    """One per window; its parts get it instead of each other.

    Args:
        state, shared: what the person looks at.
        probe: of the state's space.
        workers: run what takes longer than a frame.

    Attributes:
        probe: replaced together with the space.
        message: speaks to the person over the map; set, as `marks`, once the map is there.
        marks: over the map.
        trace: is told what happens; one without a file until the window sets its own.
        probe_changed: sent after `probe` has been replaced, with the state already changed.
    """

    message: Message
    marks: Marks
    trace: Trace = Trace(None)
    probe_changed = Signal(object)

    def __init__(self, state: MapState, shared: SharedState, probe: SpaceProbe, workers: Workers | Part) -> None:
        self.state, self.shared, self.probe, self.workers = state, shared, probe, workers
        self._wanted: list[str] = []  # in this order
        self._doing: str | None = None  # the fact that is being worked out
        self._held = False
        self._shows_progress = False

    def say(self, text: str) -> None:
        """Shows a sentence over the map until it is dismissed."""
        self.message.say(text)
        self.trace.write("said", text=text)

    def use_probe(self, probe: SpaceProbe, show: Callable[[], None] = lambda: None) -> None:
        """Replaces the reader; what is known, or wanted, stays as far as it holds for the other space.

        Args:
            show: shows its space, before anybody is told; what is read meanwhile is read with the new reader.
        """
        before, self.probe = self.probe, probe
        probe.compare_with(before.beside)
        lasting = analyses.lasting(before.space, probe.space)
        probe.analyses |= {name: before.analyses[name] for name in lasting if name in before.analyses}
        self._wanted = [name for name in self._wanted if name in lasting]
        if self._doing is not None and self._doing not in lasting:
            self._stop()
        show()
        self.probe_changed.emit(self)
        self._work()

    def compare_with(self, space: LatentSpace | None) -> None:
        """Compares the space that is shown with another one, or with none any more."""
        if self._doing == "travels":  # of the pair before
            self._stop()
        self.probe.compare_with(space)
        self._work()

    def need(self, name: str) -> None:
        """Has a fact worked out, one after the other, unless it is known, on its way, or not to be had.
        `probe.ready` tells of the outcome, either way."""
        if name not in self.probe.analyses and name not in self.probe.unavailable and name not in self._wanted:
            self._wanted.append(name)
            self._work()

    def hold(self) -> None:
        """Begins nothing until `release`: what is worked out takes time from what is being drawn."""
        self._held = True

    def release(self) -> None:
        self._held = False
        self._work()

    def shows_progress(self) -> bool:
        """Whether the message is about what is being worked out here."""
        return self._shows_progress

    def cancel(self) -> None:
        """Stops whatever is being worked out; `probe.ready` tells of what is given up, which is neither known
        nor lacking then."""
        given_up = list(self._wanted)
        self._wanted.clear()
        self._stop()
        for name in given_up:
            self.probe.tell(name)

    def _work(self) -> None:
        """Works out the first of what is wanted, or what that needs before; one fact at a time."""
        probe = self.probe
        while self._wanted and self._doing is None and not self._held:
            unknown = [name for name in analyses.missing(self._wanted[0], probe) if name not in probe.unavailable]
            if not unknown:
                self._wanted.pop(0)
                self._hide_progress()
                continue
            name = unknown[0]
            why_not = next(
                (probe.unavailable[need] for need in analyses.ANALYSES[name].needs if need in probe.unavailable), None
            )
            if why_not is None:
                self._begin(name)
            else:
                probe.unavailable[name] = why_not
                probe.tell(name)

    def _begin(self, name: str) -> None:
        fact, probe = analyses.ANALYSES[name], self.probe
        self._doing = name

        def work(tell: Tell, cancelled: Asked) -> Any:
            return fact.compute(probe, lambda share: tell(Progress(fact.doing, share)), cancelled)

        done, failed = functools.partial(self._take, name), functools.partial(self._on_failure, name)
        self.workers.start(SLOT, work, done, failed, self._show_progress)

    def _take(self, name: str, found: Any) -> None:
        """Takes in what was worked out: images belong to the reader that there is by now."""
        self._doing = None
        self.probe.analyses[name] = found
        self.probe.tell(name)
        self._go_on()

    def _on_failure(self, name: str, error: BaseException) -> None:
        self._doing = None
        if isinstance(error, UserError):
            self.probe.unavailable[name] = str(error)
            self.probe.tell(name)
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
        self._shows_progress = True
        self.message.working(f"{progress.text} …", progress.share)

    def _hide_progress(self) -> None:
        if self._shows_progress:
            self._shows_progress = False
            self.message.done()

    def _stop(self) -> None:
        self.workers.cancel(SLOT)
        self._doing = None
        self._hide_progress()
