"""What latent spaces are good for. Arrays and spaces in, numbers out, as in `analysis`, on which it builds.

naming    a few named images name all others
measured  what `model.py apply` measured, from the card of a space
"""
