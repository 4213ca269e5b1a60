"""Latent space explorer: hover over the map, Keras decodes live."""

import sys

from explorer.cli import main_live

if __name__ == "__main__":
    sys.exit(main_live())
