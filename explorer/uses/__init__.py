"""What latent spaces are good for. Arrays and spaces in, numbers out, as in `analysis`, on which it builds.

compression  few bits per number, PCA, JPEG and WebP; bytes and PSNR
archive      images as codes in one file
measured     what `model.py apply` measured, from the card of a space
"""
