"""What lies around the map: title and buttons, status, and messages over it."""

from __future__ import annotations

import tkinter as tk
from collections import deque
from collections.abc import Callable
from tkinter import ttk

from explorer.files import LatentSpace
from explorer.window.widgets import add_tooltip, fitted, pack_if

SETTLED = 31  # hover frames whose median the status bar gives: one frame's figure cannot be read


class TopBar(ttk.Frame):
    """Title on the left, buttons on the right.

    Args:
        parent: widget.
        space: gives the title.
        buttons: (text, tooltip, command) from left to right.
    """

    def __init__(self, parent: tk.Misc, space: LatentSpace, buttons: list[tuple[str, str, Callable]]) -> None:
        super().__init__(parent, padding=(16, 10, 16, 4))
        self._tips = []
        for text, tip, command in reversed(buttons):
            button = ttk.Button(self, text=text, width=len(text) + 2, command=command, takefocus=False)
            button.pack(side="right", padx=(6, 0))
            self._tips.append((button, tip))
        self._title, self._data = ttk.Label(self, style="Title.TLabel"), ttk.Label(self, style="Faint.TLabel")
        self._title.pack(side="left")
        self._data.pack(side="left", padx=(8, 0), pady=(2, 0))
        self._space = space
        self.bind("<Configure>", self._fit_texts)

    def show_space(self, space: LatentSpace) -> None:
        """Gives the title of another space."""
        self._space = space
        self._fit_texts()

    def add_tooltips(self) -> None:
        """Makes the tooltips; each is a window of its own, so not before the first frame."""
        for button, tip in self._tips:
            add_tooltip(button, tip)

    def _fit_texts(self, event: tk.Event | None = None) -> None:
        """The title, then what it is of, as far as the buttons leave room."""
        room = self.winfo_width() - sum(button.winfo_reqwidth() + 6 for button, _ in self._tips) - 48
        for label, text in ((self._title, self._space.title), (self._data, f"of {self._space.data_title}")):
            label.configure(text=fitted(label, text, room))
            room -= label.winfo_reqwidth() + 8


class StatusBar(ttk.Frame):
    """Who decodes, how fast, and how many points."""

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent, padding=(16, 2, 16, 10))
        self._latencies: deque[float] = deque(maxlen=SETTLED)
        self._decoder = self._points = ""
        self._summary = ttk.Label(self, style="Faint.TLabel")
        self._summary.pack(side="right")

    def decoder(self, text: str) -> None:
        """Names who decodes; the latencies of another decoder are forgotten."""
        if text != self._decoder:
            self._decoder = text
            self._latencies.clear()
            self.summarise()

    def points(self, text: str) -> None:
        self._points = text
        self.summarise()

    def latency(self, ms: float) -> None:
        """Takes in the latency of one hover frame, in ms; `summarise` shows the median of the last ones."""
        self._latencies.append(ms)

    def summarise(self) -> None:
        """Puts together what the bar says; drawn only where it differs from before."""
        latency = f"{sorted(self._latencies)[len(self._latencies) // 2]:.1f} ms" if self._latencies else ""
        text = "  ·  ".join(part for part in (self._decoder, latency, self._points) if part)
        if text != self._summary.cget("text"):
            self._summary.configure(text=text)


class Message(ttk.Frame):
    """A card over the map: what the person should know, or work in progress that can be cancelled.

    It lies over the map and not beside it, so that the map does not move when it comes and goes.

    Args:
        parent: what it is put over.
        cancel: is called by the cancel button.
    """

    def __init__(self, parent: tk.Misc, cancel: Callable[[], None]) -> None:
        super().__init__(parent, padding=(14, 8), style="Card.TFrame")
        self._cancel = cancel
        self.cancellable = False
        self._text = ttk.Label(self, justify="left")
        self._text.pack(side="left")
        self._bar = ttk.Progressbar(self, length=140, maximum=1.0)
        self._button = ttk.Button(self, takefocus=False, command=self._pressed)
        self._button.pack(side="right", padx=(14, 0))

    def working(self, text: str, share: float) -> None:
        """Shows what is being computed, and the finished share, 0..1."""
        self._bar.configure(value=share)
        pack_if(self._bar, True, side="left", padx=(14, 0))
        self._show(text, cancellable=True)

    def say(self, text: str) -> None:
        """Shows a sentence until it is dismissed."""
        pack_if(self._bar, False)
        self._show(text, cancellable=False)

    def done(self) -> None:
        """Takes away the progress; a sentence stays."""
        if self.cancellable:
            self._hide()

    def _show(self, text: str, cancellable: bool) -> None:
        self.cancellable = cancellable
        self._text.configure(text=text, wraplength=max(self.master.winfo_width() - 300, 200))
        self._button.configure(text="Cancel" if cancellable else "Dismiss")
        self.place(relx=0.5, y=12, anchor="n")
        self.lift()

    def _hide(self) -> None:
        self.cancellable = False
        self.place_forget()

    def _pressed(self) -> None:
        if self.cancellable:
            self._cancel()
        else:
            self._hide()
