"""Latent space explorer for slow machines: a precomputed grid answers, without TensorFlow."""

import sys

if __name__ == "__main__":
    from explorer import interrupt

    interrupt.heed()  # before the imports that take time
    from explorer.cli import main_grid

    sys.exit(main_grid())
