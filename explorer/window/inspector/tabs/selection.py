"""The selected images: counts by class, a contact sheet, and export."""

from __future__ import annotations

import functools
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk

import numpy as np
from PIL import Image

from explorer.analysis import exporting
from explorer.analysis.analyses import ERRORS, ORIGINALS
from explorer.drawing import sheet
from explorer.drawing.themes import THEMES
from explorer.files.writing import writing
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later, explain, packed
from explorer.window.inspector.contact_sheet import ContactSheet
from explorer.window.inspector.part import Tab, say_failure
from explorer.window.inspector.tabs.selection_summary import SelectionSummary
from explorer.window.pane.bars import Choice
from explorer.window.pane.context import MapContext
from explorer.window.pane.dialogs import ask_to_save

TOOLS = {  # what dragging on the map does: text and tooltip of each button
    "explore": ("Explore", "dragging moves the map (key e)"),
    "lasso": ("Lasso", "drag around images to select them; Shift adds, Alt or Ctrl removes (key s)"),
    "rectangle": ("Rectangle", "drag a rectangle to select what lies in it; Shift adds, Alt or Ctrl removes (key s)"),
}
ORDERS = ("by index", "by error, largest first", "by distance to the centre", "by class")
LATER_MS = 10  # the map is drawn first
HINT = "Nothing is selected. Choose Lasso or Rectangle, and drag over the map."
KINDS = {".csv": "CSV table", ".npz": "NumPy arrays", ".png": "PNG picture"}  # of files
THUMBNAIL = 28  # pixels in the PNG


class SelectionExport:
    """Asks for files, and writes the selection into them.

    Args:
        parent: a widget of the window below the dialog.
        context: of the map; shows messages about the result.
        sorting: returns the order of a contact sheet: positions in an array of points.
    """

    def __init__(self, parent: tk.Misc, context: MapContext, sorting: Callable[[np.ndarray], np.ndarray]) -> None:
        self._parent, self._context, self._sorting = parent, context, sorting
        self._waiting: Callable[[], None] | None = None  # an export that waits for the errors

    def ask(self, suffix: str) -> None:
        """Asks for a file and writes the selection into it. The suffix is one of `KINDS`."""
        if not len(self._context.shared.selection):
            self._context.say(HINT)
            return
        kinds = [(KINDS[suffix], f"*{suffix}")]
        path = ask_to_save(self._context, self._parent, "Export the selection", f"selection{suffix}", kinds)
        if path and suffix == ".png":
            self._write_sheet(path)
        elif path:
            self._write_table(path, exporting.write_csv if suffix == ".csv" else exporting.write_npz)

    def _write_table(self, path: Path, write_file: Callable) -> None:
        """Writes the current selection, with the errors if they are available; they are computed first."""
        space, probe, rows = self._context.state.space, self._context.probe, self._context.shared.selection

        def write() -> None:
            dataset, errors = probe.result(ORIGINALS), probe.result(ERRORS)
            arrays = exporting.table(space, rows, dataset, errors)
            without = "" if errors is not None else f", without errors: {probe.unavailable(ERRORS)}"
            said = f"Wrote {len(arrays['index']):,} images to {path}{without}"
            self._start(path, lambda: write_file(path, arrays), said)

        if ERRORS in probe.results or probe.unavailable(ERRORS):
            write()
        else:
            self._waiting = write
            self._context.need(ERRORS)

    def on_errors(self) -> None:
        """Continues a waiting export, now that the errors are known, unavailable, or cancelled."""
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        if ERRORS in self._context.probe.results or self._context.probe.unavailable(ERRORS):
            waiting()
        else:
            self._context.say("Cancelled: nothing was written")

    def forget(self) -> None:
        """Drops an export that waits for the errors of another space."""
        self._waiting = None

    def _write_sheet(self, path: Path) -> None:
        space, probe = self._context.state.space, self._context.probe
        dataset = probe.result(ORIGINALS)
        points = space.indices_of(self._context.shared.selection)
        rows = space.rows[points[self._sorting(points)]]
        if dataset is None:
            unavailable = probe.unavailable(ORIGINALS) or "they are still being read"
            self._context.say(f"The original images are unavailable: {unavailable}")
            return
        colour = THEMES[self._context.shared.theme].paper

        def write() -> None:
            layout = sheet.for_file(len(rows), dataset.image_shape, THUMBNAIL)
            width, height = layout.size
            mode = "RGB" if len(dataset.image_shape) == 3 else "L"
            whole = Image.new(mode, (width, height))
            images = lambda first, last: dataset.images(rows[first:last])  # noqa: E731
            for top in range(0, height, band := 20 * layout.step[1]):
                part = layout.compose(images, top, min(band, height - top), width, colour)
                whole.paste(part.convert(mode), (0, top))
            with writing(path) as file:
                whole.save(file, "PNG")

        self._start(path, write, f"Wrote a contact sheet of {len(rows):,} images to {path}")

    def _start(self, path: Path, write: Callable[[], None], said: str) -> None:
        def done(result: None) -> None:
            self._context.say_done(said)
            self._context.trace.write("exported", path=str(path))

        failed = functools.partial(say_failure, self._context)
        self._context.workers.start(f"export {path}", lambda tell, cancelled: write(), done, failed)


