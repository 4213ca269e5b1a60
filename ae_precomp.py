"""Latent space explorer for slow machines: a precomputed grid answers, without TensorFlow."""

import sys

from explorer.cli import main_grid

if __name__ == "__main__":
    sys.exit(main_grid())
