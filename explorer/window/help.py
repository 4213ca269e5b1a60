"""The help window: keys and mouse, from the one table."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

from explorer.drawing.themes import THEMES
from explorer.state import SharedState
from explorer.window.keys import KEYS
from explorer.window.widgets import Scrolled

AROUND = 170  # pixels of the screen's height that title, button and margins take


class HelpWindow(tk.Toplevel):
    """Closes with Esc, ?, or its button. On a low screen, the table is scrolled."""

    def __init__(self, parent: tk.Misc, shared: SharedState) -> None:
        theme = THEMES[shared.theme]
        super().__init__(parent, background=theme.paper, highlightthickness=1, highlightbackground=theme.faint)
        self.withdraw()
        self.title("Latent Space Explorer: keys and mouse")
        self.resizable(False, False)
        self.transient(parent)
        body = ttk.Frame(self, padding=24)
        body.pack(fill="both", expand=True)
        ttk.Label(body, text="Keys and mouse", style="Title.TLabel").pack(anchor="w", pady=(0, 12))
        table = Scrolled(body, shared)
        table.pack(fill="both", expand=True)
        for row, key in enumerate(KEYS):
            ttk.Label(table.inner, text=key.shown, style="Key.TLabel").grid(row=row, column=0, sticky="w", pady=3)
            ttk.Label(table.inner, text=key.what).grid(row=row, column=1, sticky="w", padx=(24, 0), pady=3)
        table.fit(self.winfo_screenheight() - AROUND)
        close = ttk.Button(body, text="Close", command=self.destroy, style="Accent.TButton")
        close.pack(anchor="e", pady=(16, 0))
        for event in ("<Escape>", "<question>", "<F1>", "<Return>"):
            self.bind(event, lambda event: self.destroy())
        self.update_idletasks()
        x = parent.winfo_rootx() + (parent.winfo_width() - self.winfo_reqwidth()) // 2
        y = parent.winfo_rooty() + (parent.winfo_height() - self.winfo_reqheight()) // 3
        self.geometry(f"+{max(x, 0)}+{max(y, 0)}")
        self.deiconify()
        self.focus_set()
