"""What several bars and panels need: tooltips, and texts and widgets that come and go with the room they have."""

from __future__ import annotations

import functools
import time
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Any, TypeVar

from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg
from matplotlib.figure import Figure
from PIL import Image, ImageTk

from explorer.analysis.probe import shortened
from explorer.drawing import picture
from explorer.drawing.themes import THEMES, class_colour
from explorer.session.state import SharedState
from explorer.window.base.mouse import bind_wheel
from explorer.window.base.scale import px

TIP = {"bg": "#303030", "fg": "#fafafa", "aspect": 1000}  # of tooltips, on both themes
TIP_EDGE = {"bg": "black", "padx": 1, "pady": 1}
TIP_DELAY_MS, TIP_REFRESH_MS = 600, 1000  # until a tooltip is shown; between two looks for another text
STEP = 24  # pixels scrolled by a notch of the wheel


W = TypeVar("W", bound=tk.Widget)


class Tooltip:
    """A text beside the mouse, shown when the mouse was moved onto a widget and rests there, until it leaves or clicks.

    The small window that carries the text exists only as long as it is seen. It stays on the screen. A widget that
    moves under a resting mouse gets an <Enter> event, but no <Motion>: nothing is shown then.

    Args:
        widget: what is explained.
        text: what is said, or a function that returns it, called again and again as long as it is shown.
        x, y: from the mouse to the upper left corner, in pixels.
    """

    def __init__(self, widget: tk.Widget, text: str | Callable[[], str], x: int, y: int) -> None:
        self._widget, self._text, self._x, self._y = widget, text, x, y
        self._card: tk.Toplevel | None = None
        self._due: str | None = None
        self._clicked = False  # since the mouse came
        widget.bind("<Motion>", self._on_motion, add="+")
        widget.bind("<ButtonPress>", self._on_click, add="+")
        for sequence in ("<Enter>", "<Leave>", "<Destroy>"):
            widget.bind(sequence, self._hide, add="+")

    def _on_motion(self, event: tk.Event) -> None:
        if self._card is not None:
            self._place()
        elif self._due is None and not self._clicked:
            self._due = self._widget.after(TIP_DELAY_MS, self.show_tip)

    def show_tip(self) -> None:
        """Shows the text as it is now. `Rest` knows by this name what it need not wait for."""
        if self._card is None:
            self._card = tk.Toplevel(self._widget, **TIP_EDGE)
            self._card.overrideredirect(True)
            self._message = tk.Message(self._card, padx=px(8), pady=px(4), **TIP)
            self._message.grid()
        self._message.configure(text=self._text() if callable(self._text) else self._text)
        self._place()
        self._due = self._widget.after(TIP_REFRESH_MS, self.show_tip)

    def _place(self) -> None:
        """Puts the text beside the mouse: on its other side where the screen ends."""
        self._card.update_idletasks()  # for its size
        corner = [
            at + offset if 0 <= at + offset <= most - size else max(min(at - offset - size, most - size), 0)
            for at, offset, size, most in zip(
                self._widget.winfo_pointerxy(),
                (self._x, self._y),
                (self._card.winfo_reqwidth(), self._card.winfo_reqheight()),
                (self._card.winfo_screenwidth(), self._card.winfo_screenheight()),
                strict=True,
            )
        ]
        self._card.geometry("+{}+{}".format(*corner))

    def _on_click(self, event: tk.Event) -> None:
        self._hide()
        self._clicked = True

    def _hide(self, event: tk.Event | None = None) -> None:
        if self._due is not None:
            self._widget.after_cancel(self._due)
        if self._card is not None:
            self._card.destroy()
        self._due = self._card = None
        self._clicked = False


def explain(widget: tk.Widget, text: str | Callable[[], str], x: int | None = None, y: int | None = None) -> None:
    """Gives a widget a tooltip, below and to the right of the mouse by default: see `Tooltip`."""
    Tooltip(widget, text, px(10) if x is None else x, px(10) if y is None else y)


