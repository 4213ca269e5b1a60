"""Finds what is cut in a window. Run as a program, it opens one and prints what it finds, as JSON.

Its arguments: the size, as in 1280x800, or "" for the default one; the theme; the folder of a space to stand
beside it, or "". It looks at all tabs, also with the tour's card below the map and with the tab of a training run.
"""

import json
import sys
import tkinter as tk
from pathlib import Path
from tkinter import ttk

from explorer.spaces.following import Run
from explorer.window.app.window import ExplorerWindow
from explorer.window.base.scale import px, scale
from explorer.window.inspector.tabs.space import CHOICES
from tests.screen import settle

SPEAKING = {"TLabel", "TButton", "TMenubutton", "TCheckbutton", "TRadiobutton", "TCombobox", "Label", "TEntry"}
SLACK = 1  # pixels: of rounding
RUN = Run(12, 100, {"reconstruction": [0.06, 0.05, 0.045], "penalty": [1.0, 0.5, 0.25]})


def problems(root: tk.Misc) -> list[str]:
    """What is larger than its place, or beyond the edge of what holds it, one line for each."""
    found: list[str] = []
    waiting: list[tk.Misc] = [root]
    while waiting:
        widget = waiting.pop()
        if not widget.winfo_viewable():
            if widget.winfo_manager() in ("pack", "grid", "place") and widget.master.winfo_viewable():
                found.append(f"{named(widget)} has no room at all")
            continue
        waiting += widget.winfo_children()
        if isinstance(widget, tk.Toplevel | tk.Tk):
            found += beyond(widget, 0, 0, widget.winfo_screenwidth(), widget.winfo_screenheight())
        else:
            found += of_widget(widget)
    return found


def of_widget(widget: tk.Misc) -> list[str]:
    found, kind, parent = [], widget.winfo_class(), widget.master
    size, wanted = (widget.winfo_width(), widget.winfo_height()), (widget.winfo_reqwidth(), widget.winfo_reqheight())
    if isinstance(parent, tk.Canvas):  # scrolled to, in height
        if size[0] > parent.winfo_width() + SLACK:
            found.append(f"{named(widget)} is {size[0]} wide in a canvas of {parent.winfo_width()}")
    elif parent is not None:
        found += beyond(widget, 0, 0, parent.winfo_width(), parent.winfo_height())
    if kind in SPEAKING and (wanted[0] > size[0] + SLACK or wanted[1] > size[1] + SLACK):
        found.append(f"{named(widget)} wants {wanted} and has {size}")
    if kind == "TLabel" and not int(str(widget.cget("wraplength")) or 0) and not widget.cget("image"):
        text, room = longest_line(widget), size[0]
        if text > room + SLACK:
            found.append(f"{named(widget)} has a text {text} wide in {room}")
    if kind == "TEntry" and (text := widget.xview()) != (0.0, 1.0):
        found.append(f"{named(widget)} shows {text} of '{widget.get()}'")
    if isinstance(widget, tk.Canvas):
        found += of_canvas(widget)
    return found


def beyond(widget: tk.Misc, left: int, top: int, width: int, height: int) -> list[str]:
    x, y = widget.winfo_x(), widget.winfo_y()
    right, bottom = x + widget.winfo_width(), y + widget.winfo_height()
    inside = x >= left - SLACK and y >= top - SLACK and right <= width + SLACK and bottom <= height + SLACK
    return [] if inside else [f"{named(widget)} reaches from {x}, {y} to {right}, {bottom} in {width} × {height}"]


def of_canvas(canvas: tk.Canvas) -> list[str]:
    """Texts that reach beyond a canvas, or beyond what can be scrolled to."""
    width, height, found = canvas.winfo_width(), canvas.winfo_height(), []
    region = [float(each) for each in str(canvas.cget("scrollregion")).split()]
    if region:
        width, height = max(width, region[2]), max(height, region[3])
    for item in canvas.find_all():
        if canvas.type(item) == "text" and canvas.itemcget(item, "text") and canvas.itemcget(item, "state") != "hidden":
            x0, y0, x1, y1 = canvas.bbox(item)
            if x0 < -SLACK - 1 or y0 < -SLACK - 1 or x1 > width + SLACK + 1 or y1 > height + SLACK + 1:
                text = canvas.itemcget(item, "text")
                found.append(f"'{text}' at {x0, y0, x1, y1} in {named(canvas)} of {width} × {height}")
    return found


