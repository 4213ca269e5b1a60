"""Trains the bundled example of 16 dimensions, weights/vae-16: `python -m tools.example`.

It is what `python model.py train --space vae --latent-dim 16 --hidden 352,128 --epochs 80` makes, without its history,
so that it takes less than 8 MB. After an interruption, the same command continues.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from explorer.decoding import keras_runtime
from explorer.spaces.card import HISTORY, read_card, write_card
from explorer.spaces.folder import WEIGHTS

EXAMPLE = "vae-16"
RECIPE = {"space": "vae", "latent_dim": 16, "hidden": (352, 128), "epochs": 80}
LOOK = (
    "The map is one plane through the 16 dimensions: classes overlap on it that are apart in the codes. Pin a digit, "
    "then change the numbers that are not on the map, and see what each of them draws."
)


def finish(folder: Path) -> None:
    """Removes the history, and says in the card what to look at."""
    card = read_card(folder)
    (folder / HISTORY).unlink(missing_ok=True)
    files = {name: found for name, found in card["files"].items() if name != HISTORY}
    about = f"{card['about'].removesuffix(LOOK).strip()} {LOOK}"
    write_card(folder, card | {"about": about, "files": files})


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(prog="python -m tools.example", description="Trains weights/vae-16.").parse_args(arguments)
    keras_runtime.process_is_ours = True
    from explorer.training import cli

    out = cli.train(WEIGHTS / EXAMPLE, resume=True, source="mnist", **RECIPE)
    assert out is not None
    finish(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
