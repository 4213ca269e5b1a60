"""Widgets and helpers that several bars and panels share: tooltips, fitted texts, scrolling, pictures."""

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
from explorer.drawing.kept_text import KeepingCanvas
from explorer.drawing.themes import THEMES, class_colour
from explorer.session.state import SharedState
from explorer.window.base.mouse import bind_wheel
from explorer.window.base.scale import px

TIP = {"bg": "#303030", "fg": "#fafafa", "aspect": 1000}  # of tooltips, on both themes
TIP_EDGE = {"bg": "black", "padx": 1, "pady": 1}
TIP_DELAY_MS, TIP_REFRESH_MS = 600, 1000  # until a tooltip is shown; between two updates of its text
STEP = 24  # pixels that a notch of the wheel scrolls


W = TypeVar("W", bound=tk.Widget)


class Tooltip:
    """A text beside the mouse. It appears when the mouse was moved onto a widget and rests there, and disappears when
    the mouse leaves or clicks.

    The small window with the text exists only while it is visible, and never leaves the screen. A widget that moves
    under a resting mouse gets an <Enter> event but no <Motion>: then no tooltip appears.

    Args:
        widget: the explained widget.
        text: the text, or a function that returns it. The function is called repeatedly while the tooltip is visible.
        x, y: offset of the upper left corner from the mouse, in pixels.
    """

    def __init__(self, widget: tk.Widget, text: str | Callable[[], str], x: int, y: int) -> None:
        self._widget, self._text, self._x, self._y = widget, text, x, y
        self._card: tk.Toplevel | None = None
        self._due: str | None = None
        self._clicked = False  # since the mouse entered
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
        """Shows the current text. `Rest` knows this function by its name and does not wait for it."""
        if self._card is None:
            self._card = tk.Toplevel(self._widget, **TIP_EDGE)
            self._card.withdraw()  # until its place is known: elsewhere it could cover the widget under the mouse
            self._card.overrideredirect(True)
            self._message = tk.Message(self._card, padx=px(8), pady=px(4), **TIP)
            self._message.grid()
        self._message.configure(text=self._text() if callable(self._text) else self._text)
        self._place()
        self._card.deiconify()
        self._due = self._widget.after(TIP_REFRESH_MS, self.show_tip)

    def _place(self) -> None:
        """Places the text beside the mouse, on the other side at the edge of the screen."""
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


def bind_alone(window: tk.Tk, sequence: str, action: Callable[[tk.Event], object]) -> None:
    """Binds an event of a main window itself. `bind` would call the action for every widget in the window, too."""
    tag = "alone"  # no widget but the window has it
    if tag not in window.bindtags():
        window.bindtags((*window.bindtags(), tag))
    window.bind_class(tag, sequence, action, add="+")


class FigureCanvas(KeepingCanvas, FigureCanvasTkAgg):
    """Matplotlib's canvas for Tk, with text that is laid out once."""


def figure_canvas(parent: tk.Misc) -> FigureCanvasTkAgg:
    """A Tk canvas that shows a figure and fills its parent. Matplotlib's bindings to the whole window (mouse wheel,
    closing) are removed, because they would outlive the canvas. Unlike Matplotlib's, it does not take the keyboard."""
    window = parent.winfo_toplevel()
    before = {event: window.bind(event) for event in ("<MouseWheel>", "<Destroy>")}
    take_keyboard, tk.Canvas.focus_set = tk.Canvas.focus_set, lambda canvas: None
    try:
        canvas = FigureCanvas(Figure(dpi=100), parent)
    finally:
        tk.Canvas.focus_set = take_keyboard
    for event, script in before.items():
        window.bind(event, script)
    for name in ("scroll_event_windows", "filter_destroy"):
        for command in window.tk.splitlist(window.tk.call("info", "commands", f"*{name}")):
            window.deletecommand(command)
    canvas.get_tk_widget().configure(highlightthickness=0, borderwidth=0)
    canvas.get_tk_widget().pack(fill="both", expand=True)
    return canvas


def put_item(canvas: tk.Canvas, item: int, *coordinates: float) -> None:
    """Moves an item of a canvas. Unlike `Canvas.coords`, it does not read the old coordinates back."""
    canvas.tk.call(canvas._w, "coords", item, *coordinates)


def packed(widget: W, **options) -> W:
    """Packs a widget and returns it; Tk's own `pack` returns nothing."""
    widget.pack(**options)
    return widget


def pack_if(widget: tk.Widget, wanted: bool, **options) -> None:
    """Packs a widget or removes it, unless it is already so."""
    shown = bool(widget.winfo_manager())
    if wanted and not shown:
        widget.pack(**options)
    elif shown and not wanted:
        widget.pack_forget()


def wrap_with(frame: tk.Misc, *labels: ttk.Label) -> None:
    """Keeps the texts of labels as wide as a frame, whenever its width changes."""

    def wrap(event: tk.Event) -> None:
        for label in labels:
            label.configure(wraplength=max(event.width - px(4), 1))

    frame.bind("<Configure>", wrap, add="+")


