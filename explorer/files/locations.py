"""Where the bundled files are, and what the commands are called: in a checkout, or installed.

A wheel contains `datasets/` and `weights/` in `explorer/bundled/`; a checkout has them beside the package.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
INSTALLED = (_PACKAGE / "bundled").is_dir()
ROOT = _PACKAGE / "bundled" if INSTALLED else _PACKAGE.parent
DATASETS = ROOT / "datasets"
WEIGHTS = ROOT / "weights"  # the bundled spaces; may be read-only
_COMMANDS = {
    "ae.py": "latent-space-explorer",
    "ae_precomp.py": "latent-space-explorer-precomp",
    "model.py": "latent-space-explorer-model",
}
RESTORE = "install the program again" if INSTALLED else "restore it from the repository"
INSTALL_ALL = RESTORE if INSTALLED else "'make setup', or 'pip install -r requirements.txt'"
INSTALL = "pip install tensorflow keras scikit-learn openTSNE" if INSTALLED else "pip install -r requirements.txt"


def working() -> Path | None:
    """The folder `weights/` of the working folder, for spaces that are trained with an installed program.

    None in a checkout, which has its own `weights/`, and if the working folder no longer exists.
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
