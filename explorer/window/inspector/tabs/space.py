"""The tab about the space: description, source, metrics."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from tkinter import ttk

from explorer.analysis.metrics import METRICS, in_words
from explorer.window.base.scale import px
from explorer.window.base.widgets import Scrolled, grid_if, pack_if, packed
from explorer.window.inspector.panels.noise import NoisePanel
from explorer.window.inspector.panels.plane import PlanePanel
from explorer.window.inspector.panels.prior import PriorPanel
from explorer.window.inspector.part import Tab, metric_labels
from explorer.window.pane.context import MapContext

HINT = "Hover to decode a place, click to pin an image."
WITHOUT_DECODER = "Codes alone: hover to see what is known about the nearest point, click to pin it."
GAP, BESIDE, NUMBER = 18, 10, 60  # pixels: between the two columns of metrics, before a number, its least width
MARGIN = 8  # pixels
NARROWEST = 100  # pixels of a text; a long text in less width would be higher than X can draw
PANELS = (PlanePanel, PriorPanel, NoisePanel)


class SpaceTab(Tab):
    """Title, a few sentences, the source and the metrics of the space that is shown.

    The tab scrolls if its content does not fit.

    Args:
        parent: widget.
        context: of the map.

    Attributes:
        controls: the panels for this kind of space, below the sentences.
    """

    title = "Space"

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._scrolled = packed(Scrolled(self, context.shared), fill="both", expand=True)
        inner = self._scrolled.inner
        inner.configure(padding=px(MARGIN, 0, MARGIN, 0))
        inner.columnconfigure(0, weight=1)
        styles = {"title": "Title.TLabel", "about": "TLabel", "paper": "Faint.TLabel", "hint": "Faint.TLabel"}
        self._texts = {name: ttk.Label(inner, justify="left", style=style) for name, style in styles.items()}
        self._metrics = ttk.Frame(inner)
        self.controls = ttk.Frame(inner)
        self._panels: dict[type, PlanePanel | PriorPanel | NoisePanel] = {}  # all panels made so far
        self._folder: Path | None = None  # the folder of the shown space
        self._numbers = {name: metric_labels(self._metrics, metric, 1) for name, metric in METRICS.items()}
        for column, width in {1: px(NUMBER) + px(BESIDE), 2: px(GAP), 4: px(NUMBER)}.items():
            self._metrics.columnconfigure(column, minsize=width)
        title, about, *below = self._texts.values()
        for row, part in enumerate((title, about, self.controls, self._metrics, *below)):
            part.grid(row=row, sticky="ew", pady=px(0 if part in (title, self.controls) else 6, 0))
        for name in ("paper", "hint"):
            self._texts[name].configure(font="ExplorerSmall")
        inner.bind("<Configure>", self._wrap, add="+")
        self.bind("<Map>", lambda event: self._attend())
        self.bind("<Unmap>", lambda event: self._attend())
        self.hear_now(self._on_probe, context.probe_changed)

    def draw_new(self) -> None:
        """Draws new images from the prior of the space, which must have one."""
        self._panels[PriorPanel].draw()

    def _attend(self) -> None:
        for panel in self._panels.values():
            panel.attend(bool(self.winfo_ismapped()))

    def _wrap(self, event: tk.Event) -> None:
        for label in self._texts.values():
            label.configure(wraplength=max(event.width - 2 * px(MARGIN) - px(4), px(NARROWEST)))

    def _on_probe(self) -> None:
        context, space = self._context, self._probe.space
        hint = HINT if space.has_decoder else WITHOUT_DECODER
        self._list(in_words(space.card.get("metrics")))
        for name, text in {"title": space.title, "about": space.about, "paper": space.paper, "hint": hint}.items():
            self._texts[name].configure(text=text)
            grid_if(bool(text), self._texts[name])
        suiting = [kind for kind in PANELS if kind.suits(space)]
        for kind in suiting:
            if kind not in self._panels:
                self._panels[kind] = panel = kind(self.controls, context)
                panel.canvas.bind("<<Drawn>>", lambda event: self._scrolled.reach(event.widget))
        for kind, panel in self._panels.items():
            pack_if(panel, kind in suiting, fill="x", pady=px(8, 4))
        if not suiting:
            self.controls.configure(height=1)  # otherwise it keeps the height of its previous content
        self._attend()
        if space.folder != self._folder:
            self._folder = space.folder
            self._scrolled.to_top()

    def _list(self, shown: dict[str, str]) -> None:
        """Puts the metrics into two columns, alternately."""
        for name in self._numbers.keys() - shown.keys():
            grid_if(False, *self._numbers[name])
        for place, (name, value) in enumerate(shown.items()):
            row, column = divmod(place, 2)
            label, number = self._numbers[name]
            number.configure(text=value)
            label.grid(row=row, column=3 * column, sticky="w", pady=px(1))
            number.grid(row=row, column=3 * column + 1, sticky="e", padx=(px(BESIDE), 0))
