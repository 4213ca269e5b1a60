"""Two spaces in numbers: how good each is, what became of neighbours, and the morph from one to the other."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Protocol

import numpy as np

from explorer.analysis.displacement import AMONG, mean_overlap
from explorer.analysis.metrics import METRICS, better, in_words
from explorer.analysis.probe import SpaceProbe
from explorer.session.comparison import LinkedViews
from explorer.session.state import SharedState
from explorer.window.base.widgets import Scrolled, explain, fitted
from explorer.window.pane.context import MapContext

MARGIN, GAP = 8, 14  # pixels: around, between columns
HEAD = 0.31  # of the tab's width, at most: a column's name
MOST_PINS = 12  # that are told of one by one


class Morphs(Protocol):
    """What moves the points from the first map to the second one."""

    def morph(self, share: float) -> None: ...

    def play_morph(self) -> None: ...


class CompareTab(ttk.Frame):
    """What differs between two spaces.

    Args:
        parent: widget.
        first, second: the sessions of both maps.
        views: whether they show the same images.
        morphs: moves the points.
        list_travellers: leads to the list of those that travelled far.
    """

    title = "Compare"

    def __init__(
        self,
        parent: tk.Misc,
        first: MapContext,
        second: MapContext,
        views: LinkedViews,
        morphs: Morphs,
        list_travellers: Callable[[], None],
    ) -> None:
        super().__init__(parent, padding=(2, 10, 2, 2))
        self._first, self._second, self._views, self._morphs = first, second, views, morphs
        self._probe = first.probe
        scrolled = Scrolled(self, first.shared)
        scrolled.pack(fill="both", expand=True)
        self._inner = scrolled.inner
        self._inner.configure(padding=(MARGIN, 0, MARGIN, 0))
        self._build_morph()
        self._table = ttk.Frame(self._inner)
        self._table.pack(fill="x", pady=(8, 0))
        self._table.columnconfigure(0, weight=1)
        self._heads = [ttk.Label(self._table, style="Key.TLabel", anchor="e") for _ in range(2)]
        self._rows = {name: self._row(name) for name in METRICS}
        self._kept_title = ttk.Label(self._inner, text=f"The same {AMONG} nearest images in both", style="Key.TLabel")
        self._kept_title.pack(anchor="w", pady=(10, 2))
        explain(self._kept_title, f"how many of an image's {AMONG} nearest images\nare the same in both spaces")
        self._kept = ttk.Frame(self._inner)
        self._kept.pack(fill="x")
        self._kept.columnconfigure(0, weight=1)
        self._kept_rows: list[tuple[ttk.Label, ttk.Label]] = []
        self._far = ttk.Button(
            self._inner, text="Images that travelled far …", takefocus=False, command=list_travellers
        )
        self._far.pack(anchor="w", pady=(10, 4))
        explain(self._far, "those whose neighbours of one space are far away in the other:\nstep through them with n")
        self._heard = (
            (first.shared.pins_changed, self._on_images),
            (first.shared.selection_changed, self._on_images),
            (views.changed, self._on_linked),
        )
        for changed, heard in self._heard:
            changed.connect(heard)
        self.bind("<Map>", lambda event: self._ask())
        self._inner.bind("<Configure>", lambda event: self._name_columns(), add="+")
        self.refresh()

    def destroy(self) -> None:
        for changed, heard in self._heard:  # widgets that are gone may not be collected yet
            changed.disconnect(heard)
        self._probe.ready.disconnect(self._on_ready)
        super().destroy()

    def _build_morph(self) -> None:
        row = ttk.Frame(self._inner)
        row.pack(fill="x")
        self._play = ttk.Button(row, text="▶ Morph", takefocus=False, command=self._morphs.play_morph)
        self._play.pack(side="left")
        explain(self._play, "let the points move from one map to the other,\nand back (key m)")
        self._share = tk.DoubleVar(self, 0.0)
        self._slider = ttk.Scale(row, from_=0, to=1, variable=self._share, command=self._on_slider, takefocus=False)
        self._slider.pack(side="left", fill="x", expand=True, padx=(10, 0))
        explain(self._slider, "from the places on the left map to those on the right one")
        self._linked = tk.BooleanVar(self, self._views.on)
        self._link = ttk.Checkbutton(
            self._inner,
            text="Both maps zoom to the same images",
            variable=self._linked,
            takefocus=False,
            command=self._on_link,
        )
        self._link.pack(anchor="w", pady=(6, 0))
        explain(self._link, "what is seen on the map that is zoomed or moved\nis shown on the other one too (key k)")

    def _row(self, name: str) -> tuple[ttk.Label, ttk.Label, ttk.Label]:
        labels = (
            ttk.Label(self._table, text=METRICS[name].title, style="Faint.TLabel"),
            ttk.Label(self._table, anchor="e"),
            ttk.Label(self._table, anchor="e"),
        )
        for label in labels:
            explain(label, METRICS[name].explanation)
        return labels

    # ---- what is shown ---------------------------------------------------------------------------

    def refresh(self) -> None:
        """Shows the spaces that there are now."""
        spaces = self._first.probe.space, self._second.probe.space
        self._name_columns()
        metrics = [space.card.get("metrics") for space in spaces]
        words = [in_words(each) for each in metrics]
        for row, (name, (label, *numbers)) in enumerate(self._rows.items(), 1):
            if not any(name in each for each in words):
                for part in (label, *numbers):
                    part.grid_remove()
                continue
            label.grid(row=row, column=0, sticky="w", pady=1)
            best = better(name, *metrics)
            for column, number in enumerate(numbers):
                number.configure(text=words[column].get(name, "–"), style="Key.TLabel" if column == best else "TLabel")
                number.grid(row=row, column=column + 1, sticky="e", padx=(GAP, 0))
        self._probe.ready.disconnect(self._on_ready)
        self._probe = self._first.probe
        self._probe.ready.connect(self._on_ready)
        self._show_kept()
        self._ask()

    def _name_columns(self) -> None:
        """Names the spaces, as far as there is room."""
        room = max(round(HEAD * self._inner.winfo_width()), 100)
        for column, context in enumerate((self._first, self._second)):
            label = self._heads[column]
            label.configure(text=fitted(label, context.probe.space.title, room))
            label.grid(row=0, column=column + 1, sticky="e", padx=(GAP, 0), pady=(0, 2))

    def show_morph(self, share: float) -> None:
        """Puts the slider where the morph is."""
        self._share.set(share)

    def _ask(self) -> None:
        """Has neighbours compared, once somebody looks."""
        if self.winfo_ismapped() and self._first.probe.beside is not None:
            self._first.need("travels")

    def _on_ready(self, probe: SpaceProbe, name: str) -> None:
        if probe is self._first.probe and name in ("travels", "beside"):
            self._show_kept()
            if name == "beside":
                self._ask()

    def _on_images(self, shared: SharedState) -> None:
        self._show_kept()

    def _show_kept(self) -> None:
        """How many neighbours the pinned, the selected and all images keep."""
        probe, shared = self._first.probe, self._first.shared
        space, found = probe.space, probe.analyses.get("travels")
        asked: list[tuple[str, np.ndarray]] = [("all images", space.rows)]
        if len(shared.selection):
            asked.append((f"selected ({len(shared.selection):,})", shared.selection))
        if len(shared.pins) > 1:
            asked.append((f"pinned ({len(shared.pins)})", np.array(shared.pins)))
        asked += [(f"pin {number}", np.array([row])) for number, row in enumerate(shared.pins[:MOST_PINS], 1)]
        while len(self._kept_rows) < len(asked):
            self._kept_rows.append(
                (ttk.Label(self._kept, style="Faint.TLabel"), ttk.Label(self._kept, anchor="e", width=8))
            )
        for number, labels in enumerate(self._kept_rows):
            for column, label in enumerate(labels):
                if number < len(asked):
                    label.grid(row=number, column=column, sticky="e" if column else "w", pady=1)
                else:
                    label.grid_remove()
        for (what, rows), (label, number) in zip(asked, self._kept_rows, strict=False):
            kept = None if found is None else mean_overlap(found, space, rows)
            unknown = "–" if found is not None or "travels" in probe.unavailable else "…"
            label.configure(text=what)
            number.configure(text=unknown if kept is None else f"{100 * kept:.1f} %")

    # ---- what is done ----------------------------------------------------------------------------

    def _on_slider(self, value: str) -> None:
        self._morphs.morph(float(value))

    def _on_link(self) -> None:
        if self._linked.get():
            self._views.link(self._first.state)
        else:
            self._views.unlink()

    def _on_linked(self, views: LinkedViews) -> None:
        self._linked.set(views.on)
