"""Saving what is looked at in a file, and opening it again, by way of the usual dialogs."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from tkinter import filedialog

from explorer.errors import UserError
from explorer.session import workspace
from explorer.window.compare.controller import Beside
from explorer.window.pane.context import Session
from explorer.window.pane.dialogs import ask_for_file
from explorer.window.pane.switching import Switching

KIND = [("Workspace", "*.json")]


def save_workspace(parent: tk.Misc, session: Session, beside: Beside) -> None:
    """Asks where to save the workspace, and does; says how that went."""
    name = ask_for_file(
        filedialog.asksaveasfilename,
        session,
        parent,
        title="Save the workspace",
        initialfile="workspace.json",
        defaultextension=".json",
        filetypes=KIND,
    )
    if not name:
        return
    try:
        workspace.save(Path(name), workspace.taken(session.state, session.shared, beside.name))
    except UserError as error:
        session.say(str(error))
        return
    session.say(f"Saved the workspace to {name}")
    session.trace.write("workspace", saved=name)


def open_workspace(parent: tk.Misc, session: Session, switching: Switching, beside: Beside) -> None:
    """Asks for a workspace and takes it up, on the map that it is of where that can be shown; where it does not fit,
    nothing changes but a line that says so."""
    name = ask_for_file(filedialog.askopenfilename, session, parent, title="Open a workspace", filetypes=KIND)
    if not name:
        return
    try:
        kept = workspace.read(Path(name))
    except UserError as error:
        _refuse(session, error)
        return
    folder = None if kept.space == session.state.space.name else switching.named(kept.space, kept.data)
    switching.choose(folder or switching.folder, lambda: _take_up(session, switching, beside, kept, name))


def _take_up(session: Session, switching: Switching, beside: Beside, kept: workspace.Workspace, name: str) -> None:
    try:
        kept, notes = workspace.fitted(kept, session.state.space)
    except UserError as error:
        _refuse(session, error)
        return
    workspace.apply(kept, session.state, session.shared)
    other = switching.named(kept.beside, kept.data) if kept.beside else None
    if kept.beside and other is None:
        notes.append(f"there is no space '{kept.beside}' to compare with")
    beside.choose(other)
    if notes:
        session.say("; ".join(notes))
    session.trace.write("workspace", opened=name)


def _refuse(session: Session, error: UserError) -> None:
    session.say(str(error))
    session.trace.write("workspace", refused=str(error))
