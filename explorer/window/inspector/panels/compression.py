"""An image as few bytes: its code with few bits per number, beside PCA, JPEG and WebP of the nearest size."""

from __future__ import annotations

import os
import tkinter as tk
from contextlib import suppress
from tkinter import ttk
from typing import Any

import numpy as np
from PIL import ImageTk

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.probe import SpaceProbe
from explorer.drawing import picture
from explorer.drawing.curves import Curve
from explorer.files.untrusted import amount
from explorer.spaces.card import GRID
from explorer.spaces.latent_space import LatentSpace
from explorer.uses import compression, measured
from explorer.uses.compression import COMPONENTS, METHODS, Quantiser, Stored
from explorer.window.base.scale import px
from explorer.window.base.widgets import box_on_screen, explain, pack_if, packed
from explorer.window.inspector.curve_view import CurveView
from explorer.window.inspector.panels.image_panel import ImagePanel
from explorer.window.pane.context import MapContext

GAP, LARGEST = 3, 112  # pixels: between pictures, largest side of one
LATER_MS = 20  # after a move of the cursor or the slider
SLOT, ORIGINAL, CODE = "compression", "original", "code"
HEADS = "\nwhole file\ndata alone\nPSNR"  # of the lines below the pictures
ABOUT = (
    "The code has the bits per number chosen above. PCA has a byte for each of its components.\n"
    "JPEG and WebP are the files whose size is nearest to that of the code; their data alone is\n"
    "what is left without headers and tables. PSNR, against the original: more is better."
)


def compressed(probe: SpaceProbe, row: int, bits: int) -> dict[str, Stored]:
    """An image as each method stores it; first the original. Raises UserError if somebody's own decoder fails.

    A grid has only one plane of more than two numbers: then the code is left out.

    Args:
        probe: has a decoder, the images and their components.
    """
    space, decoder = probe.space, probe.decoder
    assert decoder is not None
    levels = probe.known(ORIGINALS).images(np.array([row]))[0]
    quantiser = Quantiser.of(space.codes, bits)
    found = {ORIGINAL: Stored(levels, levels.size, levels.size)}
    if decoder.source != "grid" or space.projection is None:
        code = decoder(quantiser.rounded(space.codes[space.indices_of(np.array([row]))]))[0]
        found[CODE] = Stored(compression.as_levels(code), quantiser.bytes, quantiser.bytes)
    return found | compression.others(levels, quantiser.bytes, probe.known(COMPONENTS))


