"""`python model.py compress` and `decompress`: images to one file of codes, and back."""

from __future__ import annotations

import argparse
import contextlib
import os
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image
from tqdm import tqdm

from explorer.decoding import keras_runtime
from explorer.errors import UserError
from explorer.files.untrusted import amount
from explorer.files.writing import check_new, check_writable, writing_folder
from explorer.images import datasets
from explorer.images import options as data_options
from explorer.progress import at_once, batches
from explorer.spaces import following
from explorer.spaces.card import DECODER, ENCODER, TRAIN, read_card
from explorer.spaces.folder import check_network, folder_of, open_space, shipped_and_trained
from explorer.spaces.latent_space import LatentSpace
from explorer.training.loop import encode
from explorer.training.terminal import PROGRAM, say
from explorer.uses import archive
from explorer.uses.compression import FEWEST_BITS, MOST_BITS, USUAL_BITS, Quantiser, mse_of, psnr_of

USUAL = "autoencoder-32"  # the space that compresses unless another is named
BATCH = 1000  # images decoded at once
BITS = f"bits per number of a code, {FEWEST_BITS} to {MOST_BITS} (%(default)s)"


def add_to(commands: argparse._SubParsersAction) -> None:
    """Adds the two commands."""
    about = "Writes images as codes of a space: small, with a loss that is told."
    command = commands.add_parser("compress", help="write images as one small file of codes", description=about)
    command.add_argument("images", metavar="IN", help=data_options.SOURCE)
    command.add_argument("out", type=Path, metavar="OUT", help="file to write")
    _which(command).add_argument("--space", default=USUAL, metavar="NAME", help="a space in weights/ (%(default)s)")
    bits = range(FEWEST_BITS, MOST_BITS + 1)
    command.add_argument("--bits", type=int, choices=bits, default=USUAL_BITS, metavar="N", help=BITS)
    data_options.add_to(command)
    command.set_defaults(run=compress)

    about = "Writes the images of a file of codes as PNG."
    command = commands.add_parser("decompress", help="write the images of such a file", description=about)
    command.add_argument("file", type=Path, metavar="IN", help="file that compress wrote")
    command.add_argument("out", type=Path, metavar="OUT", help="new folder")
    found = "a space in weights/ (the one with the decoder of the file)"
    _which(command).add_argument("--space", metavar="NAME", help=found)
    command.set_defaults(run=decompress)


def _which(command: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    which = command.add_mutually_exclusive_group()
    which.add_argument("--weights", type=Path, metavar="DIR", help="the folder of a trained space")
    return which


def compress(options: argparse.Namespace) -> None:
    """Writes images as codes, and says what is lost. Raises UserError if the space or the images cannot be used."""
    check_writable(options.out)
    space = _space(options.weights or folder_of(options.space))
    check_network(space, ENCODER)
    found = datasets.every_image(options.images, data_options.reading_of(options))
    for note in found.notes:
        say(f"{PROGRAM}: {note}", error=True)
    images, wanted = found.splits[0].images, space.image_shape
    shape = images.shape[1:]
    if len(wanted) > len(shape):  # grey images in a space of colours
        images = np.repeat(images[..., None], wanted[2], axis=-1)
    if images.shape[1:] != wanted:
        size = f"; add --resize {wanted[0]}x{wanted[1]}" if shape[:2] != wanted[:2] else ": give grey ones"
        raise UserError(f"{options.images} has images of {_words(shape)}, '{space.name}' of {_words(wanted)}{size}")
    encoder = keras_runtime.load_encoder_network(space.folder / ENCODER, wanted, dimensions=space.dimensions)
    codes, decoder = encode(encoder, images), _decoder(space)
    quantiser = Quantiser.of(codes, options.bits)
    packed = quantiser.packed(codes)
    error = 0.0
    for some in batches(len(images), at_once(wanted, BATCH)):
        error += mse_of(images[some], _levels(decoder(quantiser.unpacked(packed[some])))).sum() / len(images)
    sha256 = space.card["files"][DECODER]
    size = archive.Archive(sha256, quantiser, _names(len(images), found.columns), packed).write(options.out)
    several, each = "image" if len(images) == 1 else "images", f"{quantiser.bytes} bytes instead of {images[0].size:,}"
    say(f"{options.out}: {len(images):,} {several} in {amount(size)}, each a code of {each}")
    say(f"lossy: the images come back with a PSNR of {psnr_of(error):.1f} dB (mean squared error {error:.4f})")
    needed = amount(os.path.getsize(space.folder / DECODER))
    say(f"'decompress' needs the decoder of '{space.name}' ({needed}): keep {space.folder}")


def decompress(options: argparse.Namespace) -> None:
    """Writes the images of an archive. Raises UserError if it is damaged, or its decoder is not there."""
    check_new(options.out)
    found = archive.read(options.file)
    space = _space(_folder_for(found, options))
    if len(found.quantiser.low) != space.dimensions:
        raise UserError(f"{options.file} is damaged (its codes are not those of its decoder): get it again")
    decoder = _decoder(space)
    with writing_folder(options.out) as folder, tqdm(total=len(found.names), disable=None, leave=False) as bar:
        for some in batches(len(found.names), at_once(space.image_shape, BATCH)):
            images = _levels(decoder(found.quantiser.unpacked(found.packed[some])))
            for name, image in zip(found.names[some], images, strict=True):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                with open(folder / name, "xb") as file:  # on some systems, two names can be one
                    Image.fromarray(image).save(file, "PNG")
            bar.update(len(images))
    say(f"{options.out}: {len(found.names):,} images of {_words(space.image_shape)}")


def _space(folder: Path) -> LatentSpace:
    """A space whose decoder has the hash in its card. Raises UserError."""
    space = following.opened(folder, open_space)
    if space.has_own_models:
        raise UserError(f"{folder} holds a model of your own: only spaces of {TRAIN} can compress")
    check_network(space, DECODER)
    return space


def _decoder(space: LatentSpace) -> keras_runtime.LiveDecoder:
    return keras_runtime.load_decoder(space.folder / DECODER, space.image_shape, dimensions=space.dimensions)


def _folder_for(found: archive.Archive, options: argparse.Namespace) -> Path:
    """The folder of the space that an archive needs: the given one, or one in the usual places. Raises UserError."""
    needs = f"{options.file} needs the decoder with the SHA-256 {found.decoder}"
    given = options.weights or (options.space and folder_of(options.space))
    for folder in [given] if given else shipped_and_trained().values():
        with contextlib.suppress(*(() if given else (UserError,))):
            if read_card(folder)["files"].get(DECODER) == found.decoder:
                return folder
    if given:
        raise UserError(f"{needs}, which is not that of {given}: give the space that compressed it")
    raise UserError(f"{needs}, which no space here has: give the folder of its space with --weights")


def _names(n: int, columns: dict[str, np.ndarray]) -> tuple[str, ...]:
    """A path for the PNG file of each image: that of its own file, else its number."""
    names: dict[str, None] = {}
    for number, file in enumerate(columns["file"].tolist() if "file" in columns else [""] * n):
        name = str(PurePosixPath(file).with_suffix("")) if archive.is_safe(file) else f"{number:06d}"
        while f"{name}.png" in names:  # a.jpg and a.png
            name = f"{name}_"
        names[f"{name}.png"] = None
    return tuple(names)


def _levels(images: np.ndarray) -> np.ndarray:
    """Images in [0, 1] as levels 0..255, uint8."""
    return np.rint(images * 255).astype(np.uint8)


def _words(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} × {shape[1]} pixels{' in colour' if len(shape) == 3 else ''}"
