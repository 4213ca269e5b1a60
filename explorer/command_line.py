"""The options of `ae.py` and `ae_precomp.py`."""

from __future__ import annotations

import argparse
import math
import re
import sys
from typing import NoReturn

from explorer.analysis import backgrounds
from explorer.decoding import grid
from explorer.decoding.model_files import own_classes
from explorer.errors import LONGEST, printable
from explorer.files import locations
from explorer.own_models import options as own_models
from explorer.spaces.latent_space import LARGEST_CODE

SPACE = "autoencoder"
SIZE = (1280, 800)
SMALLEST, LARGEST = (640, 400), (8192, 8192)
SCALES = (0.5, 4.0)


class Parser(argparse.ArgumentParser):
    """Its errors are one printable line below the usage, whatever the arguments contain."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message, LONGEST))


def parser_of(script: str, description: str) -> argparse.ArgumentParser:
    """The parser of a program with the options of both.

    Args:
        script: "ae.py" or "ae_precomp.py".
    """
    parser = Parser(prog=locations.program(script), description=description)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--space", metavar="NAME", help=f"a space in weights/ ({SPACE})")
    which.add_argument("--weights", metavar="DIR", help="the folder of a trained space")
    parser.add_argument("--compare", metavar="NAME", help="show a second space of the same images beside the first")
    parser.add_argument("--workspace", metavar="FILE", help="open a saved workspace")
    parser.add_argument("--theme", choices=("light", "dark"), help="theme of the window (as last time; at first light)")
    parser.add_argument("--colour", metavar="NAME", help="colour the dots by class, error, spread, split, or a column")
    parser.add_argument(
        "--palette", metavar="COLOURS", help="colours of the classes: #rrggbb or names, or a file of them"
    )
    parser.add_argument("--background", choices=("none", *backgrounds.NAMES), help="what to paint behind the dots")
    parser.add_argument(
        "--chart", choices=("plain", "quantiles"), help="axes of the map: the codes, or their quantiles in the prior"
    )
    parser.add_argument("--at", type=_place, metavar="X,Y", help="put the cursor on this code, or place on the plane")
    parser.add_argument(
        "--size",
        type=_size,
        metavar="WxH",
        help=f"size of the window in pixels (as last time; at first {SIZE[0]}x{SIZE[1]})",
    )
    parser.add_argument(
        "--scale",
        type=_scale,
        metavar="FACTOR",
        help="enlarge text and controls, 0.5 to 4 (by the screen's resolution)",
    )
    parser.add_argument("--snapshot", metavar="OUT.png", help="save a picture and exit; needs no display")
    parser.add_argument(
        "--export",
        metavar="FILE",
        help="export the map and exit, by the ending: .html, .csv, .parquet or .projector; needs no display",
    )
    own_classes.add_option(parser)
    menu = parser.add_mutually_exclusive_group()
    menu.add_argument(
        "--install-desktop", action="store_true", help="add the program to the applications of a Linux desktop"
    )
    menu.add_argument("--remove-desktop", action="store_true", help="remove it from the applications")
    parser.add_argument("--trace", metavar="FILE", help="append events to this file, as JSON lines")
    return parser


def joined(arguments: list[str] | None) -> list[str]:
    """The arguments with `--at -1,2` as `--at=-1,2`, and ranges likewise: to argparse, a minus begins an option."""
    joined: list[str] = []
    for argument in sys.argv[1:] if arguments is None else arguments:
        if joined and joined[-1] in ("--at", *own_models.RANGES) and re.match(r"-[\d.]", argument):
            joined[-1] = f"{joined[-1]}={argument}"
        else:
            joined.append(argument)
    return joined


def _place(text: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a pair of numbers like 1.5,-2") from None
    if not all(abs(number) <= LARGEST_CODE for number in numbers):
        raise argparse.ArgumentTypeError(f"'{text}' is too far from 0 for any map")
    return numbers


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a size like 1280x800") from None
    if not (SMALLEST[0] <= width <= LARGEST[0] and SMALLEST[1] <= height <= LARGEST[1]):
        raise argparse.ArgumentTypeError(f"'{text}' is not between 640x400 and 8192x8192")
    return width, height


def _scale(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not SCALES[0] <= factor <= SCALES[1]:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from {SCALES[0]:g} to {SCALES[1]:g}")
    return factor


def resolution(text: str) -> int:
    """The nodes along each side of a grid, from an argument."""
    if not text.isdecimal() or len(text) > 100 or int(text) not in grid.RESOLUTIONS:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 2 to {grid.RESOLUTIONS[-1]}")
    return int(text)
