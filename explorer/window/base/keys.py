"""One table of keys and mouse actions. The window binds it; menus, the help window and the docs show it."""

from __future__ import annotations

import sys
import tkinter as tk
from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """One row of the table.

    Attributes:
        shown: the key as users read it.
        what: what it does, for users.
        events: Tk event sequences to bind; empty if the map itself handles it.
        action: the path from the window to the method that is called, such as `shared.toggle_theme`.
        arguments: of the method, one tuple per event, or one for all events.
    """

    shown: str
    what: str
    events: tuple[str, ...] = ()
    action: str = ""
    arguments: tuple[tuple, ...] = ((),)

    def bindings(self) -> list[tuple[str, tuple]]:
        """Each event with its arguments. On macOS, Command does the same as Ctrl."""
        arguments = self.arguments if len(self.arguments) == len(self.events) else self.arguments * len(self.events)
        bound = list(zip(self.events, arguments, strict=True))
        if sys.platform == "darwin":
            bound += [(event.replace("Control", "Command"), each) for event, each in bound if "Control" in event]
        return bound


DIGITS = tuple((index,) for index in range(10))

GROUPS = {
    "Look": (
        Key("hover", "decode the place under the mouse"),
        Key("wheel", "zoom at the mouse"),
        Key("drag", "move the map"),
        Key("arrows", "move the cursor; with Shift in large steps", (), "active.panel.step_cursor"),
        Key("Tab", "go to the next control; Space or Enter presses it, Esc goes back to the map"),
        Key("space", "freeze or unfreeze the cursor", ("<space>",), "freeze_cursor"),
        Key("+", "zoom in at the cursor", ("<plus>", "<equal>", "<KP_Add>"), "active.panel.zoom_at_cursor", ((1,),)),
        Key("-", "zoom out at the cursor", ("<minus>", "<KP_Subtract>"), "active.panel.zoom_at_cursor", ((-1,),)),
        Key("r", "reset the view", ("<r>", "<R>"), "reset_view"),
        Key("c", "next colouring: class, error, distance, …", ("<c>", "<C>"), "pane.colouring.next"),
        Key("b", "next background: density, error, sensitivity, drift", ("<b>", "<B>"), "pane.background.next"),
        Key("l", "show or hide the names of the classes", ("<l>", "<L>"), "shared.toggle_layer", (("labels",),)),
        Key("h", "show or hide the points", ("<h>", "<H>"), "shared.toggle_layer", (("points",),)),
        Key("q", "toggle prior-quantile axes: flatten the map by the prior", ("<q>", "<Q>"), "toggle_coordinates"),
        Key(
            "o", "show or hide the round trip: the decoded picture, encoded again", ("<o>", "<O>"), "toggle_round_trip"
        ),
        Key("x", "nearest real images: on the map or in pixels", ("<x>", "<X>"), "inspector.strip.other"),
        Key("g", "draw new images", ("<g>", "<G>"), "draw_new"),
        Key(
            "w",
            "turn the plane of a map of more than two dimensions through PC 1/2, PC 3/4, …, or stop it",
            ("<w>", "<W>"),
            "pane.turning.play",
        ),
        Key("t", "light or dark theme", ("<t>", "<T>"), "shared.toggle_theme"),
        Key("PgDn", "show the next space", ("<Next>",), "step_space", ((1,),)),
        Key("PgUp", "show the previous space", ("<Prior>",), "step_space", ((-1,),)),
        Key(
            "u", "start or end the tour; PgDn and PgUp go to the next and previous stop", ("<u>", "<U>"), "toggle_tour"
        ),
    ),
    "Compare": (
        Key("v", "show a second map beside this one, or close it", ("<v>", "<V>"), "beside.toggle"),
        Key("Shift + PgDn", "compare with the next space", ("<Shift-Next>",), "beside.step", ((1,),)),
        Key("Shift + PgUp", "compare with the previous space", ("<Shift-Prior>",), "beside.step", ((-1,),)),
        Key("k", "link the views of two maps: both zoom to the same images", ("<k>", "<K>"), "toggle_link"),
        Key("m", "morph: move the points from one map to the other, and back", ("<m>", "<M>"), "beside.play_morph"),
    ),
    "Mark": (
        Key("click on the map", "pin the nearest image"),
        Key("Enter", "pin the image nearest to the cursor", ("<Return>", "<KP_Enter>"), "pin_nearest"),
        Key(
            "/ or Ctrl + f",
            "search: an image, a class, a value of a column, or a code",
            ("<slash>", "<KP_Divide>", "<Control-f>", "<Control-F>"),
            "search.begin",
        ),
        Key("n", "next image in the list of the tab Find", ("<n>", "<N>"), "step_list", ((1,),)),
        Key("Shift + n", "previous image in that list", ("<Shift-N>", "<Shift-n>"), "step_list", ((-1,),)),
        Key("click on a class", "hide it, or show it again"),
        Key("Shift + click on a class", "show only this class, or all again"),
        Key("0 – 9", "hide or show a class", tuple(f"<Key-{d}>" for d in range(10)), "toggle_class", DIGITS),
        Key("a", "show all classes", ("<a>", "<A>"), "shared.show_all_classes"),
        Key("s", "select by dragging: with a lasso, then with a rectangle", ("<s>", "<S>"), "next_select_tool"),
        Key("Shift + drag", "while selecting: add to the selection; Alt or Ctrl + drag removes from it"),
        Key("e", "stop selecting: dragging moves the map again", ("<e>", "<E>"), "shared.use", (("explore",),)),
        Key("d", "draw something and see where it lands", ("<d>", "<D>"), "inspector.show_tab", (("Draw",),)),
        Key("Ctrl + z", "undo: pins, selection, hidden classes", ("<Control-z>", "<Control-Z>"), "undo"),
        Key(
            "Ctrl + Shift + z",
            "redo; also Ctrl + y",
            ("<Control-Shift-Z>", "<Control-Shift-z>", "<Control-y>", "<Control-Y>"),
            "redo",
        ),
        Key(
            "Esc",
            "cancel a computation; otherwise close a message, stop a turn, end a morph or the tour, remove the pins, "
            "or clear the selection",
            ("<Escape>",),
            "cancel",
        ),
    ),
    "Save": (
        Key("p", "save a picture of the map, PNG or SVG", ("<p>", "<P>"), "save_picture"),
        Key("Ctrl + s", "save the workspace", ("<Control-s>", "<Control-S>"), "save_workspace"),
        Key("Ctrl + o", "open a workspace", ("<Control-o>", "<Control-O>"), "open_workspace"),
        Key("Ctrl + Shift + o", "open the folder of a space", ("<Control-Shift-O>", "<Control-Shift-o>"), "open_space"),
        Key("Ctrl + q", "quit", ("<Control-q>", "<Control-Q>"), "close"),
        Key("?", "this list", ("<question>", "<F1>"), "show_help"),
    ),
}
KEYS = tuple(key for group in GROUPS.values() for key in group)

