"""A summary of the selected images: their mean, and a bar for each class."""

from __future__ import annotations

import functools
import tkinter as tk
from tkinter import ttk

import numpy as np
from PIL import ImageTk

from explorer.drawing import picture
from explorer.drawing.themes import class_colour
from explorer.errors import Cancelled
from explorer.images import datasets
from explorer.window.base.scale import px
from explorer.window.base.widgets import grid_if, plain_canvas, shortened_in, text_width
from explorer.window.base.workers import Asked, Tell
from explorer.window.inspector.part import Part
from explorer.window.pane.context import MapContext

SHARE, NARROWEST, WIDEST = 0.38, 192, 280  # share of the tab's width, and limits in pixels
MOST_BARS, BAR, HIGHEST_BAR = 10, 12, 24  # bars; pixels of a bar; largest height of its row
BATCH = 2000  # images averaged at once
SLOT = "average"
SMALL = "ExplorerSmall"


class SelectionSummary(Part):
    """The mean image and the decoded mean code, above a bar for each class.

    Args:
        parent: widget.
        context: of the map.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context, width=px(NARROWEST))
        self._width = px(NARROWEST)
        self._points = np.empty(0, np.intp)
        self._mean: np.ndarray | None = None  # (h, w[, 3]) uint8
        self._photos: dict[tk.Label, ImageTk.PhotoImage] = {}
        self.grid_propagate(False)
        self.columnconfigure((0, 1), weight=1)
        self.rowconfigure(2, weight=1)
        self._pictures = []
        for column, text in enumerate(("mean image", "decoded mean code")):
            label = tk.Label(self, borderwidth=0, highlightthickness=0)
            words = ttk.Label(self, text=text, style="Faint.TLabel", font=SMALL)
            for row, part in enumerate((label, words)):
                part.grid(row=row, column=column, sticky="w", padx=px(0, 0 if column else 8))
            self._pictures.append((label, words))
        self._bars = plain_canvas(self, width=60, height=60)
        self._bars.grid(row=2, columnspan=2, sticky="nsew", pady=px(3, 0))
        self._bars.bind("<Configure>", lambda event: self._draw_bars())
        self.hear(lambda: self.after_idle(self._draw_bars), context.shared.theme_changed)

    def resize(self, tab: int) -> None:
        """Sets its width to its share of a tab of this width, in pixels."""
        width = round(min(max(tab * SHARE, px(NARROWEST)), px(WIDEST)))
        if width != self._width:
            self._width = width
            self.configure(width=width)
            self._show_averages()

    def forget(self) -> None:
        """Forgets the points, because another space may have fewer."""
        self._context.workers.cancel(SLOT)
        self._points = np.empty(0, np.intp)

    def show(self, points: np.ndarray, dataset: datasets.Dataset | None) -> None:
        """Shows the summary of some points, (m,) intp.

        Args:
            dataset: the images; None where they are unavailable.
        """
        self._points = points
        grid_if(len(points) > 0, self)
        self._draw_bars()
        self._average(dataset)

    def _average(self, dataset: datasets.Dataset | None) -> None:
        """Computes the mean image in a worker, because 70,000 images take a few frames."""
        self._mean = None
        self._show_averages()
        rows = np.sort(self._state.space.rows[self._points])
        if dataset is None or not len(rows):
            self._context.workers.cancel(SLOT)
            return

        def work(tell: Tell, cancelled: Asked) -> np.ndarray:
            total = np.zeros(dataset.image_shape)
            for start in range(0, len(rows), BATCH):
                if cancelled():
                    raise Cancelled
                total += dataset.images(rows[start : start + BATCH]).sum(axis=0, dtype=np.float64)
            return np.rint(total / len(rows)).astype(np.uint8)

        self._context.workers.start(SLOT, work, self._on_average, self._on_failure)

    def _on_average(self, mean: np.ndarray) -> None:
        self._mean = mean
        self._show_averages()

    def _show_averages(self) -> None:
        probe, decoded = self._probe, None
        if len(self._points) and probe.decoder is not None:
            code = self._state.space.codes[self._points].mean(axis=0, dtype=np.float64)
            decoded = picture.to_bytes(probe.decoder(code[None].astype(np.float32))[0])
        for (label, words), levels in zip(self._pictures, (self._mean, decoded), strict=True):
            grid_if(levels is not None, label, words)
            if levels is not None:
                self._photos[label] = ImageTk.PhotoImage(picture.scaled(levels, self._width // 2 - px(26)), master=self)
                label.configure(image=self._photos[label])

    def _draw_bars(self) -> None:
        """Draws bars for the largest classes of the selection, largest first, as many as fit."""
        canvas, theme, space = self._bars, self._theme, self._state.space
        canvas.delete("all")
        canvas.configure(background=theme.paper)
        if not len(self._points) or not space.class_names:
            return
        counts = np.bincount(space.labels[self._points], minlength=len(space.class_names))
        order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        width, height = canvas.winfo_width(), canvas.winfo_height()
        rows = max(height // px(BAR), 1)
        bars = len(order) if len(order) <= min(MOST_BARS, rows) else min(MOST_BARS, rows - 1)
        step = min(height / max(bars + (bars < len(order)), 1), px(HIGHEST_BAR))
        names = [shortened_in(canvas, space.class_names[label], SMALL, 0.4 * width) for label in order[:bars]]
        numbers = [f"{counts[label]:,}" for label in order[:bars]]
        left = max((text_width(canvas, name, SMALL) for name in names), default=0) + px(6)
        right = width - max((text_width(canvas, number, SMALL) for number in numbers), default=0) - px(8)
        write = functools.partial(canvas.create_text, anchor="w", font=SMALL)
        for place, (label, name, number) in enumerate(zip(order, names, numbers, strict=False)):
            y = place * step
            length = max(round((right - left) * counts[label] / counts[order[0]]), 1)
            write(0, y + step / 2, text=name, fill=theme.ink)
            box = left, y + px(2), left + length, y + step - px(2)
            canvas.create_rectangle(*box, fill=class_colour(int(label)), width=0)
            write(left + length + px(5), y + step / 2, text=number, fill=theme.ink)
        if bars < len(order):
            write(0, (bars + 0.5) * step, text=f"and {len(order) - bars:,} more", fill=theme.faint)
