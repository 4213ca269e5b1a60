"""Name ten: the labels are taken away, and a few images that a person names colour all others."""

from __future__ import annotations

import time
import tkinter as tk
from tkinter import ttk

import numpy as np

from explorer.analysis.analyses import ORIGINALS
from explorer.drawing import picture
from explorer.session import finding
from explorer.session.state import Place
from explorer.spaces.latent_space import LatentSpace
from explorer.uses.naming import FEWEST_CLASSES, JUDGED_RIVALS, MOST_CLASSES, Judged, Name, Questions, judged
from explorer.window.base.scale import px
from explorer.window.base.widgets import (
    Later,
    box_on_screen,
    button,
    class_dots,
    explain,
    pack_if,
    packed,
    picture_canvas,
    wrap_with,
)
from explorer.window.inspector.part import Part
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext

PICTURE, DOT, GAP = 66, 11, 12  # pixels: sides of the picture and of a dot, between the picture and the classes
SHORT, LONG = (2, 1, 5), (14, 12, 2)  # letters of a class that are shown, width of its button in letters, columns
THIS = "this map"
ABOUT = """How far do a few labels reach? Take the labels away and name some images: \
every other image gets the name of the nearest named one."""
ABOUT_RESULT = """test images whose nearest named image gives them the right name: by their codes in this space,
and with the same named images by pixels and by the codes of other spaces"""
TIPS = {
    "Ask me": "shows the training image whose name helps most; it is chosen without any label",
    "By its label": "gives the image its true label from the data set",
    "Undo": "takes the last name back",
    "End": "shows the true classes again",
}


