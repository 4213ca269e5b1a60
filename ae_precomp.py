"""Latent space explorer for slow machines: decodes from a grid, without TensorFlow. Read on in `explorer/cli.py`."""

import sys

if __name__ == "__main__":
    from explorer.entry import grid

    sys.exit(grid())
