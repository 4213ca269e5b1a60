"""The folders of a run and of its result, and the move from one to the other, safe against interruptions.

A process can be killed at any moment. It leaves one of these states, and the next start completes it (`Places.settle`).
Until then `explorer.spaces.following.opened` reads `<out>/`, or the newest complete space beside it if `<out>/` is
missing or damaged.

"A rest" is a folder whose removal was interrupted; its card is already gone. "The checkpoint" means all files that only
a run needs.

| out | partial | previous | killed | the next start |
|---|---|---|---|---|
| old or none | none | none | before the first epoch | begins |
| old or none | unfinished | none | while it trained or measured | goes on with `--resume`, else sets it aside |
| old or none | complete | none or a rest | before the move | moves it |
| old | complete | a rest, without a card | while it made room for the move | moves it |
| none | complete | old | between the two renames | moves it, removes the old one |
| none | none or unfinished | old | the partial one was removed by hand | puts the old one back |
| new, with the checkpoint | none | old or a rest | while it tidied up | removes what is left over |
| old and new files | complete | none | while files were moved one by one | moves them all |
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from explorer.errors import NotAllowed, UserError
from explorer.files.writing import allowed
from explorer.spaces import following
from explorer.spaces.card import CARD, SPACE, read_card
from explorer.spaces.folder import check_file

CHECKPOINT, TARGETS, FRAMES = "checkpoint.npz", "neighbours.npz", "frames"
STAGING = ".next"  # files are collected here until all of them are written


class Places:
    """The folders of a run and of its result, and their names in between.

    Args:
        out: the folder of the result. An older result stays until the run is complete. Symbolic links are followed.

    Raises:
        UserError: `out` holds something else than a trained space, or cannot be a folder.
    """

    def __init__(self, out: Path) -> None:
        try:
            self.out = Path(os.path.realpath(out))
            if not self.out.name:
                raise UserError(f"{out} cannot hold a trained space: choose another folder with --out")
            self.partial, self.previous, self._aside = (
                self.out.with_name(self.out.name + end)
                for end in (following.PARTIAL, following.PREVIOUS, f"{following.PARTIAL}.old")
            )
            for folder in (self.out, self.partial, self.previous, self._aside):
                _check_ours(folder)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UserError(f"{out} cannot be used ({reason}): choose another folder with --out") from None
        self._claimed: int | None = None

    def claim(self) -> None:
        """Checks before training that the result can be written, and locks out other runs.

        Raises:
            UserError: another run writes here, or a folder is not writable.
        """
        there = next(folder for folder in self.out.parents if os.path.lexists(folder))
        for folder in (there, *(folder for folder in (self.out, self.partial) if folder.exists())):
            try:
                with tempfile.TemporaryFile(dir=folder):
                    pass
            except OSError as error:
                raise UserError(f"cannot write into {folder} ({error.strerror}): choose a folder with --out") from None
        self._lock()

    def release(self) -> None:
        """Removes the lock."""
        if self._claimed is not None:
            os.close(self._claimed)
            self._claimed = None

    def _lock(self) -> None:
        """Locks the run's folder itself, if there is one: the lock moves with it, and ends with the process."""
        self.release()
        try:
            import fcntl

            self._claimed = os.open(self.partial, os.O_RDONLY)
            fcntl.flock(self._claimed, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise UserError(f"another run writes {self.partial}: wait for it, or choose a folder with --out") from None
        except (ImportError, OSError):  # there is no folder yet, or the system has no such locks
            pass

    def start(self, keep: bool) -> Path | None:
        """Makes an empty folder for a new run; with `keep`, the neighbour embedding of an unfinished run stays.

        Returns:
            Where an unfinished run was set aside, if there was one.

        Raises:
            UserError: another run has started here, or the folder cannot be made.
        """
        self._lock()
        aside = None
        try:
            if (self.partial / CHECKPOINT).exists():
                aside = self._aside
                remove(aside)
                self.partial.rename(aside)
            elif not keep:
                remove(self.partial)
            (self.partial / FRAMES).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot make {self.partial}: {error.strerror}; choose a folder with --out") from None
        self._lock()
        return aside

    def clean(self) -> None:
        """Removes half-written files of a killed process."""
        for path in (*self.partial.glob(".*"), *(self.partial / FRAMES).glob(".*")):
            remove(path)

    def is_complete(self) -> bool:
        """Whether the run's folder holds a complete space whose files match its card."""
        if not following.is_complete(self.partial):
            return False
        try:
            card = read_card(self.partial)
            for name in card["files"]:
                check_file(self.partial, card, name)
        except UserError:
            return False
        return True

    def settle(self) -> bool:
        """Completes what a killed process left unfinished in the three folders: see the table above.

        Returns:
            Whether a complete run was put in place.

        Raises:
            NotAllowed: the file system refuses it.
        """
        if self.is_complete():
            self.put_in_place()
            return True
        with allowed(f"put {self.out} in place"):
            if not (self.out / CARD).exists() and (self.previous / CARD).exists():
                self.previous.rename(self.out)
            self._tidy()
        return False

    def put_in_place(self) -> None:
        """Makes the complete run the result; see the table above.

        The run's folder is renamed; an older result is moved to `previous` first. If that cannot be renamed, such as
        the mount point of a container's volume, the files are moved into it one by one.

        Raises:
            NotAllowed: the file system refuses it. The run stays complete, and the next start tries again.
        """
        try:
            self.clean()
            if self.out.exists():
                remove(self.previous)
                try:
                    self.out.rename(self.previous)
                except OSError:
                    self._put_files_in_place()
            if self.partial.exists():
                self.partial.rename(self.out)
            self._tidy()
        except OSError as error:
            with contextlib.suppress(OSError):
                if not self.out.exists():
                    self.previous.rename(self.out)
            raise NotAllowed(f"cannot put {self.out} in place: {error.strerror or error}") from None

    def _put_files_in_place(self) -> None:
        with replacing(self.out) as staging:
            for name in (*SPACE, CARD):
                if (self.partial / name).exists():
                    shutil.copyfile(self.partial / name, staging / name)
                    flush(staging / name)
        self.partial.rename(self.previous)  # the rest of it

    def _tidy(self) -> None:
        """Removes what a complete result does not need; the checkpoint goes last."""
        remove(self.previous)
        if following.is_complete(self.out):
            for name in (STAGING, TARGETS, FRAMES, CHECKPOINT):
                remove(self.out / name)


def _check_ours(folder: Path) -> None:
    """Raises UserError if a path holds anything else than a space or a run."""
    ours = {*SPACE, CARD, CHECKPOINT, TARGETS, FRAMES}
    try:
        folder.lstat()
    except FileNotFoundError:
        return
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {""}
    if not all(name in ours or name.startswith(".") for name in names):
        raise UserError(f"{folder} holds something else than a trained space: choose another folder with --out")


def remove(path: Path) -> None:
    """Removes a file, or a folder with everything in it. A folder loses its card first, so that a rest is never taken
    for a space. Raises OSError."""
    if path.is_dir() and not path.is_symlink():
        (path / CARD).unlink(missing_ok=True)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder for the files of a space, which replace those in `folder` once all of them are written.

    They are moved one by one, the card last. Files that the new space does not have are removed. Raises OSError.
    """
    staging = folder / STAGING
    try:
        remove(staging)
        staging.mkdir()
        yield staging
        for name in SPACE:
            if (staging / name).exists():
                (staging / name).replace(folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
        (staging / CARD).replace(folder / CARD)
    finally:
        remove(staging)


def flush(path: Path) -> None:
    """Waits until a file is on the disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
