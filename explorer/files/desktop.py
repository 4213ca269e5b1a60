"""The entry of a program in the menu of a Linux desktop: a `.desktop` file and an icon, in the user's data folder.

https://specifications.freedesktop.org/desktop-entry-spec/ says what the entry must look like.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import platformdirs

from explorer.errors import UserError
from explorer.files import locations
from explorer.files.writing import allowed, writing

ENTRY = """\
[Desktop Entry]
Type=Application
Version=1.0
Name={name}
Comment=Hover over the latent space of an autoencoder, and see what it decodes
Exec={command}
Icon={id}
Terminal=false
Categories=Science;ArtificialIntelligence;
Keywords=latent space;autoencoder;machine learning;
StartupWMClass=Latent-space-explorer
"""
PROGRAMS = {  # the name of the entry's file, and what people read
    "ae.py": ("latent-space-explorer", "Latent Space Explorer"),
    "ae_precomp.py": ("latent-space-explorer-precomp", "Latent Space Explorer (precomputed)"),
}
RESERVED = re.compile(r"""[\s"'\\<>~|&;$*?#()`]""")  # an argument with one of these must be quoted


def install(script: str, icon: bytes) -> str:
    """Writes the entry of a program and its icon. Returns a line that says so.

    Args:
        script: "ae.py" or "ae_precomp.py".
        icon: a PNG of 256 × 256 pixels.

    Raises:
        UserError: this is no Linux desktop, the entry cannot hold the program's path, or the folders cannot be written.
    """
    entry, picture = _files(script)
    name, title = PROGRAMS[script]
    content = ENTRY.format(name=title, command=command_line(_program(script)), id=name).encode()
    for path in (entry, picture):
        with allowed(f"make {path.parent}"):
            path.parent.mkdir(parents=True, exist_ok=True)
    with writing(entry) as entry_file, writing(picture) as picture_file:
        picture_file.write(icon)
        entry_file.write(content)
    return f"wrote the desktop entry {entry}: '{title}' is now among your applications"


def remove(script: str) -> str:
    """Removes the entry of a program and its icon. Returns a line that says what was there. Raises UserError as
    `install` does."""
    entry, picture = _files(script)
    was_there = os.path.lexists(entry)
    for path in (entry, picture):
        with allowed(f"remove {path}"):
            path.unlink(missing_ok=True)
    return f"removed the desktop entry {entry}" if was_there else f"there is no desktop entry {entry}"


def command_line(words: list[str]) -> str:
    """The value of `Exec`: words quoted as the specification asks for.

    Raises:
        UserError: a desktop entry cannot hold them.
    """
    joined = "".join(words)
    if not joined.isprintable() or "=" in words[0]:
        where = words[0] if "=" in words[0] else " ".join(words)
        raise UserError(f"a desktop entry cannot hold the path {where}: move the program to a folder with a plain name")
    return " ".join(map(_quoted, words)).replace("\\", "\\\\").replace("%", "%%")


def _quoted(word: str) -> str:
    return '"' + re.sub(r'(["`$\\])', r"\\\1", word) + '"' if RESERVED.search(word) else word


def _program(script: str) -> list[str]:
    """How to start a program from any folder: with the interpreter that runs now."""
    if not locations.INSTALLED:
        return [sys.executable, str(locations.ROOT / script)]
    started = Path(os.path.realpath(sys.argv[0]))
    if started.name == locations.program(script):
        return [sys.executable, str(started)]
    return [sys.executable, "-m", "explorer"]  # as it was started now


def _files(script: str) -> tuple[Path, Path]:
    """Where the entry and the icon of a program belong. Raises UserError where there are no such places."""
    if sys.platform in ("win32", "darwin"):
        raise UserError("desktop entries are for Linux desktops: here, make a shortcut to the program")
    data = platformdirs.user_data_path()
    if not data.is_absolute():
        raise UserError(f"there is no folder for the desktop entry ({data} is not absolute): set XDG_DATA_HOME")
    name, _ = PROGRAMS[script]
    return data / "applications" / f"{name}.desktop", data / "icons/hicolor/256x256/apps" / f"{name}.png"
