"""A naive program: a `predict`, a new `imshow` and a full redraw per motion event, and `scatter` for the map.

python -m benchmarks.naive POINTS EVENTS      prints the milliseconds of each motion event as JSON
python -m benchmarks.naive compare EVENTS     the same with two maps of all points, two decoders and the nearest image
python -m benchmarks.naive morph FRAMES       prints the milliseconds of each frame of a morph of scatters as JSON
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

from explorer.spaces.card import DECODER
from explorer.spaces.folder import folder_of, open_space


def hover(points: int, events: int) -> list[float]:
    """Milliseconds from the handler of each motion event to the end of drawing."""
    space = open_space(folder_of("autoencoder"))
    decoder = keras.saving.load_model(space.folder / DECODER)
    figure = Figure(figsize=(12.8, 8), dpi=100)
    map_axes, picture_axes = figure.subplots(1, 2)
    kept = slice(None, None, len(space.codes) // points)  # the same points as in our program
    codes, labels = space.codes[kept], space.labels[kept]
    map_axes.scatter(*codes.T, c=labels, cmap="tab10")
    root, canvas = _shown(figure)
    spent = []

    def on_move(event) -> None:
        started = time.perf_counter()
        if event.inaxes is map_axes:
            image = decoder.predict(np.array([[event.xdata, event.ydata]]), verbose=0)[0]
            picture_axes.clear()
            picture_axes.imshow(image, cmap="gray")
            spent.append(_draw(root, canvas, started))

    canvas.mpl_connect("motion_notify_event", on_move)
    x, y, width, height = map_axes.get_window_extent().bounds
    for step in range(events + 2):
        share = step / (events + 2)
        canvas.get_tk_widget().event_generate("<Motion>", x=int(x + share * width), y=int(y + height / 2))
        root.update()
    root.destroy()
    return spent[2:]


def _shown(figure: Figure) -> tuple[tk.Tk, FigureCanvasTkAgg]:
    """A window filled by the figure, and its canvas."""
    root = tk.Tk()
    root.geometry("{:.0f}x{:.0f}".format(*figure.bbox.size))
    canvas = FigureCanvasTkAgg(figure, root)
    canvas.get_tk_widget().pack(fill="both", expand=True)
    root.update()
    return root, canvas


def _draw(root: tk.Tk, canvas: FigureCanvasTkAgg, started: float) -> float:
    """Redraws everything. Returns the milliseconds since the start."""
    canvas.draw()
    root.update_idletasks()
    return (time.perf_counter() - started) * 1000


def compare(events: int) -> list[float]:
    """Milliseconds of each motion event with two maps side by side; the nearest point is found by brute force."""
    spaces = [open_space(folder_of(name)) for name in ("autoencoder", "pca")]
    decoders = [keras.saving.load_model(space.folder / DECODER) for space in spaces]
    figure = Figure(figsize=(12.8, 8), dpi=100)
    axes = figure.subplots(2, 2)
    for space, where in zip(spaces, axes[0], strict=True):
        where.scatter(*space.codes.T, c=space.labels, cmap="tab10")
    root, canvas = _shown(figure)
    spent = []
    for place in np.random.default_rng(0).uniform(-10, 10, (events + 2, 2)):
        started = time.perf_counter()
        nearest = np.square(spaces[0].codes - place).sum(axis=1).argmin()
        codes = place[None], spaces[1].codes[nearest : nearest + 1]
        for decoder, code, where in zip(decoders, codes, axes[1], strict=True):
            where.clear()
            where.imshow(decoder.predict(code, verbose=0)[0], cmap="gray")
        spent.append(_draw(root, canvas, started))
        root.update()
    root.destroy()
    return spent[2:]


def morph(frames: int) -> list[float]:
    """Milliseconds of each frame of a `scatter` that moves from one map to another with full redraws."""
    first, second = (open_space(folder_of(name)) for name in ("autoencoder", "pca"))
    ends = [space.codes / np.abs(space.codes).max() for space in (first, second)]
    figure = Figure(figsize=(4.3, 6.9), dpi=100)
    axes = figure.add_subplot(xlim=(-1, 1), ylim=(-1, 1))
    dots = axes.scatter(*ends[0].T, c=first.labels, cmap="tab10")
    root, canvas = _shown(figure)
    spent = []
    for share in np.linspace(0, 1, frames + 2):
        started = time.perf_counter()
        dots.set_offsets((1 - share) * ends[0] + share * ends[1])
        spent.append(_draw(root, canvas, started))
        root.update()
    root.destroy()
    return spent[2:]


def nodes(count: int) -> float:
    """Seconds for one `predict` per node."""
    space = open_space(folder_of("autoencoder"))
    decoder = keras.saving.load_model(space.folder / DECODER)
    places = np.random.default_rng(0).uniform(-20, 20, (count + 1, 1, 2))
    decoder.predict(places[0], verbose=0)
    started = time.perf_counter()
    for place in places[1:]:
        decoder.predict(place, verbose=0)
    return time.perf_counter() - started


if __name__ == "__main__":
    what, count = sys.argv[1], int(sys.argv[2])
    ways = {"grid": nodes, "compare": compare, "morph": morph}
    print(json.dumps(ways[what](count) if what in ways else hover(int(what), count)))
