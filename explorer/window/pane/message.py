"""The card over the map: messages, invitations, and work in progress that can be cancelled."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from tkinter import ttk

from explorer.decoding.engines import Progress
from explorer.window.base.scale import px
from explorer.window.base.widgets import explain, grid_if, packed

AROUND = 90, 120  # pixels around the parts of a message, over a narrow map and over a wide one
WIDE = 600  # pixels; a map of this width is wide
BESIDE = 220  # pixels; with less room beside their buttons, messages have these below them
PASSING_MS = 4000  # how long a passing message stays
MOST = 5  # messages shown at once; of earlier ones, only the number is shown
MOST_PASSING = 2  # passing messages shown at once


class Message(ttk.Frame):
    """A card with two rows: messages that stay until they are dismissed, and work in progress below them.

    It covers a part of the map, so that the map does not move when the card appears. The rows are independent: a
    message during a computation is not lost.

    Args:
        parent: the widget below the card.
        cancel: is called by the cancel button.

    Attributes:
        cancellable: whether it shows work in progress.
        stop: ends that work, if it has its own function for that.
    """

    def __init__(self, parent: tk.Misc, cancel: Callable[[], None]) -> None:
        super().__init__(parent, padding=px(14, 8), style="Card.TFrame")
        self.cancellable = False
        self.stop: Callable[[], None] | None = None
        self._lasting: list[str] = []
        self._passing: list[str] = []
        self._due: str | None = None  # Tk's id of the call that removes them
        self.bind("<Destroy>", lambda event: self._stay(), add="+")
        parent.bind("<Configure>", lambda event: self._fit(), add="+")
        self.columnconfigure(0, weight=1)
        self._sentences = ttk.Frame(self)
        self._sentences.grid(row=0, sticky="ew")
        self._sentences.columnconfigure(0, weight=1)
        self._text = ttk.Label(self._sentences, justify="left")
        self._text.grid(row=0, column=0, sticky="w")
        self._buttons = ttk.Frame(self._sentences)
        self._work = ttk.Frame(self)
        self._work.grid(row=1, sticky="ew")
        self._doing = packed(ttk.Label(self._work, justify="left"), side="left")
        self._bar = packed(ttk.Progressbar(self._work, length=px(140), maximum=1.0), side="left", padx=px(14, 0))
        stop = packed(ttk.Button(self._work, text="Cancel", command=cancel), side="right", padx=px(14, 0))
        explain(stop, "stop this computation (key Esc)")
        self._offer({})

    # ---- messages -------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Adds a message below the others. It stays until it is dismissed."""
        self._lasting = [*(each for each in self._lasting if each != text), text]
        self._refresh()

    def say_in_passing(self, text: str) -> None:
        """Shows a message for a few seconds: something succeeded, or there is nothing to do."""
        self._passing = [*(each for each in self._passing if each != text), text][-MOST_PASSING:]
        self._stay()
        self._due = self.after(PASSING_MS, self.leave_by_itself)
        self._refresh()

    def invite(self, text: str, answers: Mapping[str, Callable[[], object]]) -> None:
        """Shows a message with a button for each answer. Any answer dismisses it."""
        self.say(text)
        self._offer(answers)
        self._fit()

    def leave_by_itself(self) -> None:
        """Removes the passing messages. `Rest` knows this function by its name and does not wait for it."""
        self._due, self._passing = None, []
        self._refresh()

    def dismiss(self) -> bool:
        """Removes all messages. Returns whether there was one other than a passing message."""
        was_there = bool(self._lasting)
        self._lasting, self._passing = [], []
        self._stay()
        self._offer({})
        self._refresh()
        return was_there

    def _stay(self) -> None:
        """Keeps the passing message for now."""
        if self._due is not None:
            self.after_cancel(self._due)
            self._due = None

    # ---- work in progress ------------------------------------------------------------------------

    def working(self, progress: Progress, stop: Callable[[], None] | None = None) -> None:
        """Shows the progress of a computation. `stop` ends it, if it has its own function for that."""
        self.cancellable, self.stop = True, stop
        self._bar.configure(value=progress.share)
        self._doing.configure(text=f"{progress.text} …")
        self._refresh()

    def done(self) -> None:
        """Removes the progress; messages stay."""
        self.cancellable, self.stop = False, None
        self._refresh()

    # ---- layout ----------------------------------------------------------------------

    def _offer(self, answers: Mapping[str, Callable[[], object]]) -> None:
        """Puts a button for each answer beside the messages, or the button that dismisses them."""
        for before in self._buttons.winfo_children():
            before.destroy()
        for text, answer in (answers or {"Dismiss": lambda: None}).items():
            style = "Accent.TButton" if answers and text == next(iter(answers)) else "TButton"
            button = ttk.Button(self._buttons, text=text, style=style, command=lambda answer=answer: self._on(answer))
            button.pack(side="left", padx=px(8, 0))
            if not answers:
                explain(button, "close this message (key Esc)")

    def _on(self, answer: Callable[[], object]) -> None:
        self.dismiss()
        answer()

    def _refresh(self) -> None:
        earlier = len(self._lasting) - MOST
        shown = [f"({earlier} earlier messages)"] * (earlier > 0) + self._lasting[-MOST:]
        shown += self._passing
        self._text.configure(text="\n".join(shown))
        grid_if(bool(shown), self._sentences)
        grid_if(self.cancellable, self._work)
        self.rowconfigure(1, pad=px(8) if shown and self.cancellable else 0)
        if shown or self.cancellable:
            self._fit()
            self.place(relx=0.5, y=px(12), anchor="n")
            self.lift()
        else:
            self.place_forget()

    def _fit(self) -> None:
        """Makes the texts as wide as possible. Over a narrow map the progress bar is short."""
        room = self.master.winfo_width()
        wide = room > px(WIDE)
        length = px(140 if wide else 50)
        self._bar.configure(length=length)
        room -= px(AROUND[wide])
        buttons = sum(button.winfo_reqwidth() + px(8) for button in self._buttons.winfo_children())
        below = room - buttons < px(BESIDE)
        place = {"row": 1, "column": 0, "pady": px(4, 0)} if below else {"row": 0, "column": 1, "pady": 0}
        self._buttons.grid(sticky="e", **place)
        self._text.configure(wraplength=max(room - (0 if below else buttons), px(100)))
        self._doing.configure(wraplength=max(room - length - buttons, px(100)))
