"""What latent spaces are good for. Arrays and spaces in, numbers out, as in `analysis`, on which it builds.

anomaly        ROC curves of scores that are high for unusual images
archive        images as codes in one file
compression    few bits per number, PCA, JPEG and WebP; bytes and PSNR
denoising      filters and PCA that remove noise, as opponents of an autoencoder
generation     new images: random codes, and how real, varied and new the images are
measured       what `model.py apply` measured, from the card of a space
naming         a few named images name all others
neighbourhood  the nearest codes of a code, and how many of them a map keeps as neighbours
ratings        users and titles as vectors, and what somebody would like
texts          codes of texts, and which column of a space holds its texts
"""
