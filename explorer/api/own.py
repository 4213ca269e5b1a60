"""Your own codes and models as a space."""

from __future__ import annotations

import functools
import os
import re
import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from explorer.api.opened import Space
from explorer.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

GUESSED = "image-shape|channels|encoder-range|decoder-range|code-output|latent-dim"
OPTION = re.compile(rf"--({GUESSED}|trust)(?: (?:HxW|LOW,HIGH|NAME|D|FILE\.py|first\|last)\b)?")  # with what it takes


def space(
    images: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    *,
    encoder: Any = None,
    decoder: Any = None,
    codes: ArrayLike | None = None,
    columns: Mapping[str, ArrayLike] | None = None,
    names: Sequence[str] | None = None,
    title: str = "your own",
    trust: bool | str | os.PathLike[str] = False,
    **guesses: Any,
) -> Space:
    """Makes a space of your own models, images or codes. It lies in memory; `Space.keep` writes it into a folder.

    Give a decoder, an encoder with images, codes, or any of these together. What the models want (shapes, colour axes,
    ranges of pixels, which output holds the codes) is found out, and printed as `Space.notes`.

    Args:
        images: (n, height, width[, 3]), uint8 or floats from 0 to 1.
        labels: (n,) integers or strings, one for each image or code.
        encoder, decoder: a Keras model, the path of a `.keras`, `.h5` or `.onnx` file, a fitted scikit-learn
            transformer or pipeline, or a function of arrays. An encoder maps images to codes (n, d), d up to 512; a
            decoder maps codes to images. A function may return tensors of another framework.
        codes: (n, d) numbers, if you have them; otherwise the encoder makes them. With a decoder alone, codes are
            drawn from a standard normal prior.
        columns: further values of each point by name, (n,) numbers or strings.
        names: names of the classes; labels are then indices into them.
        title: of the space.
        trust: for model files that hold own classes: the Python file that defines them; True allows any code.
        guesses: what you know of the models, instead of finding it out: `image_shape`, `channels` ("first" or "last"),
            `encoder_range`, `decoder_range` (the values of black and white), `code_output` (name or number),
            `latent_dim`.

    Raises:
        UserError: a model cannot be used, or shapes do not fit together.
    """
    import numpy as np

    from explorer.decoding.engines import LiveEngine
    from explorer.images import datasets
    from explorer.own_models.building import build
    from explorer.own_models.options import GUESSES
    from explorer.session.open_map import open_space
    from explorer.spaces import in_memory

    if unknown := guesses.keys() - set(GUESSES):
        raise TypeError(f"space() got an unexpected keyword argument '{min(unknown)}'")
    trusted = trust if isinstance(trust, bool) else _path(trust)
    found = None
    if images is not None:
        given = None if labels is None else np.asarray(labels)
        found = datasets.of_arrays(np.asarray(images), given, names, title=f"images of {title}")
    try:
        held, notes = build(
            encoder=_model(encoder, trusted),
            decoder=_model(decoder, trusted),
            images=found,
            codes=codes,
            labels=labels,
            class_names=names,
            columns=columns,
            title=title,
            guesses=guesses,
        )
    except UserError as error:
        raise type(error)(_in_python(str(error))) from None
    folder = held.space.folder
    engine_for = functools.partial(LiveEngine, trust=trusted)
    made = Space(open_space(folder, engine_for), engine_for, trusted, tuple(map(_in_python, notes)))
    weakref.finalize(made, in_memory.drop, folder)
    return made


def _in_python(line: str) -> str:
    """A line that names options of the command line, with the arguments of `space` instead."""
    return OPTION.sub(lambda option: option[1].replace("-", "_"), line)


def _path(given: str | os.PathLike[str]) -> Any:
    from explorer.files import untrusted

    return untrusted.absolute(os.fspath(given))


def _model(given: Any, trust: Any) -> Any:
    """A model, read if it is the path of a file."""
    if not isinstance(given, str | os.PathLike):
        return given
    from explorer.decoding.fitting import opening

    return opening.read(_path(given), trust)
