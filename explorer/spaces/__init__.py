"""The kinds of latent space that can be trained: one file per kind, and this list.

A kind's module offers `TITLE`, a frozen dataclass `Config`, and the functions `networks`, `losses`,
`loss_weights`, `wants_neighbours` and `augmentation`: see `autoencoder.py`.
"""

from __future__ import annotations

import importlib
from types import ModuleType

from explorer.errors import UserError
from explorer.spaces import live

KINDS = {
    "autoencoder": "explorer.spaces.autoencoder",
    "autoencoder-plain": "explorer.spaces.autoencoder_plain",
}


def kind(name: str) -> ModuleType:
    """The module of a kind; importing it imports Keras. Raises UserError for an unknown name."""
    if name not in KINDS:
        raise UserError(f"unknown space '{name}': known are {', '.join(KINDS)}")
    live.import_keras()  # silently, before the module does it
    return importlib.import_module(KINDS[name])
