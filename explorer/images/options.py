"""Command-line options for reading images."""

from __future__ import annotations

import argparse
import re

from explorer.files.schema import Reading

SOURCE = "a name (mnist, fashion_mnist, …), an .npz, IDX files, or a folder of pictures"
LARGEST_SIDE = 4096  # pixels that images may be resized to


def add_to(parser: argparse.ArgumentParser) -> None:
    """Adds `--resize`, `--transpose` and `--skip-damaged`."""
    size = "resize images to this many pixels, such as 64x64; proportions stay, the border's colour fills the rest"
    parser.add_argument("--resize", type=_size, metavar="HxW", help=size)
    parser.add_argument("--transpose", action="store_true", help="exchange rows and columns, for EMNIST's files")
    parser.add_argument("--skip-damaged", action="store_true", help="leave out pictures that cannot be read")


def reading_of(options: argparse.Namespace) -> Reading:
    """The `Reading` of the parsed options."""
    return Reading(options.resize, options.transpose, options.skip_damaged)


def as_words(reading: Reading) -> str:
    """The options as typed on the command line; "" for none."""
    words = [f"--{name.replace('_', '-')}" for name in reading.choices]
    return " ".join(words).replace("--resize", f"--resize {'x'.join(map(str, reading.resize or ()))}")


def _size(text: str) -> tuple[int, int]:
    sides = re.fullmatch("([0-9]{1,4})[x×]([0-9]{1,4})", text.strip().lower())
    height, width = (int(side) for side in sides.groups()) if sides else (0, 0)
    if not 4 <= min(height, width) <= max(height, width) <= LARGEST_SIDE:
        raise argparse.ArgumentTypeError(f"'{text}' is no size: give height x width, each from 4 to {LARGEST_SIDE}")
    return height, width
