"""On PYTHONPATH, this makes Python believe that TensorFlow and Keras are not installed."""

import sys

sys.modules["tensorflow"] = sys.modules["keras"] = None
