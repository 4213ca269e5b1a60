"""`python -m explorer` is `ae.py`."""

import sys

from explorer.entry import live

if __name__ == "__main__":
    sys.exit(live())
