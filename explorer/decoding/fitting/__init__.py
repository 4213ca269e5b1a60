"""Models that somebody else made, as decoders and encoders of ours.

fit        finds out what the models want and give, and notes what was guessed
opening    reads their files, and those in the folder of a space
adapters   such a model as a decoder or an encoder
callables  Keras, ONNX and scikit-learn models, and functions, as functions of arrays
layout     how a model has images: shape, channels, range
guesses    what names, layers and numbers tell about a model
trials     calls models in different ways, and compares what comes out
"""
