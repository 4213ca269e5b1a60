"""Images of any source as arrays: `data.load("mnist")`. Read on in `explorer/images/datasets.py`."""

from explorer.errors import UserError
from explorer.images.datasets import SOURCES, Dataset, as_float, load

__all__ = ["SOURCES", "Dataset", "UserError", "as_float", "load"]
