"""Latent space explorer: hover over the map, Keras decodes live."""

import sys

if __name__ == "__main__":
    from explorer import interrupt

    interrupt.heed()  # before the imports that take time
    from explorer.cli import main_live

    sys.exit(main_live())
