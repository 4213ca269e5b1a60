"""Exceptions whose messages are meant for the user."""

import unicodedata

LONGEST = 4096  # characters of a message; longer messages lose their middle


class UserError(Exception):
    """An error that the user can fix. Its text is one printable line: what happened and what to do.

    The entry points print it on stderr and exit with status 2. All other exceptions are bugs and
    keep their traceback.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message, LONGEST))


class NotAllowed(UserError):
    """The file system refused a write (read-only folder, full disk)."""


class NoDisplay(UserError):
    """No window can be opened, because there is no screen."""


class Cancelled(Exception):
    """The computation was cancelled."""


def printable(text: str, most: int | None = None) -> str:
    """The text as one line that any terminal and Tk can show: control characters, line ends and lone surrogates become
    Python escapes.

    Args:
        most: largest number of characters; a longer text loses its middle.
    """
    if most is not None and len(text) > most:
        half = (most - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    if text.isprintable():
        return text
    return "".join(letter if _is_shown(letter) else _escaped(letter) for letter in text)


def _is_shown(letter: str) -> bool:
    return letter.isprintable() or unicodedata.category(letter) == "Zs"


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
