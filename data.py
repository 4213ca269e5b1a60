"""Images of any source: `python data.py SOURCE` describes them, `data.load("mnist")` returns arrays.

Read on in `explorer/data_cli.py` and `explorer/images/datasets.py`.
"""

import sys

if __name__ == "__main__":
    from explorer.entry import data

    sys.exit(data())

from explorer.errors import UserError
from explorer.images.datasets import SOURCES, Dataset, as_float, load

__all__ = ["SOURCES", "Dataset", "UserError", "as_float", "load"]
