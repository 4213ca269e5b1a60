"""`python data.py SOURCE`: describes the images of a source, and warns of what looks wrong."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer.decoding import keras_runtime
from explorer.errors import UserError
from explorer.files import locations, untrusted
from explorer.files.writing import check_writable
from explorer.images import datasets, inspecting, options
from explorer.training.terminal import say

PROGRAM = locations.program("data.py")


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status, 2 for a user's mistake."""
    chosen = _parser().parse_args(arguments)
    keras_runtime.process_is_ours = True  # it downloads some data sets
    try:
        sheet = None if chosen.sheet is None else _file(chosen.sheet)
        dataset = datasets.load(chosen.source, options.reading_of(chosen))
        inspecting.tell(dataset, PROGRAM, say)
        if sheet is not None:
            from explorer.drawing import class_sheet

            class_sheet.save(dataset, sheet)
            say(f"wrote {sheet}")
    except UserError as error:
        say(f"{PROGRAM}: {error}", error=True)
        return 2
    return 0


def _file(text: str) -> Path:
    """The path of the contact sheet. Raises UserError if it cannot be written."""
    path = untrusted.absolute(text)
    if path.suffix.lower() != ".png":
        raise UserError(f"--sheet {text} does not end with .png: give the name of a PNG")
    check_writable(path)
    return path


def _parser() -> argparse.ArgumentParser:
    about = "Shows what images a source holds, and what looks wrong with them."
    parser = argparse.ArgumentParser(prog=PROGRAM, description=about)
    parser.add_argument("source", metavar="SOURCE", help=options.SOURCE)
    parser.add_argument("--sheet", metavar="OUT.png", help="draw some images of each class")
    options.add_to(parser)
    return parser
