"""Sliders for the directions of a code that are not on the map's plane."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

import numpy as np

from explorer.spaces.projection import Projection
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later, box_on_screen, explain, grid_if, plain_canvas
from explorer.window.inspector.part import Part
from explorer.window.pane.context import MapContext

SHOWN, COLUMNS = 12, 2  # sliders, and how many stand side by side
SIGMAS = 3.0  # standard deviations from the mean to the ends of a slider
UNUSED = 0.05  # nats: a dimension that tells less is not used
BAR = 22, 6  # pixels: width and height of the largest KL
LAYER = 4  # widgets of a slider


class _Slider:
    """One slider with its direction's name, KL and value.

    Attributes:
        direction: the index of its direction among those that are not on the plane; None while it is hidden.
    """

    def __init__(self, parent: tk.Misc) -> None:
        self.direction: int | None = None
        self.name = ttk.Label(parent, anchor="w")
        self.bar = plain_canvas(parent, width=px(BAR[0]), height=px(BAR[1]))
        self.scale = ttk.Scale(parent, from_=-1, to=1, length=px(60))
        self.value = ttk.Label(parent, width=6, anchor="e")
        self.parts = (self.name, self.bar, self.scale, self.value)


class PlaneSliders(Part):
    """Sliders for the directions of largest variance, or for those whose names match what is typed below them.

    Moving one decodes at once; only the latest value counts.

    Args:
        parent: widget.
        context: of the map.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._rest = self._middle = self._reach = np.empty(0)  # along each direction: now, the mean, to a slider's end
        self._nats: np.ndarray | None = None
        self._hold_soon = Later(self, self._hold)
        self._sliders = [self._made(number) for number in range(SHOWN)]
        for column in range(COLUMNS):
            self.columnconfigure(LAYER * column + 2, weight=1)
        self._filter = tk.StringVar(self)
        self._filter.trace_add("write", lambda *change: self._choose())
        self._others = ttk.Frame(self)
        self._others.columnconfigure(1, weight=1)
        ttk.Label(self._others, text="Others", style="Faint.TLabel").grid(row=0, column=0, padx=px(0, 6))
        entry = ttk.Entry(self._others, textvariable=self._filter)
        entry.grid(row=0, column=1, sticky="ew")
        explain(entry, lambda: f"type the name of a direction, such as {self._plane.names[-1]}")
        self._others.grid(row=SHOWN, columnspan=LAYER * COLUMNS, sticky="ew", pady=px(4, 0))
        self.hear(self._show_values, self._state.rest_changed)
        self.hear(self._draw_bars, self._shared.theme_changed)

    def _made(self, number: int) -> _Slider:
        slider = _Slider(self)
        row, column = divmod(number, COLUMNS)
        for place, part in enumerate(slider.parts):
            pad = px(14 * (column > 0) if place == 0 else 4, 0)
            part.grid(row=row, column=LAYER * column + place, sticky="ew", padx=pad, pady=px(1))
            part.grid_remove()
            explain(part, lambda: self._about(slider))
        slider.scale.configure(command=lambda value: self._on_move(slider, float(value)))
        for part, event in ((slider.scale, "<Double-Button-1>"), (slider.value, "<Double-Button-1>")):
            part.bind(event, lambda event: self._reset(slider))
        for key in ("<Delete>", "<BackSpace>"):
            slider.scale.bind(key, lambda event: self._reset(slider))
        return slider

    @property
    def _plane(self) -> Projection:
        plane = self._state.space.projection
        assert plane is not None  # such spaces only have sliders
        return plane

    def boxes(self) -> dict[str, list[int]]:
        """The positions of the visible sliders by the names of their directions: see `box_on_screen`."""
        names = self._plane.names[2:]
        seen = [each for each in self._sliders if each.direction is not None and each.scale.winfo_ismapped()]
        return {names[each.direction]: box_on_screen(each.scale) for each in seen}

    # ---- what is shown ---------------------------------------------------------------------------

    def show_plane(self) -> None:
        """Shows the directions that are not on the plane of now."""
        plane, moments = self._plane, self._state.space.moments
        assert moments is not None
        others = plane.basis[2:]
        self._middle = others @ (moments.mean - plane.origin)
        deviations = np.sqrt(np.maximum((others @ moments.covariance * others).sum(axis=1), 0))
        self._reach = SIGMAS * np.where(deviations > 0, deviations, 1.0)
        grid_if(len(others) > SHOWN, self._others)
        self._filter.set("")  # shows the first ones

    def show_kl(self, nats: np.ndarray | None) -> None:
        """Shows the KL of each of the code's own numbers, (d,), in nats, on planes of two of them; None: unknown."""
        self._nats = nats
        self._draw_bars()

    def _choose(self) -> None:
        """Chooses directions by what is typed; all if that is nothing."""
        wanted = _plain(self._filter.get())
        names = [_plain(name) for name in self._plane.names[2:]]
        ranked = sorted(range(len(names)), key=lambda each: (names[each] != wanted, not names[each].startswith(wanted)))
        found = [each for each in ranked if wanted in names[each]][:SHOWN]
        for slider, direction in zip(self._sliders, [*found, *[None] * (SHOWN - len(found))], strict=True):
            slider.direction = direction
            grid_if(direction is not None, *slider.parts)
            if direction is not None:
                slider.name.configure(text=self._plane.names[2 + direction])
        self._show_values()
        self._draw_bars()

    def _show_values(self) -> None:
        """Moves the sliders to the numbers of now. The ends make room for a number beyond them."""
        self._rest = self._plane.rest
        for slider in self._sliders:
            if (direction := slider.direction) is not None:
                value, middle = float(self._rest[direction]), float(self._middle[direction])
                reach = max(float(self._reach[direction]), abs(value - middle))
                slider.scale.configure(from_=middle - reach, to=middle + reach, value=value)
                slider.value.configure(text=self._probe.number_in_words(value))

    def _draw_bars(self) -> None:
        """Draws how much each direction tells, as a bar beside its name."""
        theme, nats = self._theme, self._nats
        for slider in self._sliders:
            slider.bar.configure(background=theme.paper)
            slider.bar.delete("all")
            told = None if slider.direction is None else self._told(slider.direction)
            grid_if(told is not None, slider.bar)
            slider.name.configure(style="Faint.TLabel" if told is not None and told < UNUSED else "TLabel")
            if told is not None:
                width, height = px(BAR[0]), px(BAR[1])
                length = max(told / max(float(np.nanmax(nats)), UNUSED) * width, 1)
                for end, colour in ((width, theme.lines), (length, theme.good if told >= UNUSED else theme.faint)):
                    slider.bar.create_rectangle(0, 0, end, height, fill=colour, outline="")

    def _told(self, direction: int) -> float | None:
        """The KL of a direction, in nats; None if it has none."""
        plane = self._state.space.projection  # None after a change to a space of two numbers
        if self._nats is None or plane is None or plane.kind != "axes":
            return None
        return float(self._nats[int(plane.names[2 + direction].removeprefix("z")) - 1])

    def _about(self, slider: _Slider) -> str:
        if slider.direction is None:
            return ""
        told = self._told(slider.direction)
        unused = "" if told is None else f": KL {told:.2f} nats{', unused' if told < UNUSED else ''}"
        return f"{self._plane.names[2 + slider.direction]}{unused}\ndouble click or Delete: back to the mean"

    # ---- what is moved ---------------------------------------------------------------------------

    def _on_move(self, slider: _Slider, value: float) -> None:
        if slider.direction is not None:
            self._rest = self._rest.copy()
            self._rest[slider.direction] = value
            self._hold_soon()

    def _hold(self) -> None:
        self._state.hold_rest(self._rest)

    def _reset(self, slider: _Slider) -> str:
        if slider.direction is not None:
            self._on_move(slider, float(self._middle[slider.direction]))
        return "break"  # else the click would move the knob again


def _plain(name: str) -> str:
    """A name as people may type it."""
    return "".join(name.split()).casefold()
