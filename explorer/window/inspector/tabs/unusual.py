"""What belongs to the list of unusual images: a threshold, rings on the map, the ROC curve, and where errors are."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np
from PIL import ImageTk

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.novelty import VERY
from explorer.drawing import picture
from explorer.drawing.curves import Curve
from explorer.images import datasets
from explorer.session import finding
from explorer.uses import anomaly, measured
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later, explain, grid_if
from explorer.window.inspector.curve_view import CurveView
from explorer.window.inspector.part import Part
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext

MARK = "unusual"  # a group of marks
MOST_RINGS = 500  # more would hide the map, and take longer than a frame
SIDE = 70  # pixels of a picture


class UnusualPanel(Part):
    """A slider for the threshold of the novelty score; the images beyond it are ringed on the map while it is seen.

    Args:
        parent: widget.
        context: of the map.
        changed: is called when the threshold has changed.

    Attributes:
        curve: the ROC curve, for the parent to place.
        count: how many test images are beyond the threshold.
    """

    def __init__(self, parent: tk.Misc, context: MapContext, changed: Callable[[], None]) -> None:
        super().__init__(parent, context)
        self._changed, self._parts = changed, None
        self._scores = self._points = np.empty(0)  # of the test images; the ringed points
        self._curves: dict[str, np.ndarray] = {}  # threshold, false alarms, found, (3, n), by the kind of odd images
        self.count = 0
        self.columnconfigure(0, weight=1)
        self._apply_later = Later(self, self._apply)
        self._scale = ttk.Scale(self, command=lambda value: self._apply_later())
        self._scale.grid(row=0, column=0, sticky="ew")
        explain(self._scale, "threshold: images with at least this novelty score are listed,\nand ringed on the map")
        self._words = ttk.Label(self, style="Faint.TLabel", justify="left", anchor="nw")
        self._words.grid(row=1, column=0, sticky="nsew", pady=px(0, 4))
        self._words.bind("<Configure>", lambda event: self._words.configure(wraplength=event.width - px(4)))
        self._picture = ttk.Label(self, style="Faint.TLabel", compound="top", text="its error", font="ExplorerSmall")
        self._picture.grid(row=0, column=1, rowspan=2, sticky="n", padx=px(8, 0))
        explain(self._picture, "the image of this step, and in red\nthe squared error of its reconstruction")
        self.curve = CurveView(parent, context.shared)
        explain(self.curve.widget, "how many images of other kinds are found,\nand how many false alarms that costs")
        for event in ("<Map>", "<Unmap>"):
            self.bind(event, lambda event: self._mark())

    def take(self, parts: np.ndarray) -> None:
        """Shows the scores of a space, (n, 2). At first the threshold is beyond all but a hundredth of the test images;
        it stays if the same scores are shown again, as on another plane."""
        if parts is not self._parts:
            self._parts, self._scores = parts, parts[~np.isnan(parts[:, 0])].sum(axis=1)
            self._scale.configure(from_=float(np.median(self._scores)), to=float(self._scores.max()))
            self._scale.set(float(np.quantile(self._scores, VERY)))
        fixed = self._context.opened.plane_fixed  # then these are other scores than those that were measured
        self._curves = {} if fixed else measured.lines(self._probe.space, "anomaly", "odd", *anomaly.POINT)
        curves, least = [], 1 / len(self._scores)  # a logarithmic axis has no 0
        for odd, (_, alarms, found) in self._curves.items():
            curves.append(Curve(odd, np.maximum(alarms, least).tolist(), found.tolist(), first=not curves))
        self.curve.show(curves, "false alarms", "found", log_x=True)
        grid_if(bool(curves), self.curve)
        self.look(None)
        self._apply()

    def _apply(self) -> None:
        """Counts the images beyond the threshold, and says how many others would be found there."""
        threshold, space, n = float(self._scale.get()), self._probe.space, len(self._scores)
        self.count = int((self._scores >= threshold).sum())
        most = {f"{finding.LONGEST} listed": finding.LONGEST, f"{MOST_RINGS} ringed": MOST_RINGS}
        words = f"{self.count:,} of {n:,} test {space.image_noun} beyond {threshold:.1f}"
        words += "".join(f", {what}" for what, limit in most.items() if self.count > limit) + ". "
        found = {odd: float(np.interp(threshold, each[0], each[2])) for odd, each in self._curves.items()}
        if found:
            words += f"Found: {', '.join(f'{100 * share:.0f} % {odd}' for odd, share in found.items())}"
            self.curve.mark((max(self.count, 1) / n, next(iter(found.values()))))
        else:
            fixed = self._context.opened.plane_fixed
            words += f"Scored on the map's plane: {fixed}." if fixed else measured.how_to_measure(space, "anomaly")
        self._words.configure(text=words)
        self._changed()
        self._context.trace.write("unusual", threshold=threshold, count=self.count, words=words)

    def ring(self, points: np.ndarray) -> None:
        """Rings images on the map, by their points, the most unusual first."""
        self._points = points[:MOST_RINGS]
        self._mark()

    def _mark(self) -> None:
        places = self._probe.space.places[self._points].tolist() if self.winfo_ismapped() else ()
        self._context.marks.show(MARK, tuple(Mark((a, b)) for a, b in places))

    def look(self, row: int | None) -> None:
        """Shows an image, and where its reconstruction fails; None shows nothing."""
        probe, dataset = self._probe, self._probe.result(ORIGINALS)
        seen = row is not None and dataset is not None and probe.decode_late is None  # else it takes long
        grid_if(seen, self._picture)
        if seen:
            image = datasets.as_float(dataset.images(np.array([row])))[0]
            rebuilt = probe.decode_code(probe.space.codes[probe.space.index_of(row)]).image
            shown = picture.failing(image, rebuilt)
            self._photo = ImageTk.PhotoImage(picture.scaled(picture.to_bytes(shown), px(SIDE)), master=self)
            self._picture.configure(image=self._photo)
