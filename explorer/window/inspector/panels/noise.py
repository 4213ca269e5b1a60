"""Denoising autoencoders: an image with noise, its reconstruction, where it lands, and the PSNR over all strengths."""

from __future__ import annotations

import time
import tkinter as tk
from dataclasses import dataclass
from tkinter import ttk

import numpy as np
from PIL import Image, ImageTk

from explorer.analysis import metrics
from explorer.analysis.analyses import ORIGINALS
from explorer.drawing import picture
from explorer.drawing.curves import Curve
from explorer.images import datasets, noise
from explorer.session.state import Place
from explorer.spaces.latent_space import LatentSpace
from explorer.uses import measured
from explorer.window.base.scale import px
from explorer.window.base.widgets import box_on_screen, explain, grid_if, pack_if, packed
from explorer.window.inspector.curve_view import CurveView
from explorer.window.inspector.panels.image_panel import ImagePanel
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext

GAP, LARGEST, WORDS = 12, 168, 83  # pixels: between pictures, largest side of one, and width of the texts beside them
LATER_MS = 1  # after the hover frame that may have caused it
LOUDEST = 100.0  # dB; with this PSNR, two images are the same
MARK = "noise"  # a group of marks
USE = "denoising"  # what was measured
ABOUT_CURVES = "PSNR of the denoised test images: more is better.\nFilters and PCA are at their best for each strength"
ABOUT_PSNR = "peak signal-to-noise ratio against the original:\nmore is better"


@dataclass(frozen=True)
class Denoised:
    """An image with noise.

    Attributes:
        row: its data row.
        original, noisy: (height, width[, 3]) float32 in [0, 1].
        reconstruction: of the noisy image, the same type; None without an encoder.
        code: code of the noisy image, (d,) float32; None without an encoder.
    """

    row: int
    original: np.ndarray
    noisy: np.ndarray
    reconstruction: np.ndarray | None = None
    code: np.ndarray | None = None

    def psnr(self, image: np.ndarray) -> float:
        """The PSNR of an image against the original, in dB."""
        return float(metrics.psnr_db(self.original[None], image[None])[0])

    def words(self) -> tuple[str, str]:
        """The captions of the noisy image and of its reconstruction."""
        noisy = self.psnr(self.noisy)
        below = f"noisy {noisy:.1f} dB" if noisy < LOUDEST else "no noise"
        if self.reconstruction is None:
            return below, "output"
        return below, f"output {self.psnr(self.reconstruction):.1f} dB"

    def as_fields(self) -> dict[str, object]:
        """For the trace: the row, the PSNR of the noisy image and of its reconstruction, and the code."""
        fields: dict[str, object] = {"row": self.row, "noisy": round(self.psnr(self.noisy), 3)}
        if self.code is not None:
            fields |= {"z": self.code.tolist(), "rebuilt": round(self.psnr(self.reconstruction), 3)}
        return fields


