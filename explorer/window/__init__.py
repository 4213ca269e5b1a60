"""The Tk window: panels, bars, keys, workers. The only code that imports tkinter."""
