"""The results of the benchmarks: figures that were measured several times, and tables of them."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from explorer.errors import UserError

Figures = dict[str, dict[str, list[float]]]  # by row and column of a table, one value per round
PART = re.compile(r"(<!-- ([\w-]+), by python -m benchmarks table -->\n).*?(<!-- end -->)", re.DOTALL)
RUN, SPEED = "run", "speed"  # parts of a page: how its figures were measured; the most important ones
ACTIONS = {  # the rows of `SPEED`: topic and row
    "mouse move to decoded picture on the screen, Keras": ("hover", "live, 70,000 points, 125 Hz"),
    "the same, precomputed grid": ("hover", "grid, 70,000 points, 125 Hz"),
    "the same, Keras, two maps side by side": ("compare", "live, 125 Hz, over the first map"),
}


def add(figures: Figures, row: str, values: Mapping[str, float]) -> None:
    """Adds the values of one round, by column, to a row."""
    for column, value in values.items():
        figures.setdefault(row, {}).setdefault(column, []).append(round(float(value), 3))


def percentiles(values: Iterable[float], name: str = "") -> dict[str, float]:
    """The 50th and the 99th percentile, in columns whose names begin so."""
    p50, p99 = np.percentile([*values], (50, 99))
    return {f"{name}p50": float(p50), f"{name}p99": float(p99)}


def text_of(path: Path) -> str:
    """The text of a file. Raises UserError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None


def read(path: Path) -> dict:
    """The results in a file. Raises UserError if it has none."""
    try:
        results = json.loads(text_of(path))
    except ValueError:
        results = None
    if not isinstance(results, dict) or "topics" not in results:
        raise UserError(f"{path} has no results of the benchmarks: make one with 'make bench'")
    return results


# ---- tables ------------------------------------------------------------------------------------------


def number(value: float) -> str:
    """Three digits, or all digits of a larger number."""
    return f"{value:,.0f}" if abs(value) >= 99.5 else f"{value:.3g}"


def cell(values: list[float]) -> str:
    """The median, with the range of all rounds."""
    low, middle, high = (number(value) for value in (min(values), statistics.median(values), max(values)))
    return middle if low == high else f"{middle} ({low}–{high})"


def table(figures: Figures) -> list[list[str]]:
    """The lines of a table, the first with the names of the columns."""
    columns = list(dict.fromkeys(column for values in figures.values() for column in values))
    cells = lambda values: (cell(values[column]) if column in values else "" for column in columns)  # noqa: E731
    return [["", *columns], *([row, *cells(values)] for row, values in figures.items())]


def aligned(lines: list[list[str]]) -> str:
    """A table for the terminal."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def markdown(figures: Figures) -> str:
    head, *lines = (f"| {' | '.join(line)} |" for line in table(figures))
    return "\n".join([head, "|---" * len(table(figures)[0]) + "|", *lines])


def about(results: dict) -> str:
    """How the results were measured, in Markdown."""
    rounds = sorted({topic["rounds"] for topic in results["topics"].values()})
    times = f"{rounds[0]} to {rounds[-1]}" if len(rounds) > 1 else str(rounds[0])
    return (
        f"Measured on {results['date']} with `{results['command']}`, on {results['cores']} cores of "
        f"{results['machine']}. Each figure is the median of {times} rounds, with their range in brackets."
    )


def speed(results: dict) -> str:
    """The most important figures beside those of the competent program, in Markdown."""
    lines = ["| action | typical (p50) | slow (p99) | competent program | ratio |", "|---" * 5 + "|"]
    for action, (topic, row) in ACTIONS.items():
        figures = results["topics"][topic]["figures"][row]
        found = {column: number(statistics.median(values)) for column, values in figures.items()}
        competent = f"{found['competent p50']} / {found['competent p99']} ms"
        ratios = f"{found['ratio p50']} / {found['ratio p99']}"
        lines.append(f"| {action} | {found['ours p50']} ms | {found['ours p99']} ms | {competent} | {ratios} |")
    return "\n".join(lines)


def filled(page: str, results: dict) -> str:
    """A page with its tables made of these results. Raises UserError if they lack one of its topics."""

    def part(found: re.Match) -> str:
        name = found[2]
        topics = {RUN: set(), SPEED: {topic for topic, _ in ACTIONS.values()}}.get(name, {name})
        if missing := sorted(topics - set(results["topics"])):
            raise UserError(f"the results lack {', '.join(missing)}: measure everything, so that a page is of one run")
        made = {RUN: about, SPEED: speed}.get(name, lambda results: markdown(results["topics"][name]["figures"]))
        text = made(results)
        return f"{found[1]}\n{text}\n\n{found[3]}"

    return PART.sub(part, page)


# ---- two results -------------------------------------------------------------------------------------


def differ(a: list[float], b: list[float]) -> bool:
    """Whether all values of one are above all of the other. A single value has no spread, so nothing is said of it."""
    return min(len(a), len(b)) > 1 and (max(a) < min(b) or max(b) < min(a))


def compared(a: dict, b: dict) -> list[list[str]]:
    """The lines of a table of all figures that two results share."""
    lines = []
    for topic in a["topics"].keys() & b["topics"].keys():
        figures, others = a["topics"][topic]["figures"], b["topics"][topic]["figures"]
        for row in (row for row in figures if row in others):
            for column in (column for column in figures[row] if column in others[row]):
                one, other = figures[row][column], others[row][column]
                before, after = statistics.median(one), statistics.median(other)
                ratio = f"{after / before:.2f}" if before else ""
                lines.append([topic, row, column, cell(one), cell(other), ratio, "*" if differ(one, other) else ""])
    lines.sort(key=lambda line: list(a["topics"]).index(line[0]))
    return [["", "", "", "A", "B", "B : A", ""], *lines]
