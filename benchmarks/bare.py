"""Lower bounds: an empty figure in a bare window; importing Keras and loading the networks.

python -m benchmarks.bare window | keras      prints seconds since the start of the process
python -m benchmarks.bare models              calls decoder and encoder once, and prints the resident memory in MB
"""

import sys

from explorer.trace import process_age


def window() -> float:
    import tkinter as tk

    from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg
    from matplotlib.figure import Figure

    root = tk.Tk()
    root.geometry("1280x800")
    figure = Figure(dpi=100)
    figure.add_subplot()
    FigureCanvasTkAgg(figure, root).get_tk_widget().pack(fill="both", expand=True)
    root.update()
    return process_age()


def load(*names: str) -> list:
    """The networks in these files of the bundled space."""
    import keras

    from explorer.spaces.folder import folder_of

    return [keras.saving.load_model(folder_of("autoencoder") / name) for name in names]


def keras() -> float:
    from explorer.spaces.card import DECODER

    load(DECODER)
    return process_age()


def models() -> float:
    import numpy as np
    import psutil

    from explorer.spaces.card import DECODER, ENCODER

    for network in load(DECODER, ENCODER):
        network(np.zeros((1, *network.input_shape[1:]), np.float32))
    return psutil.Process().memory_info().rss / 1e6


if __name__ == "__main__":
    print({"window": window, "keras": keras, "models": models}[sys.argv[1]]())
