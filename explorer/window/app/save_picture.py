"""The dialog that saves a picture of the map."""

from __future__ import annotations

import copy
import tkinter as tk
from pathlib import Path
from tkinter import ttk

from explorer.decoding.engines import Progress
from explorer.drawing.map_file import save_map
from explorer.window.base.workers import Asked, Tell
from explorer.window.inspector.part import say_failure
from explorer.window.map.map_panel import MapPanel
from explorer.window.pane.context import MapContext
from explorer.window.pane.dialogs import Dialog, ask_to_save

SCALES = (1, 2, 4)


class SavePicture(Dialog):
    """Asks how large the picture is to be, then for its file; draws it in a worker.

    Args:
        parent: the window.
        context: what the window works with; says how it went.
        panel: the map, whose size counts.
    """

    def __init__(self, parent: tk.Misc, context: MapContext, panel: MapPanel) -> None:
        super().__init__(parent, context.shared, "save a picture", padding=20)
        self._context, self._panel = context, panel
        self._size = panel.widget.winfo_width(), panel.widget.winfo_height()
        self._scale = tk.IntVar(self, 2)
        body = self.body
        ttk.Label(body, text="Save a picture of the map", style="Title.TLabel").pack(anchor="w", pady=(0, 10))
        for scale in SCALES:
            width, height = (side * scale for side in self._size)
            text = f"{scale} ×   {width:,} × {height:,} pixels"
            ttk.Radiobutton(body, text=text, value=scale, variable=self._scale).pack(anchor="w", pady=2)
        note = "PNG, or SVG with text as text and points as pixels, by the ending of the name"
        ttk.Label(body, text=note, style="Faint.TLabel", wraplength=300, justify="left").pack(anchor="w", pady=(8, 0))
        buttons = ttk.Frame(body)
        buttons.pack(fill="x", pady=(16, 0))
        choose = ttk.Button(buttons, text="Choose a file …", style="Accent.TButton", command=self._choose)
        choose.pack(side="right")
        ttk.Button(buttons, text="Cancel", command=self.close).pack(side="right", padx=(0, 8))
        self.bind("<Return>", lambda event: self._choose())
        self.show()

    def _choose(self) -> None:
        name = f"{self._context.state.space.name}.png"
        path = ask_to_save(self._context, self, "Save a picture of the map", name, [("PNG", ".png"), ("SVG", ".svg")])
        if path:
            self.close()
            self._save(path)

    def _save(self, path: Path) -> None:
        context, drawn, size, scale = self._context, self._panel.map, self._size, self._scale.get()
        # as they are now, whatever is hidden or zoomed while the picture is drawn
        state, shared = copy.copy(context.state), copy.copy(context.shared)
        groups, field = drawn.colouring, drawn.background

        def work(tell: Tell, cancelled: Asked) -> None:
            tell(Progress(f"drawing {path.name}", 0.0))
            save_map(path, state, shared, groups, field, size, scale, cancelled)

        def done(result: None) -> None:
            context.message.done()
            context.say(f"saved {path}")

        def failed(error: BaseException) -> None:
            context.message.done()
            say_failure(context, error)

        def stop() -> None:
            context.workers.cancel(slot)
            context.say(f"saving {path.name} was cancelled")

        slot = f"picture {path}"
        context.workers.start(slot, work, done, failed, lambda progress: context.message.working(progress, stop))
