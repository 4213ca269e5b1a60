"""The plane of the map turns through the principal components."""

from __future__ import annotations

import math
import tkinter as tk
from itertools import pairwise
from tkinter import ttk

from explorer.drawing.turn import name_of
from explorer.window.base.scale import px
from explorer.window.base.widgets import (
    Later,
    box_on_screen,
    button,
    explain,
    line_height,
    packed,
    plain_canvas,
    text_width,
)
from explorer.window.inspector.part import Part
from explorer.window.pane.context import MapContext

SMALL = "ExplorerSmall"
PLAY, PAUSE = "▶ Turn", "❚❚ Stop"
GAP = 8  # pixels between two names, at least
ABOUT_PLAY = "turn the map through the principal components:\nPC 1/2, PC 3/4, and so on (key w)"
ABOUT_SLIDER = "the plane of the map; the arrow keys go to the next or previous one"
ABOUT_NAMES = "click to show this plane"
KEYS = {"<Left>": -1, "<Down>": -1, "<Right>": 1, "<Up>": 1}


class TurningPanel(Part):
    """A button that plays the turns or stops them, and a slider over all stops with their names below.

    Args:
        parent: widget.
        context: of the map.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._turning = turning = context.turning
        head = packed(ttk.Frame(self), fill="x")
        ttk.Label(head, text="Turn the plane", style="Key.TLabel").pack(side="left")
        self._where = packed(ttk.Label(head, style="Faint.TLabel"), side="right")
        self._play = button(self, PLAY, turning.play, ABOUT_PLAY, width=len(PAUSE))
        self._play.pack(side="left", anchor="n", pady=px(4, 0))
        beside = packed(ttk.Frame(self), side="left", fill="x", expand=True, padx=px(10, 0), pady=px(4, 0))
        self._position = tk.DoubleVar(self, 0.0)
        self._slider = packed(ttk.Scale(beside, variable=self._position), fill="x")
        self._slider.configure(command=lambda value: turning.show(float(value)))
        explain(self._slider, ABOUT_SLIDER)
        for key, steps in KEYS.items():
            self._slider.bind(key, lambda event, steps=steps: self._step(steps))
        self._names = packed(plain_canvas(beside, height=line_height(self, SMALL)), fill="x")
        self._names.bind("<Button-1>", lambda event: turning.show(round(self._slider.get(event.x, 0))))
        explain(self._names, ABOUT_NAMES)
        self._write = Later(self, self._write_names)  # once the slider has its size
        self._names.bind("<Configure>", lambda event: self._write())
        self.hear(self._write, self._shared.theme_changed)
        self.hear(self._show, turning.changed, self._state.coordinates_changed)
        self.hear_now(self._on_probe, context.probe_changed)

    def destroy(self) -> None:
        self._write.cancel()
        super().destroy()

    def _on_probe(self) -> None:
        if stops := self._turning.stops:
            self._slider.configure(to=len(stops) - 1)
            self._write()
            self._show()

    def _show(self) -> None:
        """Shows where the plane is."""
        turning, position = self._turning, self._turning.position
        self._play.configure(text=PAUSE if turning.playing else PLAY)
        if position is None:
            self._where.configure(text="another plane")
            return
        self._position.set(position)
        stop, share = divmod(position, 1)
        text = name_of(turning.stops[int(stop)])
        if share:
            text += f" → {name_of(turning.stops[int(stop) + 1])}, {round(100 * share)} %"
        self._where.configure(text=text)

    def _step(self, steps: int) -> str:
        """Shows the next or the previous stop."""
        position, last = self._turning.position or 0.0, len(self._turning.stops) - 1
        self._turning.show(min(max(math.floor(position) + 1 if steps > 0 else math.ceil(position) - 1, 0), last))
        return "break"  # the slider's own step is another one

    def _write_names(self) -> None:
        """Writes the names of the stops below the slider: of all, or of every second one and so on, as they fit."""
        canvas, stops = self._names, self._turning.stops
        canvas.configure(background=self._theme.paper)
        canvas.delete("all")
        names = [name_of(stop).removeprefix("PC ") for stop in stops]
        places = [self._slider.coords(number)[0] for number in range(len(names))]
        if not names or places[0] >= places[-1]:  # it has no size yet, or there is nothing to turn
            return
        halves = [text_width(self, name, SMALL) / 2 + 1 for name in names]
        most = canvas.winfo_width()  # the ends of the slider are close to its edges
        places = [max(min(x, most - half), half) for x, half in zip(places, halves, strict=True)]
        ends = [(x - half, x + half + px(GAP)) for x, half in zip(places, halves, strict=True)]
        fits = lambda step: all(end <= start for (_, end), (start, _) in pairwise(ends[::step]))  # noqa: E731
        step = next(step for step in range(1, len(names) + 1) if fits(step))
        for x, name in list(zip(places, names, strict=True))[::step]:
            canvas.create_text(x, 0, anchor="n", text=name, font=SMALL, fill=self._theme.faint)

    def boxes(self) -> dict[str, list[int]]:
        """The controls in screen pixels: x, y, width, height."""
        return {"button": box_on_screen(self._play), "slider": box_on_screen(self._slider)}
