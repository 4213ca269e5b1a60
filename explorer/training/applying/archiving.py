"""`python model.py compress` and `decompress`: images to one file of codes, and back."""

from __future__ import annotations

import argparse
import contextlib
import os
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image
from tqdm import tqdm

from explorer.analysis.metrics import psnr_of
from explorer.errors import UserError
from explorer.files.untrusted import amount
from explorer.files.writing import check_new, writing_folder
from explorer.images import datasets
from explorer.images import options as data_options
from explorer.progress import at_once, batches
from explorer.spaces.card import DECODER, read_card
from explorer.spaces.folder import folder_of, shipped_and_trained
from explorer.training.applying.bench import add_space_to, opened
from explorer.training.loop import encode
from explorer.training.terminal import PROGRAM, say
from explorer.uses import archive
from explorer.uses.compression import BATCH, BITS, USUAL_BITS, Quantiser, as_levels, mean_mse

USUAL = "autoencoder-32"  # the space that compresses unless another is named


def add_to(commands: argparse._SubParsersAction) -> None:
    """Adds the two commands."""
    about = "Writes images as codes of a space, in one small file, and says what is lost."
    command = commands.add_parser("compress", help="write images as one small file of codes", description=about)
    command.add_argument("images", metavar="IN", help=data_options.SOURCE)
    command.add_argument("out", type=Path, metavar="OUT", help="new file")
    add_space_to(command, USUAL)
    bits = {"type": int, "choices": BITS, "default": USUAL_BITS, "metavar": "N"}
    command.add_argument("--bits", help=f"per number of a code, {BITS[0]} to {BITS[-1]} (%(default)s)", **bits)
    data_options.add_to(command)
    command.set_defaults(run=compress)

    about = "Writes the images in a file of codes as PNG."
    command = commands.add_parser("decompress", help="write the images of such a file", description=about)
    command.add_argument("file", type=Path, metavar="IN", help="file that compress wrote")
    command.add_argument("out", type=Path, metavar="OUT", help="new folder")
    found = "the folder of the space that the file needs (found by its decoder)"
    command.add_argument("--weights", type=Path, metavar="DIR", help=found)
    command.set_defaults(run=decompress)


def compress(options: argparse.Namespace) -> None:
    """Writes images as codes, and says what is lost. Raises UserError if the space or the images cannot be used."""
    check_new(options.out)
    used = opened(options.weights or folder_of(options.space))
    found, space = datasets.every_image(options.images, data_options.reading_of(options)), used.space
    for note in found.notes:
        say(f"{PROGRAM}: {note}", error=True)
    images, shape = found.splits[0].images, space.image_shape
    if images.shape[1:] != shape:
        remedy = f": add --resize {shape[0]}x{shape[1]}" * (images.ndim == len(shape) + 1)
        raise UserError(f"{options.images} has images of {images.shape[1:]}, '{space.name}' of {shape}{remedy}")
    codes = encode(used.encoder_network, images)
    quantiser = Quantiser.of(codes, options.bits)
    packed, names = quantiser.packed(codes), _names(len(images), found.columns)
    error = mean_mse(images, packed, lambda some: as_levels(used.decoder(quantiser.unpacked(some))))
    size = archive.Archive(space.card["files"][DECODER], quantiser, names, packed).write(options.out)
    each = f"{quantiser.bytes} bytes instead of {images[0].size:,}"
    say(f"{options.out}: {len(images):,} images in {amount(size)}, each a code of {each}")
    say(f"lossy: the images come back with a PSNR of {psnr_of(error):.1f} dB (mean squared error {error:.4f})")
    needed = amount(os.path.getsize(space.folder / DECODER))
    say(f"'decompress' needs the decoder of '{space.name}' ({needed}): keep {space.folder}")


def decompress(options: argparse.Namespace) -> None:
    """Writes the images of an archive. Raises UserError if it is damaged, or its decoder is not there."""
    check_new(options.out)
    found = archive.read(options.file)
    used, names = opened(_folder_for(found, options)), found.names
    if len(found.quantiser.low) != used.space.dimensions:
        raise UserError(f"{options.file} is damaged (its codes are not those of its decoder): get it again")
    parts = list(batches(len(names), at_once(used.space.image_shape, BATCH)))
    with writing_folder(options.out) as folder:
        for some in tqdm(parts, "Writing pictures", leave=False, disable=None, delay=1):
            images = as_levels(used.decoder(found.quantiser.unpacked(found.packed[some])))
            for name, image in zip(names[some], images, strict=True):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                with open(folder / name, "xb") as file:  # on some systems, two names can be one
                    Image.fromarray(image).save(file, "PNG")
    say(f"{options.out}: {len(names):,} images")


def _folder_for(found: archive.Archive, options: argparse.Namespace) -> Path:
    """The folder of the space that an archive needs: the given one, or one in the usual places. Raises UserError."""
    for folder in [options.weights] if options.weights else shipped_and_trained().values():
        with contextlib.suppress(UserError):  # of a space that is damaged, or not there
            if read_card(folder)["files"].get(DECODER) == found.decoder:
                return folder
    where = f"{options.weights} has not" if options.weights else "no space here has"
    needs = f"{options.file} needs the decoder with the SHA-256 {found.decoder}, which {where}"
    raise UserError(f"{needs}: give the folder of the space that compressed it, with --weights")


def _names(n: int, columns: dict[str, np.ndarray]) -> tuple[str, ...]:
    """A path for the PNG file of each image: that of its own file, else its number."""
    names: dict[str, None] = {}
    for number, file in enumerate(columns["file"].tolist() if "file" in columns else [""] * n):
        name = str(PurePosixPath(file).with_suffix("")) if archive.is_safe(file) else f"{number:06d}"
        while f"{name}.png" in names:  # a.jpg and a.png
            name = f"{name}_"
        names[f"{name}.png"] = None
    return tuple(names)
