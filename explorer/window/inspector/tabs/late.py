"""A tab that is built when it is first needed: most tabs are never opened."""

from __future__ import annotations

import importlib
from functools import cached_property
from tkinter import ttk

from explorer.window.inspector.part import Tab
from explorer.window.pane.context import MapContext

TABS = ("Space", "Pins", "Find", "Draw", "Selection")  # the titles, from left to right; each names a file and a class


class LateTab(ttk.Frame):
    """Room for the tab with a title. The tab is imported and built when this room is first shown, or when the tab is
    used.

    Args:
        parent: widget.
        title: one of `TABS`.
        context: of the map.
    """

    def __init__(self, parent: ttk.Notebook, title: str, context: MapContext) -> None:
        super().__init__(parent)
        self._title, self._context = title, context
        self.bind("<Map>", lambda event: self.tab)

    @property
    def is_built(self) -> bool:
        """Whether the tab exists."""
        return "tab" in vars(self)

    @cached_property
    def tab(self) -> Tab:
        """The tab; fills the room."""
        module = importlib.import_module(f"explorer.window.inspector.tabs.{self._title.lower()}")
        tab: Tab = getattr(module, f"{self._title}Tab")(self, self._context)
        tab.pack(fill="both", expand=True)
        return tab
