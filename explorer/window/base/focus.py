"""The keyboard: Tab reaches every control, and a click on one leaves the keyboard to the map."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

PRESS = ("<space>", "<Return>", "<KP_Enter>")
# What a key does to a control, it does not do to the window as well: hence `break`. A slider moves by a fiftieth of its
# range, where Tk would move it by 1; a click beside its knob takes it there.
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
    """Has all controls of a window behave so; once per window."""
    root.tk.eval(BINDINGS)


def as_button(widget: tk.Widget, command: Callable[[], object]) -> None:
    """Makes a label a button: Tab reaches it, and a click, Space and Enter press it. The style shows its focus."""

    def press(event: tk.Event) -> str:
        command()
        return "break"

    widget.configure(takefocus=True)  # type: ignore[call-arg]
    widget.bind("<Button-1>", lambda event: command())
    for key in PRESS:
        widget.bind(key, press)
