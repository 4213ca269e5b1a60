"""The exceptions whose messages are meant for the person at the keyboard."""

import unicodedata

LONGEST = 4096  # characters of a message; longer ones lose their middle


class UserError(Exception):
    """Something the user can mend: its text is one printable line that says what happened and what to do.

    The entry points print it on stderr and exit with status 2. Anything else that is raised is a
    bug and keeps its traceback.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message, LONGEST))


class NotAllowed(UserError):
    """The file system refused a write (read-only folder, full disk)."""


class NoDisplay(UserError):
    """No window can be opened: there is no screen."""


class Cancelled(Exception):
    """Somebody asked for the computation to stop."""


def printable(text: str, most: int | None = None) -> str:
    """The text in one line that any terminal and Tk can show: control characters, line ends and lone surrogates are
    written as Python's escapes.

    Args:
        most: characters; a longer text loses its middle.
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
