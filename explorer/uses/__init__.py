"""What latent spaces are good for. Arrays and spaces in, numbers out, as in `analysis`, on which it builds.

anomaly   ROC curves of scores that are high for unusual images
measured  what `model.py apply` measured, from the card of a space
"""
