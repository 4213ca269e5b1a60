"""A drawing pad, and where the drawing lands on the map."""

from __future__ import annotations

import string
import time
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tkinter import filedialog, ttk
from typing import Any

import numpy as np
from PIL import Image, ImageTk

from explorer.analysis.analyses import NOVELTY, ORIGINALS
from explorer.analysis.novelty import RATHER, VERY, Novelty
from explorer.analysis.probe import What, shortened
from explorer.drawing import picture
from explorer.drawing.themes import THEMES, class_colour
from explorer.errors import UserError
from explorer.images import handwriting
from explorer.session.state import Place, SharedState
from explorer.space import files
from explorer.window.base.widgets import add_tooltip
from explorer.window.map.marks import Mark
from explorer.window.pane.context import MapContext
from explorer.window.pane.dialogs import ask_for_file

BLACK, WHITE, HINT = "#000000", "#ffffff", "#8a8a8a"  # of the pad, on both themes, as in the images
PEN, THINNEST, THICKEST = 0.085, 0.03, 0.17  # widths as shares of the pad's side
LEAST_HEIGHT, LEAST_WIDTH = 210, 330  # pixels that all of it needs
RESULTS_SHARE, WIDEST_RESULTS = 0.45, 310  # of the width, and pixels: what is shown beside the pad
TOOLS, KEPT, GAP, ROWS = 32, 30, 10, 6  # pixels: heights of rows below the pad, between parts, between rows
SMALL_TEXT, LINE, BAR = 15, 19, 8  # pixels: heights of lines of text, and of the gauge
THUMBNAILS, LARGEST_THUMBNAIL, KEPT_SIZE, LETTER = 5, 56, 28, 16  # how many; pixels
SEEN = 60  # nearest points that training images are looked for among
SMALL = "TkSmallCaptionFont"
MARK, KEPT_MARKS, SLOT = "drawing", "kept drawings", "picture file"
PICTURES = ("Pictures", "*.png *.jpg *.jpeg *.gif *.bmp *.webp *.tif *.tiff *.ppm *.pgm"), ("All files", "*")


@dataclass(frozen=True)
class Landing:
    """A drawing that was encoded.

    Attributes:
        image: what the encoder got, as the space's images, float32 in [0, 1].
        code: (d,) float32.
        place: of the code on the map.
        rebuilt: the decoded code, as `image`.
        nearest: the nearest training points on the map, nearest first, (k,) intp.
        novelty: how unusual the image is; None until that can be told.
    """

    image: np.ndarray
    code: np.ndarray
    place: Place
    rebuilt: np.ndarray
    nearest: np.ndarray
    novelty: Novelty | None

    def as_fields(self, space: files.LatentSpace) -> dict[str, Any]:
        """For the trace: where it landed, the nearest points' labels, and its oddness as a share."""
        nearest = space.labels[self.nearest].tolist()
        return {"z": self.code.tolist(), "nearest": nearest, "oddness": self.novelty and self.novelty.share}


@dataclass
class _Kept:
    """A drawing that was kept: its letter, what is on its paper, and where it lands, once that is known."""

    letter: str
    levels: np.ndarray
    place: Place | None = None
    photo: ImageTk.PhotoImage | None = None


