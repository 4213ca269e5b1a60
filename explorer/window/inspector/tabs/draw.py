"""A drawing pad, and where the drawing lands on the map."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np
from PIL import Image

from explorer.analysis.analyses import NOVELTY, ORIGINALS
from explorer.drawing import picture
from explorer.errors import UserError
from explorer.files.writing import writing
from explorer.images import handwriting
from explorer.window.base.mouse import bind_wheel
from explorer.window.base.scale import px
from explorer.window.base.widgets import CanvasPicture, Later, button, explain, pack_if, plain_canvas
from explorer.window.inspector.part import Tab
from explorer.window.inspector.tabs.landing import KEPT_HEIGHT, SMALL_TEXT, KeptDrawings, LandingView, land
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext
from explorer.window.pane.dialogs import ask_to_open, ask_to_save

BLACK, WHITE, HINT = "#000000", "#ffffff", "#8a8a8a"  # on both themes, as in the images
THINNEST, PEN, THICKEST = 0.03, 0.085, 0.17  # widths of pens, as shares of the pad's side
LEAST_HEIGHT, LEAST_WIDTH = 210, 330  # pixels that all of it needs
RESULTS_SHARE, WIDEST_RESULTS = 0.45, 310  # of the width, and pixels: the results beside the pad
TOOLS, GAP, ROWS = 32, 10, 6  # pixels: height of the row of buttons, between pad and results, between rows
MARK, SLOT = "drawing", "picture file"
PICTURES = ("Pictures", "*.png *.jpg *.jpeg *.gif *.bmp *.webp *.tif *.tiff *.ppm *.pgm"), ("All files", "*")


class DrawingPad(tk.Canvas):
    """A square to draw on with the mouse.

    Args:
        parent: widget.
        changed: is called when the paper has changed.

    Attributes:
        paper: the drawing.
        pen: width of the pen as a share of the pad's side.
    """

    def __init__(self, parent: tk.Misc, changed: Callable[[], None]) -> None:
        super().__init__(parent, background=BLACK, highlightthickness=0, borderwidth=0, cursor="pencil")
        self._changed = changed
        self.paper = handwriting.Paper()
        self.pen = tk.DoubleVar(self, PEN)
        self._side = 1
        self._at: tuple[int, int] | None = None  # where the pen is; None while it is up
        self._picture = CanvasPicture(self)
        self._hint = self.create_text(0, 0, text="draw here", fill=HINT, font="ExplorerValue")
        self.bind("<ButtonPress-1>", self._on_press)
        self.bind("<B1-Motion>", self._on_move)
        self.bind("<ButtonRelease-1>", self._on_release)
        self.bind("<Control-z>", self._on_undo)

    def resize(self, side: int) -> None:
        """Sets the side in pixels."""
        self._side = side
        self.place(x=0, y=0, width=side, height=side)
        self.coords(self._hint, side / 2, side / 2)
        self._show_paper()

    def box_on_screen(self) -> list[int]:
        """The position of the pad in screen pixels: x, y, width, height."""
        return [self.winfo_rootx(), self.winfo_rooty(), self._side, self._side]

    def undo(self) -> None:
        """Undoes the last stroke, or the opening of a picture."""
        self._change(self.paper.undo)

    def clear(self) -> None:
        self._change(self.paper.clear)

    def put(self, levels: np.ndarray) -> None:
        """Puts a picture on the paper: see `handwriting.Paper.put`."""
        self._change(lambda: self.paper.put(levels))

    def _change(self, change: Callable[[], None]) -> None:
        self._at = None
        change()
        self._show_paper()
        self._changed()

    def _on_undo(self, event: tk.Event) -> str:
        self.undo()
        return "break"  # a stroke is undone, and nothing else in the window

    def _on_press(self, event: tk.Event) -> None:
        self.focus_set()
        self.itemconfigure(self._hint, state="hidden")
        self.paper.begin(self._point(event), self.pen.get())
        radius = self._pen_width() / 2
        box = event.x - radius, event.y - radius, event.x + radius, event.y + radius
        self.create_oval(*box, fill=WHITE, outline="", tags="stroke")
        self._at = event.x, event.y
        self._changed()

    def _on_move(self, event: tk.Event) -> None:
        if self._at not in (None, (event.x, event.y)):
            self.paper.extend(self._point(event))
            ends = *self._at, event.x, event.y
            self.create_line(*ends, width=self._pen_width(), fill=WHITE, capstyle="round", tags="stroke")
            self._at = event.x, event.y
            self._changed()

    def _on_release(self, event: tk.Event) -> None:
        if self._at is not None:
            self._on_move(event)
            self._at = None
            self._show_paper()

    def _point(self, event: tk.Event) -> handwriting.Point:
        return event.x / self._side, event.y / self._side

    def _pen_width(self) -> float:
        return self.pen.get() * self._side

    def _show_paper(self) -> None:
        """Shows the paper in place of the lines of the current stroke."""
        self.delete("stroke")
        self.itemconfigure(self._hint, state="hidden" if self.paper.layers else "normal")
        size = self._side, self._side
        self._picture.show(Image.fromarray(self.paper.levels).resize(size, Image.Resampling.BILINEAR))


class DrawTab(Tab):
    """A drawing pad, and where the drawing lands on the map.

    The drawing is encoded when Tk is idle, so only the latest move of the pen counts. The tab scrolls if its content
    does not fit.

    Args:
        parent: widget.
        context: of the map.
    """

    title = "Draw"

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._look_when_idle = Later(self, self._look)
        self._folder: str | None = None  # of the last picture file
        self._build()
        self.hear(self._kept.land, context.probe_changed)
        self.hear(self._look_when_idle, context.probe_changed)
        self.hear(self._kept.land, context.ready, only=("encoder",))
        self.hear(self._look_if_seen, context.ready, only=("encoder", "decoder", ORIGINALS))
        self.hear(self._on_novelty, context.ready, only=(NOVELTY,))
        self.hear_now(self._apply_theme, self._shared.theme_changed)
        self._enable_buttons()

    # ---- building --------------------------------------------------------------------------------

    def _build(self) -> None:
        self._view = plain_canvas(self, yscrollincrement=px(SMALL_TEXT))
        self._scrollbar = ttk.Scrollbar(self, command=self._view.yview)
        self._view.configure(yscrollcommand=self._scrollbar.set)
        self._view.pack(side="left", fill="both", expand=True)
        inner = ttk.Frame(self._view)
        self._window = self._view.create_window(0, 0, anchor="nw", window=inner)
        self._pad = DrawingPad(inner, self._look_when_idle)
        self._results = LandingView(inner, self._context)
        self._kept = KeptDrawings(inner, self._context, self._arrange)
        self._tools = ttk.Frame(inner)
        self._buttons: dict[str, ttk.Button] = {}
        for name, tip, command in (
            ("Undo", "take back the last stroke (Ctrl + z over the pad)", self._pad.undo),
            ("Clear", "empty the pad", self._pad.clear),
            ("Keep", "keep the drawing: a letter marks its place on the map", self.keep),
            ("Open…", "open a picture file instead of drawing", self.open_file),
            ("Save…", "save the prepared image as PNG", self.save_file),
        ):
            self._buttons[name] = button(self._tools, name, command, tip, style="Tool.TButton")
            self._buttons[name].pack(side="left", padx=px(0, 4))
        pen = ttk.Scale(self._tools, from_=THINNEST, to=THICKEST, variable=self._pad.pen)
        pen.pack(side="left", fill="x", expand=True, padx=px(6, 2))
        explain(pen, "width of the pen")
        self._view.bind("<Configure>", lambda event: self._arrange())
        for widget in (self._results, self._tools):
            bind_wheel(widget, lambda notches: self._view.yview_scroll(notches, "units"))
        self.bind("<Map>", lambda event: self._look_when_idle())

    # ---- layout --------------------------------------------------------------------------

    def _arrange(self) -> None:
        """Sets the size of all parts; the pad gets the room that the results leave."""
        seen = self._view.winfo_height()
        kept = px(KEPT_HEIGHT) + px(ROWS) if self._kept.drawings else 0
        least = px(LEAST_HEIGHT)
        short = seen < least + kept  # then the kept drawings take their room from the pad alone
        width, height = max(self._view.winfo_width(), px(LEAST_WIDTH)), max(seen, least)
        pack_if(self._scrollbar, seen < least, side="right", fill="y", before=self._view)
        above = height - px(TOOLS) - px(ROWS)
        side = min(above - kept, width - min(round(RESULTS_SHARE * width), px(WIDEST_RESULTS)) - px(GAP))
        beside = width - side - px(GAP)
        self._view.itemconfigure(self._window, width=width, height=height)
        self._view.configure(scrollregion=(0, 0, width, height))
        self._pad.resize(side)
        results = above if short else above - kept  # pixels of height
        self._results.place(x=side + px(GAP), y=0, width=beside, height=results)
        self._results.resize(beside, results)
        if kept:
            y = above - kept + px(ROWS)
            self._kept.place(x=0, y=y, width=side if short else width, height=px(KEPT_HEIGHT))
        else:
            self._kept.place_forget()
        self._kept.redraw()
        self._tools.place(x=0, y=height - px(TOOLS), width=width, height=px(TOOLS))

    def _apply_theme(self) -> None:
        for canvas in (self._view, self._results, self._kept):
            canvas.configure(background=self._theme.paper)
        self._results.redraw()
        self._kept.redraw()

    # ---- commands ---------------------------------------------------------------------

    def keep(self) -> None:
        """Keeps the drawing and marks its place on the map."""
        if self._results.landing is None:
            self._context.say("there is nothing to keep: draw something first")
        else:
            self._kept.add(self._pad.paper.levels.copy(), self._results.landing.code)

    def open_file(self) -> None:
        """Asks for a picture file and puts it on the pad."""
        path = ask_to_open(self._context, self, "Open a picture", PICTURES, self._folder)
        if path:
            self._folder = str(path.parent)
            read = lambda tell, cancelled: handwriting.read(path)  # noqa: E731
            self._context.workers.start(SLOT, read, self._pad.put, self._on_failure)

    def _on_failure(self, error: BaseException) -> None:
        if isinstance(error, MemoryError):
            error = UserError("the picture does not fit into memory: make it smaller")
        super()._on_failure(error)

    def save_file(self) -> None:
        """Asks for a file and writes the prepared image there, as PNG."""
        image = self._results.image
        if image is None:
            self._context.say("the pad is empty: there is nothing to save")
            return
        kinds = [("PNG", "*.png")]
        path = ask_to_save(self._context, self, "Save the prepared image", "drawing.png", kinds, self._folder)
        if path:
            self._folder = str(path.parent)
            try:
                with writing(path) as file:
                    Image.fromarray(picture.to_bytes(image)).save(file, "PNG")
            except UserError as error:
                self._context.say(str(error))

    def _enable_buttons(self) -> None:
        """Enables the buttons that have something to do, and disables the others."""
        drawn, landed = bool(self._pad.paper.layers), self._results.landing is not None
        wanted = {"Undo": drawn, "Clear": drawn, "Keep": landed, "Save…": self._results.image is not None}
        for name, enabled in wanted.items():
            self._buttons[name].state(["!disabled" if enabled else "disabled"])

    # ---- where it lands --------------------------------------------------------------------------

    def _look(self) -> None:
        """Encodes the drawing and shows where it lands: one frame."""
        probe = self._probe
        image = handwriting.prepared(self._pad.paper.levels, probe.space.image_shape)
        landing = None if image is None else land(probe, image)
        self._context.marks.show(MARK, (Mark(landing.place, text="★"),) if landing else ())
        self._results.show(image, landing)
        self._enable_buttons()
        self.update_idletasks()
        ms = (time.perf_counter() - self._look_when_idle.since) * 1000
        fields = landing.as_fields(probe.space) if landing else {}
        self._context.trace.write("drawing", pad=self._pad.box_on_screen(), ms=round(ms, 3), **fields)
        if landing and self.winfo_viewable():
            self._context.need(NOVELTY)

    def _look_if_seen(self) -> None:
        if self._results.image is not None or self.winfo_viewable():
            self._look_when_idle()

    def _on_novelty(self) -> None:
        """Shows the novelty, or why there is none. If it was cancelled, the next stroke requests it again."""
        if NOVELTY in self._probe.results or self._probe.unavailable(NOVELTY):
            self._look_if_seen()
