"""What latent spaces are good for. Arrays and spaces in, numbers out, as in `analysis`, on which it builds.

measured  what `model.py apply` measured, from the card of a space
neighbourhood  the nearest codes of a code, and how many of them a map keeps as neighbours
texts  codes of texts, and which column of a space holds its texts
"""
