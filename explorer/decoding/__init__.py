"""From codes to images. Keras is imported here, and in training.

decoders       the interface of decoders; the decoder that interpolates in a grid
grid           the grid of decoded images: computing, saving and loading it
engines        which decoder is used at once, and which one later: the live one or the grid
keras_runtime  importing Keras quietly; the live decoder and encoder
cost           memory and time of one call of a network
shapes         shapes of arrays in models, with unknown sides
fitting/       models that somebody else made, as decoders and encoders of ours
model_files/   the door: files of models are checked before any library reads them
"""
