"""The same without TensorFlow: a precomputed grid decodes. Read on in `explorer/cli.py`."""

import sys

if __name__ == "__main__":
    from explorer.entry import grid

    sys.exit(grid())
