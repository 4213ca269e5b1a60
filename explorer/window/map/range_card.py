"""The colour scale of numbers on the map: a coloured histogram with two ends to drag, which select a range."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np

from explorer.analysis.colouring import Groups, shares
from explorer.drawing.scales import spoken
from explorer.drawing.themes import THEMES, step_colours
from explorer.errors import UserError
from explorer.session.state import SharedState
from explorer.session.value_range import BINS, ValueRange
from explorer.spaces.latent_space import LatentSpace
from explorer.window.base.scale import px
from explorer.window.base.widgets import Later, Listener, explain, grid_if, packed, shortened_in

WIDE, NARROW = (204, 44), (140, 30)  # pixels: width and height of the histogram, and of the one on a narrow map
NARROW_MAP = 480  # pixels: a narrower map is narrow
MARGIN, GRIP = 7, 9  # pixels: around the histogram, and of the grips below it
EDGE = 27  # pixels between the card and the upper right corner of the map's panel
STEP, LARGE_STEP = 0.01, 0.1  # of the histogram, per press of an arrow key
KEYS = {"Left": -1, "Right": 1}
ABOUT = """Drag an end: images outside the range are veiled.
Left and Right move the thick end, with Shift in large steps;
Up and Down choose the other one; a double click opens the range."""
ABOUT_COLOURS = "spreads all colours over the range, so that small differences in it can be seen"
CHECK = {False: "Colours span the range", True: "Rescale colours"}  # on a wide map, and on a narrow one
EDGED, CARD = (
    "RangeEdge.TFrame",
    ("RangeCard.TFrame", "RangeCard.TLabel", "RangeFaint.TLabel", "RangeCard.TCheckbutton"),
)


class RangeCard(Listener):
    """A card with a histogram in the corner of a map whose dots are coloured by a number. It opens under the mouse, or
    when Tab leads into it. On a narrow map it is smaller.

    The images in the range, of the shown classes, are selected. When the selection changes otherwise, the range opens
    fully.

    Args:
        parent: the map.
        shared: the state that all maps share.
        recolour: is called when the colours span other values.
        say: shows a message over the map.

    Attributes:
        range: the range of values; None if the card is not shown.
    """

    range: ValueRange | None = None

    def __init__(
        self,
        parent: tk.Misc,
        shared: SharedState,
        recolour: Callable[[], object],
        say: Callable[[str], object],
    ) -> None:
        super().__init__(parent, padding=max(px(1), 1), style=EDGED, takefocus=False)
        self._shared, self._recolour, self._say = shared, recolour, say
        self._space: LatentSpace | None = None
        self._groups: Groups | None = None
        self._selected: np.ndarray | None = None  # the rows in the range, while they are the selection
        self._end = 0  # the end that the keys move
        self._gesture = object()  # all selections while one end moves count as one action
        self._select_later = Later(self, self._select)
        self._spans = tk.BooleanVar(self, False)
        self._is_unfolded, self._narrow = False, False
        self._build()
        parent.bind("<Configure>", lambda event: self._fit(), add="+")
        self.bind("<Enter>", lambda event: self._unfold(True))
        self.bind("<Leave>", lambda event: self._close(left=True))
        self.hear(self._on_selection, shared.selection_changed)
        self.hear(self._reselect, shared.hidden_changed)
        self.hear_now(self._apply_theme, shared.theme_changed)

    def _build(self) -> None:
        self.inner = inner = packed(ttk.Frame(self, padding=px(7, 4, 7, 4), style=CARD[0]))
        self._title = ttk.Label(inner, style=CARD[1])
        self._title.grid(row=0, columnspan=3, sticky="w", padx=px(MARGIN, 0))
        self._below_title = ttk.Label(inner, style=CARD[2], font="ExplorerSmall")
        self._below_title.grid(row=1, columnspan=3, sticky="w", padx=px(MARGIN, 0))
        for label in (self._title, self._below_title):
            explain(label, lambda: "\n".join(filter(None, (self._groups.title, self._groups.unit))))
        self.canvas = tk.Canvas(inner, takefocus=True, borderwidth=0, highlightthickness=1)
        self.canvas.grid(row=2, columnspan=3, sticky="e")
        explain(self.canvas, ABOUT)
        self._on_histogram("<ButtonPress-1>", self._on_press)
        self._on_histogram("<B1-Motion>", lambda event: self._move(self._share_at(event.x)))
        self._on_histogram("<Double-Button-1>", lambda event: self._open_range())
        for key, sign in KEYS.items():
            self._on_histogram(f"<{key}>", lambda event, sign=sign: self._step(sign * STEP))
            self._on_histogram(f"<Shift-{key}>", lambda event, sign=sign: self._step(sign * LARGE_STEP))
        for key in ("<Up>", "<Down>"):
            self._on_histogram(key, lambda event: self._choose(1 - self._end))
        self.canvas.bind("<Tab>", self._on_tab)
        self._entries = [ttk.Entry(inner, width=8, font="ExplorerSmall", justify=side) for side in ("left", "right")]
        for column, (entry, name) in enumerate(zip(self._entries, ("lowest", "highest"), strict=True)):
            entry.grid(row=3, column=2 * column, padx=px(MARGIN - 2) if column else px(MARGIN - 2, 2), sticky="ew")
            explain(entry, f"the {name} value of the range; empty for no limit (Enter)")
            for event in ("<Return>", "<KP_Enter>", "<FocusOut>"):
                entry.bind(event, lambda event: self._type(), add="+")
        self._check = ttk.Checkbutton(inner, variable=self._spans, command=self._on_check, style=CARD[3])
        self._check.grid(row=4, columnspan=3, sticky="w", padx=px(MARGIN - 4, 0), pady=px(3, 0))
        explain(self._check, ABOUT_COLOURS)
        self._rest = ttk.Label(inner, style=CARD[2])
        self._rest.grid(row=5, columnspan=3, sticky="w", padx=px(MARGIN, 0))
        inner.columnconfigure(1, weight=1)
        for control in (self.canvas, *self._entries, self._check):
            control.bind("<FocusIn>", lambda event: self._unfold(True), add="+")
            control.bind("<FocusOut>", lambda event: self.after_idle(self._close), add="+")
        self._fit(anew=True)
        self._unfold(False)

    def _on_histogram(self, events: str, action: Callable[[tk.Event], object]) -> None:
        """Binds an action to events on the histogram. Events may arrive after the card was hidden: they do nothing."""
        self.canvas.bind(events, lambda event: action(event) if self.range is not None else None)

    # ---- its size --------------------------------------------------------------------------------

    def _fit(self, anew: bool = False) -> None:
        """Takes on the size for the map as it is now."""
        narrow = 1 < self.master.winfo_width() < px(NARROW_MAP)
        if narrow == self._narrow and not anew:
            return
        self._narrow = narrow
        self._width, self._height = px(*(NARROW if narrow else WIDE))
        self.canvas.configure(width=self._width + 2 * px(MARGIN), height=self._height + px(GRIP + 3))
        self._title.configure(font="ExplorerSmall" if narrow else "TkDefaultFont")
        self._check.configure(text=CHECK[narrow])
        self._rest.configure(wraplength=self._width)
        for entry in self._entries:
            entry.configure(width=7 if narrow else 8)
        self._write()
        self.draw()

    def _close(self, left: bool = False) -> None:
        """Closes it where neither the mouse nor the keys are in it. When the mouse has left, the keys may stay with the
        histogram, which a click gives them to."""
        if self.winfo_exists():
            within = str(self.tk.call("focus")), str(self.tk.call("winfo", "containing", *self.winfo_pointerxy()))
            if left and within[0] == str(self.canvas):
                within = within[1:]
            if not any(f"{path}.".startswith(f"{self}.") for path in within):
                self._unfold(False)

    def _on_tab(self, event: tk.Event) -> None:
        """Opens the card, so that Tab goes on to its fields."""
        self._unfold(True)
        self.update_idletasks()

    def _unfold(self, opened: bool) -> None:
        """Shows the fields and the box to tick, or takes them away."""
        self._is_unfolded = opened
        grid_if(opened, *self._entries, self._check)
        self._write()

    def _write(self) -> None:
        """Writes the title, and below it the unit, or the ends as long as their fields are not there."""
        if self.range is None or self._groups is None:
            return
        font = str(self._title.cget("font"))
        self._title.configure(text=shortened_in(self, self._groups.title, font, self._width))
        below = self._groups.unit if self._is_unfolded else " – ".join(self._ends_in_words())
        self._below_title.configure(text=shortened_in(self, below, "ExplorerSmall", self._width))

    def _ends_in_words(self) -> list[str]:
        ends = zip(self.range.ends, self.range.limits, strict=True)
        return [spoken(end if np.isfinite(end) else limit) for end, limit in ends]

    # ---- what is shown ---------------------------------------------------------------------------

    def show(self, space: LatentSpace, groups: Groups, values: np.ndarray | None) -> None:
        """Shows a colouring by numbers, (n,), with an open range; without values, hides the card."""
        self.range, self._selected = None, None
        self._select_later.cancel()
        if values is None or groups.limits is None:
            self.place_forget()
            return
        self._space, self._groups = space, groups
        self.range = ValueRange(values, groups.limits, groups.logarithmic)
        self.range.ends_changed.connect(self._on_ends)
        self._spans.set(False)
        self._rest.configure(text=f"● {groups.rest_title}: {len(groups.rest):,}")
        grid_if(len(groups.rest) > 0, self._rest)
        self.place(relx=1.0, x=-px(EDGE), y=px(EDGE), anchor="ne")
        self.lift()
        self._fit()
        self.draw()

    @property
    def limits(self) -> tuple[float, float] | None:
        """The values of the first and the last colour; None if there is no range."""
        return self.range and self.range.colour_limits

    def draw(self) -> None:
        """Draws the histogram, its colours, and the ends."""
        values, canvas, theme = self.range, self.canvas, THEMES[self._shared.theme]
        if values is None:
            return
        canvas.delete("all")
        left, right = px(MARGIN), px(MARGIN) + self._width
        edges = np.linspace(left, right, BINS + 1)
        middles = np.array([values.value_at((each + 0.5) / BINS) for each in range(BINS)])
        where = shares(np.clip(middles, *values.colour_limits), *values.colour_limits, values.logarithmic)
        colours = step_colours(self._shared.theme, BINS)
        low, high = values.end_shares
        base = self._height
        for each, count in enumerate(values.counts.tolist()):
            height = max(count / max(values.counts.max(), 1) * (base - px(4)), px(2) if count else 0)
            inside = low <= (each + 1) / BINS and each / BINS <= high
            colour = colours[min(int(where[each] * BINS), BINS - 1)] if inside else theme.lines
            canvas.create_rectangle(edges[each], base - height, edges[each + 1], base, fill=colour, width=0)
        canvas.create_line(left, base, right, base, fill=theme.faint)
        for end, share in enumerate((low, high)):
            x = left + share * (right - left)
            half, width = px(GRIP) / 2, px(3 if end == self._end else 1)
            canvas.create_line(x, 0, x, base, fill=theme.ink, width=width)
            grip = x, base, x - half, base + px(GRIP), x + half, base + px(GRIP)
            canvas.create_polygon(*grip, fill=theme.ink)
        for entry, end in zip(self._entries, self._ends_in_words(), strict=True):
            if not entry.instate(["focus"]):  # `focus_get` raises while Tk's own dialog has the keyboard
                entry.delete(0, "end")
                entry.insert(0, end)
        self._write()

    def _apply_theme(self) -> None:
        theme, style = THEMES[self._shared.theme], ttk.Style(self)
        frame, label, faint, check = CARD
        style.configure(EDGED, background=theme.lines)
        style.configure(frame, background=theme.canvas)
        style.configure(label, background=theme.canvas, foreground=theme.ink)
        style.configure(faint, background=theme.canvas, foreground=theme.faint)
        style.configure(check, background=theme.canvas)
        self.canvas.configure(background=theme.canvas, highlightbackground=theme.canvas, highlightcolor=theme.crosshair)
        self.draw()

    # ---- mouse and keys --------------------------------------------------------------------------

    def _share_at(self, x: float) -> float:
        return (x - px(MARGIN)) / self._width

    def _on_press(self, event: tk.Event) -> None:
        self.canvas.focus_set()
        share = self._share_at(event.x)
        low, high = self.range.end_shares
        self._choose(int(share > (low + high) / 2))
        self._move(share)

    def _choose(self, end: int) -> str:
        self._end, self._gesture = end, object()
        self.draw()
        return "break"  # the window's arrow keys move the cursor

    def _open_range(self) -> None:
        self._gesture = object()
        self.range.open()

    def _step(self, share: float) -> str:
        self._move(self.range.end_shares[self._end] + share)
        return "break"

    def _move(self, share: float) -> None:
        self.range.move(self._end, share)

    def _type(self) -> None:
        if self.range is None:
            return
        texts = [entry.get().strip() for entry in self._entries]
        shown = self._ends_in_words()
        if texts == shown:
            return
        self._gesture = object()
        # the shown ends are rounded: an end that was not typed keeps its exact value
        typed = [repr(end) if text == was else text for text, was, end in zip(texts, shown, self.range.ends)]  # noqa: B905
        try:
            self.range.type(*typed)
        except UserError as error:
            self._say(str(error))
        self.after_idle(self.draw)

    def _on_check(self) -> None:
        if self.range is None:
            return
        self.range.spans_colours = self._spans.get()
        self._recolour()
        self.draw()

    # ---- selection -------------------------------------------------------------------------

    def _on_ends(self) -> None:
        self.draw()
        self._select_later()

    def _select(self) -> None:
        """Selects the images in the range, once Tk has handled all mouse moves."""
        if self.range is None:
            return
        inside, shown = self.range.inside(), self._shared.shown(self._space.labels)
        rows = self._space.rows[inside if shown is None else inside & shown]
        self._selected = np.empty(0, np.intp) if self.range.is_open else np.unique(rows)
        self._shared.select(self._selected, gesture=self._gesture)
        if self.range.spans_colours:
            self._recolour()

    def _reselect(self) -> None:
        if self.range is not None and not self.range.is_open:
            self._select_later()

    def _on_selection(self) -> None:
        """Opens the range when the selection is no longer the images in it."""
        if self._selected is not None and not np.array_equal(self._shared.selection, self._selected):
            self._selected = None
            self.range.open()
            self._select_later.cancel()
            if self.range.spans_colours:
                self._recolour()
