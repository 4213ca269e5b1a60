"""A competent program: blitting, `set_data`, a `scatter` that is drawn once, a compiled decoder, coalesced events.

python benchmarks/competent.py hover POINTS live|grid --trace FILE    a window with one map
python benchmarks/competent.py compare POINTS live|grid --trace FILE  the same with two maps and a k-d tree
python -m benchmarks.competent morph FRAMES     prints the ms of each frame of a morph of all points as JSON

The windows write the same trace as ours: `window` with the boxes of the maps, and `hover` with `picture_ms`, from the
handler of the mouse event to the end of Tk's drawing.
"""

from __future__ import annotations

import json
import sys
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg
from matplotlib.figure import Figure
from scipy.spatial import KDTree

from explorer.spaces.card import DECODER
from explorer.spaces.folder import folder_of, open_space
from explorer.spaces.latent_space import LatentSpace
from explorer.trace import Trace
from explorer.window.base.rest import Rest
from explorer.window.base.workers import Workers

TITLE = "A competent program"
SPACES = "autoencoder", "pca"
SIZE = 1280, 800  # pixels, as our window
PLACE = 1300, 0  # on the screen, beside our window
# left, bottom, width and height in pixels, as large as in our window
MAP, PICTURE = (62, 50, 770, 670), (880, 400, 252, 252)
MAPS, PICTURES = ((62, 230, 380, 500), (520, 230, 380, 500)), ((190, 60, 112, 112), (650, 60, 112, 112))
CROSSHAIR = 60  # pixels
MORPH_SIZE = 430, 690  # pixels


def live_decoder(space: LatentSpace) -> Callable[[np.ndarray], np.ndarray]:
    """The network, compiled by XLA for a single code, (1, 2) float32."""
    from explorer.decoding import keras_runtime

    keras_runtime.process_is_ours = True  # TensorFlow is silent
    keras = keras_runtime.import_keras()
    import tensorflow as tf

    network = keras.saving.load_model(space.folder / DECODER)
    call = tf.function(
        lambda code: network(code, training=False),
        input_signature=[tf.TensorSpec([1, 2], tf.float32)],
        jit_compile=True,
        autograph=False,
    ).get_concrete_function()
    return lambda code: call(tf.constant(code)).numpy()


def grid_decoder(space: LatentSpace) -> Callable[[np.ndarray], np.ndarray]:
    """Bilinear interpolation in the grid, as in our program."""
    from explorer.decoding.decoders import GridDecoder
    from explorer.decoding.grid import load

    return GridDecoder(load(space))


class Window:
    """One or more maps, each with the picture at its crosshair.

    With two maps, the point nearest to the mouse is marked on the other map too, and decoded by the other decoder.

    Args:
        spaces: one for each map.
        points: of each map, about.
        decoder_for: makes their decoders.
        trace: records the window and every frame.
    """

    def __init__(self, spaces: list[LatentSpace], points: int, decoder_for: Callable, trace: Trace) -> None:
        self._trace = trace
        self._decoders = [decoder_for(space) for space in spaces]
        kept = slice(None, None, len(spaces[0].codes) // points)  # the same points as in our program
        self._codes = [space.codes[kept] for space in spaces]
        self._trees = [KDTree(codes) for codes in self._codes] if len(spaces) > 1 else []
        self.root = tk.Tk()
        self.root.title(TITLE)
        self.root.geometry("{}x{}+{}+{}".format(*SIZE, *PLACE))
        figure = Figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100)
        self._canvas = FigureCanvasTkAgg(figure, self.root)
        self._widget = self._canvas.get_tk_widget()
        self._widget.pack(fill="both", expand=True)
        one = len(spaces) == 1
        self._maps = [_axes(figure, box) for box in ([MAP] if one else MAPS)]
        pictures = [_axes(figure, box) for box in ([PICTURE] if one else PICTURES)]
        self._crosses, self._images = [], []
        for space, codes, axes, picture in zip(spaces, self._codes, self._maps, pictures, strict=True):
            axes.scatter(*codes.T, s=1, c=space.labels[kept], cmap="tab10")
            style = {"marker": "+", "markersize": CROSSHAIR * 0.72, "color": "black", "animated": True}
            self._crosses += axes.plot(*codes[:1].T, **style)
            picture.set_axis_off()
            blank = np.zeros(space.image_shape)
            self._images.append(picture.imshow(blank, cmap="gray", vmin=0, vmax=1, animated=True))
        self._moving = [*zip([*self._maps, *pictures], [*self._crosses, *self._images], strict=True)]
        self._backgrounds: list = []
        self._canvas.mpl_connect("draw_event", self._on_drawn)
        self._mouse, self._moved_at = (0, 0), None
        self._widget.bind("<Motion>", self._on_motion)  # instead of Matplotlib's own handler
        self.root.update()
        self._follow([(0.0, 0.0)] * len(spaces))  # the first frame compiles
        named = zip(("map", "second"), self._maps, strict=False)
        trace.write("window", picture=self._box(pictures[0]), **{name: self._box(axes) for name, axes in named})

    def _box(self, axes: Axes) -> list[int]:
        """The position of axes in screen pixels: x, y, width, height."""
        left, bottom, width, height = map(round, axes.bbox.bounds)
        x, y = self._widget.winfo_rootx() + left, self._widget.winfo_rooty() + SIZE[1] - bottom - height
        return [x, y, width, height]

    def _on_drawn(self, event) -> None:
        self._backgrounds = [self._canvas.copy_from_bbox(axes.bbox) for axes, _ in self._moving]

    def _on_motion(self, event: tk.Event) -> None:
        """Stores the latest move. It is handled when Tk is idle."""
        self._mouse = event.x, event.y
        if self._moved_at is None:
            self._moved_at = time.perf_counter()
            self.root.after_idle(self._handle_move)

    def _handle_move(self) -> None:
        moved_at, self._moved_at = self._moved_at, None
        x, y = self._mouse[0], SIZE[1] - self._mouse[1]
        for index, axes in enumerate(self._maps):
            if axes.bbox.contains(x, y):
                place = axes.transData.inverted().transform((x, y))
                places = [place] * len(self._maps)
                if self._trees:
                    nearest = self._trees[index].query(place)[1]
                    places = [place if each == index else codes[nearest] for each, codes in enumerate(self._codes)]
                self._follow(places)
                ms = (time.perf_counter() - moved_at) * 1000
                self._trace.write("hover", px=self._mouse, z=place.tolist(), picture_ms=round(ms, 3))

    def _follow(self, places: list) -> None:
        """Draws crosshairs at places and the pictures there."""
        for place, decode, cross, image in zip(places, self._decoders, self._crosses, self._images, strict=True):
            cross.set_data([place[0]], [place[1]])
            image.set_data(decode(np.asarray(place, np.float32)[None])[0])
        for background, (axes, artist) in zip(self._backgrounds, self._moving, strict=True):
            self._canvas.restore_region(background)
            axes.draw_artist(artist)
            self._canvas.blit(axes.bbox)
        self.root.update_idletasks()


