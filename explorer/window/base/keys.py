"""Keys and mouse, in one table: the window binds it, the help window and the README show it."""

from __future__ import annotations

import sys
import tkinter as tk
from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """One row.

    Attributes:
        shown: as people read it.
        what: what it does, for people.
        events: Tk event sequences to bind; none where the map itself handles it.
        action: what is called, as one gets to it from the window: a method of its own, or of one of its parts.
        arguments: for the method, one tuple per event, or one for all.
    """

    shown: str
    what: str
    events: tuple[str, ...] = ()
    action: str = ""
    arguments: tuple[tuple, ...] = ((),)

    def bindings(self) -> list[tuple[str, tuple]]:
        """Each event with the arguments that go with it; on macOS, Command does what Ctrl does."""
        arguments = self.arguments if len(self.arguments) == len(self.events) else self.arguments * len(self.events)
        bound = list(zip(self.events, arguments, strict=True))
        if sys.platform == "darwin":
            bound += [(event.replace("Control", "Command"), each) for event, each in bound if "Control" in event]
        return bound


DIGITS = tuple((index,) for index in range(10))
STEPS = ((1,), (-1,))

KEYS = (
    Key("hover", "decode the place under the mouse"),
    Key("wheel", "zoom at the mouse"),
    Key("drag", "move the map"),
    Key("click on the map", "pin the nearest image"),
    Key("click on a class", "hide it, or show it again"),
    Key("Shift + click on a class", "show it alone, or all again"),
    Key("arrows", "move the cursor; with Shift in large steps", (), "active.panel.step_cursor"),
    Key("space", "hold the cursor, to reach for what is beside the map; let it go", ("<space>",), "hold_cursor"),
    Key("0 – 9", "hide or show a class", tuple(f"<Key-{d}>" for d in range(10)), "toggle_class", DIGITS),
    Key("a", "show all classes", ("<a>", "<A>"), "shared.show_all_classes"),
    Key("+", "zoom in at the cursor", ("<plus>", "<equal>", "<KP_Add>"), "active.panel.zoom_at_cursor", ((1,),)),
    Key("-", "zoom out at the cursor", ("<minus>", "<KP_Subtract>"), "active.panel.zoom_at_cursor", ((-1,),)),
    Key("r", "reset the view", ("<r>", "<R>"), "reset_view"),
    Key(
        "PgDn / PgUp", "show the next space of the menu, or the one before", ("<Next>", "<Prior>"), "step_space", STEPS
    ),
    Key("u", "the tour through the spaces: PgDn and PgUp lead on and back, Esc ends it", ("<u>", "<U>"), "toggle_tour"),
    Key("v", "compare: a second map beside this one, or this one alone again", ("<v>", "<V>"), "beside.toggle"),
    Key(
        "Shift + PgDn / PgUp",
        "compare with the next space, or the one before",
        ("<Shift-Next>", "<Shift-Prior>"),
        "beside.step",
        STEPS,
    ),
    Key("k", "link two maps: both zoom to the same images", ("<k>", "<K>"), "toggle_link"),
    Key("m", "morph: the points move from one map to the other, and back", ("<m>", "<M>"), "beside.play_morph"),
    Key("q", "see the map through the quantiles of the prior, or plainly again", ("<q>", "<Q>"), "toggle_coordinates"),
    Key("g", "draw new images from the prior", ("<g>", "<G>"), "draw_new"),
    Key("o", "round trip: where the decoded picture is encoded to", ("<o>", "<O>"), "toggle_round_trip"),
    Key("x", "nearest real images on the map, or in their pixels", ("<x>", "<X>"), "inspector.strip.other"),
    Key("c", "colour by the next thing: class, error, distance, …", ("<c>", "<C>"), "pane.colouring.next"),
    Key("b", "next background: density, error, sensitivity, drift", ("<b>", "<B>"), "pane.background.next"),
    Key("l", "show or hide the names of the classes on the map", ("<l>", "<L>"), "shared.toggle_layer", (("labels",),)),
    Key("h", "show or hide the points", ("<h>", "<H>"), "shared.toggle_layer", (("points",),)),
    Key("p", "save a picture of the map, PNG or SVG", ("<p>", "<P>"), "save_picture"),
    Key("t", "light or dark theme", ("<t>", "<T>"), "shared.toggle_theme"),
    Key("Enter", "pin the image nearest to the cursor", ("<Return>", "<KP_Enter>"), "pin_nearest"),
    Key(
        "/ or Ctrl + f",
        "search: an image, a class, a value of a column, or a code",
        ("<slash>", "<KP_Divide>", "<Control-f>", "<Control-F>"),
        "search.begin",
    ),
    Key("n", "the next image of the list under Find", ("<n>", "<N>"), "step_list", ((1,),)),
    Key("Shift + n", "the one before it", ("<Shift-N>", "<Shift-n>"), "step_list", ((-1,),)),
    Key("d", "draw something and see where it lands", ("<d>", "<D>"), "inspector.show_tab", (("Draw",),)),
    Key("s", "select by dragging: with a lasso, then with a rectangle", ("<s>", "<S>"), "next_select_tool"),
    Key("Shift + drag", "with these tools: add to the selection; with Alt or Ctrl, remove from it"),
    Key("e", "explore again: dragging moves the map", ("<e>", "<E>"), "shared.use", (("explore",),)),
    Key("Ctrl + s", "save the workspace", ("<Control-s>", "<Control-S>"), "save_workspace"),
    Key("Ctrl + o", "open a workspace", ("<Control-o>", "<Control-O>"), "open_workspace"),
    Key(
        "Esc",
        "cancel what is being computed, else dismiss a message, end a morph or the tour, or remove pins or selection",
        ("<Escape>",),
        "cancel",
    ),
    Key("?", "this list", ("<question>", "<F1>"), "show_help"),
)

ARROWS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, 1), "Down": (0, -1)}

# Where a keyboard has no Latin letters, its keys are known by their places: by the keycodes of X11.
ROWS = {24: "qwertyuiop", 38: "asdfghjkl", 52: "zxcvbnm"}
SHIFT, CONTROL = 0x1, 0x4  # in an event's state
PLACES = {first + place: letter for first, row in ROWS.items() for place, letter in enumerate(row)}


def latin_sequences(event: tk.Event) -> list[str]:
    """The events that a key would have sent on a Latin keyboard, most special first, where the layout has given it a
    letter of another script; none for all other keys."""
    if not event.char.isalpha() or event.char.isascii():
        return []
    letter = chr(event.keycode).lower() if sys.platform == "win32" else PLACES.get(event.keycode)
    if letter is None:
        return []
    if event.state & CONTROL:
        return [f"<Control-{letter}>"]
    return [f"<Shift-{letter.upper()}>", f"<{letter.upper()}>"] if event.state & SHIFT else [f"<{letter}>"]


def as_markdown() -> str:
    """The table for the README."""
    rows = [f"| {key.shown.replace('|', chr(92) + '|')} | {key.what} |" for key in KEYS]
    return "\n".join(["| key or mouse | what it does |", "|---|---|", *rows])
