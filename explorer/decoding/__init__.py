"""From codes to images. Keras is imported here, and in training.

decoders       what every decoder offers; the decoder that looks images up in a grid
grid           the grid of decoded images: computing, saving and loading it
engines        what decodes at once, and what takes over from the background: live, or the grid
keras_runtime  importing Keras quietly; the live decoder and encoder
stored         from a `.keras` file to a Keras model, step by step
vetting        which layers and operations the file of a network may name
cost           memory and time that one call of a network takes
"""