def _axes(figure: Figure, box: tuple[int, ...]) -> Axes:
    """Axes in a box of pixels."""
    return figure.add_axes(tuple(pixels / side for pixels, side in zip(box, SIZE * 2, strict=True)))


def morph(frames: int) -> list[float]:
    """The ms of each frame of a morph of all points: of the faster of two ways, one `scatter` with `set_offsets`, and
    a line of markers for each class with `set_data`; both are blitted."""
    first, second = (open_space(folder_of(name)) for name in SPACES)
    ends = [space.codes / np.abs(space.codes).max() for space in (first, second)]
    figure = Figure(figsize=(MORPH_SIZE[0] / 100, MORPH_SIZE[1] / 100), dpi=100)
    axes = figure.add_subplot(xlim=(-1, 1), ylim=(-1, 1))
    root = tk.Tk()
    root.geometry("{}x{}".format(*MORPH_SIZE))
    canvas = FigureCanvasTkAgg(figure, root)
    canvas.get_tk_widget().pack(fill="both", expand=True)
    root.update()
    background = canvas.copy_from_bbox(axes.bbox)
    classes = [np.flatnonzero(first.labels == label) for label in np.unique(first.labels)]
    dots = axes.scatter(*ends[0].T, s=1, c=first.labels, cmap="tab10", animated=True)
    style = {"marker": ".", "linestyle": "none", "markersize": 1, "markeredgewidth": 0, "animated": True}
    lines = [axes.plot([], [], **style)[0] for _ in classes]

    def scatter(places: np.ndarray) -> None:
        dots.set_offsets(places)
        axes.draw_artist(dots)

    def plot(places: np.ndarray) -> None:
        for line, members in zip(lines, classes, strict=True):
            line.set_data(places[members].T)
            axes.draw_artist(line)

    def play(draw: Callable[[np.ndarray], None], frames: int) -> list[float]:
        spent = []
        for share in np.linspace(0, 1, frames):
            started = time.perf_counter()
            canvas.restore_region(background)
            draw((1 - share) * ends[0] + share * ends[1])
            canvas.blit(axes.bbox)
            root.update_idletasks()
            spent.append((time.perf_counter() - started) * 1000)
            root.update()
        return spent

    faster = min((plot, scatter), key=lambda draw: min(play(draw, 3)))
    spent = play(faster, frames)
    root.destroy()
    return spent


def main(what: str, count: str, *more: str) -> None:
    if what == "morph":
        print(json.dumps(morph(int(count))))
        return
    kind, _, trace_file = more
    spaces = [open_space(folder_of(name)) for name in SPACES[: 2 if what == "compare" else 1]]
    with Trace(Path(trace_file)) as trace:
        window = Window(spaces, int(count), live_decoder if kind == "live" else grid_decoder, trace)
        Rest(window.root, Workers(window.root), trace)  # answers the benchmark's question whether it is at rest
        window.root.mainloop()


if __name__ == "__main__":
    main(*sys.argv[1:])
