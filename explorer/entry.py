"""Entry points of the programs: installed commands, `python -m explorer`, and the scripts of a checkout.

Ctrl-C works before slow libraries are imported. The command lines are `explorer/cli.py` and `explorer/training/cli.py`.
"""

from __future__ import annotations

import gc
import importlib.util
import logging
import sys

from explorer import interrupt
from explorer.files import locations

NEEDED = ("numpy", "scipy", "matplotlib", "PIL", "psygnal", "sv_ttk", "psutil", "msgspec", "tqdm", "platformdirs")


def live() -> int:
    """`ae.py`, `latent-space-explorer`: Keras decodes, or the grid if TensorFlow is not installed.

    Returns:
        The exit status: 2, with one line on stderr, after a mistake of the user.
    """
    gc.disable()  # until the first frame: nothing of what is imported becomes garbage
    interrupt.heed()
    _check_packages()
    from explorer.cli import main_live

    return main_live()


def grid() -> int:
    """`ae_precomp.py`, `latent-space-explorer-precomp`: uses the precomputed grid. Returns what `live` returns."""
    gc.disable()  # see `live`
    interrupt.heed()
    _check_packages()
    from explorer.cli import main_grid

    return main_grid()


def model() -> int:
    """`model.py`, `latent-space-explorer-model`: trains and measures spaces. Returns what `live` returns."""
    from explorer.training import terminal

    terminal.begin()  # Ctrl-C works from here on
    _check_packages()
    from explorer.training.cli import main

    return terminal.run(main)


def data() -> int:
    """`data.py`, `latent-space-explorer-data`: describes the images of a source. Returns what `live` returns."""
    from explorer.training import terminal

    terminal.begin()
    _check_packages()
    from explorer.data_cli import main

    return terminal.run(main, locations.program("data.py"))


def _check_packages() -> None:
    """Ends the program with status 2 and one line if a package is missing that every program needs."""
    # Without a home directory Matplotlib keeps its cache in a temporary folder, and warns about it.
    logging.getLogger("matplotlib").addFilter(lambda record: record.levelno >= logging.ERROR)
    missing = [name for name in NEEDED if not importlib.util.find_spec(name)]
    if missing:
        print(f"{', '.join(missing)} not installed: {locations.INSTALL_ALL}", file=sys.stderr)
        sys.exit(2)
