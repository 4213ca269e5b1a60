"""Saving what is looked at in a file, and opening it again, by way of the usual dialogs."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path

from explorer.errors import UserError
from explorer.session import workspace
from explorer.window.compare.controller import ComparisonController
from explorer.window.pane.context import MapContext
from explorer.window.pane.dialogs import ask_to_open, ask_to_save
from explorer.window.pane.switching import Switching

KIND = [("Workspace", "*.json")]


def save_workspace(parent: tk.Misc, context: MapContext, beside: ComparisonController) -> None:
    """Asks where to save the workspace, and does; says how that went."""
    path = ask_to_save(context, parent, "Save the workspace", "workspace.json", KIND)
    if not path:
        return
    try:
        workspace.save(path, workspace.taken(context.state, context.shared, beside.name))
    except UserError as error:
        context.say(str(error))
        return
    context.say(f"Saved the workspace to {path}")
    context.trace.write("workspace", saved=str(path))


def open_workspace(parent: tk.Misc, context: MapContext, switching: Switching, beside: ComparisonController) -> None:
    """Asks for a workspace and takes it up, on the map that it is of where that can be shown; where it does not fit,
    nothing changes but a line that says so."""
    path = ask_to_open(context, parent, "Open a workspace", KIND)
    if not path:
        return
    try:
        kept = workspace.read(path)
    except UserError as error:
        _refuse(context, error)
        return
    folder = None if kept.space == context.state.space.name else switching.named(kept.space, kept.data)
    switching.choose(folder or switching.folder, lambda: _take_up(context, switching, beside, kept, path))


def _take_up(
    context: MapContext, switching: Switching, beside: ComparisonController, kept: workspace.Workspace, path: Path
) -> None:
    try:
        kept, notes = workspace.fitted(kept, context.state.space)
    except UserError as error:
        _refuse(context, error)
        return
    workspace.apply(kept, context.state, context.shared)
    other = switching.named(kept.beside, kept.data) if kept.beside else None
    if kept.beside and other is None:
        notes.append(f"there is no space '{kept.beside}' to compare with")
    beside.choose(other)
    if notes:
        context.say("; ".join(notes))
    context.trace.write("workspace", opened=str(path))


def _refuse(context: MapContext, error: UserError) -> None:
    context.say(str(error))
    context.trace.write("workspace", refused=str(error))
