"""Where images come from.

datasets     any images as arrays of one form: names, splits, scaling, labels
readers      `.npz` and IDX files
pictures     folders of pictures, and single ones
found        what readers find
inspecting   what a data set holds, and what looks wrong with it
options      the options of command lines that say how images are read
handwriting  drawings and picture files as images like those of MNIST
noise        noise in images
"""
