"""Measures one application, prints the table, and keeps the numbers in the cards of the spaces."""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Callable
from pathlib import Path

from explorer.errors import UserError
from explorer.images import datasets
from explorer.spaces.card import read_card, write_card
from explorer.spaces.catalogue import BUNDLED
from explorer.spaces.folder import folder_of, shipped_and_trained
from explorer.training.applying.bench import Bench
from explorer.training.evaluate import check_installed
from explorer.training.terminal import say
from explorer.uses.measured import USES, Row

APPLICATIONS = {  # what each measures, by name, which is also that of its file
    "compression": "bytes and PSNR of codes, PCA, JPEG and WebP",
    "anomaly": "how well unusual images are found",
    "generation": "how real new images are, and how varied",
    "transfer": "how far a few labels reach",
    "denoising": "PSNR of denoised images, and of filters",
}
ALL = "all"  # means every bundled space


def apply(options: argparse.Namespace, train: Callable[..., Path | None]) -> None:
    """Measures the application of the command line, with `train` for `--train`. Raises UserError if nothing could be
    measured."""
    from tqdm import tqdm

    check_installed("sklearn")
    application = importlib.import_module(f"explorer.training.applying.{options.name}")
    bench = _bench(options, train if options.train else None)
    rows: list[Row] = []
    with tqdm(bar_format="measuring: {postfix} {elapsed}", disable=None, leave=False) as bar:
        for row in application.measure(bench):
            rows.append(row)
            bar.set_postfix_str(" ".join(str(value) for value in row.values() if isinstance(value, str) and value))
    if not rows:
        raise UserError("nothing could be measured: none of the spaces suits this application")
    measured = {"seed": bench.seed, "images": len(bench.x_test), "rows": rows}
    if options.keep:
        keep(bench.folders, options.name, measured)
    say(json.dumps({"application": options.name} | measured, indent=2) if options.json else table(application, rows))


def keep(folders: dict[str, Path], application: str, measured: Row) -> None:
    """Writes the rows into the cards of the spaces: to each its own, and those without a space.

    Raises:
        UserError: a card cannot be written.
    """
    for name, folder in folders.items():
        mine = [row for row in measured["rows"] if row["space"] in (name, "")]
        if any(row["space"] for row in mine):
            card = read_card(folder)
            write_card(folder, card | {USES: card.get(USES, {}) | {application: measured | {"rows": mine}}})


def table(application, rows: list[Row]) -> str:
    """The rows as a text table: what each is about, then the columns of the application that have a value. Rows without
    any, such as the points of curves, are left out."""
    rows = [row for row in rows if any(name in row for name in application.COLUMNS)]
    names = [name for name in application.COLUMNS if any(name in row for row in rows)]
    texts = [name for name in rows[0] if name not in application.COLUMNS]
    head = [*texts, *(application.COLUMNS[name][0] for name in names)]
    cells = [
        [str(row.get(name, "")) for name in texts]
        + [application.COLUMNS[name][1].format(row[name]) if name in row else "–" for name in names]
        for row in rows
    ]
    widths = [max(len(line[column]) for line in [head, *cells]) for column in range(len(head))]
    aligned = [f"{{:<{width}}}" if column < len(texts) else f"{{:>{width}}}" for column, width in enumerate(widths)]
    return "\n".join(
        "  ".join(form.format(cell) for form, cell in zip(aligned, line, strict=True)).rstrip()
        for line in [head, *cells]
    )


def _bench(options: argparse.Namespace, train: Callable[..., Path | None] | None) -> Bench:
    """The spaces and images of the command line. Raises UserError if they do not exist."""
    if options.weights is not None:
        folders = {options.weights.name: options.weights}
    elif options.space == ALL:
        known = shipped_and_trained()
        folders = {name: known[name] for name in BUNDLED if name in known}
    else:
        folders = {options.space: folder_of(options.space)}
    if not folders:
        raise UserError("there is no bundled space to measure: give one with --weights")
    cards = {name: read_card(folder)["data"] for name, folder in folders.items()}
    first, *others = cards.values()
    if any(other.get("fingerprint") != first.get("fingerprint") for other in others):
        raise UserError("these spaces have different images: measure one at a time, with --space")
    dataset = datasets.load_again(first)
    return Bench(dataset, folders, options.seed, options.images, train)
