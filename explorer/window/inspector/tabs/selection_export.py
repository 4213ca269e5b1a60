"""Writes the selected images into a file: a table, arrays, or a contact sheet."""

from __future__ import annotations

import functools
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.analysis import exporting
from explorer.analysis.analyses import ERRORS, ORIGINALS
from explorer.drawing import sheet
from explorer.drawing.themes import THEMES
from explorer.files.writing import writing
from explorer.window.inspector.part import say_failure
from explorer.window.pane.context import MapContext
from explorer.window.pane.dialogs import ask_to_save

KINDS = {".csv": "CSV table", ".npz": "NumPy arrays", ".png": "PNG picture"}
HINT = "Nothing is selected. Take up the lasso or the rectangle, and drag over the map."
THUMBNAIL = 28  # pixels in the PNG


class SelectionExport:
    """Asks for files, and writes the selection into them.

    Args:
        parent: a widget of the window that the dialog stands over.
        context: of the map; says how it went.
        sorting: gives the order of a contact sheet: positions in an array of points.
    """

    def __init__(self, parent: tk.Misc, context: MapContext, sorting: Callable[[np.ndarray], np.ndarray]) -> None:
        self._parent, self._context, self._sorting = parent, context, sorting
        self._waiting: Callable[[], None] | None = None  # an export that needs the errors

    def ask(self, suffix: str) -> None:
        """Asks for a file, and writes the selection into it; the suffix is one of `KINDS`."""
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
        """Writes the selection as it is now, with the errors, which are worked out before, where they can be."""
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
        """Goes on with what waits for the errors, now that they are known, unavailable, or were cancelled."""
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        if ERRORS in self._context.probe.results or self._context.probe.unavailable(ERRORS):
            waiting()
        else:
            self._context.say("Cancelled: nothing was written")

    def forget(self) -> None:
        """Drops what waits for the errors of another space."""
        self._waiting = None

    def _write_sheet(self, path: Path) -> None:
        space, probe = self._context.state.space, self._context.probe
        dataset = probe.result(ORIGINALS)
        points = space.indices_of(self._context.shared.selection)
        rows = space.rows[points[self._sorting(points)]]
        if dataset is None:
            unavailable = probe.unavailable(ORIGINALS) or "they are being read"
            self._context.say(f"The original images are not at hand: {unavailable}")
            return
        colour = THEMES[self._context.shared.theme].paper

        def write() -> None:
            layout = sheet.for_file(len(rows), dataset.image_shape, THUMBNAIL)
            width, height = layout.size
            mode = "RGB" if len(dataset.image_shape) == 3 else "L"
            whole = Image.new(mode, (width, height))
            images = lambda first, last: dataset.images(rows[first:last])  # noqa: E731
            for top in range(0, height, band := 20 * layout.row_height):
                part = layout.compose(images, top, min(band, height - top), width, colour)
                whole.paste(part.convert(mode), (0, top))
            with writing(path) as file:
                whole.save(file, "PNG")

        self._start(path, write, f"Wrote a contact sheet of {len(rows):,} images to {path}")

    def _start(self, path: Path, write: Callable[[], None], said: str) -> None:
        def done(result: None) -> None:
            self._context.say(said)
            self._context.trace.write("exported", path=str(path))

        failed = functools.partial(say_failure, self._context)
        self._context.workers.start(f"export {path}", lambda tell, cancelled: write(), done, failed)
