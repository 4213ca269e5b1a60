"""The naive way: a `predict`, a new `imshow` and a full redraw per motion event, `scatter` for the map.

python -m benchmarks.naive POINTS EVENTS      prints the milliseconds of each motion event as JSON
python -m benchmarks.naive grid NODES         prints the seconds of one `predict` per node as JSON
"""

import json
import os
import sys
import time
import tkinter as tk

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg
from matplotlib.figure import Figure

from explorer import files


def hover(points: int, events: int) -> list[float]:
    """Milliseconds from the handler of each motion event to the end of the drawing."""
    space = files.open_space(files.folder_of("autoencoder"))
    decoder = keras.saving.load_model(space.folder / files.DECODER)
    root = tk.Tk()
    root.geometry("1280x800")
    figure = Figure(figsize=(12.8, 8), dpi=100)
    map_axes, picture_axes = figure.subplots(1, 2)
    kept = slice(None, None, len(space.codes) // points)  # the same points as ours
    codes, labels = space.codes[kept], space.labels[kept]
    map_axes.scatter(*codes.T, c=labels, cmap="tab10")
    canvas = FigureCanvasTkAgg(figure, root)
    canvas.get_tk_widget().pack(fill="both", expand=True)
    root.update()
    spent = []

    def on_move(event) -> None:
        started = time.perf_counter()
        if event.inaxes is map_axes:
            image = decoder.predict(np.array([[event.xdata, event.ydata]]), verbose=0)[0]
            picture_axes.clear()
            picture_axes.imshow(image, cmap="gray")
            canvas.draw()
            root.update_idletasks()
            spent.append((time.perf_counter() - started) * 1000)

    canvas.mpl_connect("motion_notify_event", on_move)
    x, y, width, height = map_axes.get_window_extent().bounds
    for step in range(events + 2):
        share = step / (events + 2)
        canvas.get_tk_widget().event_generate("<Motion>", x=int(x + share * width), y=int(y + height / 2))
        root.update()
    root.destroy()
    return spent[2:]


def nodes(count: int) -> float:
    """Seconds for one `predict` per node."""
    space = files.open_space(files.folder_of("autoencoder"))
    decoder = keras.saving.load_model(space.folder / files.DECODER)
    places = np.random.default_rng(0).uniform(-20, 20, (count + 1, 1, 2))
    decoder.predict(places[0], verbose=0)
    started = time.perf_counter()
    for place in places[1:]:
        decoder.predict(place, verbose=0)
    return time.perf_counter() - started


if __name__ == "__main__":
    first, second = sys.argv[1:]
    print(json.dumps(nodes(int(second)) if first == "grid" else hover(int(first), int(second))))