def text_measure(label: ttk.Label) -> Callable[[str], int]:
    """A function that returns the width of a text in the label's font, in pixels."""
    font = ttk.Style(label).lookup(str(label.cget("style")) or label.winfo_class(), "font") or "TkDefaultFont"
    return lambda text: text_width(label, text, font)


def fitted(label: ttk.Label, text: str, room: int) -> str:
    """The text, shortened with an ellipsis if it is wider than so many pixels in the label's font."""
    return shortened(text, room, text_measure(label))


class Listener(ttk.Frame):
    """A frame that listens to signals until it is destroyed. A destroyed widget may not be collected yet."""

    def __init__(self, parent: tk.Misc, **options) -> None:
        super().__init__(parent, **options)
        self._heard: list[tuple[Any, Callable]] = []

    def hear(self, action: Callable[[], object], *signals: Any, only: tuple = ()) -> None:
        """Calls an action, without arguments, whenever one of the signals is sent. With `only`, the first argument
        after the sender must be one of these values, such as the analysis that `OpenMap.ready` is sent with."""
        heard = lambda sender, *told: action() if not only or told[0] in only else None  # noqa: E731
        for signal in signals:
            signal.connect(heard)
            self._heard.append((signal, heard))

    def hear_now(self, action: Callable[[], object], *signals: Any) -> None:
        """Calls an action now, and whenever one of the signals is sent."""
        self.hear(action, *signals)
        action()

    def hear_no_more(self) -> None:
        """Stops listening to all signals."""
        for signal, heard in self._heard:
            signal.disconnect(heard)
        self._heard.clear()

    def destroy(self) -> None:
        self.hear_no_more()
        super().destroy()


class Scrolled(Listener):
    """A frame that scrolls vertically if its content does not fit; the content is as wide as the frame.

    Args:
        parent: widget.
        shared: gives the theme.
        fills: whether the content is at least as high as the frame.

    Attributes:
        inner: the parent of the content.
    """

    def __init__(self, parent: tk.Misc, shared: SharedState, fills: bool = False) -> None:
        super().__init__(parent)
        self._fills = fills
        # the smallest size that works; with 1, Tk's grid does not arrange it
        self._canvas, self._bar = scrolled_canvas(self, yscrollincrement=px(STEP), width=2, height=2)
        self.inner = ttk.Frame(self._canvas)
        self._item = self._canvas.create_window(0, 0, anchor="nw", window=self.inner)
        wheel = ttk.Frame(self)  # never visible: its bindings for the wheel are shared by all widgets inside
        bind_wheel(wheel, self._scroll)
        wheel.bind("<FocusIn>", lambda event: self.reach(event.widget))
        self._tag = str(wheel)  # as a binding tag; unlike a class's tag, it disappears with its widget
        self._canvas.bind("<Configure>", lambda event: self.arrange())
        self.inner.bind("<Configure>", lambda event: self.arrange(), add="+")
        self._shared = shared
        self.hear_now(self._apply_theme, shared.theme_changed)

    def fit(self, most: int) -> None:
        """Requests the height that the content needs, at most so many pixels."""
        self.update_idletasks()
        self._canvas.configure(
            width=self.inner.winfo_reqwidth(), height=min(self.inner.winfo_reqheight(), max(most, 2))
        )

    def to_top(self) -> None:
        """Scrolls to the top."""
        self._canvas.yview_moveto(0)

    def reach(self, widget: tk.Misc) -> None:
        """Scrolls as little as necessary to show a widget inside, or at least its top."""
        self.arrange()
        height, whole = self._canvas.winfo_height(), max(self.inner.winfo_reqheight(), 1)
        top = widget.winfo_rooty() - self.inner.winfo_rooty()
        most, least = top // px(STEP), -(-(top + widget.winfo_reqheight() - height) // px(STEP))
        steps = min(max(round(self._canvas.canvasy(0) / px(STEP)), least), most)
        self._canvas.yview_moveto(max(steps, 0) * px(STEP) / whole)

    def arrange(self) -> None:
        """Takes on the height that the content needs."""
        width, height = self._canvas.winfo_width(), self._canvas.winfo_height()
        needed = self.inner.winfo_reqheight()
        self._canvas.itemconfigure(self._item, width=width, height=max(needed, height) if self._fills else 0)
        self._canvas.configure(scrollregion=(0, 0, width, max(needed, height)))
        grid_if(needed > height, self._bar)
        self._hand_on_wheel(self._canvas)

    def _hand_on_wheel(self, widget: tk.Misc) -> None:
        if isinstance(widget, ttk.Treeview):
            return  # a list scrolls itself
        if self._tag not in (tags := widget.bindtags()):
            widget.bindtags((*tags, self._tag))
        if not isinstance(widget, ttk.Notebook):  # so does a tab
            for child in widget.winfo_children():
                self._hand_on_wheel(child)

    def _scroll(self, steps: int) -> None:
        if self._canvas.yview() != (0.0, 1.0):
            self._canvas.yview_scroll(steps, "units")

    def _apply_theme(self) -> None:
        self._canvas.configure(background=THEMES[self._shared.theme].paper)


