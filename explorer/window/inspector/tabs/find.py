"""Lists of images to step through: search results, the worst reconstructions, images among another class, unusual ones,
and images with other neighbours in another space."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

import numpy as np

from explorer.analysis import exporting
from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.probe import What
from explorer.errors import UserError
from explorer.session import finding
from explorer.spaces.folder import COLUMN
from explorer.spaces.latent_space import LatentSpace
from explorer.uses import texts
from explorer.window.base.scale import px
from explorer.window.base.widgets import Scrolled, button, class_dots, explain, grid_if, packed, shortened_in
from explorer.window.inspector.part import Tab
from explorer.window.inspector.tabs.unusual import UnusualPanel
from explorer.window.pane.context import MapContext
from explorer.window.pane.dialogs import ask_to_save

ADVICE = "n and Shift + n step through the list"
SEARCH = len(finding.LISTINGS)  # the number of the choice "Search", after those of the lists
IN_ROW = 3  # choices in a row
COLUMNS = (("#0", 50, "w"), ("image", 94, "w"), ("label", 74, "w"), ("value", 144, "e"))  # name, pixels, alignment
TEXT = 240  # pixels of a text, instead of an image
DOT = 11  # pixels


class FindTab(Tab):
    """Searches, and steps through lists of images.

    A step pins its image and unpins the previous one, unless that was pinned by hand.

    Args:
        parent: widget.
        context: of the map.
    """

    title = "Find"

    def __init__(self, parent: tk.Misc, context: MapContext) -> None:
        super().__init__(parent, context)
        self._found: finding.Found | None = None  # by the last search; None if it did not give a list
        self._order: np.ndarray | None = None  # points of the chosen list, hidden ones too; None until known
        self._points = np.empty(0, np.intp)  # points that steps can reach
        self._row: int | None = None  # the row of the current step
        self._steps_due = 0  # steps to make once the list is known
        self._filled = False  # whether the table shows the list
        self._panel: UnusualPanel | None = None  # of the list of unusual images; built when it is first needed
        self._dot = class_dots(self, px(DOT))
        self._build()
        context.ready.connect(self._on_ready)
        self.hear(self._on_probe, context.probe_changed)
        self.hear(self._take_shown, context.shared.hidden_changed)
        self.bind("<Map>", lambda event: self._show_if_seen())

    def _build(self) -> None:
        self._scrolled = packed(Scrolled(self, self._shared, fills=True), fill="both", expand=True)
        body = self._scrolled.inner
        body.columnconfigure(0, weight=1)
        body.rowconfigure(4, weight=1)
        self._note = ttk.Label(body, text=ADVICE, style="Faint.TLabel", justify="left")
        self._note.grid(row=1, column=0, columnspan=2, sticky="ew", padx=px(8), pady=px(4, 2))
        self.bind("<Configure>", lambda event: self._note.configure(wraplength=event.width - px(120)))
        export = button(body, "Export…", self.export, "write the whole list into a CSV file", style="Tool.TButton")
        export.grid(row=1, column=0, columnspan=2, sticky="e")

        choices = ttk.Frame(body)
        choices.grid(row=2, column=0, columnspan=2, sticky="ew", pady=px(0, 4))
        self._chosen = tk.IntVar(self, 0)
        options = {"variable": self._chosen, "command": self._choose}
        self._choices: list[ttk.Radiobutton] = []
        for number, listing in enumerate(finding.LISTINGS):
            self._choices.append(ttk.Radiobutton(choices, text=listing.title, value=number, **options))
            explain(self._choices[-1], listing.about)
        self._choices.append(ttk.Radiobutton(choices, text="Search", value=SEARCH, **options))
        explain(self._choices[-1], lambda: f"what the search found: {self._found.title}" if self._found else "")
        self._offer()

        self._table = ttk.Treeview(body, columns=("image", "label", "value"), selectmode="browse", height=3)
        for name, width, anchor in COLUMNS:
            self._table.column(name, width=px(width), minwidth=px(44), anchor=anchor)
            self._table.heading(name, text=name if name != "#0" else "rank", anchor=anchor)
        bar = ttk.Scrollbar(body, command=self._table.yview)
        self._table.configure(yscrollcommand=bar.set)
        self._table.grid(row=4, column=0, sticky="nsew")
        bar.grid(row=4, column=1, sticky="ns", padx=px(2, 0))
        self._table.bind("<<TreeviewSelect>>", self._on_select)
        explain(self._table, f"{ADVICE}; click an image to pin it")
        self._status = ttk.Label(self._table, style="Faint.TLabel", justify="left", wraplength=px(300))

    # ---- the search ------------------------------------------------------------------------------

    def search(self, text: str, context: MapContext | None = None) -> finding.Found | None:
        """Searches for a text: see `finding.search`. Returns what was found; None, with a message, if nothing was.

        A single image is pinned and shown, several are listed, and a code moves the cursor.

        Args:
            context: of the map that shows the image or the code; by default the map of this tab.
        """
        context = context or self._context
        images, space = context.probe.result(ORIGINALS), context.probe.space
        sizes = (len(images.x_train), len(images.x_test)) if images else None
        try:
            found = finding.search(text, space, sizes)
            if len(found.points) and not self._are_shown(space, found.points).any():
                raise UserError(f"{found.title}: hidden with its class (key a shows all classes)")
            if found.code is None and not found.single:  # the list is one of this tab's points
                found = finding.search(text, self._probe.space, sizes)
        except UserError as error:
            context.say(str(error))
            return None
        if found.code is not None:
            context.show_code(found.code)
        elif found.single:
            self._shared.pin(int(space.rows[found.points[0]]))
            context.show_code(space.codes[found.points[0]], 1.0)
        else:
            self._found = found
            self._offer()
            self._chosen.set(SEARCH)
            self._choose()
            self.step(1)
        return found

    def _are_shown(self, space: LatentSpace, points: np.ndarray) -> np.ndarray:
        """Whether points of a space, (m,), belong to shown classes, (m,) bool."""
        shown = self._shared.shown(space.labels[points])
        return np.full(len(points), True) if shown is None else shown

    @property
    def _searched(self) -> finding.Found | None:
        """The search result that is listed; None if another list is chosen."""
        return self._found if self._chosen.get() == SEARCH else None

    # ---- changes ----------------------------------------------------------------------------

    def _on_probe(self) -> None:
        self._found = None  # its points belong to another space
        self._offer()
        self._begin_anew()

    def _on_ready(self, context: MapContext, what: What) -> None:
        listing = self._listing
        if what == "beside":
            self._offer()
            if listing is not None and listing.compares and listing.analysis not in context.probe.results:
                self._begin_anew()
        elif listing is not None and what == listing.analysis and (self._steps_due or self.winfo_ismapped()):
            self._take_list()
        elif what == ORIGINALS:
            self._filled = False
            self._fill_if_seen()

    # ---- the list --------------------------------------------------------------------------------

    @property
    def _listing(self) -> finding.Listing | None:
        """The chosen list; None if it is a search result."""
        return None if self._chosen.get() == SEARCH else finding.LISTINGS[self._chosen.get()]

    def choose_listing(self, title: str) -> None:
        """Chooses a list by its title, as a click does. Does nothing if it is not offered now."""
        for number, listing in enumerate(finding.LISTINGS):
            if listing.title == title and self._is_offered(listing):
                self._chosen.set(number)
                self._choose()

    def _is_offered(self, listing: finding.Listing | None) -> bool:
        if listing is None:
            return self._found is not None
        return not listing.compares or self._probe.beside is not None

    def _offer(self) -> None:
        """Shows the lists that are offered now. If the chosen one is not among them, chooses the first."""
        place = 0
        for listing, choice in zip((*finding.LISTINGS, None), self._choices, strict=True):
            choice.grid_forget()
            if self._is_offered(listing):
                choice.grid(row=place // IN_ROW, column=place % IN_ROW, sticky="w", padx=px(2))
                place += 1
        if not self._is_offered(self._listing):
            self._chosen.set(0)

    def _begin_anew(self) -> None:
        self._forget()
        self._show_if_seen()

    def _choose(self) -> None:
        self._forget()
        self._ask()
        self._fill_if_seen()

    def _forget(self) -> None:
        """Forgets the list and the place in it."""
        self._order, self._points, self._row = None, np.empty(0, np.intp), None
        self._filled = False
        if self._panel is not None:
            grid_if(False, self._panel, self._panel.curve)

    def _show_if_seen(self) -> None:
        """Shows the list, and requests its analysis if it is unknown; but not after each epoch of a run, unless the
        user asks for it."""
        self._fill_if_seen()
        if self.winfo_ismapped() and "run" not in self._probe.space.card:
            self._ask()

    def _ask(self) -> None:
        if self._order is not None:
            return
        if self._searched is not None:
            self._order = self._searched.points
            self._take_shown()
            return
        analysis = self._listing.analysis
        if analysis in self._probe.results or self._probe.unavailable(analysis):
            self._take_list()
        else:
            self._describe(f"{analysis.doing_for(self._probe.space)} …")
            self._context.need(analysis)

    def _take_list(self) -> None:
        """Handles an analysis that was computed, is unavailable, or was cancelled."""
        analysis = self._listing.analysis
        if analysis in self._probe.results:
            found = self._probe.known(analysis)
            self._order = self._listing.ranked(found)
            if self._listing is finding.UNUSUAL:
                self._show_panel(found)
            else:
                self._take_shown()
        else:
            self._steps_due = 0
            self._describe(self._probe.unavailable(analysis) or "cancelled: press n to compute it")

    def _show_panel(self, parts: np.ndarray) -> None:
        """Shows the threshold and the curve of the unusual images."""
        if self._panel is None:
            self._panel = UnusualPanel(self._scrolled.inner, self._context, self._take_shown)
            for part in (self._panel, self._panel.curve):
                part.bind("<Configure>", lambda event: self._scrolled.arrange(), add="+")
            self._panel.curve.grid(row=5, column=0, columnspan=2, sticky="ew", pady=px(6, 0))
        self._panel.grid(row=3, column=0, columnspan=2, sticky="ew", padx=px(8, 0))
        self._panel.take(parts)

    def _all_shown(self) -> np.ndarray:
        """The points of the whole list: those of the shown classes, and beyond the threshold if there is one."""
        order = np.empty(0, np.intp) if self._order is None else self._order
        if self._listing is finding.UNUSUAL and self._panel is not None:
            order = order[: self._panel.count]
        return order[self._are_shown(self._probe.space, order)]

    def _take_shown(self) -> None:
        """Lists the first images of the whole list; unusual ones are ringed on the map."""
        if self._order is None:
            return
        points = self._all_shown()
        self._points = points[: finding.LONGEST]
        if self._listing is finding.UNUSUAL:
            self._panel.ring(points)
        self._filled = False
        self._fill_if_seen()
        steps, self._steps_due = self._steps_due, 0
        if steps:
            self.step(steps)

    def _fill_if_seen(self) -> None:
        """Writes the list into the table, if it is visible; this takes 10 ms."""
        if self._filled or not self.winfo_ismapped():
            return
        self._filled = True
        table, space, listing = self._table, self._probe.space, self._listing
        table.delete(*table.get_children())
        found = listing and self._probe.result(listing.analysis)
        table.configure(displaycolumns=("image", *["label"] * bool(space.class_names), *["value"] * bool(listing)))
        if listing is not None:
            table.heading("value", text=listing.measure)
        named = texts.of(space)
        table.heading("image", text="image" if named is None else "text")
        table.column("image", width=px(94 if named is None else TEXT))
        for number, point in enumerate(self._points.tolist(), 1):
            row, label = int(space.rows[point]), int(space.labels[point])
            name, dot = (space.class_names[label], self._dot(label)) if space.class_names else ("", "")
            name = shortened_in(self, name, "TkDefaultFont", px(74 - 12))
            values = (
                self._name_of(row) if named is None else named[point],
                name,
                listing.worded(found, point) if listing else "",
            )
            table.insert("", "end", iid=str(row), text=f" {number}", image=dot, values=values)
        table.yview_moveto(0)  # otherwise the table stays where the previous list was scrolled to
        if self._order is not None:
            self._describe("" if len(self._points) else "no shown images in this list")
            self._note.configure(text=self._advice())
        self._select()

    def _advice(self) -> str:
        """The search result, and what the keys do."""
        if self._searched is None or self._order is None:
            return ADVICE
        count, listed = len(self._order), len(self._points)
        first = f", the first {listed}" if listed == finding.LONGEST < count else ""
        noun = "image" if self._probe.space.has_pictures else "point"
        return f"{self._searched.title}: {count:,} {noun}{'s' * (count != 1)}{first}; {ADVICE}"

    def _describe(self, text: str) -> None:
        """Writes into the empty table why it is empty."""
        self._status.configure(text=text)
        if text:
            self._status.place(relx=0.5, rely=0.5, anchor="center")
        else:
            self._status.place_forget()

    def export(self) -> None:
        """Asks for a file and writes the whole list into it, as CSV: row, name, label, value, reason, and columns."""
        points, space, listing = self._all_shown(), self._probe.space, self._listing
        if not len(points):
            self._context.say("the list is empty: there is nothing to export")
            return
        rows = space.rows[points]
        arrays = {"row": rows, "name": np.array([self._name_of(row) for row in rows.tolist()])}
        if space.class_names:
            arrays["label"] = np.array(space.class_names)[space.labels[points]]
        if listing is not None:
            found = self._probe.known(listing.analysis)
            arrays["value"] = listing.value(found, points)
            if listing.reason is not None:
                arrays["reason"] = np.array([listing.reason(found, point) for point in points.tolist()])
        arrays |= {COLUMN + name: values[points] for name, values in space.columns.items()}
        path = ask_to_save(self._context, self, "Export the list", "list.csv", [("CSV", "*.csv")])
        if path:
            done = lambda nothing: self._context.say_done(f"Wrote {len(points):,} images to {path}")  # noqa: E731
            write = lambda tell, cancelled: exporting.write_csv(path, arrays, cancelled)  # noqa: E731
            self._context.workers.start(f"export {path}", write, done, self._on_failure)

    # ---- steps -----------------------------------------------------------------------------------

    def step(self, steps: int) -> None:
        """Shows and pins the image this many places further down the list; the list is computed first if necessary."""
        if self._order is None:
            self._steps_due = steps
            self._ask()
            return
        if not len(self._points):
            return
        rows = self._probe.space.rows[self._points]
        at = np.flatnonzero(rows == self._row) if self._row is not None else ()
        start = int(at[0]) + steps if len(at) else 0 if steps > 0 else len(rows) - 1
        self._step_to(int(rows[min(max(start, 0), len(rows) - 1)]))

    def _step_to(self, row: int) -> None:
        self._row = row
        if self._listing is finding.UNUSUAL:
            self._panel.look(row)
        self._select()
        self._shared.pin_in_passing(row)
        self._show_point(self._probe.space.index_of(row), least=1.0)

    def _select(self) -> None:
        """Marks the current step in the table."""
        name = str(self._row)
        if self._filled and self._table.exists(name) and self._table.selection() != (name,):
            self._table.selection_set(name)
            self._table.focus(name)
            self._table.see(name)

    def _on_select(self, event: tk.Event) -> None:
        for name in self._table.selection():
            if int(name) != self._row:
                self._step_to(int(name))
