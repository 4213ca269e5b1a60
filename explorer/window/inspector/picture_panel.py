"""The decoded picture and the texts about its place."""

from __future__ import annotations

import functools
import tkinter as tk
from tkinter import ttk

import numpy as np

from explorer.analysis.probe import TITLES, Whereabouts, columns_in_words
from explorer.drawing import picture
from explorer.window.base.scale import px
from explorer.window.base.widgets import class_dots, fitted, pack_if, packed, text_width
from explorer.window.inspector.part import Part
from explorer.window.inspector.redraw import SteadyLabel, ZoomedImage
from explorer.window.pane.context import MapContext

LARGEST = 700  # pixels; larger pictures take too long
DOT = 14  # pixels
LOW = 260  # pixels of room for the picture; with less, a value has its title on its left, not above it


class PicturePanel(Part):
    """Shows decoded images at once, and the texts about them, which may come a moment later.

    Each text has a fixed place beside the picture, so that new texts move nothing.

    Args:
        parent: widget.
        context: of the map.
        size: of the picture, in pixels; the panel keeps it until `resize`.
    """

    def __init__(self, parent: tk.Misc, context: MapContext, size: int) -> None:
        super().__init__(parent, context)
        self._shape, self._size = (0, 0), (0, 0)  # of a data image; of the picture on the screen, in pixels
        self._levels: np.ndarray | None = None
        self._nearest = ""
        self._fitted = functools.cache(lambda label, name: fitted(label, name, label.winfo_width() - px(DOT + 8)))
        self._dot = class_dots(self, px(DOT))

        self._heading = packed(ttk.Label(self, style="Title.TLabel"), anchor="w", pady=px(0, 8))
        self.picture = tk.Label(self, borderwidth=0, highlightthickness=0, anchor="nw")
        self._columns = SteadyLabel(self, justify="left", anchor="nw")  # instead of a picture, without a decoder
        self._strut = ttk.Frame(self, width=1, height=1)  # keeps the greatest height that the texts have needed
        self._strut.pack(side="left")
        self._choose()
        self._beside = beside = packed(ttk.Frame(self), side="left", fill="both", expand=True, padx=px(15, 0))
        self._width = 0  # of that frame
        rows = {name: packed(ttk.Frame(beside), fill="x") for name in TITLES}
        self._titles = {name: ttk.Label(row, style="Faint.TLabel") for name, row in rows.items()}
        self._values = {
            name: SteadyLabel(row, style="Value.TLabel", width=6, compound="left") for name, row in rows.items()
        }
        self._cue = packed(SteadyLabel(beside, style="Value.TLabel", width=8), fill="x")
        self._odds = packed(SteadyLabel(beside, style="Faint.TLabel", justify="left"), fill="x", pady=px(2, 0))
        self._note = packed(SteadyLabel(beside, style="Note.TLabel", justify="left"), fill="x", pady=px(4, 0))
        beside.bind("<Configure>", self._wrap)
        self._values["nearest"].bind("<Configure>", self._fit_name)
        self.hear(self._on_probe, context.probe_changed)
        self.resize(size)

    def _wrap(self, event: tk.Event) -> None:
        """Breaks the lines anew in another width, which may be there for a moment only, while the window is resized."""
        if event.width != self._width:
            self._width = event.width
            for label in (self._odds, self._note):
                label.configure(wraplength=event.width)
            self._strut.configure(height=1)
            self.after_idle(self._keep_height)
        else:
            self._keep_height()

    def _keep_height(self) -> None:
        height = self._beside.winfo_reqheight()
        if height > self._strut.winfo_reqheight():
            self._strut.configure(height=height)

    def _choose(self) -> None:
        """Shows the picture, or, in a space without a decoder, what is known about the nearest point."""
        decodes = self._probe.space.has_decoder
        self._heading.configure(text="Decoded at the cursor" if decodes else "Nearest point")
        for part, wanted in ((self.picture, decodes), (self._columns, not decodes)):
            pack_if(part, wanted, side="left", anchor="n", before=self._strut)

    def _on_probe(self) -> None:
        """Prepares for the images of another space, which may have another shape."""
        self._choose()
        self.resize(self._room)
        self._arrange_values(self._room < px(LOW))
        if self._probe.decoder is None:  # the shown picture belongs to the previous space
            self._levels = None
            self._enlarged.blank()

    def resize(self, size: int) -> None:
        """Limits the picture to size × size pixels."""
        shape, self._room = self._probe.space.image_shape, min(size, px(LARGEST))
        wide = 3 * self._room // 4  # so that the place beside it is not cut
        self._columns.configure(wraplength=wide, width=-(wide // text_width(self, "0", "TkDefaultFont")))
        shown_size = picture.shown_size(shape, self._room)
        if (shape, shown_size) == (self._shape, self._size):
            return
        if shape != self._shape:
            self._levels = None
        self._shape, self._size = shape, shown_size
        self._strut.configure(height=1)
        self._arrange_values(self._room < px(LOW))
        self._factor = picture.zoom_factor(shape, self._room)
        native = (shape[1], shape[0]) if self._factor else shown_size
        self._enlarged = ZoomedImage(self, native, self._factor or 1, "L" if len(shape) == 2 else "RGB")
        self.picture.configure(image=self._enlarged.photo)
        if self._levels is not None:
            self._show_levels(self._levels)

    def _arrange_values(self, low: bool) -> None:
        for name, title in self._titles.items():
            short = "at" if name == "z" and self._probe.space.projection is not None else name
            title.configure(text=short if low else self._probe.titles[name])
            title.pack(side="left" if low else "top", anchor="w")
            space = {"padx": px(6, 0), "pady": px(0, 2)} if low else {"padx": 0, "pady": px(0, 9)}
            self._values[name].pack(side="left" if low else "top", fill="x", expand=True, **space)

    def show_image(self, image: np.ndarray | None) -> None:
        """Shows a decoded image; the screen has it after the next `update_idletasks`."""
        if image is not None:
            self._show_levels(picture.to_bytes(image))

    def _show_levels(self, levels: np.ndarray) -> None:
        self._levels = levels
        self._enlarged.show(levels if self._factor else np.asarray(picture.scaled(levels, self._room)))

    def show_words(self, words: dict[str, str], whereabouts: Whereabouts) -> None:
        """Shows the texts of `SpaceProbe.words` about the place."""
        for name in ("z", "distance"):
            self._values[name].say(text=words[name])
        self._nearest, space = words["nearest"], self._probe.space
        if not space.has_decoder:
            self._columns.say(text=columns_in_words(space, whereabouts.nearest))
        if whereabouts.nearest is not None and not self._shows_classes:
            self._nearest = self._name_of(int(space.rows[whereabouts.nearest]))
        has_class = whereabouts.nearest is not None and self._shows_classes
        dot = self._dot(int(space.labels[whereabouts.nearest])) if has_class else ""
        self._values["nearest"].say(text=self._short(self._nearest), image=dot)
        self._cue.say(text=words["cue"], style="Good.TLabel" if whereabouts.on_map else "Warning.TLabel")
        self._odds.say(text=words["odds"])
        note = words["note"]  # shares its place with the round trip: both are hardly ever shown, and do not fit
        self._note.say(text=note or words["back"], style="Note.TLabel" if note else "Faint.TLabel")

    def _short(self, name: str) -> str:
        """A class's name, shortened to fit beside its dot."""
        return self._fitted(self._values["nearest"], name) if name in self._probe.space.class_names else name

    def _fit_name(self, event: tk.Event) -> None:
        self._fitted.cache_clear()
        self._values["nearest"].say(text=self._short(self._nearest))

    def box_on_screen(self) -> list[int]:
        """The position of the picture in screen pixels: x, y, width, height."""
        return [self.picture.winfo_rootx(), self.picture.winfo_rooty(), *self._size]
