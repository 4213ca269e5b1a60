"""Files of models that somebody else made, of any kind that can be read, and such models in the folder of a space."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from explorer.decoding import keras_runtime
from explorer.decoding.fitting.adapters import Conventions, ModelDecoder, ModelEncoder
from explorer.decoding.fitting.callables import ModelFunction
from explorer.decoding.model_files import onnx_runtime, stored
from explorer.decoding.model_files.own_classes import Trust
from explorer.errors import UserError
from explorer.files import schema, untrusted
from explorer.spaces.card import CARD, ENCODERS, MODELS, file_of
from explorer.spaces.latent_space import LatentSpace

ZIP, HDF5 = b"PK", b"\x89HDF"


def suffix_of(path: Path) -> str:
    """The kind of a model's file by its content: ".keras", ".h5" or ".onnx". Raises UserError if it cannot be read."""
    with untrusted.opened(path) as file:
        start = file.read(4)
    return ".keras" if start[:2] == ZIP else ".h5" if start == HDF5 else ".onnx"


def read(path: Path, trust: Trust = False) -> Any:
    """The model in a file.

    Raises:
        UserError: it cannot be read, is not allowed, or a library is not installed.
    """
    if suffix_of(path) == ".onnx":
        return onnx_runtime.load(path)
    keras_runtime.import_keras()
    return stored.load(path, trust=trust)


def decoder_of(space: LatentSpace, trust: Trust = False) -> ModelDecoder:
    """The decoder in a space's folder that somebody else made. Raises UserError as `read` does, or if it does not fit
    the card."""
    how = _conventions(space, "decoder")
    decoder = ModelDecoder(ModelFunction(read(space.folder / space.decoder_file, trust), "decode"), how)
    decoder.measure(space.codes[:1])
    return decoder


def encoder_of(space: LatentSpace, trust: Trust = False) -> ModelEncoder:
    """The encoder; see `decoder_of`."""
    path = space.folder / file_of(space.card, ENCODERS)
    return ModelEncoder(ModelFunction(read(path, trust), "encode"), _conventions(space, "encoder"))


def _conventions(space: LatentSpace, role: str) -> Conventions:
    path = space.folder / CARD
    with untrusted.parsing(path, wrong=f"does not tell how the {role} is called"):
        how = schema.checked(space.card[MODELS][role], Conventions)
    if how.dim != space.dimensions or how.layout.image_shape != space.image_shape:
        raise UserError(f"{path}: the {role} is for other codes or images")
    return how
