"""Windows over the main one: dialogs of ours, and the usual one that asks for a file."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import filedialog, ttk

from explorer.drawing.themes import THEMES
from explorer.session.state import SharedState
from explorer.window.base.widgets import packed
from explorer.window.pane.context import MapContext

_over: tk.Misc | None = None  # the window that the dialog for files stands over, as long as it is open


def is_asking() -> bool:
    """Whether a file is being asked for: what is typed until that dialog has the keyboard is meant for it."""
    return _over is not None


def ask_to_open(
    context: MapContext, parent: tk.Misc, title: str, kinds: Sequence[tuple[str, str]], folder: str | None = None
) -> Path | None:
    """The file that the person chooses to open.

    The usual dialog handles all other events while it is open, so it may be asked for once more, and the window may be
    closed meanwhile.

    Args:
        context: whose trace is told when the dialog opens and when it is closed.
        parent: a widget of the window that the dialog stands over.
        title: of the dialog.
        kinds: of files, each a name and patterns.
        folder: where the dialog begins.

    Returns:
        None where the dialog was cancelled, another one is open already, or the window is gone.
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
    """The file that the person chooses to write; see `ask_to_open`.

    Args:
        name: proposed; its ending goes to what is typed without one.
    """
    options = {"initialfile": name, "defaultextension": Path(name).suffix, "filetypes": kinds, "initialdir": folder}
    return _ask(filedialog.asksaveasfilename, context, parent, title, **options)


def ask_for_folder(context: MapContext, parent: tk.Misc, title: str, folder: Path) -> Path | None:
    """The folder that the person chooses to open, beginning at this one; see `ask_to_open`."""
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
        return None  # the dialog went with its window
    finally:
        _over = None
        context.trace.write("dialog", title=title, open=False)


def exists(widget: tk.Misc) -> bool:
    """Whether a widget is still there; also after the whole window was closed."""
    try:
        return bool(widget.winfo_exists())
    except tk.TclError:
        return False


class Dialog(tk.Toplevel):
    """A window of fixed size in the middle of the main one. Esc and its close button close it.

    Args:
        parent: the main window.
        shared: gives the theme.
        title: without the program's name.
        padding: around `body`, in pixels.

    Attributes:
        body: what to put things in, before `show`.
    """

    def __init__(self, parent: tk.Misc, shared: SharedState, title: str, padding: int) -> None:
        theme = THEMES[shared.theme]
        super().__init__(parent, background=theme.paper, highlightthickness=1, highlightbackground=theme.faint)
        self.withdraw()
        self.title(f"Latent Space Explorer: {title}")
        self.resizable(False, False)
        self.transient(parent)
        self.protocol("WM_DELETE_WINDOW", self.close)  # else Tk destroys it without telling Python
        self.bind("<Escape>", lambda event: self.close())
        self.body = packed(ttk.Frame(self, padding=padding), fill="both", expand=True)

    def show(self) -> None:
        """Puts it on the screen and gives it the keyboard."""
        parent = self.master
        self.update_idletasks()
        x = parent.winfo_rootx() + (parent.winfo_width() - self.winfo_reqwidth()) // 2
        y = parent.winfo_rooty() + (parent.winfo_height() - self.winfo_reqheight()) // 3
        self.geometry(f"+{max(x, 0)}+{max(y, 0)}")
        self.deiconify()
        self.focus_set()

    def close(self) -> None:
        """Takes it away and gives the keyboard back to the main window; not while it asks for a file."""
        if _over is self:
            return
        parent = self.master
        self.destroy()
        if not is_asking():
            parent.focus_lastfor().focus_force()
