"""From codes to images. Keras is imported here, and in training.

decoders       the interface of decoders; the decoder that interpolates in a grid
grid           the grid of decoded images: computing, saving and loading it
engines        which decoder is used at once, and which one later: the live one or the grid
keras_runtime  importing Keras quietly; the live decoder and encoder
stored         from a `.keras` or `.h5` file to a Keras model, step by step
legacy         the configuration in an `.h5` file, in the form of `.keras` files
vetting        which layers and operations the file of a network may name
fitting        finds out what somebody's models want and give
trials         calls models in different ways, and compares what comes out
notes          what was guessed about somebody's models, in plain lines
guesses        what names, layers and numbers tell about a model
adapters       somebody's model as a decoder or an encoder
callables      Keras, ONNX and scikit-learn models, and functions, as functions of arrays
layout         how a model has images: shape, channels, range
model_files    files of other models, and such models in the folder of a space
own_classes    the Python file of a model's own classes, `--trust FILE`
cost           memory and time of one call of a network
onnx_runtime   models in ONNX files
onnx_vetting   which ONNX files are safe; memory and time of one call
"""
