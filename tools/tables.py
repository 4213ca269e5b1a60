"""`make tables`: writes the generated parts of docs/ and README.md. A test compares them with the program.

A generated part is between `<!-- name, by make tables -->` and `<!-- end -->`. Do not edit it by hand.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

from explorer import cli, data_cli
from explorer.analysis.metrics import METRICS
from explorer.session import tour
from explorer.session.tour import STOPS, Stop
from explorer.spaces.card import read_card
from explorer.spaces.catalogue import BUNDLED
from explorer.spaces.folder import WEIGHTS
from explorer.training import cli as training
from explorer.training import evaluate
from explorer.training.models import KINDS
from explorer.uses import generation
from explorer.uses.measured import USES
from explorer.window.base import keys
from tools import uses

ROOT = Path(__file__).resolve().parent.parent
PART = re.compile(r"(<!-- ([\w-]+), by make tables -->\n).*?(<!-- end -->)", re.DOTALL)
OF_SPACE = re.compile(
    r"(\(docs/spaces\.md#[\w-]+\) \(`([\w-]+)`\): [^|;\n]+?)(?:; Fréchet [\d.,]+)?(?= \|)"
)  # in README.md
OPTION = re.compile(r"^  (-\S+(?: [^\s]+)?(?:, -\S+(?: [^\s]+)?)*)(?:\n {3,}|  +)(\S.*)$", re.MULTILINE)
PROGRAMS: dict[str, Callable[[], object]] = {  # programs by the name of the part; each prints its --help
    "live": lambda: cli.main_live(["--help"]),
    "precomputed": lambda: cli.main_grid(["--help"]),
    **{
        name: lambda name=name: training.main([name, "--help"])
        for name in ("train", "evaluate", "apply", "compress", "decompress")
    },
    "data": lambda: data_cli.main(["--help"]),
}
# The columns of the table of metrics, by the name in a card: heading and format.
COLUMNS = {
    "parameters": ("parameters", "{:,.0f}"),
    "training_seconds": ("training", METRICS["training_seconds"].form),
    "mse": ("MSE", "{:.4f}"),
    "psnr_db": ("PSNR, dB", "{:.1f}"),
    "knn_1": ("1-NN", "{:.3f}"),
    "knn_10": ("10-NN", "{:.3f}"),
    "one_label": ("one label", "{:.3f}"),
    "trustworthiness_12": ("trust", "{:.3f}"),
    "continuity_12": ("continuity", "{:.3f}"),
    "silhouette": ("silhouette", "{:.2f}"),
    "grid_psnr_db": ("grid, dB", "{:.1f}"),
    "grid_psnr_db_p1": ("its worst 1 %", "{:.1f}"),
    "elbo": ("ELBO, nats", "{:.2f}"),
}
BAR = "\\|"  # in a table
MODELS = "../explorer/training/models"  # from docs/
LABELLED = ("lda", "classifier")  # kinds that learn from labels
NOTES = {evaluate.SAINBURG: 1, evaluate.KERAS_VAE: 2}  # footnotes below the table


def options(program: str) -> dict[str, str]:
    """The help texts of a program, by option with its argument."""
    printed = io.StringIO()
    with (
        mock.patch.dict(os.environ, COLUMNS="1000"),
        contextlib.redirect_stdout(printed),
        contextlib.suppress(SystemExit),
    ):
        PROGRAMS[program]()
    found = dict(OPTION.findall(printed.getvalue().partition("options:")[2]))
    return {option: text for option, text in found.items() if "--help" not in option}


def option_table(program: str, without: str = "") -> str:
    """A table of a program's options, without those that another program has."""
    known = options(without) if without else {}
    rows = [
        (f"`{option.replace('|', BAR)}`", text.replace("|", BAR).replace("<", "&lt;"))
        for option, text in options(program).items()
        if option not in known
    ]
    return table(("option", "meaning"), rows)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ("---",) * len(head), *rows])


def section(stop: Stop, number: int, cards: tour.Cards) -> str:
    """The section about a stop of the tour."""
    module = KINDS[stop.space].split(".")[-2]
    return "\n\n".join(
        [
            f"## {stop.title}",
            f"![The map of {stop.title}, with a decoded place](spaces/{stop.space}.png)",
            f"Stop {number} of the tour · `{stop.space}` · {stop.year} · [{module}.py]({MODELS}/{module}.py)",
            stop.text,
            f"- **Look at.** {stop.look}\n- **Try.** {stop.task}\n- **Gained.** {tour.gained(stop, cards)}",
        ]
    )


def spaces() -> str:
    """A section for each stop of the tour."""
    cards = tour.cards_beside()
    return "\n\n".join(section(stop, number, cards) for number, stop in enumerate(STOPS, 1))


def metrics() -> str:
    """The metrics of the bundled spaces, from their cards, and published results below them."""
    rows = []
    for name in BUNDLED:
        values = read_card(WEIGHTS / name)["metrics"]
        rows.append((f"{name}{' (sees the labels)' if name in LABELLED else ''}", *_cells(values)))
    for name, values in evaluate.PUBLISHED["mnist"].items():
        rows.append((f"{name} [{NOTES[str(values['source'])]}]", *_cells(values)))
    return table(("", *(title for title, _ in COLUMNS.values())), rows)


def _cells(values: evaluate.Metrics) -> Iterator[str]:
    for name, (_, form) in COLUMNS.items():
        write = form.format if isinstance(form, str) else form
        yield write(values[name]).replace("-", "−") if name in values else "–"


def frechet(name: str) -> str:
    """The Fréchet distance of images drawn from the density of a space's codes, as README.md has it; empty if it was
    not measured."""
    rows = read_card(WEIGHTS / name).get(USES, {}).get("generation", {}).get("rows", [])
    found = [row["frechet"] for row in rows if (row["space"], row["source"]) == (name, generation.DENSITY)]
    return f"; Fréchet {generation.MEASURES['frechet'][1].format(*found)}" if found else ""


PARTS: dict[str, Callable[[], str]] = {
    "keys": keys.as_markdown,
    "options-live": lambda: option_table("live"),
    "options-precomputed": lambda: option_table("precomputed", without="live"),
    **{
        f"options-{name}": lambda name=name: option_table(name)
        for name in ("train", "evaluate", "apply", "compress", "decompress", "data")
    },
    "spaces": spaces,
    "metrics": metrics,
    **{f"uses-{name}": lambda make=make: table(*make()) for name, make in uses.TABLES.items()},
}


def written(text: str) -> str:
    """A page with its generated parts updated."""
    text = PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n\n{found[3]}", text)
    return OF_SPACE.sub(lambda found: f"{found[1]}{frechet(found[2])}", text)


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(
        prog="python -m tools.tables", description="Writes the tables of docs/ and README.md."
    ).parse_args(arguments)
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        if (new := written(text)) != text:
            page.write_text(new, encoding="utf-8")
            print(f"{page.relative_to(ROOT)} was updated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
