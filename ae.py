"""Latent space explorer: hover over the map, Keras decodes live. Read on in `explorer/cli.py`."""

import sys

if __name__ == "__main__":
    from explorer.entry import live

    sys.exit(live())
