"""What lies around the map: title and buttons, class legend, status, and messages over it."""

from __future__ import annotations

import tkinter as tk
from collections import deque
from collections.abc import Callable
from tkinter import ttk

from PIL import ImageTk

from explorer.drawing import picture
from explorer.drawing.themes import class_colour
from explorer.files import LatentSpace
from explorer.state import SharedState
from explorer.window.style import TIP

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
        ttk.Label(self, text=space.title, style="Title.TLabel").pack(side="left")
        ttk.Label(self, text=f"of {space.data_title}", style="Faint.TLabel").pack(side="left", padx=(8, 0), pady=(2, 0))
        self._tips = []
        for text, tip, command in reversed(buttons):
            button = ttk.Button(self, text=text, width=len(text) + 2, command=command, takefocus=False)
            button.pack(side="right", padx=(6, 0))
            self._tips.append((button, tip))

    def add_tooltips(self) -> None:
        """Makes the tooltips; each is a window of its own, so not before the first frame."""
        for button, tip in self._tips:
            _add_tooltip(button, tip)


class Legend(ttk.Frame):
    """The classes and their colours: a click hides, a shift-click isolates."""

    def __init__(self, parent: tk.Misc, space: LatentSpace, shared: SharedState) -> None:
        super().__init__(parent, padding=(16, 2, 16, 10))
        self._shared = shared
        self._entries: list[ttk.Label] = []
        self._dots: dict[tuple[int, bool], ImageTk.PhotoImage] = {}
        for index, name in enumerate(space.class_names):
            entry = ttk.Label(self, text=f" {name}", compound="left", cursor="hand2", padding=(6, 3))
            entry.pack(side="left", padx=(0, 6))
            entry.bind("<Button-1>", lambda event, index=index: shared.toggle_class(index))
            entry.bind(
                "<Shift-Button-1>", lambda event, index=index: shared.isolate_class(index, len(space.class_names))
            )
            self._entries.append(entry)
        self._hint = ttk.Label(self, text="click hides, shift-click isolates", style="Faint.TLabel")
        self.bind("<Configure>", self._fit_hint)
        shared.visibility_changed.connect(self._show)
        self._show(shared)

    def add_tooltips(self) -> None:
        """See `TopBar.add_tooltips`."""
        for index, entry in enumerate(self._entries):
            key = f" (key {index})" if index < 10 else ""
            _add_tooltip(entry, f"click: hide or show{key}\nshift-click: only this class", y_offset=-52)

    def _fit_hint(self, event: tk.Event) -> None:
        """The hint is there only where all of it fits."""
        needed = sum(entry.winfo_reqwidth() + 6 for entry in self._entries) + self._hint.winfo_reqwidth() + 42
        _pack_if(self._hint, event.width >= needed, side="left", padx=(10, 0))

    def _show(self, shared: SharedState) -> None:
        for index, entry in enumerate(self._entries):
            hidden = index in shared.hidden
            entry.configure(image=self._dot(index, not hidden), style="Faint.TLabel" if hidden else "TLabel")

    def _dot(self, index: int, filled: bool) -> ImageTk.PhotoImage:
        if (index, filled) not in self._dots:
            self._dots[index, filled] = ImageTk.PhotoImage(picture.dot(class_colour(index), 15, filled))
        return self._dots[index, filled]


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
        _pack_if(self._bar, True, side="left", padx=(14, 0))
        self._show(text, cancellable=True)

    def say(self, text: str) -> None:
        """Shows a sentence until it is dismissed."""
        _pack_if(self._bar, False)
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


def _add_tooltip(widget: tk.Widget, text: str, **options) -> None:
    from tktooltip import ToolTip  # not needed for the first frame

    ToolTip(widget, msg=text, delay=0.6, **TIP, **options)


def _pack_if(widget: tk.Widget, wanted: bool, **options) -> None:
    shown = bool(widget.winfo_manager())
    if wanted and not shown:
        widget.pack(**options)
    elif shown and not wanted:
        widget.pack_forget()