def figure_canvas(parent: tk.Misc) -> FigureCanvasTkAgg:
    """A Tk canvas that shows a figure, and fills its parent. What Matplotlib binds to the whole window, for its own
    mouse wheel and its event of being closed, is taken off: it would stay after the canvas."""
    window = parent.winfo_toplevel()
    before = {event: window.bind(event) for event in ("<MouseWheel>", "<Destroy>")}
    canvas = FigureCanvasTkAgg(Figure(dpi=100), parent)
    for event, script in before.items():
        window.bind(event, script)
    for name in ("scroll_event_windows", "filter_destroy"):
        for command in window.tk.splitlist(window.tk.call("info", "commands", f"*{name}")):
            window.deletecommand(command)
    canvas.get_tk_widget().configure(highlightthickness=0, borderwidth=0)
    canvas.get_tk_widget().pack(fill="both", expand=True)
    return canvas


def put_item(canvas: tk.Canvas, item: int, *coordinates: float) -> None:
    """Moves an item of a canvas: what `Canvas.coords` does, less the reading back of where it was."""
    canvas.tk.call(canvas._w, "coords", item, *coordinates)


def packed(widget: W, **options) -> W:
    """The widget, packed: Tk's own `pack` returns nothing."""
    widget.pack(**options)
    return widget


def pack_if(widget: tk.Widget, wanted: bool, **options) -> None:
    """Packs a widget, or takes it away; what is so already stays as it is."""
    shown = bool(widget.winfo_manager())
    if wanted and not shown:
        widget.pack(**options)
    elif shown and not wanted:
        widget.pack_forget()


def text_measure(label: ttk.Label) -> Callable[[str], int]:
    """Tells how wide a text is in the label's font, in pixels."""
    font = ttk.Style(label).lookup(str(label.cget("style")) or label.winfo_class(), "font") or "TkDefaultFont"
    return lambda text: text_width(label, text, font)


def fitted(label: ttk.Label, text: str, room: int) -> str:
    """The text, with an ellipsis where it is wider than so many pixels in the label's font."""
    return shortened(text, room, text_measure(label))


class Listener(ttk.Frame):
    """A frame that hears signals until it is destroyed: a widget that is gone may not be collected yet."""

    def __init__(self, parent: tk.Misc, **options) -> None:
        super().__init__(parent, **options)
        self._heard: list[tuple[Any, Callable]] = []

    def hear(self, action: Callable[[], object], *signals: Any, only: tuple = ()) -> None:
        """Does something, without regard to the sender, whenever one of the signals is sent; or only when it tells of
        one of these things, as `OpenMap.ready` tells of what is ready."""
        heard = lambda sender, *told: action() if not only or told[0] in only else None  # noqa: E731
        for signal in signals:
            signal.connect(heard)
            self._heard.append((signal, heard))

    def hear_now(self, action: Callable[[], object], *signals: Any) -> None:
        """Does something now, and whenever one of the signals is sent."""
        self.hear(action, *signals)
        action()

    def hear_no_more(self) -> None:
        """Hears none of the signals from now on."""
        for signal, heard in self._heard:
            signal.disconnect(heard)
        self._heard.clear()

    def destroy(self) -> None:
        self.hear_no_more()
        super().destroy()


