"""The door: files of models are checked before any library reads them.

stored        from a `.keras` or `.h5` file to a Keras model, step by step
vetting       which layers and functions such a file may name
legacy        the configuration in an `.h5` file, in the form of `.keras` files
own_classes   the Python file of a model's own classes, `--trust FILE`
onnx_runtime  models in ONNX files
onnx_vetting  which ONNX files are safe; memory and time of one call
"""