class CompressionPanel(ImagePanel):
    """The image that was pinned last, or the one nearest to the cursor, as few bytes; and the curve of all test images.

    A worker compresses one image at a time; of the moves meanwhile, only the latest is handled.

    Args:
        parent: widget.
        context: of the map.

    Attributes:
        canvas: holds the pictures, with their bytes and PSNR.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context, LATER_MS, ORIGINALS, COMPONENTS, "decoder", "points")
        self._busy = False
        self._shown: dict[str, Stored] = {}  # the current image, by method
        self._card: Any = None  # of the space whose curve is shown
        self._marks: dict[float, tuple[float, float]] = {}  # points of that space's curve, by bits
        top, below = (packed(ttk.Frame(self), fill="x", pady=px(0, 6)) for _ in range(2))
        ttk.Label(top, text="Bits per number", style="Key.TLabel").pack(side="left")
        options = {"from_": compression.BITS[0], "to": compression.BITS[-1], "value": compression.USUAL_BITS}
        self._bits = ttk.Scale(top, command=lambda value: self._look_soon(), **options)
        self._bits.pack(side="left", fill="x", expand=True, padx=px(14, 0))
        self._name = packed(ttk.Label(below, style="Faint.TLabel", font="ExplorerSmall"), side="left")
        self._amount = packed(ttk.Label(below), side="right")
        self.canvas = packed(ttk.Frame(self), fill="x")
        self._heads = ttk.Label(self.canvas, text=HEADS, font="ExplorerSmall", style="Faint.TLabel")
        self._heads.grid(row=1)
        self._cells: dict[str, list[ttk.Label]] = {}  # picture and texts, by method
        for column, title in enumerate((ORIGINAL, CODE, "PCA", *METHODS), 1):
            self._cells[title] = [ttk.Label(self.canvas, font="ExplorerSmall", justify="center") for _ in range(2)]
            for row, label in enumerate(self._cells[title]):
                label.grid(row=row, column=column)
                explain(label, ABOUT)
            self.canvas.columnconfigure(column, weight=1, uniform="picture")
        self._note = packed(ttk.Label(self, style="Faint.TLabel"), fill="x", pady=px(6, 0))
        self._all = packed(ttk.Label(self), anchor="w", pady=px(10, 2))
        self._curves = CurveView(self, context.shared)
        explain(self._bits, "how finely each number of the code is stored: fewer bits, fewer bytes")
        self.bind("<Configure>", lambda event: self._show())
        self.hear_now(self._on_probe, context.probe_changed)

    @staticmethod
    def suits(space: LatentSpace) -> bool:
        """Whether a space decodes codes to images."""
        return space.has_decoder

    # ---- compressing -----------------------------------------------------------------------------

    def _on_probe(self) -> None:
        card = self._probe.space.card
        if card is not self._card:  # else only the plane or the coordinates have changed
            self._context.workers.cancel(SLOT)
            self._busy, self._card, self._shown = False, card, {}
            self._show_curves()
        self._look_anew()

    def _look(self) -> None:
        """Compresses the current image, unless it is shown already, or another one is being compressed."""
        probe, bits, row = self._probe, round(self._bits.get()), self._row_in_question()
        self._context.need(COMPONENTS)
        if self._busy or self._looked_at == (row, bits):
            return
        self._looked_at = row, bits
        self._amount.configure(text=f"{probe.space.dimensions} × {bits} bit{'s' * (bits != 1)}")
        self._curves.mark(self._marks.get(bits))
        if row is None or probe.decoder is None or COMPONENTS not in probe.results:
            self._shown = {}
            self._show()
            return
        self._busy = True
        work = lambda tell, cancelled: (row, bits, compressed(probe, row, bits))  # noqa: E731
        self._context.workers.start(SLOT, work, self._take, self._on_failure)

    def _take(self, result: tuple[int, int, dict[str, Stored]]) -> None:
        self._busy = False
        row, bits, self._shown = result
        self._name.configure(text=f"{self._name_of(row)}, {self._where(row)}")
        self._show()
        self.update_idletasks()
        original = self._shown[ORIGINAL].image
        told: dict[str, Any] = {title: box_on_screen(cell[0]) for title, cell in self._cells.items()}
        for title, stored in self._shown.items():
            told[title] += [stored.bytes, stored.payload_bytes, round(stored.psnr_db(original), 3)]
        self._context.trace.write("compressed", row=row, bits=bits, slider=box_on_screen(self._bits), **told)
        self._look_soon()

    def _on_failure(self, error: BaseException) -> None:
        self._busy = False
        super()._on_failure(error)

    # ---- drawing ---------------------------------------------------------------------------------

    def _show(self) -> None:
        """Shows the pictures with their texts, or why there are none."""
        width = self.winfo_width()
        self._note.configure(text=self._about_decoder() if self._shown else self._why())
        for label in (self._note, self._all):
            label.configure(wraplength=max(width - 4, 1))
        pack_if(self.canvas, bool(self._shown), fill="x", before=self._note)
        pack_if(self._name, bool(self._shown), side="left")
        side = max(min((width - self._heads.winfo_reqwidth()) // len(self._cells) - px(GAP), px(LARGEST)), 1)
        for title, (shown, text) in self._cells.items() if self._shown else ():
            if (stored := self._shown.get(title)) is None:
                shown.configure(image="")
                text.configure(text=f"{title}\n–\n–\n–")
                continue
            shown.photo = ImageTk.PhotoImage(picture.scaled(stored.image, side), master=self)  # Tk keeps none
            shown.configure(image=shown.photo)
            alone = "–" if stored.payload_bytes == stored.bytes else _bytes(stored.payload_bytes)
            psnr = "–" if title == ORIGINAL else f"{stored.psnr_db(self._shown[ORIGINAL].image):.1f} dB"
            text.configure(text=f"{title}\n{_bytes(stored.bytes)}\n{alone}\n{psnr}")

    def _about_decoder(self) -> str:
        """What is needed once for all images: the decoder, and how large it is."""
        probe = self._probe
        if CODE not in self._shown:
            return f"The code is not decoded here: {self._context.opened.plane_fixed or 'no decoder is loaded yet'}."
        on_grid = probe.decoder.source == "grid"
        with suppress(OSError):  # models in memory have no file
            size = os.path.getsize(probe.space.folder / (GRID if on_grid else probe.space.decoder_file))
            of_pca = amount(probe.known(COMPONENTS).decoder_bytes(self._shown["PCA"].bytes))
            name = "grid" if on_grid else "decoder"
            return f"Needed once for all images: the {name}, {amount(size)}; for PCA {of_pca}."
        return ""

    def _why(self) -> str:
        """Why there is no picture, for the user."""
        probe = self._probe
        why = probe.unavailable(COMPONENTS) or ("" if probe.decoder else probe.decoder_unavailable)
        return self._why_none("compress", why, COMPONENTS in probe.results and probe.decoder is not None)

    def _show_curves(self) -> None:
        """Shows what was measured on all test images, or how to measure it."""
        space = self._probe.space
        lines = measured.lines(space, "compression", "method", "bytes", "psnr_db")
        lines = {method: line[:, line[0] > 0] for method, line in lines.items()}  # a logarithmic axis has no 0
        of_code = measured.lines(space, "compression", "method", "bits", "bytes", "psnr_db").get(CODE, np.empty((3, 0)))
        self._marks = {bits: (size, psnr) for bits, size, psnr in of_code.T.tolist()}
        curves = [Curve(title, *lines[title].tolist(), first=title == CODE) for title in self._cells if title in lines]
        self._curves.show(curves, "bytes of an image", "PSNR, dB", log_x=True)
        unmeasured = "" if space.has_own_models else measured.how_to_measure(space, "compression")
        self._all.configure(text=f"All test {space.image_noun}" if curves else unmeasured)
        pack_if(self._curves, bool(curves), fill="x")


def _bytes(size: int) -> str:
    return amount(size) if size >= 1000 else f"{size} byte{'s' * (size != 1)}"