def longest_line(label: tk.Misc) -> int:
    font = str(label.cget("font")) or ttk.Style(label).lookup(str(label.cget("style")) or "TLabel", "font")
    measure = lambda text: label.tk.getint(label.tk.call("font", "measure", font, "-displayof", label, text))  # noqa: E731
    return max(map(measure, str(label.cget("text")).split("\n")))


def named(widget: tk.Misc) -> str:
    text = ""
    if "text" in (widget.keys() or ()):
        text = f" '{widget.cget('text')}'"
    return f"{widget.winfo_class()}{text} {widget}"


def measures(window: ExplorerWindow) -> dict[str, float]:
    """What must grow with the scale, in pixels."""
    root, panel = window.root, window.pane.panel
    figure = panel.map.figure
    (ring,) = [item for item in panel.widget.find_withtag("crosshair") if panel.widget.type(item) == "oval"]
    x0, _, x1, _ = panel.widget.coords(ring)
    spacing = lambda name: root.tk.getint(root.tk.call("font", "metrics", name, "-linespace"))  # noqa: E731
    check = ttk.Checkbutton(root)
    fonts = {
        name: spacing(name) for name in ("TkDefaultFont", "TkSmallCaptionFont", "SunValleyBodyFont", "ExplorerTitle")
    }
    return fonts | {
        "ring": x1 - x0,
        "line": float(panel.widget.itemcget(ring, "width")),
        "check mark": check.winfo_reqwidth(),
        "picture": window.inspector.picture.box_on_screen()[2],
        "thumbnail": window.inspector.strip.size,
        "row of a table": ttk.Style(root).lookup("Treeview", "rowheight"),
        "text on the map": panel.map.axes.xaxis.label.get_window_extent(panel.canvas.get_renderer()).width,
        "dots": panel.canvas.get_renderer().points_to_pixels(panel.map._lines[0][0].get_markersize()),
        "margin of the map": panel.map.box[0],
        "map": figure.bbox.width,
    }


def main(size: str = "", theme: str = "light", beside: str = "") -> None:
    from explorer import api

    wanted = tuple(map(int, size.split("x"))) if size else None
    view = api.show("autoencoder", block=False, size=wanted, theme=theme, compare=beside or None)
    window = view._window
    settle(window.root)
    panel = window.pane.panel
    left, top, *_ = map(round, panel.map.box)
    x, y = left + px(100), top + px(100)
    panel.widget.event_generate("<Motion>", x=x, y=y)
    settle(window.root)
    found = {"at first": problems(window.root)}
    told = {"size": window.size, "scale": scale()}
    told["measures"] = measures(window)
    at = cursor_pixel(panel)
    told["crosshair"] = [at[0] - x, at[1] - y]
    window.inspector.pin(7)
    found |= in_tabs(window)
    window.shared.colour_by("error")  # with a card on the map
    settle(window.root)
    found["error"] = problems(window.root)
    window.toggle_tour()
    settle(window.root)
    if beside:
        window.beside.choose(Path(beside))
        settle(window.root)
    for pane in window.panes:
        pane.message.dismiss()  # two maps above the tour's card, in the smallest window, are lower than some messages
    window.inspector.show_run(RUN, False)
    found |= {f"{tab} in the tour": those for tab, those in in_tabs(window, "Training").items()}
    window.close()
    print(json.dumps(told | {"found": found}))


def in_tabs(window: ExplorerWindow, *more: str) -> dict[str, list[str]]:
    """The problems with each tab in front."""
    found = {}
    for title in (*window.inspector.tabs, *more):
        window.inspector.show_tab(title)
        assert window.inspector.shown_tab == title
        settle(window.root)
        found[title] = problems(window.root)
        for choice in CHOICES if title == "Space" else ():
            window.inspector.tab("Space").choose(choice)
            settle(window.root)
            found[choice] = problems(window.root)
    return found


def cursor_pixel(panel) -> tuple[float, float]:
    """Where Matplotlib draws the cursor's place, in pixels of the canvas from the top left."""
    x, y = panel.map.axes.transData.transform(panel.state.cursor)
    return x, panel.map.figure.bbox.height - y


if __name__ == "__main__":
    main(*sys.argv[1:])