class Scrolled(Listener):
    """Room for more than is to be seen at once: as wide as it is, and scrolled where that is too high.

    Args:
        parent: widget.
        shared: gives the theme.
        fills: whether what is inside is at least as high as there is room.

    Attributes:
        inner: what to put things in.
    """

    def __init__(self, parent: tk.Misc, shared: SharedState, fills: bool = False) -> None:
        super().__init__(parent)
        self._fills = fills
        # as small as it may become; with 1, Tk's grid forgets to arrange it
        self._canvas, self._bar = scrolled_canvas(self, yscrollincrement=px(STEP), width=2, height=2)
        self.inner = ttk.Frame(self._canvas)
        self._item = self._canvas.create_window(0, 0, anchor="nw", window=self.inner)
        wheel = ttk.Frame(self)  # never seen: what it does with the wheel, all things inside do
        bind_wheel(wheel, self._scroll)
        wheel.bind("<FocusIn>", lambda event: self.reach(event.widget))
        self._tag = str(wheel)  # as a binding tag; unlike a tag of a class, it goes with its widget
        self._canvas.bind("<Configure>", lambda event: self._arrange())
        self.inner.bind("<Configure>", lambda event: self._arrange(), add="+")
        self._shared = shared
        self.hear_now(self._apply_theme, shared.theme_changed)

    def fit(self, most: int) -> None:
        """Asks for as much room as what is inside needs, at most so many pixels of height."""
        self.update_idletasks()
        self._canvas.configure(
            width=self.inner.winfo_reqwidth(), height=min(self.inner.winfo_reqheight(), max(most, 2))
        )

    def to_top(self) -> None:
        """Shows the beginning."""
        self._canvas.yview_moveto(0)

    def reach(self, widget: tk.Misc) -> None:
        """Scrolls until something inside is to be seen, or at least its beginning, as little as that takes."""
        self._arrange()
        height, whole = self._canvas.winfo_height(), max(self.inner.winfo_reqheight(), 1)
        top = widget.winfo_rooty() - self.inner.winfo_rooty()
        most, least = top // px(STEP), -(-(top + widget.winfo_reqheight() - height) // px(STEP))
        steps = min(max(round(self._canvas.canvasy(0) / px(STEP)), least), most)
        self._canvas.yview_moveto(max(steps, 0) * px(STEP) / whole)

    def _arrange(self) -> None:
        width, height = self._canvas.winfo_width(), self._canvas.winfo_height()
        needed = self.inner.winfo_reqheight()
        self._canvas.itemconfigure(self._item, width=width, height=max(needed, height) if self._fills else 0)
        self._canvas.configure(scrollregion=(0, 0, width, max(needed, height)))
        grid_if(needed > height, self._bar)
        self._hand_on_wheel(self._canvas)

    def _hand_on_wheel(self, widget: tk.Misc) -> None:
        if self._tag not in (tags := widget.bindtags()):
            widget.bindtags((*tags, self._tag))
        if not isinstance(widget, ttk.Notebook):  # a tab is scrolled by itself
            for child in widget.winfo_children():
                self._hand_on_wheel(child)

    def _scroll(self, steps: int) -> None:
        if self._canvas.yview() != (0.0, 1.0):
            self._canvas.yview_scroll(steps, "units")

    def _apply_theme(self) -> None:
        self._canvas.configure(background=THEMES[self._shared.theme].paper)


class Later:
    """Has Tk call something later; asked for again before that, it is called once.

    Args:
        widget: any of the window.
        action: is called.
        when: after so many ms, or once Tk is "idle".

    Attributes:
        due: Tk's id of the call that was asked for; None where none was.
        since: when it was asked for first, in `time.perf_counter` seconds.
    """

    def __init__(self, widget: tk.Misc, action: Callable[[], object], when: int | str = "idle") -> None:
        self._widget, self._action, self._when = widget, action, when
        self.due: str | None = None
        self.since = 0.0

    def __call__(self, when: int | None = None) -> None:
        """Asks for the call, after so many ms instead of the usual moment where that is given."""
        if self.due is None:
            self.since = time.perf_counter()
            self.due = self._widget.after(self._when if when is None else when, self._run)

    def cancel(self) -> bool:
        """Takes that back; says whether a call was due."""
        due, self.due = self.due, None
        if due is not None:
            self._widget.after_cancel(due)
        return due is not None

    def _run(self) -> None:
        self.due = None
        self._action()


