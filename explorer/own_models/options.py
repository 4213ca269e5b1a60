"""The command line's options for somebody's own models, and the space that they describe."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explorer.errors import UserError
from explorer.files import locations
from explorer.images import options as of_images
from explorer.progress import Report, unheard
from explorer.spaces.projection import MOST_DIMENSIONS

PATHS = ("decoder", "encoder", "codes", "texts", "ratings", "titles", "keep")
GUESSES = ("image_shape", "channels", "encoder_range", "decoder_range", "code_output", "latent_dim")
RANGES = ("--encoder-range", "--decoder-range")  # values that may begin with a minus
BRINGS = ("decoder", "encoder", "codes", "texts", "ratings", "data")  # what there is to show; the others only say how
ALONE = ("texts", "ratings")  # which of these go with none of the others


def add_to(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `ae.py`."""
    add_maps_to(parser)
    group = parser.add_argument_group("your own model (docs/own-models.md)")
    models = "a .keras, .h5 or .onnx file that"
    group.add_argument("--decoder", metavar="FILE", help=f"{models} maps codes to images")
    group.add_argument("--encoder", metavar="FILE", help=f"{models} maps images to codes")
    group.add_argument("--data", metavar="SOURCE", help=f"the images: {of_images.SOURCE}")
    group.add_argument("--codes", metavar="FILE", help="the codes: an .npz, a .csv or a .parquet")
    group.add_argument("--keep", metavar="DIR", help="keep the result as a space, for ae_precomp.py too")
    of_images.add_to(group)
    group.add_argument("--latent-dim", type=_dimensions, metavar="D", help="how many numbers a code has")
    group.add_argument("--image-shape", type=_shape, metavar="HxW", help="shape of the images, HxWx3 for colours")
    group.add_argument("--channels", choices=("first", "last"), help="where the models have the colours' axis")
    for role, does in (("encoder", "takes"), ("decoder", "gives")):
        about = f"the values of black and white that the {role} {does}, such as -1,1"
        group.add_argument(f"--{role}-range", type=_range, metavar="LOW,HIGH", help=about)
    group.add_argument("--code-output", metavar="NAME", help="the encoder's output that holds the codes")


def add_maps_to(parser: argparse.ArgumentParser) -> None:
    """Adds the options for what is not images, of both programs."""
    group = parser.add_argument_group("maps without images (docs/own-models.md)")
    group.add_argument("--texts", metavar="FILE", help="a text in each line, or a .csv with text; or 'example'")
    group.add_argument("--ratings", metavar="FILE", help="ratings, a .csv with user, item, rating, title; or 'example'")
    group.add_argument("--titles", metavar="FILE", help="titles of the items, a .csv with item, title")
    parser.set_defaults(**dict.fromkeys((*BRINGS, "keep", *GUESSES)))  # one program has no options for models


def are_given(options: argparse.Namespace) -> bool:
    """Whether the arguments describe a space. Raises UserError if they only say how to read one."""
    if options.titles is not None and options.ratings is None:
        raise UserError("--titles goes with --ratings: give both")
    if any(getattr(options, name, None) is not None for name in BRINGS):
        return True
    for name in ("keep", *GUESSES):
        if getattr(options, name, None) is not None:
            raise UserError(f"--{name.replace('_', '-')} goes with --decoder, --encoder or --codes: give one of them")
    return False


def folder_of(options: argparse.Namespace, say: Callable[[str], None], report: Report = unheard) -> Path:
    """Builds the space that the arguments describe, and keeps it if wanted. Returns its folder, for `open_space`.

    Args:
        say: takes each note, one line.
        report: takes the finished share of encoding, or of the grid, 0..1.

    Raises:
        UserError: a file cannot be read, or something does not fit together.
    """
    from explorer.own_models.building import build  # only who brings a model waits for these imports
    from explorer.own_models.keeping import check, keep
    from explorer.spaces import in_memory

    if options.keep is not None:
        check(options.keep)
    brought = _brought(options)
    card = brought.pop("card", {})
    held, notes = build(**brought, report=report)
    held.space.card.update(card)
    for note in notes:
        say(note)
    if held.decode is not None:
        held.decode.tell = say
    if options.keep is None:
        return held.space.folder
    for note in keep(held, options.keep, options.encoder, options.decoder, report):
        say(note)
    in_memory.drop(held.space.folder)
    say(f"kept in {options.keep}")
    return Path(options.keep)


def _brought(options: argparse.Namespace) -> dict[str, Any]:
    """What the arguments name, read, as arguments of `explorer.own_models.building.build`, and what the card of the
    space says besides, as "card". Raises UserError."""
    from explorer.decoding.fitting import opening
    from explorer.images import datasets
    from explorer.own_models import ratings, tables
    from explorer.uses import texts

    given = [name for name in BRINGS if getattr(options, name) is not None]
    for name in ALONE:
        if name in given and len(given) > 1:
            raise UserError(
                f"--{name} goes with no other data: leave out --{next(each for each in given if each != name)}"
            )
    found: dict[str, Any] = {"guesses": {name: getattr(options, name) for name in GUESSES}}
    if options.data is not None:
        found["images"] = datasets.load(options.data, of_images.reading_of(options))
    if options.codes is not None:
        found |= vars(tables.read(options.codes))
    if options.texts is not None:
        is_example = options.texts.name == ratings.EXAMPLE and not options.texts.exists()
        path = locations.DATASETS / "sentences.csv" if is_example else options.texts
        found |= vars(tables.read(path, texts.encoder())) | {"card": texts.CARD}
    if options.ratings is not None:
        found |= ratings.read(options.ratings, options.titles)
    for role in ("encoder", "decoder"):
        if (path := getattr(options, role)) is not None:
            found[role] = opening.read(path, options.trust)
    if files := [name for name in given if name != "data"]:
        found["title"] = Path(getattr(options, files[0])).stem
    return found


def _dimensions(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_DIMENSIONS:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to {MOST_DIMENSIONS}")
    return int(text)


def _shape(text: str) -> tuple[int, ...]:
    match = re.fullmatch("([0-9]{1,4})[x×]([0-9]{1,4})([x×]3)?", text.strip().lower())
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is no shape like 28x28 or 32x32x3")
    return (int(match[1]), int(match[2]), *((3,) if match[3] else ()))


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a pair of numbers like -1,1") from None
    return low, high