class NamingPanel(Part):
    """Asks a person to name images, and shows how many test images get the right name from them.

    The names are in the shared state, so all maps of the same images are coloured by them.

    Args:
        parent: widget.
        context: of the map.

    Attributes:
        canvas: shows the picked image.
    """

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._seen = self._asks = False  # whether it is visible; whether it asks for the next image by itself
        self._picked: int | None = None  # the data row of the image to name
        self._classes: tuple[str, ...] = ()
        self._judged: tuple[LatentSpace | None, Judged | None] = None, None  # a space with its test images
        self._dot, self._tell_later = class_dots(self, px(DOT)), Later(self, self._tell)
        self._about = ttk.Label(self, justify="left")
        tip = "the dots lose the colours of their true classes until you end this"
        self._begin_button = button(self, "Take the labels away", self.begin, tip)
        self._game = ttk.Frame(self)
        self._result = packed(ttk.Label(self._game, style="Key.TLabel"), anchor="w")
        top = packed(ttk.Frame(self._game), fill="x", pady=px(4, 2))
        self.canvas, self._picture = picture_canvas(top, width=px(PICTURE), height=px(PICTURE))
        self.canvas.pack(side="left", anchor="n", padx=px(0, GAP))
        self._class_buttons = packed(ttk.Frame(top), anchor="w")
        row = packed(ttk.Frame(self._game), fill="x", pady=px(0, 4))
        commands = (self.ask, self._give, self._take_back, self.end)
        self._buttons = [button(row, text, do, tip) for do, (text, tip) in zip(commands, TIPS.items(), strict=True)]
        for each in self._buttons:
            each.pack(side="left", padx=px(0, 6))
        small = {"style": "Faint.TLabel", "font": "ExplorerSmall"}
        self._others = packed(ttk.Label(self._game, **small), fill="x")
        wrap_with(self, self._about, self._others)
        for label in (self._result, self._others):
            explain(label, ABOUT_RESULT)
        self.hear(self._show, context.ready, only=(ORIGINALS, JUDGED_RIVALS))
        signals = self._shared.names_changed, self._shared.theme_changed, self._state.coordinates_changed
        self.hear_now(self._show, *signals, context.probe_changed)

    @staticmethod
    def suits(space: LatentSpace) -> bool:
        """Whether a space has images of a few classes."""
        return space.has_pictures and FEWEST_CLASSES <= len(space.class_names) <= MOST_CLASSES

    def attend(self, seen: bool) -> None:
        """Tells the panel whether it is visible from now on."""
        self._seen = seen
        self._tell_later()

    # ---- what a person does --------------------------------------------------------------------------

    def begin(self) -> None:
        """Takes the labels away."""
        self._context.need(JUDGED_RIVALS)
        self._shared.colour_by("class")
        self._shared.names = ()

    def end(self) -> None:
        """Shows the true classes again."""
        self._shared.names = None

    def pick(self, space: LatentSpace, place: Place) -> bool:
        """Picks the training image nearest to a place on the map of a space. Returns whether images are named now."""
        if self._seen and (images := self._probe.result(ORIGINALS)) is not None:
            self._asks = False
            self._show_picked(finding.nearest(space, self._shared, place, len(images.x_train)))
        return self._seen

    def ask(self) -> None:
        """Asks for the image whose name helps most, and for the next one whenever it has a name."""
        space, images, names, self._asks = self._probe.space, self._probe.result(ORIGINALS), self._shared.names, True
        if images is None or names is None:
            return
        named = space.indices_of(np.array([row for row, _ in names]))

        def find(*_: object) -> int | None:
            return Questions(space.codes, np.flatnonzero(space.rows < len(images.x_train))).next(named)

        def show(point: int | None) -> None:
            if point is not None and space is self._probe.space and self._shared.names is not None:
                self._show_point(point)
                self._show_picked(int(space.rows[point]))

        self._context.workers.start("question", find, show, self._on_failure)

    def _give(self, label: int | None = None) -> None:
        """Gives the picked image a class, by default the true one. The accuracy is shown before the map is drawn anew,
        which takes longer."""
        started, row, space = time.perf_counter(), self._picked, self._probe.space
        label = int(space.labels[space.index_of(row)]) if label is None else label
        names = (*(name for name in self._shared.names or () if name[0] != row), (row, label))
        shares = self._show_result(names)
        self.update_idletasks()
        ms = round((time.perf_counter() - started) * 1000, 3)
        told = {"row": row, "label": label, "labels": len(names), "accuracy": shares[THIS], "all": shares}
        self._context.trace.write("named", ms=ms, **told)
        self._picked = None
        self._shared.names = names
        if self._asks:
            self.ask()

    def _take_back(self) -> None:
        *names, (row, _) = self._shared.names
        self._shared.names = tuple(names)
        self._show_picked(row)

    def _show_picked(self, row: int | None) -> None:
        self._picked = row
        self._show()

    # ---- showing ---------------------------------------------------------------------------------

    def _show(self) -> None:
        """Shows the picked image, the marks and the accuracies."""
        space, images, names = self._probe.space, self._probe.result(ORIGINALS), self._shared.names
        playing, why = names is not None and self.suits(space), self._probe.unavailable(ORIGINALS)
        self._about.configure(text=f"{ABOUT}\nIt needs the images: {why}." if why else ABOUT)
        self._begin_button.configure(state="disabled" if images is None else "normal")
        pack_if(self._about, not playing, fill="x")
        pack_if(self._begin_button, not playing, anchor="w", pady=px(8, 0))
        pack_if(self._game, playing, fill="x")
        if not playing:
            self._picked, self._asks = None, False
        self._tell_later()
        self._show_marks(names if playing else ())
        if not playing:
            return
        self._make_class_buttons(space.class_names)
        row = None if self._picked is None or space.index_of(self._picked) is None else self._picked
        self.canvas.configure(background=self._theme.lines if row is None else self._theme.paper)
        shown = None if row is None or images is None else images.images(np.array([row]))[0]
        self._picture.show(None if shown is None else picture.scaled(shown, px(PICTURE)).convert("RGB"))
        _, by_label, undo, _ = self._buttons
        for each in (by_label, *self._class_buttons.winfo_children()):
            each.configure(state="disabled" if row is None else "normal")
        undo.configure(state="normal" if names else "disabled")
        self._show_result(names)

    def _tell(self) -> None:
        self.update_idletasks()  # for the places of the buttons
        buttons = [self._begin_button, *self._buttons, *self._class_buttons.winfo_children()]
        self._context.trace.write("naming", row=self._picked, buttons=[*map(box_on_screen, buttons)])

    def _show_marks(self, names: tuple[Name, ...]) -> None:
        """Marks the named images with their classes, and the picked one with a question mark."""
        space, marks = self._probe.space, []
        texts = [(row, space.class_names[label]) for row, label in names]
        for row, text in texts if self._picked is None else [*texts, (self._picked, "?")]:
            if (point := space.index_of(row)) is not None:
                marks.append(Mark(tuple(space.places[point].tolist()), text if len(text) <= SHORT[0] else ""))
        self._context.marks.show("named", tuple(marks))

    def _make_class_buttons(self, classes: tuple[str, ...]) -> None:
        if classes == self._classes:
            return
        self._classes = classes
        for each in self._class_buttons.winfo_children():
            each.destroy()
        letters, width, columns = SHORT if max(map(len, classes)) <= SHORT[0] else LONG
        for label, name in enumerate(classes):
            style = {"image": self._dot(label), "compound": "left", "style": "Tool.TButton", "width": width}
            text, give = name[:letters], lambda label=label: self._give(label)
            made = button(self._class_buttons, text, give, f"this is {name}", **style)
            made.grid(row=label // columns, column=label % columns, padx=px(0, 4), pady=px(0, 4))

    def _show_result(self, names: tuple[Name, ...]) -> dict[str, float | None]:
        """Shows how many test images get the right name, and returns it as shares; None where it is unknown."""
        space, images = self._probe.space, self._probe.result(ORIGINALS)
        if images is not None and self._judged[0] is not space:
            self._judged = space, judged(space, len(images.x_train))
        judges = {THIS: None if images is None else self._judged[1]}
        judges |= {
            name: each for name, each in (self._probe.result(JUDGED_RIVALS) or {}).items() if name != space.title
        }
        shares = {name: each.accuracy(names) if each and names else None for name, each in judges.items()}
        said = f"{len(names)} named: {100 * (shares[THIS] or 0):.1f} % of test {space.image_noun} right"
        self._result.configure(text=said if names else "Click a dot on the map, or press Ask me")
        others = [f"{name} –" if each is None else f"{name} {100 * each:.0f}\u00a0%" for name, each in shares.items()]
        self._others.configure(text=f"By {', '.join(others[1:])}" if names and others[1:] else "")
        return shares
