"""Trains and measures latent spaces: `python model.py --help`. Read on in `explorer/training/cli.py`."""

import sys

if __name__ == "__main__":
    from explorer.training import terminal

    terminal.begin()  # before the imports that take time
    from explorer.training.cli import main

    sys.exit(terminal.run(main))