class Later:
    """Makes Tk call an action later. Several requests before that make one call.

    Args:
        widget: any of the window.
        action: the function to call.
        when: after how many ms, or "idle": when Tk is idle.

    Attributes:
        due: Tk's id of the pending call; None if there is none.
        since: when it was requested first, in `time.perf_counter` seconds.
    """

    def __init__(self, widget: tk.Misc, action: Callable[[], object], when: int | str = "idle") -> None:
        self._widget, self._action, self._when = widget, action, when
        self.due: str | None = None
        self.since = 0.0

    def __call__(self, when: int | None = None) -> None:
        """Requests the call; `when` in ms replaces the usual delay."""
        if self.due is None:
            self.since = time.perf_counter()
            self.due = self._widget.after(self._when if when is None else when, self._run)

    def cancel(self) -> bool:
        """Cancels the pending call. Returns whether there was one."""
        due, self.due = self.due, None
        if due is not None:
            self._widget.after_cancel(due)
        return due is not None

    def _run(self) -> None:
        self.due = None
        self._action()


class CanvasPicture:
    """A picture in the upper left corner of a canvas. One picture made of many images is faster than many pictures."""

    def __init__(self, canvas: tk.Canvas) -> None:
        self._canvas = canvas
        self._item = canvas.create_image(0, 0, anchor="nw")
        self._photo: ImageTk.PhotoImage | None = None

    def show(self, image: Image.Image | None) -> None:
        """Shows another image, or none."""
        if image is not None:
            if self._photo is None or (self._photo.width(), self._photo.height()) != image.size:
                self._photo = ImageTk.PhotoImage("RGB", image.size, master=self._canvas)
                self._canvas.itemconfigure(self._item, image=self._photo)
            self._photo.paste(image)
        self._canvas.itemconfigure(self._item, state="hidden" if image is None else "normal")


def class_dots(master: tk.Misc, size: int) -> Callable[..., ImageTk.PhotoImage]:
    """A function that returns the dot of a class by its index, of so many pixels; a ring if the second argument says
    so. Each image is made once."""

    def dot(label: int, filled: bool = True) -> ImageTk.PhotoImage:
        return ImageTk.PhotoImage(picture.dot(class_colour(label), size, filled), master=master)

    return functools.cache(dot)


def scrolled_canvas(parent: tk.Misc, **options) -> tuple[tk.Canvas, ttk.Scrollbar]:
    """A plain canvas that fills its parent, and a scrollbar beside it. A hidden scrollbar keeps its room."""
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
    """A plain canvas and the picture on it."""
    canvas = plain_canvas(parent, **options)
    return canvas, CanvasPicture(canvas)


def plain_canvas(parent: tk.Misc, **options) -> tk.Canvas:
    """A canvas without a border; Tab skips it."""
    return tk.Canvas(parent, highlightthickness=0, borderwidth=0, takefocus=False, **options)


def button(parent: tk.Misc, text: str, command: Callable[[], object], tip: str = "", **options) -> ttk.Button:
    """A button with a tooltip."""
    made = ttk.Button(parent, text=text, command=command, **options)
    if tip:
        explain(made, tip)
    return made


def listing(parent: tk.Misc, text: str, number: str, width: int, height: int) -> ttk.Treeview:
    """A list of so many lines, each a text and a number in a column of so many pixels; with the headings of both."""
    made = ttk.Treeview(parent, columns=(text, number), show="headings", selectmode="browse", height=height)
    for name, anchor in ((text, "w"), (number, "e")):
        made.heading(name, text=name, anchor=anchor)
        made.column(name, width=width, minwidth=width, anchor=anchor, stretch=name == text)
    return made


def grid_if(wanted: bool, *widgets: tk.Widget) -> None:
    """Shows widgets at their places in the grid, or hides them."""
    for widget in widgets:
        if wanted != bool(widget.winfo_manager()):
            (widget.grid if wanted else widget.grid_remove)()


def text_width(widget: tk.Misc, text: str, font: str) -> int:
    """The width of a text in a font, in pixels."""
    return widget.tk.getint(widget.tk.call("font", "measure", font, text))


def line_height(widget: tk.Misc, font: str) -> int:
    """The height of a line of text in a font, in pixels."""
    return widget.tk.getint(widget.tk.call("font", "metrics", font, "-linespace"))


def shortened_in(widget: tk.Misc, text: str, font: str, room: float) -> str:
    """The text, shortened with an ellipsis if it is wider than so many pixels in a font."""
    return shortened(text, room, lambda some: text_width(widget, some, font))


def box_on_screen(widget: tk.Misc) -> list[int]:
    """The position of a widget in screen pixels: x, y, width, height."""
    return [widget.winfo_rootx(), widget.winfo_rooty(), widget.winfo_width(), widget.winfo_height()]
