"""Dialogs that save a picture, export the map, save and open a workspace, and open the folder of a space."""

from __future__ import annotations

import copy
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk

from explorer.decoding.engines import Progress
from explorer.drawing import exports
from explorer.drawing.map_file import DrawnMap, picture_size, save_map
from explorer.errors import UserError
from explorer.session import workspace
from explorer.session.comparison import names_of
from explorer.session.undo import History
from explorer.window.base import scale as screen
from explorer.window.base.scale import px
from explorer.window.base.widgets import explain, packed
from explorer.window.base.workers import Asked, Tell
from explorer.window.compare.controller import ComparisonController
from explorer.window.inspector.part import say_failure
from explorer.window.inspector.tabs import draw, landing
from explorer.window.pane.context import MapContext
from explorer.window.pane.dialogs import Dialog, ask_for_folder, ask_to_open, ask_to_save
from explorer.window.pane.map_pane import MapPane

SCALES = (1, 2, 4)  # of a saved picture
DRAWINGS = landing.MARKS, draw.MARK  # groups of marks that a saved picture includes
EXPLAINED = {  # tooltips of the kinds of `exports.KINDS`
    ".html": "one file with the map and its grid, for any browser; it needs no server and no network",
    ".csv": "a line for each image, for spreadsheets",
    ".parquet": "the same table with its types; needs pyarrow",
    ".projector": "vectors and metadata as TSV, and the images as one sprite",
}
WORKSPACES = [("Workspace", "*.json")]


class SavePicture(Dialog):
    """Asks which maps to draw, at which size and into which file. A worker draws the picture.

    Args:
        parent: the window.
        pane: the map under the mouse. It is drawn at its current size.
        first: the context of the window's first map. It draws and reports, because a second map may be closed before
            the picture is saved.
        panes: all maps, from left to right.
    """

    def __init__(self, parent: tk.Misc, pane: MapPane, first: MapContext, panes: tuple[MapPane, ...] = ()) -> None:
        super().__init__(parent, first.shared, "save a picture", padding=px(20))
        self._first, self._panes = first, {False: (pane,), True: panes or (pane,)}
        widgets = {both: [each.panel.widget for each in shown] for both, shown in self._panes.items()}
        self._sizes = {both: [_unscaled(widget) for widget in each] for both, each in widgets.items()}
        self._scale, self._both = tk.IntVar(self, 2), tk.BooleanVar(self, len(panes) > 1)
        body = self.body
        ttk.Label(body, text="Save a picture of the map", style="Title.TLabel").pack(anchor="w", pady=px(0, 10))
        if len(panes) > 1:
            options = {"variable": self._both, "command": self._show_sizes}
            both = packed(ttk.Checkbutton(body, text="both maps side by side", **options), anchor="w", pady=px(0, 6))
            explain(both, "off: only the map that was last under the mouse")
        self._choices = {scale: ttk.Radiobutton(body, value=scale, variable=self._scale) for scale in SCALES}
        for choice in self._choices.values():
            choice.pack(anchor="w", pady=px(2))
        self._show_sizes()
        note = "The ending of the name chooses PNG or SVG. In SVG, text stays text and the points are pixels."
        about = ttk.Label(body, text=note, style="Faint.TLabel", wraplength=px(300), justify="left")
        about.pack(anchor="w", pady=px(8, 0))
        _add_buttons(self, self._choose)
        self.show()

    def _show_sizes(self) -> None:
        """Shows the size of the picture at each scale."""
        size = picture_size(self._maps())
        for scale, choice in self._choices.items():
            width, height = (side * scale for side in size)
            choice.configure(text=f"{scale} ×   {width:,} × {height:,} pixels")

    def _maps(self) -> list[DrawnMap]:
        """A copy of the chosen maps as they are now: later zooms do not change the picture."""
        panes, sizes = self._panes[self._both.get()], self._sizes[self._both.get()]
        spaces = [pane.state.space for pane in panes]
        names = names_of(*spaces) if len(spaces) > 1 else ("",)
        maps = []
        for pane, name, size in zip(panes, names, sizes, strict=True):
            drawn, marks = pane.panel.map, [mark for group in DRAWINGS for mark in pane.panel.marks.of(group)]
            letters = tuple((mark.text, mark.place) for mark in marks)
            shown = drawn.colouring, drawn.background, size, name, letters, drawn.nearness
            maps.append(DrawnMap(copy.copy(pane.state), *shown))
        return maps

    def _choose(self) -> None:
        name = f"{'-'.join(pane.state.space.name for pane in self._panes[self._both.get()])}.png"
        path = ask_to_save(self._first, self, "Save a picture of the map", name, [("PNG", ".png"), ("SVG", ".svg")])
        if path:
            self.close()
            self._save(path)

    def _save(self, path: Path) -> None:
        maps, scale, shared = self._maps(), self._scale.get(), copy.copy(self._first.shared)

        def work(tell: Tell, cancelled: Asked) -> None:
            tell(Progress(f"drawing {path.name}", 0.0))
            save_map(path, maps, shared, scale, cancelled)

        _save_in_worker(self._first, path, work)


