"""Matplotlib figures and pictures. Nothing here imports tkinter or pyplot."""
