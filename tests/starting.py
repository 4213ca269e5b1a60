"""Starts a program and prints, as JSON, what it has done until its window is usable; then ends.

python -m tests.starting ae.py|ae_precomp.py ARGUMENTS...
"""

import json
import os
import sys
from tkinter import ttk

from matplotlib.backends.backend_agg import FigureCanvasAgg

from explorer import entry
from explorer.trace import Trace


def main(program: str, *arguments: str) -> None:
    drawn, windows = [], []
    draw, write = FigureCanvasAgg.draw, Trace.write

    def counted(canvas: FigureCanvasAgg) -> None:
        drawn.append(canvas.get_width_height())
        draw(canvas)

    def told(trace: Trace, event: str, **fields) -> None:
        write(trace, event, **fields)
        if event == "window":
            print(json.dumps({"drawn": drawn, "modules": sorted(sys.modules), **seen(windows[0])}), flush=True)
            os._exit(0)

    FigureCanvasAgg.draw, Trace.write = counted, told
    from explorer.window.app.window import ExplorerWindow

    build = ExplorerWindow._build
    ExplorerWindow._build = lambda window, *given: (windows.append(window), build(window, *given))
    sys.argv = [program, "--trace", os.devnull, *arguments]
    {"ae.py": entry.live, "ae_precomp.py": entry.grid}[program]()


def seen(window) -> dict[str, object]:
    x, y, width, height = window.pane.panel.box_on_screen()
    return {
        "tabs": [title for title, tab in window.inspector.tabs.items() if tab.is_built],
        "themes": [name for name in ttk.Style(window.root).theme_names() if name.startswith("sun-valley")],
        "picture": window.inspector.decoding.image is not None,
        "map": [window.pane.panel.canvas.get_width_height(), (width, height), (x, y)],
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
