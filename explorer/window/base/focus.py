"""The keyboard: Tab reaches every control, and a click on one leaves the keyboard to the map."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

PRESS = ("<space>", "<Return>", "<KP_Enter>")
# `break` keeps a key that operates a control from reaching the window as well. An arrow key moves a slider by a
# fiftieth of its range (Tk: by 1). A click beside the knob moves the knob there.
BINDINGS = """
proc ttk::clickToFocus w {}
foreach key {<space> <Return> <KP_Enter>} {
    foreach class {TButton TCheckbutton TRadiobutton} { bind $class $key {%W invoke; break} }
    bind TMenubutton $key {ttk::menubutton::Popdown %W; break}
}
bind TMenubutton <Down> {ttk::menubutton::Popdown %W; break}
foreach {class keys} {TRadiobutton {<Up> <Down>} TCombobox {<Down>}} {
    foreach key $keys { bind $class $key "[bind $class $key]; break" }
}
foreach {key steps} {<Left> -1 <Down> -1 <Right> 1 <Up> 1} {
    bind TScale $key "%W set \\[expr {\\[%W get] + ($steps) / 50.0 * (\\[%W cget -to] - \\[%W cget -from])}]; break"
}
bind TScale <Button-1> {ttk::scale::Jump %W %x %y}
"""


def prepare(root: tk.Tk) -> None:
    """Sets this behaviour for all controls of a window. Call it once per window."""
    root.tk.eval(BINDINGS)


def as_button(widget: tk.Widget, command: Callable[[], object]) -> None:
    """Turns a label into a button: Tab reaches it; a click, Space or Enter presses it. Its style shows the focus."""

    def press(event: tk.Event) -> str:
        command()
        return "break"

    widget.configure(takefocus=True)  # type: ignore[call-arg]
    widget.bind("<Button-1>", lambda event: command())
    for key in PRESS:
        widget.bind(key, press)
