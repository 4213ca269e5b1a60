"""The help window: keys and mouse, from the one table."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

from explorer.session.state import SharedState
from explorer.window.base.keys import KEYS
from explorer.window.base.widgets import Scrolled
from explorer.window.pane.dialogs import Dialog

AROUND = 170  # pixels of the screen's height that title, button and margins take


class HelpWindow(Dialog):
    """Closes with Esc, ?, or its button. On a low screen, the table is scrolled."""

    def __init__(self, parent: tk.Misc, shared: SharedState) -> None:
        super().__init__(parent, shared, "keys and mouse", padding=24)
        ttk.Label(self.body, text="Keys and mouse", style="Title.TLabel").pack(anchor="w", pady=(0, 12))
        table = Scrolled(self.body, shared)
        table.pack(fill="both", expand=True)
        for row, key in enumerate(KEYS):
            ttk.Label(table.inner, text=key.shown, style="Key.TLabel").grid(row=row, column=0, sticky="w", pady=3)
            ttk.Label(table.inner, text=key.what).grid(row=row, column=1, sticky="w", padx=(24, 0), pady=3)
        table.fit(self.winfo_screenheight() - AROUND)
        close = ttk.Button(self.body, text="Close", command=self.close, style="Accent.TButton")
        close.pack(anchor="e", pady=(16, 0))
        for event in ("<question>", "<F1>", "<Return>"):
            self.bind(event, lambda event: self.close())
        self.show()
