"""Reading and preparing images.

datasets     data sets as arrays of one form: names, splits, scaling, labels
readers      `.npz` and IDX files
pictures     folders of pictures, and single ones
found        the result of a reader, before it is checked
packed       images in less memory, for the window
inspecting   describes a data set, and warns of what looks wrong
options      command-line options for reading images
handwriting  prepares drawings and picture files like MNIST's digits
noise        adds noise to images
"""
