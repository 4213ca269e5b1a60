"""The tab about the space: description, source, metrics, and what the space is good for."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from tkinter import ttk
from typing import Any

from explorer.analysis.metrics import METRICS, in_words
from explorer.session.state import Place
from explorer.spaces.latent_space import LatentSpace
from explorer.window.base.scale import px
from explorer.window.base.widgets import Scrolled, explain, grid_if, pack_if, packed
from explorer.window.inspector.panels import compression
from explorer.window.inspector.panels.naming import NamingPanel
from explorer.window.inspector.panels.noise import NoisePanel
from explorer.window.inspector.panels.phrase import PhrasePanel
from explorer.window.inspector.panels.plane import PlanePanel
from explorer.window.inspector.panels.prior import PriorPanel
from explorer.window.inspector.panels.ratings import RatingsPanel
from explorer.window.inspector.part import Part, Tab, metric_labels
from explorer.window.pane.context import MapContext

HINT = "Hover to decode a place, click to pin an image."
WITHOUT_DECODER = "Codes alone: hover to see what is known about the nearest point, click to pin it."
GAP, BESIDE, NUMBER = 18, 10, 60  # pixels: between the two columns of metrics, before a number, its least width
MARGIN = 8  # pixels
NARROWEST = 100  # pixels of a text; a long text in less width would be higher than X can draw
PANELS = (RatingsPanel, PhrasePanel, PlanePanel, NoisePanel, PriorPanel)  # below the sentences about the space
BELOW: dict[str, type[Part]] = {"New images": PriorPanel, "Noise": NoisePanel}  # some of these, by name
ABOUT = "About"
CHOICES: dict[str, tuple[type[Part], str]] = {  # panels that are shown instead of these, by title; their tooltips
    "Compress": (compression.CompressionPanel, "an image as few bytes, beside PCA, JPEG and WebP"),
    "Name ten": (NamingPanel, "name a few images, and the map colours the others"),
}


class SpaceTab(Tab):
    """Title, a few sentences, the source and the metrics of the space that is shown; or a panel for one of its uses.

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
        self._panels: dict[type, Any] = {}  # all panels made so far
        self._shown: tuple[type, ...] = ()  # the kinds of those that are shown
        self._choices = ttk.Frame(inner)
        self._chosen = tk.StringVar(self, ABOUT)
        self._buttons = {
            title: ttk.Radiobutton(self._choices, text=title, value=title, variable=self._chosen, command=self._arrange)
            for title in (ABOUT, *CHOICES)
        }
        for title, (_, tip) in CHOICES.items():
            explain(self._buttons[title], tip)
        self._use = ttk.Frame(inner)  # holds the panel of the chosen use
        self._use.columnconfigure(0, weight=1)
        self._folder: Path | None = None  # the folder of the shown space
        self._numbers = {name: metric_labels(self._metrics, metric, 1) for name, metric in METRICS.items()}
        for column, width in {1: px(NUMBER) + px(BESIDE), 2: px(GAP), 4: px(NUMBER)}.items():
            self._metrics.columnconfigure(column, minsize=width)
        title, about, *below = self._texts.values()
        for row, part in enumerate((title, self._choices, about, self.controls, self._metrics, *below, self._use)):
            part.grid(row=row, sticky="ew", pady=px(0 if part in (title, self.controls) else 6, 0))
        for name in ("paper", "hint"):
            self._texts[name].configure(font="ExplorerSmall")
        inner.bind("<Configure>", self._wrap, add="+")
        self.bind("<Map>", lambda event: self._attend())
        self.bind("<Unmap>", lambda event: self._attend())
        self.hear_now(self._on_probe, context.probe_changed)

    def draw_new(self) -> None:
        """Draws new images with the decoder of the space, which must have one."""
        self.choose(ABOUT)
        self._panels[PriorPanel].draw()

    def choose(self, title: str) -> None:
        """Shows a panel of `CHOICES`, or what is said about the space, or a panel of `BELOW` there."""
        self._chosen.set(ABOUT if title in BELOW else title)
        self._arrange()
        if BELOW.get(title) in self._shown:
            self.update_idletasks()
            self._scrolled.reach(self._panels[BELOW[title]])

    def pick(self, space: LatentSpace, place: Place) -> bool:
        """Picks the image at a place of a map for what the chosen panel does with it. Returns whether one wants it."""
        return NamingPanel in self._panels and self._panels[NamingPanel].pick(space, place)

    def _attend(self) -> None:
        for kind, panel in self._panels.items():
            panel.attend(bool(self.winfo_ismapped()) and kind in self._shown)

    def _wrap(self, event: tk.Event) -> None:
        for label in self._texts.values():
            label.configure(wraplength=max(event.width - 2 * px(MARGIN) - px(4), px(NARROWEST)))

    def _on_probe(self) -> None:
        space = self._probe.space
        hint = HINT if space.has_decoder else WITHOUT_DECODER
        self._list(in_words(space.card.get("metrics")))
        for name, text in {"title": space.title, "about": space.about, "paper": space.paper, "hint": hint}.items():
            self._texts[name].configure(text=text)
        self._arrange()
        if space.folder != self._folder:
            self._folder = space.folder
            self._scrolled.to_top()

    def _arrange(self) -> None:
        """Shows what is said about the space, or the panel of the chosen use."""
        space = self._probe.space
        uses = {title: kind for title, (kind, _) in CHOICES.items() if kind.suits(space)}
        if self._chosen.get() not in uses:
            self._chosen.set(ABOUT)
        for title, each in self._buttons.items():
            pack_if(each, title in uses or title == ABOUT, side="left", padx=px(0, 14))
        grid_if(bool(uses), self._choices)
        use = uses.get(self._chosen.get())
        suiting = [kind for kind in PANELS if kind.suits(space)]
        self._shown = (use,) if use else tuple(suiting)
        for kind in self._shown:
            if kind not in self._panels:
                self._panels[kind] = panel = kind(self._use if use else self.controls, self._context)
                panel.canvas.bind("<<Drawn>>", lambda event: self._scrolled.reach(event.widget))
        for kind, panel in self._panels.items():
            pack_if(panel, kind in self._shown, fill="x", pady=px(8, 4))
        for name, text in self._texts.items():
            grid_if(bool(text.cget("text")) and (not use or name == "title"), text)
        grid_if(not use, self._metrics, self.controls)
        grid_if(bool(use), self._use)
        if not suiting:
            self.controls.configure(height=1)  # otherwise it keeps the height of its previous content
        self._attend()

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
