"""Lower bounds: an empty figure in a bare window; importing Keras and loading a model.

python -m benchmarks.bare window | keras      prints seconds since the start of the process
"""

import sys

from explorer.trace import process_age


def window() -> None:
    import tkinter as tk

    from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg
    from matplotlib.figure import Figure

    root = tk.Tk()
    root.geometry("1280x800")
    figure = Figure(dpi=100)
    figure.add_subplot()
    FigureCanvasTkAgg(figure, root).get_tk_widget().pack(fill="both", expand=True)
    root.update()


def load() -> None:
    import keras

    from explorer.space.card import DECODER
    from explorer.space.folder import folder_of

    keras.saving.load_model(folder_of("autoencoder") / DECODER)


if __name__ == "__main__":
    {"window": window, "keras": load}[sys.argv[1]]()
    print(process_age())
