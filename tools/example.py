"""Trains the bundled examples of more than two dimensions: `python -m tools.example`.

weights/vae-16 is what `python model.py train --space vae --latent-dim 16 --hidden 352,128 --epochs 80` makes, without
its history. weights/autoencoder-32 is a plain autoencoder that shows how far 32 numbers compress; it keeps the codes of
a part of the images, so that it takes less than 4 MB. After an interruption, the same command continues.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from explorer.decoding import keras_runtime
from explorer.files.arrays import read_arrays
from explorer.files.writing import write_arrays
from explorer.spaces.card import CODES, HISTORY, read_card, write_card
from explorer.spaces.folder import WEIGHTS, sums

RECIPES = {
    "vae-16": {"space": "vae", "latent_dim": 16, "hidden": (352, 128), "epochs": 80},
    "autoencoder-32": {
        "space": "autoencoder-plain",
        "latent_dim": 32,
        "hidden": (288, 128),
        "epochs": 70,
        "augmentation": 0.5,
        "weight_decay": 0.01,
        "grid_resolution": 32,
    },
}
LOOK = {
    "vae-16": "The map is one plane through the 16 dimensions: classes overlap on it that are apart in the codes. Pin "
    "a digit, then change the numbers that are not on the map, and see what each of them draws.",
    "autoencoder-32": "With 32 numbers, a digit and its reconstruction are hard to tell apart.",
}
KEPT = {"autoencoder-32": 10_000}  # training images whose codes are kept; those of all test images are
N_TRAIN = 60_000


def finish(folder: Path) -> None:
    """Removes the history, keeps the codes of a part of the images, and says in the card what to look at."""
    card, look = read_card(folder), LOOK[folder.name]
    (folder / HISTORY).unlink(missing_ok=True)
    if folder.name in KEPT:
        found = read_arrays(folder / CODES, ("codes", "labels", "rows"))
        kept = (found["rows"] < KEPT[folder.name]) | (found["rows"] >= N_TRAIN)
        arrays = {name: values[kept] for name, values in found.items()}
        write_arrays(folder / CODES, **arrays | {"codes": arrays["codes"].astype(np.float16)})
    about = f"{card['about'].removesuffix(look).strip()} {look}"
    write_card(folder, card | {"about": about, "files": sums(folder)})


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.example", description="Trains bundled examples.")
    parser.add_argument("name", nargs="?", choices=list(RECIPES), help="which one (both)")
    chosen = parser.parse_args(arguments).name
    keras_runtime.process_is_ours = True
    from explorer.training import cli

    for name in [chosen] if chosen else RECIPES:
        out = cli.train(WEIGHTS / name, resume=True, source="mnist", **RECIPES[name])
        assert out is not None
        finish(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
