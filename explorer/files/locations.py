"""Where the files lie that come with the program, and what its commands are called: in a checkout, or installed.

A wheel carries `datasets/` and `weights/` inside the package, in `explorer/bundled/`; a checkout has them beside it.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
INSTALLED = (_PACKAGE / "bundled").is_dir()
ROOT = _PACKAGE / "bundled" if INSTALLED else _PACKAGE.parent
DATASETS = ROOT / "datasets"
WEIGHTS = ROOT / "weights"  # of the spaces that come with the program; perhaps read-only
_COMMANDS = {
    "ae.py": "latent-space-explorer",
    "ae_precomp.py": "latent-space-explorer-precomp",
    "model.py": "latent-space-explorer-model",
    "data.py": "latent-space-explorer-data",
}
RESTORE = "install the program again" if INSTALLED else "restore it from the repository"
INSTALL_ALL = RESTORE if INSTALLED else "'make setup', or 'pip install -r requirements.txt'"
INSTALL = "pip install tensorflow keras scikit-learn openTSNE" if INSTALLED else "pip install -r requirements.txt"


def working() -> Path | None:
    """The folder `weights/` of the working folder, for the spaces that people train with an installed program.

    None in a checkout, whose own `weights/` takes them, and where there is no working folder any more.
    """
    try:
        return Path.cwd() / "weights" if INSTALLED else None
    except OSError:
        return None


def program(script: str) -> str:
    """What a program calls itself: "ae.py" in a checkout, "latent-space-explorer" where it is installed."""
    return _COMMANDS[script] if INSTALLED else script


def command(script: str) -> str:
    """What to type to start a program: "python ae.py", or "latent-space-explorer"."""
    return _COMMANDS[script] if INSTALLED else f"python {script}"
