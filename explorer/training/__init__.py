"""How a latent space is trained and measured; `model.py` is its command line."""