ARROWS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, 1), "Down": (0, -1)}

# Keyboards without Latin letters: keys are recognised by their position, the X11 keycode.
ROWS = {24: "qwertyuiop", 38: "asdfghjkl", 52: "zxcvbnm"}
SHIFT, CONTROL = 0x1, 0x4  # in an event's state
PLACES = {first + place: letter for first, row in ROWS.items() for place, letter in enumerate(row)}


def latin_sequences(event: tk.Event) -> list[str]:
    """The events that a key sends on a Latin keyboard, most specific first, if the layout gives it a letter of another
    script; empty for all other keys."""
    if not event.char.isalpha() or event.char.isascii():
        return []
    letter = chr(event.keycode).lower() if sys.platform == "win32" else PLACES.get(event.keycode)
    if letter is None:
        return []
    if event.state & CONTROL:
        return [f"<Control-{letter}>"]
    return [f"<Shift-{letter.upper()}>", f"<{letter.upper()}>"] if event.state & SHIFT else [f"<{letter}>"]


def shown_for(action: str, arguments: tuple = ()) -> str:
    """The key that calls an action with these arguments, as users read it; empty if there is none."""
    return next((key.shown for key in KEYS if key.action == action and arguments in key.arguments), "")


def as_markdown() -> str:
    """The table in Markdown, for the docs."""
    rows = [f"| {key.shown.replace('|', chr(92) + '|')} | {key.what} |" for key in KEYS]
    return "\n".join(["| key or mouse | what it does |", "|---|---|", *rows])
