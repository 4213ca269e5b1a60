"""What belongs to the list of unusual images: a threshold, rings on the map, the ROC curve, and where errors are."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np
from PIL import Image

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.novelty import VERY, Novelties
from explorer.drawing import picture
from explorer.drawing.curves import Curve
from explorer.images import datasets
from explorer.uses import measured
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later, explain, grid_if, packed, picture_canvas
from explorer.window.inspector.curve_view import CurveView
from explorer.window.inspector.part import Part
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext

MARK = "unusual"  # a group of marks
MOST_RINGS = 500  # more would hide the map, and take longer than a frame
SIDE, CAPTION = 76, 15  # pixels: of a picture, and of the line below it


class UnusualPanel(Part):
    """A slider for the threshold of the novelty score; the images beyond it are ringed on the map while it is seen.

    Args:
        parent: widget.
        context: of the map.
        changed: is called when the threshold has changed.

    Attributes:
        below: a frame, for the parent to place, with the ROC curve and the image in question.
        count: how many test images are beyond the threshold.
    """

    def __init__(self, parent: tk.Misc, context: MapContext, changed: Callable[[], None]) -> None:
        super().__init__(parent, context)
        self._changed = changed
        self._found: Novelties | None = None
        self._curves: dict[str, np.ndarray] = {}  # threshold, false alarms and found, (3, n), by the kind of odd images
        self.count = 0
        self._points = np.empty(0, np.intp)
        top = packed(ttk.Frame(self), fill="x")
        ttk.Label(top, text="Threshold").pack(side="left")
        self._amount = packed(ttk.Label(top, width=5, anchor="e"), side="right")
        self.scale = packed(ttk.Scale(top), side="left", fill="x", expand=True, padx=px(10, 0))
        self._apply_later = Later(self, self._apply)
        self.scale.configure(command=lambda value: self._apply_later())
        explain(self.scale, "images with at least this novelty score are listed, and ringed on the map")
        self._words = packed(ttk.Label(self, style="Faint.TLabel", justify="left"), fill="x", pady=px(2, 4))
        self.below = ttk.Frame(parent)
        self.below.columnconfigure(0, weight=1)
        self._curve = CurveView(self.below, context.shared)
        self._curve.grid(row=0, column=0, sticky="ew")
        explain(self._curve.widget, "how many images of other kinds are found, and how many false alarms that costs")
        self.canvas, self._picture = picture_canvas(self.below, width=px(SIDE), height=2 * px(SIDE + CAPTION))
        self.canvas.grid(row=0, column=1, sticky="n", padx=px(8, 0))
        explain(self.canvas, "the image of this step, and in red the squared error of its reconstruction")
        self.bind("<Configure>", lambda event: self._words.configure(wraplength=event.width - px(8)))
        self.bind("<Map>", lambda event: self._mark())
        self.bind("<Unmap>", lambda event: self._context.marks.show(MARK))
        self.hear(lambda: self.look(None), self._shared.theme_changed)

    def take(self, found: Novelties) -> None:
        """Begins with the scores of a space: the threshold is beyond all but a hundredth of the test images."""
        if found is self._found:
            return
        self._found, space = found, self._probe.space
        scores = found.scores[found.points]
        self.scale.configure(from_=float(np.median(scores)), to=float(scores.max()))
        self.scale.set(float(np.quantile(scores, VERY)))
        points: dict[str, list] = {}
        for row in measured.rows(space, "anomaly"):
            if "threshold" in row:
                points.setdefault(row["odd"], []).append((row["threshold"], row["false_alarms"], row["found"]))
        self._curves = {odd: np.array(each).T for odd, each in points.items()}
        least = 1 / len(scores)  # a logarithmic axis has no 0
        lines = [
            Curve(odd, np.maximum(alarms, least), found, number == 0)
            for number, (odd, (_, alarms, found)) in enumerate(self._curves.items())
        ]
        grid_if(bool(lines), self._curve)
        self._curve.show(lines, "false alarms", "found", log_x=True)
        self._apply()

    def forget(self) -> None:
        """Forgets the scores."""
        self._found = None
        self.ring(np.empty(0, np.intp))

    def _apply(self) -> None:
        """Counts the images beyond the threshold, and says what would be found there."""
        if self._found is None:
            return
        threshold, space = float(self.scale.get()), self._probe.space
        scores = self._found.scores[self._found.points]
        self.count = int((scores >= threshold).sum())
        self._amount.configure(text=f"{threshold:.1f}")
        ringed = f", the first {MOST_RINGS} ringed" if self.count > MOST_RINGS else ""
        words = [f"{self.count:,} of {len(scores):,} test {space.image_noun} beyond it{ringed}."]
        shares = {odd: float(np.interp(threshold, each[0], each[2])) for odd, each in self._curves.items()}
        if shares:
            found = ", ".join(f"{100 * share:.0f} % {odd}" for odd, share in shares.items())
            words.append(f"Found of other images: {found}.")
            self._curve.mark((max(self.count, 1) / len(scores), next(iter(shares.values()))))
        else:
            words.append(f"ROC curve: {measured.how_to_measure(space, 'anomaly')}")
        self._words.configure(text=" ".join(words))
        self._context.trace.write("unusual", threshold=threshold, count=self.count, words=words)
        self._changed()

    def ring(self, points: np.ndarray) -> None:
        """Rings images on the map, by their points, the most unusual first."""
        self._points = points[:MOST_RINGS]
        if self.winfo_ismapped():
            self._mark()

    def _mark(self) -> None:
        places = self._probe.space.places[self._points].tolist()
        self._context.marks.show(MARK, tuple(Mark((a, b)) for a, b in places))

    def look(self, row: int | None) -> None:
        """Shows an image, and where its reconstruction fails; None shows nothing."""
        probe, theme = self._probe, self._theme
        self.canvas.configure(background=theme.paper)
        self.canvas.delete("words")
        point = None if row is None else probe.space.index_of(row)
        if point is None or probe.decoder is None or ORIGINALS not in probe.results:
            self._picture.show(None)
            return
        image = datasets.as_float(probe.known(ORIGINALS).images(np.array([row])))[0]
        rebuilt = probe.decoder(probe.space.codes[point][None])[0]
        side, pitch = px(SIDE), px(SIDE + CAPTION)
        board = Image.new("RGB", (side, 2 * pitch), theme.paper)
        for place, (name, each) in enumerate({"image": image, "error": picture.failing(image, rebuilt)}.items()):
            shown = picture.scaled(picture.to_bytes(each), side)
            board.paste(shown, (0, place * pitch))
            style = {"anchor": "nw", "fill": theme.faint, "font": "TkSmallCaptionFont", "tags": "words"}
            self.canvas.create_text(0, place * pitch + shown.height + 1, text=name, **style)
        self._picture.show(board)
