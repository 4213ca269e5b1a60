"""The tour's card below the map: the idea of the space, where to look, what to try, and what was gained."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from explorer.drawing.themes import THEMES
from explorer.session import tour
from explorer.session.state import SharedState
from explorer.session.tour import Stop
from explorer.session.uses_tour import EVERY
from explorer.window.base.scale import px
from explorer.window.base.widgets import Listener, button, explain, fitted, grid_if, pack_if, packed, text_measure

WIDE = 1200  # pixels; in a card of this width, all parts are side by side
SIDE, TOP, GAP = 14, 8, 24  # pixels: around the card, and between columns
TEXT, PARTS = "Text", ("Look at", "Try", "Gained")  # the last three under headings
SHARES = (7, 5, 5, 5)  # shares of the width, side by side
SIGN = "◆"  # marks the place to look at on the map
USUAL, SMALL, HEADING = "TkDefaultFont", "ExplorerSmall", "ExplorerMark"  # fonts
BUTTON = 6  # width in letters
BESIDE = 10  # pixels, to the right of number, title and year
HEADINGS = {"Look at": f"Look at {SIGN}", "Try": "Try", "Gained": "Gained"}
FIRST, SECOND = "Spaces", "Uses"  # the parts of the tour
OTHER = "Other"
BUTTONS = {
    "Back": "the previous stop (key PgUp)",
    "Next": "the next stop (key PgDn)",
    "Leave": "end the tour (key Esc)",
    OTHER: "the other part of the tour: spaces, or what they are good for",
}


class TourCard(Listener):
    """A title with buttons, the text, and three short columns below it; beside it in a wide window.

    All stops get the height of the longest one, so the map keeps its size.

    Args:
        parent: widget.
        shared: gives the theme.
        step: is called with -1 for the previous stop, 1 for the next.
        leave: ends the tour.
        change_part: goes to the other part of the tour.

    Attributes:
        buttons: the buttons by name, as in `BUTTONS`.
    """

    def __init__(
        self,
        parent: tk.Misc,
        shared: SharedState,
        step: Callable[[int], None],
        leave: Callable[[], None],
        change_part: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(parent)
        self._shared = shared
        self._stop: Stop | None = None
        cards = tour.cards_beside(stops=EVERY)
        texts = [_texts(stop, tour.gained(stop, cards)) for stop in EVERY]
        self._texts = {part: [each[part] for each in texts] for part in (TEXT, *PARTS)}  # the texts of all stops
        self._width = 0  # the width of the last layout
        self._edge = tk.Frame(self, height=px(1), borderwidth=0)  # the line between map and card
        self._edge.pack(fill="x")
        inner = packed(ttk.Frame(self, padding=px(SIDE, TOP, SIDE, TOP)), fill="both", expand=True)

        top = ttk.Frame(inner)
        self._names = ttk.Frame(inner)  # beside the buttons, or below them
        self._count = ttk.Label(self._names, style="Faint.TLabel")
        self._title = ttk.Label(self._names, style="Title.TLabel")
        self._year = ttk.Label(self._names, style="Faint.TLabel")
        self.buttons = {
            name: button(top, name, command, BUTTONS[name], width=BUTTON)
            for name, command in zip(BUTTONS, (lambda: step(-1), lambda: step(1), leave, change_part), strict=True)
        }
        self.buttons["Next"].configure(style="Accent.TButton")
        for name in ("Leave", "Next", "Back"):  # the other part's button follows when there is one
            self.buttons[name].pack(side="right", padx=px(6, 0))
        for label in (self._count, self._title, self._year):
            label.pack(side="left", padx=(0, px(BESIDE)))
        top.pack(fill="x")
        self._top = top

        self._body = packed(ttk.Frame(inner), fill="both", expand=True, pady=px(4, 0))
        self._labels = {TEXT: ttk.Label(self._body, justify="left", anchor="nw")}
        self._headings = {}
        for part in PARTS:
            self._headings[part] = ttk.Label(self._body, text=HEADINGS[part], style="Faint.TLabel", font=HEADING)
            self._labels[part] = ttk.Label(self._body, justify="left", anchor="nw")
        self._wrong = ttk.Label(self._body, justify="left", anchor="nw", style="Note.TLabel")
        explain(self._labels["Gained"], lambda: tour.explained(self._stop) if self._stop else "")
        self._measure = ttk.Label(self)  # never visible: it measures the height of texts
        self.bind("<Configure>", lambda event: self._arrange(event.width))
        self.hear_now(self._apply_theme, shared.theme_changed)

    def show(
        self, number: int, count: int, stop: Stop, gained: str, wrong: str = "", part: str = "", other: str = ""
    ) -> None:
        """Shows a stop.

        Args:
            number: number of the stop, from 1.
            count: number of stops.
            gained: its metrics in words; "" if there are none.
            wrong: why its space cannot be shown, one line that replaces the parts "Look at" and "Try".
            part: name of the part of the tour that has these stops.
            other: name of the other part, for the button that leads there; "" for none.
        """
        self._stop = stop
        self._count.configure(text=f"{part} {number} / {count}".strip())
        pack_if(self.buttons[OTHER], bool(other), side="right", padx=px(6, 0))
        self.buttons[OTHER].configure(text=other)
        for name, text in _texts(stop, gained).items():
            self._labels[name].configure(text=text)
        self._wrong.configure(text=wrong)
        self.buttons["Back"].state(["disabled" if number == 1 else "!disabled"])
        self.buttons["Next"].configure(text="Finish" if number == count and part != FIRST else "Next")
        if gained not in self._texts["Gained"]:
            self._texts["Gained"].append(gained)
            self._width = 0
        self._arrange(self.winfo_width())

    # ---- layout ----------------------------------------------------------------------

    def _arrange(self, width: int) -> None:
        """Lays out text and parts for a width of the card in pixels. Before the card has a width, that of its parent
        counts, so that its height is right from the start."""
        width = width if width > 1 else self.master.winfo_width()
        if width <= 1 or self._stop is None:
            return
        wide = width >= px(WIDE)
        if width != self._width:
            self._width = width
            self._make_room(width - 2 * px(SIDE), wide)
        self._head(width - 2 * px(SIDE), self._stop)
        wrong = bool(self._wrong.cget("text"))
        first, row = (1, 0) if wide else (0, 1)
        for number, part in enumerate(PARTS):
            left = 0 if first + number == 0 else px(GAP)
            hidden = (wrong and part != "Gained") or not self._labels[part].cget("text")
            for label, below in ((self._headings[part], 0), (self._labels[part], 1)):
                label.grid(row=row + below, column=first + number, sticky="new", padx=(left, 0))
                grid_if(not hidden, label)
        self._wrong.grid(row=row, column=first, columnspan=2, rowspan=2, sticky="new", padx=(px(GAP) if wide else 0, 0))
        grid_if(wrong, self._wrong)

    def _head(self, width: int, stop: Stop) -> None:
        """Writes title and year: beside the buttons if all titles fit there, otherwise below; shortened or left out if
        they do not fit there."""
        width -= self._count.winfo_reqwidth() + 2 * px(BESIDE)
        room = width - sum(each.winfo_reqwidth() + px(6) for each in self.buttons.values() if each.winfo_manager())
        measure = text_measure(self._title)
        if max(measure(each.title) for each in EVERY) <= room:
            self._names.pack(in_=self._top, side="left")
        else:
            room = width
            self._names.pack(in_=self._body.master, before=self._body, fill="x", side="top")
        title = fitted(self._title, stop.title, room)
        room -= text_measure(self._title)(title) + px(BESIDE)
        self._title.configure(text=title)
        self._year.configure(text=stop.year if text_measure(self._year)(stop.year) <= room else "")

    def _make_room(self, width: int, wide: bool) -> None:
        """Gives every column its width, and every row the height of its highest text.

        Args:
            width: width of all columns, in pixels.
        """
        if wide:
            each = [(width - 3 * px(GAP)) * share // sum(SHARES) for share in SHARES]
            widths = dict(zip(self._labels, each, strict=True))
        else:
            widths = dict.fromkeys(self._labels, (width - 2 * px(GAP)) // 3) | {TEXT: width}
        heights = {}
        for part, room in widths.items():
            look = {"wraplength": room, "font": USUAL if wide or part == TEXT else SMALL}
            self._labels[part].configure(**look)
            self._measure.configure(**look)
            heights[part] = max(self._height(text) for text in self._texts[part])
        self._wrong.configure(wraplength=widths["Look at"] + px(GAP) + widths["Try"])
        below = max(heights[part] for part in PARTS)
        heading = self._headings["Try"].winfo_reqheight()
        rows, columns, gap = (2, 1, 0) if wide else (1, 3, px(6))
        self._labels[TEXT].grid(row=0, column=0, rowspan=rows, columnspan=columns, sticky="new", pady=(0, gap))
        for column in range(4):
            parts = (TEXT, *PARTS) if wide else PARTS
            part = parts[column] if column < len(parts) else None
            self._body.columnconfigure(column, minsize=widths[part] + (px(GAP) if column else 0) if part else 0)
        highest = (heading, max(below, heights[TEXT] - heading), 0) if wide else (heights[TEXT] + px(6), heading, below)
        for row, height in enumerate(highest):
            self._body.rowconfigure(row, minsize=height)

    def _height(self, text: str) -> int:
        """The height of a text in pixels, with the current font and width of `_measure`."""
        self._measure.configure(text=text)
        return self._measure.winfo_reqheight()

    def _apply_theme(self) -> None:
        self._edge.configure(background=THEMES[self._shared.theme].lines)


def _texts(stop: Stop, gained: str) -> dict[str, str]:
    """The texts of a stop, by part."""
    return dict(zip((TEXT, *PARTS), (stop.text, stop.look, stop.task, gained), strict=True))
