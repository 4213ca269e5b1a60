"""What was guessed about somebody's models, in plain lines."""

from __future__ import annotations

import numpy as np

from explorer.decoding.fitting.adapters import ModelDecoder, ModelEncoder, unheard
from explorer.decoding.fitting.callables import ModelFunction
from explorer.decoding.fitting.layout import Channels, shown
from explorer.decoding.fitting.trials import same

SLOW = 30  # ms for a single code, above which a decoder is called slow


class Notes:
    """Collects lines, each with the option that changes what it says."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, line: str, option: str = "") -> None:
        self.lines.append(f"{line}: --{option} changes it" if option else line)

    def on(self, adapter: ModelEncoder | ModelDecoder, guessed: bool, why: str, channels: Channels | None) -> None:
        """Calls a model as it will be called, and notes what it is like.

        Args:
            guessed: whether the range of pixels was guessed, and `why` it is that one.
            channels: what the user said about them.
        """
        how, layout, name = adapter.conventions, adapter.conventions.layout, adapter.function.name
        is_decoder = isinstance(adapter, ModelDecoder)
        if guessed:
            option, verb = ("decoder-range", "gives") if is_decoder else ("encoder-range", "takes")
            self.add(f"{name} {verb} pixels from {layout.low:g} to {layout.high:g} ({why})", f"{option} LOW,HIGH")
        if layout.depth == 1 and len(layout.image_shape) == 3:
            self.add(f"{name} has grey pictures, so colours are converted")
        if layout.depth == 3 and len(layout.image_shape) == 2:
            self.add(f"{name} has colours, so grey pictures are converted")
        if len(layout.shape) == 1 and layout.channels != "none" and channels is None:
            self.add(
                f"{name} has the colours {layout.channels} in its {layout.shape[0]} numbers", "channels first|last"
            )
        if how.one_by_one:
            self.add(f"{name} takes only one row at a time: many take longer")
        rows = np.random.default_rng(0).random((2, *((how.dim,) if is_decoder else layout.image_shape)), np.float32)
        adapter.tell = self.add
        if not same(adapter(rows), adapter(rows)):
            self.add(f"{name} is random: it gives another result each time")
        adapter.measure(rows[:1])
        adapter.tell = unheard
        if is_decoder and adapter.ms > SLOW:
            self.add(f"the decoder is slow: {adapter.ms:.0f} ms for a picture")

    def on_codes(self, encode: ModelEncoder, guessed: bool) -> None:
        """Notes where the codes come from; `guessed` is whether their output was guessed."""
        function, how = encode.function, encode.conventions
        names = [named(function, i) for i in range(len(function.names))]
        if len(how.code_shape) > 1:
            self.add(f"the encoder gives maps of {shown(how.code_shape)}: codes are their {how.dim} numbers in a row")
        if len(names) > 1 and guessed:
            self.add(
                f"the codes are {names[how.output]} of the encoder's outputs {', '.join(names)}", "code-output NAME"
            )
        if how.variance is not None:
            self.add(f"the encoder's output {names[how.variance[0]]} is taken as the codes' {how.variance[1]}")


def named(function: ModelFunction, output: int) -> str:
    """An output's name, or its number."""
    return function.names[output] or str(output)
