"""The list of spaces: their order, and why some cannot be shown."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from explorer.errors import UserError, printable
from explorer.files import untrusted
from explorer.spaces import following, in_memory
from explorer.spaces.card import CARD, CODES, DECODERS, GRID, SPACE, file_of, images_of, read_card
from explorer.spaces.folder import Version, check_file, homes, version_of
from explorer.spaces.latent_space import LONGEST_TITLE, LatentSpace

PARTS = (CODES, *DECODERS, GRID)  # files that are needed to show a space
LONGEST_REASON = 60  # letters
BUNDLED = (  # the spaces that come with the program, in historical order of their kinds
    "pca",
    "lda",
    "autoencoder",
    "autoencoder-plain",
    "autoencoder-32",
    "denoising",
    "vae",
    "vae-16",
    "gan",
    "convolutional",
    "transformer",
    "classifier",
)
SHIPPED, TRAINED, ELSEWHERE = range(3)  # groups, in the order in which they are listed
Signature = tuple[Version | None, ...]


@dataclass(frozen=True)
class Entry:
    """A space in the list.

    Attributes:
        folder: the absolute path of its folder.
        group: `SHIPPED` with the program, `TRAINED` by the user into the same folder, or `ELSEWHERE`.
        title, data_title: from its card; empty if it has no readable card.
        images: see `LatentSpace.images`; empty without a readable card.
        wrong: why it cannot be shown, a few words; empty as long as no reason is known.
        card: its parsed card; empty if it cannot be read.
        signature: of its files when they were read.
        checked: whether all files have been read.
    """

    folder: Path
    group: int
    title: str = ""
    data_title: str = ""
    images: str = ""
    wrong: str = ""
    card: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    signature: Signature = field(default=(), repr=False, compare=False)
    checked: bool = field(default=False, repr=False, compare=False)

    @property
    def label(self) -> str:
        """See `label_of`."""
        return label_of(self.folder, self.title)

    @property
    def note(self) -> str:
        """The text beside the label: what is wrong, or else what the label does not say."""
        return self.wrong or ("" if self.group == SHIPPED else f"{self.title} · {self.data_title}")

    @property
    def is_to_check(self) -> bool:
        """Whether its files must still be read. A run is not checked: its files may not match for a moment."""
        return not self.checked and not self.wrong and following.run_of(self.card) is None


class Catalogue:
    """The spaces in `folder.homes`, shipped ones first, and those beside a space that was opened from elsewhere.

    Listing them reads each card once. `check` reads all files and compares them with the cards.

    Args:
        first: the folder of the space that was opened first.
        makes_grids: whether a missing or damaged grid can be computed.
    """

    def __init__(self, first: Path, makes_grids: bool) -> None:
        self._makes_grids = makes_grids
        self._homes = {untrusted.absolute(first).parent, *map(untrusted.absolute, homes())}
        self._known: dict[Path, Entry] = {}  # by folder

    def entries(self) -> list[Entry]:
        """The current spaces: shipped ones in the order of `BUNDLED`, then the others by name."""
        folders = {untrusted.absolute(path) for home in self._homes for path in _spaces_in(home)}
        entries = [self._look(folder) for folder in folders] + [
            _entry_of(each.space) for each in in_memory.everything()
        ]
        order = {name: place for place, name in enumerate(BUNDLED)}
        return sorted(entries, key=lambda e: (e.group, e.group == SHIPPED and order[e.folder.name], e.folder.name))

    def unchecked(self) -> bool:
        """Whether there is anything for `check` to do."""
        return any(entry.is_to_check for entry in self.entries())

    def check(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Reads the files of all spaces that are new or have changed; runs in a worker."""
        for entry in self.entries():
            if cancelled():
                return
            if not entry.is_to_check:
                continue
            wrong = ""
            try:
                for name in self._needed(entry.card):
                    check_file(entry.folder, entry.card, name)
            except UserError as error:
                wrong = brief(error, entry.folder)
            if self._known[entry.folder] is entry and signature_of(entry.folder) == entry.signature:
                self._known[entry.folder] = dataclasses.replace(entry, wrong=wrong, checked=True)

    def blame(self, folder: Path, error: UserError) -> None:
        """Marks a space as one that cannot be shown, with the reason, until one of its files changes."""
        self._known[folder] = dataclasses.replace(self._look(folder), wrong=brief(error, folder), checked=True)

    def _look(self, folder: Path) -> Entry:
        """What the card says, and whether the files are there."""
        signature, known = signature_of(folder), self._known.get(folder)
        if known is not None and known.signature == signature:
            return known
        entry = Entry(folder, _group_of(folder), signature=signature)
        try:
            _check_there(folder, (CARD,))
            card = read_card(folder)
            title, data_title = (printable(text, LONGEST_TITLE) for text in (card["title"], card["data"]["title"]))
            entry = dataclasses.replace(entry, title=title, data_title=data_title, images=images_of(card), card=card)
            _check_there(folder, self._needed(card))
        except UserError as error:
            entry = dataclasses.replace(entry, wrong=brief(error, folder))
        self._known[folder] = entry
        return entry

    def _needed(self, card: dict[str, Any]) -> tuple[str, ...]:
        """The files that are needed to show a space; a missing grid can be computed, but not that of a run."""
        decoder = file_of(card, DECODERS)
        decodes = bool(card["data"]["image_shape"]) and card.get("decodes", True)
        makes_grid = self._makes_grids and bool(decoder) and following.run_of(card) is None
        return CODES, *filter(None, [decoder]), *([GRID] if decodes and not makes_grid else [])


def _entry_of(space: LatentSpace) -> Entry:
    """The entry of a space in memory."""
    return Entry(space.folder, ELSEWHERE, space.title, space.data_title, space.images, card=space.card, checked=True)


def unfit(entry: Entry, space: LatentSpace) -> str:
    """Why an entry cannot be compared with a space, a few words; empty if it can."""
    if entry.wrong or entry.folder == space.folder:
        return entry.wrong or "this map"
    return "" if entry.images == space.images else "other images"


def label_of(folder: Path, title: str) -> str:
    """The name of a space in menus. Spaces that users train share their titles, so they go by their folder."""
    return printable(title if title and _group_of(folder) == SHIPPED else folder.name, LONGEST_TITLE)


def brief(error: UserError, folder: Path) -> str:
    """What is wrong with a space, without its path and the remedy."""
    text = str(error).replace(printable(f"{folder}{os.sep}"), "")
    text = text.replace(printable(str(folder)), printable(folder.name))
    text = re.split(r" \(|: (?=restore|train|install)|, and computing", text)[0]
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1].rstrip()}…"


def _group_of(folder: Path) -> int:
    bundled, *others = map(untrusted.absolute, homes())
    if folder.parent == bundled and folder.name in BUNDLED:
        return SHIPPED
    return TRAINED if folder.parent in (bundled, *others) else ELSEWHERE


def _check_there(folder: Path, names: tuple[str, ...]) -> None:
    """Raises UserError unless all of these files exist and can be opened."""
    for name in names:
        with untrusted.opened(folder / name):
            pass


def _spaces_in(home: Path) -> list[Path]:
    """The folders with any file of a space, even without a card."""
    names = (CARD, *SPACE)
    try:
        with os.scandir(home) as entries:
            folders = [Path(entry.path) for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return []
    return [folder for folder in folders if any(os.path.lexists(folder / name) for name in names)]


def signature_of(folder: Path) -> Signature:
    """A value that changes when a file of the space changes; reads none of them."""
    return tuple(version_of(folder / name) for name in (CARD, *PARTS))
