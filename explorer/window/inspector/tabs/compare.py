"""The tab about two spaces: the metrics of both, the overlap of their neighbours, and the morph."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Protocol

import numpy as np

from explorer.analysis.analyses import DISPLACEMENTS
from explorer.analysis.displacement import AMONG, mean_overlap
from explorer.analysis.metrics import METRICS, better, in_words
from explorer.session.comparison import LEFT, RIGHT, LinkedViews
from explorer.window.base.scale import px
from explorer.window.base.widgets import Scrolled, button, explain, grid_if, packed
from explorer.window.inspector.part import Tab, metric_labels
from explorer.window.pane.context import MapContext

MARGIN, GAP = 8, 14  # pixels: around, between columns
MOST_PINS = 12  # pins that get their own line


class Morphs(Protocol):
    """Moves the points from the first map to the second one."""

    def morph(self, share: float) -> None: ...

    def play_morph(self) -> None: ...


class CompareTab(Tab):
    """The differences between two spaces.

    Args:
        parent: widget.
        first, second: the contexts of both maps.
        views: the link between their views.
        morphs: plays the morph.
        list_displaced: opens the list of images that travelled far.

    Attributes:
        share: share of the morph's way, 0..1; the slider shows it.
    """

    title = "Compare"

    def __init__(
        self,
        parent: tk.Misc,
        first: MapContext,
        second: MapContext,
        *,
        views: LinkedViews,
        morphs: Morphs,
        list_displaced: Callable[[], None],
    ) -> None:
        super().__init__(parent, first)
        self._second, self._views, self._morphs = second, views, morphs
        scrolled = packed(Scrolled(self, first.shared), fill="both", expand=True)
        self._inner = scrolled.inner
        self._inner.configure(padding=px(MARGIN, 0, MARGIN, 0))
        self._build_morph()
        self._table = packed(ttk.Frame(self._inner), fill="x", pady=px(8, 0))
        self._table.columnconfigure(0, weight=1)
        for column, name in enumerate((LEFT, RIGHT), 1):
            head = ttk.Label(self._table, text=name, style="Key.TLabel", anchor="e")
            head.grid(row=0, column=column, sticky="e", padx=(GAP, 0), pady=px(0, 2))
        self._rows = {name: metric_labels(self._table, metric, 2) for name, metric in METRICS.items()}
        for row, labels in enumerate(self._rows.values(), 1):
            for column, label in enumerate(labels):
                side, gap = ("e", px(GAP)) if column else ("w", 0)
                label.grid(row=row, column=column, sticky=side, padx=(gap, 0), pady=px(1))
        title = ttk.Label(self._inner, text=f"Overlap of the {AMONG} nearest images", style="Key.TLabel")
        title.pack(anchor="w", pady=px(10, 2))
        explain(title, f"how many of an image's {AMONG} nearest images\nare the same in both spaces")
        self._overlap = packed(ttk.Frame(self._inner), fill="x")
        self._overlap.columnconfigure(0, weight=1)
        self._overlap_rows: list[tuple[ttk.Label, ttk.Label]] = []
        tip = "images whose neighbours on one map are far apart on the other;\nn shows the next one"
        button(self._inner, "Images that travelled far …", list_displaced, tip).pack(anchor="w", pady=px(10, 4))
        self.hear(self._show_overlap, first.ready, first.shared.pins_changed, first.shared.selection_changed)
        self.hear(lambda: self._linked.set(views.on), views.changed)
        self.bind("<Map>", lambda event: self._ask())
        self.refresh()

    def _build_morph(self) -> None:
        row = packed(ttk.Frame(self._inner), fill="x")
        tip = "move the points from the left map to the right one, or back (key m)"
        button(row, "▶ Morph", self._morphs.play_morph, tip).pack(side="left")
        self.share = tk.DoubleVar(self, 0.0)
        slider = ttk.Scale(row, from_=0, to=1, variable=self.share)
        slider.configure(command=lambda value: self._morphs.morph(float(value)))
        slider.pack(side="left", fill="x", expand=True, padx=px(10, 0))
        explain(slider, "how far the points have moved from the left map to the right one")
        self._linked = tk.BooleanVar(self, self._views.on)
        options = {"variable": self._linked, "command": self._on_link}
        link = ttk.Checkbutton(self._inner, text="Both maps zoom to the same images", **options)
        link.pack(anchor="w", pady=px(6, 0))
        explain(link, "zoom or move one map, and the other one shows the same images (key k)")

    # ---- what is shown ---------------------------------------------------------------------------

    def refresh(self) -> None:
        """Shows the metrics of the two spaces."""
        metrics = [context.probe.space.card.get("metrics") for context in (self._context, self._second)]
        words = [in_words(each) for each in metrics]
        for name, (title, *numbers) in self._rows.items():
            grid_if(any(name in each for each in words), title, *numbers)
            shown = [each.get(name, "–") for each in words]
            best = None if shown[0] == shown[1] else better(name, *metrics)  # equal in all shown digits
            for column, (number, value) in enumerate(zip(numbers, shown, strict=True)):
                number.configure(text=value, style="Key.TLabel" if column == best else "TLabel")
        self._show_overlap()
        self._ask()

    def _ask(self) -> None:
        """Requests the comparison of neighbours, if the tab is visible."""
        if self.winfo_ismapped() and self._probe.beside is not None:
            self._context.need(DISPLACEMENTS)

    def _show_overlap(self) -> None:
        """Shows how many neighbours are the same in both spaces: of all, of the selected and of the pinned images."""
        space, shared, found = self._probe.space, self._shared, self._probe.result(DISPLACEMENTS)
        asked: list[tuple[str, np.ndarray]] = [("all images", space.rows)]
        if len(shared.selection):
            asked.append((f"selected ({len(shared.selection):,})", shared.selection))
        if len(shared.pins) > 1:
            asked.append((f"pinned ({len(shared.pins)})", np.array(shared.pins)))
        asked += [(f"pin {number}", np.array([row])) for number, row in enumerate(shared.pins[:MOST_PINS], 1)]
        while len(self._overlap_rows) < len(asked):
            labels = ttk.Label(self._overlap, style="Faint.TLabel"), ttk.Label(self._overlap, anchor="e", width=8)
            for column, label in enumerate(labels):
                label.grid(row=len(self._overlap_rows), column=column, sticky="e" if column else "w", pady=px(1))
            self._overlap_rows.append(labels)
        for number, labels in enumerate(self._overlap_rows):
            grid_if(number < len(asked), *labels)
        for (what, rows), (label, number) in zip(asked, self._overlap_rows, strict=False):
            kept = None if found is None else mean_overlap(found, space, rows)
            unknown = "–" if found is not None or self._probe.unavailable(DISPLACEMENTS) else "…"
            label.configure(text=what)
            number.configure(text=unknown if kept is None else f"{100 * kept:.1f} %")

    # ---- actions ----------------------------------------------------------------------------

    def _on_link(self) -> None:
        if self._linked.get():
            self._views.link(self._state)
        else:
            self._views.unlink()
