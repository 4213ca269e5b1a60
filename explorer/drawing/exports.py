"""Exports a space: a web page, tables, or a folder for the Embedding Projector. The name says which."""

from __future__ import annotations

from pathlib import Path

from explorer.analysis import exporting
from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.probe import SpaceProbe
from explorer.drawing import projector, web_page
from explorer.errors import UserError
from explorer.files.writing import check_new, check_writable
from explorer.images.datasets import Dataset
from explorer.progress import Asked, Report, never, unheard

KINDS = {  # by the ending of the name
    ".html": "Web page that decodes at the cursor",
    ".csv": "CSV table: codes, columns, neighbours",
    ".parquet": "Parquet table: codes, columns, neighbours",
    ".projector": "Folder for the Embedding Projector",
}


def check(path: Path) -> None:
    """Raises UserError if nothing can be exported as `path`, before anything is computed; leaves nothing behind."""
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise UserError(f"the ending of a name says what is exported: give {', '.join(KINDS)}, not {path.name}")
    if kind == ".parquet":
        exporting.check_parquet()
    (check_new if kind == ".projector" else check_writable)(path)


def wants_decoder(path: Path) -> bool:
    """Whether what is exported as `path` shows decoded pictures."""
    return path.suffix.lower() == ".html"


def export(path: Path, probe: SpaceProbe, report: Report = unheard, cancelled: Asked = never) -> str:
    """Exports all points of a space.

    Args:
        path: the file or the new folder; it appears complete or not at all.
        probe: of the space; only a web page needs its decoder, and has no pictures without one.
        report: takes the finished share, 0..1.
        cancelled: returns whether to stop.

    Returns:
        What was left out and why, one line; empty if everything is there.

    Raises:
        UserError: the ending is unknown, a package is missing, or the file cannot be written.
        Cancelled: `cancelled()` was true; nothing is written.
    """
    check(path)
    kind = path.suffix.lower()
    if wants_decoder(path):
        web_page.write(path, probe, report, cancelled)
        return "" if probe.decoder is not None else "without pictures: the space has no decoder"
    dataset, without = _originals(probe, cancelled)
    space = probe.space
    if kind == ".projector":
        written = projector.write(path, space, dataset, report, cancelled)
        if written < len(space.codes):
            return f"{written:,} of {len(space.codes):,} points: no more images fit on the Projector's sprite"
        return f"without images and split: {without}" if without else ""
    table = exporting.table(space, space.rows, dataset)
    nearest = exporting.neighbours(space, report, cancelled)
    if nearest is not None:
        table["neighbours"] = nearest
    if kind == ".csv":
        exporting.write_csv(path, table, cancelled)
    else:
        exporting.write_parquet(path, table)
    notes = [f"without split: {without}"] if without else []
    if nearest is None:
        notes.append(f"without neighbours: codes have more than {exporting.MOST_DIMENSIONS} dimensions")
    return "; ".join(notes)


def _originals(probe: SpaceProbe, cancelled: Asked) -> tuple[Dataset | None, str]:
    """The images of a space, or None and the reason."""
    try:
        return probe.result(ORIGINALS) or ORIGINALS.work_out(probe, cancelled=cancelled), ""
    except UserError as error:
        return None, str(error)
