"""New images, drawn from a prior or from the density of the codes, and the map through the quantiles of the prior."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass
from tkinter import ttk

import numpy as np

from explorer.analysis.analyses import ORIGINALS, PIXEL_INDEX
from explorer.analysis.metrics import Metric
from explorer.drawing import picture, sheet
from explorer.images import datasets
from explorer.spaces.latent_space import LatentSpace
from explorer.uses import generation, measured
from explorer.window.base.scale import px
from explorer.window.base.widgets import box_on_screen, button, explain, pack_if, packed, picture_canvas, wrap_with
from explorer.window.base.workers import Asked, Tell
from explorer.window.inspector.part import Part, metric_labels
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext

COUNT = 24  # images drawn at once
COLUMNS = (12, 8)  # images in a row; the smaller number if it makes them much larger
PAIRS = (6, 4)  # the same for pairs of a new image and a training image
GREY = 128  # between the two
MUCH = 1.3  # times larger counts as much
LARGEST = 84  # pixels of a thumbnail
LIKELY = 20  # training images that each is compared with in every pixel
COLDEST, HOTTEST = 0.2, 2.0  # temperatures
SEED = 0
SLOT = "new images"  # of the workers
ABOUT_QUANTILES = (
    "prior-quantile axes: each number of a code is shown as the share of\n"
    "the prior below it, so codes from the prior fill the square evenly (key q)"
)
SOURCES = {  # text and tooltip of each choice
    generation.PRIOR: ("the prior", "random codes from the normal distribution that the codes follow"),
    generation.DENSITY: ("the density of codes", "codes of images, plus noise as wide as the cloud around each"),
}
ABOUT_TEMPERATURE = "how wide the noise of random codes is: 1 is the prior, or the density, itself; 2 twice that"
ABOUT_BESIDE = "shows on the right of each new image the training image with the most similar pixels"
SHOWN = ("frechet", "near_copies", "density", "rarest", "coverage", "recall")  # measures, in two columns
DRAWN, POINTED = "drawn", "pointed at"  # groups of marks


@dataclass(frozen=True)
class NewImages:
    """Drawn codes, (n, d), and their images, (n, height, width[, 3]) uint8, None without a decoder; the rows of the
    nearest training images, (n,), and these images, both None if nobody asked or the index is not there."""

    codes: np.ndarray
    levels: np.ndarray | None = None
    rows: np.ndarray | None = None
    beside: np.ndarray | None = None


class PriorPanel(Part):
    """Draws codes from the prior or from the density of the codes, at a temperature, and shows their images, with the
    nearest training images, and what was measured about such images; and the choice of prior-quantile axes.

    Draws depend on their number only: in another space with the same prior, the same codes are shown.

    Args:
        parent: widget.
        context: of the map.

    Attributes:
        canvas: shows the images; gets the event <<Drawn>> when new ones are shown after `draw`.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._draws = 0  # how often new codes were drawn
        self._seen = False
        self._shown = self._fresh = False  # whether they are shown; whether they are about to be, for the first time
        self._new: NewImages | None = None
        self._inputs: tuple = ()  # of the current images, or of those that a worker makes
        self._working = self._stale = False  # whether a worker makes some; whether others are wanted by now
        self._measured: tuple = ()  # the card whose measures are shown, and of which source
        self._layout = sheet.Sheet(COUNT, COLUMNS[0], (1, 1), 1)
        self._pointed: int | None = None

        self._title = packed(ttk.Label(self, style="Key.TLabel"), anchor="w")
        self._through = tk.BooleanVar(self)
        options = {"variable": self._through, "command": self._choose}
        self._flatten = ttk.Checkbutton(self, text="Flatten the map by the prior", **options)
        explain(self._flatten, ABOUT_QUANTILES)
        self._source = tk.StringVar(self, generation.PRIOR)
        self._sources = ttk.Frame(self)
        ttk.Label(self._sources, text="From").pack(side="left", padx=px(0, 8))
        for source, (text, tip) in SOURCES.items():
            options = {"value": source, "variable": self._source, "command": self._on_probe}
            radio = packed(ttk.Radiobutton(self._sources, text=text, **options), side="left", padx=px(0, 10))
            explain(radio, tip)
        self._heat = packed(ttk.Frame(self), fill="x", pady=px(2, 0))
        ttk.Label(self._heat, text="Temperature").pack(side="left")
        self._temperature = ttk.Scale(self._heat, from_=COLDEST, to=HOTTEST, value=1.0, command=self._on_temperature)
        self._degrees = packed(ttk.Label(self._heat, text="1.0", width=4, anchor="e"), side="right")
        self._temperature.pack(side="left", fill="x", expand=True, padx=px(14, 0))
        explain(self._temperature, ABOUT_TEMPERATURE)
        buttons = packed(ttk.Frame(self), fill="x", pady=px(4, 0))
        tip = f"{COUNT} random codes, decoded (key g)"
        self._draw_button = packed(button(buttons, "", self.draw, tip), side="left")
        self._clear_button = packed(button(buttons, "Clear", self.clear), side="left", padx=px(6, 0))
        self._beside = tk.BooleanVar(self)
        options = {"text": "Nearest training image beside each", "variable": self._beside, "command": self._make}
        explain(packed(ttk.Checkbutton(self, **options), anchor="w", pady=px(4, 0)), ABOUT_BESIDE)
        self._note = ttk.Label(self, style="Faint.TLabel", justify="left")
        self.canvas, self._picture = picture_canvas(self, height=1)
        self.canvas.pack(fill="x", pady=px(8, 0))
        self._message = self.canvas.create_text(0, 0, anchor="nw")
        self._frame = self.canvas.create_rectangle(0, 0, 0, 0, width=px(2), state="hidden")
        self._table = ttk.Frame(self)
        self._caption = ttk.Label(self._table, style="Faint.TLabel", font="ExplorerSmall")
        self._caption.grid(row=0, column=0, columnspan=4, sticky="w")
        self._table.columnconfigure((1, 3), weight=1)
        self._values: dict[str, ttk.Label] = {}
        for place, name in enumerate(SHOWN):
            (title, form, explanation), (row, column) = generation.MEASURES[name], divmod(place, 2)
            for beside, label in enumerate(metric_labels(self._table, Metric(title, form.format, explanation), 1)):
                label.grid(row=row + 1, column=2 * column + beside, sticky="w", padx=px(0, 10))
                label.configure(font="ExplorerSmall")
                self._values[name] = label

        wrap_with(self, self._note)
        self.canvas.bind("<Configure>", lambda event: self._lay_out())
        self.canvas.bind("<Button-1>", self._on_click)
        self.canvas.bind("<Motion>", lambda event: self._point_at(self._layout.at(event.x, event.y)))
        self.canvas.bind("<Leave>", lambda event: self._point_at(None))
        explain(self.canvas, self._tip)
        self.hear(self._make, context.ready, only=("decoder", PIXEL_INDEX))
        self.hear(self._on_coordinates, self._state.coordinates_changed)
        self.hear(self._lay_out, self._shared.theme_changed)
        self.hear_now(self._on_probe, context.probe_changed)

    @staticmethod
    def suits(space: LatentSpace) -> bool:
        """Whether codes can be decoded."""
        return space.has_decoder

    def attend(self, seen: bool) -> None:
        """Tells the panel whether it is visible from now on; the drawn codes are on the map as long."""
        self._seen = seen
        self._mark()

    # ---- drawing ---------------------------------------------------------------------------

    def draw(self) -> None:
        """Draws new codes."""
        self._draws += 1
        self._shown = self._fresh = True
        self._make()

    def clear(self) -> None:
        """Removes the drawn codes."""
        self._shown = False
        self._make()

    @property
    def _from(self) -> str:
        """Where codes are drawn from: as chosen, if this space has it."""
        sources = generation.sources(self._probe.space)
        return self._source.get() if self._source.get() in sources else sources[0]

    def _make(self) -> None:
        """Draws, decodes and compares in a worker, unless the current images are those that are wanted."""
        probe, source, draws = self._probe, self._from, self._draws
        codes, decoder, temperature = probe.space.codes, probe.decoder, self._temperature.get()
        index = probe.result(PIXEL_INDEX) if self._beside.get() else None
        if self._beside.get():
            self._context.need(PIXEL_INDEX)
        shown = self._shown and self.suits(probe.space)
        self._clear_button.configure(state="normal" if shown else "disabled")
        inputs = probe.space.folder, probe.space.card, shown, decoder, index, source, draws, temperature
        if inputs == self._inputs:
            self._mark()
            return
        is_same_space = inputs[:2] == self._inputs[:2]
        if self._working and is_same_space and shown:  # the slider moves faster: what it has reached comes next
            self._stale = True
            return
        self._context.workers.cancel(SLOT)
        self._inputs, self._working, self._stale = inputs, shown, False
        if not (is_same_space and shown):
            self._take(None)
        if not shown:
            return

        def work(tell: Tell, cancelled: Asked) -> NewImages:
            middles, noise = generation.drawn(source, codes, COUNT, np.random.default_rng([SEED, draws]))
            drawn = middles + np.float32(temperature) * noise
            levels = None if decoder is None else picture.to_bytes(decoder(drawn))
            if levels is None or index is None:
                return NewImages(drawn, levels)
            images = probe.known(ORIGINALS)
            rows, _ = index.likely(datasets.as_float(levels), LIKELY, len(images.x_train) or index.n)
            return NewImages(drawn, levels, rows, images.images(rows))

        self._context.workers.start(SLOT, work, self._on_made, self._on_failed)

    def _on_made(self, new: NewImages) -> None:
        self._working = False
        self._take(new)
        if self._stale:
            self._make()

    def _on_failed(self, error: BaseException) -> None:
        self._working = False
        self.clear()
        self._on_failure(error)

    def _take(self, new: NewImages | None) -> None:
        """Shows new images, or none."""
        self._new = new
        self._point_at(None)
        self._mark()
        self._lay_out()
        if new is not None:
            self.update_idletasks()
            if self._fresh:
                self._fresh = False
                self.canvas.event_generate("<<Drawn>>")
            self.after_idle(self._tell, new)

    def _mark(self) -> None:
        """Marks the places of the codes on the map, and says what the pictures do not show."""
        new, probe = self._new, self._probe
        places = [] if new is None or not self._seen else probe.space.places_of(new.codes).tolist()
        self._context.marks.show(DRAWN, tuple(Mark(tuple(place)) for place in places))
        notes = []
        if self._shown and self._beside.get() and PIXEL_INDEX not in probe.results:
            why = probe.unavailable(PIXEL_INDEX)
            notes.append(f"No training images: {why}." if why else "The training images are being compared …")
        if self._shown and self._context.opened.plane_fixed:
            notes.append("Each code is shown by its nearest place on the map's plane.")
        self._note.configure(text="\n".join(notes))
        pack_if(self._note, bool(notes), fill="x", pady=px(4, 0), before=self.canvas)

    def _tell(self, new: NewImages) -> None:
        """Writes to the trace, once the layout is final."""
        self.update_idletasks()
        if new is self._new:
            told = {"source": self._from, "temperature": round(self._temperature.get(), 3)}
            told |= {"slider": box_on_screen(self._temperature)}
            told |= {} if new.rows is None else {"rows": new.rows.tolist()}
            self._context.trace.write("drawn", z=new.codes.tolist(), at=self._middles(), **told)

    def _on_probe(self) -> None:
        space = self._probe.space
        self._title.configure(text=f"New {space.image_noun}")
        self._draw_button.configure(text=f"Draw new {space.image_noun}")
        pack_if(self._flatten, space.has_prior, anchor="w", after=self._title)
        pack_if(self._sources, space.has_prior, fill="x", before=self._heat)
        self._on_coordinates()
        if (shown := (space.card, self._from)) != self._measured:
            self._measured = shown
            self._show_measured()
        self._make()

    def _on_temperature(self, value: str) -> None:
        self._degrees.configure(text=f"{float(value):.1f}")
        self._make()

    # ---- measures --------------------------------------------------------------------------------

    def _show_measured(self) -> None:
        """Shows what was measured about such images, from the card."""
        found = {row.get("source"): row for row in measured.rows(self._probe.space, "generation")}
        rows = [found.get(source, {}) for source in (self._from, generation.REAL)]
        for name, label in self._values.items():
            numbers = [row[name] for row in rows if isinstance(row.get(name), int | float)]
            words = [generation.MEASURES[name][1].format(number).replace("%", " %") for number in numbers]
            label.configure(text=f"{words[0]} ({words[1]})" if len(words) == 2 else "–")
        self._caption.configure(text=f"Measured at temperature 1 (and for real {self._probe.space.image_noun})")
        pack_if(self._table, bool(rows[0]), fill="x", pady=px(4, 0), before=self.canvas)

    # ---- coordinates -------------------------------------------------------------------------------

    def _choose(self) -> None:
        self._state.use_coordinates("quantiles" if self._through.get() else "plain")

    def _on_coordinates(self) -> None:
        self._through.set(self._state.space.coordinates == "quantiles")

    # ---- the sheet -------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        """Sets the size of the sheet, and draws it."""
        canvas, width = self.canvas, self.canvas.winfo_width()
        theme, new, shape = self._theme, self._new, self._probe.space.image_shape
        canvas.configure(background=theme.paper)
        shown = self._shown and self.suits(self._probe.space)
        text = "drawing …" if new is None else "no decoder yet"
        canvas.itemconfigure(self._message, fill=theme.faint, state="normal" if shown else "hidden", text=text)
        canvas.itemconfigure(self._frame, outline=theme.warning)
        if not shown or width <= 1:
            self._picture.show(None)
            canvas.configure(height=1)
            return
        images = None if new is None else new.levels
        if images is not None and new.beside is not None:
            between = np.full((*images.shape[:2], 1, *images.shape[3:]), GREY, np.uint8)
            images = np.concatenate([images, between, new.beside], axis=2)
            shape = images.shape[1:]
        gap = px(sheet.GAP)
        several, largest = (COLUMNS, LARGEST) if shape == self._probe.space.image_shape else (PAIRS, 2 * LARGEST)
        many, few = (max(min((width - gap) // columns - gap, px(largest)), 1) for columns in several)
        larger = picture.shown_size(shape, few)[0] >= MUCH * picture.shown_size(shape, many)[0]
        columns, side = (several[1], few) if larger else (several[0], many)
        self._layout = sheet.Sheet(COUNT, columns, picture.shown_size(shape, side), side, gap)
        wide, high = self._layout.size
        canvas.configure(height=high)
        if images is not None:
            some = lambda first, last: images[first:last]  # noqa: E731
            canvas.itemconfigure(self._message, state="hidden")
        self._picture.show(None if images is None else self._layout.compose(some, 0, high, wide, theme.paper))

    def _middles(self) -> list[tuple[int, int]]:
        """The middle of each image in screen pixels."""
        left, top = self.canvas.winfo_rootx(), self.canvas.winfo_rooty()
        width, height = self._layout.thumbnail
        corners = [self._layout.corner(index) for index in range(COUNT)]
        return [(left + x + width // 2, top + y + height // 2) for x, y in corners]

    # ---- mouse -----------------------------------------------------------------------------------

    def _point_at(self, index: int | None) -> None:
        """Frames an image, and marks its place on the map."""
        new = self._new
        index = None if new is None or new.levels is None else index
        if index == self._pointed:
            return
        self._pointed = index
        marks = ()
        if index is not None:
            x, y = self._layout.corner(index)
            width, height = self._layout.thumbnail
            self.canvas.coords(self._frame, x - 1, y - 1, x + width, y + height)
            marks = (Mark(self._probe.space.place_of(new.codes[index]), colour="warning"),)
        self._context.marks.show(POINTED, marks)
        self.canvas.itemconfigure(self._frame, state="hidden" if index is None else "normal")
        self.canvas.configure(cursor="" if index is None else "hand2")

    def _on_click(self, event: tk.Event) -> None:
        index = self._layout.at(event.x, event.y)
        if index is not None and self._new is not None and self._new.levels is not None:
            self._context.show_code(self._new.codes[index])

    def _tip(self) -> str:
        """The tooltip of the images."""
        text, new = "click an image to see its place on the map", self._new
        if self._pointed is None or new is None or new.rows is None:
            return text
        return f"{text};\nbeside it: {self._name_of(int(new.rows[self._pointed]))}"
