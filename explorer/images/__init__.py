"""Where images come from.

datasets     any images as arrays of one form: names, splits, scaling, labels
readers      `.npz`, IDX files and folders of pictures
handwriting  drawings and picture files as images like those of MNIST
noise        noise in images
"""
