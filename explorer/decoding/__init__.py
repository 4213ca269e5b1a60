"""From codes to images: decoders, the grid, the engines that prepare them, and Keras, which is imported here first."""
