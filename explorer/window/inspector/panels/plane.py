"""Codes of more than two numbers: which plane the map shows, and the numbers along all other directions."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

import numpy as np

from explorer.analysis.analyses import DIVERGENCES
from explorer.session import finding
from explorer.spaces import prior
from explorer.spaces.latent_space import LatentSpace
from explorer.spaces.projection import Kind, Projection, sides
from explorer.uses.neighbourhood import KEPT, in_words
from explorer.window.base.scale import px
from explorer.window.base.widgets import box_on_screen, button, explain, grid_if, pack_if, packed, wrap_with
from explorer.window.inspector.panels.plane_sliders import UNUSED, PlaneSliders
from explorer.window.inspector.panels.plane_strips import PlaneStrips
from explorer.window.inspector.panels.turning import TurningPanel
from explorer.window.inspector.part import Part
from explorer.window.pane.context import MapContext

KINDS: dict[Kind, tuple[str, str]] = {  # text and tooltip of each choice
    "principal": ("PC 1 and PC 2", "the plane of the first two principal components, along which the codes vary most"),
    "through": ("The last three pins", "the plane through the codes of the three images that were pinned last"),
    "axes": ("Two axes", "the plane of two of the code's own numbers"),
}
TOO_FEW, ONE_LINE = "pin three images first", "these three lie on one line: pin another image"
LOADING = "Until the live decoder is loaded, pictures are those of the grid's plane."
KL_ELSEWHERE = "KL per dimension belongs to the code's own numbers: choose two axes to see it."
ABOUT_KL = f"KL: what it tells about an image, in nats, if there is a posterior;\nless than {UNUSED} counts as unused"
ABOUT_KEPT = (
    "the share of the ten nearest codes of a point, in all dimensions, that are also\n"
    "among its ten nearest on the map; the same if the points exchange places at random"
)
ABOUT_FADING = "dots are the fainter the farther their codes lie from the map's plane"


class PlanePanel(Part):
    """The choice of the plane, its turns, sliders for the directions that are not on it, and what its two axes do.

    Args:
        parent: widget.
        context: of the map.

    Attributes:
        sliders, strips: its parts.
        canvas: shows what the axes do.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._seen = False
        title = ttk.Label(self, text="The plane", style="Key.TLabel")
        self._why = ttk.Label(self, style="Faint.TLabel", justify="left")
        self._kept = ttk.Label(self, justify="left")
        explain(self._kept, ABOUT_KEPT)
        self._choices = ttk.Frame(self)
        self._choices.columnconfigure((1, 2), weight=1)
        self._kind = tk.StringVar(self)
        self._radios: dict[Kind, ttk.Radiobutton] = {}
        for number, (kind, (text, tip)) in enumerate(KINDS.items()):
            options = {"variable": self._kind, "value": kind, "command": self._choose}
            self._radios[kind] = radio = ttk.Radiobutton(self._choices, text=text, **options)
            row, column = divmod(number, 2)
            radio.grid(row=row, column=column, columnspan=2 if column else 1, sticky="w", padx=px(6 * column, 0))
            explain(radio, lambda kind=kind, tip=tip: f"{tip}: {why}" if (why := self._why_not(kind)) else tip)
        self._axes = [ttk.Combobox(self._choices, state="readonly", width=10) for _ in range(2)]
        for column, choice in enumerate(self._axes, 1):
            choice.grid(row=1, column=column, sticky="ew", padx=px(6, 0))
            choice.bind("<<ComboboxSelected>>", lambda event, which=choice: self._choose_axes(which))
            explain(choice, f"the number along the {('horizontal', 'vertical')[column - 1]} axis\n{ABOUT_KL}")
        self._fades = tk.BooleanVar(self, self._state.fades)
        options = {"variable": self._fades, "command": self._fade}
        fades = ttk.Checkbutton(self, text="Fade dots far from the plane", **options)
        explain(fades, ABOUT_FADING)
        self._turning = TurningPanel(self, context)

        self._others = ttk.Frame(self)
        head = packed(ttk.Frame(self._others), fill="x", pady=px(8, 2))
        ttk.Label(head, text="Other directions", style="Key.TLabel").pack(side="left")
        for text, command, tip in (
            ("Zero", lambda: self._hold_code(np.zeros(self._probe.space.dimensions)), "as in the code of zeros"),
            ("Mean", lambda: self._hold_code(self._probe.space.moments.mean), "the mean of all codes"),
            ("Image", self._go_to_image, "the image pinned last, otherwise the one nearest to the cursor: moves there"),
        ):
            made = button(head, text, command, f"sets all sliders: {tip}", style="Tool.TButton")
            made.pack(side="right", padx=px(4, 0))
        self.sliders = packed(PlaneSliders(self._others, context), fill="x")
        self._kl = ttk.Label(self._others, text=KL_ELSEWHERE, style="Faint.TLabel", justify="left")
        self.strips = PlaneStrips(self, context)
        self.canvas = self.strips.canvas
        self.columnconfigure(0, weight=1)
        apart = self._turning, self.strips
        parts = title, self._why, self._kept, self._choices, fades, self._turning, self._others, self.strips
        for row, part in enumerate(parts):
            part.grid(row=row, sticky="ew", pady=px(8 if part in apart else 2, 0))

        wrap_with(self, self._why, self._kept, self._kl)
        self.hear(self._enable, self._shared.pins_changed)
        self.hear(lambda: self._fades.set(self._state.fades), self._state.fades_changed)
        self.hear(self._show_kl, context.ready, only=(DIVERGENCES,))
        self.hear(self._show_why, context.ready, only=("decoder",))
        self.hear(self._show_kept, context.ready, only=(KEPT,))
        self.hear(lambda: self.after_idle(self._tell), self._state.rest_changed)
        self.hear_now(self._on_probe, context.probe_changed)

    @staticmethod
    def suits(space: LatentSpace) -> bool:
        """Whether the map of a space is one of many planes."""
        return space.dimensions > 2

    def attend(self, seen: bool) -> None:
        """Tells the panel whether it is visible from now on."""
        self._seen = seen and self.suits(self._probe.space)
        self.strips.attend(self._seen)
        self._ask_kept()

    # ---- what is shown ---------------------------------------------------------------------------

    @property
    def _plane(self) -> Projection:
        plane = self._probe.space.projection
        assert plane is not None  # the panel is shown for such spaces only
        return plane

    def _on_probe(self) -> None:
        """Shows the plane of now: of another space, or chosen elsewhere."""
        space = self._probe.space
        if not self.suits(space):
            return
        fixed = bool(self._context.opened.plane_fixed)
        grid_if(not fixed, self._choices, self._turning)
        grid_if(not fixed and space.has_decoder, self._others)
        grid_if(space.has_decoder, self.strips)
        is_other = self._plane.kind == "principal" and self._plane.chosen[:2] != (0, 1)  # the map was turned
        self._kind.set("" if is_other else self._plane.kind)
        self.sliders.show_plane()
        self._show_why()
        self._ask_kept()
        self._enable()
        if prior.has_clouds(space):
            self._context.need(DIVERGENCES)
        self._show_kl()

    def _show_why(self) -> None:
        """Says why other planes are not offered."""
        decoder, why = self._probe.decoder, self._context.opened.plane_fixed
        if why:
            why = f"{why[0].upper()}{why[1:]}. Images beside it are shown by their nearest place on it."
        elif decoder is not None and decoder.source == "grid" and self.suits(self._probe.space):
            why = LOADING
        self._why.configure(text=why)
        grid_if(bool(why), self._why)
        self.after_idle(self._tell)

    def _ask_kept(self) -> None:
        """Measures how many neighbours the plane keeps, if somebody looks; but not after each epoch of a run."""
        self._show_kept()
        if self._seen and "run" not in self._probe.space.card:
            self._context.need(KEPT)

    def _show_kept(self) -> None:
        """Shows the measured share, or as many words without it, so that nothing below moves when it comes."""
        kept, why_not = self._probe.result(KEPT), self._probe.failures.get(KEPT)
        self._kept.configure(text=why_not or in_words(kept))
        if kept is not None:
            self._context.trace.write("kept", share=kept.share, shuffled=kept.shuffled, text=in_words(kept))

    def _show_kl(self) -> None:
        """Shows how many nats each axis tells, where that is known."""
        space, nats = self._probe.space, self._probe.result(DIVERGENCES)
        if not self.suits(space):
            return
        names = [f"z{axis + 1}" for axis in range(space.dimensions)]
        if nats is not None:
            told = ["unused" if each < UNUSED else f"{each:.2f}" for each in nats.tolist()]
            names = [f"{name}: {each}" for name, each in zip(names, told, strict=True)]
        for choice, axis in zip(self._axes, self._axes_shown(), strict=True):
            choice.configure(values=names)
            choice.current(axis)
        self.sliders.show_kl(nats)
        pack_if(self._kl, nats is not None and self._plane.kind != "axes", fill="x", pady=px(4, 0))

    def _axes_shown(self) -> tuple[int, int]:
        """The axes of the map; if it has other ones, the two axes of largest variance."""
        if self._plane.kind == "axes":
            return self._plane.chosen[0], self._plane.chosen[1]
        first, second = np.argsort(-np.diag(self._probe.space.moments.covariance), kind="stable")[:2].tolist()
        return first, second

    def _enable(self) -> None:
        if self.suits(self._probe.space):
            self._radios["through"].state(["disabled" if self._why_not("through") else "!disabled"])

    def _why_not(self, kind: Kind) -> str:
        """Why a kind of plane is not offered now; empty if it is."""
        if kind != "through":
            return ""
        rows = self._last_pins()
        if len(rows) < 3:
            return TOO_FEW
        space = self._probe.space
        return ONE_LINE if sides(space.codes[[space.index_of(row) for row in rows]]) is None else ""

    def _last_pins(self) -> list[int]:
        """The data rows of the three images of the space that were pinned last, or fewer."""
        return [row for row in self._shared.pins if self._probe.space.index_of(row) is not None][-3:]

    def _tell(self) -> None:
        """Writes to the trace, once the layout is final."""
        if not self.suits(self._probe.space):
            return
        self.update_idletasks()
        boxes = {"kinds": {kind: box_on_screen(radio) for kind, radio in self._radios.items()}}
        plane = self._plane
        fields = {"kind": plane.kind, "chosen": list(plane.chosen), "rest": plane.rest.tolist()}
        self._context.trace.write("plane", **fields, **boxes, sliders=self.sliders.boxes(), **self._turning.boxes())

    # ---- what is chosen --------------------------------------------------------------------------

    def _choose(self) -> None:
        """Shows the chosen kind of plane."""
        kind, space = self._kind.get(), self._probe.space
        if kind == "through":
            self._context.show_code(space.codes[space.index_of(self._last_pins()[-1])])  # which is on that plane
            plane = space.plane("through", self._last_pins())
        else:
            plane = space.plane(kind, (0, 1) if kind == "principal" else self._axes_shown())
        if plane is not None:
            self._state.use_plane(plane)

    def _choose_axes(self, changed: ttk.Combobox) -> None:
        """Shows the plane of the two chosen axes. An axis that is chosen twice changes places with the other one."""
        first, second = (choice.current() for choice in self._axes)
        if first == second:
            before = self._axes_shown()
            first, second = (first, before[0]) if changed is self._axes[0] else (before[1], second)
        plane = self._probe.space.plane("axes", (first, second))
        if plane is not None:
            self._state.use_plane(plane)

    def _fade(self) -> None:
        self._state.fades = self._fades.get()

    def _hold_code(self, code: np.ndarray) -> None:
        self._state.hold_code(code)

    def _go_to_image(self) -> None:
        """Goes to the image that was pinned last, otherwise to the one nearest to the cursor."""
        space, rows = self._probe.space, self._last_pins()
        row = rows[-1] if rows else finding.nearest(space, self._shared, self._state.cursor)
        if row is None:
            self._context.say_done("every class is hidden: there is no image to go to")
        else:
            self._show_point(space.index_of(row))
