"""Where the programs begin: the commands of an installation, `python -m explorer`, and the scripts of a checkout.

Nothing that takes time is imported before Ctrl-C is heeded. The command lines are `explorer/cli.py` and
`explorer/training/cli.py`.
"""

from __future__ import annotations

import importlib.util
import logging
import sys

from explorer import interrupt
from explorer.files import locations

NEEDED = ("numpy", "scipy", "matplotlib", "PIL", "psygnal", "sv_ttk", "psutil", "msgspec", "tqdm")


def live() -> int:
    """`ae.py`, `latent-space-explorer`: Keras decodes, or the grid where TensorFlow is not installed.

    Returns:
        The exit status: 2, with one line on stderr, for what the user can mend.
    """
    interrupt.heed()
    _check_packages()
    from explorer.cli import main_live

    return main_live()


def grid() -> int:
    """`ae_precomp.py`, `latent-space-explorer-precomp`: a precomputed grid answers. Returns what `live` returns."""
    interrupt.heed()
    _check_packages()
    from explorer.cli import main_grid

    return main_grid()


def model() -> int:
    """`model.py`, `latent-space-explorer-model`: trains and measures spaces. Returns what `live` returns."""
    from explorer.training import terminal

    terminal.begin()  # heeds Ctrl-C, too
    _check_packages()
    from explorer.training.cli import main

    return terminal.run(main)


def data() -> int:
    """`data.py`, `latent-space-explorer-data`: shows what images a source holds. Returns what `live` returns."""
    from explorer.training import terminal

    terminal.begin()
    _check_packages()
    from explorer.data_cli import main

    return terminal.run(main, locations.program("data.py"))


def _check_packages() -> None:
    """Ends the program with status 2, and one line, where packages that every program needs are not installed."""
    # Without a home directory Matplotlib keeps its cache in a temporary folder, and need not tell.
    logging.getLogger("matplotlib").addFilter(lambda record: record.levelno >= logging.ERROR)
    missing = [name for name in NEEDED if not importlib.util.find_spec(name)]
    if missing:
        print(f"{', '.join(missing)} not installed: {locations.INSTALL_ALL}", file=sys.stderr)
        sys.exit(2)