class ExportMap(Dialog):
    """Asks what to export of a space, and into which file. A worker writes it.

    Args:
        parent: the window.
        pane: the map under the mouse, whose space is exported.
        first: the context of the window's first map, which reports.
    """

    def __init__(self, parent: tk.Misc, pane: MapPane, first: MapContext) -> None:
        super().__init__(parent, first.shared, "export the map", padding=px(20))
        self._first, self._probe = first, pane.context.probe
        self._kind = tk.StringVar(self, next(iter(exports.KINDS)))
        title = f"Export {self._probe.space.title}"
        packed(ttk.Label(self.body, text=title, style="Title.TLabel"), anchor="w", pady=px(0, 10))
        for kind, what in exports.KINDS.items():
            choice = ttk.Radiobutton(self.body, text=f"{what}  ({kind})", value=kind, variable=self._kind)
            explain(packed(choice, anchor="w", pady=px(2)), EXPLAINED[kind])
        _add_buttons(self, self._choose)
        self.show()

    def _choose(self) -> None:
        kind, probe = self._kind.get(), self._probe
        kinds = [(exports.KINDS[kind], f"*{kind}")]
        path = ask_to_save(self._first, self, "Export the map", f"{probe.space.name}{kind}", kinds)
        if not path:
            return
        self.close()

        def work(tell: Tell, cancelled: Asked) -> str:
            text = f"exporting {path.name}"
            tell(Progress(text, 0.0))
            return exports.export(path, probe, lambda share: tell(Progress(text, share)), cancelled)

        _save_in_worker(self._first, path, work)


def _save_in_worker(context: MapContext, path: Path, work: Callable[[Tell, Asked], str | None]) -> None:
    """Writes a file in a worker. Messages show the progress, which can be cancelled, and the result.

    Args:
        work: writes it; returns what was left out.
    """

    def done(note: str | None) -> None:
        context.message.done()
        context.say_done(f"saved {path}{f' {note}' if note else ''}")

    def failed(error: BaseException) -> None:
        context.message.done()
        say_failure(context, error)

    def stop() -> None:
        context.workers.cancel(slot)
        context.message.done()  # it cannot be cancelled twice
        context.say_done(f"saving {path.name} was cancelled")

    slot = f"save {path}"
    context.workers.start(slot, work, done, failed, lambda progress: context.message.working(progress, stop))


def _add_buttons(dialog: Dialog, choose: Callable[[], None]) -> None:
    """Adds the buttons that choose a file and close the dialog; Enter chooses."""
    buttons = packed(ttk.Frame(dialog.body), fill="x", pady=px(16, 0))
    accent = {"style": "Accent.TButton", "command": choose}
    packed(ttk.Button(buttons, text="Choose a file …", **accent), side="right")
    packed(ttk.Button(buttons, text="Cancel", command=dialog.close), side="right", padx=px(0, 8))
    dialog.bind("<Return>", lambda event: choose())


def _unscaled(widget: tk.Misc) -> tuple[int, int]:
    """Width and height of a widget in pixels at 96 dpi, which is the resolution of saved pictures."""
    return round(widget.winfo_width() / screen.scale()), round(widget.winfo_height() / screen.scale())


def save_workspace(parent: tk.Misc, context: MapContext, beside: ComparisonController) -> None:
    """Asks for a file and saves the workspace there. A message says whether that worked."""
    path = ask_to_save(context, parent, "Save the workspace", "workspace.json", WORKSPACES)
    if not path:
        return
    try:
        workspace.save(path, workspace.taken(context.state, context.shared, beside.name))
    except UserError as error:
        context.say(str(error))
        return
    context.say_done(f"saved the workspace to {path}")
    context.trace.write("workspace", saved=str(path))


def open_space(parent: tk.Misc, pane: MapPane) -> None:
    """Asks for the folder of a space and shows it. If that fails, nothing changes and a message says why."""
    folder = ask_for_folder(pane.context, parent, "Open the folder of a space", pane.switching.folder.parent)
    if folder:
        pane.switching.choose(folder.resolve())


def open_workspace(parent: tk.Misc, pane: MapPane, beside: ComparisonController, history: History) -> None:
    """Asks for a workspace and opens it, with its own space if possible. If the workspace does not fit, nothing changes
    and a message says why."""
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
    switching.choose(folder or switching.folder, lambda: _take_up(pane, beside, history, kept, path))


def _take_up(
    pane: MapPane, beside: ComparisonController, history: History, kept: workspace.Workspace, path: Path
) -> None:
    context = pane.context
    try:
        kept, notes = workspace.fitted(kept, context.state.space, context.opened.plane_fixed)
    except UserError as error:
        _refuse(context, error)
        return
    with history.together():
        workspace.apply(kept, context.state, context.shared)
    other = pane.switching.named(kept.beside, kept.data) if kept.beside else None
    if kept.beside and other is None:
        notes.append(f"the compared space '{kept.beside}' was not found")
    beside.choose(other)
    if notes:
        context.say("; ".join(notes))
    context.trace.write("workspace", opened=str(path))


def _refuse(context: MapContext, error: UserError) -> None:
    context.say(str(error))
    context.trace.write("workspace", refused=str(error))
