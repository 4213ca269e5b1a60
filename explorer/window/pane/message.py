"""The card over the map: what the person should know, what is offered, and work in progress that can be cancelled."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from tkinter import ttk

from explorer.decoding.engines import Progress
from explorer.window.base.scale import px
from explorer.window.base.widgets import explain, grid_if, packed

AROUND = 90, 120  # pixels: around what a message consists of, over a narrow map and over a wide one
AROUND_TEXT = 56  # pixels: around a text with buttons below it
WIDE, NARROW = 600, 360  # pixels of a map from which it is wide; of one that has no room for buttons beside a text
PASSING_MS = 4000  # how long a sentence stays that needs no answer
MOST = 5  # sentences at once; of more, the number is told


class Message(ttk.Frame):
    """A card with two rows: sentences that stay until they are dismissed, and work in progress below them.

    It lies over the map and not beside it, so that the map does not move when it comes and goes. One row leaves the
    other alone: what is said during a computation is not lost.

    Args:
        parent: what it is put over.
        cancel: is called by the cancel button.

    Attributes:
        cancellable: whether it shows work in progress.
        stop: ends that work, where it has a way of its own.
    """

    def __init__(self, parent: tk.Misc, cancel: Callable[[], None]) -> None:
        super().__init__(parent, padding=px(14, 8), style="Card.TFrame")
        self._cancel = cancel
        self.cancellable = False
        self.stop: Callable[[], None] | None = None
        self._lasting: list[str] = []
        self._passing = ""
        self._due: str | None = None  # when that leaves: Tk's id of the call
        self.bind("<Destroy>", lambda event: self._stay(), add="+")
        parent.bind("<Configure>", lambda event: self._fit(), add="+")
        self.columnconfigure(0, weight=1)
        self._sentences = ttk.Frame(self)
        self._sentences.grid(row=0, sticky="ew")
        self._text = packed(ttk.Label(self._sentences, justify="left"), side="left")
        self._buttons = packed(ttk.Frame(self._sentences), side="right")
        self._work = ttk.Frame(self)
        self._work.grid(row=1, sticky="ew")
        self._doing = packed(ttk.Label(self._work, justify="left"), side="left")
        self._bar = packed(ttk.Progressbar(self._work, length=px(140), maximum=1.0), side="left", padx=px(14, 0))
        stop = packed(ttk.Button(self._work, text="Cancel", command=cancel), side="right", padx=px(14, 0))
        explain(stop, "stop this computation (key Esc)")
        self._offer({})

    # ---- sentences -------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Shows a sentence, below those that are there, until it is dismissed."""
        self._lasting = [*(each for each in self._lasting if each != text), text]
        self._refresh()

    def say_in_passing(self, text: str) -> None:
        """Shows a sentence for a few seconds: that something went well."""
        self._passing = text
        self._stay()
        self._due = self.after(PASSING_MS, self.leave_by_itself)
        self._refresh()

    def invite(self, text: str, answers: Mapping[str, Callable[[], object]]) -> None:
        """Shows a sentence with a button for each answer; any of them dismisses it."""
        self.say(text)
        self._offer(answers)
        self._fit()

    def leave_by_itself(self) -> None:
        """Takes away what was said in passing. `Rest` knows by this name what it need not wait for."""
        self._due, self._passing = None, ""
        self._refresh()

    def dismiss(self) -> bool:
        """Takes away all sentences. Says whether one was there that would have stayed."""
        was_there = bool(self._lasting)
        self._lasting, self._passing = [], ""
        self._stay()
        self._offer({})
        self._refresh()
        return was_there

    def _stay(self) -> None:
        """Has what was said in passing stay for now."""
        if self._due is not None:
            self.after_cancel(self._due)
            self._due = None

    # ---- work in progress ------------------------------------------------------------------------

    def working(self, progress: Progress, stop: Callable[[], None] | None = None) -> None:
        """Shows what is being computed, and the finished share; `stop` ends it, where it has a way of its own."""
        self.cancellable, self.stop = True, stop
        self._bar.configure(value=progress.share)
        self._doing.configure(text=f"{progress.text} …")
        self._refresh()

    def done(self) -> None:
        """Takes away the progress; sentences stay."""
        self.cancellable, self.stop = False, None
        self._refresh()

    # ---- how it is laid out ----------------------------------------------------------------------

    def _offer(self, answers: Mapping[str, Callable[[], object]]) -> None:
        """Puts a button for each answer beside the sentences, or the one that dismisses them."""
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
        shown += [self._passing] if self._passing else []
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
        """Makes the texts as wide as there is room for; over a narrow map the bar is short."""
        room = self.master.winfo_width()
        wide = room > px(WIDE)
        length = px(140 if wide else 50)
        self._bar.configure(length=length)
        below = room < px(NARROW)
        self._buttons.pack_configure(side="bottom" if below else "right", before=self._text)
        room -= px(AROUND_TEXT if below else AROUND[wide])
        buttons = 0 if below else sum(button.winfo_reqwidth() + px(8) for button in self._buttons.winfo_children())
        self._text.configure(wraplength=max(room - buttons, px(100)))
        self._doing.configure(wraplength=max(room - length - buttons - (px(40) if below else 0), px(100)))
