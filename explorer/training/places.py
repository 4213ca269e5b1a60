"""Where a run writes and where its result goes: how one becomes the other, whatever happens in between.

A process can be killed at any moment. It leaves one of these states, and the next start brings it to its end
(`Places.settle`). Until then `explorer.space.following.opened` reads `<out>/`, or the newest complete space beside it
where `<out>/` is gone or damaged.

"A rest" is a folder whose removal was killed: it has lost its card. "The checkpoint" stands for all that only a run
needs.

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
from explorer.space import following
from explorer.space.card import CARD, SPACE, read_card
from explorer.space.folder import check_file

CHECKPOINT, TARGETS, FRAMES = "checkpoint.npz", "neighbours.npz", "frames"
STAGING = ".next"  # where files wait until all of them are written


class Places:
    """The folder of a run, the one of its result, and what they are called in between.

    Args:
        out: where the result goes. An older result stays until the run is complete. A symbolic link is followed.

    Raises:
        UserError: there is something else than a trained space, or no folder can be there.
    """

    def __init__(self, out: Path) -> None:
        try:
            self.out = Path(os.path.realpath(out))
            if not self.out.name:
                raise UserError(f"{out} is no place for a trained space: choose another folder with --out")
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
        """Makes sure, before anything is trained, that the result can be put in place, and keeps other runs away.

        Raises:
            UserError: another run writes here, or a folder takes no files.
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
        """Lets other runs write here."""
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
        except (ImportError, OSError):  # nothing is there yet, or there are no such locks here
            pass

    def start(self, keep: bool) -> Path | None:
        """Makes an empty folder for a new run; with `keep`, the neighbour embedding of a begun one stays.

        Returns:
            Where an unfinished run was set aside, if there was one.

        Raises:
            UserError: another run has begun here, or the folder cannot be made.
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
        """Removes what a killed process left half written."""
        for path in (*self.partial.glob(".*"), *(self.partial / FRAMES).glob(".*")):
            remove(path)

    def is_complete(self) -> bool:
        """Whether the run's folder holds a complete space, and all its files are those of its card."""
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
        """Brings to its end what a killed process left between the three folders: see the table above.

        Returns:
            Whether a complete run was put in place.

        Raises:
            NotAllowed: the file system does not let it.
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

        It is renamed; what was there goes to `previous` first. Where that cannot be renamed, as the mount point that
        a container's volume is, the files are put into it one by one.

        Raises:
            NotAllowed: the file system does not let it. The run stays complete: the next start tries again.
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
        self.partial.rename(self.previous)  # what is left of it

    def _tidy(self) -> None:
        """Removes what a complete result does not need; the checkpoint goes last."""
        remove(self.previous)
        if following.is_complete(self.out):
            for name in (STAGING, TARGETS, FRAMES, CHECKPOINT):
                remove(self.out / name)


def _check_ours(folder: Path) -> None:
    """Raises UserError for a path that holds anything else than a space or a run."""
    ours = {*SPACE, CARD, CHECKPOINT, TARGETS, FRAMES}
    try:
        folder.lstat()
    except FileNotFoundError:
        return
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {""}
    if not all(name in ours or name.startswith(".") for name in names):
        raise UserError(f"{folder} holds something else than a trained space: choose another folder with --out")


def remove(path: Path) -> None:
    """Removes a file, or a folder with all that is in it; a folder loses its card first, so that what is left of it
    is never taken for a space. Raises OSError."""
    if path.is_dir() and not path.is_symlink():
        (path / CARD).unlink(missing_ok=True)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder for the files of a space, which replace those in `folder` once all of them are written.

    They are moved one by one, the card last. What the new space does not have is removed. Raises OSError.
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
