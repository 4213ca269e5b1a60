"""Dialog windows: the base class of our own, and the system's file dialog."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import filedialog, ttk

from explorer.drawing.themes import THEMES
from explorer.session.state import SharedState
from explorer.window.base.scale import px
from explorer.window.base.widgets import packed
from explorer.window.pane.context import MapContext

_over: tk.Misc | None = None  # the parent of the open file dialog, or None


def is_asking() -> bool:
    """Whether a file dialog is open. Keys typed before it has the keyboard are meant for it."""
    return _over is not None


def ask_to_open(
    context: MapContext, parent: tk.Misc, title: str, kinds: Sequence[tuple[str, str]], folder: str | None = None
) -> Path | None:
    """Asks the user for a file to open. Returns its path.

    The file dialog handles all other events while it is open. So it may be requested again, and the window may be
    closed in the meantime.

    Args:
        context: its trace records when the dialog opens and closes.
        parent: a widget of the window below the dialog.
        title: title of the dialog.
        kinds: kinds of files, each with a name and patterns.
        folder: the folder to start in.

    Returns:
        None if the dialog was cancelled, another one is already open, or the window was closed.
    """
    return _ask(filedialog.askopenfilename, context, parent, title, filetypes=kinds, initialdir=folder)


def ask_to_save(
    context: MapContext,
    parent: tk.Misc,
    title: str,
    name: str,
    kinds: Sequence[tuple[str, str]],
    folder: str | None = None,
) -> Path | None:
    """Asks the user for a file to write; see `ask_to_open`.

    Args:
        name: the proposed name. Its ending is added to a name without one.
    """
    options = {"initialfile": name, "defaultextension": Path(name).suffix, "filetypes": kinds, "initialdir": folder}
    return _ask(filedialog.asksaveasfilename, context, parent, title, **options)


def ask_for_folder(context: MapContext, parent: tk.Misc, title: str, folder: Path) -> Path | None:
    """Asks the user for a folder to open, starting in `folder`; see `ask_to_open`."""
    return _ask(filedialog.askdirectory, context, parent, title, initialdir=str(folder), mustexist=True)


def _ask(ask: Callable[..., str], context: MapContext, parent: tk.Misc, title: str, **options) -> Path | None:
    global _over
    if is_asking():
        return None
    _over = parent.winfo_toplevel()
    context.trace.write("dialog", title=title, open=True)
    try:
        name = ask(parent=_over, title=title, **options)
        return Path(name) if name else None
    except tk.TclError:
        if exists(parent):
            raise
        return None  # the dialog was closed together with its window
    finally:
        if exists(_over):
            _destroy_file_dialogs(_over)
        _over = None
        context.trace.write("dialog", title=title, open=False)


def _destroy_file_dialogs(over: tk.Misc) -> None:
    """Destroys Tk's own file dialogs of a window. Tk keeps them, in the old colours, and may show them again, blank."""
    for name in ("__tk_filedialog", "__tk_choosedir"):
        over.tk.call("destroy", f"{str(over).rstrip('.')}.{name}")


def exists(widget: tk.Misc) -> bool:
    """Whether a widget still exists. Works after the whole window was closed, too."""
    try:
        return bool(widget.winfo_exists())
    except tk.TclError:
        return False


class Dialog(tk.Toplevel):
    """A window of fixed size in the middle of the main one. Esc and its close button close it.

    Args:
        parent: the main window.
        shared: gives the theme.
        title: the title without the program's name.
        padding: padding around `body`, in pixels.

    Attributes:
        body: the parent of the dialog's widgets; fill it before `show`.
    """

    def __init__(self, parent: tk.Misc, shared: SharedState, title: str, padding: int) -> None:
        super().__init__(parent, background=THEMES[shared.theme].paper, highlightthickness=px(1))
        self.withdraw()
        self._shared = shared
        self._draw_edge()
        self.title(f"Latent Space Explorer: {title}")
        self.resizable(False, False)
        self.transient(parent)
        self.protocol("WM_DELETE_WINDOW", self.close)  # otherwise Tk destroys it and Python does not notice
        self.bind("<Escape>", lambda event: self.close())
        self.bind("<<ThemeChanged>>", lambda event: self._draw_edge())  # after Sun Valley has given it other colours
        self.body = packed(ttk.Frame(self, padding=padding), fill="both", expand=True)

    def _draw_edge(self) -> None:
        """Gives the edge the colour of the theme, with and without the keyboard."""
        colour = THEMES[self._shared.theme].faint
        self.configure(highlightbackground=colour, highlightcolor=colour)

    def show(self) -> None:
        """Shows the dialog and gives it the keyboard."""
        parent = self.master
        self.update_idletasks()
        x = parent.winfo_rootx() + (parent.winfo_width() - self.winfo_reqwidth()) // 2
        y = parent.winfo_rooty() + (parent.winfo_height() - self.winfo_reqheight()) // 3
        self.geometry(f"+{max(x, 0)}+{max(y, 0)}")
        self.deiconify()
        self.focus_force()  # after a menu, focus_set would leave it to the main window

    def close(self) -> None:
        """Closes the dialog and gives the keyboard back to the main window. Does nothing while a file dialog is
        open."""
        if _over is self:
            return
        parent = self.master
        self.destroy()
        if not is_asking():
            try:
                last = parent.focus_lastfor()
            except KeyError:  # the menu bar, of which Tk shows a copy that Python does not know
                last = parent
            last.focus_force()