class NoisePanel(ImagePanel):
    """Adds noise of a kind, with a slider for its strength, to the last pinned image or to the one nearest to the
    cursor. Below, the PSNR over the strength on the test images, if it was measured.

    Only the latest move of slider and cursor is handled.

    Args:
        parent: widget.
        context: of the map.

    Attributes:
        canvas: shows the pictures.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context, LATER_MS, ORIGINALS, "encoder", "decoder")
        self._denoised: Denoised | None = None
        self._own = np.empty((2, 0))  # strengths and PSNR that were measured of this space
        top, below = (packed(ttk.Frame(self), fill="x", pady=px(0, 4)) for _ in range(2))
        ttk.Label(top, text="Noise", style="Key.TLabel").pack(side="left")
        self._strength = ttk.Scale(top, from_=0, to=noise.STRONGEST, value=noise.USUAL)
        self._strength.configure(command=lambda value: self._look_soon())
        self._amount = packed(ttk.Label(top, width=10, anchor="e"), side="right")
        self._strength.pack(side="left", fill="x", expand=True, padx=px(14, 0))
        self._kind = tk.StringVar(self, next(iter(noise.KINDS)))
        self._choices: dict[str, ttk.Radiobutton] = {}
        for name, kind in noise.KINDS.items():
            choice = ttk.Radiobutton(below, text=name, value=name, variable=self._kind, command=self._on_kind)
            self._choices[name] = packed(choice, side="left", padx=px(0, 2))
            explain(choice, kind.about)
        self.canvas = packed(ttk.Frame(self), fill="x")
        style = {"compound": "top", "font": "ExplorerSmall", "style": "Faint.TLabel"}
        self._cells = [ttk.Label(self.canvas, **style) for _ in range(4)]  # three pictures, and which image they show
        for column, label in enumerate(self._cells):
            label.grid(row=0, column=column, sticky="nw", padx=px(0, GAP))
            explain(label, ABOUT_PSNR)
        self._why_not = ttk.Label(self, style="Faint.TLabel", justify="left")
        self._curves = CurveView(self, self._shared)
        self._unmeasured = ttk.Label(self, style="Faint.TLabel", justify="left")
        explain(self._strength, lambda: noise.KINDS[self._kind.get()].about)
        explain(self._curves.widget, ABOUT_CURVES)
        self.bind("<Configure>", lambda event: self._show())
        self.hear(self._show, self._shared.theme_changed)
        self.hear_now(self._on_probe, context.probe_changed)

    @staticmethod
    def suits(space: LatentSpace) -> bool:
        """Whether a space's model removes noise."""
        config = space.card.get("config")
        return isinstance(config, dict) and "noise" in config

    def attend(self, seen: bool) -> None:
        """Tells the panel whether it is visible from now on."""
        super().attend(seen)
        if not seen:
            self._context.marks.show(MARK)

    # ---- computing -----------------------------------------------------------------------

    def _on_probe(self) -> None:
        self._denoised = self._looked_at = None
        self._show_curves()
        if not self.suits(self._probe.space):
            self._context.marks.show(MARK)
        self._look_soon()

    def _look(self) -> None:
        """Adds noise to the current image, encodes and decodes it: one frame."""
        strength, row = float(self._strength.get()), self._row_in_question()
        if not self._seen or not self.suits(self._probe.space):
            return
        wanted = row, self._kind.get(), strength, row in self._shared.pins
        if self._looked_at == wanted:
            return
        self._looked_at = wanted
        self._denoised = None if row is None else self._denoise(row, strength)
        self._amount.configure(text=f"{noise.KINDS[self._kind.get()].symbol} {strength:.2f}")
        self._mark_curve(strength)
        self._show()
        self._mark()
        self.update_idletasks()
        ms = (time.perf_counter() - self._look_later.since) * 1000
        if self._denoised is not None:
            boxes = {name: box_on_screen(choice) for name, choice in self._choices.items()}
            fields = {"kind": self._kind.get(), "kinds": boxes, "slider": box_on_screen(self._strength)}
            fields |= self._denoised.as_fields()
            self._context.trace.write("noise", strength=strength, ms=round(ms, 3), **fields)

    def _denoise(self, row: int, strength: float) -> Denoised | None:
        """The image with noise and its reconstruction; None until the images are read."""
        probe = self._probe
        if ORIGINALS not in probe.results:
            return None
        original = datasets.as_float(probe.known(ORIGINALS).images(np.array([row])))[0]
        noisy = noise.KINDS[self._kind.get()].add(original[None], strength, row)[0]
        if probe.encoder is None or probe.decoder is None:
            return Denoised(row, original, noisy)
        code = probe.encoder(noisy[None])[0]
        return Denoised(row, original, noisy, probe.decoder(code[None])[0], code)

    def _mark(self) -> None:
        """Draws an arrow from the image's place to the place of its noisy version."""
        space, denoised, marks = self._probe.space, self._denoised, ()
        if denoised is not None and denoised.code is not None:
            clean: Place = tuple(space.places[space.index_of(denoised.row)].tolist())
            marks = (Mark(clean, to=space.place_of(denoised.code)),)
        self._context.marks.show(MARK, marks)

    # ---- the test images -----------------------------------------------------------------

    def _on_kind(self) -> None:
        self._show_curves()
        self._look_soon()

    def _show_curves(self) -> None:
        """Shows the PSNR over the strength that was measured for this kind of noise, or how to measure it."""
        space = self._probe.space
        if not self.suits(space):
            return
        lines = measured.lines(space, USE, "method", "strength", "psnr_db", noise=self._kind.get())
        self._own = lines.pop("", np.empty((2, 0)))
        if has_any := self._own.size > 0:
            others = [Curve(name, *line.tolist()) for name, line in lines.items()]
            self._curves.show(
                [Curve("this space", *self._own.tolist(), first=True), *others], "strength of the noise", "PSNR, dB"
            )
        self._unmeasured.configure(text=measured.how_to_measure(space, USE))
        pack_if(self._curves, has_any, fill="x", pady=px(8, 0))
        pack_if(self._unmeasured, not has_any, fill="x", pady=px(4, 0))

    def _mark_curve(self, strength: float) -> None:
        """Marks the slider's strength on this space's curve, within what was measured."""
        x, y = self._own
        at = float(np.clip(strength, x[0], x[-1])) if len(x) else 0.0
        self._curves.mark((at, float(np.interp(at, x, y))) if len(x) else None)

    # ---- drawing ----------------------------------------------------------------------------

    def _show(self) -> None:
        """Shows the pictures with their captions, or why there are none."""
        width, denoised, why = self.winfo_width(), self._denoised, self._why()
        self._why_not.configure(text=why)
        for label in (self._why_not, self._unmeasured):
            label.configure(wraplength=max(width - 4, 1))
        pack_if(self._why_not, bool(why), fill="x", pady=px(4, 0), after=self.canvas)
        grid_if(denoised is not None, *self._cells)
        if denoised is None:
            return
        side = max(min((width - 3 * px(GAP) - px(WORDS)) // 3, px(LARGEST)), 1)
        none = Image.new("RGB", picture.shown_size(denoised.original.shape, side), self._theme.lines)
        images = denoised.noisy, denoised.reconstruction, denoised.original
        for label, image, text in zip(self._cells[:3], images, (*denoised.words(), "original"), strict=True):
            shown = none if image is None else picture.scaled(picture.to_bytes(image), side)
            label.photo = ImageTk.PhotoImage(shown, master=self)  # Tk keeps none
            label.configure(image=label.photo, text=text)
        self._cells[3].configure(
            text=f"{self._name_of(denoised.row)}\n{self._where(denoised.row)}", wraplength=px(WORDS)
        )

    def _why(self) -> str:
        """Why a picture is missing, for the user; empty if none is."""
        probe = self._probe
        if self._denoised is None:
            return self._why_none("add noise to", probe.unavailable(ORIGINALS), ORIGINALS in probe.results)
        if probe.encoder_unavailable:
            return f"Needs the encoder: {probe.encoder_unavailable}."
        return "" if self._denoised.reconstruction is not None else "the encoder is loading …"
