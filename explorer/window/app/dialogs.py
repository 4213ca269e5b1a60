"""What opens over the window: the table of keys, and the dialogs for pictures and workspaces."""

from __future__ import annotations

import copy
import tkinter as tk
from pathlib import Path
from tkinter import ttk

from explorer.decoding.engines import Progress
from explorer.drawing.map_file import save_map
from explorer.errors import UserError
from explorer.session import workspace
from explorer.session.state import SharedState
from explorer.window.base.keys import KEYS
from explorer.window.base.scale import px
from explorer.window.base.scale import scale as screen_scale
from explorer.window.base.widgets import Scrolled, packed
from explorer.window.base.workers import Asked, Tell
from explorer.window.compare.controller import ComparisonController
from explorer.window.inspector.part import say_failure
from explorer.window.pane.context import MapContext
from explorer.window.pane.dialogs import Dialog, ask_to_open, ask_to_save
from explorer.window.pane.map_pane import MapPane

AROUND = 170  # pixels of the screen's height that title, button and margins of the help window take
SCALES = (1, 2, 4)  # of a picture
WORKSPACES = [("Workspace", "*.json")]


class HelpWindow(Dialog):
    """Closes with Esc, ?, or its button. On a low screen, the table is scrolled."""

    def __init__(self, parent: tk.Misc, shared: SharedState) -> None:
        super().__init__(parent, shared, "keys and mouse", padding=px(24))
        ttk.Label(self.body, text="Keys and mouse", style="Title.TLabel").pack(anchor="w", pady=px(0, 12))
        table = packed(Scrolled(self.body, shared), fill="both", expand=True)
        for row, key in enumerate(KEYS):
            ttk.Label(table.inner, text=key.shown, style="Key.TLabel").grid(row=row, column=0, sticky="w", pady=px(3))
            ttk.Label(table.inner, text=key.what).grid(row=row, column=1, sticky="w", padx=px(24, 0), pady=px(3))
        table.fit(self.winfo_screenheight() - px(AROUND))
        close = ttk.Button(self.body, text="Close", command=self.close, style="Accent.TButton")
        close.pack(anchor="e", pady=px(16, 0))
        for event in ("<question>", "<F1>", "<Return>"):
            self.bind(event, lambda event: self.close())
        self.show()


class SavePicture(Dialog):
    """Asks how large the picture is to be, then for its file; draws it in a worker.

    Args:
        parent: the window.
        pane: the map that is drawn, as large as it is now.
        first: the context of the window's first map. It draws and reports: a second map may be closed before the
            picture is saved.
    """

    def __init__(self, parent: tk.Misc, pane: MapPane, first: MapContext) -> None:
        super().__init__(parent, first.shared, "save a picture", padding=px(20))
        self._pane, self._first = pane, first
        widget = pane.panel.widget
        self._size = tuple(round(side / screen_scale()) for side in (widget.winfo_width(), widget.winfo_height()))
        self._scale = tk.IntVar(self, 2)
        body = self.body
        ttk.Label(body, text="Save a picture of the map", style="Title.TLabel").pack(anchor="w", pady=px(0, 10))
        for scale in SCALES:
            width, height = (side * scale for side in self._size)
            text = f"{scale} ×   {width:,} × {height:,} pixels"
            ttk.Radiobutton(body, text=text, value=scale, variable=self._scale).pack(anchor="w", pady=px(2))
        note = "PNG, or SVG with text as text and points as pixels, by the ending of the name"
        about = ttk.Label(body, text=note, style="Faint.TLabel", wraplength=px(300), justify="left")
        about.pack(anchor="w", pady=px(8, 0))
        buttons = packed(ttk.Frame(body), fill="x", pady=px(16, 0))
        choose = ttk.Button(buttons, text="Choose a file …", style="Accent.TButton", command=self._choose)
        choose.pack(side="right")
        ttk.Button(buttons, text="Cancel", command=self.close).pack(side="right", padx=px(0, 8))
        self.bind("<Return>", lambda event: self._choose())
        self.show()

    def _choose(self) -> None:
        name = f"{self._pane.state.space.name}.png"
        path = ask_to_save(self._first, self, "Save a picture of the map", name, [("PNG", ".png"), ("SVG", ".svg")])
        if path:
            self.close()
            self._save(path)

    def _save(self, path: Path) -> None:
        first, drawn, size, scale = self._first, self._pane.panel.map, self._size, self._scale.get()
        # as they are now, whatever is hidden or zoomed while the picture is drawn
        state, shared = copy.copy(self._pane.state), copy.copy(first.shared)
        groups, field = drawn.colouring, drawn.background

        def work(tell: Tell, cancelled: Asked) -> None:
            tell(Progress(f"drawing {path.name}", 0.0))
            save_map(path, state, shared, groups, field, size, scale, cancelled)

        def done(result: None) -> None:
            first.message.done()
            first.say(f"saved {path}")

        def failed(error: BaseException) -> None:
            first.message.done()
            say_failure(first, error)

        def stop() -> None:
            first.workers.cancel(slot)
            first.say(f"saving {path.name} was cancelled")

        slot = f"picture {path}"
        first.workers.start(slot, work, done, failed, lambda progress: first.message.working(progress, stop))


def save_workspace(parent: tk.Misc, context: MapContext, beside: ComparisonController) -> None:
    """Asks where to save the workspace, and does; says how that went."""
    path = ask_to_save(context, parent, "Save the workspace", "workspace.json", WORKSPACES)
    if not path:
        return
    try:
        workspace.save(path, workspace.taken(context.state, context.shared, beside.name))
    except UserError as error:
        context.say(str(error))
        return
    context.say(f"Saved the workspace to {path}")
    context.trace.write("workspace", saved=str(path))


def open_workspace(parent: tk.Misc, pane: MapPane, beside: ComparisonController) -> None:
    """Asks for a workspace and takes it up, on the map that it is of where that can be shown; where it does not fit,
    nothing changes but a line that says so."""
    context, switching = pane.context, pane.switching
    path = ask_to_open(context, parent, "Open a workspace", WORKSPACES)
    if not path:
        return
    try:
        kept = workspace.read(path)
    except UserError as error:
        _refuse(context, error)
        return
    folder = None if kept.space == context.state.space.name else switching.named(kept.space, kept.data)
    switching.choose(folder or switching.folder, lambda: _take_up(pane, beside, kept, path))


def _take_up(pane: MapPane, beside: ComparisonController, kept: workspace.Workspace, path: Path) -> None:
    context = pane.context
    try:
        kept, notes = workspace.fitted(kept, context.state.space)
    except UserError as error:
        _refuse(context, error)
        return
    workspace.apply(kept, context.state, context.shared)
    other = pane.switching.named(kept.beside, kept.data) if kept.beside else None
    if kept.beside and other is None:
        notes.append(f"there is no space '{kept.beside}' to compare with")
    beside.choose(other)
    if notes:
        context.say("; ".join(notes))
    context.trace.write("workspace", opened=str(path))


def _refuse(context: MapContext, error: UserError) -> None:
    context.say(str(error))
    context.trace.write("workspace", refused=str(error))