class CanvasPicture:
    """A picture in the upper left corner of a canvas. One that holds many is quicker than many."""

    def __init__(self, canvas: tk.Canvas) -> None:
        self._canvas = canvas
        self._item = canvas.create_image(0, 0, anchor="nw")
        self._photo: ImageTk.PhotoImage | None = None

    def show(self, image: Image.Image | None) -> None:
        """Shows an image instead of the one before, or none."""
        if image is not None:
            if self._photo is None or (self._photo.width(), self._photo.height()) != image.size:
                self._photo = ImageTk.PhotoImage("RGB", image.size, master=self._canvas)
                self._canvas.itemconfigure(self._item, image=self._photo)
            self._photo.paste(image)
        self._canvas.itemconfigure(self._item, state="hidden" if image is None else "normal")


def class_dots(master: tk.Misc, size: int) -> Callable[..., ImageTk.PhotoImage]:
    """A function from the index of a class to its dot, of so many pixels, or to a ring where the second argument says
    that it is not filled; each is made once."""

    def dot(label: int, filled: bool = True) -> ImageTk.PhotoImage:
        return ImageTk.PhotoImage(picture.dot(class_colour(label), size, filled), master=master)

    return functools.cache(dot)


def scrolled_canvas(parent: tk.Misc, **options) -> tuple[tk.Canvas, ttk.Scrollbar]:
    """A plain canvas that fills its parent, and the scrollbar beside it, whose room stays while it is not there."""
    canvas = plain_canvas(parent, **options)
    bar = ttk.Scrollbar(parent, command=canvas.yview)
    canvas.configure(yscrollcommand=bar.set)
    parent.rowconfigure(0, weight=1)
    parent.columnconfigure(0, weight=1)
    parent.columnconfigure(1, minsize=bar.winfo_reqwidth() + px(2))
    canvas.grid(row=0, column=0, sticky="nsew")
    bar.grid(row=0, column=1, sticky="ns", padx=px(2, 0))
    return canvas, bar


def picture_canvas(parent: tk.Misc, **options) -> tuple[tk.Canvas, CanvasPicture]:
    """A plain canvas, and the picture on it."""
    canvas = plain_canvas(parent, **options)
    return canvas, CanvasPicture(canvas)


def plain_canvas(parent: tk.Misc, **options) -> tk.Canvas:
    """A canvas without a border, which Tab does not reach."""
    return tk.Canvas(parent, highlightthickness=0, borderwidth=0, takefocus=False, **options)


def button(parent: tk.Misc, text: str, command: Callable[[], object], tip: str = "", **options) -> ttk.Button:
    """A button with a tooltip."""
    made = ttk.Button(parent, text=text, command=command, **options)
    if tip:
        explain(made, tip)
    return made


def grid_if(wanted: bool, *widgets: tk.Widget) -> None:
    """Shows widgets where they were in their grid, or takes them away."""
    for widget in widgets:
        if wanted != bool(widget.winfo_manager()):
            (widget.grid if wanted else widget.grid_remove)()


def text_width(widget: tk.Misc, text: str, font: str) -> int:
    """How wide a text is in a font, in pixels."""
    return widget.tk.getint(widget.tk.call("font", "measure", font, text))


def line_height(widget: tk.Misc, font: str) -> int:
    """How high a line of text is in a font, in pixels."""
    return widget.tk.getint(widget.tk.call("font", "metrics", font, "-linespace"))


def shortened_in(widget: tk.Misc, text: str, font: str, room: float) -> str:
    """The text, with an ellipsis where it is wider than so many pixels in a font."""
    return shortened(text, room, lambda some: text_width(widget, some, font))


def box_on_screen(widget: tk.Misc) -> list[int]:
    """A widget in screen pixels: x, y, width, height."""
    return [widget.winfo_rootx(), widget.winfo_rooty(), widget.winfo_width(), widget.winfo_height()]