class DrawTab(ttk.Frame):
    """A drawing pad, and where the drawing lands on the map.

    Of all moves of the pen in the queue, only the latest is looked at, when Tk is idle. What does not fit into the
    tab is scrolled to.

    Args:
        parent: widget.
        context: what the window works with.
    """

    title = "Draw"

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, padding=(2, 10, 2, 2))
        self._context = context
        self._paper = handwriting.Paper()
        self._image: np.ndarray | None = None
        self._landing: Landing | None = None
        self._kept: list[_Kept] = []
        self._pen_down = False
        self._since: float | None = None  # when the first move was handled that has not been looked at
        self._side, self._size = 1, (0, 0)
        self._results_size = 1, 1
        self._folder: str | None = None  # that a file was last taken from, or put into
        self._build()
        context.probe_changed.connect(self._on_probe)
        context.ready.connect(self._on_ready)
        context.shared.theme_changed.connect(self._dress)
        self._dress(context.shared)
        self._enable_buttons()

    # ---- building --------------------------------------------------------------------------------

    def _build(self) -> None:
        self._view = tk.Canvas(self, highlightthickness=0, borderwidth=0)
        self._scrollbar = ttk.Scrollbar(self, command=self._view.yview)
        self._view.configure(yscrollcommand=self._scrollbar.set)
        self._view.pack(side="left", fill="both", expand=True)
        self._inner = inner = ttk.Frame(self._view)
        self._window = self._view.create_window(0, 0, anchor="nw", window=inner)
        self._pad = tk.Canvas(inner, background=BLACK, highlightthickness=0, borderwidth=0, cursor="pencil")
        self._paper_item = self._pad.create_image(0, 0, anchor="nw")
        self._hint = self._pad.create_text(0, 0, text="draw here", fill=HINT, font="ExplorerValue")
        self._results = tk.Canvas(inner, highlightthickness=0, borderwidth=0)
        self._board_item = self._results.create_image(0, 0, anchor="nw")
        self._photo = ImageTk.PhotoImage("RGB", (1, 1), master=self)  # of all pictures beside the pad: one is quicker
        self._kept_view = tk.Canvas(inner, height=KEPT, highlightthickness=0, borderwidth=0)
        self._tools = ttk.Frame(inner)
        self._buttons: dict[str, ttk.Button] = {}
        self._tips: list[tuple[tk.Widget, str]] = []  # as long as they are not made
        commands: tuple[tuple[str, str, Callable[[], None]], ...] = (
            ("Undo", "take back the last stroke (Ctrl + z over the pad)", self.undo),
            ("Clear", "an empty pad", self.clear),
            ("Keep", "leave its place marked on the map by a letter", self.keep),
            ("Open…", "a picture file instead of a drawing", self.open_file),
            ("Save…", "the prepared image as PNG", self.save_file),
        )
        for name, tip, command in commands:
            button = ttk.Button(self._tools, text=name, command=command, takefocus=False, style="Tool.TButton")
            button.pack(side="left", padx=(0, 4))
            self._buttons[name] = button
            self._tips.append((button, tip))
        self._pen = ttk.Scale(self._tools, from_=THINNEST, to=THICKEST, value=PEN, takefocus=False)
        self._pen.pack(side="left", fill="x", expand=True, padx=(6, 2))
        self._tips.append((self._pen, "width of the pen"))
        self._view.bind("<Configure>", self._on_configure)
        for event, handler in {
            "<ButtonPress-1>": self._on_press,
            "<B1-Motion>": self._on_move,
            "<ButtonRelease-1>": self._on_release,
            "<Control-z>": lambda event: self.undo(),
        }.items():
            self._pad.bind(event, handler)
        for widget in (self._results, self._tools):
            self._bind_wheel(widget, lambda notches: self._view.yview_scroll(notches, "units"))
        self._bind_wheel(self._kept_view, lambda notches: self._kept_view.xview_scroll(notches, "units"))
        self._kept_view.configure(xscrollincrement=KEPT_SIZE)
        self._view.configure(yscrollincrement=SMALL_TEXT)
        self.bind("<Map>", self._on_map)

    def _bind_wheel(self, widget: tk.Misc, scroll: Callable[[int], None]) -> None:
        widget.bind("<Button-4>", lambda event: scroll(-1))
        widget.bind("<Button-5>", lambda event: scroll(+1))
        widget.bind("<MouseWheel>", lambda event: scroll(-1 if event.delta > 0 else 1))

    # ---- room and looks --------------------------------------------------------------------------

    def _pad_on_screen(self) -> list[int]:
        """The pad in screen pixels: x, y, width, height."""
        return [self._pad.winfo_rootx(), self._pad.winfo_rooty(), self._side, self._side]

    def _on_configure(self, event: tk.Event) -> None:
        if (event.width, event.height) != self._size:
            self._size = event.width, event.height
            self._arrange()

    def _arrange(self) -> None:
        """Gives every part its room: the pad as much as the results beside it leave."""
        if self._size == (0, 0):
            return
        kept = KEPT + ROWS if self._kept else 0
        least = LEAST_HEIGHT + kept
        width, height = max(self._size[0], LEAST_WIDTH), max(self._size[1], least)
        scrolls = self._size[1] < least
        if scrolls != bool(self._scrollbar.winfo_manager()):
            if scrolls:
                self._scrollbar.pack(side="right", fill="y", before=self._view)
            else:
                self._scrollbar.pack_forget()
        above = height - TOOLS - ROWS - kept
        beside = min(round(RESULTS_SHARE * width), WIDEST_RESULTS)
        self._side = min(above, width - beside - GAP)
        beside = width - self._side - GAP
        self._results_size = beside, above
        self._view.itemconfigure(self._window, width=width, height=height)
        self._view.configure(scrollregion=(0, 0, width, height))
        self._pad.place(x=0, y=0, width=self._side, height=self._side)
        self._results.place(x=self._side + GAP, y=0, width=beside, height=above)
        if kept:
            self._kept_view.place(x=0, y=above + ROWS, width=width, height=KEPT)
        else:
            self._kept_view.place_forget()
        self._tools.place(x=0, y=height - TOOLS, width=width, height=TOOLS)
        self._pad.coords(self._hint, self._side / 2, self._side / 2)
        self._show_paper()
        self._show_results()
        self._show_kept()

    def _dress(self, shared: SharedState) -> None:
        """Takes on the theme."""
        theme = THEMES[shared.theme]
        for canvas in (self._view, self._results, self._kept_view):
            canvas.configure(background=theme.paper)
        ttk.Style(self).configure("Tool.TButton", padding=(5, 3))
        self._show_results()
        self._show_kept()

    def _on_map(self, event: tk.Event) -> None:
        for widget, tip in self._tips:
            add_tooltip(widget, tip)
        self._tips.clear()
        self._look_when_idle()

    # ---- the pen ---------------------------------------------------------------------------------

    def _on_press(self, event: tk.Event) -> None:
        self._pad.focus_set()
        self._pen_down = True
        self._pad.itemconfigure(self._hint, state="hidden")
        self._paper.begin(self._point(event), float(self._pen.get()))
        radius = self._pen_width() / 2
        box = event.x - radius, event.y - radius, event.x + radius, event.y + radius
        self._pad.create_oval(*box, fill=WHITE, outline="", tags="stroke")
        self._at = event.x, event.y
        self._look_when_idle()

    def _on_move(self, event: tk.Event) -> None:
        if self._pen_down and (event.x, event.y) != self._at:
            self._paper.extend(self._point(event))
            ends = *self._at, event.x, event.y
            self._pad.create_line(*ends, width=self._pen_width(), fill=WHITE, capstyle="round", tags="stroke")
            self._at = event.x, event.y
            self._look_when_idle()

    def _on_release(self, event: tk.Event) -> None:
        if self._pen_down:
            self._on_move(event)
            self._pen_down = False
            self._show_paper()

    def _point(self, event: tk.Event) -> handwriting.Point:
        return event.x / self._side, event.y / self._side

    def _pen_width(self) -> float:
        return float(self._pen.get()) * self._side

    def _show_paper(self) -> None:
        """Shows what is on the paper, in place of the strokes drawn meanwhile."""
        self._pad.delete("stroke")
        self._pad.itemconfigure(self._hint, state="hidden" if self._paper.layers else "normal")
        paper = Image.fromarray(self._paper.levels).resize((self._side, self._side), Image.Resampling.BILINEAR)
        self._paper_photo = ImageTk.PhotoImage(paper, master=self)
        self._pad.itemconfigure(self._paper_item, image=self._paper_photo)

    # ---- what the buttons do ---------------------------------------------------------------------

    def undo(self) -> None:
        """Takes back the last stroke, or the picture that was opened."""
        self._pen_down = False
        self._paper.undo()
        self._show_paper()
        self._look_when_idle()

    def clear(self) -> None:
        self._pen_down = False
        self._paper.clear()
        self._show_paper()
        self._look_when_idle()

    def keep(self) -> None:
        """Keeps the drawing's place on the map, marked by the next free letter."""
        if self._landing is None:
            self._context.say("there is no place to keep: nothing has landed on the map")
            return
        taken = {kept.letter for kept in self._kept}
        letter = next((letter for letter in string.ascii_lowercase if letter not in taken), None)
        if letter is None:
            self._context.say(f"{len(taken)} drawings are kept already: remove one first")
            return
        self._kept.append(_Kept(letter, self._paper.levels.copy(), self._landing.place))
        self._kept.sort(key=lambda kept: kept.letter)
        self._mark_kept()
        self._arrange()

    def _forget(self, kept: _Kept) -> None:
        self._kept.remove(kept)
        self._mark_kept()
        self._arrange()

    def open_file(self) -> None:
        """Asks for a picture file and puts it on the pad."""
        path = ask_for_file(
            filedialog.askopenfilename,
            self._context,
            self,
            title="Open a picture",
            filetypes=PICTURES,
            initialdir=self._folder,
        )
        if path:
            self._folder = str(Path(path).parent)
            read = lambda tell, cancelled: handwriting.read(Path(path))  # noqa: E731
            self._context.workers.start(SLOT, read, self._put, self._on_failure)

    def _put(self, levels: np.ndarray) -> None:
        self._paper.put(levels)
        self._show_paper()
        self._look_when_idle()

    def _on_failure(self, error: BaseException) -> None:
        if isinstance(error, MemoryError):
            error = UserError("the picture does not fit into memory: make it smaller")
        if not isinstance(error, UserError):
            raise error
        self._context.say(str(error))

    def save_file(self) -> None:
        """Asks for a file and writes the prepared image there, as PNG."""
        if self._image is None:
            self._context.say("the pad is empty: there is nothing to save")
            return
        image = self._image
        path = ask_for_file(
            filedialog.asksaveasfilename,
            self._context,
            self,
            title="Save the prepared image",
            filetypes=[("PNG", "*.png")],
            defaultextension=".png",
            initialfile="drawing.png",
            initialdir=self._folder,
        )
        if not path:
            return
        self._folder = str(Path(path).parent)
        try:
            with files.writing(Path(path)) as file:
                Image.fromarray(picture.to_bytes(image)).save(file, "PNG")
        except UserError as error:
            self._context.say(str(error))

    def _enable_buttons(self) -> None:
        """Lets only those buttons be pressed that have something to do."""
        wanted = {
            "Undo": bool(self._paper.layers),
            "Clear": bool(self._paper.layers),
            "Keep": self._landing is not None,
            "Save…": self._image is not None,
        }
        for name, enabled in wanted.items():
            state = "normal" if enabled else "disabled"
            if str(self._buttons[name].cget("state")) != state:
                self._buttons[name].configure(state=state)

    # ---- where it lands --------------------------------------------------------------------------

    def _look_when_idle(self) -> None:
        if self._since is None:
            self._since = time.perf_counter()
            self.after_idle(self._look)

    def _look(self) -> None:
        """Encodes what is on the paper, and shows where it lands: one frame."""
        started, self._since = self._since, None
        self._image = handwriting.prepared(self._paper.levels, self._context.probe.space.image_shape)
        self._landing = None if self._image is None else self._land(self._image)
        self._context.marks.show(MARK, (Mark(self._landing.place, text="★"),) if self._landing else ())
        self._show_results()
        self._enable_buttons()
        self.update_idletasks()
        ms = (time.perf_counter() - started) * 1000
        fields = {} if self._landing is None else self._landing.as_fields(self._context.probe.space)
        self._context.trace.write("drawing", pad=self._pad_on_screen(), ms=round(ms, 3), **fields)
        self._ask()

    def _land(self, image: np.ndarray) -> Landing | None:
        probe = self._context.probe
        if probe.encoder is None or probe.decoder is None:
            return None
        code = probe.encoder(image[None])[0]
        place, rebuilt = probe.space.place_of(code), probe.decoder(code[None])[0]
        novelty_score, nearest = probe.result(NOVELTY), np.empty(0, np.intp)
        if ORIGINALS in probe.results and probe.all_points is not None:
            nearest, _ = probe.all_points.closest(place, SEEN)
            train = len(probe.known(ORIGINALS).x_train)
            nearest = nearest[probe.space.rows[nearest] < train][:THUMBNAILS]
        return Landing(image, code, place, rebuilt, nearest, novelty_score and novelty_score.read(image, rebuilt))

    def _ask(self) -> None:
        """Has worked out what the gauge needs, once somebody draws who has an encoder."""
        if self._landing is not None and self.winfo_viewable():
            self._context.need(NOVELTY)

    def _on_ready(self, context: MapContext, what: What) -> None:
        probe = context.probe
        if what == "encoder":
            self._land_kept()
        if what == NOVELTY and what not in probe.results and not probe.unavailable(NOVELTY):
            return  # it was cancelled: it is asked for again when somebody goes on drawing
        if what in ("encoder", "decoder", ORIGINALS, NOVELTY) and (self._image is not None or self.winfo_viewable()):
            self._look_when_idle()

    def _on_probe(self, context: MapContext) -> None:
        self._land_kept()
        self._look_when_idle()

    def _land_kept(self) -> None:
        """Looks again where the kept drawings land: in another space, elsewhere."""
        probe = self._context.probe
        for kept in self._kept:
            image, kept.photo = handwriting.prepared(kept.levels, probe.space.image_shape), None
            kept.place = None if probe.encoder is None else probe.space.place_of(probe.encoder(image[None])[0])
        self._mark_kept()
        self._show_kept()

    def _mark_kept(self) -> None:
        self._context.trace.write("kept", letters=[kept.letter for kept in self._kept])
        marks = tuple(Mark(kept.place, text=kept.letter) for kept in self._kept if kept.place is not None)
        self._context.marks.show(KEPT_MARKS, marks)

    # ---- what is said about it -------------------------------------------------------------------

    def _show_results(self) -> None:
        """Draws everything beside the pad anew."""
        canvas, (width, height) = self._results, self._results_size
        if width <= 1:
            return
        canvas.delete("words")
        self._board = Image.new("RGB", (width, height), THEMES[self._context.shared.theme].paper)
        y = self._show_pictures(width, height)
        if self._landing is None:
            self._write(0, y, self._why_not(), width, font="TkDefaultFont")
        else:
            self._show_nearest(self._show_oddness(y, width), width)
        if (self._photo.width(), self._photo.height()) != self._board.size:
            self._photo = ImageTk.PhotoImage("RGB", self._board.size, master=self)
            canvas.itemconfigure(self._board_item, image=self._photo)
        self._photo.paste(self._board)

    def _below(self) -> int:
        """Pixels that the pictures leave for what is said and shown below them."""
        thumbnail = min(self._results_size[0] // THUMBNAILS, LARGEST_THUMBNAIL + 4) - 4
        shape = self._context.probe.space.image_shape
        return LINE + BAR + 5 * SMALL_TEXT + 18 + picture.shown_size(shape, thumbnail)[1]

    def _show_pictures(self, width: int, height: int) -> int:
        """What the encoder gets, and what comes back. Returns where the next thing goes."""
        if self._image is None:
            return 0
        room = max(min((width - GAP) // 2, height - self._below()), 16)
        pictures = [("prepared", self._image)]
        if self._landing is not None:
            pictures.append(("rebuilt", self._landing.rebuilt))
        x = 0
        for name, image in pictures:
            shown = self._picture(x, 0, image, room)
            self._write(x, shown.height + 2, name)
            x += max(shown.width, 56) + GAP
        return shown.height + SMALL_TEXT + 6

    def _show_oddness(self, y: int, width: int) -> int:
        """The gauge: how many of the test images are less unusual. Returns where the next thing goes."""
        theme, novelty = THEMES[self._context.shared.theme], self._landing.novelty
        if novelty is None:
            unavailable = self._context.probe.unavailable(NOVELTY) or "learning what is usual …"
            self._write(0, y, unavailable, width)
            return y + LINE + BAR + 6 + 2 * SMALL_TEXT
        colour = theme.good if novelty.share < RATHER else theme.warning
        self._write(0, y, novelty.words(), width, colour, "ExplorerKey")
        y += LINE
        canvas = self._results
        canvas.create_rectangle(0, y, width - 2, y + BAR, fill=theme.lines, outline="", tags="words")
        canvas.create_rectangle(
            0, y, max(novelty.share * (width - 2), 2), y + BAR, fill=colour, outline="", tags="words"
        )
        for share in (RATHER, VERY):
            canvas.create_line(share * (width - 2), y, share * (width - 2), y + BAR, fill=theme.faint, tags="words")
        y += BAR + 3
        for share, what in ((novelty.rebuilt, "rebuilt worse than"), (novelty.apart, "farther off than")):
            texts = [f"{what} {100 * share:.0f} %{of}" for of in (" of the test images", " of tests", "")]
            self._write(0, y, next((text for text in texts if self._measure(text, SMALL) <= width), texts[-1]))
            y += SMALL_TEXT
        return y + 3

    def _show_nearest(self, y: int, width: int) -> None:
        """Training images that lie nearest on the map, with their labels."""
        probe, nearest = self._context.probe, self._landing.nearest
        if not len(nearest):
            self._write(0, y, probe.unavailable(ORIGINALS), width)
            return
        self._write(0, y, "nearest training images", width)
        y += SMALL_TEXT + 1
        pitch = min(width // THUMBNAILS, LARGEST_THUMBNAIL + 4)
        x = 0
        space = probe.space
        for image, point in zip(probe.known(ORIGINALS).images(space.rows[nearest]), nearest, strict=True):
            thumbnail = self._picture(x, y, image, pitch - 4)
            label = space.labels[point]
            if space.class_names:
                name = self._fitted(space.class_names[label], pitch - 2)
                self._write(x, y + thumbnail.height + 1, name, colour=class_colour(int(label)), font="ExplorerKey")
            x += pitch

    def _why_not(self) -> str:
        """Why nothing has landed, for a person."""
        probe = self._context.probe
        if probe.encoder_unavailable:
            return f"To see where a drawing lands takes the encoder, and {probe.encoder_unavailable}."
        if probe.encoder is None or probe.decoder is None:
            return "the encoder is loading …"
        return "The pad is empty. Draw on it with the mouse, or open a picture: it lands on the map while you draw."

    def _picture(self, x: int, y: int, image: np.ndarray, room: int) -> Image.Image:
        shown = picture.scaled(image if image.dtype == np.uint8 else picture.to_bytes(image), room)
        self._board.paste(shown, (x, y))
        return shown

    def _write(self, x: float, y: float, text: str, width: int = 0, colour: str = "", font: str = SMALL) -> None:
        colour = colour or THEMES[self._context.shared.theme].faint
        self._results.create_text(x, y, anchor="nw", text=text, width=width, fill=colour, font=font, tags="words")

    def _fitted(self, text: str, room: int) -> str:
        return shortened(text, room, lambda some: self._measure(some, "ExplorerKey"))

    def _measure(self, text: str, font: str) -> int:
        """How wide a text is, in pixels."""
        return self.tk.getint(self.tk.call("font", "measure", font, text))

    # ---- kept drawings ---------------------------------------------------------------------------

    def _show_kept(self) -> None:
        """A row of small pictures with their letters: a click shows one's place, a click on × removes it."""
        canvas, theme = self._kept_view, THEMES[self._context.shared.theme]
        canvas.delete("all")
        x = 0
        for kept in self._kept:
            if kept.photo is None:
                image = handwriting.prepared(kept.levels, self._context.probe.space.image_shape)
                kept.photo = ImageTk.PhotoImage(picture.scaled(picture.to_bytes(image), KEPT_SIZE), master=self)
            tag = f"kept-{kept.letter}"
            canvas.create_image(x, 1, anchor="nw", image=kept.photo, tags=tag)
            beside = x + kept.photo.width() + 4
            canvas.create_text(
                beside, KEPT / 2, anchor="w", text=kept.letter, fill=theme.ink, font="ExplorerKey", tags=tag
            )
            at = beside + LETTER
            cross = canvas.create_text(at, KEPT / 2, anchor="w", text="×", fill=theme.faint, font="ExplorerValue")
            canvas.tag_bind(tag, "<Button-1>", lambda event, kept=kept: self._go_to(kept))
            canvas.tag_bind(cross, "<Button-1>", lambda event, kept=kept: self._forget(kept))
            for what in (tag, cross):
                canvas.tag_bind(what, "<Enter>", lambda event: canvas.configure(cursor="hand2"))
                canvas.tag_bind(what, "<Leave>", lambda event: canvas.configure(cursor=""))
            x = beside + 2 * LETTER + GAP
        canvas.configure(scrollregion=(0, 0, x, KEPT))

    def _go_to(self, kept: _Kept) -> None:
        if kept.place is not None:
            self._context.state.show_place(kept.place)
