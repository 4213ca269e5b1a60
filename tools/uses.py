"""The tables of docs/uses.md, from what `model.py apply` measured and kept in the cards of the bundled spaces."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from explorer.spaces.card import read_card
from explorer.spaces.catalogue import BUNDLED
from explorer.spaces.folder import WEIGHTS
from explorer.uses.measured import USES, Row

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]  # head and rows
SHOWN = ("autoencoder", "autoencoder-plain", "vae", "vae-16", "autoencoder-32")  # spaces, where all would be too many
STRENGTHS = (0.3, 0.5, 1.0)  # of the noise
NONE = "–"


def rows(application: str, names: Iterable[str] = BUNDLED) -> list[Row]:
    """The rows about these spaces, each of them once, then those of what they are compared with."""
    found, others = [], []
    for name in names:
        for row in read_card(WEIGHTS / name).get(USES, {}).get(application, {}).get("rows", []):
            if row["space"]:
                found.append(row)
            elif row not in others:
                others.append(row)
    return found + others


def compression() -> Table:
    """Bytes and PSNR: codes of 8 bits per number, and the others at all their sizes."""
    chosen = [row for row in rows("compression", SHOWN) if not row["space"] or row["bits"] == 8]
    head = ("", "bytes", "without container", "PSNR, dB", "decoder, bytes")
    return head, [
        (
            row["space"] or row["method"] + (f", quality {row['quality']}" if "quality" in row else ""),
            f"{row['bytes']:.0f}",
            f"{row['payload_bytes']:.0f}",
            f"{row['psnr_db']:.1f}",
            f"{row['decoder_bytes']:,}" if "decoder_bytes" in row else NONE,
        )
        for row in chosen
    ]


def anomaly() -> Table:
    """AUROC, and false alarms where 95 % are found, for each kind of odd image."""
    without = ("error / ink", "distance")  # steps on the way to the novelty score
    found = [row for row in rows("anomaly", SHOWN) if "auroc" in row and row["method"] not in without]
    kinds = list(dict.fromkeys(row["odd"] for row in found))
    cell = lambda row: f"{row['auroc']:.3f} ({100 * row['false_alarms_95']:.1f} %)"  # noqa: E731
    return _pivot(found, ("space", "method"), kinds, lambda row: row["odd"], cell)


def generation() -> Table:
    """How real, varied and new images are; real ones first."""
    percent = dict.fromkeys(("rarest", "near_copies"), "{:.1%}")
    forms = {"frechet": "{:.1f}"} | dict.fromkeys(("precision", "recall", "coverage"), "{:.2f}") | percent
    head = ("", "drawn from", "Fréchet distance", "precision", "recall", "coverage", "rarest class", "near-copies")
    return head, [
        (row["space"], row["source"], *(form.format(row[name]) for name, form in forms.items()))
        for row in sorted(rows("generation"), key=lambda row: bool(row["space"]))
    ]


def transfer() -> Table:
    """Accuracy on the test images by a few labels, in each space and by the same labels elsewhere."""
    found = [row for row in rows("transfer") if row["how"] and "pixels" in row]
    rivals = [name for name in ("pixels", "pca", "autoencoder-plain", "vae") if any(name in row for row in found)]
    head = ("", "labels", "chosen", "accuracy", *(f"on {name}" for name in rivals))
    percent = lambda value: f"{100 * value:.1f} %"  # noqa: E731
    return head, [
        (
            row["space"],
            str(row["labels"]),
            row["how"],
            f"{100 * row['accuracy']:.1f} ± {100 * row['sd']:.1f} %",
            *(percent(row[name]) if name in row else NONE for name in rivals),
        )
        for row in found
        if row["space"] in SHOWN
    ]


def across() -> Table:
    """Accuracy on another data set by the number of its labels."""
    found = [row for row in rows("transfer") if "pixels" not in row]
    cell = lambda row: f"{100 * row['accuracy']:.1f} ± {100 * row['sd']:.1f} %"  # noqa: E731
    labels = list(dict.fromkeys(row["labels"] for row in found))
    return _pivot(found, ("space", "method"), labels, lambda row: row["labels"], cell, " labels")


def denoising() -> Table:
    """PSNR in dB for each kind and strength of noise."""
    found = [row for row in rows("denoising") if row["strength"] in STRENGTHS]
    columns = list(dict.fromkeys((row["noise"], row["strength"]) for row in found))
    return _pivot(
        found,
        ("space", "method"),
        columns,
        lambda row: (row["noise"], row["strength"]),
        lambda row: f"{row['psnr_db']:.1f}",
    )


def _pivot(
    found: list[Row],
    about: tuple[str, ...],
    columns: list[Any],
    column_of: Callable[[Row], Any],
    cell: Callable[[Row], str],
    unit: str = "",
) -> Table:
    """A table with a row for each of what the rows are about, and a column for each kind."""
    cells: dict[str, dict[Any, str]] = {}
    for row in found:
        name = ": ".join(row[each] for each in about if row.get(each))
        cells.setdefault(name, {})[column_of(row)] = cell(row)
    titles = [" ".join(map(str, each)) if isinstance(each, tuple) else f"{each}{unit}" for each in columns]
    return ("", *titles), [(name, *(values.get(column, NONE) for column in columns)) for name, values in cells.items()]


TABLES: dict[str, Callable[[], Table]] = {
    "compression": compression,
    "anomaly": anomaly,
    "generation": generation,
    "transfer": transfer,
    "across": across,
    "denoising": denoising,
}