class SelectionTab(Tab):
    """The selected images: counts by class, a contact sheet, and export.

    The tab is updated only while it is visible.

    Args:
        parent: widget.
        context: of the map.
    """

    title = "Selection"

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._stale = True
        self._soon = Later(self, self._refresh, LATER_MS)
        self._export = SelectionExport(self, context, self._sorting)
        self.export = self._export.ask
        self._build()
        self.hear(lambda: self._refresh_soon(stale=True), self._shared.selection_changed)
        self.hear(self.sheet.redraw, self._shared.theme_changed)
        self.hear(lambda: self._tool.set(self._shared.tool), self._shared.tool_changed)
        self.hear(self._on_probe, context.probe_changed)
        self.hear(lambda: self._refresh_soon(stale=True), context.ready, only=(ORIGINALS, "decoder"))
        self.hear(self._on_errors, context.ready, only=(ERRORS,))
        self.bind("<Map>", lambda event: self._refresh_soon())
        self.bind("<Configure>", lambda event: self._summary.resize(event.width))

    def _build(self) -> None:
        bar = packed(ttk.Frame(self), fill="x")
        self._tool = tk.StringVar(self, self._shared.tool)
        for tool, (text, tip) in TOOLS.items():
            use = functools.partial(self._shared.use, tool)
            options = {"value": tool, "variable": self._tool, "style": "Toggle.TButton"}
            button = packed(ttk.Radiobutton(bar, text=text, command=use, **options), side="left", padx=px(0, 3))
            explain(button, tip)
        self._keep, select = Choice(bar, self._shared, "Selection"), self._shared.select
        for text, command in {
            "Export CSV …": lambda: self._export.ask(".csv"),
            "Export NPZ …": lambda: self._export.ask(".npz"),
            "Export contact sheet PNG …": lambda: self._export.ask(".png"),
            "": None,
            "Select all shown images": lambda: select(self._shown_rows()),
            "Invert among the shown images": lambda: select(np.setdiff1d(self._shown_rows(), self._shared.selection)),
            "Clear": lambda: select(np.empty(0, np.intp)),
        }.items():
            if command is None:
                self._keep.menu.add_separator()
            else:
                self._keep.menu.add_command(label=text, command=command)
        self._keep.pack(side="right")
        self._keep.configure(takefocus=True)
        explain(self._keep, "export the selected images, select all, invert, clear")

        row = packed(ttk.Frame(self), fill="x", pady=px(8, 6))
        self._order = ttk.Combobox(row, values=ORDERS, state="readonly", width=22)
        explain(self._order, "the order of the contact sheet")
        self._order.current(0)
        self._order.bind("<<ComboboxSelected>>", self._on_order)
        self._order.pack(side="right")
        self._count = packed(ttk.Label(row, style="Key.TLabel"), side="left")

        below = packed(ttk.Frame(self), fill="both", expand=True)
        below.columnconfigure(1, weight=1)
        below.rowconfigure(0, weight=1)
        self._summary = SelectionSummary(below, self._context)
        self._summary.grid(row=0, column=0, sticky="ns", padx=px(0, 10))
        self.sheet = ContactSheet(below, self._shared, self._on_picked, self._on_sheet)
        self.sheet.grid(row=0, column=1, sticky="nsew")

    # ---- signals ---------------------------------------------------------------------------

    def _on_probe(self) -> None:
        self._summary.forget()
        self._export.forget()
        self._refresh_soon(stale=True)

    def _on_errors(self) -> None:
        self._refresh_soon(stale=self._order.current() == 1)
        self._export.on_errors()

    def _on_order(self, event: tk.Event) -> None:
        self._order.selection_clear()
        self.winfo_toplevel().focus_set()
        self._refresh_soon(stale=True)

    def _on_picked(self, row: int) -> None:
        """Shows an image on the map and pins it, unless its class is hidden."""
        space, point = self._state.space, self._state.space.index_of(row)
        if point is None:
            return
        self._show_point(point)
        label = int(space.labels[point])
        if label in self._shared.hidden:
            self._context.say(f"The class {space.class_names[label]} is hidden: show it to pin this image")
        else:
            self._shared.pin(row)

    def _on_sheet(self) -> None:
        self._context.trace.write("sheet", **self.sheet.place())

    # ---- showing ---------------------------------------------------------------------------------

    def _refresh_soon(self, stale: bool = False) -> None:
        """Updates the tab once it is visible, if it is stale."""
        self._stale = self._stale or stale
        if self._stale and self.winfo_ismapped():
            self._soon()

    def _refresh(self) -> None:
        if not self.winfo_ismapped():
            return
        self._stale = False
        space, dataset = self._state.space, self._probe.result(ORIGINALS)
        points = space.indices_of(self._shared.selection)
        points = points[self._sorting(points)]
        self._count.configure(text=f"{len(points):,} selected")
        self.sheet.show(space.rows[points], dataset, self._note(len(points)))
        self._summary.show(points, dataset)

    def _note(self, count: int) -> str:
        """Why there are no thumbnails, for the user."""
        probe = self._probe
        if not count:
            return HINT
        if probe.unavailable(ORIGINALS):
            return f"The original images are unavailable: {probe.unavailable(ORIGINALS)}"
        return "reading the images …"

    def _sorting(self, points: np.ndarray) -> np.ndarray:
        """The order of the sheet: positions in `points`, (m,)."""
        space, probe, order = self._state.space, self._probe, self._order.current()
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

    def _shown_rows(self) -> np.ndarray:
        """Data rows of all images of the shown classes, also outside the view."""
        space = self._state.space
        shown = self._shared.shown(space.labels)
        return space.rows if shown is None else space.rows[shown]
