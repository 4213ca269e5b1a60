"""The help window, with a search field, and the window about the program."""

from __future__ import annotations

import platform
import tkinter as tk
from importlib import metadata
from tkinter import ttk

from explorer.analysis import axes
from explorer.analysis.metrics import METRICS
from explorer.images.datasets import CREDITS
from explorer.session.state import SharedState
from explorer.spaces.latent_space import LatentSpace
from explorer.window.base.keys import GROUPS
from explorer.window.base.scale import px
from explorer.window.base.widgets import Scrolled, explain, grid_if, packed
from explorer.window.pane.dialogs import Dialog

AROUND = 240  # pixels of the screen's height that everything but the table takes
HIGHEST, WIDEST = 560, 430  # pixels: of the table, and of a line in it
NOTHING = "no line contains these words"
PACKAGE = "latent-space-explorer"
ABOUT = (
    "Hover over a map of images: the decoder turns each place into a picture.",
    f"MIT licence. {CREDITS['mnist']}.",
)


def entries(space: LatentSpace) -> dict[str, list[tuple[str, str]]]:
    """The lines of the help window for a space, by group. Each is a subject and its explanation."""
    keys = {group: [(key.shown, key.what) for key in members] for group, members in GROUPS.items()}
    metrics = [(metric.title, metric.explanation.replace("\n", " ")) for metric in METRICS.values()]
    about = [("this map", axes.explanation(space))]
    if len(space.all_coordinates) > 1 and space.coordinates != "quantiles":
        about.append(("prior quantiles (q)", axes.QUANTILES))
    return keys | {"Axes": about, "Metrics": metrics}


class HelpWindow(Dialog):
    """Lists keys and mouse, axes and metrics. The search shows only the lines that contain all its words.

    Esc, ?, F1, Enter and the button close it. The table scrolls if it does not fit.

    Args:
        parent: the main window.
        shared: gives the theme.
        space: the space on the map; the window explains its axes.
    """

    def __init__(self, parent: tk.Misc, shared: SharedState, space: LatentSpace) -> None:
        super().__init__(parent, shared, "keys and mouse", padding=px(24))
        head = packed(ttk.Frame(self.body), fill="x", pady=px(0, 12))
        packed(ttk.Label(head, text="Keys and mouse", style="Title.TLabel"), side="left")
        self.search = packed(ttk.Entry(head, width=22), side="right")
        packed(ttk.Label(head, text="Search", style="Faint.TLabel"), side="right", padx=px(0, 8))
        explain(self.search, "type words to show only the lines that contain them")
        self._table = packed(Scrolled(self.body, shared), fill="both", expand=True)
        inner = self._table.inner
        inner.columnconfigure(1, weight=1)
        self._groups: list[tuple[ttk.Label, list[tuple[str, tuple[ttk.Label, ttk.Label]]]]] = []
        row = 0
        for group, lines in entries(space).items():
            title = ttk.Label(inner, text=group, style="Title.TLabel")
            title.grid(row=row, columnspan=2, sticky="w", pady=px(12 if row else 0, 4))
            rows = []
            for row, (shown, what) in enumerate(lines, row + 1):  # noqa: B020
                labels = (
                    ttk.Label(inner, text=shown, style="Key.TLabel"),
                    ttk.Label(inner, text=what, wraplength=px(WIDEST), justify="left"),
                )
                labels[0].grid(row=row, column=0, sticky="nw", pady=px(3))
                labels[1].grid(row=row, column=1, sticky="w", padx=px(24, 0), pady=px(3))
                rows.append((f"{group} {shown} {what}".lower(), labels))
            self._groups.append((title, rows))
            row += 1
        widest = max(labels[0].winfo_reqwidth() for _, rows in self._groups for _, labels in rows)
        inner.columnconfigure(0, minsize=widest)  # also when some are hidden
        self._nothing = ttk.Label(inner, text=NOTHING, style="Faint.TLabel")
        self._nothing.grid(row=row, columnspan=2, sticky="w")
        grid_if(False, self._nothing)
        self._table.fit(min(self.winfo_screenheight() - px(AROUND), px(HIGHEST)))
        close = ttk.Button(self.body, text="Close", command=self.close, style="Accent.TButton")
        close.pack(anchor="e", pady=px(16, 0))
        explain(close, "key Esc")
        self.search.bind("<KeyRelease>", lambda event: self._filter())
        for event in ("<question>", "<F1>", "<Return>"):
            self.bind(event, lambda event: self.close())
        self.show()
        self.search.focus_set()

    @property
    def found(self) -> list[str]:
        """The subjects of the lines that are shown, from the top."""
        lines = [labels[0] for _, rows in self._groups for _, labels in rows]
        return [str(label.cget("text")) for label in lines if label.winfo_manager()]

    def _filter(self) -> None:
        """Shows only the lines that contain all typed words."""
        words, any_group = self.search.get().lower().split(), False
        for title, rows in self._groups:
            any_line = False
            for text, labels in rows:
                fits = all(word in text for word in words)
                grid_if(fits, *labels)
                any_line |= fits
            grid_if(any_line, title)
            any_group |= any_line
        grid_if(not any_group, self._nothing)
        self._table.to_top()


class AboutWindow(Dialog):
    """Shows name, version and licence. Esc, Enter and the button close it."""

    def __init__(self, parent: tk.Misc, shared: SharedState) -> None:
        super().__init__(parent, shared, "about", padding=px(24))
        packed(ttk.Label(self.body, text="Latent Space Explorer", style="Title.TLabel"), anchor="w", pady=px(0, 8))
        for text in (ABOUT[0], _versions(), ABOUT[1]):
            line = ttk.Label(self.body, text=text, wraplength=px(WIDEST), justify="left")
            line.pack(anchor="w", pady=px(2))
        close = ttk.Button(self.body, text="Close", command=self.close, style="Accent.TButton")
        close.pack(anchor="e", pady=px(16, 0))
        explain(close, "key Esc")
        self.bind("<Return>", lambda event: self.close())
        self.show()


def _versions() -> str:
    try:
        version = f"Version {metadata.version(PACKAGE)}"
    except metadata.PackageNotFoundError:  # a checkout
        version = "Run from a checkout"
    return f"{version}, Python {platform.python_version()}, Tk {tk.TkVersion}"
