"""Spaces with a normal prior: new images drawn from it, and the map through its quantiles."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

import numpy as np

from explorer.drawing import picture, sheet
from explorer.spaces import prior
from explorer.spaces.latent_space import LatentSpace
from explorer.window.base.scale import px
from explorer.window.base.widgets import button, explain, packed, picture_canvas
from explorer.window.inspector.part import Part
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext

COUNT = 24  # images drawn at once
COLUMNS = (12, 8)  # images in a row; the smaller number if it makes them much larger
MUCH = 1.3  # times larger counts as much
LARGEST = 84  # pixels of a thumbnail
SEED = 0
ABOUT_QUANTILES = (
    "prior-quantile axes: each number of a code is shown as the share of\n"
    "the prior below it, so codes from the prior fill the square evenly (key q)"
)
DRAWN, POINTED = "drawn", "pointed at"  # groups of marks


class PriorPanel(Part):
    """A button that draws codes from the prior, a sheet of the decoded images, and the choice of prior-quantile axes.

    The codes stay when the space, its decoder or its coordinates change, so the same codes can be compared in all
    spaces with this prior.

    Args:
        parent: widget.
        context: of the map.

    Attributes:
        canvas: shows the images; gets the event <<Drawn>> when they have changed.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._random = np.random.default_rng(SEED)
        self._codes: np.ndarray | None = None
        self._levels: np.ndarray | None = None  # the decoded images; None without a decoder
        self._layout = sheet.Sheet(COUNT, COLUMNS[0], (1, 1), 1)
        self._pointed: int | None = None

        ttk.Label(self, text="The prior", style="Key.TLabel").pack(anchor="w")
        self._through = tk.BooleanVar(self)
        options = {"variable": self._through, "command": self._choose}
        check = packed(ttk.Checkbutton(self, text="Flatten the map by the prior", **options), anchor="w")
        explain(check, ABOUT_QUANTILES)
        buttons = packed(ttk.Frame(self), fill="x", pady=px(2, 0))
        tip = f"{COUNT} random codes from the normal distribution, decoded (key g)"
        self._draw_button = packed(button(buttons, "", self.draw, tip), side="left")
        self._clear_button = packed(button(buttons, "Clear", self.clear), side="left", padx=px(6, 0))
        self.canvas, self._picture = picture_canvas(self, height=1)
        self.canvas.pack(fill="x", pady=px(8, 0))
        self._message = self.canvas.create_text(0, 0, anchor="nw", text="no decoder yet")
        self._frame = self.canvas.create_rectangle(0, 0, 0, 0, width=px(2), state="hidden")
        self.canvas.bind("<Configure>", lambda event: self._lay_out())
        self.canvas.bind("<Button-1>", self._on_click)
        self.canvas.bind("<Motion>", lambda event: self._point_at(self._layout.at(event.x, event.y)))
        self.canvas.bind("<Leave>", lambda event: self._point_at(None))
        explain(self.canvas, "click an image to see its place on the map")
        self.hear(self._show, context.ready, only=("decoder",))
        self.hear(self._on_coordinates, self._state.coordinates_changed)
        self.hear(self._lay_out, self._shared.theme_changed)
        self.hear_now(self._on_probe, context.probe_changed)

    @staticmethod
    def suits(space: LatentSpace) -> bool:
        """Whether a space has a normal prior."""
        return space.has_prior

    def attend(self, seen: bool) -> None:
        """Does nothing: the drawn codes stay on the map, whether the panel is visible or not."""

    # ---- drawing ---------------------------------------------------------------------------

    def draw(self) -> None:
        """Draws new codes."""
        self._codes = prior.drawn(self._random, COUNT, self._probe.space.codes.shape[1])
        self._show()
        self.update_idletasks()
        self.canvas.event_generate("<<Drawn>>")
        self.after_idle(self._tell)

    def clear(self) -> None:
        """Removes the drawn codes."""
        self._codes = None
        self._show()

    def _tell(self) -> None:
        """Writes to the trace, once the layout is final."""
        self.update_idletasks()
        if self._codes is not None:
            self._context.trace.write("drawn", z=self._codes.tolist(), at=self._middles())

    def _show(self) -> None:
        """Decodes the codes, shows their images, and marks their places on the map."""
        probe, self._levels = self._probe, None
        shown = self._codes is not None and self.suits(probe.space)
        if shown and probe.decoder is not None:
            self._levels = picture.to_bytes(probe.decoder(self._codes))
        places = probe.space.places_of(self._codes).tolist() if shown else []
        self._context.marks.show(DRAWN, tuple(Mark(tuple(place)) for place in places))
        self._point_at(None)
        self._clear_button.configure(state="normal" if shown else "disabled")
        self._lay_out()

    def _on_probe(self) -> None:
        space = self._probe.space
        self._draw_button.configure(text=f"Draw new {space.image_noun}")
        self._on_coordinates()
        if self._codes is not None and self._codes.shape[1] != space.codes.shape[1]:
            self._codes = None
        self._show()

    # ---- coordinates -------------------------------------------------------------------------------

    def _choose(self) -> None:
        self._state.use_coordinates("quantiles" if self._through.get() else "plain")

    def _on_coordinates(self) -> None:
        self._through.set(self._state.space.coordinates == "quantiles")

    # ---- the sheet -------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        """Sets the size of the sheet, and draws it."""
        canvas, width = self.canvas, self.canvas.winfo_width()
        theme, shape, shown = self._theme, self._probe.space.image_shape, self._codes is not None
        canvas.configure(background=theme.paper)
        canvas.itemconfigure(self._message, fill=theme.faint, state="normal" if shown else "hidden")
        self._picture.show(None)
        canvas.itemconfigure(self._frame, outline=theme.warning)
        if not shown or width <= 1:
            canvas.configure(height=1)
            return
        gap = px(sheet.GAP)
        many, few = (max(min((width - gap) // columns - gap, px(LARGEST)), 1) for columns in COLUMNS)
        larger = picture.shown_size(shape, few)[0] >= MUCH * picture.shown_size(shape, many)[0]
        columns, side = (COLUMNS[1], few) if larger else (COLUMNS[0], many)
        self._layout = sheet.Sheet(COUNT, columns, picture.shown_size(shape, side), side, gap)
        wide, high = self._layout.size
        canvas.configure(height=high)
        if self._levels is not None:
            images = lambda first, last: self._levels[first:last]  # noqa: E731
            self._picture.show(self._layout.compose(images, 0, high, wide, theme.paper))
            canvas.itemconfigure(self._message, state="hidden")

    def _middles(self) -> list[tuple[int, int]]:
        """The middle of each image in screen pixels."""
        left, top = self.canvas.winfo_rootx(), self.canvas.winfo_rooty()
        width, height = self._layout.thumbnail
        corners = [self._layout.corner(index) for index in range(COUNT)]
        return [(left + x + width // 2, top + y + height // 2) for x, y in corners]

    # ---- mouse -----------------------------------------------------------------------------------

    def _point_at(self, index: int | None) -> None:
        """Frames an image, and marks its place on the map."""
        index = None if self._levels is None else index
        if index == self._pointed:
            return
        self._pointed = index
        marks = ()
        if index is not None:
            x, y = self._layout.corner(index)
            width, height = self._layout.thumbnail
            self.canvas.coords(self._frame, x - 1, y - 1, x + width, y + height)
            place = self._probe.space.place_of(self._codes[index])
            marks = (Mark(place, colour="warning"),)
        self._context.marks.show(POINTED, marks)
        self.canvas.itemconfigure(self._frame, state="hidden" if index is None else "normal")
        self.canvas.configure(cursor="" if index is None else "hand2")

    def _on_click(self, event: tk.Event) -> None:
        index = self._layout.at(event.x, event.y)
        if index is not None and self._levels is not None:
            self._context.show_code(self._codes[index])
