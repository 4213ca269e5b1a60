"""Keys and mouse, in one table: the window binds it, the help window and the README show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """One row.

    Attributes:
        shown: as people read it.
        what: what it does, for people.
        events: Tk event sequences to bind; none where the map itself handles it.
        action: the name of the window's method.
        arguments: for the method, one tuple per event, or one for all.
    """

    shown: str
    what: str
    events: tuple[str, ...] = ()
    action: str = ""
    arguments: tuple[tuple, ...] = ((),)

    def bindings(self) -> list[tuple[str, tuple]]:
        """Each event with the arguments that go with it."""
        arguments = self.arguments if len(self.arguments) == len(self.events) else self.arguments * len(self.events)
        return list(zip(self.events, arguments, strict=True))


DIGITS = tuple((index,) for index in range(10))

KEYS = (
    Key("hover", "decode the place under the mouse"),
    Key("wheel", "zoom at the mouse"),
    Key("drag", "move the map"),
    Key("click on a class", "hide it, or show it again"),
    Key("Shift + click on a class", "show it alone, or all again"),
    Key("arrows", "move the cursor; with Shift in large steps", (), "step_cursor"),
    Key("0 – 9", "hide or show a class", tuple(f"<Key-{d}>" for d in range(10)), "toggle_class", DIGITS),
    Key("a", "show all classes", ("<a>", "<A>"), "show_all_classes"),
    Key("+", "zoom in at the cursor", ("<plus>", "<equal>", "<KP_Add>"), "zoom", ((1,),)),
    Key("-", "zoom out at the cursor", ("<minus>", "<KP_Subtract>"), "zoom", ((-1,),)),
    Key("r", "reset the view", ("<r>", "<R>"), "reset_view"),
    Key("t", "light or dark theme", ("<t>", "<T>"), "toggle_theme"),
    Key("Esc", "cancel what is being computed", ("<Escape>",), "cancel"),
    Key("?", "this list", ("<question>", "<F1>"), "show_help"),
)

ARROWS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, 1), "Down": (0, -1)}


def as_markdown() -> str:
    """The table for the README."""
    rows = [f"| {key.shown.replace('|', chr(92) + '|')} | {key.what} |" for key in KEYS]
    return "\n".join(["| key or mouse | what it does |", "|---|---|", *rows])
