"""Trains a bundled space with further seeds, and prints what varies: `make seeds ARGS="--seeds 1 2"`.

Each seed takes as long as `python model.py train`. The results are in weights/my-NAME-seed-N. After an interruption,
the same command goes on: what is complete is not trained again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from explorer.spaces.folder import WEIGHTS, folder_of, open_space  # noqa: E402
from explorer.training import evaluate  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.seeds", description=__doc__.splitlines()[0])
    parser.add_argument("--space", default="autoencoder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    options, further = parser.parse_known_args(arguments)  # further ones are for the training, such as --data
    folders = [WEIGHTS / f"my-{options.space}-seed-{seed}" for seed in options.seeds]
    for seed, folder in zip(options.seeds, folders, strict=True):
        of_seed = ["--space", options.space, "--seed", str(seed), "--out", str(folder), "--resume"]
        command = [sys.executable, str(ROOT / "model.py"), "train", *of_seed, *further]
        if status := subprocess.run(command).returncode:
            return status
    print(table([folder_of(options.space), *folders]))
    return 0


def table(folders: list[Path]) -> str:
    """The metrics on the cards of several spaces, and their mean and standard deviation."""
    cards = [open_space(folder).card for folder in folders]
    rows = {f"seed {card['seed']}": card["metrics"] for card in cards}
    known = [name for name in evaluate.COLUMNS if all(name in found for found in rows.values())]
    for title, of in (("mean", np.mean), ("deviation", lambda values: np.std(values, ddof=1))):
        rows[title] = {name: float(of([card["metrics"][name] for card in cards])) for name in known}
    return evaluate.table(rows)


if __name__ == "__main__":
    sys.exit(main())
