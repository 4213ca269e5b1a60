"""Tk is used in one thread: the interpreter of a window, kept from all others."""

from __future__ import annotations

import _tkinter
import contextlib
import ctypes
import tkinter as tk
from collections import deque
from collections.abc import Callable
from threading import get_ident
from typing import Any

ELSEWHERE = "Tk may only be used in the thread that made the window"
GONE = "the window is closed, and its application destroyed"
# What the finalizers of images and fonts ask for, in tkinter and in Pillow.
RELEASES = {("image", "delete"), ("font", "delete")}
SOON = ("globalunsetvar", "deletecommand")  # what those of variables call; done soon, from another thread


class Root(tk.Tk):
    """A main window whose parts may be dropped in any thread.

    Every Tk object reaches the interpreter through the `tk` of its root: widgets, images, variables, fonts, and what
    Pillow, Matplotlib and the tooltips make of them. Here that is an `Interpreter`.
    """

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.tk = Interpreter(self.tk)

    def mainloop(self, windows: int = 0) -> None:
        """Runs until the window is closed, or `quit`; a closed window then gives its memory back."""
        super().mainloop(windows)
        if self._tclCommands is None:  # tkinter's own mark of what is destroyed
            self.tk.release()


class Interpreter:
    """Stands before the Tcl interpreter of a window, and has the same methods.

    The thread that made it comes through. A call from another thread would wait for that one, and finalizers call from
    any thread: Python runs them where the collector happens to run, or where the last reference goes. If Tk's thread
    waits at that moment for a lock of the other one, the program stands still for good. So no other thread gets to the
    interpreter, or waits: what a finalizer asks for is left for Tk's thread, which does it at its next call. Anything
    else is a mistake.

    Tcl ends the process when an interpreter dies in a thread that is not its own. So the interpreter holds a reference
    to itself, which only `release` gives up. A window that is never closed keeps its interpreter until the process
    ends; one that was closed in a loop other than `Root.mainloop` costs 2 MB.

    Args:
        interpreter: of the calling thread.

    Raises:
        RuntimeError: in another thread, from every method, except for what finalizers ask for.
        tk.TclError: after `release`, likewise.
    """

    def __init__(self, interpreter: _tkinter.TkappType) -> None:
        self._interpreter: _tkinter.TkappType | None = interpreter
        self._call = interpreter.call
        self._thread: int | None = get_ident()
        self._left: deque[tuple[Callable[..., Any], tuple]] = deque()  # appending to it never waits
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(interpreter))

    def call(self, *words: Any) -> Any:
        """Runs a Tcl command. All that widgets do ends here, so that the usual way is short."""
        if get_ident() == self._thread and not self._left:
            return self._call(*words)
        if get_ident() == self._thread:
            return self._here().call(*words)
        if words[:2] in RELEASES:
            self._leave(_tkinter.TkappType.call, words)
            return ""
        if words[:2] == ("info", "exists"):  # asks whether a variable is to be unset, which may be tried in any case
            return self._interpreter is not None
        return self._here().call(*words)

    def getboolean(self, value: Any) -> bool:
        """See `_tkinter`; finalizers ask what a bool is."""
        return value if isinstance(value, bool) else self._here().getboolean(value)

    def release(self) -> None:
        """Lets the interpreter go, in its own thread, after the window is destroyed."""
        interpreter = self._here()
        self._interpreter = self._call = self._thread = None
        self._left.clear()  # gone with the interpreter
        ctypes.pythonapi.Py_DecRef(ctypes.py_object(interpreter))

    def _here(self) -> _tkinter.TkappType:
        """The interpreter, in its own thread, with nothing left to be done."""
        if get_ident() != self._thread:
            raise tk.TclError(GONE) if self._interpreter is None else RuntimeError(ELSEWHERE)
        while self._left:
            method, arguments = self._left.popleft()
            with contextlib.suppress(tk.TclError):  # it is gone already
                method(self._interpreter, *arguments)
        return self._interpreter

    def _leave(self, method: Callable[..., Any], arguments: tuple) -> None:
        if self._interpreter is not None:
            self._left.append((method, arguments))


def _in_own_thread(name: str) -> Callable[..., Any]:
    method = getattr(_tkinter.TkappType, name)

    def through(self: Interpreter, *arguments: Any) -> Any:
        if get_ident() == self._thread and not self._left:
            return method(self._interpreter, *arguments)
        if name in SOON and get_ident() != self._thread:
            return self._leave(method, arguments)
        return method(self._here(), *arguments)

    return through


for _name in dir(_tkinter.TkappType):
    if not _name.startswith("_") and _name not in vars(Interpreter):
        setattr(Interpreter, _name, _in_own_thread(_name))
