"""What the programs remember between starts: one small file in the user's configuration folder.

It is a convenience. Where the file is damaged the defaults apply; where it cannot be written nothing is remembered.
Neither is an error, and nothing is printed.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, Literal

import msgspec
import platformdirs

from explorer.errors import UserError
from explorer.files import schema, untrusted
from explorer.files.writing import allowed, writing

MOST = 10_000  # bytes of the file


class Preferences(msgspec.Struct, frozen=True):
    """What was remembered; each default means "nothing".

    Attributes:
        theme: that the window was last closed in.
        size: width and height that the window last had, in screen pixels.
        tour_offered: whether the tour was offered once.
    """

    theme: Literal["light", "dark"] | None = None
    size: tuple[schema.Side, schema.Side] | None = None
    tour_offered: bool = False


def file() -> Path | None:
    """Where the preferences lie; None where the user has no configuration folder."""
    path = platformdirs.user_config_path("latent-space-explorer", appauthor=False) / "preferences.json"
    return Path(os.path.realpath(path)) if path.is_absolute() else None  # a relative one has an unexpanded "~"


def read() -> Preferences:
    """What was remembered; the defaults where there is no file, or one that cannot be read or holds something else."""
    path = file()
    if path is None:
        return Preferences()
    try:
        content = untrusted.read(path, MOST)
        with untrusted.parsing(path):
            return schema.checked(schema.decoded(content), Preferences)
    except UserError:
        return Preferences()


def remember(**changes: Any) -> None:
    """Changes some members of the preferences, by name, and leaves the others as they are in the file."""
    path, before = file(), read()
    after = msgspec.structs.replace(before, **changes)
    if path is None or after == before:
        return
    with contextlib.suppress(UserError):
        with allowed(f"make {path.parent}"):
            path.parent.mkdir(parents=True, exist_ok=True)
        with writing(path) as out:
            out.write(schema.encoded(msgspec.structs.asdict(after)))
