"""Trains and measures latent spaces: `python model.py --help`. Read on in `explorer/training/cli.py`."""

import sys

if __name__ == "__main__":
    from explorer.entry import model

    sys.exit(model())
