"""The selected images: how many of each class, a contact sheet, ways to keep them."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog, ttk

import numpy as np
from PIL import Image, ImageTk

from explorer.analysis import exporting
from explorer.analysis.analyses import ERRORS, ORIGINALS
from explorer.analysis.probe import What, shortened
from explorer.drawing import picture, sheet
from explorer.drawing.themes import THEMES, class_colour
from explorer.errors import Cancelled, UserError
from explorer.images import datasets
from explorer.session.state import SharedState
from explorer.space import files
from explorer.window.base.widgets import add_tooltip
from explorer.window.base.workers import Asked, Tell
from explorer.window.inspector.contact_sheet import ContactSheet
from explorer.window.pane.bars import Choice
from explorer.window.pane.context import MapContext
from explorer.window.pane.dialogs import ask_for_file

TOOLS = {"explore": "Explore", "lasso": "Lasso", "rectangle": "Rectangle"}
TIPS = {
    "explore": "dragging moves the map (key e)",
    "lasso": "drag around images to select them; Shift adds, Alt or Ctrl removes (key s)",
    "rectangle": "drag a rectangle to select what lies in it; Shift adds, Alt or Ctrl removes (key s)",
}
ORDERS = ("by index", "by error, largest first", "by distance to the centre", "by class")
LATER_MS = 10  # the map is drawn first
LEFT_SHARE, NARROWEST_LEFT, WIDEST_LEFT = 0.38, 192, 280  # of the tab's width, and pixels
MOST_BARS, BAR = 10, 12  # and pixels of a bar's row, at least
BATCH = 2000  # images averaged at once
THUMBNAIL = 28  # pixels in the PNG
KINDS = {".csv": "CSV table", ".npz": "NumPy arrays", ".png": "PNG picture"}
HINT = "Nothing is selected. Take up the lasso or the rectangle, and drag over the map."


class SelectionTab(ttk.Frame):
    """The selected images: how many of each class, a contact sheet, ways to keep them.

    What it shows is found when it is to be seen.

    Args:
        parent: widget.
        context: what the window works with.
    """

    title = "Selection"

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, padding=(2, 10, 2, 2))
        self._context, self._state, self._shared = context, context.state, context.shared
        self._stale, self._due = True, False
        self._points = np.empty(0, np.intp)  # of the selection, in the order of the sheet
        self._mean: np.ndarray | None = None  # (h, w[, 3]) uint8
        self._waiting: Callable[[], None] | None = None  # an export, for the errors
        self._photos: dict[tk.Label, ImageTk.PhotoImage] = {}
        self._build()
        for signal, heard in (
            (self._shared.selection_changed, self._on_selection),
            (self._shared.theme_changed, self._on_theme),
            (self._shared.tool_changed, self._on_tool),
            (context.probe_changed, self._on_probe),
            (context.ready, self._on_ready),
        ):
            signal.connect(heard)
        self.bind("<Map>", lambda event: self._refresh_later())
        self.bind("<Configure>", self._on_configure)

    def _build(self) -> None:
        bar = ttk.Frame(self)
        bar.pack(fill="x")
        self._tool = tk.StringVar(self, self._shared.tool)
        for tool, text in TOOLS.items():
            button = ttk.Radiobutton(
                bar,
                text=text,
                value=tool,
                variable=self._tool,
                style="Toggle.TButton",
                takefocus=False,
                command=lambda tool=tool: self._shared.use(tool),
            )
            button.pack(side="left", padx=(0, 3))
            button.bind("<Map>", lambda event, tool=tool: self._give_tip(event.widget, TIPS[tool]))
        keep = {
            "Export CSV …": lambda: self.export(".csv"),
            "Export NPZ …": lambda: self.export(".npz"),
            "Export contact sheet PNG …": lambda: self.export(".png"),
            "": None,
            "Select all of the shown classes": self.select_all,
            "Invert among the shown classes": self.invert,
            "Clear": self.clear,
        }
        self._keep = Choice(bar, "Selection")
        for text, action in keep.items():
            if action is None:
                self._keep.menu.add_separator()
            else:
                self._keep.menu.add_command(label=text, command=action)
        self._keep.apply_theme(THEMES[self._shared.theme])
        self._keep.pack(side="right")

        row = ttk.Frame(self)
        row.pack(fill="x", pady=(8, 6))
        self._order = ttk.Combobox(row, values=ORDERS, state="readonly", width=22, takefocus=False)
        self._order.current(0)
        self._order.bind("<<ComboboxSelected>>", self._on_order)
        self._order.pack(side="right")
        self._count = ttk.Label(row, style="Key.TLabel")
        self._count.pack(side="left")

        below = ttk.Frame(self)
        below.pack(fill="both", expand=True)
        below.columnconfigure(1, weight=1)
        below.rowconfigure(0, weight=1)
        self._left = ttk.Frame(below, width=NARROWEST_LEFT)
        self._left.grid(row=0, column=0, sticky="ns", padx=(0, 10))
        self._left.grid_propagate(False)
        self._left.columnconfigure((0, 1), weight=1)
        self._left.rowconfigure(2, weight=1)
        self._pictures = {}
        for column, text in enumerate(("mean image", "decoded mean code")):
            label = tk.Label(self._left, borderwidth=0, highlightthickness=0)
            gap = (0, 0 if column else 8)
            label.grid(row=0, column=column, sticky="w", padx=gap)
            words = ttk.Label(self._left, text=text, style="Faint.TLabel", font="ExplorerSmall")
            words.grid(row=1, column=column, sticky="w", padx=gap)
            self._pictures[column] = label, words
        self._bars = tk.Canvas(self._left, highlightthickness=0, borderwidth=0, width=60, height=60, takefocus=False)
        self._bars.grid(row=2, columnspan=2, sticky="nsew", pady=(3, 0))
        self._bars.bind("<Configure>", lambda event: self._draw_bars())
        self.sheet = ContactSheet(below, self._shared, self._on_picked, self._on_sheet)
        self.sheet.grid(row=0, column=1, sticky="nsew")

    def _give_tip(self, widget: tk.Widget, text: str) -> None:
        """Each tooltip is a window, so none before it can be wanted."""
        widget.unbind("<Map>")
        add_tooltip(widget, text)

    # ---- what it hears ---------------------------------------------------------------------------

    def _on_selection(self, shared: SharedState) -> None:
        self._stale = True
        self._refresh_later()

    def _on_theme(self, shared: SharedState) -> None:
        self._keep.apply_theme(THEMES[shared.theme])
        self.after_idle(self._draw_bars)
        self.sheet.redraw()

    def _on_tool(self, shared: SharedState) -> None:
        self._tool.set(shared.tool)

    def _on_probe(self, context: MapContext) -> None:
        self._context.workers.cancel("average")
        self._points = np.empty(0, np.intp)  # perhaps there are fewer now
        self._waiting, self._stale = None, True
        self._refresh_later()

    def _on_ready(self, context: MapContext, what: What) -> None:
        if what in (ORIGINALS, "decoder") or (what == ERRORS and self._order.current() == 1):
            self._stale = True
            self._refresh_later()
        if what == ERRORS and self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            if ERRORS in context.probe.results or context.probe.unavailable(ERRORS):
                waiting()
            else:
                self._context.say("Cancelled: nothing was written")

    def _on_configure(self, event: tk.Event) -> None:
        if event.widget is self:
            width = round(min(max(event.width * LEFT_SHARE, NARROWEST_LEFT), WIDEST_LEFT))
            if width != int(str(self._left.cget("width"))):
                self._left.configure(width=width)
                self._show_averages()

    def _on_order(self, event: tk.Event) -> None:
        self._order.selection_clear()
        self.winfo_toplevel().focus_set()
        self._stale = True
        self._refresh_later()

    def _on_picked(self, row: int) -> None:
        """Shows an image on the map, and pins it: not one of a hidden class, which would not be seen."""
        space, point = self._state.space, self._state.space.index_of(row)
        if point is None:
            return
        self._state.show_place(tuple(space.places[point].tolist()))
        label = int(space.labels[point])
        if label in self._shared.hidden:
            self._context.say(f"The class {space.class_names[label]} is hidden: show it to pin this image")
        else:
            self._shared.pin(row)

    def _on_sheet(self) -> None:
        self._context.trace.write("sheet", **self.sheet.place())

    # ---- showing ---------------------------------------------------------------------------------

    def _refresh_later(self) -> None:
        if self._stale and not self._due and self.winfo_ismapped():
            self._due = True
            self.after(LATER_MS, self._refresh)

    def _refresh(self) -> None:
        self._due = False
        if not self.winfo_ismapped():
            return
        self._stale = False
        space, probe = self._state.space, self._context.probe
        points = space.indices_of(self._shared.selection)
        self._points = points[self._sorting(points)]
        self._count.configure(text=f"{len(points):,} selected")
        if len(points):
            self._left.grid()
        else:
            self._left.grid_remove()
        dataset = probe.result(ORIGINALS)
        self.sheet.show(space.rows[self._points], dataset, self._note())
        self._draw_bars()
        self._average(dataset)

    def _note(self) -> str:
        """What is said where no thumbnail is to be seen."""
        probe = self._context.probe
        if not len(self._points):
            return HINT
        if probe.unavailable(ORIGINALS):
            return f"The original images are not at hand: {probe.unavailable(ORIGINALS)}"
        return "reading the images …"

    def _sorting(self, points: np.ndarray) -> np.ndarray:
        """The order of the sheet: positions in `points`, (m,)."""
        space, probe, order = self._state.space, self._context.probe, self._order.current()
        if order == 1:
            if ERRORS in probe.results:
                return np.argsort(-probe.known(ERRORS)[points], kind="stable")
            if probe.unavailable(ERRORS):
                self._context.say(f"Sorted by index: {probe.unavailable(ERRORS)}")
                self._order.current(0)
            else:
                self._context.need(ERRORS)
        if order == 2 and len(points):
            codes = space.codes[points].astype(np.float64)
            return np.argsort(np.linalg.norm(codes - codes.mean(axis=0), axis=1), kind="stable")
        if order == 3:
            return np.lexsort((space.rows[points], space.labels[points]))
        return np.argsort(space.rows[points], kind="stable")

    def _average(self, dataset: datasets.Dataset | None) -> None:
        """Has the mean image found in a worker: adding up 70,000 takes a few frames."""
        self._mean = None
        self._show_averages()
        rows = np.sort(self._state.space.rows[self._points])
        if dataset is None or not len(rows):
            self._context.workers.cancel("average")
            return

        def work(tell: Tell, cancelled: Asked) -> np.ndarray:
            total = np.zeros(dataset.image_shape)
            for start in range(0, len(rows), BATCH):
                if cancelled():
                    raise Cancelled
                total += dataset.images(rows[start : start + BATCH]).sum(axis=0, dtype=np.float64)
            return np.rint(total / len(rows)).astype(np.uint8)

        self._context.workers.start("average", work, self._on_average, self._on_failure)

    def _on_average(self, mean: np.ndarray) -> None:
        self._mean = mean
        self._show_averages()

    def _on_failure(self, error: BaseException) -> None:
        if isinstance(error, UserError):
            self._context.say(str(error))
        elif not isinstance(error, Cancelled):
            raise error

    def _show_averages(self) -> None:
        probe, decoded = self._context.probe, None
        if len(self._points) and probe.decoder is not None:
            code = self._state.space.codes[self._points].mean(axis=0, dtype=np.float64)
            decoded = picture.to_bytes(probe.decoder(code[None].astype(np.float32))[0])
        for (label, words), levels in zip(self._pictures.values(), (self._mean, decoded), strict=True):
            if levels is None:
                label.grid_remove()
                words.grid_remove()
                continue
            side = int(str(self._left.cget("width"))) // 2 - 26
            self._photos[label] = ImageTk.PhotoImage(picture.scaled(levels, side), master=self)
            label.configure(image=self._photos[label])
            label.grid()
            words.grid()

    def _draw_bars(self) -> None:
        """The largest classes of the selection, largest first, in as many rows as there is room for."""
        canvas, theme, space = self._bars, THEMES[self._shared.theme], self._state.space
        canvas.delete("all")
        canvas.configure(background=theme.paper)
        if not len(self._points) or not space.class_names:
            return
        counts = np.bincount(space.labels[self._points], minlength=len(space.class_names))
        order = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
        width, height = canvas.winfo_width(), canvas.winfo_height()
        rows = max(height // BAR, 1)
        bars = min(MOST_BARS, len(order), rows)
        if bars < len(order) and bars == rows:
            bars = max(rows - 1, 0)
        step = min(height / max(bars + (bars < len(order)), 1), 24)
        measure = lambda text: int(canvas.tk.call("font", "measure", "ExplorerSmall", text))  # noqa: E731
        room = 0.4 * canvas.winfo_width()
        names = [shortened(space.class_names[label], room, measure) for label in order[:bars]]
        numbers = [f"{counts[label]:,}" for label in order[:bars]]
        left = max(map(measure, names), default=0) + 6
        right = width - max(map(measure, numbers), default=0) - 8
        for place, (label, name, number) in enumerate(zip(order, names, numbers, strict=False)):
            y = place * step
            length = max(round((right - left) * counts[label] / counts[order[0]]), 1)
            text = {"font": "ExplorerSmall", "fill": theme.ink}
            canvas.create_text(0, y + step / 2, text=name, anchor="w", **text)
            box = left, y + 2, left + length, y + step - 2
            canvas.create_rectangle(*box, fill=class_colour(int(label)), width=0)
            canvas.create_text(left + length + 5, y + step / 2, text=number, anchor="w", **text)
        if bars < len(order):
            more = f"and {len(order) - bars:,} more"
            canvas.create_text(0, (bars + 0.5) * step, text=more, anchor="w", font="ExplorerSmall", fill=theme.faint)

    # ---- actions ---------------------------------------------------------------------------------

    def clear(self) -> None:
        """Selects nothing."""
        self._shared.select(np.empty(0, np.intp))

    def select_all(self) -> None:
        """Selects every image of the shown classes, also beyond the view."""
        self._shared.select(self._shown_rows())

    def invert(self) -> None:
        """Selects every image of the shown classes that is not selected, and none else."""
        self._shared.select(np.setdiff1d(self._shown_rows(), self._shared.selection))

    def _shown_rows(self) -> np.ndarray:
        space = self._state.space
        shown = self._shared.shown(space.labels)
        return space.rows if shown is None else space.rows[shown]

    def export(self, suffix: str) -> None:
        """Asks for a file, and writes the selection into it: a table, arrays, or the contact sheet."""
        if not len(self._shared.selection):
            self._context.say(HINT)
            return
        name = ask_for_file(
            filedialog.asksaveasfilename,
            self._context,
            self,
            title="Export the selection",
            initialfile=f"selection{suffix}",
            defaultextension=suffix,
            filetypes=[(KINDS[suffix], f"*{suffix}")],
        )
        if name:
            self.write(Path(name), suffix)

    def write(self, path: Path, suffix: str) -> None:
        """Writes the selection as it is now; says how that went. Errors are worked out before, where they can be."""
        space, probe, rows = self._state.space, self._context.probe, self._shared.selection
        if suffix == ".png":
            self._write_sheet(path)
            return

        def write() -> None:
            dataset, errors = probe.result(ORIGINALS), probe.result(ERRORS)
            arrays = exporting.table(space, rows, dataset, errors)
            write = exporting.write_csv if suffix == ".csv" else exporting.write_npz
            without = "" if errors is not None else f", without errors: {probe.unavailable(ERRORS)}"
            self._start(path, lambda: write(path, arrays), f"Wrote {len(arrays['index']):,} images to {path}{without}")

        if ERRORS in probe.results or probe.unavailable(ERRORS):
            write()
        else:
            self._waiting = write
            self._context.need(ERRORS)

    def _write_sheet(self, path: Path) -> None:
        space, probe = self._state.space, self._context.probe
        dataset = probe.result(ORIGINALS)
        points = space.indices_of(self._shared.selection)
        rows = space.rows[points[self._sorting(points)]]
        if dataset is None:
            unavailable = probe.unavailable(ORIGINALS) or "they are being read"
            self._context.say(f"The original images are not at hand: {unavailable}")
            return
        colour = THEMES[self._shared.theme].paper

        def write() -> None:
            layout = sheet.for_file(len(rows), dataset.image_shape, THUMBNAIL)
            width, height = layout.size
            mode = "RGB" if len(dataset.image_shape) == 3 else "L"
            whole = Image.new(mode, (width, height))
            images = lambda first, last: dataset.images(rows[first:last])  # noqa: E731
            for top in range(0, height, band := 20 * layout.row_height):
                part = layout.compose(images, top, min(band, height - top), width, colour)
                whole.paste(part.convert(mode), (0, top))
            with files.writing(path) as file:
                whole.save(file, "PNG")

        self._start(path, write, f"Wrote a contact sheet of {len(rows):,} images to {path}")

    def _start(self, path: Path, write: Callable[[], None], said: str) -> None:
        def done(result: None) -> None:
            self._context.say(said)
            self._context.trace.write("exported", path=str(path))

        self._context.workers.start(f"export {path}", lambda tell, cancelled: write(), done, self._on_failure)
