"""The Tk window: panels, bars, keys, workers. No other code uses tkinter."""
