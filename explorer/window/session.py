"""What the parts of a window work with: the state, what is known of the space, and the way to have more worked out."""

from __future__ import annotations

from collections.abc import Callable

from blinker import Signal

from explorer import facts
from explorer.engines import Progress
from explorer.errors import UserError
from explorer.grid import Cancelled
from explorer.reading import Reader
from explorer.state import MapState, SharedState
from explorer.trace import Trace
from explorer.window.bars import Message
from explorer.window.marks import Marks
from explorer.window.workers import Asked, Tell, Workers

SLOT = "facts"


class Session:
    """One per window; its parts get it instead of each other.

    Args:
        state, shared: what the person looks at.
        reader: of the state's space.
        workers: of the window.

    Attributes:
        reader: replaced together with the space.
        message: speaks to the person over the map; set, as `marks`, once the map is there.
        marks: over the map.
        trace: is told what happens; one without a file until the window sets its own.
        reader_changed: sent after `reader` has been replaced, with the state already changed.
    """

    message: Message
    marks: Marks
    trace: Trace = Trace(None)

    def __init__(self, state: MapState, shared: SharedState, reader: Reader, workers: Workers) -> None:
        self.state, self.shared, self.reader, self.workers = state, shared, reader, workers
        self.reader_changed = Signal()
        self._wanted: list[str] = []  # the first one is being worked out
        self._shows_progress = False

    def say(self, text: str) -> None:
        """Shows a sentence over the map until it is dismissed."""
        self.message.say(text)
        self.trace.write("said", text=text)

    def read_with(self, reader: Reader, show: Callable[[], None] = lambda: None) -> None:
        """Replaces the reader; the images stay where they are the same.

        Args:
            show: shows its space, before anybody is told; what is read meanwhile is read with the new reader.
        """
        before, self.reader = self.reader, reader
        self.workers.cancel(SLOT)
        self._wanted.clear()
        self._done()
        if before.space.card["data"] == reader.space.card["data"]:
            reader.facts |= {name: before.facts[name] for name in facts.OF_IMAGES if name in before.facts}
        show()
        self.reader_changed.send(self)

    def need(self, name: str) -> None:
        """Has a fact worked out, one after the other, unless it is known, on its way, or not to be had.
        `reader.learnt` tells of the outcome, either way."""
        if name not in self.reader.facts and name not in self.reader.lacking and name not in self._wanted:
            self._wanted.append(name)
            if len(self._wanted) == 1:
                self._work()

    def shows_progress(self) -> bool:
        """Whether the message is about what is being worked out here."""
        return self._shows_progress

    def cancel(self) -> None:
        """Stops whatever is being worked out; `reader.learnt` tells of what is given up, which is neither known
        nor lacking then."""
        self.workers.cancel(SLOT)
        given_up = list(self._wanted)
        self._wanted.clear()
        self._done()
        for name in given_up:
            self.reader.tell(name)

    def _work(self) -> None:
        """Works out the first of what is wanted, and what it needs before."""
        reader, wanted = self.reader, self._wanted[0]

        def work(tell: Tell, cancelled: Asked) -> None:
            for name in facts.missing(wanted, reader):
                if lacking := next((need for need in facts.FACTS[name].needs if need in reader.lacking), None):
                    reader.lacking[name] = reader.lacking[lacking]
                    continue
                fact = facts.FACTS[name]
                report = lambda share, doing=fact.doing: tell(Progress(doing, share))  # noqa: E731
                try:
                    reader.facts[name] = fact.compute(reader, report, cancelled)
                except UserError as error:
                    reader.lacking[name] = str(error)
                tell(name)

        self.workers.start(SLOT, work, self._next, self._on_failure, self._hear)

    def _hear(self, said: Progress | str) -> None:
        if isinstance(said, Progress):
            self._shows_progress = True
            self.message.working(f"{said.text} …", said.share)
        else:
            self.reader.tell(said)

    def _done(self) -> None:
        if self._shows_progress:
            self._shows_progress = False
            self.message.done()

    def _next(self, result: None) -> None:
        self._done()
        name = self._wanted.pop(0)
        if name in self.reader.lacking:
            self.reader.tell(name)
        if self._wanted:
            self._work()

    def _on_failure(self, error: BaseException) -> None:
        self._wanted.clear()
        self._done()
        if not isinstance(error, Cancelled):
            raise error
