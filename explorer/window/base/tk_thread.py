"""A window's Tcl interpreter that only its own thread can use."""

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
# Commands that the finalizers of images and fonts call, in tkinter and in Pillow.
RELEASES = {("image", "delete"), ("font", "delete")}
SOON = (
    "globalunsetvar",
    "deletecommand",
)  # commands that the finalizers of variables call; done soon if they come from another thread


class Root(tk.Tk):
    """A main window whose parts may be garbage-collected in any thread.

    Every Tk object (widget, image, variable, font, also those of Pillow and Matplotlib) reaches the interpreter through
    the `tk` of its root. Here that is an `Interpreter`.
    """

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.tk = Interpreter(self.tk)

    def mainloop(self, windows: int = 0) -> None:
        """Runs until the window is closed or `quit` is called; a closed window then frees its memory."""
        super().mainloop(windows)
        if self._tclCommands is None:  # tkinter's own mark of a destroyed widget
            self.tk.release()


class Interpreter:
    """A proxy of the Tcl interpreter of a window, with the same methods.

    Calls from the thread that made it go to the interpreter. A call from another thread would wait for that thread. But
    Python runs finalizers in any thread: where the collector runs, or where the last reference is dropped. If Tk's
    thread waits at that moment for a lock of the other thread, the program hangs for ever. So calls from other threads
    never reach the interpreter and never wait: a finalizer's call is queued, and Tk's thread runs it with its own next
    call. Any other call is an error.

    Tcl aborts the process when an interpreter is deleted in another thread than its own. So the interpreter holds a
    reference to itself, which only `release` drops. A window that is never closed keeps its interpreter until the
    process ends. A window that was closed in another loop than `Root.mainloop` leaks 2 MB.

    Args:
        interpreter: of the calling thread.

    Raises:
        RuntimeError: a method was called in another thread, except for the calls of finalizers.
        tk.TclError: a method was called after `release`, with the same exception.
    """

    def __init__(self, interpreter: _tkinter.TkappType) -> None:
        self._interpreter: _tkinter.TkappType | None = interpreter
        self._call = interpreter.call
        self._thread: int | None = get_ident()
        self._left: deque[tuple[Callable[..., Any], tuple]] = deque()  # appending never waits
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(interpreter))

    def call(self, *words: Any) -> Any:
        """Runs a Tcl command. All widgets call this, so the usual path is short."""
        if get_ident() == self._thread and not self._left:
            return self._call(*words)
        if get_ident() == self._thread:
            return self._here().call(*words)
        if words[:2] in RELEASES:
            self._leave(_tkinter.TkappType.call, words)
            return ""
        if words[:2] == (
            "info",
            "exists",
        ):  # a finalizer asks whether the variable exists; unsetting it does no harm if not
            return self._interpreter is not None
        return self._here().call(*words)

    def getboolean(self, value: Any) -> bool:
        """See `_tkinter`. Finalizers call it."""
        return value if isinstance(value, bool) else self._here().getboolean(value)

    def release(self) -> None:
        """Drops the interpreter, in its own thread, after the window is destroyed."""
        interpreter = self._here()
        self._interpreter = self._call = self._thread = None
        self._left.clear()  # the interpreter is gone, and these with it
        ctypes.pythonapi.Py_DecRef(ctypes.py_object(interpreter))

    def _here(self) -> _tkinter.TkappType:
        """The interpreter, for calls from its own thread, after all queued calls were run."""
        if get_ident() != self._thread:
            raise tk.TclError(GONE) if self._interpreter is None else RuntimeError(ELSEWHERE)
        while self._left:
            method, arguments = self._left.popleft()
            with contextlib.suppress(tk.TclError):  # it is already gone
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
